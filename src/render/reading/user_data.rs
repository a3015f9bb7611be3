//! User-data in the forms that cloud-init takes beside a cloud-config: scripts, several parts, templates.
//!
//! Source: docs.cloud-init.io, User-data formats.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::render::evidence::{Content, Document};

/// What a text of user-data is made of.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Another text of user-data.
    Data(String),
    /// A script that the machine runs at its boot, and the line that it begins on.
    Script(String, usize),
    /// It cannot be read, and why.
    Unread(&'static str),
}

/// The parts of user-data that is not a cloud-config as a whole; nothing for any other file.
pub(super) fn parts(document: &Document<'_>) -> Option<Vec<Part>> {
    let Content::Text(text) = &document.content else { return None };
    let first = text.lines().next().unwrap_or_default();
    let name = document.path.rsplit('/').next().unwrap_or_default();
    let is_seed = matches!(name, "user-data" | "vendor-data");
    match () {
        () if first.starts_with("## template: jinja") => Some(vec![template(text)]),
        () if first.starts_with("#cloud-boothook") => Some(vec![Part::Script(behind(text), 2)]),
        () if first.starts_with("#cloud-config-jsonp") => Some(vec![Part::Unread("it patches other parts")]),
        () if !is_seed => None,
        () if is_message(text) => Some(multipart(text)),
        () if first.starts_with("#!") => Some(vec![Part::Script(text.clone(), 1)]),
        () if first.starts_with("#include") => {
            Some(vec![Part::Unread("it names others, which cloud-init fetches when the machine boots")])
        }
        () if first.starts_with("#part-handler") => Some(vec![Part::Unread("it is a program that reads other parts")]),
        () if text.starts_with("H4sI") => Some(vec![Part::Unread("it is compressed")]),
        () => None,
    }
}

fn behind(text: &str) -> String {
    text.split_once('\n').map_or("", |(_, rest)| rest).to_owned()
}

fn template(text: &str) -> Part {
    let rest = behind(text);
    match ["{{", "{%"].iter().any(|mark| rest.contains(mark)) {
        true => Part::Unread("it is a template, which cloud-init fills in when the machine boots"),
        false => Part::Data(rest),
    }
}

fn is_message(text: &str) -> bool {
    let mut head = text.lines().take_while(|line| !line.trim().is_empty());
    head.any(|line| line.to_ascii_lowercase().starts_with("content-type: multipart/"))
}

/// The parts of a message (RFC 2046).
fn multipart(text: &str) -> Vec<Part> {
    let head: String = text.lines().take_while(|line| !line.trim().is_empty()).collect::<Vec<_>>().join(" ");
    let boundary = head.split("boundary=").nth(1).map(|rest| match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().unwrap_or_default(),
        None => rest.split([';', ' ']).next().unwrap_or_default(),
    });
    let Some(mark) = boundary.filter(|mark| !mark.is_empty()).map(|mark| format!("--{mark}")) else {
        return vec![Part::Unread("its message names no boundary")];
    };
    let lines: Vec<&str> = text.lines().collect();
    let marks: Vec<usize> = (0..lines.len()).filter(|place| lines[*place].trim_end().starts_with(&mark)).collect();
    marks.windows(2).map(|pair| part(&lines, pair[0] + 1, pair[1])).collect()
}

fn part(lines: &[&str], start: usize, end: usize) -> Part {
    let blank = (start..end).find(|place| lines[*place].trim().is_empty()).unwrap_or(end);
    let head = lines[start..blank].join("\n").to_ascii_lowercase();
    let body = lines.get(blank + 1..end).unwrap_or_default().join("\n");
    let encoding = head.split("content-transfer-encoding:").nth(1).and_then(|rest| rest.split_whitespace().next());
    let body = match encoding {
        None | Some("7bit" | "8bit" | "binary") => Some(body),
        Some("base64") => decoded(&body),
        Some(_) => None,
    };
    match body {
        Some(body) if head.contains("text/x-shellscript") || head.contains("text/cloud-boothook") => {
            Part::Script(body, blank + 2)
        }
        Some(body) if head.contains("text/cloud-config") && !body.starts_with('#') => {
            Part::Data(format!("#cloud-config\n{body}"))
        }
        Some(body) => Part::Data(body),
        None => Part::Unread("a part of it is encoded"),
    }
}

fn decoded(body: &str) -> Option<String> {
    let words: String = body.split_whitespace().collect();
    String::from_utf8(STANDARD.decode(words).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::{Part, multipart, template};

    #[test]
    fn a_message_has_parts() {
        let text = "Content-Type: multipart/mixed; boundary=\"B\"\nMIME-Version: 1.0\n\n--B\nContent-Type: text/cloud-config\n\n\
                    swap: {}\n--B\nContent-Type: text/x-shellscript; charset=us-ascii\n\n#!/bin/sh\nswapon -a\n--B\n\
                    Content-Transfer-Encoding: base64\n\nIyEvYmluL3No\n--B--\n";
        let wanted = [
            Part::Data("#cloud-config\nswap: {}".to_owned()),
            Part::Script("#!/bin/sh\nswapon -a".to_owned(), 11),
            Part::Data("#!/bin/sh".to_owned()),
        ];
        assert_eq!(multipart(text), wanted);
        assert_eq!(multipart("Content-Type: multipart/mixed\n\n"), [Part::Unread("its message names no boundary")]);
    }

    #[test]
    fn a_template_is_read_where_nothing_is_filled_in() {
        assert_eq!(template("## template: jinja\n#cloud-config\n"), Part::Data("#cloud-config\n".to_owned()));
        assert!(matches!(template("## template: jinja\n#cloud-config\nhostname: {{ v1.name }}\n"), Part::Unread(_)));
    }
}
