//! A text that is changed bit by bit is read and checked as one that is new.
//!
//! Random changes go through every `.km` file of the repository, those among them that break it: text, tree, typed tree,
//! places and problems are compared after each with those of a fresh start.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use kmodel::check::session::Session;
use kmodel::check::{self, Analysis, ModulePlace};
use kmodel::diag::Diagnostic;
use kmodel::source::SourceId;
use kmodel::syntax::{Parse, parse};
use kmodel::world::{Disk, World};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use time::OffsetDateTime;

/// What is typed: parts of the language, and what opens or closes something.
const TYPED: &[&str] = &[
    "x",
    "1",
    " ",
    "\n",
    "\r\n",
    "\t",
    ",",
    ".",
    "-",
    ":",
    "=",
    "/",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "\"",
    "\"\"\"",
    "${",
    "'",
    "#",
    "//",
    "///",
    " /// said\n",
    "//! said\n",
    ";",
    "é",
    "\u{feff}",
    "\r",
    "\\",
    "$",
    "?",
    "|",
    "\nlet typed = 1\n",
    "\nlet typed: int = other\n",
    "\ncomponent typed {\n  option a: int = 1\n}\n",
    "\ncomponent typed {",
    "\nparam other: int = 2\n",
    "\ninterface typed { field a: int }\n",
    "use std/kubernetes\n",
    "\ndeploy typed\n",
    "\n}\n",
    "wrong",
    "\nmachines typed[2] { cores = 2 }\n",
    "\noverlay typed {\n  add deploy typed\n}\n",
    "option.a",
    "url",
    "= [",
];

/// One change: where, how much goes, what comes.
#[derive(Clone, Debug)]
enum Edit {
    /// Typed at a place.
    Type(Index, Index),
    /// Some characters are taken away.
    Erase(Index, usize),
    /// A line is taken away, or comes a second time.
    Cut(Index),
    Double(Index),
    /// A word becomes one that stands elsewhere: another name is declared, or named.
    Rename(Index, Index),
    /// A paragraph goes elsewhere.
    Move(Index, Index),
    /// What was changed last is as it was before.
    Undo,
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        6 => (any::<Index>(), any::<Index>()).prop_map(|(place, what)| Edit::Type(place, what)),
        4 => (any::<Index>(), 1..12usize).prop_map(|(place, count)| Edit::Erase(place, count)),
        2 => any::<Index>().prop_map(Edit::Cut),
        1 => any::<Index>().prop_map(Edit::Double),
        3 => (any::<Index>(), any::<Index>()).prop_map(|(place, other)| Edit::Rename(place, other)),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(place, other)| Edit::Move(place, other)),
        3 => Just(Edit::Undo),
    ]
}

fn apply(edit: &Edit, text: &str, before: &str) -> String {
    let place = |index: &Index| {
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        places[index.index(places.len())]
    };
    let line = |index: &Index| {
        let at = place(index);
        let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
        (start, text[at..].find('\n').map_or(text.len(), |end| at + end + 1))
    };
    match edit {
        Edit::Type(index, what) => {
            let (head, tail) = text.split_at(place(index));
            format!("{head}{}{tail}", TYPED[what.index(TYPED.len())])
        }
        Edit::Erase(index, count) => {
            let (head, tail) = text.split_at(place(index));
            format!("{head}{}", tail.chars().skip(*count).collect::<String>())
        }
        Edit::Cut(index) => {
            let (start, end) = line(index);
            [&text[..start], &text[end..]].concat()
        }
        Edit::Double(index) => {
            let (start, end) = line(index);
            [&text[..end], &text[start..]].concat()
        }
        Edit::Rename(index, other) => renamed(text, index, other),
        Edit::Move(index, other) => moved(text, index, other),
        Edit::Undo => before.to_owned(),
    }
}

fn renamed(text: &str, place: &Index, other: &Index) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut words = Vec::new();
    let mut start = 0;
    for part in text.split_inclusive(|c: char| !is_word(c)) {
        let word = part.trim_end_matches(|c: char| !is_word(c));
        words.extend((!word.is_empty()).then_some((start, word)));
        start += part.len();
    }
    if words.is_empty() {
        return text.to_owned();
    }
    let ((at, old), (_, new)) = (words[place.index(words.len())], words[other.index(words.len())]);
    [&text[..at], new, &text[at + old.len()..]].concat()
}

