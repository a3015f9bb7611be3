//! A line of `certificates.jsonl`: a JSON object that ends with a checksum of what stands before it.
//!
//! ```text
//! {"format":"kmodel certificates 1","sum":"…"}                 the first line
//! {"id":"a/api/server","leaf":{"spec":…,"issued":…},"sum":"…"}   a certificate with its key, and what it is for
//! {"saved":18337,"sum":"…"}                                    all before this place was on the disk when it was written
//! ```
//!
//! The sum is the first half of SHA-256 in hexadecimal, over the bytes before `,"sum"`.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::pki::entry::Leaf;
use crate::pki::pem;

/// What a line says.
pub(super) enum Line {
    Head,
    /// The place at which it stands, if it was not moved.
    Saved(u64),
    Leaf(Box<Record>),
}

/// A certificate under its id.
#[derive(Deserialize)]
pub(in crate::pki) struct Record {
    pub id: String,
    pub leaf: Leaf,
}

#[derive(Serialize)]
struct Head {
    format: &'static str,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    saved: u64,
}

/// The same, of a certificate that stays where it is.
#[derive(Serialize)]
struct Borrowed<'a> {
    id: &'a str,
    leaf: &'a Leaf,
}

const FORMAT: &str = "kmodel certificates 1";
/// What follows an id.
pub(super) const AFTER_ID: &[u8] = b",\"leaf\":";
const SUM: &[u8] = b",\"sum\":\"";
const END: &[u8] = b"\"}\n";
const DIGITS: usize = 32;

/// All that follows what the sum is over.
const TAIL: usize = SUM.len() + DIGITS + END.len();

/// The first line of a file.
pub(super) fn head() -> Vec<u8> {
    line(&Head { format: FORMAT }).unwrap_or_default()
}

/// The line after all that is on the disk, which stands at this place.
pub(super) fn saved(place: u64) -> Vec<u8> {
    line(&Saved { saved: place }).unwrap_or_default()
}

/// The line of a certificate.
///
/// # Errors
/// When it has no JSON, which none of ours is.
pub(super) fn leaf(id: &str, leaf: &Leaf) -> Result<Vec<u8>, serde_json::Error> {
    line(&Borrowed { id, leaf })
}

fn line(content: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut line = Vec::with_capacity(1 << 11);
    serde_json::to_writer(&mut line, content)?;
    line.pop();
    let sum = sum(&line);
    [SUM, sum.as_bytes(), END].iter().for_each(|part| line.extend_from_slice(part));
    Ok(line)
}

fn sum(bytes: &[u8]) -> String {
    pem::hex(&Sha256::digest(bytes)[..DIGITS / 2])
}

/// Whether a line is whole: just the bytes that were written.
fn is_whole(line: &[u8]) -> bool {
    let Some((content, tail)) = line.len().checked_sub(TAIL).map(|end| line.split_at(end)) else { return false };
    tail.starts_with(SUM) && tail.ends_with(END) && tail[SUM.len()..][..DIGITS] == *sum(content).as_bytes()
}

/// What a line says, with the end of the line; none if it is not one that was written.
pub(super) fn read(line: &[u8]) -> Option<Line> {
    if !is_whole(line) {
        return None;
    }
    if line.starts_with(b"{\"id\":") {
        return serde_json::from_slice(line).ok().map(|record| Line::Leaf(Box::new(record)));
    }
    match serde_json::from_slice(line) {
        Ok(Saved { saved }) => Some(Line::Saved(saved)),
        Err(_) => (line == head()).then_some(Line::Head),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_counts_only_as_it_was_written() {
        for line in [head(), saved(77)] {
            assert!(read(&line).is_some() && line.ends_with(b"\n"));
            for place in 0..line.len() {
                assert!(read(&line[..place]).is_none(), "{place}");
                let mut other = line.clone();
                other[place] ^= 1;
                assert!(read(&other).is_none(), "{place}");
            }
        }
        assert!(matches!(read(&saved(77)), Some(Line::Saved(77))) && matches!(read(&head()), Some(Line::Head)));
    }
}
