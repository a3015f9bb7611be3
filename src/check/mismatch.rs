//! What to say when a value does not fit.

use super::ty::Ty;
use crate::diag::{Code, Diagnostic, Help, closest};
use crate::source::Span;
use crate::text::List;

/// Why a value of type `found` may not stand where `expected` is.
pub(super) fn explain(span: Span, found: &Ty, expected: &Ty, declared: Option<&(Span, String)>) -> Diagnostic {
    // What takes a secret takes the plain value too, and that is what most people have.
    let plain = expected.reveal();
    let expected = if found.is_secret() { expected } else { &plain };
    let diagnostic = if found.is_secret() && !expected.is_secret() && found.reveal().fits(expected) {
        exposed(span, "a secret is not allowed here")
    } else if *found == Ty::None || found.present().fits(expected) {
        maybe_none(span, found, expected)
    } else if expected.texts().is_some() {
        not_a_choice(span, found, expected)
    } else {
        different(span, found, expected)
    };
    match declared {
        Some((place, text)) => diagnostic.label(*place, text.clone()),
        None => diagnostic,
    }
}

/// A secret where others can read it.
pub(super) fn exposed(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::SecretExposed, span, message)
        .here("this is secret")
        .help("a secret is allowed only in `text`, `content` or `vars` of a file with a private mode, such as 0600")
}

fn maybe_none(span: Span, found: &Ty, expected: &Ty) -> Diagnostic {
    if *found == Ty::None {
        return Diagnostic::new(Code::MaybeNone, span, format!("expected `{expected}`, found `none`"))
            .help("set a value, or remove the field");
    }
    Diagnostic::new(Code::MaybeNone, span, format!("expected `{expected}`, but this may be `none`"))
        .here(format!("a `{}`", found.widen()))
        .help("add a default with `??`, or test it first: `if x != none then ... else ...`")
}

fn not_a_choice(span: Span, found: &Ty, expected: &Ty) -> Diagnostic {
    let texts = expected.texts().unwrap_or_default();
    let choices = List::ticked(texts.iter().map(|text| format!("\"{text}\"")));
    let Ty::Text(text) = found else {
        let message = format!("expected `{expected}`, found `{}`", found.widen());
        return Diagnostic::new(Code::TypeMismatch, span, message).help(format!("the values are {choices}"));
    };
    let message = format!("expected `{expected}`, found `\"{text}\"`");
    let diagnostic = Diagnostic::new(Code::TypeMismatch, span, message);
    match closest(text, texts.iter().map(|text| &**text)) {
        Some(near) => diagnostic.help(Help::near(format!("\"{near}\""))).fix_near(span),
        None => diagnostic.help(format!("the values are {choices}")),
    }
}

fn different(span: Span, found: &Ty, expected: &Ty) -> Diagnostic {
    // That it could be left out is of no help here.
    let expected = expected.present();
    let message = format!("expected `{expected}`, found `{}`", found.widen());
    let diagnostic = Diagnostic::new(Code::TypeMismatch, span, message);
    match advice(found, &expected) {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

fn advice(found: &Ty, expected: &Ty) -> Option<String> {
    let text = match (found, expected) {
        (Ty::Path, Ty::String) => "convert the path with `string(..)` or inside a string: \"${path}\"".into(),
        (Ty::Int, Ty::Size) => "add a unit: `4GiB`, `512MiB`".into(),
        (Ty::Int, Ty::Duration) => "add a unit: `30s`, `1h30m`, `7d`".into(),
        (Ty::Int, Ty::Port) => "add a protocol: `6443/tcp`, `53/udp`".into(),
        (Ty::Int, Ty::Mode) => "start the mode with a zero: `0644`".into(),
        (Ty::Int, Ty::Percent) => "write a percentage as `50%`".into(),
        (Ty::Port, Ty::Int) => "use `number(port)` for the port without its protocol".into(),
        (Ty::String | Ty::Text(_), Ty::Ip) => "write the address without quotes, or parse it with `ip(..)`".into(),
        (Ty::Text(_), Ty::Bool) => "write `true` or `false` without quotes".into(),
        (Ty::Text(_), Ty::Cidr | Ty::Version | Ty::Size | Ty::Duration | Ty::Port | Ty::Mode | Ty::Int) => {
            "write it without quotes".into()
        }
        (Ty::Float, Ty::Version) => "write a version as `1.34.2`".into(),
        (Ty::Size | Ty::Duration | Ty::Int | Ty::Ip | Ty::Cidr | Ty::Version | Ty::Port | Ty::Bool, Ty::String) => {
            "put it in a string: \"${value}\", or use `string(..)`".into()
        }
        (_, Ty::List(item)) if found.fits(item) => "put it in brackets: `[value]`".into(),
        (Ty::Record(record), _) if record.name == Some("secret") => "use its `.value`".into(),
        (Ty::Record(record), Ty::Path) if matches!(record.name, Some("certificate" | "authority")) => {
            "use `.cert` for its certificate file, and `.key` for its private key file".into()
        }
        _ => return None,
    };
    Some(text)
}

/// Something that cannot stand inside a string.
pub(super) fn piece(span: Span, found: &Ty) -> Diagnostic {
    match found {
        Ty::Optional(inner) if inner.is_scalar() => {
            Diagnostic::new(Code::MaybeNone, span, "this may be `none`, which cannot be used in a string")
                .here(format!("a `{}`", found.widen()))
                .help("add a default with `??`, or test it first: `if x != none then ... else ...`")
        }
        _ => Diagnostic::new(Code::TypeMismatch, span, format!("`{}` cannot be used in a string", found.widen()))
            .help(piece_help(found)),
    }
}

fn piece_help(found: &Ty) -> &'static str {
    match found.present() {
        Ty::List(_) => "convert it: `join(list, \",\")`, or `json(list)`",
        Ty::Map(_) => "convert it: `json(..)` or `yaml(..)`",
        Ty::Record(record) if record.name.is_some() => "use one of its fields",
        Ty::Record(_) => "use one of its fields, or convert it: `json(..)` or `yaml(..)`",
        _ => "only text, numbers, addresses and similar values can",
    }
}

/// A path that does not start at the root.
pub(super) fn relative_path(span: Span) -> Diagnostic {
    Diagnostic::new(Code::TypeMismatch, span, "expected `path`, found a string that does not start with `/`")
        .help("a path on a machine must be absolute")
}

/// Something that `for` cannot go over.
pub(super) fn not_a_list(span: Span, found: &Ty, keyed: bool) -> Diagnostic {
    let wanted = if keyed { "a list or a map" } else { "a list" };
    match found {
        Ty::Optional(_) | Ty::None => {
            Diagnostic::new(Code::MaybeNone, span, format!("expected {wanted}, but this may be `none`"))
                .help("add a default with `??`: `list ?? []`")
        }
        Ty::Map(_) | Ty::Record(_) => {
            Diagnostic::new(Code::TypeMismatch, span, format!("expected {wanted}, found `{}`", found.widen()))
                .help("iterate over a map with two names: `for key, value in map`")
        }
        _ => Diagnostic::new(Code::TypeMismatch, span, format!("expected {wanted}, found `{}`", found.widen())),
    }
}
