//! Files of certificates and keys that belong together, as far as both are the model's own.

use crate::check::Symbol;
use crate::diag::{Code, Diagnostic};
use crate::facts::setting::{Admitted, Issued, Pair, Signed, path};
use crate::model::component::CertInfo;
use crate::model::scope::Scope;
use crate::model::{Model, UnitId, Value};
use crate::text::List;
use crate::verify::Evidence;

use super::settings::{Setting, Settings};
use super::{distinct_places, problem};

/// What a file of the model is, by its path.
struct Known<'e, 'p> {
    unit: UnitId,
    place: u32,
    info: &'e CertInfo<'p>,
}

/// A private key that is not that of the certificate beside it.
pub(super) fn pairs(evidence: &Evidence<'_, '_>, settings: &Settings, rule: &Pair) -> Vec<Diagnostic> {
    let verify = |setting: &Setting| {
        let key = settings.beside(setting, &rule.key)?;
        let own = certificate(evidence.model, setting, false)?;
        let other = certificate(evidence.model, key, true)?;
        let is_own = (own.unit, own.place) == (other.unit, other.place);
        let (a, b) = (said(evidence.model, &own), said(evidence.model, &other));
        let message = format!(
            "`{}` is the key of {b}, and `{}` is the certificate {a}: the program exits, since they do not match",
            key.written, setting.written
        );
        let label = format!("`{}`", setting.written);
        let found = || problem(evidence.model, Code::RefusedSetting, key, message).label(setting.span, label);
        (!is_own).then(|| found().help(format!("use `{}.key`", own.info.ast.name.name)))
    };
    distinct_places(settings.named(&rule.certificate).filter_map(verify))
}

/// A certificate that another authority issued than the one by which others verify it.
pub(super) fn issued(evidence: &Evidence<'_, '_>, settings: &Settings, rule: &Issued) -> Vec<Diagnostic> {
    let model = evidence.model;
    let verify = |setting: &Setting, other: &Setting| {
        let own = certificate(model, setting, false).filter(|own| !own.info.external)?;
        let (issuer, trusted) = (own.info.authority?, authority(evidence, other)?);
        if issuer == trusted {
            return None;
        }
        let (issuer, trusted) = (name(model, issuer), name(model, trusted));
        let message = format!(
            "`{}` is the certificate of `{trusted}`, but `{}` is the certificate {}, which `{issuer}` issues: {}",
            other.written,
            setting.written,
            said(model, &own),
            rule.what
        );
        let found = problem(model, Code::AuthorityNotTrusted, other, message);
        Some(found.label(setting.span, format!("`{}`", setting.written)).help(format!("use `{issuer}.cert`")))
    };
    let authorities: Vec<&Setting> = settings.named(&rule.authority).collect();
    distinct_places(settings.named(&rule.certificate).flat_map(|setting| {
        let others = authorities.iter().filter(move |other| !rule.beside || other.is_beside(setting));
        others.filter_map(|other| verify(setting, other)).collect::<Vec<_>>()
    }))
}

/// A certificate whose CN is not in the list of those that are admitted.
pub(super) fn admitted(evidence: &Evidence<'_, '_>, settings: &Settings, rule: &Admitted) -> Vec<Diagnostic> {
    let model = evidence.model;
    let verify = |setting: &Setting| {
        let names = settings.beside(setting, &rule.names)?;
        let own = certificate(model, setting, false)?;
        let cn = &evidence.pki.spec(model, own.unit, own.place)?.cn;
        let list: Vec<&str> = names.text.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        if list.is_empty() || list.contains(&&**cn) {
            return None;
        }
        let message = format!(
            "`{}` is {}, but `{}` is the certificate {} with the CN `{cn}`: {}",
            names.written,
            List::ticked(list.iter().copied()),
            setting.written,
            said(model, &own),
            rule.what
        );
        let found = problem(model, Code::SettingsDiffer, names, message);
        Some(
            found
                .label(setting.span, format!("`{}`", setting.written))
                .help(format!("add `{cn}`, or give the certificate one of these names")),
        )
    };
    distinct_places(settings.named(&rule.certificate).filter_map(verify))
}

