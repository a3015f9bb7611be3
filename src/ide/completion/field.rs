//! Keys of fields: of bodies, options, flags, records, and what `set` can set.

use super::{Ask, Item, Sort};
use crate::check::probe::Wanted;
use crate::check::schema::{self, Schema};
use crate::check::{Program, SymbolKind};
use crate::facts::{Status, flag as flags};
use crate::ide::hover::{row_type, short};
use crate::ide::{app, doc, version};
use crate::syntax::ast::{Component, EndpointKind, ExprKind, ItemKind, StatementKind};
use crate::syntax::token::SyntaxKind as S;
use crate::syntax::tree::SyntaxNode;

/// Keys that may stand where a field's key is written.
pub(super) fn keys(ask: &mut Ask<'_>, field: &SyntaxNode) -> Vec<Item> {
    match field.parent() {
        Some(block) => keys_of(ask, &block),
        None => Vec::new(),
    }
}

/// Keys of a body or a record, without those that it has already.
pub(super) fn keys_of(ask: &mut Ask<'_>, block: &SyntaxNode) -> Vec<Item> {
    let items = match block.kind() {
        S::Body => body(ask, block),
        S::RecordExpr => record(ask, block),
        S::UseNames => Vec::new(),
        _ => Vec::new(),
    };
    let given: Vec<String> =
        block.children().filter(|child| child.kind() == S::Field).filter_map(|one| key_text(&one)).collect();
    items.into_iter().filter(|item| !given.contains(&item.label)).collect()
}

fn key_text(field: &SyntaxNode) -> Option<String> {
    let first = field.first_child_or_token()?;
    Some(first.to_string().trim_matches('"').to_owned())
}

fn body(ask: &Ask<'_>, block: &SyntaxNode) -> Vec<Item> {
    let Some(owner) = block.parent() else { return Vec::new() };
    let named = |name: &str| schema::named(name).map_or_else(Vec::new, rows);
    match owner.kind() {
        S::ClusterStatement => named("cluster"),
        S::MachinesStatement => named("machines"),
        S::AuthorityStatement => named("authority"),
        S::KeypairStatement => named("keypair"),
        S::SecretStatement => named("secret"),
        S::CheckStatement => named("check"),
        S::InterfaceStatement => [named("interface"), super::word::words(&["field"])].concat(),
        S::TargetStatement => word(&owner, 1).and_then(|name| schema::target::of(&name)).map_or_else(Vec::new, rows),
        S::DeployStatement => options(ask, &owner),
        S::EndpointItem => endpoint(ask, &owner),
        S::CertItem => named("cert"),
        S::KubeconfigItem => named("kubeconfig"),
        S::UnitItem => named("unit"),
        S::FileItem => named("file"),
        S::DirItem => named("dir"),
        S::ArtifactItem => named("artifact"),
        S::ManifestItem => named("manifest"),
        S::ImageItem => named("image"),
        S::ListenItem => named("listen"),
        S::AddressItem => named("address"),
        S::RangeItem => named("range"),
        S::ImmutableItem => named("immutable"),
        S::FirewallItem => named("firewall"),
        _ => Vec::new(),
    }
}

/// The n-th word of a node's own tokens.
fn word(node: &SyntaxNode, place: usize) -> Option<String> {
    let words = node.children_with_tokens().filter_map(|one| one.into_token());
    let mut words = words.filter(|one| matches!(one.kind(), S::Ident | S::Keyword));
    words.nth(place).map(|one| one.text().to_owned())
}

fn rows(schema: &Schema) -> Vec<Item> {
    rows_of(schema.rows.iter())
}

fn rows_of<'a>(rows: impl Iterator<Item = &'a schema::FieldRow>) -> Vec<Item> {
    let item = |row: &schema::FieldRow| {
        let rank = if row.required { 1 } else { 5 };
        let ty = row_type(row.ty);
        Item::new(row.name, Sort::Field)
            .detail(ty)
            .docs(row.doc)
            .snippet(format!("{} = {}", row.name, sample(row.ty)))
            .rank(rank)
    };
    rows.map(item).collect()
}

/// What a field's value begins with.
fn sample(ty: &str) -> &'static str {
    match ty {
        "@cert" => "cert $1",
        "list<string>" | "list<ip>" | "list<cidr>" => "[$1]",
        "string" | "string?" => "\"$1\"",
        _ if ty.starts_with("map") => "{ $1 }",
        _ => "$1",
    }
}

