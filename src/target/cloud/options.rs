//! The fields of `target NAME { }` for platforms that give user-data.

use super::seed::{self, Seed};
use crate::diag::Code;
use crate::facts::platform::Platform;
use crate::render::boot::Apart;
pub(super) use crate::target::lxd::is_url;
use crate::target::{Problem, Site};
use crate::text::List;

/// What the model says of the target, with defaults.
#[derive(Clone, Debug)]
pub struct Options {
    pub mirror: Option<String>,
    pub gzip: Gzip,
    pub apart: Apart,
    /// The interface that gets the machine's address, where kmodel sets it: a name, or a pattern such as `e*`.
    pub interface: String,
    pub seed: Seed,
    /// The field of the platform that it is given in, where there are several.
    pub given_as: Option<&'static str>,
}

/// Whether user-data is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gzip {
    /// When it does not fit otherwise.
    AsNeeded,
    Always,
    Never,
}

impl Options {
    /// Reads them.
    ///
    /// # Errors
    /// Every field that has a value which the platform could not take.
    pub fn read(platform: &'static Platform, site: &Site) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let options = Options {
            mirror: site.text("mirror"),
            gzip: match site.flag("gzip") {
                Some(true) => Gzip::Always,
                Some(false) => Gzip::Never,
                None => Gzip::AsNeeded,
            },
            apart: match (site.text("files").as_deref(), site.text("secrets").as_deref()) {
                (Some("apart"), _) => Apart::Files,
                (_, Some("inside")) => Apart::Nothing,
                _ => Apart::Secrets,
            },
            interface: site.text("interface").unwrap_or_else(|| "e*".to_owned()),
            seed: Seed::read(site),
            given_as: given_as(platform, site, &mut problems),
        };
        problems.extend(options.mirror.as_deref().and_then(mirror_problem));
        if options.gzip == Gzip::Always && !platform.gzip {
            problems.push(text_only(platform));
        }
        if site.text("secrets").as_deref() == Some("inside") {
            problems.extend(inside(platform, options.apart));
        }
        problems.extend(interface_problem(&options.interface));
        problems.extend(seed::problems(site));
        if problems.is_empty() { Ok(options) } else { Err(problems) }
    }
}

/// The one field that is filled.
fn given_as(platform: &'static Platform, site: &Site, problems: &mut Vec<Problem>) -> Option<&'static str> {
    let names = || platform.given_as.iter().map(String::as_str);
    let mut wanted = names().filter(|name| site.flag(name) == Some(true));
    let first = wanted.next();
    let (title, list) = (&platform.title, List::ticked(names()));
    if let (Some(first), Some(second)) = (first, wanted.next()) {
        let message = format!("user-data would be passed to {title} in both `{first}` and `{second}`");
        let help = format!("keep one of them: which one cloud-init reads is not defined ({})", platform.source);
        problems.push(Problem::of_field(Code::UserDataTwice, second, message, help));
    }
    let given = first.or_else(|| names().find(|name| site.flag(name).is_none()));
    if given.is_none() && !platform.given_as.is_empty() {
        let message = format!("no user-data would be passed to {title}");
        let last = names().next_back().unwrap_or_default();
        let help = format!("set one of {list} to true");
        problems.push(Problem::of_field(Code::UserDataTwice, last, message, help));
    }
    given
}

/// Why a text cannot be the address of a mirror.
pub(crate) fn mirror_problem(mirror: &str) -> Option<Problem> {
    let help = "use a URL such as `http://10.0.0.1/mirror`";
    let problem =
        || Problem::of_field(Code::TargetLimit, "mirror", format!("`{mirror}` is not a valid `mirror`"), help);
    (!is_url(mirror)).then(problem)
}

/// Why a text can be neither the name of an interface nor a pattern.
pub(crate) fn interface_problem(interface: &str) -> Option<Problem> {
    let message = format!("`{interface}` is not a valid name or pattern of an interface");
    let help = "use at most 15 letters, digits, `-`, `_` and `.`, or a pattern such as `e*`";
    (!is_interface(interface)).then(|| Problem::of_field(Code::TargetLimit, "interface", message, help))
}

fn text_only(platform: &Platform) -> Problem {
    let message = format!("{} accepts only plain-text user-data, so it cannot be compressed", platform.title);
    let help = "remove `gzip = true`; if the text is too long, set `files = \"apart\"`, which leaves about 1 KiB";
    Problem::of_field(Code::UserDataCompressed, "gzip", message, format!("{help} ({})", platform.source))
}

/// Why secrets may not be in user-data.
fn inside(platform: &Platform, apart: Apart) -> Option<Problem> {
    let (message, help) = match apart {
        _ if platform.shown => (
            format!("user-data on {} is readable by others than the machine's root, so it cannot hold private keys", platform.title),
            "remove `secrets = \"inside\"`, which moves secret files to the archive that the boot waits for",
        ),
        Apart::Files => (
            "`files = \"apart\"` moves all files to the archive, but `secrets = \"inside\"` keeps some of them in user-data".to_owned(),
            "keep one of the two",
        ),
        Apart::Nothing | Apart::Secrets => return None,
    };
    Some(Problem::of_field(Code::SecretInUserData, "secrets", message, help))
}

fn is_interface(name: &str) -> bool {
    name.len() <= 15 && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.*?".contains(c))
}
