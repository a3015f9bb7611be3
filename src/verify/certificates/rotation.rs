//! Certificates expire, and must be reissued before that.

use crate::diag::{Code, Diagnostic};
use crate::model::Model;
use crate::pki::spec::CertificateSpec;
use crate::plan::Pki;
use crate::text::Count;

/// Whether the cluster says when its certificates are renewed, if it has any.
pub(super) fn verify(model: &Model<'_>, pki: &Pki, problems: &mut Vec<Diagnostic>) {
    let ends = |spec: &CertificateSpec| spec.lifetime_seconds;
    let certificates = &pki.request.certificates;
    authorities(model, pki, problems);
    let Some((place, first)) = certificates.iter().enumerate().min_by_key(|(_, spec)| ends(spec)) else { return };
    if model.cluster.renew.is_some() {
        return;
    }
    let (unit, cert) = pki.certificates[place];
    let app = model.unit(unit).app;
    let name = &model.component_of(app).certs[cert as usize].ast.name;
    let days = days(ends(first));
    let message = format!("`renew` is not set, and the first certificate expires {days} after it is issued");
    problems.push(
        Diagnostic::new(Code::NoRotation, model.cluster.span, message)
            .here(format!("it has {}", Count(certificates.len(), "certificate")))
            .label(name.span, format!("`{}` of `{}` expires first", name.name, model.app(app).name))
            .help("set `renew = 30d` in the cluster, then render and apply at least every 30 days"),
    );
}

/// Authorities that end before what they sign: nothing that they signed holds any longer, however long it was to live.
fn authorities(model: &Model<'_>, pki: &Pki, problems: &mut Vec<Diagnostic>) {
    for (place, authority) in pki.request.authorities.iter().enumerate() {
        let own = authority.lifetime_seconds;
        let signed = pki.request.certificates.iter().zip(&pki.certificates);
        let mut longer = signed.filter(|(spec, _)| spec.authority as usize == place && spec.lifetime_seconds > own);
        let Some((spec, (unit, cert))) = longer.next() else { continue };
        let app = model.unit(*unit).app;
        let ident = &model.component_of(app).certs[*cert as usize].ast.name;
        let span =
            model.definition(pki.authorities[place]).map_or(model.cluster.span, |definition| definition.name.span);
        let message = format!(
            "the authority `{}` has a lifetime of {}, but `{}` of `{}`, which it signs, has a lifetime of {}",
            authority.name,
            days(own),
            ident.name,
            model.app(app).name,
            days(spec.lifetime_seconds)
        );
        problems.push(
            Diagnostic::new(Code::NoRotation, span, message).label(ident.span, "the certificate that it signs").help(
                "set a longer `lifetime` for the authority than for any certificate that it signs: ten years is usual",
            ),
        );
    }
}

fn days(seconds: u64) -> String {
    Count(seconds / 86_400, "day").to_string()
}
