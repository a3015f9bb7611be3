//! Certificates of servers that have no name, and names that certificates have no room for.

use crate::diag::{Code, Diagnostic};
use crate::model::{AppId, Model};
use crate::plan::Pki;

/// Says so of each: since RFC 6125 clients look at subject alternative names, and those of Go 1.15 and newer at nothing
/// else.
pub(super) fn find(model: &Model<'_>, pki: &Pki, problems: &mut Vec<Diagnostic>) {
    for (app, _) in model.apps() {
        for cert in 0..model.component_of(app).certs.len() as u32 {
            let place = model.component_of(app).certs[cert as usize].ast.name.span;
            // Where a name that is dialled is missing, that says more.
            let said =
                |p: &Diagnostic| p.code == Code::NameNotInCertificate && p.labels.iter().any(|l| l.span == place);
            if !problems.iter().any(said) {
                problems.extend(without_sans(model, pki, app, cert));
            }
            problems.extend(too_long(model, pki, app, cert));
        }
    }
}

fn without_sans(model: &Model<'_>, pki: &Pki, app: AppId, cert: u32) -> Option<Diagnostic> {
    let specs = model.units_of(app).filter_map(|unit| Some((unit, pki.spec(model, unit, cert)?)));
    let (unit, spec) = specs.into_iter().find(|(_, spec)| spec.server && spec.sans.is_empty())?;
    let info = &model.component_of(app).certs[cert as usize];
    let message = format!(
        "the server certificate `{}` of `{}` has no subject alternative name",
        info.ast.name.name,
        model.unit_name(unit)
    );
    let derives = match info.ast.body.field("derive-names") {
        Some(_) => "remove `derive-names = false`",
        None => "relate its clients to it: the names that they dial are derived",
    };
    let help = format!("set `names = [\"{}\"]`, or {derives}", spec.cn);
    Some(
        Diagnostic::new(Code::CertificateWithoutNames, info.ast.name.span, message)
            .here(format!("clients ignore its CN `{}`", spec.cn))
            .label(model.app(app).span, format!("`{}` is deployed here", model.app(app).name))
            .help(help),
    )
}

/// The most characters of a common name: `ub-common-name` of RFC 5280, appendix A.1.
const LONGEST: usize = 64;

fn too_long(model: &Model<'_>, pki: &Pki, app: AppId, cert: u32) -> Option<Diagnostic> {
    let specs = model.units_of(app).filter_map(|unit| pki.spec(model, unit, cert));
    let spec = specs.into_iter().find(|spec| spec.cn.chars().count() > LONGEST)?;
    let ident = &model.component_of(app).certs[cert as usize].ast.name;
    let count = spec.cn.chars().count();
    let message = format!("the CN `{}` has {count} characters, but a certificate allows at most {LONGEST}", spec.cn);
    Some(
        Diagnostic::new(Code::InvalidName, ident.span, message)
            .label(model.app(app).span, format!("`{}` is deployed here", model.app(app).name))
            .help("shorten it, and list the names that clients dial in `names`: OpenSSL rejects a longer CN"),
    )
}
