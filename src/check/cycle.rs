//! Values that depend on themselves.
//!
//! Looked for over what expressions mention, with no evaluation: lets, params, options' defaults, the fields of the
//! cluster and of machine groups. What goes through relations is known only to the model.

use std::collections::{HashMap, HashSet};

use indexmap::IndexSet;

use super::checker::Checker;
use super::component::{Info, Local};
use super::program::StatementId;
use super::{ModuleId, SymbolKind};
use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{self, Body, Each, Expr, ExprKind, Field, ItemKind, Key, Name, StatementKind, Text, TextPart};

/// A value that is computed once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Node {
    /// A let or a param of a file.
    File(StatementId),
    Cluster(Name),
    Group(Name, Name),
    /// A let of a component, by the number of its item.
    Let(StatementId, usize),
    Option(StatementId, Name),
}

/// What a value mentions, and where.
struct Value {
    name: String,
    span: Span,
    uses: Vec<(Node, Span)>,
}

type Graph = HashMap<Node, Value>;

impl<'p> Checker<'p> {
    /// Says which values depend on themselves, once for each cycle; and types all lets, each after those it mentions,
    /// so that a long chain of them takes no deep recursion. Those of components come with them, since no value of a file
    /// depends on one in a component.
    pub fn values_in_order(&mut self) {
        let values = self.values();
        self.in_order(values);
    }

    /// The same for the values of one component.
    pub fn component_values_in_order(&mut self, symbol: super::Symbol) {
        let Some(info) = self.info(symbol) else { return };
        let mut values = Vec::new();
        self.component_values(&info, &mut values);
        self.in_order(values);
    }

    fn in_order(&mut self, values: Vec<(Node, Value)>) {
        let mut order = Vec::new();
        let mut graph = Graph::new();
        for (node, value) in values {
            order.push(node.clone());
            graph.entry(node).or_insert(value);
        }
        let mut done = IndexSet::new();
        for node in &order {
            for cycle in cycles(&graph, node, &mut done) {
                let diagnostic = report(&graph, &cycle);
                self.sink.diagnostics.extend(diagnostic);
            }
        }
        done.iter().for_each(|node| self.type_of(node));
    }

    fn type_of(&mut self, node: &Node) {
        match node {
            Node::File(place) => {
                if let Some(symbol) = symbol(self, *place).filter(|symbol| symbol.kind == SymbolKind::Let) {
                    self.file_let(symbol);
                }
            }
            Node::Let(place, index) => {
                if let Some(info) = symbol(self, *place).and_then(|symbol| self.info(symbol)) {
                    self.local_let(&info, *index);
                }
            }
            _ => {}
        }
    }

    fn values(&mut self) -> Vec<(Node, Value)> {
        let mut list = Vec::new();
        let program = self.program;
        for (index, module) in program.modules.iter().enumerate() {
            let module_id = ModuleId(index as u32);
            if self.is_trusted(module_id) {
                continue;
            }
            for (number, statement) in module.file.of_kind(has_values) {
                self.statement_values((module_id, number as u32), statement, &mut list);
            }
        }
        list
    }

    fn statement_values(&mut self, place: StatementId, statement: &'p ast::Statement, list: &mut Vec<(Node, Value)>) {
        let module = place.0;
        match &statement.kind {
            StatementKind::Let(item) => {
                let value = self.value(module, None, &item.name, [&item.value]);
                list.push((Node::File(place), value));
            }
            StatementKind::Param(param) => {
                let value = self.value(module, None, &param.name, &param.default);
                list.push((Node::File(place), value));
            }
            StatementKind::Cluster(cluster) => {
                list.extend(self.fields(module, &cluster.body, Node::Cluster, "cluster"));
            }
            StatementKind::Machines(machines) => {
                let group = &machines.name.name;
                let node = |name| Node::Group(group.clone(), name);
                list.extend(self.fields(module, &machines.body, node, group));
                let value = self.value(module, None, &machines.name, &machines.count);
                list.push((node("count".into()), Value { name: format!("{group}.count"), ..value }));
            }
            _ => {}
        }
    }

