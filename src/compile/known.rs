//! What renders have made of which inputs, so that it need not be made again where it is still there.
//!
//! An entry says that from inputs with this fingerprint come files with this seal. It is a fact about a function, so it is true
//! for ever, for any folder and whatever happened to one since; that a folder has the files is found out by reading them.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::emit::Seal;
use crate::target::{Given, Tree};

use super::fingerprint::Fingerprint;

const HEAD: &str = "kmodel renders 1";
const END: &str = "end";

/// Facts of one target, by the fingerprints of machines.
#[derive(Default)]
pub struct Known {
    facts: HashMap<Fingerprint, Fact>,
}

/// What comes of a machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fact {
    pub seal: Seal,
    pub given: Given,
    /// Whether a file of it is secret.
    pub secret: bool,
}

/// The name that the facts of a target have in the key store, beside the keys: the seal of a secret tells it to those who can guess it.
pub fn name(target: &str, tree: Tree) -> String {
    let tree = match tree {
        Tree::Written => "tree",
        Tree::LeftOut => "no-tree",
    };
    format!("{target}-{tree}")
}

impl Known {
    /// The facts of a text; none if it is not whole.
    pub fn read(text: &str) -> Self {
        let lines: Vec<&str> = text.lines().collect();
        match *lines {
            [HEAD, ref facts @ .., END] => Self { facts: facts.iter().filter_map(|line| read(line)).collect() },
            _ => Self::default(),
        }
    }

    pub(super) fn of(&self, machine: &Fingerprint) -> Option<&Fact> {
        self.facts.get(machine)
    }
}

/// The text of facts.
pub fn write(facts: &[(Fingerprint, Fact)]) -> String {
    let mut text = format!("{HEAD}\n");
    for (machine, Fact { seal: Seal(seal), given, secret }) in facts {
        let (machine, seal) = (machine.hex(), Fingerprint(*seal).hex());
        let _ = writeln!(text, "{machine} {seal} {} {} {secret}", given.bytes, given.compressed);
    }
    text + END + "\n"
}

fn read(line: &str) -> Option<(Fingerprint, Fact)> {
    let mut words = line.split(' ');
    let mut next = || words.next();
    let (machine, seal) = (number(next()?)?, number(next()?)?);
    let given = Given { bytes: next()?.parse().ok()?, compressed: next()?.parse().ok()? };
    Some((Fingerprint(machine), Fact { seal: Seal(seal), given, secret: next()?.parse().ok()? }))
}

fn number(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let digits = (text.len() == 64 && text.is_ascii()).then_some(text)?;
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_read_as_they_were_written_and_only_whole() {
        let fact = |number: u8| {
            let given = Given { bytes: 7, compressed: number == 1 };
            (Fingerprint([number; 32]), Fact { seal: Seal([number + 100; 32]), given, secret: number == 2 })
        };
        let facts = [fact(1), fact(2)];
        let text = write(&facts);
        let known = Known::read(&text);
        assert_eq!(facts.map(|(machine, _)| known.of(&machine).copied()), facts.map(|(_, fact)| Some(fact)));
        for end in 0..text.len() - 1 {
            assert!(Known::read(&text[..end]).facts.is_empty(), "cut short at {end}");
        }
        let wrong = text.replacen("01", "0x", 1);
        assert_eq!(Known::read(&wrong).facts.len(), 1);
    }
}
