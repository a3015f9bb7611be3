//! Where a key stands in a TOML text: in a header such as `[plugins."a.b".registry]`, before a `=`, or in an inline table.

use std::ops::Range;

/// The last key of a path, if the text has headers of more than one part.
pub(super) fn find(text: &str, path: &[&str]) -> Option<Range<usize>> {
    let mut table: Vec<&str> = Vec::new();
    let mut offset = 0;
    let mut is_toml = false;
    let mut found = None;
    for line in text.split_inclusive('\n') {
        let start = offset + line.len() - line.trim_start().len();
        offset += line.len();
        let body = line.trim();
        if let Some(name) = body.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let array = usize::from(name.starts_with('[') && name.ends_with(']'));
            let parts = parts(&name[array..name.len() - array], start + 1 + array);
            is_toml |= parts.len() > 1;
            table = parts.iter().map(|(part, _)| *part).collect();
            if table.starts_with(path) && found.is_none() {
                found = parts.get(path.len().checked_sub(1)?).map(|(_, range)| range.clone());
            }
        } else if let Some((key, value)) = body.split_once('=').filter(|_| !body.starts_with('#') && found.is_none()) {
            found = assigned(&table, parts(key, start), (value, start + key.len() + 1), path);
        }
    }
    found.filter(|_| is_toml)
}

/// The key of a line, or one in the inline table behind it.
fn assigned(
    table: &[&str],
    key: Vec<(&str, Range<usize>)>,
    (value, at): (&str, usize),
    path: &[&str],
) -> Option<Range<usize>> {
    let names: Vec<&str> = table.iter().copied().chain(key.iter().map(|(part, _)| *part)).collect();
    let rest = path.strip_prefix(&*names)?;
    let (_, range) = key.last()?;
    let mut from = 0;
    let mut found = range.clone();
    for name in rest {
        let start = from + value.get(from..)?.find(name)?;
        from = start + name.len();
        found = at + start..at + from;
    }
    Some(found)
}

/// The parts of a dotted name, each with where it stands.
fn parts(name: &str, at: usize) -> Vec<(&str, Range<usize>)> {
    let (mut list, mut start, mut quote) = (Vec::new(), 0, None);
    let mut add = |from: usize, to: usize| {
        let part = &name[from..to];
        let body = part.trim().trim_matches(['"', '\'']);
        let from = from + part.find(body).unwrap_or(0);
        list.push((body, at + from..at + from + body.len()));
    };
    for (place, c) in name.char_indices() {
        match quote {
            Some(end) if c == end => quote = None,
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if c == '.' => {
                add(start, place);
                start = place + 1;
            }
            _ => {}
        }
    }
    add(start, name.len());
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "version = 2\n[plugins.\"io.x.v1.cri\".registry]\n  config_path = \"/x\"\n\n[plugins.\"io.x.v1.cri\".registry.mirrors.\"docker.io\"]\n\
                        endpoint = []\n[plugins.\"io.x.v1.cri\"]\ncontainerd = { runtimes = { runc = { runtime_typ = \"a\" } } }\n";

    fn at(path: &[&str]) -> Option<(usize, &'static str)> {
        let range = find(TEXT, path)?;
        Some((TEXT[..range.start].matches('\n').count() + 1, &TEXT[range]))
    }

    #[test]
    fn keys_are_found_in_headers_and_in_tables() {
        let cri = |rest: &[&'static str]| [&["plugins", "io.x.v1.cri"], rest].concat();
        assert_eq!(at(&["version"]), Some((1, "version")));
        assert_eq!(at(&cri(&[])), Some((2, "io.x.v1.cri")));
        assert_eq!(at(&cri(&["registry", "config_path"])), Some((3, "config_path")));
        assert_eq!(at(&cri(&["registry", "mirrors"])), Some((5, "mirrors")));
        assert_eq!(at(&cri(&["containerd", "runtimes", "runc", "runtime_typ"])), Some((8, "runtime_typ")));
        assert_eq!(at(&cri(&["nothing"])), None);
        assert_eq!(find("[Service]\nExecStart=/bin/a\n", &["Service", "ExecStart"]), None);
    }
}
