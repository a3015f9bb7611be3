//! `kmodel why` and `kmodel why-not`: trace a result back to the model.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::diag::any_error;
use crate::source::{Sources, Span};
use crate::why::{self as ask, Answer, Link, UnknownSubject, Why};

use super::exit::{CliError, Exit};
use super::look::Look;
use super::model::{self, ModelArgs};
use super::table::wrap;
use super::{Terminal, output, report};

pub use ask::{why, why_not};

/// Trace where something comes from, step by step, back to the model
///
/// PATH identifies it: a value (`wrk.memory`, `cluster.pods`, `etcd.snapshot-every`), a machine or an application (`cp-0`,
/// `etcd`), a relation (`kubelet.cluster-api`), a certificate and a name in it (`kube-apiserver.serving 10.10.0.254`), a file
/// (`cp-0:/etc/hosts`), a systemd unit (`cp-0/etcd.service`), a flag (`etcd --name`), an address, a port (`cp-0:6443`), an
/// artifact, image, package, module or sysctl. A word before it selects the kind: `cert`, `file`, `address` ...
#[derive(clap::Args)]
pub struct Args {
    /// The model, needed if the folder has several .km files, then PATH; without PATH, every PATH is listed
    #[arg(value_name = "FILE|PATH", allow_hyphen_values = true)]
    words: Vec<String>,
    /// Apply an overlay of the model; can be repeated, the last one wins
    #[arg(long, value_name = "NAME")]
    overlay: Vec<String>,
    /// Set a parameter of the model; can be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = model::setting)]
    set: Vec<(String, String)>,
    /// The lock file [default: kmodel.lock beside the model]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    lock: Option<PathBuf>,
    /// Let the model read files below this directory too, besides its own; can be repeated
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath, value_parser = model::folder)]
    allow_read: Vec<PathBuf>,
    /// Plan for this target instead of the first target in the model
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Format of problems on stderr: human, json, sarif or github [default: human]
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "human",
        hide_possible_values = true,
        hide_default_value = true
    )]
    message_format: report::Format,
}

/// Explain why something does not exist: a relation, a name in a certificate, a unit on a machine, a flag, a file
///
/// PATH is as for `kmodel why`: `kubelet.cluster-api kube-apiserver.api`, `etcd.server 10.0.0.9`, `flannel on lb-0`,
/// `kube-apiserver --audit-log-path`, `cp-0:/etc/kubernetes/audit.yaml`.
#[derive(clap::Args)]
pub struct NotArgs {
    #[command(flatten)]
    pub args: Args,
}

/// The options of these commands with a value, and those without.
const OPTIONS: (&[&str], &[&str]) = (
    &["--overlay", "--set", "--lock", "--allow-read", "--target", "--message-format", "--color"],
    &["--json", "--help", "-h"],
);

/// PATH may hold a flag of a program (`etcd --name`), so anything that is not an option of kmodel is put after `--`.
pub fn in_front(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let all: Vec<OsString> = arguments.into_iter().collect();
    let Some(at) = all.iter().position(|word| word == "why" || word == "why-not").filter(|at| *at <= 3) else {
        return all;
    };
    let (mut front, mut rest) = (all[..=at].to_vec(), Vec::new());
    let mut words = all[at + 1..].iter();
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        let name = text.split('=').next().unwrap_or_default();
        if OPTIONS.0.contains(&name) {
            front.push(word.clone());
            front.extend(if text.contains('=') { None } else { words.next().cloned() });
        } else if OPTIONS.1.contains(&name) {
            front.push(word.clone());
        } else if word != "--" {
            rest.push(word.clone());
        }
    }
    if !rest.is_empty() {
        front.push("--".into());
    }
    front.extend(rest);
    front
}

/// Asks one of the two questions about a model, and prints the answer.
pub fn run(
    args: &Args,
    question: fn(Why<'_, '_>, &[String]) -> Result<Answer, UnknownSubject>,
    terminal: &Terminal,
) -> Result<Exit, CliError> {
    let (file, words) = args.file()?;
    let model = ModelArgs {
        file,
        overlay: args.overlay.clone(),
        set: args.set.clone(),
        lock: args.lock.clone(),
        allow_read: args.allow_read.clone(),
        message_format: args.message_format,
    };
    let opened = model.open(args.target.as_deref())?;
    let planned = opened.plan();
    let sources = &opened.checked.program.sources;
    let Some(plan) = &planned.plan else {
        report::show(sources, &planned.problems, args.message_format, &terminal.err);
        return Ok(Exit::Problems);
    };
    let asked = Why { plan, input: &opened.input };
    if words.is_empty() {
        return output::print(|out| ask::names(&asked).iter().try_for_each(|name| writeln!(out, "{name}")));
    }
    let answer = question(asked, &words).map_err(|unknown| CliError::usage(unknown.message, unknown.help))?;
    output::print(|out| match args.json {
        true => json(out, sources, &answer),
        false => text(out, &terminal.out, sources, &answer),
    })?;
    if any_error(&planned.problems) {
        let text = format!("the model has problems: kmodel check {}", model.file.display());
        super::visible::say(terminal.err.dim(&text));
    }
    Ok(Exit::Ok)
}

