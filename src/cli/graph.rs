//! `kmodel graph`: `plan --graph` as a command.

use super::exit::{CliError, Exit};
use super::model::ModelArgs;
use super::{Terminal, plan};
use crate::plan::graph::Notation;

/// Print applications and relations as a graph
///
/// The same as `kmodel plan FILE --graph NOTATION`.
/// To draw it: kmodel graph cluster.km | dot -Tsvg > cluster.svg
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// The graph language: dot (Graphviz) or mermaid [default: dot]
    #[arg(long = "format", value_name = "NOTATION", default_value = "dot", hide_possible_values = true)]
    #[arg(hide_default_value = true)]
    notation: Notation,
}

/// Prints the graph.
pub fn run(args: &Args, terminal: &Terminal) -> Result<Exit, CliError> {
    let opened = args.model.open(None)?;
    plan::graph(&args.model, &opened, args.notation, terminal)
}

impl clap::ValueEnum for Notation {
    fn value_variants<'a>() -> &'a [Self] {
        &[Notation::Dot, Notation::Mermaid]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(match self {
            Notation::Dot => clap::builder::PossibleValue::new("dot").help("Graphviz"),
            Notation::Mermaid => clap::builder::PossibleValue::new("mermaid"),
        })
    }
}
