//! `kmodel completions`: a completion script for a shell.

use clap_complete::{Shell, generate};

use super::exit::{CliError, Exit};
use super::output;

/// Print a shell completion script
///
/// For bash:  kmodel completions bash > ~/.local/share/bash-completion/completions/kmodel
/// For zsh:   kmodel completions zsh > ~/.zfunc/_kmodel   (with ~/.zfunc in fpath)
/// For fish:  kmodel completions fish > ~/.config/fish/completions/kmodel.fish
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The shell
    shell: Shell,
}

/// Prints the script.
pub fn run(args: &Args) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    generate(args.shell, &mut super::command(), "kmodel", &mut script);
    output::print_raw(|out| std::io::Write::write_all(out, &script))
}
