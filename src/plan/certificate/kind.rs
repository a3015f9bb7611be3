//! What all certificates of a kind share, found once for all units of an application.

use std::sync::Arc;

use crate::model::component::CertInfo;
use crate::model::dependence::Dependence;
use crate::model::scope::Scope;
use crate::model::{AppId, Model, Value};
use crate::pki::spec::KeyKind;
use crate::syntax::ast::Name;

use super::template::Template;
use super::{DAY, Reader};

/// Values of fields that are the same wherever they are evaluated.
pub(super) type Fixed = Vec<(Name, Value)>;

/// What is known of all certificates of a kind. What is not here is evaluated for each, where its problems are met too.
pub(super) struct Kind {
    pub fixed: Fixed,
    pub cn: Option<Template>,
    pub names: Option<Template>,
    pub org: Option<Arc<[String]>>,
    /// For servers, and for clients.
    pub usage: Option<(bool, bool)>,
    pub derives: Option<bool>,
    pub lifetime: Option<u64>,
    pub key: Option<KeyKind>,
}

impl Kind {
    /// That of a certificate of an application, in the scope of any of its units.
    pub(super) fn of(model: &Model<'_>, app: AppId, info: &CertInfo<'_>, scope: &mut Scope<'_>) -> Self {
        let (component, body) = (model.component_of(app), &info.ast.body);
        let is_fixed = |expr| component.dependence(model.program, expr) == Dependence::Application;
        let fields = body.fields.iter().filter(|field| is_fixed(&field.value));
        let fixed: Fixed =
            fields.filter_map(|field| Some((field.key.plain()?, model.eval(scope, &field.value).ok()?))).collect();
        let is_steady = |name: &str| body.field(name).is_none() || fixed.iter().any(|(known, _)| &**known == name);
        let template = |name: &str| body.field(name).and_then(|field| Template::of(component, &field.value));
        let mut reader = Reader { model, body, scope, fixed: &fixed };
        Self {
            cn: template("cn"),
            names: template("names"),
            org: if is_steady("org") { reader.subject("org").ok().map(Arc::from) } else { None },
            usage: if is_steady("usage") { reader.usage(info).ok() } else { None },
            derives: if is_steady("derive-names") { reader.truth("derive-names", true).ok() } else { None },
            lifetime: if is_steady("lifetime") { reader.lifetime(365 * DAY).ok() } else { None },
            key: if is_steady("key") { reader.key().ok() } else { None },
            fixed,
        }
    }
}
