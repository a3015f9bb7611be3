//! `kmodel backup` and `kmodel restore`: what runs, into a folder and back.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;

use crate::apply::Reporter;
use crate::apply::backup::{self, Saved};
use crate::text::about;
use crate::world;
use crate::world::access::read_named;
use crate::world::file::TEXT_LIMIT;
use crate::world::replace::{beside, create};

use super::exit::{CliError, Exit};
use super::observation::{ClusterArgs, reached};
use super::progress::Board;
use super::table::{Cell, table};
use super::{Terminal, folder, output, server};

/// What lists the files of a backup.
const LIST: &str = "backup.json";

/// A backup of another kmodel that this one cannot read has another number.
const FORMAT: u32 = 1;

/// Save the data of the running cluster, such as a snapshot of etcd, into a folder
///
/// Each component that holds data makes a copy of it on one of its machines, which is fetched, hashed and written beside `backup.json`. The copy holds
/// the Secrets of the cluster: keep it as safe as the key store, and elsewhere. A restore needs both.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    cluster: ClusterArgs,
    /// The folder to write; it may not exist yet
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    out: PathBuf,
}

/// Bring the data of a backup back into the running cluster
///
/// On every machine that has a part of it, what uses the data is stopped, the data is loaded and all is started again. What was changed since the
/// backup is lost. New machines are restored like old ones: run `kmodel apply` first.
#[derive(clap::Args)]
pub(super) struct RestoreArgs {
    #[command(flatten)]
    cluster: ClusterArgs,
    /// The folder of the backup
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    from: PathBuf,
    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,
}

/// `backup.json`.
#[derive(Serialize, Deserialize)]
struct List {
    format: u32,
    kmodel: String,
    cluster: String,
    kubernetes: String,
    taken: String,
    files: Vec<Saved>,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> Result<Exit, CliError> {
    if args.out.symlink_metadata().is_ok() {
        return Err(CliError::outside(format!("`{}` is there already", args.out.display()))
            .help("a backup does not replace another one: pass a new folder with `--out`"));
    }
    let done = reached("backup", &args.cluster, None, terminal, |plan, access, deployed, _| {
        let (desired, model) = (&deployed.desired, &plan.model);
        folder::refuse(
            &args.out,
            &args.cluster.model,
            &args.cluster.model.store(args.cluster.store.as_ref(), &model.cluster.name),
        )?;
        let names = backup::names(desired);
        if names.is_empty() {
            return Err(CliError::usage(
                format!("nothing in cluster {} holds data that kmodel can back up", desired.cluster),
                "a component brings `/usr/local/lib/kmodel/backup.d/NAME` for it, as std/etcd does",
            ));
        }
        let draft = Draft::new(&args.out)?;
        let board = Board::new(&terminal.out);
        let report: Reporter<'_> = &|name, progress| board.report(name, progress);
        let files = names.iter().map(|name| {
            let path = draft.path.join(name);
            let file = create(&path, &[], 0o600).map_err(|error| CliError::file(&path, "write", &error))?;
            let mut file = BufWriter::new(file);
            let saved = backup::save(&access, desired, name, (&mut file, report))?;
            file.flush()
                .and_then(|()| file.get_ref().sync_all())
                .map_err(|error| CliError::file(&path, "write", &error))?;
            Ok(saved)
        });
        let files = files.collect::<Result<Vec<_>, CliError>>();
        board.finish();
        let list = List {
            format: FORMAT,
            kmodel: env!("CARGO_PKG_VERSION").to_owned(),
            cluster: desired.cluster.to_string(),
            kubernetes: model.cluster.kubernetes.to_string(),
            taken: world::now().format(&Rfc3339).unwrap_or_default(),
            files: files?,
        };
        draft.finish(&args.out, &list)?;
        Ok(list)
    })?;
    let Some(list) = done else { return Ok(Exit::Problems) };
    output::print(|out| {
        writeln!(out, "{} cluster {} into {}", terminal.out.good("saved"), list.cluster, args.out.display())?;
        let mut rows: Vec<_> = list
            .files
            .iter()
            .map(|one| {
                vec![
                    Cell::name(&*one.name),
                    Cell::plain(about(one.bytes)),
                    Cell::plain(format!("from {}", one.machine)),
                ]
            })
            .collect();
        rows.push(vec![Cell::dim("keep"), Cell::plain("it secret, elsewhere, and a copy of the key store with it")]);
        table(out, &terminal.out, 2, &rows)
    })
}

/// Brings a backup back.
pub(super) fn restore(args: &RestoreArgs, terminal: &Terminal) -> Result<Exit, CliError> {
    let list = List::read(&args.from)?;
    let done = reached("restore", &args.cluster, None, terminal, |_, access, deployed, _| {
        let desired = &deployed.desired;
        list.is_of(&desired.cluster)?;
        if !args.yes {
            output::print(|out| {
                writeln!(
                    out,
                    "This takes cluster {} back to {}: what was changed since then is lost.",
                    list.cluster, list.taken
                )
            })?;
            if !server::confirm("Type the name of the cluster to continue:", &desired.cluster)? {
                return Ok(false);
            }
        }
        server::on_interrupt("interrupted: run the same command again, or what was stopped stays stopped");
        let board = Board::new(&terminal.out);
        let report: Reporter<'_> = &|name, progress| board.report(name, progress);
        let open = |saved: &Saved| File::open(args.from.join(&saved.name)).map(|file| Box::new(file) as Box<dyn Read>);
        let restored = backup::restore(&access, desired, (&list.files, &open), report);
        board.finish();
        restored.map_err(|error| match error.help {
            Some(_) => error,
            None => error.help("fix the cause and run the same command again: until then the cluster may be stopped"),
        })?;
        Ok(true)
    })?;
    match done {
        None => Ok(Exit::Problems),
        Some(false) => {
            super::visible::say("nothing restored");
            Ok(Exit::Differs)
        }
        Some(true) => output::print(|out| {
            writeln!(out, "{} cluster {} is that of {}", terminal.out.good("restored:"), list.cluster, list.taken)?;
            writeln!(out, "  next  kmodel status {}", args.cluster.model.file.display())
        }),
    }
}

/// A backup that is being written, beside its place. Dropped before it is whole, it is removed.
struct Draft {
    path: PathBuf,
    whole: bool,
}

impl Draft {
    fn new(out: &Path) -> Result<Self, CliError> {
        let path = beside(out);
        fs::DirBuilder::new().mode(0o700).create(&path).map_err(|error| CliError::file(&path, "create", &error))?;
        Ok(Self { path, whole: false })
    }

