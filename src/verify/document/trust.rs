//! A kubeconfig against the model: whether what answers at its `server` shows a certificate that it trusts, with the name
//! that is dialled, and lets in the certificate that it holds.
//!
//! While planning nothing is issued, and each certificate stands in the file as its own name ([`Names`]). What somebody else
//! issued can be told apart from what the model has only once that is issued: then the files are looked into again.

use serde_json::Value as Json;

use crate::check::Symbol;
use crate::diag::{Code, Diagnostic};
use crate::model::{EndpointId, MachineId, Model, UnitId};
use crate::pki::spec::San;
use crate::plan::reachability::{self, Front};
use crate::plan::{Pki, name};
use crate::render::evidence::Document;
use crate::render::placeholder::Names;
use crate::verify::Evidence;
use crate::verify::locate::{self, Step};

use pem::{Content, content};

mod client;
mod hairpin;
mod pem;
mod unreachable;

/// A kubeconfig that a component writes.
pub(super) struct Kubeconfig<'a, 'p> {
    pub evidence: &'a Evidence<'a, 'p>,
    pub document: &'a Document<'p>,
}

/// The units that answer, by the endpoint that each answers with.
type Ends = Vec<(EndpointId, Vec<UnitId>)>;

impl<'a, 'p> Kubeconfig<'a, 'p> {
    fn model(&self) -> &'a Model<'p> {
        self.evidence.model
    }

