//! docs/catalogue.md is made from the components of the library. With `INSTA_UPDATE=always` the test writes it anew.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use kmodel::source::{SourceKind, Sources, Span};
use kmodel::stdlib;
use kmodel::syntax;
use kmodel::syntax::ast::{
    Body, Cardinality, Component, Definition, Endpoint, EndpointKind, Item, ItemKind, NeedsKind, OptionItem,
    StatementKind,
};

use crate::support::root;

const HEAD: &str = "# Catalogue

The components of the library: what can be set, what each provides and requires, its certificates, and what its machines download. This page is made from
the components, so it is as complete as they are; [the library](../stdlib/README.md) says what each is for, and
[the language](language.md#4-components) what the words mean. A certificate is issued by the authority behind it.
";

/// The text of one file of the library.
struct Source {
    text: String,
}

impl Source {
    /// On one line, and safe in a cell of a table.
    fn written(&self, span: Span) -> String {
        let text = self.text[span.start as usize..span.end as usize].split_whitespace().collect::<Vec<_>>().join(" ");
        text.replace('|', "\\|")
    }

    fn field(&self, body: &Body, name: &str) -> Option<String> {
        body.field(name).map(|field| self.written(field.value.span))
    }
}

#[test]
fn the_page_is_that_of_the_components() {
    let path = root().join("docs/catalogue.md");
    let made = page();
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        fs::write(&path, &made).expect("the page can be written");
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    assert!(there == made, "docs/catalogue.md is out of date: run this test with INSTA_UPDATE=always");
}

fn page() -> String {
    let architectures = architectures();
    let mut out = HEAD.to_owned();
    let mut all = Vec::new();
    for path in stdlib::modules() {
        let text = stdlib::read(path).expect("a file of the library").to_owned();
        let source = Sources::default().add(SourceKind::Library, "library", text.as_str());
        let file = syntax::parse(source, &text).file;
        for statement in &file.statements {
            let StatementKind::Component(component) = &statement.kind else { continue };
            let docs = statement.docs.as_deref().unwrap_or_default().to_owned();
            all.push((component.clone(), docs, Source { text: text.clone() }));
        }
    }
    all.sort_by(|a, b| a.0.name.name.cmp(&b.0.name.name));
    assert!(all.len() > 30, "the library has only {} components", all.len());
    for (component, docs, source) in &all {
        section(&mut out, component, docs, source, &architectures);
    }
    out
}

fn section(out: &mut String, component: &Component, docs: &str, source: &Source, known: &toml::Table) {
    let docs = docs.split_whitespace().collect::<Vec<_>>().join(" ");
    let _ = write!(out, "\n## {}\n\n{docs}\n", component.name.name);
    options(out, component, source);
    endpoints(out, component, source);
    let lines: Vec<String> = component.items.iter().filter_map(|item| line(item, source, known)).collect();
    if !lines.is_empty() {
        let _ = write!(out, "\n{}\n", lines.join("\n"));
    }
}

fn options(out: &mut String, component: &Component, source: &Source) {
    let rows: Vec<String> = component.items.iter().filter_map(|item| option(item, source)).collect();
    if !rows.is_empty() {
        let _ = write!(out, "\n| option | type | default | |\n| --- | --- | --- | --- |\n{}\n", rows.join("\n"));
    }
}

fn option(item: &Item, source: &Source) -> Option<String> {
    let ItemKind::Option(OptionItem { name, ty, default }) = &item.kind else { return None };
    let docs = item.docs.as_deref().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    let default = default.as_ref().map(|default| format!("`{}`", source.written(default.span))).unwrap_or_default();
    Some(format!("| `{}` | `{}` | {default} | {} |", name.name, source.written(ty.span), docs.replace('|', "\\|")))
}

fn endpoints(out: &mut String, component: &Component, source: &Source) {
    let rows: Vec<String> = component.items.iter().filter_map(|item| endpoint(item, source)).collect();
    if !rows.is_empty() {
        let _ = write!(out, "\n| | interface | port | certificate |\n| --- | --- | --- | --- |\n{}\n", rows.join("\n"));
    }
}

fn endpoint(item: &Item, source: &Source) -> Option<String> {
    let (head, interface, body, port) = match &item.kind {
        ItemKind::Endpoint(Endpoint { kind, name, cardinality, interface, body }) => {
            let kind = match kind {
                EndpointKind::Provides => "provides",
                EndpointKind::Requires => "requires",
                EndpointKind::Peers => "peers",
            };
            let mark = match cardinality {
                Cardinality::One => "",
                Cardinality::Optional => "?",
                Cardinality::Many => "*",
            };
            (format!("{kind} `{}{mark}`", name.name), &*interface.name, body, source.field(body, "listen"))
        }
        ItemKind::Listen(Definition { name, body }) => {
            let port = ["port", "ports", "protocol"].iter().find_map(|field| source.field(body, field));
            (format!("listens `{}`", name.name), "", body, port)
        }
        _ => return None,
    };
    let code = |text: Option<String>| text.map(|text| format!("`{text}`")).unwrap_or_default();
    let interface = if interface.is_empty() { String::new() } else { format!("`{interface}`") };
    Some(format!("| {head} | {interface} | {} | {} |", code(port), code(source.field(body, "identity"))))
}

/// What else is worth knowing before it is deployed.
fn line(item: &Item, source: &Source, known: &toml::Table) -> Option<String> {
    Some(match &item.kind {
        ItemKind::For(_) => format!("* `{}`", source.written(item.span)),
        ItemKind::Cert(cert) => {
            let authority = source.field(&cert.body, "authority")?;
            format!("* certificate `{}`: `{authority}`, {}", cert.name.name, source.field(&cert.body, "usage")?)
        }
        ItemKind::Artifact(artifact) => format!("* downloads {}", download(artifact, source, known)),
        ItemKind::Manifest(manifest) => {
            format!("* manifest `{}`: {}", manifest.name.name, source.field(&manifest.body, "url")?)
        }
        ItemKind::Image(image) => format!("* image `{}`", image.name.name),
        ItemKind::Needs(needs) => match &needs.kind {
            NeedsKind::Package(package) => format!("* package {}", source.written(package.span)),
            _ => return None,
        },
        _ => return None,
    })
}

fn download(artifact: &Definition, source: &Source, known: &toml::Table) -> String {
    let release = source.field(&artifact.body, "release").unwrap_or_default();
    let architectures = known.get(release.trim_matches('"')).and_then(|row| row.get("architectures")?.as_array());
    let names: Vec<&str> = architectures.into_iter().flatten().filter_map(toml::Value::as_str).collect();
    let built = if names.is_empty() { String::new() } else { format!(", for {}", names.join(", ")) };
    format!("`{}`{built}", artifact.name.name)
}

/// The table of releases, which says for which architectures each is built.
fn architectures() -> toml::Table {
    let text = stdlib::read(Path::new("tables/releases.toml")).expect("the table of releases");
    let whole: toml::Table = toml::from_str(text).expect("it is a table");
    whole["release"].as_table().expect("it has releases").clone()
}
