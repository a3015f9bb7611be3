//! Names and paths.

/// The length of the kebab-case name at the start, 0 if there is none: `a-b` is one name, in `a - b` there are two.
pub(super) fn name_length(bytes: &[u8]) -> usize {
    if !bytes.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_') {
        return 0;
    }
    let mut at = 1;
    while at < bytes.len() && (is_name(bytes[at]) || joins(bytes, at)) {
        at += 1;
    }
    at
}

/// A byte of a name.
pub(super) fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn joins(bytes: &[u8], at: usize) -> bool {
    bytes[at] == b'-' && bytes.get(at + 1).is_some_and(|&next| is_name(next))
}

/// Whether a slash followed by this byte starts a path; `a / b` is a division.
pub(super) fn starts_path(byte: u8) -> bool {
    is_name(byte) || byte == b'.'
}

/// The length of a path whose first slash is at `from`. It stops before `//`, which is a comment, and takes no `:` at its
/// end.
pub(super) fn path_length(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while at < bytes.len() && in_path(bytes, at) {
        at += 1;
    }
    at - bytes[..at].iter().rev().take_while(|&&b| b == b':').count()
}

fn in_path(bytes: &[u8], at: usize) -> bool {
    match bytes[at] {
        b'/' => bytes.get(at + 1) != Some(&b'/'),
        b'.' | b'@' | b':' | b'+' | b'-' => true,
        byte => is_name(byte),
    }
}