/// A private key whose signatures a program does not accept.
pub(super) fn signed(evidence: &Evidence<'_, '_>, settings: &Settings, rule: &Signed) -> Vec<Diagnostic> {
    let model = evidence.model;
    let verify = |setting: &Setting, other: &Setting| {
        let key = keypair(evidence, setting.text.trim())?;
        // One of several that is not known may be the one.
        let accepted = other.text.split(',').map(|text| keypair(evidence, text.trim())).collect::<Option<Vec<_>>>()?;
        if accepted.contains(&key) {
            return None;
        }
        let accepted = List::ticked(accepted.iter().map(|one| name(model, *one)));
        let key = name(model, key);
        let message = format!(
            "`{}` is of the key pair `{key}`, but `{}` of {accepted}: {}",
            setting.written, other.written, rule.what
        );
        let found = problem(model, Code::DifferentKeys, setting, message);
        let help = format!("use one `keypair` for both, or add `{key}.public` to `{}`", other.written);
        Some(found.label(other.span, format!("`{}`", other.written)).help(help))
    };
    let accepting: Vec<&Setting> = settings.named(&rule.accepted).collect();
    distinct_places(
        settings
            .named(&rule.key)
            .flat_map(|setting| accepting.iter().filter_map(|other| verify(setting, other)).collect::<Vec<_>>()),
    )
}

fn is_at(value: Option<&Value>, wanted: &str) -> bool {
    value.and_then(Value::scalar_text).is_some_and(|file| path(&file) == path(wanted))
}

/// The certificate of the setting's machine whose file, or whose key's, is at its path.
fn certificate<'e, 'p>(model: &'e Model<'p>, setting: &Setting, key: bool) -> Option<Known<'e, 'p>> {
    let (machine, wanted) = (setting.machine?, setting.text.trim());
    model.apps().filter_map(|(app, _)| model.unit_on(app, machine)).find_map(|unit| {
        let mut scope = Scope::unit(model, unit);
        let mut certs = model.component_of(model.unit(unit).app).certs.iter().enumerate();
        certs.find_map(|(place, info)| {
            let place = place as u32;
            let file = if key { model.cert_key_file(&mut scope, place) } else { model.cert_file(&mut scope, place) };
            is_at(file.ok().as_ref(), wanted).then_some(Known { unit, place, info })
        })
    })
}

fn authority(evidence: &Evidence<'_, '_>, setting: &Setting) -> Option<Symbol> {
    let model = evidence.model;
    let is_there = |symbol: &&Symbol| {
        is_at(model.authority_file(&Scope::file(symbol.module), **symbol).ok().as_ref(), setting.text.trim())
    };
    evidence.pki.authorities.iter().find(is_there).copied()
}

/// The key pair of which one part is at a path.
fn keypair(evidence: &Evidence<'_, '_>, wanted: &str) -> Option<Symbol> {
    let is_there = |symbol: &&Symbol| {
        let files = evidence.model.keypair_files(&mut Scope::file(symbol.module), **symbol).ok();
        files.is_some_and(|(private, public)| is_at(Some(&private), wanted) || is_at(Some(&public), wanted))
    };
    evidence.pki.keypairs.iter().find(is_there).copied()
}

fn name<'e>(model: &'e Model<'_>, symbol: Symbol) -> &'e str {
    model.definition(symbol).map_or("?", |definition| &definition.name.name)
}

/// `` `serving` of `api` ``.
fn said(model: &Model<'_>, known: &Known<'_, '_>) -> String {
    format!("`{}` of `{}`", known.info.ast.name.name, model.app(model.unit(known.unit).app).name)
}
