//! Values: what is expected, and the names that can be seen.

use super::{Ask, Item, Sort, field, flag, name, release, word};
use crate::check::SymbolKind;
use crate::check::builtin;
use crate::check::probe::{Expectation, Wanted};
use crate::check::ty::Ty;
use crate::ide::doc;
use crate::ide::hover::short;
use crate::syntax::ast::Name;
use crate::syntax::token::SyntaxKind as S;
use crate::syntax::tree::SyntaxToken;

/// What can stand as a value at the mark.
pub(super) fn items(ask: &mut Ask<'_>, token: &SyntaxToken) -> Vec<Item> {
    let Some(found) = ask.probe() else { return Vec::new() };
    let in_text = token.kind() == S::StringText;
    match &found.wanted {
        Wanted::Member(ty) => members(ty),
        Wanted::Authority => name::symbols(ask, SymbolKind::Authority),
        Wanted::Endpoint => field::of_own(ask, false),
        Wanted::Cert => field::of_own(ask, true),
        Wanted::Keys(_) => Vec::new(),
        Wanted::Value(_) if in_text && release::is_name(token) => release::names(str::to_owned),
        Wanted::Value(ty) if in_text => [texts(ty, str::to_owned), flag::values(ask, token, str::to_owned)].concat(),
        Wanted::Value(ty) => values(ask, token, ty, &found),
    }
}

/// The fields of a value.
fn members(ty: &Ty) -> Vec<Item> {
    let Ty::Record(record) = ty.present() else { return Vec::new() };
    let of = record.name.unwrap_or("endpoint");
    let item = |(name, member): (&Name, &crate::check::ty::Member)| {
        Item::new(&**name, Sort::Member).detail(short(&member.ty)).docs(doc::given(of, name)).rank(2)
    };
    record.fields.iter().map(item).collect()
}

fn texts(ty: &Ty, write: impl Fn(&str) -> String) -> Vec<Item> {
    let texts = ty.texts().unwrap_or_default();
    texts.iter().map(|text| Item::new(write(text), Sort::Value).detail("one of the values").rank(1)).collect()
}

fn values(ask: &Ask<'_>, token: &SyntaxToken, ty: &Ty, found: &Expectation) -> Vec<Item> {
    let typed = ask.marked.typed.clone();
    if typed.starts_with(|c: char| c.is_ascii_digit()) {
        let versions = if ty.present() == Ty::Version { release::versions(ask, token) } else { Vec::new() };
        return [units(&typed, ty), versions].concat();
    }
    let after_cert =
        super::context::previous(token).is_some_and(|token| token.kind() == S::Keyword && token.text() == "cert");
    if after_cert {
        let certs = field::of_own(ask, true).into_iter();
        return certs
            .map(|item| Item {
                insert: item.insert.replace("cert ", ""),
                label: item.label.replace("cert ", ""),
                ..item
            })
            .collect();
    }
    let quoted = |text: &str| format!("\"{text}\"");
    let mut items = texts(ty, quoted);
    items.extend(flag::values(ask, token, quoted));
    match ty.present() {
        Ty::Version => items.extend(release::versions(ask, token)),
        _ if release::is_name(token) => items.extend(release::names(quoted)),
        _ => {}
    }
    items.extend(samples(ty));
    items.extend(found.names.iter().map(|(name, found)| named(name, found, ty)));
    items.extend(components(ask, ty));
    items.extend(functions(ty));
    items.extend(word::words(&["if"]).into_iter().map(|item| item.rank(5)));
    items
}

/// Units after a number: `4` becomes `4GiB` where a size is expected.
fn units(typed: &str, ty: &Ty) -> Vec<Item> {
    let digits: String = typed.chars().take_while(char::is_ascii_digit).collect();
    let any = ty.is_silent() || *ty == Ty::Any;
    let mut items = Vec::new();
    for (kind, units) in UNITS {
        if any || accepts(ty, kind) {
            let rank = if any { 6 } else { 1 };
            items.extend(units.iter().enumerate().map(|(place, (unit, doc))| {
                Item::new(format!("{digits}{unit}"), Sort::Unit).detail(*doc).rank(rank).at(place)
            }));
        }
    }
    items
}

type Units = &'static [(&'static str, &'static str)];

const UNITS: [(Ty, Units); 4] = [
    (
        Ty::Size,
        &[
            ("GiB", "2^30 bytes"),
            ("MiB", "2^20 bytes"),
            ("TiB", "2^40 bytes"),
            ("KiB", "2^10 bytes"),
            ("GB", "10^9 bytes"),
            ("MB", "10^6 bytes"),
            ("TB", "10^12 bytes"),
            ("KB", "10^3 bytes"),
        ],
    ),
    (Ty::Duration, &[("s", "seconds"), ("m", "minutes"), ("h", "hours"), ("d", "days"), ("ms", "milliseconds")]),
    (Ty::Port, &[("/tcp", "a TCP port"), ("/udp", "a UDP port")]),
    (Ty::Percent, &[("%", "percent")]),
];

