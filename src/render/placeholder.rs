//! Material that says what it will be: while nothing is issued, each certificate and key is its own name.
//!
//! So a file that a component assembles can be read while planning, and the certificate in it can be identified.

use std::collections::HashMap;

use crate::check::{Symbol, SymbolKind};
use crate::model::material::{Absent, Material};
use crate::model::{AppId, Model, UnitId};

/// The names of everything that a model has issued. Those of certificates are by application: its units differ in nothing
/// that is written down before they are issued.
pub struct Placeholders<'a, 'p> {
    model: &'a Model<'p>,
    authorities: HashMap<Symbol, String>,
    secrets: HashMap<Symbol, String>,
    /// By application and place: the certificate and its key.
    certificates: Vec<Vec<(String, String)>>,
}

/// Texts that stand for certificates and keys of a model.
pub trait Names {
    /// What a text stands for.
    fn identify(&self, text: &str) -> Option<Identified>;
    /// Whether all that the model has is issued, so that anything else comes from outside the model.
    fn issued(&self) -> bool;
}

/// What a text stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Identified {
    Authority(Symbol),
    Certificate(AppId, u32),
    Key(AppId, u32),
}

impl<'a, 'p> Placeholders<'a, 'p> {
    pub fn new(model: &'a Model<'p>) -> Self {
        let mut authorities = HashMap::new();
        let mut secrets = HashMap::new();
        let mut certificates = Vec::new();
        for (app, _) in model.apps() {
            let component = model.component_of(app);
            let mentions = model.mentions(app);
            let mentioned = mentions.iter().map(|mention| mention.symbol);
            let trusted = component.endpoints.iter().filter_map(|info| info.trusts);
            let signing = component.certs.iter().filter_map(|info| info.authority);
            for symbol in mentioned.chain(trusted).chain(signing).filter(|s| s.kind == SymbolKind::Authority) {
                let number = authorities.len();
                authorities.entry(symbol).or_insert_with(|| format!("(certificate of the authority {number})"));
            }
            for symbol in mentions.iter().map(|m| m.symbol).filter(|s| s.kind == SymbolKind::Secret) {
                let number = secrets.len();
                secrets.entry(symbol).or_insert_with(|| format!("(secret {number})"));
            }
            let text = |what: &str, place: usize| format!("({what} {place} of the application {})", app.index());
            let both = |place: usize| (text("certificate", place), text("private key", place));
            certificates.push((0..component.certs.len()).map(both).collect());
        }
        Self { model, authorities, secrets, certificates }
    }
}

impl Names for Placeholders<'_, '_> {
    fn identify(&self, text: &str) -> Option<Identified> {
        let text = text.trim();
        let authority = self.authorities.iter().find(|(_, name)| *name == text).map(|(symbol, _)| *symbol);
        let in_app = |(app, list): (usize, &Vec<(String, String)>)| {
            list.iter().enumerate().find_map(|(place, (certificate, key))| {
                let (app, place) = (AppId(app as u32), place as u32);
                let found = (certificate == text).then_some(Identified::Certificate(app, place));
                found.or_else(|| (key == text).then_some(Identified::Key(app, place)))
            })
        };
        authority.map(Identified::Authority).or_else(|| self.certificates.iter().enumerate().find_map(in_app))
    }

    fn issued(&self) -> bool {
        false
    }
}

impl Material for Placeholders<'_, '_> {
    fn certificate(&self, unit: UnitId, cert: u32) -> (&str, &str) {
        let (certificate, key) = &self.certificates[self.model.unit(unit).app.index()][cert as usize];
        (certificate, key)
    }

    fn authority(&self, symbol: Symbol) -> &str {
        self.authorities.get(&symbol).map_or_else(|| Absent.authority(symbol), String::as_str)
    }

    fn authority_key(&self, symbol: Symbol) -> Option<&str> {
        Absent.authority_key(symbol)
    }

    fn keypair(&self, symbol: Symbol) -> (&str, &str) {
        Absent.keypair(symbol)
    }

    fn secret(&self, symbol: Symbol) -> &str {
        self.secrets.get(&symbol).map_or_else(|| Absent.secret(symbol), String::as_str)
    }
}
