//! Whether user-data fits, measured on one machine of each kind.

use crate::diag::{Code, Diagnostic, Fix};
use crate::facts::platform::Platform;
use crate::model::{Model, Target};
use crate::plan::Proof;
use crate::plan::budget::Budget;
use crate::render::boot::Apart;
use crate::render::bundle::BundleFile;
use crate::source::Span;
use crate::syntax::ast::{Body, Name};
use crate::target::cloud::{self, Gzip, Options, UserData, compress};
use crate::target::{self, Site, TargetMachine};
use crate::text::{Count, thousands};
use crate::verify::{Evidence, Verdict};

use super::{diagnostic, written};

/// A target whose user-data has a limit, with what the model says of it.
pub struct Limited<'a, 'p> {
    model: &'a Model<'p>,
    target: &'a Target,
    platform: &'static Platform,
    site: Site,
    options: Options,
}

/// User-data is not longer than the target takes.
pub fn room(evidence: &Evidence<'_, '_>) -> Verdict {
    let Some(limited) = Limited::of(evidence.model) else { return Verdict::default() };
    let mut problems = Vec::new();
    let budgets: Vec<_> = evidence.sized.iter().filter_map(|machine| limited.budget(machine, &mut problems)).collect();
    let proof = Proof { name: "user-data", statement: statement(&budgets), count: budgets.len() };
    let proof = (problems.is_empty() && !budgets.is_empty()).then_some(proof);
    Verdict { problems, proof, user_data: budgets, ..Verdict::default() }
}

/// `cp 11.0, lb 7.3, wrk 9.5 of 16.0 KiB, counted before base64`: the largest of each group.
fn statement(budgets: &[Budget]) -> String {
    let mut groups: Vec<(&Name, usize)> = Vec::new();
    for budget in budgets {
        match groups.iter_mut().find(|(name, _)| *name == &budget.group) {
            Some((_, most)) => *most = budget.counted_bytes.max(*most),
            None => groups.push((&budget.group, budget.counted_bytes)),
        }
    }
    let kib = |bytes: usize| format!("{:.1}", bytes as f64 / 1024.0);
    let rest = groups.len().saturating_sub(SHOWN);
    groups.sort_by_key(|(_, most)| std::cmp::Reverse(*most));
    let list: Vec<_> = groups.iter().take(SHOWN).map(|(name, most)| format!("{name} {}", kib(*most))).collect();
    let more = if rest > 0 { format!(" and {rest} smaller groups") } else { String::new() };
    let Some(first) = budgets.first() else { return String::new() };
    let (most, said) = (first.max_bytes, first.measured.said());
    format!("{}{more} of {} KiB, {said}", list.join(", "), kib(most))
}

/// So many groups, and so many files, are named.
const SHOWN: usize = 4;

impl<'a, 'p> Limited<'a, 'p> {
    /// Nothing when no limit is known, or when the fields are wrong, which is reported already.
    pub fn of(model: &'a Model<'p>) -> Option<Self> {
        let target = model.targets.first()?;
        let known = target::Target::declared(target).ok()?;
        let (platform, site) = (known.user_data()?, Site::new(model, known));
        platform.max_bytes?;
        let options = Options::read(platform, &site).ok()?;
        Some(Self { model, target, platform, site, options })
    }

    fn budget(&self, machine: &TargetMachine, problems: &mut Vec<Diagnostic>) -> Option<Budget> {
        match cloud::given(self.platform, &self.site, machine, &self.options) {
            Ok((files, user_data)) => {
                if !user_data.fits(self.platform) {
                    problems.push(self.too_long(machine, &files, &user_data));
                }
                Some(self.row(machine, &user_data))
            }
            Err(found) => {
                problems.extend(found.into_iter().map(|problem| diagnostic(self.model, self.target, problem)));
                None
            }
        }
    }

    fn row(&self, machine: &TargetMachine, user_data: &UserData) -> Budget {
        Budget {
            group: machine.group.clone(),
            machine: machine.name.clone(),
            counted_bytes: user_data.counted(self.platform),
            max_bytes: self.platform.max_bytes.expect("only targets with a limit are planned"),
            measured: self.platform.measured,
            compressed: user_data.compressed,
            text_bytes: user_data.text,
        }
    }