fn accepts(ty: &Ty, kind: Ty) -> bool {
    kind.fits(ty)
}

/// Literals of what is expected.
fn samples(ty: &Ty) -> Vec<Item> {
    let sample = |label: &str, snippet: &str, detail: &str| {
        Item::new(label, Sort::Snippet).detail(detail).snippet(snippet).rank(2)
    };
    let mut items = match ty.present() {
        Ty::Bool => ["true", "false"].map(|word| Item::new(word, Sort::Value).detail("bool").rank(1)).to_vec(),
        Ty::Size => vec![sample("4GiB", "${1:4}GiB", "size"), sample("512MiB", "${1:512}MiB", "size")],
        Ty::Duration => vec![
            sample("30d", "${1:30}d", "duration"),
            sample("6h", "${1:6}h", "duration"),
            sample("5s", "${1:5}s", "duration"),
        ],
        Ty::Port => vec![sample("8080/tcp", "${1:8080}/tcp", "port"), sample("53/udp", "${1:53}/udp", "port")],
        Ty::Ip => vec![sample("10.0.0.1", "${1:10.0.0.1}", "ip")],
        Ty::Cidr => vec![sample("10.0.0.0/16", "${1:10.0.0.0/16}", "cidr")],
        Ty::Mode => vec![sample("0644", "0644", "mode"), sample("0600", "0600", "mode: owner only")],
        Ty::Path => vec![sample("/etc/...", "/etc/$1", "path")],
        Ty::List(_) => vec![sample("[ ]", "[$1]", "list")],
        Ty::Map(_) | Ty::Record(_) => vec![sample("{ }", "{ $1 }", "record")],
        // A set of flags has the name of a program, without a subcommand.
        Ty::Flags => crate::facts::flag::programs()
            .filter(|program| !program.contains(' '))
            .map(|program| sample(program, &format!("{program} {{\n  $1\n}}"), "flags"))
            .collect(),
        Ty::Union(ref members) if members.contains(&Ty::Cidr) => {
            vec![sample("10.0.0.0/16", "${1:10.0.0.0/16}", "cidr")]
        }
        _ => Vec::new(),
    };
    if matches!(ty, Ty::Optional(_)) {
        items.push(Item::new("none", Sort::Value).detail("nothing").rank(3));
    }
    items
}

fn named(name: &Name, found: &Ty, wanted: &Ty) -> Item {
    let any = wanted.is_silent() || *wanted == Ty::Any;
    let fits = !found.is_silent() && found.fits(wanted);
    let inside = matches!(found.present(), Ty::Record(_));
    let rank = match (any, fits) {
        (false, true) => 2,
        (true, _) => 3,
        // A field of it may fit.
        (false, false) if inside => 4,
        (false, false) => 6,
    };
    Item::new(&**name, Sort::Value).detail(short(found)).docs(doc::given("", name)).rank(rank)
}

fn components(ask: &Ask<'_>, ty: &Ty) -> Vec<Item> {
    let Ty::Component(interface) = ty.present() else { return Vec::new() };
    let program = &ask.file.analysis.resolved.program;
    let wanted = interface.and_then(|name| program.lookup(ask.file.module, &name, SymbolKind::Interface));
    let scope = program.module(ask.file.module).scope.iter().filter(|(_, symbol)| symbol.kind == SymbolKind::Component);
    let fits = |symbol: &crate::check::Symbol| {
        let component = program.component(*symbol);
        component.is_some_and(|component| {
            wanted.is_none()
                || crate::ide::app::endpoints(component).any(|endpoint| {
                    endpoint.kind == crate::syntax::ast::EndpointKind::Provides
                        && crate::ide::app::interface(program, *symbol, endpoint) == wanted
                })
        })
    };
    scope.filter(|(_, symbol)| fits(symbol)).map(|(name, _)| Item::new(&**name, Sort::Component).rank(1)).collect()
}

fn functions(wanted: &Ty) -> Vec<Item> {
    let item = |function: &builtin::Builtin| {
        let result = builtin::signature(function.name).map_or(Ty::Any, |signature| signature.result.clone());
        let fits = !wanted.is_silent() && *wanted != Ty::Any && result.fits(wanted) && result != Ty::Never;
        let snippet = format!("{}($1)", function.name);
        Item::new(function.name, Sort::Function)
            .detail(function.signature())
            .docs(function.doc)
            .snippet(snippet)
            .rank(if fits { 4 } else { 6 })
    };
    builtin::ALL.iter().map(item).collect()
}
