//! The user of a kubeconfig: whether the server accepts its certificate.

use serde_json::Value as Json;

use crate::diag::{Code, Diagnostic};
use crate::model::component::EndpointInfo;
use crate::model::{AppId, EndpointId};
use crate::render::placeholder::Identified;

use super::pem::{Content, Foreign};
use super::{Ends, Kubeconfig, path};

impl Kubeconfig<'_, '_> {
    pub(super) fn user(&self, index: usize, user: &Json, ends: &Ends) -> Option<Diagnostic> {
        let (key, given) = self.given(user, "client-certificate");
        let at = path("users", index, &["user", key]);
        let wrong = |what: String, help: &str| {
            let message = format!("`{key}` is {what}");
            Some(self.problem(Code::InvalidKubeconfig, &at, message).help(help))
        };
        match given {
            Content::Nothing | Content::Unknown => None,
            Content::Authority(symbol) => wrong(
                format!("the certificate of the authority `{}`", self.name_of(symbol)),
                "use a client certificate: `base64(NAME.pem)` with the name of a `cert` item",
            ),
            Content::Key => wrong("a private key".to_owned(), "use `base64(NAME.pem)`"),
            Content::Foreign(foreign) if !foreign.client => {
                let message = format!(
                    "`{key}` is the certificate of `{}`, which is not valid for client authentication",
                    foreign.cn
                );
                let problem = self.problem(Code::WrongUsage, &at, message);
                Some(problem.help("have it reissued with the extended key usage `clientAuth`"))
            }
            Content::Foreign(_) if !self.names_of().issued() => None,
            Content::Foreign(foreign) => ends.iter().find_map(|(end, _)| self.signed(&at, key, &foreign, *end)),
            Content::Certificate(app, cert) => {
                let shows = |info: &EndpointInfo<'_>| info.identity == Some(cert);
                if self.document.derived && self.model().component_of(app).endpoints.iter().any(shows) {
                    return None;
                }
                let found = self.key(index, user, (app, cert));
                found.or_else(|| ends.iter().find_map(|(end, _)| self.lets_in(&at, key, (app, cert), *end)))
            }
        }
    }

    /// Whether a foreign certificate names the authority that an endpoint trusts as its issuer.
    fn signed(
        &self,
        at: &[crate::verify::locate::Step],
        key: &str,
        foreign: &Foreign,
        end: EndpointId,
    ) -> Option<Diagnostic> {
        let trusted = self.model().endpoint_info(end).trusts?;
        let place = self.pki().place(trusted)?;
        let cn = &self.pki().request.authorities[place].cn;
        if foreign.issuer == *cn {
            return None;
        }
        let (to, name) = (self.model().endpoint_name(end), self.name_of(trusted));
        let (own, issuer) = (&foreign.cn, &foreign.issuer);
        let message = format!(
            "`{key}` is the certificate of `{own}`, issued by `{issuer}`, but `{to}` accepts client certificates \
             issued by `{name}`"
        );
        let problem = self.problem(Code::AuthorityNotTrusted, at, message);
        Some(self.shown(problem, end).help(format!("issue it with `{name}`")))
    }

    /// Whether the key beside a certificate is its own.
    fn key(&self, index: usize, user: &Json, own: (AppId, u32)) -> Option<Diagnostic> {
        use base64::Engine as _;
        let text = user["client-key-data"].as_str()?;
        let decoded = base64::engine::general_purpose::STANDARD.decode(text.trim()).ok()?;
        let meant = self.names_of().identify(&String::from_utf8(decoded).ok()?)?;
        let name = |app, cert| self.certificate(app, cert);
        let what = match meant {
            Identified::Key(app, cert) if (app, cert) == own => return None,
            Identified::Key(app, cert) => format!("the key of {}", name(app, cert)),
            Identified::Certificate(app, cert) => format!("{}, not a private key", name(app, cert)),
            Identified::Authority(symbol) => {
                format!("the certificate of the authority `{}`, not a private key", self.name_of(symbol))
            }
        };
        let certificate = name(own.0, own.1);
        let message = format!("`client-key-data` is {what}, but the client certificate is {certificate}");
        let at = path("users", index, &["user", "client-key-data"]);
        let ident = &self.model().component_of(own.0).certs[own.1 as usize].ast.name.name;
        Some(self.problem(Code::InvalidKubeconfig, &at, message).help(format!("use `base64({ident}.key-pem)`")))
    }

    /// Whether an endpoint accepts a certificate.
    fn lets_in(
        &self,
        at: &[crate::verify::locate::Step],
        key: &str,
        (app, cert): (AppId, u32),
        end: EndpointId,
    ) -> Option<Diagnostic> {
        let model = self.model();
        let info = &model.component_of(app).certs[cert as usize];
        let to = model.endpoint_name(end);
        let label =
            |problem: Diagnostic| self.shown(problem, end).label(info.ast.name.span, "the certificate in the file");
        let trusted = model.endpoint_info(end).trusts;
        if let (Some(trusted), Some(issuer)) = (trusted, info.authority)
            && trusted != issuer
        {
            let (trusted, issuer) = (self.name_of(trusted), self.name_of(issuer));
            let what = self.certificate(app, cert);
            let message = format!(
                "`{key}` is {what}, issued by `{issuer}`, but `{to}` accepts client certificates issued by `{trusted}`"
            );
            let problem = self.problem(Code::AuthorityNotTrusted, at, message);
            return Some(label(problem).help(format!("issue it with `{trusted}`")));
        }
        let unit = model.units_of(app).next()?;
        let spec = self.pki().spec(model, unit, cert).filter(|spec| !spec.client)?;
        let message =
            format!("`{key}` is the certificate of `{}`, which is not valid for client authentication", spec.cn);
        Some(label(self.problem(Code::WrongUsage, at, message)).help("add \"client\" to its `usage`"))
    }
}
