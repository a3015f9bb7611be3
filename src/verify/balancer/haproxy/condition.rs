//! Conditions of proxies: haproxy does not start with an ACL that nothing declares ("no such ACL").
//!
//! Source: docs.haproxy.org/3.0/configuration.html (7.2 using ACLs to form conditions, 7.4 pre-defined ACLs).

use crate::diag::{Code, Diagnostic, did_you_mean};
use crate::model::Model;

use super::super::File;
use super::file_of;
use super::text::{Config, Section};

const PREDEFINED: &[&str] = &[
    "FALSE",
    "HTTP",
    "HTTP_1.0",
    "HTTP_1.1",
    "HTTP_2.0",
    "HTTP_3.0",
    "HTTP_CONTENT",
    "HTTP_URL_ABS",
    "HTTP_URL_SLASH",
    "HTTP_URL_STAR",
    "LOCALHOST",
    "METH_CONNECT",
    "METH_DELETE",
    "METH_GET",
    "METH_HEAD",
    "METH_OPTIONS",
    "METH_POST",
    "METH_PUT",
    "METH_TRACE",
    "RDP_COOKIE",
    "REQ_CONTENT",
    "TRUE",
    "WAIT_END",
];

/// The keywords whose lines end in a condition.
const CONDITIONAL: &[&str] = &[
    "force-persist",
    "http-after-response",
    "http-request",
    "http-response",
    "ignore-persist",
    "redirect",
    "tcp-request",
    "tcp-response",
    "use-server",
    "use_backend",
];

pub(super) fn verify(model: &Model<'_>, files: &[File<'_, '_>], config: &Config<'_>) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for section in config.proxies() {
        let known = declared(config, section);
        for line in section.lines.iter().filter(|line| CONDITIONAL.contains(&line.words[0])) {
            let Some(name) = names(&line.words).into_iter().find(|name| !known.contains(name)) else { continue };
            let message = format!(
                "`{}` of `{}` asks the ACL `{name}`, which nothing declares: haproxy does not start",
                line.words[0],
                section.title()
            );
            let help = did_you_mean(name, known.iter().copied(), &format!("add `acl {name} ...` to the section"));
            problems.push(file_of(files, section).problem(model, Code::RefusedSetting, line.number, message, help));
        }
    }
    problems
}

/// The ACLs of a section and of its defaults.
fn declared<'t>(config: &Config<'t>, section: &Section<'t>) -> Vec<&'t str> {
    let of =
        |section: &Section<'t>| section.all("acl").filter_map(|line| line.words.get(1).copied()).collect::<Vec<_>>();
    let defaults = config.defaults(section).map(of).unwrap_or_default();
    PREDEFINED.iter().copied().chain(of(section)).chain(defaults).collect()
}

/// The ACLs that a condition names; nothing of what stands in braces or comes from the environment.
fn names<'t>(words: &[&'t str]) -> Vec<&'t str> {
    let begin = words.iter().rposition(|word| matches!(*word, "if" | "unless"));
    let (mut list, mut depth) = (Vec::new(), 0);
    for word in words.iter().skip(begin.map_or(words.len(), |at| at + 1)) {
        match word.trim_start_matches('!') {
            "{" => depth += 1,
            "}" => depth -= 1,
            "" | "or" | "||" | "and" => {}
            name if depth == 0 && !name.contains(['$', '{', '}', '"']) => list.push(name),
            _ => {}
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn names_of_conditions_stand_outside_of_braces() {
        let of = |line: &str| names(&line.split(' ').collect::<Vec<_>>()).join(",");
        assert_eq!(of("use_backend a if !one two or three"), "one,two,three");
        assert_eq!(of("tcp-request content accept if { req_ssl_hello_type 1 } || WAIT_END"), "WAIT_END");
        assert_eq!(of("http-request deny unless { src 10.0.0.0/8 } !METH_GET"), "METH_GET");
        assert_eq!(of("use_backend a"), "");
    }
}
