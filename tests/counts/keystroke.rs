//! What a keystroke and a completion after it allocate in a long file: for each component that is not edited, next to nothing.

use std::fmt::Write as _;

use kmodel::check::ModulePlace;
use kmodel::ide::completion::complete;
use kmodel::ide::project::Project;
use kmodel::world::Memory;

use crate::ALONE;
use crate::allocator::counted;

const ROOT: &str = "lab.km";

/// Where something is typed: it is declared at the start, in the middle and at the end of a file.
const PLACES: [&str; 3] = ["start", "middle", "end"];

/// What is edited, what is typed, and behind which text of a place.
type Edit = (&'static str, &'static str, &'static str);

const EDITS: [Edit; 6] = [
    ("type", "x", "  option port-HERE: port"),
    ("interface", "x", "  field rate-HERE: int"),
    ("component", "x", "component user-HERE"),
    ("let", "3", "let quota-HERE: int = 3"),
    ("line", "\n", "// Before HERE."),
    ("text", "x", "    content = { port = \"HERE"),
];

/// A file with so many components, of which those at the three places name what is declared beside them.
fn file(components: usize) -> String {
    let mut text = String::from("use std/interfaces { health }\n");
    for number in 0..components {
        let place = [0, components / 2, components - 1].iter().position(|place| *place == number);
        text += &place.map_or_else(String::new, |place| special(PLACES[place]));
        let _ = write!(
            text,
            r#"
/// A component.
component part-{number} {{
  option port: port = 6443/tcp
  option names: list<string> = ["a", "b"]
  let urls = ["https://${{name}}:${{number(option.port)}}" for name in option.names if name != "x"]
  provides alive: health {{ listen = option.port, bind = machine.address, path = "/live" }}
  file /etc/part-{number}/config.yaml {{ format = "yaml", content = {{ urls = urls }} }}
  unit part-{number}.service {{ exec = /usr/bin/part, args = [join(urls, ",")], restart = "always" }}
}}
"#
        );
    }
    text
}

fn special(place: &str) -> String {
    r#"
interface feed-HERE {
  field rate-HERE: int
}
let quota-HERE: int = 3
// Before HERE.
component user-HERE {
  option port-HERE: port = 80/tcp
  option quota: int = quota-HERE
  provides feed: feed-HERE { listen = option.port-HERE, rate-HERE = option.quota }
  file /etc/user {
    format = "yaml"
    content = { port = "HERE" }
  }
}
"#
    .replace("HERE", place)
}

/// What an edit, there and back, and a completion after each allocate; the first ones are not counted.
fn typed((_, what, behind): Edit, place: &str, components: usize) -> [usize; 2] {
    let text = file(components);
    let behind = behind.replace("HERE", place);
    let at = text.find(&behind).expect("the place is there") + behind.len();
    let texts = [[&text[..at], what, &text[at..]].concat(), text.clone()];
    let (mut project, root) = (Project::default(), ModulePlace::File(ROOT.into()));
    let mut calls = [0; 2];
    for round in 0..4 {
        let world = Memory::new([(ROOT, texts[round % 2].clone())]);
        let (file, change) = counted(|| {
            project.edited(&root);
            project.file(&world, &root)
        });
        let (_, completion) = counted(|| complete(&world, &mut project, &file, at as u32));
        if round >= 2 {
            calls = [calls[0] + change.calls, calls[1] + completion.calls];
        }
    }
    calls
}

/// What one component more costs: allocations of the change and of the completion.
fn for_one_more(edit: Edit, place: &str) -> [f64; 2] {
    let [few, many] = [100, 300].map(|components| typed(edit, place, components));
    // Two changes were counted.
    [0, 1].map(|what| (many[what] as f64 - few[what] as f64) / 400.0)
}

/// So many allocations of a change, and of a completion, for a component that is not edited.
const MOST: [f64; 2] = [6.0, 3.0];

#[test]
fn a_keystroke_costs_little_for_what_is_not_edited() {
    let _alone = ALONE.lock().unwrap();
    let mut wrong = Vec::new();
    for edit in EDITS {
        for place in PLACES {
            let calls = for_one_more(edit, place);
            println!("{} at the {place}: change {:.2}, completion {:.2}", edit.0, calls[0], calls[1]);
            if calls.iter().zip(MOST).any(|(calls, most)| *calls > most) {
                wrong.push(format!("{} at the {place}: {calls:?}", edit.0));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
