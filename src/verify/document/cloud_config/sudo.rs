//! A rule of sudoers(5) behind the name of its user: `ALL=(ALL) NOPASSWD:ALL`.

/// Words that stand before a command with a colon.
const TAGS: &[&str] = &[
    "EXEC",
    "FOLLOW",
    "INTERCEPT",
    "LOG_INPUT",
    "LOG_OUTPUT",
    "MAIL",
    "NOEXEC",
    "NOFOLLOW",
    "NOINTERCEPT",
    "NOLOG_INPUT",
    "NOLOG_OUTPUT",
    "NOMAIL",
    "NOPASSWD",
    "NOSETENV",
    "PASSWD",
    "SETENV",
];

/// Commands of sudo itself.
const OWN: &[&str] = &["sudoedit", "list"];

/// Why sudo refuses a rule, as far as it is read.
pub(super) fn wrong(rule: &str) -> Option<String> {
    let Some((hosts, rest)) = rule.split_once('=') else { return Some("it has no `=` behind its hosts".to_owned()) };
    if hosts.trim().is_empty() {
        return Some("it names no hosts before the `=`".to_owned());
    }
    let rest = match rest.trim_start().strip_prefix('(') {
        Some(rest) => match rest.split_once(')') {
            Some((_, rest)) => rest,
            None => return Some("the `(` does not end".to_owned()),
        },
        None => rest,
    };
    if rest.trim().is_empty() {
        return Some("it names no command".to_owned());
    }
    // A comma or a colon in a command is written behind a backslash; what has one is left to sudo.
    let commands = rest.split(',').filter(|_| !rest.contains(['\\', '"', '^']));
    commands.filter_map(command).next()
}

fn command(text: &str) -> Option<String> {
    let mut rest = text.trim();
    while let Some((tag, more)) = rest.split_once(':').filter(|(tag, _)| TAGS.contains(&tag.trim())) {
        let _ = tag;
        rest = more.trim();
    }
    let words: Vec<&str> = rest.split_whitespace().collect();
    let first = words.first()?.trim_start_matches('!');
    let is_alias = first.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    match () {
        () if TAGS.contains(&first) => Some(format!("`{first}` needs a colon")),
        () if is_alias && words.len() > 1 => Some(format!("nothing may follow `{first}`")),
        () if is_alias || first.contains(['/', ':', '=', '(']) || OWN.contains(&first) => None,
        () => Some(format!("`{first}` is not an absolute path")),
    }
}

#[cfg(test)]
mod tests {
    use super::wrong;

    #[test]
    fn rules_are_read_as_visudo_reads_them() {
        for good in [
            "ALL=(ALL) NOPASSWD:ALL",
            "ALL=(ALL:ALL) ALL",
            "ALL = NOPASSWD: /usr/bin/systemctl restart kubelet, /usr/bin/journalctl",
            "ALL=(root) NOPASSWD: SETENV: /usr/bin/make *",
            "ALL=(ALL) !/bin/su",
            "ALL=(ALL) NOPASSWD: ALL, !SHELLS",
            "ALL=sudoedit /etc/hosts",
            "ALL=(ALL) TIMEOUT=10 /bin/ls",
        ] {
            assert_eq!(wrong(good), None, "{good}");
        }
        for bad in
            ["ALL=(ALL) NOPASSWD ALL", "ALL", "ALL=(ALL", "ALL=", "ALL=(ALL) systemctl", "=ALL", "ALL=(ALL) ALL ALL"]
        {
            assert!(wrong(bad).is_some(), "{bad}");
        }
    }
}
