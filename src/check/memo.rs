//! What is known of each declaration, each computed once.

use std::collections::HashMap;
use std::rc::Rc;

use super::component::Info;
use super::interface::InterfaceInfo;
use super::program::StatementId;
use super::ty::Ty;

/// What was computed so far.
#[derive(Default)]
pub(super) struct Memos<'p> {
    pub lets: HashMap<StatementId, LetMemo>,
    /// The lets of components, by the numbers of their items.
    pub local_lets: HashMap<(StatementId, usize), LetMemo>,
    pub params: HashMap<StatementId, Ty>,
    pub infos: HashMap<StatementId, Rc<Info<'p>>>,
    pub interfaces: HashMap<StatementId, Rc<InterfaceInfo>>,
}

/// The type of a `let`.
#[derive(Clone)]
pub(super) enum LetMemo {
    /// It is being computed.
    Open,
    Done(Ty),
}

impl LetMemo {
    /// The type, if it is known. One that needs itself has none; cycles are reported where they are looked for.
    pub(super) fn ty(&self) -> Ty {
        match self {
            Self::Open => Ty::Error,
            Self::Done(ty) => ty.clone(),
        }
    }
}
