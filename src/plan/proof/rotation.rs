//! Certificates end, and somebody has to issue them anew before that.

use crate::diag::{Code, Diagnostic};
use crate::model::Model;
use crate::model::eval::counted;
use crate::plan::Pki;

/// Whether the cluster says when its certificates are renewed, if it has any.
pub fn prove(model: &Model<'_>, pki: &Pki, problems: &mut Vec<Diagnostic>) {
    let ends = |spec: &crate::pki::spec::CertificateSpec| spec.lifetime_seconds;
    let certificates = &pki.request.certificates;
    let Some((place, first)) = certificates.iter().enumerate().min_by_key(|(_, spec)| ends(spec)) else { return };
    if model.cluster.renew.is_some() {
        return;
    }
    let (unit, cert) = pki.certificates[place];
    let app = model.unit(unit).app;
    let name = &model.component_of(app).certs[cert as usize].ast.name;
    let days = counted((ends(first) / 86_400) as usize, "day");
    let message = format!("nothing says when certificates are renewed, and the first ends {days} after it is issued");
    problems.push(
        Diagnostic::new(Code::NoRotation, model.cluster.span, message)
            .here(format!("it has {}", counted(certificates.len(), "certificate")))
            .label(name.span, format!("`{}` of `{}` is the first", name.name, model.app(app).name))
            .help("say `renew = 30d` in the cluster, and render and bring it up at least every thirty days"),
    );
}
