//! The arms of a script's choices, while it is read.

use std::collections::{BTreeMap, BTreeSet};

use crate::render::branch::Branch;

use super::Command;

/// An open part of the grammar: of a choice, which one it is and which of its arms is read.
#[derive(Debug, Default)]
struct Frame {
    choice: Option<(u32, u32)>,
    /// Whether an arm is read, and not a condition.
    is_arm: bool,
    /// `a && b || c` in it.
    list: Option<(u32, u32)>,
}

/// How many open parts a place is told by: what is nested deeper stays in the arm of the last of them.
const DEEPEST: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Branches {
    next: u32,
    frames: Vec<Frame>,
    outermost: Frame,
}

impl Branches {
    fn new_choice(&mut self) -> (u32, u32) {
        self.next += 1;
        (self.next, 0)
    }

    fn last(&mut self) -> &mut Frame {
        self.frames.last_mut().unwrap_or(&mut self.outermost)
    }

    /// A part that is no choice.
    pub(super) fn opens(&mut self) {
        self.frames.push(Frame::default());
    }

    pub(super) fn closes(&mut self) {
        self.frames.pop();
    }

    pub(super) fn case(&mut self) {
        let choice = Some(self.new_choice());
        self.frames.push(Frame { choice, is_arm: true, list: None });
    }

    /// `;;`
    pub(super) fn next_arm(&mut self) {
        self.last().choice.iter_mut().for_each(|(_, arm)| *arm += 1);
    }

    /// A word of the grammar at the start of a command.
    pub(super) fn reserved(&mut self, word: &str) {
        match word {
            "if" => {
                let choice = Some(self.new_choice());
                self.frames.push(Frame { choice, is_arm: false, list: None });
            }
            "while" | "until" | "{" => self.opens(),
            "then" => self.last().is_arm = true,
            "elif" => {
                self.next_arm();
                self.last().is_arm = false;
            }
            "else" => self.next_arm(),
            "fi" | "done" | "esac" | "}" => self.closes(),
            _ => {}
        }
    }

    /// What stands between two commands.
    pub(super) fn operator(&mut self, operator: &str) {
        let choice = self.last().list;
        let list = match (operator, choice) {
            ("&&", None) => Some(self.new_choice()),
            ("||", Some((choice, arm))) => Some((choice, arm + 1)),
            ("&&" | "|" | "|&", known) => known,
            _ => None,
        };
        self.last().list = list;
    }

    /// Where the script is now.
    pub(super) fn here(&self) -> Branch {
        let frames = std::iter::once(&self.outermost).chain(&self.frames).take(DEEPEST);
        Branch::new(
            frames.flat_map(|frame| frame.choice.filter(|_| frame.is_arm).into_iter().chain(frame.list)).collect(),
        )
    }
}

/// Commands that leave an arm without doing anything in it.
const LEAVING: [&str; 8] = [":", "echo", "exit", "false", "log", "logger", "return", "true"];

/// Forgets the choices of which only one arm does something.
pub(super) fn settle(commands: &mut [Command]) {
    let mut arms: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    let leaves = |command: &Command| {
        let first = command.words.first().map(|word| &*word.text).unwrap_or_default();
        command.output.is_none() && LEAVING.contains(&first)
    };
    for command in commands.iter().filter(|command| !leaves(command)) {
        command.branch.arms().iter().for_each(|(choice, arm)| _ = arms.entry(*choice).or_default().insert(*arm));
    }
    let is_choice = |choice: u32| arms.get(&choice).is_some_and(|arms| arms.len() > 1);
    commands.iter_mut().for_each(|command| command.branch.keeps(is_choice));
}

/// The branch of a command in a script that another command runs.
pub(super) fn within(outer: &Branch, inner: &Branch, depth: u32) -> Branch {
    let inner = inner.arms().iter().map(|(choice, arm)| (choice + (depth << 16), *arm));
    Branch::new(outer.arms().iter().copied().chain(inner).collect())
}
