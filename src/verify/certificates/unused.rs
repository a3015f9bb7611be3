//! Certificates of endpoints that their component gives to no program, while it gives another one.

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic};
use crate::model::scope::Scope;
use crate::model::{EndpointId, Model, UnitId};
use crate::render::evidence::{Entry, Sample};
use crate::render::placeholder::Identified;
use crate::syntax::ast::EndpointKind;
use crate::verify::{Evidence, document};

/// What a component says of a certificate, wherever it says it.
struct Texts<'a, 'p> {
    evidence: &'a Evidence<'a, 'p>,
    unit: UnitId,
    list: Vec<String>,
}

/// Looks at every endpoint that shows a certificate.
pub(super) fn find(evidence: &Evidence<'_, '_>) -> Vec<Diagnostic> {
    evidence.on_each(|sample| {
        let whole = sample.units.iter().filter(|_| sample.whole);
        let units = whole.filter(|unit| certificates(evidence.model, **unit) > 1);
        units.flat_map(|unit| of_unit(evidence, sample, *unit)).collect()
    })
}

fn certificates(model: &Model<'_>, unit: UnitId) -> usize {
    model.component_of(model.unit(unit).app).certs.len()
}

fn of_unit(evidence: &Evidence<'_, '_>, sample: &Sample<'_>, unit: UnitId) -> Vec<Diagnostic> {
    let (model, app) = (evidence.model, evidence.model.unit(unit).app);
    let component = model.component_of(app);
    let texts = Texts::of(evidence, sample, unit);
    let shown = component.endpoints.iter().enumerate().filter(|(_, info)| info.ast.kind != EndpointKind::Requires);
    let shown = shown.filter_map(|(place, info)| Some((place as u32, info.identity?)));
    let ends: Vec<(u32, u32)> = shown.collect();
    let other = || {
        let mut certs = 0..component.certs.len() as u32;
        let serves = |cert: u32| evidence.pki.spec(model, unit, cert).is_some_and(|spec| spec.server);
        certs.find(|cert| serves(*cert) && !ends.iter().any(|(_, own)| own == cert) && texts.name(*cert))
    };
    let problem = |(endpoint, cert): &(u32, u32)| {
        let info = &component.certs[*cert as usize];
        if info.external || texts.name(*cert) {
            return None;
        }
        let given = &component.certs[other()? as usize].ast.name;
        let (name, to) = (&info.ast.name, model.endpoint_name(EndpointId { app, endpoint: *endpoint }));
        let message = format!(
            "`{to}` is declared with the certificate `{}`, but no file or argument of `{}` names it: `{}` is named instead",
            name.name,
            model.app(app).name,
            given.name
        );
        let place = component.endpoints[*endpoint as usize].ast.name.span;
        let found = Diagnostic::new(Code::CertificateDiffers, place, message)
            .label(name.span, format!("`{}`", name.name))
            .label(given.span, format!("`{}`", given.name));
        Some(found.help(format!(
            "give the program `{0}.cert` and `{0}.key`, or set `identity = cert {1}`",
            name.name, given.name
        )))
    };
    ends.iter().filter_map(problem).collect()
}

impl<'a, 'p> Texts<'a, 'p> {
    /// The texts that a unit's application writes on its machine.
    fn of(evidence: &'a Evidence<'a, 'p>, sample: &Sample<'p>, unit: UnitId) -> Self {
        let (model, app) = (evidence.model, evidence.model.unit(unit).app);
        let mut list = Vec::new();
        for entry in &sample.entries {
            if let Entry::Unit(entry) = entry
                && entry.owner.app == app
            {
                list.extend(entry.unit.flags.iter().cloned());
                list.extend(entry.unit.fields.iter().map(|(_, value)| document::plain(value)));
            }
        }
        let mut scope = Scope::unit(model, unit);
        let certs = 0..model.component_of(app).certs.len() as u32;
        let own: HashSet<String> = certs.flat_map(|cert| paths(model, &mut scope, cert)).collect();
        let name = &model.app(app).name;
        let files = sample.bundle.files.iter();
        let files = files.filter(|file| file.origin.application() == Some(name) && !own.contains(&*file.path));
        list.extend(files.map(|file| String::from_utf8_lossy(&file.content).into_owned()));
        list.extend(sample.bundle.commands.iter().map(ToString::to_string));
        Self { evidence, unit, list }
    }

    /// Whether one names the certificate, its key or a path of theirs.
    fn name(&self, cert: u32) -> bool {
        let model = self.evidence.model;
        let app = model.unit(self.unit).app;
        let paths = paths(model, &mut Scope::unit(model, self.unit), cert);
        let is_it = |line: &str| {
            let found = self.evidence.names.identify(line);
            matches!(found, Some(Identified::Certificate(of, own) | Identified::Key(of, own)) if (of, own) == (app, cert))
        };
        self.list.iter().any(|text| paths.iter().any(|path| text.contains(path.as_str())) || text.lines().any(is_it))
    }
}

/// Where a certificate and its key lie.
fn paths(model: &Model<'_>, scope: &mut Scope<'_>, cert: u32) -> Vec<String> {
    let files = [model.cert_file(scope, cert), model.cert_key_file(scope, cert)];
    files.into_iter().filter_map(|file| file.ok()?.scalar_text()).collect()
}