fn options(ask: &Ask<'_>, deploy: &SyntaxNode) -> Vec<Item> {
    let program = &ask.file.analysis.resolved.program;
    let options = deployed(ask, deploy).into_iter().flat_map(|component| of_component(program, component));
    options.chain(rows_of(schema::statement::DEPLOY.iter())).collect()
}

fn of_component(program: &Program, component: &Component) -> Vec<Item> {
    let item = |(item, option): (&crate::syntax::ast::Item, &crate::syntax::ast::OptionItem)| {
        let ty = program.sources.text(option.ty.span);
        let default =
            option.default.as_ref().map(|default| format!(" = {}", first_line(program.sources.text(default.span))));
        let rank = if option.default.is_none() && !ty.ends_with('?') { 1 } else { 4 };
        Item::new(&*option.name.name, Sort::Field)
            .detail(format!("{ty}{}", default.unwrap_or_default()))
            .docs(item.docs.as_deref().unwrap_or_default())
            .snippet(format!("{} = {}", option.name.name, sample(ty)))
            .rank(rank)
    };
    app::options(component).map(item).collect()
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn endpoint(ask: &Ask<'_>, item: &SyntaxNode) -> Vec<Item> {
    let kind = match word(item, 0).as_deref() {
        Some("provides") => EndpointKind::Provides,
        Some("peers") => EndpointKind::Peers,
        _ => EndpointKind::Requires,
    };
    let mut items = rows(schema::endpoint::of(kind));
    let program = &ask.file.analysis.resolved.program;
    let interface = word(item, 2).and_then(|name| program.lookup(ask.file.module, &name, SymbolKind::Interface));
    if let Some(interface) =
        interface.and_then(|symbol| program.interface(symbol)).filter(|_| kind != EndpointKind::Requires)
    {
        items.extend(interface.fields.iter().map(|field| {
            Item::new(&*field.name.name, Sort::Field)
                .detail(format!("{} of the interface", program.sources.text(field.ty.span)))
                .docs(field.docs.as_deref().unwrap_or_default())
                .snippet(format!("{} = $1", field.name.name))
                .rank(3)
        }));
    }
    items
}

fn record(ask: &mut Ask<'_>, block: &SyntaxNode) -> Vec<Item> {
    if let Some(program) = word(block, 0) {
        return flags_of(ask, &program);
    }
    if let Some(items) = setting(ask, block) {
        return items;
    }
    let known = [super::flag::gates(ask, block), super::variable::keys(ask, block)].concat();
    if !known.is_empty() {
        return known;
    }
    match ask.probe().map(|found| found.wanted) {
        Some(Wanted::Keys(record)) => {
            let item = |(name, member): (&crate::syntax::ast::Name, &crate::check::ty::Member)| {
                let rank = if member.optional { 5 } else { 1 };
                Item::new(&**name, Sort::Field).detail(short(&member.ty)).snippet(format!("{name} = $1")).rank(rank)
            };
            record.fields.iter().map(item).collect()
        }
        _ => Vec::new(),
    }
}

/// Keys of `flags` and `unit` of a `deploy`.
fn setting(ask: &Ask<'_>, block: &SyntaxNode) -> Option<Vec<Item>> {
    let field = block.parent().filter(|field| field.kind() == S::Field)?;
    let deploy = field.parent()?.parent().filter(|owner| owner.kind() == S::DeployStatement)?;
    match key_text(&field)?.as_str() {
        "unit" => {
            let fields = schema::named("unit").map_or_else(Vec::new, rows);
            Some(fields.into_iter().filter(|item| item.label != "flags").collect())
        }
        "flags" => {
            let units = deployed(ask, &deploy).into_iter().flat_map(|component| &component.items);
            let programs = units.filter_map(|item| match &item.kind {
                ItemKind::Unit(unit) => match &unit.body.field("flags")?.value.kind {
                    ExprKind::Record { table: Some(program), .. } => Some(program.name.clone()),
                    _ => None,
                },
                _ => None,
            });
            Some(programs.flat_map(|program| flags_of(ask, &program)).collect())
        }
        _ => None,
    }
}

/// The components that a `deploy` names.
fn deployed<'a>(ask: &Ask<'a>, deploy: &SyntaxNode) -> Vec<&'a Component> {
    let program = &ask.file.analysis.resolved.program;
    let names = deploy.children().filter(|child| child.kind() == S::DeployName);
    let symbols =
        names.filter_map(|name| program.lookup(ask.file.module, name.text().to_string().trim(), SymbolKind::Component));
    symbols.filter(|symbol| symbol.kind == SymbolKind::Component).filter_map(|one| program.component(one)).collect()
}