    fn pki(&self) -> &'a Pki {
        self.evidence.pki
    }

    fn names_of(&self) -> &'a dyn Names {
        self.evidence.names
    }

    /// Whose it is; loopback addresses are of this machine.
    fn machine(&self) -> Option<MachineId> {
        self.document.owner.machine
    }

    /// What is wrong with each of its contexts; secrets stand in it as they are.
    pub(super) fn check(&self, value: &Json) -> Vec<Diagnostic> {
        let mut problems = Vec::new();
        let clusters = list(value, "clusters");
        let ends: Vec<Ends> = clusters.iter().enumerate().map(|(i, one)| self.cluster(i, one, &mut problems)).collect();
        if self.document.derived {
            problems.clear();
        }
        problems.extend(hairpin::of(self, &clusters));
        let named = |list: &[&Json], name: &str| list.iter().position(|entry| entry["name"] == name);
        let users = list(value, "users");
        let mut seen = Vec::new();
        for context in list(value, "contexts") {
            let part = |key: &str| context["context"][key].as_str().unwrap_or_default();
            let pair = (named(&clusters, part("cluster")), named(&users, part("user")));
            let (Some(cluster), Some(user)) = pair else { continue };
            if !seen.contains(&pair) {
                seen.push(pair);
                problems.extend(self.user(user, &users[user]["user"], &ends[cluster]));
            }
        }
        problems
    }

    /// Who answers for one of its clusters.
    fn cluster(&self, index: usize, entry: &Json, problems: &mut Vec<Diagnostic>) -> Ends {
        let cluster = &entry["cluster"];
        let Some((host, port)) = cluster["server"].as_str().and_then(parts) else { return Vec::new() };
        let at = |key: &str| path("clusters", index, &["cluster", key]);
        let fronts = reachability::fronts(self.model(), &host, port, self.machine());
        let verifies = cluster["insecure-skip-tls-verify"] != Json::Bool(true);
        if fronts.is_empty() {
            if verifies {
                problems.extend(self.unreachable(&host, port, cluster, &at));
            }
            return Vec::new();
        }
        let ends: Ends = fronts.iter().flat_map(|front| reachability::behind(self.model(), front)).collect();
        if verifies {
            let dialled = cluster["tls-server-name"].as_str().map(San::parse);
            let key = if dialled.is_some() { "tls-server-name" } else { "server" };
            problems.extend(self.names(&at(key), &dialled.unwrap_or(host), &fronts, &ends));
            problems.extend(self.authority(cluster, &at, &ends));
        }
        ends
    }

    /// What is wrong at a path of the file; the last key of the path need not be there.
    fn problem(&self, code: Code, path: &[Step], message: String) -> Diagnostic {
        let Document { owner, written, .. } = self.document;
        let place = locate::place(self.model(), (*owner).into(), written, &self.document.way(path));
        Diagnostic::new(code, place.span, message).here(if place.exact {
            ""
        } else {
            "the kubeconfig is declared here"
        })
    }

    /// A label at the certificate that an endpoint shows, or where it is deployed.
    fn shown(&self, problem: Diagnostic, end: EndpointId) -> Diagnostic {
        let app = self.model().app(end.app);
        match self.model().endpoint_info(end).identity {
            Some(cert) => {
                let ident = &self.model().component_of(end.app).certs[cert as usize].ast.name;
                problem
                    .label(ident.span, format!("the certificate that `{}` presents", self.model().endpoint_name(end)))
            }
            None => problem.label(app.span, format!("`{}` is deployed here", app.name)),
        }
    }

    /// Certificates of those who answer that lack the name.
    fn names(&self, at: &[Step], host: &San, fronts: &[Front], ends: &Ends) -> Option<Diagnostic> {
        let (pki, model) = (self.pki(), self.model());
        let lacks = |end: &EndpointId, unit: &UnitId| {
            let cert = model.endpoint_info(*end).identity;
            cert.and_then(|cert| pki.spec(model, *unit, cert)).is_some_and(|spec| !name::has(&spec.sans, host))
        };
        let (end, units) = ends.iter().find_map(|(end, units)| {
            let missing: Vec<UnitId> = units.iter().copied().filter(|unit| lacks(end, unit)).collect();
            (!missing.is_empty()).then_some((*end, missing))
        })?;
        let without: Vec<String> = units.iter().map(|unit| model.unit_name(*unit)).collect();
        let message = format!(
            "`server` is `{host}`, which is not a subject alternative name of {}",
            name::certificates(&without)
        );
        let mut problem = self.problem(Code::NameNotInCertificate, at, message);
        if let Some(front) = fronts.iter().find(|front| front.end != end) {
            problem =
                problem.label(model.app(front.end.app).span, format!("through `{}`", model.endpoint_name(front.end)));
        }
        let help = format!(
            "names in a file are not added to certificates: use a `kubeconfig` item, whose `server` is an endpoint, or add the name, for example with `extra-names = [\"{host}\"]` in the cluster"
        );
        Some(self.shown(problem, end).help(help))
    }

    /// Whether what is trusted is what signed.
    fn authority(&self, cluster: &Json, at: &dyn Fn(&str) -> Vec<Step>, ends: &Ends) -> Option<Diagnostic> {
        let (key, given) = self.given(cluster, "certificate-authority");
        let mut signed = ends.iter().filter_map(|(end, _)| {
            let cert = self.model().endpoint_info(*end).identity?;
            let info = &self.model().component_of(end.app).certs[cert as usize];
            Some((*end, info.authority.filter(|_| !info.external)?))
        });
        let other = |(_, authority): &(EndpointId, Symbol)| given != Content::Authority(*authority);
        let (end, issuer) = signed.find(other)?;
        let (to, issuer) = (self.model().endpoint_name(end), self.name_of(issuer));
        let signs_nothing = |what: String| {
            (Code::InvalidKubeconfig, format!("`{key}` is {what}, which is not a certificate authority"))
        };
        let (code, message) = match given {
            Content::Unknown => return None,
            Content::Foreign(other) if other.signs && !self.names_of().issued() => return None,
            Content::Authority(own) => {
                let own = self.name_of(own);
                let message = format!("`{key}` is `{own}`, but the certificate of `{to}` is issued by `{issuer}`");
                (Code::AuthorityNotTrusted, message)
            }
            Content::Foreign(other) if other.signs => {
                let own = other.cn;
                let message = format!(
                    "`{key}` is `{own}`, which is not in the model, but the certificate of `{to}` is issued by \
                     `{issuer}`"
                );
                (Code::AuthorityNotTrusted, message)
            }
            Content::Nothing => {
                let message = "no `certificate-authority` is set, so only system CAs are trusted";
                (
                    Code::AuthorityNotTrusted,
                    format!("{message}, but `{to}` presents a certificate issued by `{issuer}`"),
                )
            }
            Content::Foreign(other) => signs_nothing(format!("the certificate of `{}`", other.cn)),
            Content::Certificate(app, cert) => signs_nothing(self.certificate(app, cert)),
            Content::Key => signs_nothing("a private key".to_owned()),
        };
        let here = if cluster[key].is_string() { key } else { "server" };
        let help = match key.ends_with("-data") {
            true => format!("set `certificate-authority-data = base64({issuer}.pem)`"),
            false => format!("set `certificate-authority = {issuer}.cert`"),
        };
        Some(self.shown(self.problem(code, &at(here), message), end).help(help))
    }

    /// Data or a file, and the key that gives it.
    fn given<'k>(&self, entry: &Json, name: &'k str) -> (&'k str, Content) {
        let data = match name {
            "certificate-authority" => "certificate-authority-data",
            "client-certificate" => "client-certificate-data",
            _ => "client-key-data",
        };
        match (entry[data].as_str(), entry[name].as_str()) {
            (Some(text), _) => (data, content(self.names_of(), text)),
            (None, Some(path)) => (name, self.at_path(path)),
            (None, None) => (data, Content::Nothing),
        }
    }

    /// What a path of the machine leads to.
    fn at_path(&self, path: &str) -> Content {
        let authorities = &self.pki().authorities;
        let is_there = |symbol: &&Symbol| {
            let scope = crate::model::scope::Scope::file(symbol.module);
            let file = self.model().authority_file(&scope, **symbol).ok();
            file.and_then(|file| file.scalar_text()).is_some_and(|file| file == path)
        };
        match authorities.iter().find(is_there) {
            Some(symbol) => Content::Authority(*symbol),
            None => self.machine().and_then(|machine| self.on_machine(machine, path)).unwrap_or(Content::Unknown),
        }
    }

    fn on_machine(&self, machine: MachineId, path: &str) -> Option<Content> {
        let model = self.model();
        let units = model.apps().filter_map(|(app, _)| model.unit_on(app, machine));
        units.into_iter().find_map(|unit| {
            let app = model.unit(unit).app;
            let mut scope = crate::model::scope::Scope::unit(model, unit);
            (0..model.component_of(app).certs.len() as u32).find_map(|cert| {
                let file = model.cert_file(&mut scope, cert).ok()?.scalar_text()?;
                (file == path).then_some(Content::Certificate(app, cert))
            })
        })
    }

    fn name_of(&self, authority: Symbol) -> &str {
        self.model().definition(authority).map_or("?", |definition| &definition.name.name)
    }

    /// `` the certificate `client` of `kubelet` ``.
    fn certificate(&self, app: crate::model::AppId, cert: u32) -> String {
        let ident = &self.model().component_of(app).certs[cert as usize].ast.name.name;
        format!("the certificate `{ident}` of `{}`", self.model().app(app).name)
    }
}

