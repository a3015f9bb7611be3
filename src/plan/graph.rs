//! A model as a graph for other programs to draw: applications, and the relations between them.

use std::io::{self, Write};

use crate::model::{AppId, Model, Relation};

/// How a graph is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notation {
    /// Graphviz.
    Dot,
    Mermaid,
}

/// Writes the graph of a model. What was wired by inference is dashed.
///
/// # Errors
/// What the writer says.
pub fn write(out: &mut dyn Write, model: &Model<'_>, notation: Notation) -> io::Result<()> {
    match notation {
        Notation::Dot => dot(out, model),
        Notation::Mermaid => mermaid(out, model),
    }
}

fn dot(out: &mut dyn Write, model: &Model<'_>) -> io::Result<()> {
    writeln!(out, "digraph \"{}\" {{", model.cluster.name)?;
    writeln!(out, "  rankdir = LR")?;
    writeln!(out, "  node [shape = box, style = rounded, fontname = \"sans-serif\"]")?;
    writeln!(out, "  edge [fontname = \"sans-serif\", fontsize = 10]")?;
    for (id, app) in model.apps() {
        let shape = if app.placed { "" } else { ", style = \"rounded,dashed\"" };
        writeln!(out, "  \"{}\" [label = \"{}\\n{}\"{shape}]", app.name, app.name, place(model, id))?;
    }
    for relation in &model.relations {
        let style = if relation.inferred { ", style = dashed" } else { "" };
        let [from, to] = ends(model, relation);
        writeln!(out, "  \"{from}\" -> \"{to}\" [label = \"{}\"{style}]", interface(model, relation))?;
    }
    writeln!(out, "}}")
}

fn mermaid(out: &mut dyn Write, model: &Model<'_>) -> io::Result<()> {
    writeln!(out, "flowchart LR")?;
    for (id, app) in model.apps() {
        // A number as the id: `end` and other words of the notation may be names.
        writeln!(out, "  a{}[\"{}<br/>{}\"]", id.0, app.name, place(model, id))?;
    }
    for relation in &model.relations {
        let arrow = if relation.inferred { "-.->" } else { "-->" };
        let (from, to) = (relation.from.app.0, relation.to.app.0);
        writeln!(out, "  a{from} {arrow}|{}| a{to}", interface(model, relation))?;
    }
    Ok(())
}

fn ends<'a>(model: &'a Model<'_>, relation: &Relation) -> [&'a str; 2] {
    [relation.from, relation.to].map(|end| &*model.app(end.app).name)
}

fn interface<'a>(model: &'a Model<'_>, relation: &Relation) -> &'a str {
    &model.endpoint_info(relation.from).ast.interface.name
}

/// `3 on cp, 5 on wrk`, or where else it is.
fn place(model: &Model<'_>, app: AppId) -> String {
    let mut counts: Vec<(u32, usize)> = Vec::new();
    for unit in model.units_of(app) {
        let Some(machine) = model.unit(unit).machine else { continue };
        let group = model.machine(machine).group;
        match counts.iter_mut().find(|(known, _)| *known == group) {
            Some((_, count)) => *count += 1,
            None => counts.push((group, 1)),
        }
    }
    let parts: Vec<_> =
        counts.iter().map(|(group, count)| format!("{count} on {}", model.groups[*group as usize].name)).collect();
    match model.app(app).placed {
        true if parts.is_empty() => "nowhere".to_owned(),
        true => parts.join(", "),
        false => "of the cluster".to_owned(),
    }
}
