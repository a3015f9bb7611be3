//! A kubeconfig: who dials which API server, with which certificate.

use base64::Engine as _;

use crate::diag::{Code, Diagnostic};
use crate::model::scope::Scope;
use crate::model::{EvalError, Model, Value};
use crate::source::Span;
use crate::syntax::ast::{Body, Expr, ExprKind, Ident};

/// The content of a kubeconfig of the scope's unit.
///
/// The clusters' authority is the one that the endpoint trusts, and the user's certificate is embedded, so that the file
/// can be copied anywhere.
///
/// # Errors
/// When a field is missing or does not name what it should.
pub fn content(model: &Model<'_>, scope: &mut Scope<'_>, body: &Body) -> Result<Value, EvalError> {
    content_for(model, scope, body, None)
}

/// The same for another user than that of the model.
///
/// # Errors
/// As [`content`].
pub fn content_for(
    model: &Model<'_>,
    scope: &mut Scope<'_>,
    body: &Body,
    user: Option<&str>,
) -> Result<Value, EvalError> {
    let app = scope.app.expect("a kubeconfig belongs to an application");
    let component = model.component_of(app);
    let (server, server_span) = name_of(body, "server")?;
    let (cert, cert_span) = name_of(body, "identity")?;
    let wrong = |span: Span, what: &str| Box::new(Diagnostic::new(Code::WrongKind, span, what.to_owned()));
    let endpoint = component
        .endpoint_index(server)
        .ok_or_else(|| wrong(server_span, "this is not an endpoint of the component"))?;
    let cert = component
        .certs
        .iter()
        .position(|info| *info.ast.name.name == *cert)
        .ok_or_else(|| wrong(cert_span, "this is not a certificate of the component"))?;
    if component.certs[cert].external {
        return Err(wrong(cert_span, "this certificate is issued externally, so its private key is not available"));
    }
    let url = model.endpoint_field(scope, endpoint, &Ident { name: "url".into(), span: server_span })?;
    if url == Value::None {
        return Err(wrong(server_span, "this endpoint has no provider with an address"));
    }
    let mut server = vec![("server", url)];
    if let Some(authority) = component.endpoints[endpoint as usize].trusts {
        server.insert(0, ("certificate-authority-data", encoded(scope.material.authority(authority))));
    }
    let unit = scope.unit.expect("a kubeconfig belongs to a unit");
    let (pem, key) = scope.material.certificate(unit, cert as u32);
    let identity = [("client-certificate-data", encoded(pem)), ("client-key-data", Value::Secret(encoded(key).into()))];
    assemble(model, scope, (body, user), [Value::record(server), Value::record(identity)])
}

fn encoded(pem: &str) -> Value {
    Value::text(base64::engine::general_purpose::STANDARD.encode(pem))
}

fn name_of<'a>(body: &'a Body, field: &str) -> Result<(&'a str, Span), EvalError> {
    match body.field(field).map(|field| &field.value) {
        Some(Expr { kind: ExprKind::Cert(ident) | ExprKind::Name(ident), .. }) => Ok((&ident.name, ident.span)),
        _ => {
            let message = format!("the kubeconfig has no `{field}`");
            Err(Box::new(Diagnostic::new(Code::MissingField, body.span, message)))
        }
    }
}

fn assemble(
    model: &Model<'_>,
    scope: &mut Scope<'_>,
    (body, user): (&Body, Option<&str>),
    [server, identity]: [Value; 2],
) -> Result<Value, EvalError> {
    let mut field = |name: &str| body.field(name).map_or(Ok(Value::None), |field| model.eval(scope, &field.value));
    let own = field("user")?.scalar_text().unwrap_or_else(|| "default".into());
    let user = user.unwrap_or(&own);
    let namespace = field("namespace")?;
    let cluster = &*model.cluster.name;
    let mut context = vec![("cluster", Value::text(cluster)), ("user", Value::text(user))];
    if namespace != Value::None {
        context.push(("namespace", namespace));
    }
    let name = format!("{user}@{cluster}");
    let named = |name: &str, what: &'static str, value: Value| {
        Value::list([Value::record([("name", Value::text(name)), (what, value)])])
    };
    Ok(Value::record([
        ("apiVersion", Value::text("v1")),
        ("kind", Value::text("Config")),
        ("clusters", named(cluster, "cluster", server)),
        ("users", named(user, "user", identity)),
        ("contexts", named(&name, "context", Value::record(context))),
        ("current-context", Value::text(&name)),
        ("preferences", Value::record::<&str>([])),
    ]))
}
