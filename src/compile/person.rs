//! A kubeconfig for one person, for a while: nothing of it is kept.
//!
//! In: a plan, a key store, who it is for. Out: the same kubeconfig that the model has for people, with another user.

use time::OffsetDateTime;

use crate::check::Symbol;
use crate::diag::Diagnostic;
use crate::model::material::{Absent, Material};
use crate::model::scope::Scope;
use crate::model::{Model, UnitId};
use crate::pki::issued::{IssuedAuthority, IssuedCertificate};
use crate::pki::spec::CertificateSpec;
use crate::pki::{PkiError, Store, issue_once};
use crate::plan::Plan;
use crate::render::bundle::Format;
use crate::render::format;
use crate::render::kubeconfig;
use crate::syntax::ast::{Body, ItemKind};

/// Who a kubeconfig is for.
pub struct Person {
    /// The name, in audit logs and in role bindings.
    pub user: String,
    pub groups: Vec<String>,
    pub lifetime_seconds: u64,
}

/// A kubeconfig of the model that is for people.
pub struct ForPeople<'p> {
    /// `admin.conf`.
    pub path: String,
    unit: UnitId,
    body: &'p Body,
}

/// What was made for a person.
pub struct Made {
    pub text: String,
    pub not_after: OffsetDateTime,
    /// It ends with its authority, before the time that was asked for.
    pub shortened: bool,
}

/// Why nothing was made.
pub enum Unmade {
    Pki(PkiError),
    Problem(Box<Diagnostic>),
}

/// Those that a model has, in its order.
pub fn for_people<'p>(model: &Model<'p>) -> Vec<ForPeople<'p>> {
    let units = model.apps().flat_map(|(app, _)| model.units_of(app));
    let units = units.filter(|unit| model.unit(*unit).machine.is_none());
    let of = |unit: UnitId| {
        let items = model.component_of(model.unit(unit).app).ast.items.iter();
        items.filter_map(move |item| match &item.kind {
            ItemKind::Kubeconfig(config) if config.each.is_none() => Some((unit, config)),
            _ => None,
        })
    };
    let known = units.flat_map(of).filter_map(|(unit, config)| {
        let mut scope = Scope::unit(model, unit);
        let path = model.eval(&mut scope, &config.path).ok()?.scalar_text()?;
        Some(ForPeople { path: path.to_string(), unit, body: &config.body })
    });
    known.collect()
}

/// Issues a certificate for a person and puts it into a kubeconfig; the store stays as it is.
///
/// # Errors
/// When the store lacks the authority or its key, and when the kubeconfig cannot be evaluated.
pub fn kubeconfig(
    plan: &Plan<'_>,
    store: &Store,
    (like, person): (&ForPeople<'_>, &Person),
    now: OffsetDateTime,
) -> Result<Made, Unmade> {
    let (model, request) = (&plan.model, &plan.pki.request);
    let certs = (0_u32..).zip(&model.component_of(model.unit(like.unit).app).certs);
    let own = certs.filter(|(_, cert)| !cert.external).map(|(cert, _)| cert);
    let own = own.filter_map(|cert| request.certificates.get(plan.pki.certificate(model, like.unit, cert)));
    let spec = own.into_iter().find(|spec| spec.client).ok_or_else(|| Unmade::Pki(without_client(like)))?;
    let spec = CertificateSpec {
        id: format!("-/{}/{}", like.path, person.user),
        former: Vec::new(),
        cn: person.user.clone(),
        org: person.groups.as_slice().into(),
        server: false,
        sans: Vec::new(),
        lifetime_seconds: person.lifetime_seconds,
        ..spec.clone()
    };
    let (issued, shortened) = issue_once(request, store, &spec, now).map_err(Unmade::Pki)?;
    let authorities = request.authorities.iter().map(|spec| store.standing(spec)).collect();
    let material = OfPerson { plan, authorities, issued: &issued };
    let mut scope = Scope::unit(model, like.unit).with_material(&material);
    let value = kubeconfig::content_for(model, &mut scope, like.body, Some(&person.user)).map_err(Unmade::Problem)?;
    let text = format::write(Format::Yaml, &value).expect("a kubeconfig is plain data");
    Ok(Made { text, not_after: issued.not_after, shortened })
}

fn without_client(like: &ForPeople<'_>) -> PkiError {
    PkiError::Making { name: like.path.clone(), reason: "its component issues no client certificate".to_owned() }
}

/// The authorities of the store, and one certificate.
struct OfPerson<'a, 'p> {
    plan: &'a Plan<'p>,
    authorities: Vec<Option<IssuedAuthority>>,
    issued: &'a IssuedCertificate,
}

impl Material for OfPerson<'_, '_> {
    fn certificate(&self, _: UnitId, _: u32) -> (&str, &str) {
        (&self.issued.cert_pem, self.issued.key_pem.as_str())
    }

    fn authority(&self, symbol: Symbol) -> &str {
        let place = self.plan.pki.place(symbol);
        place.and_then(|place| self.authorities[place].as_ref()).map_or("", |authority| &authority.cert_pem)
    }

    fn authority_key(&self, _: Symbol) -> Option<&str> {
        None
    }

    fn keypair(&self, symbol: Symbol) -> (&str, &str) {
        Absent.keypair(symbol)
    }

    fn secret(&self, symbol: Symbol) -> &str {
        Absent.secret(symbol)
    }
}