fn list<'v>(value: &'v Json, key: &str) -> Vec<&'v Json> {
    value[key].as_array().into_iter().flatten().collect()
}

fn path(list: &str, index: usize, keys: &[&str]) -> Vec<Step> {
    let head = [Step::Key(list.to_owned()), Step::Index(index)];
    head.into_iter().chain(keys.iter().map(|key| Step::Key((*key).to_owned()))).collect()
}

/// Host and port of an https address.
fn parts(server: &str) -> Option<(San, u16)> {
    let rest = server.strip_prefix("https://")?;
    let authority = rest.split('/').next()?;
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    Some((San::parse(host), port.map_or(Some(443), |port| port.parse().ok())?)).filter(|_| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_host_and_a_port() {
        let shown = |server: &str| parts(server).map(|(host, port)| format!("{host} {port}"));
        assert_eq!(shown("https://10.0.0.1:6443").as_deref(), Some("10.0.0.1 6443"));
        assert_eq!(shown("https://[fd00::1]:6443/path").as_deref(), Some("fd00::1 6443"));
        assert_eq!(shown("https://api.example.org").as_deref(), Some("api.example.org 443"));
        for bad in ["http://10.0.0.1", "https://", "https://a:port", "a"] {
            assert_eq!(shown(bad), None, "{bad}");
        }
    }
}
