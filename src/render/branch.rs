//! Where in a script something is done, as far as other parts of it are done instead: the arms of `if`, `case` and `a && b || c`.

/// The choices that are open there, the outermost first: each with the arm that is taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Branch(Vec<(u32, u32)>);

impl Branch {
    pub(super) fn new(arms: Vec<(u32, u32)>) -> Self {
        Self(arms)
    }

    pub(super) fn arms(&self) -> &[(u32, u32)] {
        &self.0
    }

    pub(super) fn keeps(&mut self, is_choice: impl Fn(u32) -> bool) {
        self.0.retain(|(choice, _)| is_choice(*choice));
    }

    /// Whether one is done wherever the other one is. Of arms of different choices nothing is known.
    pub fn goes_with(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0) || other.0.starts_with(&self.0)
    }
}
