//! Whether a text that runs on a machine may make a file: a command that names it, or a folder that it fills as a whole.

/// Commands that make no file, whatever they name.
const INERT: [&str; 14] =
    ["[", "[[", "cat", "chgrp", "chmod", "chown", "echo", "grep", "ls", "mkdir", "printf", "rm", "rmdir", "test"];

/// What stands before a command.
const BEFORE: [&str; 9] = ["!", "do", "elif", "else", "exec", "if", "sudo", "then", "while"];

/// Folders that are of no program alone.
const SHARED: [&str; 5] = ["/etc", "/opt", "/srv", "/var", "/var/lib"];

/// Whether one of the commands in a text names a file or a folder above it, which it may fill.
pub(super) fn may_make(text: &str, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let folders: Vec<&str> = folders(path).collect();
    let commands = text.split(['\n', ';', '&', '|']).map(str::trim).filter(|line| !line.starts_with('#'));
    let mut commands = commands.filter(|line| !is_inert(line));
    commands.any(|line| {
        // A name behind a variable may be the file.
        let is_put_together = line.contains('$') && name.len() > 3 && names(line, name);
        names(line, path) || is_put_together || folders.iter().any(|folder| fills(line, folder))
    })
}

fn is_inert(line: &str) -> bool {
    let mut words = line.split_whitespace().skip_while(|word| BEFORE.contains(word) || word.contains('='));
    words.next().is_some_and(|word| INERT.contains(&word)) && !line.contains('>')
}

/// The folders above a file that a command may fill.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    let above = path.char_indices().filter(|(at, c)| *c == '/' && *at > 0).map(|(at, _)| &path[..at]);
    above.filter(|folder| !SHARED.contains(folder))
}

/// Whether a text names a path, and not another one that begins so.
pub(super) fn names(text: &str, path: &str) -> bool {
    behind(text, path).any(|rest| is_end(rest) || rest.starts_with('.') && is_end(&rest[1..]))
}

/// Whether a text names a folder as a whole: `-C /etc/web`, `/etc/web/`, `/etc/web/*`, `/etc/web/$file`.
fn fills(text: &str, folder: &str) -> bool {
    behind(text, folder).any(|rest| is_end(rest.strip_prefix('/').unwrap_or(rest)))
}

/// What follows each place of a part of a text.
fn behind<'t>(text: &'t str, part: &str) -> impl Iterator<Item = &'t str> {
    text.match_indices(part).map(move |(at, found)| &text[at + found.len()..])
}

/// Whether a path ends before this.
fn is_end(rest: &str) -> bool {
    !rest.starts_with(|c: char| c.is_alphanumeric() || "-_./".contains(c))
}

#[cfg(test)]
mod tests {
    use super::may_make;

    #[test]
    fn a_command_makes_what_it_names_and_what_is_in_a_folder_that_it_fills() {
        for text in [
            "cp /opt/k.yaml /etc/web/sub/k.yaml",
            "echo a > /etc/web/sub/k.yaml",
            "curl https://example.org/a | tar xz -C /etc/web",
            "ln -s /opt/site /etc/web",
            "cd /etc/web; curl -o sub/k.yaml https://example.org",
            "install -m 0600 /root/* /etc/web/sub/",
            "for f in k.yaml; do curl -o $D/k.yaml https://example.org; done",
            "L+ /etc/web - - - - /opt/site",
            "rsync -a rsync://example.org/site/ /etc/web/",
        ] {
            assert!(may_make(text, "/etc/web/sub/k.yaml"), "{text}");
        }
    }

    #[test]
    fn a_command_that_only_names_it_makes_nothing() {
        for text in [
            "test -s /etc/web/k.yaml || exit 1",
            "chmod 600 /etc/web/k.yaml",
            "mkdir -p /etc/web",
            "echo see /etc/web/k.yaml",
            "# cp x /etc/web/k.yaml",
            "cp /root/a /etc/web/k.yaml.old",
            "cp /root/a /etc/webs",
            "cp /root/a /etc/web/other.yaml",
        ] {
            assert!(!may_make(text, "/etc/web/k.yaml"), "{text}");
        }
    }
}