    fn fields(&self, module: ModuleId, body: &Body, node: impl Fn(Name) -> Node, owner: &str) -> Vec<(Node, Value)> {
        let value = |field: &Field| {
            let name = field.key.plain()?;
            let ident = ast::Ident { name: name.clone(), span: field.key.span() };
            let value = self.value(module, None, &ident, [&field.value]);
            Some((node(name), Value { name: format!("{owner}.{}", ident.name), ..value }))
        };
        body.fields.iter().filter_map(value).collect()
    }

    fn component_values(&self, info: &Info<'p>, list: &mut Vec<(Node, Value)>) {
        let module = info.place.0;
        for (index, item) in info.component.items.iter().enumerate() {
            match &item.kind {
                ItemKind::Let(item) => {
                    let value = self.value(module, Some(info), &item.name, [&item.value]);
                    list.push((Node::Let(info.place, index), value));
                }
                ItemKind::Option(option) => {
                    let value = self.value(module, Some(info), &option.name, &option.default);
                    let name = format!("option.{}", option.name.name);
                    list.push((Node::Option(info.place, option.name.name.clone()), Value { name, ..value }));
                }
                _ => {}
            }
        }
    }

    fn value<'e>(
        &self,
        module: ModuleId,
        info: Option<&Info<'p>>,
        name: &ast::Ident,
        exprs: impl IntoIterator<Item = &'e Expr>,
    ) -> Value {
        let mut walk = Walk { checker: self, module, info, locals: Vec::new(), uses: Vec::new() };
        exprs.into_iter().for_each(|expr| walk.expr(expr));
        Value { name: name.name.to_string(), span: name.span, uses: walk.uses }
    }
}

fn symbol(checker: &Checker<'_>, place: StatementId) -> Option<super::Symbol> {
    let statement = &checker.program.module(place.0).file.statements[place.1 as usize];
    let (kind, name) = super::scope::declared(statement.origin())?;
    Some(super::Symbol { kind, module: place.0, statement: place.1, span: statement.now(name.span) })
}

/// Whether a statement of a file has values that others can name.
fn has_values(kind: &StatementKind) -> bool {
    use StatementKind::{Cluster, Let, Machines, Param};
    matches!(kind, Let(_) | Param(_) | Cluster(_) | Machines(_))
}

/// Collects what an expression mentions.
struct Walk<'w, 'p> {
    checker: &'w Checker<'p>,
    module: ModuleId,
    info: Option<&'w Info<'p>>,
    locals: Vec<Name>,
    uses: Vec<(Node, Span)>,
}

impl Walk<'_, '_> {
    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Name(name) => self.name(name, None),
            ExprKind::Field { value, field, .. } => match &value.kind {
                ExprKind::Name(name) => self.name(name, Some(field)),
                _ => self.expr(value),
            },
            ExprKind::Text(text) => self.text(text),
            ExprKind::Index { value, index } => [value, index].into_iter().for_each(|expr| self.expr(expr)),
            ExprKind::Call { arguments, .. } => arguments.iter().for_each(|expr| self.expr(expr)),
            ExprKind::List(items) => items.iter().for_each(|expr| self.expr(expr)),
            ExprKind::Record { fields, .. } => fields.iter().for_each(|field| {
                self.key(&field.key);
                self.expr(&field.value);
            }),
            ExprKind::ListFor { value, each, condition } => {
                self.each(each, condition.as_deref(), |walk| walk.expr(value))
            }
            ExprKind::MapFor { key, value, each, condition } => self.each(each, condition.as_deref(), |walk| {
                walk.key(key);
                walk.expr(value);
            }),
            ExprKind::If { condition, then, otherwise } => {
                [Some(condition), Some(then), otherwise.as_ref()]
                    .into_iter()
                    .flatten()
                    .for_each(|expr| self.expr(expr));
            }
            ExprKind::Unary { value, .. } | ExprKind::Paren(value) => self.expr(value),
            ExprKind::Binary { left, right, .. } => [left, right].into_iter().for_each(|expr| self.expr(expr)),
            ExprKind::Error | ExprKind::Literal(_) | ExprKind::Cert(_) => {}
        }
    }

    fn text(&mut self, text: &Text) {
        for part in &text.parts {
            if let TextPart::Expr(expr) = part {
                self.expr(expr);
            }
        }
    }

    fn key(&mut self, key: &Key) {
        if let Key::Text(text) = key {
            self.text(text);
        }
    }

    fn each(&mut self, each: &Each, condition: Option<&Expr>, run: impl FnOnce(&mut Self)) {
        self.expr(&each.list);
        let before = self.locals.len();
        self.locals.extend(each.key.iter().chain([&each.name]).map(|name| name.name.clone()));
        condition.into_iter().for_each(|expr| self.expr(expr));
        run(self);
        self.locals.truncate(before);
    }

    fn name(&mut self, name: &ast::Ident, field: Option<&ast::Ident>) {
        if self.locals.contains(&name.name) {
            return;
        }
        let span = field.map_or(name.span, |field| field.span);
        if let Some(node) = self.node(name, field) {
            self.uses.push((node, span));
        }
    }

    fn node(&self, name: &ast::Ident, field: Option<&ast::Ident>) -> Option<Node> {
        match (&*name.name, self.info) {
            ("cluster", _) => return Some(Node::Cluster(canonical(&field?.name))),
            ("option", Some(info)) => return Some(Node::Option(info.place, field?.name.clone())),
            (_, Some(info)) => match info.values.get(&name.name) {
                Some(Local::Let(index)) => return Some(Node::Let(info.place, *index)),
                Some(_) => return None,
                None => {}
            },
            _ => {}
        }
        let symbol = self.checker.program.value(self.module, &name.name)?;
        match symbol.kind {
            SymbolKind::Let | SymbolKind::Param => Some(Node::File((symbol.module, symbol.statement))),
            SymbolKind::Machines => Some(Node::Group(name.name.clone(), field?.name.clone())),
            _ => None,
        }
    }
}

