//! What to do about a problem, and the name that was probably meant.

use std::fmt::{self, Display, Formatter};

use crate::text::List;

/// What to do about a problem, as a person reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Help {
    text: String,
    /// The name that was probably meant, which the text asks for.
    pub near: Option<String>,
}

impl Help {
    /// Asks whether a name was meant.
    pub fn near(name: impl Into<String>) -> Self {
        let name = name.into();
        Self { text: format!("did you mean `{name}`?"), near: Some(name) }
    }

    /// Asks which of several names was meant.
    pub fn one_of(names: &[&str]) -> Self {
        format!("did you mean {}?", List::ticked(names).or()).into()
    }

    /// Says more after the question.
    pub fn and(mut self, more: &str) -> Self {
        self.text = format!("{} {more}", self.text);
        self
    }

    /// The text alone.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl Display for Help {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<String> for Help {
    fn from(text: String) -> Self {
        Self { text, near: None }
    }
}

impl From<&str> for Help {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<Help> for String {
    fn from(help: Help) -> Self {
        help.text
    }
}

/// The name among `known` that was most likely meant, if one is close.
pub fn closest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| {
            let longest = name.len().max(candidate.len());
            // Of short names half would be another word.
            let most = if longest <= 4 { 1 } else { longest.div_ceil(3) };
            *distance <= most && *distance < longest
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// Asks for the closest known name, or says `fallback`.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>, fallback: &str) -> Help {
    closest(name, known).map_or_else(|| fallback.into(), Help::near)
}
