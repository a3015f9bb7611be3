//! What stands behind one front answers alike, whichever of it answers.

use std::collections::BTreeSet;

use crate::check::SymbolKind;
use crate::diag::{Code, Diagnostic};
use crate::model::{AppId, EndpointId, Model};
use crate::plan::dialled_names;
use crate::text::List;

/// Compares the key pairs of the applications behind each front: what one signs, as a token of a service account, the
/// others have to accept.
pub(super) fn keys(model: &Model<'_>, problems: &mut Vec<Diagnostic>) {
    for (app, _) in model.apps() {
        for (place, info) in model.component_of(app).endpoints.iter().enumerate() {
            if info.forwards.is_some() {
                problems.extend(differing(model, EndpointId { app, endpoint: place as u32 }));
            }
        }
    }
}

fn differing(model: &Model<'_>, front: EndpointId) -> Option<Diagnostic> {
    let mut apps: Vec<AppId> = dialled_names::behind(model, front).iter().map(|end| end.app).collect();
    apps.dedup();
    let (first, rest) = apps.split_first()?;
    let own = pairs(model, *first);
    let other = rest.iter().find(|app| pairs(model, **app) != own)?;
    let (a, b) = (&model.app(*first).name, &model.app(*other).name);
    let message = format!("`{a}` and `{b}` serve behind `{}` with different key pairs", model.endpoint_name(front));
    let held = |app: AppId| {
        let names = pairs(model, app);
        if names.is_empty() { "it has none".to_owned() } else { format!("it has {}", List::ticked(names)) }
    };
    let problem = Diagnostic::new(Code::DifferentKeys, model.app(*other).span, message)
        .here(held(*other))
        .label(model.app(*first).span, held(*first))
        .label(model.app(front.app).span, "clients of this endpoint reach either one");
    Some(problem.help("use the same `keypair` in both: one rejects tokens that the other signed"))
}

fn pairs<'a>(model: &'a Model<'_>, app: AppId) -> BTreeSet<&'a str> {
    let mentions = model.mentions(app).into_iter().filter(|mention| mention.symbol.kind == SymbolKind::Keypair);
    mentions.filter_map(|mention| Some(&*model.definition(mention.symbol)?.name.name)).collect()
}
