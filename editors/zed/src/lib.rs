//! Starts `kmodel lsp` in Zed.

use zed_extension_api::settings::LspSettings;
use zed_extension_api::{self as zed, Command, LanguageServerId, Result, Worktree};

struct Kmodel;

impl zed::Extension for Kmodel {
    fn new() -> Self {
        Self
    }

    /// The program that the settings name under `lsp.kmodel.binary`, else `kmodel` on the path.
    fn language_server_command(&mut self, server: &LanguageServerId, worktree: &Worktree) -> Result<Command> {
        let settings = LspSettings::for_worktree(server.as_ref(), worktree)?.binary;
        let path = settings.as_ref().and_then(|binary| binary.path.clone());
        let command = path
            .or_else(|| worktree.which("kmodel"))
            .ok_or("kmodel is not on the PATH; install it, or set `lsp.kmodel.binary.path` in the settings")?;
        let args = settings.and_then(|binary| binary.arguments).unwrap_or_else(|| vec!["lsp".to_owned()]);
        Ok(Command { command, args, env: worktree.shell_env() })
    }
}

zed::register_extension!(Kmodel);
