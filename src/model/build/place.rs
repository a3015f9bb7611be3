//! Which range of `nodes` a machine is in: that of its zone, its rack or its group.

use crate::diag::{Code, Diagnostic, Help, closest};
use crate::model::nodes::Nodes;
use crate::source::Span;
use crate::syntax::ast::Name;
use crate::text::List;

/// A machine, and where it is.
pub(super) struct Placed<'a> {
    pub(super) name: &'a str,
    pub(super) group: &'a Name,
    pub(super) zone: Option<&'a Name>,
    pub(super) rack: Option<&'a Name>,
    /// Where its group is written.
    pub(super) span: Span,
}

impl Placed<'_> {
    /// What may name its range.
    fn places(&self) -> impl Iterator<Item = (&'static str, &Name)> {
        let all = [("zone", self.zone), ("rack", self.rack), ("group", Some(self.group))];
        all.into_iter().filter_map(|(kind, name)| Some((kind, name?)))
    }

    /// The place of its range.
    ///
    /// # Errors
    /// If it is in none of them, or in two.
    pub(super) fn range(&self, nodes: &Nodes) -> Result<u32, Box<Diagnostic>> {
        let of = |name: &Name| nodes.iter().position(|range| range.place.as_ref() == Some(name));
        let mut found = self.places().filter_map(|(kind, name)| Some((kind, name, of(name)?)));
        let Some((kind, name, first)) = found.next() else { return Err(Box::new(self.in_none(nodes))) };
        match found.find(|(.., other)| *other != first) {
            Some((other, second, _)) => Err(Box::new(self.in_two(nodes, (kind, name), (other, second)))),
            None => Ok(u32::try_from(first).unwrap_or(u32::MAX)),
        }
    }

    fn in_none(&self, nodes: &Nodes) -> Diagnostic {
        let own = List::of(self.places().map(|(kind, name)| format!("the {kind} `{name}`"))).and();
        let places: Vec<&Name> = nodes.iter().filter_map(|range| range.place.as_ref()).collect();
        let message = format!(
            "`{}` is in no range of `nodes`: it has {own}, and the ranges are those of {}",
            self.name,
            List::ticked(&places).and()
        );
        let problem = self.problem(nodes, message);
        let near = self.places().find_map(|(_, name)| closest(name, places.iter().map(|place| &***place)));
        match near {
            Some(near) => problem.help(Help::near(near)),
            None => {
                let (kind, name) = self.places().next().unwrap_or(("group", self.group));
                problem.help(format!("add a range for its {kind}: `nodes = {{ {name} = ... }}`"))
            }
        }
    }

    fn in_two(&self, nodes: &Nodes, one: (&str, &Name), other: (&str, &Name)) -> Diagnostic {
        let message = format!(
            "`{}` is in two ranges of `nodes`: that of its {} `{}` and that of its {} `{}`",
            self.name, one.0, one.1, other.0, other.1
        );
        self.problem(nodes, message)
            .help("let the ranges be those of zones, of racks or of groups, so that each machine is in one")
    }

    fn problem(&self, nodes: &Nodes, message: String) -> Diagnostic {
        let problem = Diagnostic::new(Code::MachineRange, self.span, message);
        nodes.iter().fold(problem, |problem, range| problem.label(range.span, format!("`{}`", range.title())))
    }
}