    fn finish(mut self, out: &Path, list: &List) -> Result<(), CliError> {
        let path = self.path.join(LIST);
        let text = serde_json::to_string_pretty(list).expect("a list is plain data") + "\n";
        create(&path, text.as_bytes(), 0o600).map_err(|error| CliError::file(&path, "write", &error))?;
        fs::rename(&self.path, out).map_err(|error| CliError::file(out, "write", &error))?;
        self.whole = true;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.whole {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

impl List {
    /// Reads a backup, and looks at each of its files.
    fn read(from: &Path) -> Result<Self, CliError> {
        let path = from.join(LIST);
        let text = read_named(&path, TEXT_LIMIT).map_err(|error| {
            CliError::file(&path, "read", &error).help("pass the folder that `kmodel backup` wrote with `--from`")
        })?;
        let list: Self = serde_json::from_str(&text).map_err(|error| damaged(&path, &error.to_string()))?;
        if list.format != FORMAT {
            return Err(CliError::outside(format!("`{}` was written by a newer kmodel", path.display()))
                .help("use that version, or a newer one"));
        }
        for saved in &list.files {
            // A name is that of a file in the folder.
            if saved.name.contains('/') || saved.name.starts_with('.') {
                return Err(damaged(&path, &format!("`{}` is not the name of a file", saved.name)));
            }
            let file = from.join(&saved.name);
            let found = hash(&file).map_err(|error| CliError::file(&file, "read", &error))?;
            if found != (saved.sha256.clone(), saved.bytes) {
                return Err(damaged(&file, "it is not what was saved"));
            }
        }
        Ok(list)
    }

    fn is_of(&self, cluster: &str) -> Result<(), CliError> {
        match *self.cluster == *cluster {
            true => Ok(()),
            false => Err(CliError::outside(format!("this is a backup of cluster {}, not of {cluster}", self.cluster))
                .help("pass the folder of its own backup with `--from`")),
        }
    }
}

fn damaged(path: &Path, why: &str) -> CliError {
    CliError::outside(format!("`{}` is damaged: {why}", path.display())).help("use another backup; nothing was changed")
}

fn hash(path: &Path) -> io::Result<(String, u64)> {
    // A pipe would wait for another program to write.
    if !path.symlink_metadata()?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let file = File::open(path)?;
    backup::hash(file)
}
