//! The fields of `target NAME { }` for platforms that give user-data.

use crate::diag::Code;
use crate::facts::platform::Platform;
use crate::model::Value;
use crate::model::layer::quoted;
use crate::render::boot::Apart;
use crate::target::lxd::is_url;
use crate::target::{Site, TargetProblem};

/// What the model says of the target, with defaults.
#[derive(Clone, Debug)]
pub struct Options {
    pub mirror: Option<String>,
    pub gzip: Gzip,
    pub apart: Apart,
    /// The interface that gets the machine's address, where kmodel says so: a name, or a pattern such as `e*`.
    pub interface: String,
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
    pub fn read(platform: &'static Platform, site: &Site) -> Result<Self, Vec<TargetProblem>> {
        let mut problems = Vec::new();
        let given = |name: &str| site.options.get(name).and_then(Value::scalar_text).filter(|text| !text.is_empty());
        let options = Options {
            mirror: given("mirror"),
            gzip: match site.options.get("gzip") {
                Some(Value::Bool(true)) => Gzip::Always,
                Some(Value::Bool(false)) => Gzip::Never,
                _ => Gzip::AsNeeded,
            },
            apart: match (given("files").as_deref(), given("secrets").as_deref()) {
                (Some("apart"), _) => Apart::Files,
                (_, Some("inside")) => Apart::Nothing,
                _ => Apart::Secrets,
            },
            interface: given("interface").unwrap_or_else(|| "e*".to_owned()),
            given_as: given_as(platform, site, &mut problems),
        };
        problems.extend(options.mirror.iter().filter(|mirror| !is_url(mirror)).map(|mirror| no_mirror(mirror)));
        if options.gzip == Gzip::Always && !platform.gzip {
            problems.push(text_only(platform));
        }
        if given("secrets").as_deref() == Some("inside") {
            problems.extend(inside(platform, options.apart));
        }
        if !is_interface(&options.interface) {
            let message = format!("`{}` cannot be the name of an interface", options.interface);
            let help = "use at most 15 letters, digits, `-`, `_` and `.`, or a pattern such as `e*`";
            problems.push(TargetProblem::of_field(Code::TargetLimit, "interface", message, help));
        }
        if problems.is_empty() { Ok(options) } else { Err(problems) }
    }
}

/// The one field that is filled.
fn given_as(platform: &'static Platform, site: &Site, problems: &mut Vec<TargetProblem>) -> Option<&'static str> {
    let said = |name: &str| match site.options.get(name) {
        Some(Value::Bool(said)) => Some(*said),
        _ => None,
    };
    let names = || platform.given_as.iter().map(String::as_str);
    let mut wanted = names().filter(|name| said(name) == Some(true));
    let first = wanted.next();
    let (title, list) = (&platform.title, quoted(names()));
    if let (Some(first), Some(second)) = (first, wanted.next()) {
        let message = format!("a machine of {title} would be given user-data in `{first}` and in `{second}`");
        let help = format!("keep one of them: what cloud-init does with both is not defined ({})", platform.source);
        problems.push(TargetProblem::of_field(Code::UserDataTwice, second, message, help));
    }
    let given = first.or_else(|| names().find(|name| said(name).is_none()));
    if given.is_none() && !platform.given_as.is_empty() {
        let message = format!("a machine of {title} would be given no user-data");
        let last = names().next_back().unwrap_or_default();
        let help = format!("give it in one of {list}");
        problems.push(TargetProblem::of_field(Code::UserDataTwice, last, message, help));
    }
    given
}

fn no_mirror(mirror: &str) -> TargetProblem {
    let help = "give an address such as `http://10.0.0.1/mirror`";
    TargetProblem::of_field(Code::TargetLimit, "mirror", format!("`{mirror}` cannot be the `mirror` of a target"), help)
}

fn text_only(platform: &Platform) -> TargetProblem {
    let message = format!("{} takes only text as user-data, and what is compressed is none", platform.title);
    let help = "take `gzip = true` away; where the text is too long, `files = \"apart\"` leaves little in it";
    TargetProblem::of_field(Code::UserDataCompressed, "gzip", message, format!("{help} ({})", platform.source))
}

/// Why secrets may not stand in user-data.
fn inside(platform: &Platform, apart: Apart) -> Option<TargetProblem> {
    let (message, help) = match apart {
        _ if platform.shown => (
            format!("{} shows user-data to others than the machine's root, and private keys would be in it", platform.title),
            "take `secrets = \"inside\"` away: they come in the archive beside it, for which the boot waits",
        ),
        Apart::Files => (
            "`files = \"apart\"` puts all files into the archive, and `secrets = \"inside\"` some of them into user-data".to_owned(),
            "keep one of the two",
        ),
        Apart::Nothing | Apart::Secrets => return None,
    };
    Some(TargetProblem::of_field(Code::SecretInUserData, "secrets", message, help))
}

fn is_interface(name: &str) -> bool {
    name.len() <= 15 && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.*?".contains(c))
}