    fn too_long(&self, machine: &TargetMachine, files: &[BundleFile], user_data: &UserData) -> Diagnostic {
        let platform = self.platform;
        let message = format!("the user-data of `{}` is too long: {}", machine.name, user_data.measure(platform));
        let problem = Diagnostic::new(Code::UserDataTooLong, self.target.span, message).here(&*platform.title);
        let mut largest: Vec<_> = files.iter().filter(|file| !self.options.apart.has(file)).collect();
        largest.sort_by_key(|file| std::cmp::Reverse(file.content.len()));
        let said = |file: &BundleFile| {
            let bytes = Count(file.content.len(), "byte");
            let compressed = match user_data.compressed {
                true => format!(", {} compressed", thousands(compress(&file.content).len())),
                false => String::new(),
            };
            format!("`{}`: {bytes}{compressed}", file.path)
        };
        let places: Vec<(Option<Span>, String)> =
            largest.iter().take(SHOWN).map(|file| (self.place(file), said(file))).collect();
        let problem = places.iter().fold(problem, |problem, (span, said)| match span {
            Some(span) => problem.label(*span, said.clone()),
            None => problem,
        });
        let own: Vec<_> = places.iter().filter(|(span, _)| span.is_none()).map(|(_, said)| said.as_str()).collect();
        let own = if own.is_empty() { String::new() } else { format!("kmodel's own boot: {}\n", own.join("; ")) };
        let (remedies, fix) =
            self.remedies(machine, largest.iter().find(|file| self.place(file).is_some()).map(|file| &*file.path));
        let problem = problem.help(own + &remedies.join("\n"));
        if let Some(fix) = fix { problem.with_fix(fix) } else { problem }
    }

    /// Where a file comes from.
    fn place(&self, file: &BundleFile) -> Option<Span> {
        let sources = &self.model.program.sources;
        file.origin.span.map(|span| sources.line_end(span))
    }

    /// What helps, what it costs least first; each with what comes of it.
    fn remedies(&self, machine: &TargetMachine, largest: Option<&str>) -> (Vec<String>, Option<Fix>) {
        let mut list = Vec::new();
        let platform = self.platform;
        let with = |options: Options| cloud::given(platform, &self.site, machine, &options).ok().map(|(_, data)| data);
        let comes_to = |data: &UserData| {
            let enough = if data.fits(platform) { "" } else { ", which is still too long" };
            format!("{}{enough}", Count(data.counted(platform), "byte"))
        };
        if platform.gzip && self.options.gzip == Gzip::Never {
            let data = with(Options { gzip: Gzip::Always, ..self.options.clone() });
            list.extend(data.map(|data| format!("remove `gzip = false`: compressed it is {}", comes_to(&data))));
        }
        let mut fix = None;
        if self.options.apart != Apart::Files {
            let data = with(Options { apart: Apart::Files, gzip: Gzip::AsNeeded, ..self.options.clone() });
            if let Some(data) = data {
                let name = &self.target.name;
                let text = match self.target.span == Span::default() {
                    true => {
                        format!("set `target {name} {{ files = \"apart\" }}`, which moves all files to the archive")
                    }
                    false => "set `files = \"apart\"` in the target, which moves all files to the archive".to_owned(),
                };
                list.push(format!("{text} and leaves user-data of {}", comes_to(&data)));
                fix = self.fix().filter(|_| data.fits(platform));
            }
        }
        list.extend(
            largest.map(|path| format!("reduce `{path}`, or make it an `artifact` that the machine downloads")),
        );
        (list, fix)
    }

    fn fix(&self) -> Option<Fix> {
        let (_, ast) = self.model.layers.targets.iter().find(|(_, ast)| ast.name.name == self.target.name)?;
        written(self.model, &self.target.name, "files").is_none().then_some(())?;
        let fix = Fix::guess("move all files to the archive");
        Some(match ast.body.fields.first() {
            Some(first) => fix.edit(before(first.key.span()), "files = \"apart\", "),
            None => fix.edit(inside(&ast.body), "{ files = \"apart\" }"),
        })
    }
}

fn before(span: Span) -> Span {
    Span::new(span.source, span.start, span.start)
}

fn inside(body: &Body) -> Span {
    body.span
}