/// `cluster.pod-ranges` reads the field `pods`.
fn canonical(field: &Name) -> Name {
    match &**field {
        "pod-ranges" => "pods".into(),
        "service-ranges" => "services".into(),
        _ => field.clone(),
    }
}

/// The cycles that can be reached from a value and were not seen before, without recursion. `done` has each value after
/// those it mentions.
fn cycles(graph: &Graph, start: &Node, done: &mut IndexSet<Node>) -> Vec<Vec<(Node, Span)>> {
    let mut found = Vec::new();
    if done.contains(start) {
        return found;
    }
    let mut stack: Vec<(Node, usize)> = vec![(start.clone(), 0)];
    let mut open: HashSet<Node> = [start.clone()].into();
    while let Some((node, followed)) = stack.last_mut() {
        let uses = graph.get(node).map_or(&[][..], |value| &value.uses);
        let Some((target, _)) = uses.get(*followed) else {
            open.remove(node);
            done.insert(node.clone());
            stack.pop();
            continue;
        };
        *followed += 1;
        if open.contains(target) {
            found.push(on_stack(graph, &stack, target));
        } else if !done.contains(target) && graph.contains_key(target) {
            open.insert(target.clone());
            let target = target.clone();
            stack.push((target, 0));
        }
    }
    found
}

/// The values from `target` to the top of the stack, each with the place where it mentions the next.
fn on_stack(graph: &Graph, stack: &[(Node, usize)], target: &Node) -> Vec<(Node, Span)> {
    let from = stack.iter().position(|(node, _)| node == target).unwrap_or(0);
    let step = |(node, followed): &(Node, usize)| Some((node.clone(), graph.get(node)?.uses.get(followed - 1)?.1));
    stack[from..].iter().filter_map(step).collect()
}

fn report(graph: &Graph, cycle: &[(Node, Span)]) -> Option<Diagnostic> {
    let (first, rest) = cycle.split_first()?;
    let name = |node: &Node| graph.get(node).map_or("?", |value| &value.name);
    let head = graph.get(&first.0)?;
    let message = format!("`{}` depends on itself", head.name);
    let next = rest.first().map_or(name(&first.0), |(node, _)| name(node));
    let mut diagnostic = Diagnostic::new(Code::ValueCycle, head.span, message)
        .here("this value")
        .label(first.1, format!("needs `{next}`"));
    for (index, (_, span)) in rest.iter().enumerate() {
        let next = rest.get(index + 1).map_or(name(&first.0), |(node, _)| name(node));
        diagnostic = diagnostic.label(*span, format!("which needs `{next}`"));
    }
    Some(diagnostic.help("give one of them a value that does not use the others"))
}
