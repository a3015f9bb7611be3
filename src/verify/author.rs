//! Who wrote a file or a command: an application, or the operator in the `cloud-config` of a target.

use crate::model::{AppId, Model};
use crate::render::evidence::Owner;
use crate::source::Span;

/// An author, as messages name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Author {
    App(AppId),
    Operator,
}

impl Author {
    /// Whose an entry is.
    pub(super) fn of(owner: Owner) -> Self {
        if owner.is_operators { Self::Operator } else { Self::App(owner.app) }
    }

    /// `` `kubelet` ``, or what the operator wrote.
    pub(super) fn name(self, model: &Model<'_>) -> String {
        match (self, model.targets.first()) {
            (Self::Operator, Some(target)) => format!("`cloud-config` of `target {}`", target.name),
            (Self::Operator, None) => "`cloud-config`".to_owned(),
            (Self::App(app), _) => format!("`{}`", model.app(app).name),
        }
    }

    /// Where it comes into the model, and what is there.
    pub(super) fn place(self, model: &Model<'_>) -> (Span, String) {
        match self {
            Self::Operator => {
                model.targets.first().map(|target| (target.span, "the target".to_owned())).unwrap_or_default()
            }
            Self::App(app) => (model.app(app).span, format!("`{}` is deployed here", model.app(app).name)),
        }
    }
}
