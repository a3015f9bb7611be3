//! The command-line program: a thin shell around the library.

use std::process::ExitCode;

/// Trees and values are many small allocations, and the system's allocator takes a quarter of the time of a check for them.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    kmodel::cli::run(std::env::args_os())
}