fn moved(text: &str, place: &Index, other: &Index) -> String {
    let mut paragraphs: Vec<&str> = text.split("\n\n").collect();
    let paragraph = paragraphs.remove(place.index(paragraphs.len()));
    paragraphs.insert(other.index(paragraphs.len() + 1), paragraph);
    paragraphs.join("\n\n")
}

/// Every `.km` file of the repository.
fn files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if entry.file_type().unwrap().is_dir() {
                folders.extend(
                    Some(path).filter(|_| !name.starts_with('.') && name != "target" && name != "node_modules"),
                );
            } else if name.ends_with(".km") {
                files.push(path);
            }
        }
    }
    files.sort();
    assert!(files.len() > 100, "the files of the repository are not found");
    files
}

/// Runs a law over random changes, which are the same in each run.
fn replay(path: &Path, cases: u32, edits: usize, mut law: impl FnMut(&[Edit]) -> Result<(), TestCaseError>) {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let strategy = prop::collection::vec(edit(), 1..edits);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let law = std::cell::RefCell::new(&mut law);
    if let Err(error) = runner.run(&strategy, |edits| (law.borrow_mut())(&edits)) {
        panic!("{}: {error}", path.display());
    }
}

fn same(text: &str, changed: &Parse) -> Result<(), TestCaseError> {
    let fresh = parse(SourceId(3), text);
    prop_assert_eq!(changed.tree.to_string(), text, "the text of the tree");
    prop_assert!(changed.tree == fresh.tree, "another tree of {:?}:\n{:#?}\n{:#?}", text, changed.root(), fresh.root());
    prop_assert_eq!(&changed.diagnostics, &fresh.diagnostics, "problems of {:?}", text);
    prop_assert_eq!(&changed.file.docs, &fresh.file.docs);
    let typed = |parse: &Parse| format!("{:?}", parse.file.statements);
    prop_assert_eq!(typed(changed), typed(&fresh), "the typed tree of {:?}", text);
    Ok(())
}

#[test]
fn a_changed_text_is_read_as_a_new_one() {
    for path in files() {
        let Ok(original) = fs::read_to_string(&path) else { continue };
        // A long file takes long to read afresh.
        let cases = (24_000 / (original.len() + 500)).clamp(1, 24) as u32;
        replay(&path, cases, 14, |edits| {
            let (mut text, mut before) = (original.clone(), original.clone());
            let mut changed = parse(SourceId(3), &text);
            for edit in edits {
                let next = apply(edit, &text, &before);
                changed = changed.changed(&text, &next);
                before = std::mem::replace(&mut text, next);
                same(&text, &changed)?;
            }
            Ok(())
        });
    }
}

/// The repository with one file as it is typed.
struct Typed<'a> {
    path: &'a Path,
    text: String,
}

impl World for Typed<'_> {
    fn read(&self, path: &Path) -> io::Result<String> {
        if path == self.path { Ok(self.text.clone()) } else { Disk::beside(self.path).read(path) }
    }

    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH
    }
}

/// What was found, with files by their names: their numbers depend on which was read first.
fn found(analysis: &Analysis) -> BTreeMap<&'static str, Vec<String>> {
    let sources = &analysis.resolved.program.sources;
    let named = |mut text: String| {
        for (id, source) in sources.iter() {
            text = text.replace(&format!("{id:?},"), &format!("{:?},", source.name));
        }
        text
    };
    let mut uses: Vec<String> = analysis.index.uses().into_iter().map(|one| named(format!("{one:?}"))).collect();
    let parts = analysis.index.parts.iter().flat_map(|part| part.types());
    let mut types: Vec<String> =
        analysis.index.types.iter().chain(parts).map(|one| named(format!("{one:?}"))).collect();
    let mut problems: Vec<String> = analysis.diagnostics.iter().map(|one| named(format!("{one:?}"))).collect();
    [&mut uses, &mut types, &mut problems].into_iter().for_each(|list| list.sort());
    BTreeMap::from([("uses", uses), ("types", types), ("problems", problems)])
}