/// The flags of a program that the version has; deprecated ones last and marked, removed ones not at all.
fn flags_of(ask: &Ask<'_>, program: &str) -> Vec<Item> {
    let Some(table) = flags::table(program) else { return Vec::new() };
    let running = version::of(&ask.file.analysis, &table.range.versions_of);
    let mut items = Vec::new();
    for (name, flag) in &table.flags {
        let status = running.map_or(Status::Known, |running| flag.life.status(running));
        let gone = running.is_none() && flag.life.removed_in.is_some();
        if gone || matches!(status, Status::NotYet(_) | Status::Removed(_)) {
            continue;
        }
        let mut item = Item::new(name, Sort::Flag)
            .detail(doc::flag_type(flag))
            .docs(doc::flag(table, name, flag, running))
            .snippet(format!("{name} = {}", sample(doc::flag_type(flag))));
        if status == Status::Deprecated {
            item.is_deprecated = true;
            item.rank = 8;
        }
        items.push(item);
    }
    items
}

/// What `set` can set: after `path`, or at its start.
pub(super) fn settable(ask: &Ask<'_>, path: &[String]) -> Vec<Item> {
    let analysis = &ask.file.analysis;
    let program = &analysis.resolved.program;
    let plain = |schema: &Schema| -> Vec<Item> {
        schema.rows.iter().map(|row| Item::new(row.name, Sort::Field).detail(row_type(row.ty)).docs(row.doc)).collect()
    };
    match path {
        [] => {
            let params = super::name::symbols(ask, SymbolKind::Param);
            let rest = super::name::droppable(ask).into_iter().filter(|item| item.sort != Sort::Value);
            params.into_iter().chain(rest).chain(super::word::words(&["cluster", "target"])).collect()
        }
        [one] if one == "cluster" => schema::named("cluster").map_or_else(Vec::new, plain),
        [one] if one == "target" => targets(program).chain(schema::target::all().flat_map(plain)).collect(),
        [one, name] if one == "target" => schema::target::of(name).map_or_else(Vec::new, plain),
        [one] if app::groups(analysis).iter().any(|(name, _)| &***name == one.as_str()) => {
            let count = Item::new("count", Sort::Field).detail("int").docs("How many machines.").rank(1);
            schema::named("machines").map_or_else(Vec::new, plain).into_iter().chain([count]).collect()
        }
        [one] => {
            let apps = app::apps(analysis);
            let app = apps.iter().find(|app| *app.name == **one);
            let options = app
                .and_then(|app| app.component)
                .map_or_else(Vec::new, |(_, component)| of_component(program, component));
            options.into_iter().map(|item| Item { insert: item.label.clone(), is_snippet: false, ..item }).collect()
        }
        _ => Vec::new(),
    }
}

fn targets(program: &Program) -> impl Iterator<Item = Item> {
    let statements = program.own_modules().flat_map(|(_, module)| &module.file.statements);
    statements.filter_map(|statement| match &statement.origin().kind {
        StatementKind::Target(target) => Some(Item::new(&*target.name.name, Sort::Value).detail("target")),
        _ => None,
    })
}

/// Certificates, or endpoints, of the component around the mark.
pub(super) fn of_own(ask: &Ask<'_>, certs: bool) -> Vec<Item> {
    let statements = &ask.marked.parsed.parse.file.statements;
    let around = statements
        .iter()
        .find(|one| one.span().start <= ask.marked.mark.start && ask.marked.mark.end <= one.span().end);
    let Some(StatementKind::Component(component)) = around.map(|one| &one.kind) else { return Vec::new() };
    let item = |item: &crate::syntax::ast::Item| match &item.kind {
        ItemKind::Cert(cert) if certs => {
            Some(Item::new(format!("cert {}", cert.name.name), Sort::Value).detail("certificate").rank(1))
        }
        ItemKind::Endpoint(endpoint) if !certs && endpoint.kind == EndpointKind::Requires => {
            Some(Item::new(&*endpoint.name.name, Sort::Endpoint).detail(&*endpoint.interface.name).rank(1))
        }
        _ => None,
    };
    component.items.iter().filter_map(item).collect()
}
