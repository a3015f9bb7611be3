//! What needs a majority of its members.

use crate::model::{EndpointId, Model};
use crate::syntax::ast::{EndpointKind, ExprKind, Literal};

/// Whether more than half of the units at a `peers` endpoint must live.
pub fn needs_majority(model: &Model<'_>, id: EndpointId) -> bool {
    let info = model.endpoint_info(id);
    let interface = info.interface.and_then(|symbol| model.program.interface(symbol));
    let quorum = interface.and_then(|interface| interface.body.field("quorum"));
    info.ast.kind == EndpointKind::Peers
        && quorum.is_some_and(|field| matches!(field.value.kind, ExprKind::Literal(Literal::Bool(true))))
}
