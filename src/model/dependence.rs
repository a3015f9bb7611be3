//! What the value of an expression of a component depends on: whether it is the same on all units, and whatever is issued.
//!
//! Told from the names that are written, so it may be more than is the case, and never less.

use crate::check::{Program, SymbolKind};
use crate::syntax::ast::{EndpointKind, Expr, Name, StatementKind};

use super::component::{Component, Local};
use super::given;
use super::mention::in_expr;

/// What a value varies with, each with those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dependence {
    /// One value for an application.
    #[default]
    Application,
    /// One value for an application once keys and certificates are issued, another before.
    Material,
    /// A value for each unit.
    Unit,
}

impl Component<'_> {
    /// What the value of an expression depends on.
    pub fn dependence(&self, program: &Program, expr: &Expr) -> Dependence {
        let mut found = Dependence::Application;
        in_expr(expr, &mut |name, field, _| found = found.max(self.of_name(program, name, field)));
        found
    }

    /// What lets depend on is known once the component is made; until then they count as nothing.
    fn of_name(&self, program: &Program, name: &str, field: Option<&str>) -> Dependence {
        match self.local(name) {
            Some(Local::Let(index)) => self.let_dependences.get(index as usize).copied().unwrap_or_default(),
            Some(Local::Endpoint(index)) => self.of_endpoint(index, field),
            Some(Local::Cert(_) | Local::Immutable(_) | Local::Manifest(_)) => Dependence::Unit,
            Some(Local::Address(_)) => Dependence::Application,
            None if matches!(name, "machine" | "unit") => Dependence::Unit,
            None if name == "option" => self.of_option(field),
            None => match program.value(self.module, name).map(|symbol| symbol.kind) {
                Some(SymbolKind::Authority | SymbolKind::Keypair | SymbolKind::Secret) => Dependence::Material,
                Some(SymbolKind::Let) if self.is_let_issued(program, name) => Dependence::Material,
                _ => Dependence::Application,
            },
        }
    }

    /// Whether a let of a file names what is issued.
    fn is_let_issued(&self, program: &Program, name: &str) -> bool {
        let Some(symbol) = program.value(self.module, name) else { return false };
        match &program.statement(symbol).kind {
            StatementKind::Let(binding) => !given::issued(program, symbol.module, &binding.value).is_empty(),
            _ => false,
        }
    }

    /// An option whose value names what is issued has another value before.
    fn of_option(&self, field: Option<&str>) -> Dependence {
        let issued = |name: &Name| field.is_none_or(|field| **name == *field);
        match self.issued_options.iter().any(issued) {
            true => Dependence::Material,
            false => Dependence::Application,
        }
    }

    /// Takes note of options whose values name what is issued.
    pub(super) fn note_issued(&mut self, program: &Program, options: Vec<Name>) {
        let new: Vec<Name> = options.into_iter().filter(|name| !self.issued_options.contains(name)).collect();
        if !new.is_empty() {
            self.issued_options.extend(new);
            self.find_dependences(program);
        }
    }

    /// The other end is the same for all units, unless it is on the same machine; a unit itself is another one each time.
    fn of_endpoint(&self, index: u32, field: Option<&str>) -> Dependence {
        let endpoint = &self.endpoints[index as usize];
        match (endpoint.ast.kind, field) {
            (EndpointKind::Requires, _) if !endpoint.same_machine && !endpoint.differs => Dependence::Material,
            (EndpointKind::Peers, Some("units" | "urls" | "hosts" | "addresses" | "count")) => Dependence::Material,
            (EndpointKind::Provides, Some("clients")) => Dependence::Application,
            _ => Dependence::Unit,
        }
    }

    /// Takes note that an endpoint dials another unit on each machine.
    pub(super) fn differs_by_machine(&mut self, program: &Program, endpoint: u32) {
        if !std::mem::replace(&mut self.endpoints[endpoint as usize].differs, true) {
            self.find_dependences(program);
        }
    }

    /// Finds it for each let: what it names itself, and then what the lets do that it names.
    pub(super) fn find_dependences(&mut self, program: &Program) {
        let mut found: Vec<_> = self.lets.iter().map(|binding| self.dependence(program, &binding.value)).collect();
        let users = self.users_of_lets();
        for level in [Dependence::Unit, Dependence::Material] {
            let mut rest: Vec<usize> = (0..found.len()).filter(|place| found[*place] == level).collect();
            while let Some(place) = rest.pop() {
                let more: Vec<_> = users[place].iter().copied().filter(|user| found[*user] < level).collect();
                more.iter().for_each(|user| found[*user] = level);
                rest.extend(more);
            }
        }
        self.let_dependences = found;
    }

    /// The lets that name each let.
    fn users_of_lets(&self) -> Vec<Vec<usize>> {
        let mut users = vec![Vec::new(); self.lets.len()];
        for (user, binding) in self.lets.iter().enumerate() {
            in_expr(&binding.value, &mut |name, _, _| {
                if let Some(Local::Let(used)) = self.local(name) {
                    users[used as usize].push(user);
                }
            });
        }
        users
    }
}
