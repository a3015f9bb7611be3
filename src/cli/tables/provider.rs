//! `kmodel tables provider`: how the schema of one of Terraform's providers differs from its built-in table.

use std::io::Write;
use std::path::PathBuf;

use crate::cli::exit::{CliError, Exit};
use crate::cli::table::{Cell, table};
use crate::cli::{Terminal, output};
use crate::diag::did_you_mean;
use crate::facts::provider;
use crate::text::Count;

/// Compare a table of resources with the schema that Terraform prints of the provider
///
/// Exits with 1 if they differ.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The provider, such as aws
    provider: String,
    /// What `terraform providers schema -json` prints; `-` reads stdin
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    schema: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> Result<Exit, CliError> {
    let Some(known) = provider::named(&args.provider) else {
        let help = did_you_mean(
            &args.provider,
            provider::names(),
            "the providers with a table are in stdlib/tables/providers",
        );
        return Err(CliError::usage(format!("no table of resources for `{}`", args.provider), help));
    };
    let text = super::given_text(&args.schema)?;
    let differences = provider::schema::compare(known, &text).map_err(|why| {
        CliError::outside(format!("`{}` cannot be compared: {why}", args.schema.display()))
            .help("pass what `terraform providers schema -json` prints")
    })?;
    if args.json {
        super::json(&differences)?;
    } else {
        let rows: Vec<_> =
            differences.iter().map(|one| vec![Cell::plain(&one.name), Cell::plain(&one.message)]).collect();
        let look = &terminal.out;
        output::print(|out| {
            let (provider, version) = (&known.provider, &known.known_through);
            let types = Count(known.resource.len() + known.data.len(), "type");
            match differences.len() {
                0 => writeln!(
                    out,
                    "{} {provider} {version}: the schema and the table agree on {types}",
                    look.good("ok:")
                )?,
                found => writeln!(out, "{provider}, table of {version}: {}", Count(found, "difference"))?,
            }
            table(out, look, 2, &rows)
        })?;
    }
    Ok(if differences.is_empty() { Exit::Ok } else { Exit::Problems })
}
