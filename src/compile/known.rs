//! What renders have made of which inputs, so that it need not be made again where it is still there.
//!
//! An entry says that from a machine with this fingerprint come files with this seal; and, where that is known, from which
//! inputs the machine was evaluated and found right. Both are facts about functions, so they are true
//! for ever, for any folder and whatever happened to one since; that a folder has the files is found out by reading them.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::emit::Seal;
use crate::target::{Given, Needs, Tree};

use super::fingerprint::Fingerprint;

const HEAD: &str = "kmodel renders 2";
const NEEDS: &str = "needs ";
const END: &str = "end ";

/// Facts of one target, found by what machines are made of.
#[derive(Default)]
pub struct Known {
    facts: Vec<Fact>,
    /// The places of the facts, sorted by the fingerprints of machines.
    by_machine: Vec<u32>,
    /// The same by their inputs, of those of which they are known.
    by_inputs: Vec<u32>,
}

/// What comes of a machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    /// What it was evaluated from, if that is known and nothing else decided whether it is right.
    pub inputs: Option<Fingerprint>,
    /// What it was evaluated to.
    pub machine: Fingerprint,
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
        let whole = whole(text).and_then(|facts| facts.strip_prefix(HEAD));
        let (mut needs, mut facts) = (Vec::new(), Vec::new());
        for line in whole.into_iter().flat_map(str::lines).skip(1) {
            match line.strip_prefix(NEEDS) {
                Some(json) => needs.push(serde_json::from_str(json).ok().map(Arc::new)),
                None => facts.extend(read(line, &needs)),
            }
        }
        Self::of(facts)
    }

    fn of(facts: Vec<Fact>) -> Self {
        let mut by_machine: Vec<u32> = (0..facts.len() as u32).collect();
        let mut by_inputs = by_machine.clone();
        by_inputs.retain(|place| facts[*place as usize].inputs.is_some());
        by_machine.sort_unstable_by_key(|place| facts[*place as usize].machine);
        by_inputs.sort_unstable_by_key(|place| facts[*place as usize].inputs);
        Self { facts, by_machine, by_inputs }
    }

    /// What comes of a machine that is evaluated to this.
    pub(super) fn of_machine(&self, machine: &Fingerprint) -> Option<&Fact> {
        self.find(&self.by_machine, |fact| fact.machine.cmp(machine))
    }

    /// What comes of a machine that is evaluated from this.
    pub(super) fn of_inputs(&self, inputs: &Fingerprint) -> Option<&Fact> {
        self.find(&self.by_inputs, |fact| fact.inputs.cmp(&Some(*inputs)))
    }

    fn find(&self, places: &[u32], compare: impl Fn(&Fact) -> Ordering) -> Option<&Fact> {
        let found = places.binary_search_by(|place| compare(&self.facts[*place as usize])).ok()?;
        Some(&self.facts[places[found] as usize])
    }
}

/// The text of facts. What many machines need is written once.
pub fn write(facts: &[Fact]) -> String {
    let (mut text, mut places) = (format!("{HEAD}\n"), HashMap::new());
    for Fact { inputs, machine, seal: Seal(seal), given: Given { bytes, compressed, needs }, secret } in facts {
        let next = places.len();
        let place = *places.entry(needs).or_insert_with(|| {
            let json = serde_json::to_string(&**needs).expect("names are plain data");
            let _ = writeln!(text, "{NEEDS}{json}");
            next
        });
        let inputs = inputs.map_or_else(|| "-".to_owned(), |inputs| inputs.hex());
        let (machine, seal) = (machine.hex(), Fingerprint(*seal).hex());
        let _ = writeln!(text, "{machine} {inputs} {seal} {bytes} {compressed} {secret} {place}");
    }
    let hash = hash(&text);
    text + END + &hash + "\n"
}

/// The lines of a text, if they are those that were written.
fn whole(text: &str) -> Option<&str> {
    let (lines, hash) = text.strip_suffix('\n')?.rsplit_once(END)?;
    (self::hash(lines) == hash).then_some(lines)
}

fn hash(lines: &str) -> String {
    Fingerprint(Sha256::digest(lines).into()).hex()
}

fn read(line: &str, needs: &[Option<Arc<Needs>>]) -> Option<Fact> {
    let mut words = line.split(' ');
    let mut next = || words.next();
    let machine = Fingerprint(number(next()?)?);
    let inputs = match next()? {
        "-" => None,
        inputs => Some(Fingerprint(number(inputs)?)),
    };
    let seal = Seal(number(next()?)?);
    let (bytes, compressed, secret) = (next()?.parse().ok()?, next()?.parse().ok()?, next()?.parse().ok()?);
    let needs = needs.get(next()?.parse::<usize>().ok()?)?.clone()?;
    Some(Fact { inputs, machine, seal, given: Given { bytes, compressed, needs }, secret })
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
            let needs = Needs { modules: vec![format!("m \n{}", number / 2).into()], ..Needs::default() };
            let given = Given { bytes: 7, compressed: number == 1, needs: needs.into() };
            let inputs = (number != 2).then_some(Fingerprint([number + 50; 32]));
            let (machine, seal) = (Fingerprint([number; 32]), Seal([number + 100; 32]));
            Fact { inputs, machine, seal, given, secret: number == 2 }
        };
        let facts = [fact(3), fact(1), fact(2)];
        let text = write(&facts);
        let known = Known::read(&text);
        assert_eq!(text.matches(NEEDS).count(), 2, "{text}");
        for fact in &facts {
            assert_eq!(known.of_machine(&fact.machine), Some(fact));
            assert_eq!(
                fact.inputs.and_then(|inputs| known.of_inputs(&inputs)),
                Some(fact).filter(|fact| fact.inputs.is_some())
            );
        }
        assert_eq!((known.of_machine(&Fingerprint([9; 32])), known.of_inputs(&Fingerprint([1; 32]))), (None, None));
        for end in 0..text.len() - 1 {
            assert!(Known::read(&text[..end]).facts.is_empty(), "cut short at {end}");
        }
        for (old, new) in [("01", "02"), (" 0\n", " 1\n"), ("m \\n", "m")] {
            let wrong = text.replacen(old, new, 1);
            assert!(wrong != text && Known::read(&wrong).facts.is_empty(), "{old}");
        }
    }
}
