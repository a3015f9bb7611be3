//! What stands in the way of two authorities at once.

use crate::check::SymbolKind;
use crate::plan::Plan;

/// An application whose machines hold the key of an authority: a program that signs with it takes one certificate.
///
/// Source: pkg/controller/certificates/authority and signer/ca_provider.go of Kubernetes ("expected 1 certificate").
pub fn signs_on_a_machine(plan: &Plan<'_>, authority: &str) -> Option<String> {
    let model = &plan.model;
    let place = plan.pki.request.authorities.iter().position(|spec| *spec.name == *authority)?;
    let symbol = plan.pki.authorities[place];
    let holds = |app| {
        let mut mentions = model.component_of(app).mentions.iter();
        mentions
            .any(|mention| mention.private && mention.symbol == symbol && mention.symbol.kind == SymbolKind::Authority)
    };
    model.apps().find(|(app, _)| holds(*app)).map(|(_, app)| app.name.to_string())
}
