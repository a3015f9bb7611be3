//! Everything that can be asked about, by name: for suggestions.

use crate::check::schema::statement;
use crate::check::{Symbol, SymbolKind};
use crate::diag::Help;
use crate::syntax::ast::ItemKind;

use super::query::Query;
use super::{Why, file, unit};

/// Nothing is named so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownSubject {
    pub message: String,
    pub help: Help,
}

/// How many names are suggested.
const MOST: usize = 5;

/// Everything that can be asked about, one name a line, in the order of the model. Of machines that are alike one has its
/// files and units here.
pub fn names(why: &Why<'_, '_>) -> Vec<String> {
    let model = why.model();
    let mut list: Vec<String> = statement::CLUSTER.rows.iter().map(|row| format!("cluster.{}", row.name)).collect();
    list.extend(symbols(why));
    for group in &model.groups {
        let fields = statement::MACHINES.rows.iter().map(|row| row.name).chain(["count"]);
        list.extend(fields.map(|field| format!("{}.{field}", group.name)));
    }
    list.extend(model.machines.iter().map(|machine| machine.name.to_string()));
    for (app, value) in model.apps() {
        let component = model.component_of(app);
        list.push(value.name.to_string());
        let options = component.options.iter().map(|option| &option.name.name);
        let endpoints = component.endpoints.iter().map(|info| &info.ast.name.name);
        let certs = component.certs.iter().map(|info| &info.ast.name.name);
        let addresses = component.addresses.iter().map(|item| &item.name.name);
        let all = options.chain(endpoints).chain(certs).chain(addresses);
        list.extend(all.map(|name| format!("{}.{name}", value.name)));
        list.extend(unit::names(why, app));
        list.extend(flags(why, app).into_iter().map(|flag| format!("{} --{flag}", value.name)));
    }
    for target in &model.targets {
        list.extend(target.options.keys().map(|option| format!("{}.{option}", target.name)));
    }
    for (machine, units) in file::kinds(why, None) {
        let head = machine.map_or(String::new(), |machine| format!("{}:", model.machine(machine).name));
        for unit in units {
            let (bundle, _) = file::written(model, unit);
            list.extend(bundle.files.iter().map(|file| format!("{head}{}", file.path)));
        }
    }
    let mut seen = std::collections::HashSet::new();
    list.retain(|name| seen.insert(name.clone()));
    list
}

/// Parameters, lets, authorities and the like of the model's own files.
fn symbols(why: &Why<'_, '_>) -> Vec<String> {
    let program = why.model().program;
    let kinds = [SymbolKind::Param, SymbolKind::Let];
    let mut list: Vec<String> = Vec::new();
    for (_, module) in program.own_modules() {
        let own = |symbol: &Symbol| program.own_modules().any(|(id, _)| id == symbol.module);
        let named = module.scope.iter().filter(|(_, symbol)| kinds.contains(&symbol.kind) && own(symbol));
        list.extend(named.map(|(name, _)| name.to_string()));
    }
    let pki = &why.plan.pki;
    let all = pki.authorities.iter().chain(&pki.keypairs).chain(&pki.secrets);
    list.extend(all.filter_map(|symbol| Some(why.model().definition(*symbol)?.name.name.to_string())));
    list
}

/// The flags that an application's units may write.
fn flags(why: &Why<'_, '_>, app: crate::model::AppId) -> Vec<String> {
    use crate::syntax::ast::ExprKind;
    let items = why.model().component_of(app).ast.items.iter();
    let units = items.filter_map(|item| match &item.kind {
        ItemKind::Unit(unit) => unit.body.field("flags"),
        _ => None,
    });
    let fields = units.flat_map(|field| match &field.value.kind {
        ExprKind::Record { fields, .. } => fields.as_slice(),
        _ => &[],
    });
    let own = fields.filter_map(|field| field.key.plain()).map(|name| name.to_string());
    let set = why.model().settings[app.index()].flags.iter().map(|flag| flag.name.to_string());
    own.chain(set).collect()
}

/// Says that nothing is named so, and what is named almost so.
pub(super) fn unknown(why: &Why<'_, '_>, words: &[String]) -> UnknownSubject {
    let query = Query::read(why, words);
    let asked = match query.flag() {
        Some(flag) => format!("{} --{flag}", query.name),
        None => query.machine.as_ref().map_or(query.name.clone(), |machine| format!("{machine}:{}", query.name)),
    };
    let known = names(why);
    let is_empty = words.iter().all(|word| word.trim().is_empty());
    let near = if is_empty { Vec::new() } else { nearest(&asked, &query.name, &known) };
    let message = match is_empty {
        true => "no name was given".to_owned(),
        false => format!("nothing in the model is named `{}`", words.join(" ")),
    };
    let help = match near.as_slice() {
        [] => "ask for a value (`wrk.memory`), a file (`cp-0:/etc/hosts`), a unit (`etcd.service`), a flag \
               (`etcd --name`), a certificate (`etcd.server`), a relation (`kubelet.cluster-api`), an address or a port; \
               for something that does not exist, ask `kmodel why-not`"
            .into(),
        [one] => Help::near(*one),
        several => Help::one_of(several),
    };
    UnknownSubject { message, help }
}

/// The names most like one: those of the same file or field, those that begin with it, those that are spelt almost so.
fn nearest<'n>(asked: &str, name: &str, names: &'n [String]) -> Vec<&'n str> {
    let last = |text: &str| text.rsplit(['/', '.', ' ']).next().unwrap_or_default().to_owned();
    let file = |text: &str| text.rsplit('/').next().unwrap_or_default().to_owned();
    let same = |known: &&String| name.contains('/') && file(known) == file(name);
    let part = |known: &&String| known.starts_with(asked) || known.starts_with(name) || last(known) == last(name);
    let distance = |known: &str| {
        let whole = strsim::damerau_levenshtein(asked, known);
        whole.min(strsim::damerau_levenshtein(name, known))
    };
    let mut close: Vec<(usize, &str)> = names.iter().map(|known| (distance(known), known.as_str())).collect();
    close.sort();
    let limit = name.chars().count().div_ceil(3);
    let close = close.into_iter().filter(|(distance, _)| *distance <= limit).map(|(_, known)| known);
    let mut list: Vec<&str> = Vec::new();
    let all = names.iter().filter(same).map(String::as_str).chain(close);
    for known in all.chain(names.iter().filter(part).map(String::as_str)) {
        if list.len() < MOST && !list.contains(&known) {
            list.push(known);
        }
    }
    list
}