impl Args {
    /// The model and what is asked about.
    fn file(&self) -> Result<(PathBuf, Vec<String>), CliError> {
        let named = self.words.first().filter(|word| word.ends_with(".km"));
        if let Some(file) = named {
            return Ok((file.into(), self.words[1..].to_vec()));
        }
        match model::models(Path::new(".")).as_slice() {
            [one] => Ok((one.strip_prefix(".").unwrap_or(one).to_owned(), self.words.clone())),
            [] => Err(CliError::usage(
                "no model given, and no .km file in this folder",
                "pass one: kmodel why cluster.km PATH",
            )),
            many => {
                let help = format!(
                    "pass one of them: kmodel why {} PATH",
                    many[0].strip_prefix(".").unwrap_or(&many[0]).display()
                );
                Err(CliError::usage(format!("no model given, and this folder has {}", many.len()), help))
            }
        }
    }
}

fn json(out: &mut dyn Write, sources: &Sources, answer: &Answer) -> io::Result<()> {
    let value = json!({
        "version": 1,
        "subject": answer.subject,
        "value": answer.value,
        "because": answer.because.iter().map(|link| json_link(sources, link)).collect::<Vec<_>>(),
    });
    serde_json::to_writer_pretty(&mut *out, &value)?;
    writeln!(out)
}

fn json_link(sources: &Sources, link: &Link) -> Value {
    let place = link.span.map(|span| {
        let (line, column) = sources.line_column(span);
        json!({ "file": &*sources.get(span.source).name, "line": line, "column": column })
    });
    let because: Vec<Value> = link.because.iter().map(|link| json_link(sources, link)).collect();
    json!({ "text": link.text, "place": place, "because": because })
}

/// The subject, its value, and the tree of reasons, each with its location.
fn text(out: &mut dyn Write, look: &Look, sources: &Sources, answer: &Answer) -> io::Result<()> {
    match &answer.value {
        Some(value) => writeln!(out, "{}: {value}", look.bold(&answer.subject))?,
        None => writeln!(out, "{}", look.bold(&answer.subject))?,
    }
    Branches { look, sources, shown: Vec::new() }.write(out, "", &answer.because)
}

/// The tree of reasons.
struct Branches<'a> {
    look: &'a Look,
    sources: &'a Sources,
    /// Reasons with branches that were shown already.
    shown: Vec<&'a Link>,
}

impl<'a> Branches<'a> {
    fn write(&mut self, out: &mut dyn Write, indent: &str, links: &'a [Link]) -> io::Result<()> {
        for (index, link) in links.iter().enumerate() {
            let (branch, below) = match index + 1 == links.len() {
                true => (self.look.pick("└─ ", "`- "), "   "),
                false => (self.look.pick("├─ ", "|- "), self.look.pick("│  ", "|  ")),
            };
            let again = !link.because.is_empty() && self.shown.contains(&link);
            let text = if again { format!("{} (as above)", link.text) } else { link.text.clone() };
            let place = link.span.map(|span| place(self.sources, span));
            line(out, self.look, (indent, branch, below), &text, place)?;
            if !again {
                self.shown.extend((!link.because.is_empty()).then_some(link));
                self.write(out, &format!("{indent}{below}"), &link.because)?;
            }
        }
        Ok(())
    }
}

fn place(sources: &Sources, span: Span) -> String {
    let (line, _) = sources.line_column(span);
    format!("{}:{line}", sources.get(span.source).name)
}

/// A reason, wrapped under itself, and its place behind it, on a line of its own where it does not fit.
fn line(
    out: &mut dyn Write,
    look: &Look,
    (indent, branch, below): (&str, &str, &str),
    text: &str,
    place: Option<String>,
) -> io::Result<()> {
    let room = look.width.saturating_sub(indent.chars().count() + 3).max(30);
    let lines = wrap(text, room);
    for (index, part) in lines.iter().enumerate() {
        let head = if index == 0 { branch } else { below };
        write!(out, "{indent}{head}{part}")?;
        if index + 1 < lines.len() {
            writeln!(out)?;
        }
    }
    let used = lines.last().map_or(0, |line| line.chars().count());
    match place {
        Some(place) if used + 2 + place.chars().count() <= room => writeln!(out, "  {}", look.dim(&place)),
        Some(place) => writeln!(out, "\n{indent}{below}{}", look.dim(&place)),
        None => writeln!(out),
    }
}