#[test]
fn a_changed_text_is_checked_as_a_new_one() {
    for path in files() {
        let Ok(original) = fs::read_to_string(&path) else { continue };
        let place = ModulePlace::File(path.clone());
        replay(&path, 1, 7, |edits| {
            let mut world = Typed { path: &path, text: original.clone() };
            let (mut cache, mut before) = (Session::default(), original.clone());
            check::analyse(&world, &mut cache, &place);
            for edit in edits {
                let next = apply(edit, &world.text, &before);
                before = std::mem::replace(&mut world.text, next);
                let again = check::analyse(&world, &mut cache, &place);
                let fresh = check::analyse(&world, &mut Session::default(), &place);
                prop_assert_eq!(found(&again), found(&fresh), "{:?}", world.text);
            }
            let (again, alone) = (check::analyse(&world, &mut cache, &place), check::check(&world, &path));
            let said = |list: &[Diagnostic]| list.iter().map(|one| one.message.clone()).collect::<Vec<_>>();
            prop_assert_eq!(said(&again.diagnostics), said(&alone.diagnostics), "{:?}", world.text);
            Ok(())
        });
    }
}

/// Components that name lets in different ways, of which some get other types.
const RETYPED: &str = r#"let count = 1
let twice = count + count
let word = "a"
param size: int = 3
interface page { field port: int }
component direct { option n: int = count }
component behind { option n: int = twice }
component apart { option n: string = word }
component given {
  option n: int = size
  let own = [one + count for one in [1, 2] if one > size]
  file /etc/given { text = "${word} ${own}" }
}
component serves { provides page: page { listen = 80/tcp, port = 80 } }
component none { option n: int = 1 }
"#;

/// The components that were checked again for a text, and not taken from the check before.
fn checked_again(analysis: &Analysis) -> Vec<String> {
    let program = &analysis.resolved.program;
    let again = analysis.index.parts.iter().filter(|part| !part.is_earlier());
    let mut names: Vec<String> =
        again.filter_map(|part| program.sources.text(part.span).split_whitespace().nth(1).map(str::to_owned)).collect();
    names.sort();
    names
}

#[test]
fn what_names_a_retyped_let_is_checked_again() {
    let place = ModulePlace::File("lab.km".into());
    let world = |text: &str| Typed { path: Path::new("lab.km"), text: text.to_owned() };
    let changes: [(&str, &str, &[&str]); 17] = [
        ("let count = 1", "let count = 2", &[]),
        ("let count = 1", "let count = \"one\"", &["behind", "direct", "given"]),
        ("let count = 1", "let count = [1]", &["behind", "direct", "given"]),
        ("let word = \"a\"", "let word = 2", &["apart", "given"]),
        ("let twice = count + count", "let twice = word", &["behind"]),
        ("param size: int = 3", "param size: string = \"3\"", &["given"]),
        ("let count = 1", "let counted = 1", &["behind", "direct", "given"]),
        ("let count = 1\n", "", &["behind", "direct", "given"]),
        ("field port: int", "field port: string", &["serves"]),
        ("field port: int", "field port: int\n  field more: int?", &["serves"]),
        ("interface page", "interface paper", &["serves"]),
        ("let word", "// One line more.\nlet word", &[]),
        ("component none {", "// One line more.\ncomponent none {", &["none"]),
        ("option n: int = 1 }", "option n: string = 1 }", &["none"]),
        ("component none", "component nothing", &["nothing"]),
        ("component none", "let added = 1\ncomponent none", &[]),
        ("component none", "interface word { }\ncomponent none", &["apart", "given"]),
    ];
    for (old, new, again) in changes {
        let (mut cache, changed) = (Session::default(), RETYPED.replacen(old, new, 1));
        assert_ne!(changed, RETYPED);
        check::analyse(&world(RETYPED), &mut cache, &place);
        let first = check::analyse(&world(&changed), &mut cache, &place);
        assert_eq!(checked_again(&first), again, "{new}");
        // There and back, twice: what was kept is moved each time.
        for text in [RETYPED, &changed, RETYPED, &changed] {
            let again = check::analyse(&world(text), &mut cache, &place);
            let fresh = check::analyse(&world(text), &mut Session::default(), &place);
            assert_eq!(found(&again), found(&fresh), "{new}");
        }
    }
}
