//! The command-line program: a thin shell around the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    kmodel::cli::run(std::env::args_os())
}
