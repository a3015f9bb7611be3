//! Whether a text that runs on a machine may make a file: a command that names it, or a folder that it fills as a whole.

/// Commands that make no file, whatever they name.
const INERT: [&str; 14] =
    ["[", "[[", "cat", "chgrp", "chmod", "chown", "echo", "grep", "ls", "mkdir", "printf", "rm", "rmdir", "test"];

/// What stands before a command.
const BEFORE: [&str; 9] = ["!", "do", "elif", "else", "exec", "if", "sudo", "then", "while"];

/// Folders that are of no program alone.
const SHARED: [&str; 7] = ["", "/etc", "/home", "/opt", "/srv", "/var", "/var/lib"];

/// Programs that fill a folder as a whole, also one that is of no program alone.
const FILLING: [&str; 9] = ["bsdtar", "cpio", "debootstrap", "git", "mount", "rsync", "tar", "umoci", "unzip"];

/// Whether one of the commands in a text names a file or a folder above it, which it may fill.
pub(super) fn may_make(text: &str, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let folders: Vec<&str> = folders(path).collect();
    let mut commands = commands(text).filter(|line| !is_inert(line));
    commands.any(|line| {
        // A name behind a variable may be the file.
        let is_put_together = line.contains('$') && name.len() > 3 && names(line, name);
        let may_fill = |folder: &str| match SHARED.contains(&folder) {
            true => is_filling(line, folder) && is_operand(line, folder) || mounts(line, folder),
            false => fills(line, folder),
        };
        names(line, path) || is_put_together || folders.iter().any(|folder| may_fill(folder))
    })
}

/// The commands of a text.
pub(super) fn commands(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', ';', '&', '|']).map(str::trim).filter(|line| !line.starts_with('#'))
}

/// The words of a command from its program.
pub(super) fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split_whitespace().skip_while(|word| BEFORE.contains(word) || word.contains('='))
}

fn is_inert(line: &str) -> bool {
    words(line).next().is_some_and(|word| INERT.contains(&word)) && !line.contains('>')
}

fn is_filling(line: &str, folder: &str) -> bool {
    let program = words(line).next().and_then(|word| word.rsplit('/').next());
    // `mount --make-rshared /` mounts nothing there.
    program.is_some_and(|name| FILLING.contains(&name) && !(name.ends_with("mount") && folder.is_empty()))
}

/// The folders above a file that a command may fill.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    path.char_indices().filter(|(_, c)| *c == '/').map(|(at, _)| &path[..at])
}

/// Whether a word of a command is a folder, also `/`.
fn is_operand(line: &str, folder: &str) -> bool {
    let is_it = |word: &str| word.starts_with('/') && word.trim_end_matches(['/', '*']) == folder;
    line.split_whitespace().any(|word| is_it(word.trim_start_matches("--directory=").trim_start_matches("-C")))
}

/// Whether a line of fstab(5) or a mount unit mounts something there.
fn mounts(line: &str, folder: &str) -> bool {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let is_entry = (3..=6).contains(&fields.len()) && fields[1] == folder && fields[1].starts_with('/');
    is_entry && is_device(fields[0]) || line.strip_prefix("Where=") == Some(folder)
}

/// What fstab(5) mounts: a device, a label, a folder of a server.
fn is_device(field: &str) -> bool {
    field.contains('=') || field.contains(':') || field.starts_with("/dev/")
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
            "tar -xzf /root/site.tgz -C /",
            "tar -C /etc -xf /root/site.tar",
            "mount /dev/sdb1 /etc",
            "LABEL=site /etc ext4 defaults 0 2",
            "Where=/etc",
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
            "cp /root/a /etc",
            "cp /root/a /",
            "-/usr/bin/mount --make-rshared /",
            "tar -xzf /root/site.tgz -C /opt",
            "cp /root/a /etc/web/other.yaml",
        ] {
            assert!(!may_make(text, "/etc/web/k.yaml"), "{text}");
        }
    }
}
