//! Files as they were parsed last.
//!
//! Who checks the same files again and again (the language server, at each keystroke) parses only the statements that changed. A file
//! keeps its number, so that places in one that did not change stay what they were.

use std::collections::HashMap;
use std::sync::Arc;

use super::ModulePlace;
use crate::source::{SourceId, Sources};
use crate::syntax::{self, Parse};

/// The files parsed so far.
#[derive(Debug, Default)]
pub struct Cache {
    sources: Sources,
    files: HashMap<ModulePlace, Arc<Parsed>>,
}

/// A file that was parsed.
#[derive(Debug)]
pub struct Parsed {
    pub source: SourceId,
    pub text: Arc<str>,
    pub parse: Parse,
}

impl Cache {
    /// The file with this text, parsed now if it is new or has changed.
    pub fn parsed(&mut self, place: &ModulePlace, text: &str) -> Arc<Parsed> {
        let known = self.files.get(place);
        if let Some(known) = known.filter(|known| *known.text == *text) {
            return known.clone();
        }
        self.take(place, text.into())
    }

    /// The same for a text that is shared.
    pub fn take(&mut self, place: &ModulePlace, text: Arc<str>) -> Arc<Parsed> {
        let known = self.files.get(place);
        if let Some(known) = known.filter(|known| Arc::ptr_eq(&known.text, &text) || *known.text == *text) {
            return known.clone();
        }
        let source = match known {
            Some(known) => known.source,
            None => self.sources.add(place.kind(), place.name(), text.clone()),
        };
        self.sources.replace(source, text.clone());
        let parse = match known {
            Some(known) => known.parse.changed(&known.text, &text),
            None => syntax::parse(source, &text),
        };
        let parsed = Arc::new(Parsed { source, parse, text });
        self.files.insert(place.clone(), parsed.clone());
        parsed
    }

    /// The texts of all files, those no longer used among them.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The file as it was parsed last.
    pub fn get(&self, place: &ModulePlace) -> Option<&Arc<Parsed>> {
        self.files.get(place)
    }

    /// Takes in a file that was parsed elsewhere: a text that is only tried does not replace what is known.
    pub fn with(&self, place: &ModulePlace, text: &str) -> Arc<Parsed> {
        let (source, parse) = match self.files.get(place) {
            Some(known) => (known.source, known.parse.changed(&known.text, text)),
            None => (SourceId(u32::MAX), syntax::parse(SourceId(u32::MAX), text)),
        };
        Arc::new(Parsed { source, text: text.into(), parse })
    }
}
