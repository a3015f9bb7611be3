//! What can be said of a model's targets while planning: their fields, and whether user-data fits.

use crate::diag::{Code, Diagnostic, Fix};
use crate::facts::platform::Platform;
use crate::model::{MachineId, Model, Target, UnitId, Value};
use crate::plan::budget::Budget;
use crate::plan::{Plan, Proof};
use crate::render::boot::Apart;
use crate::render::bundle::BundleFile;
use crate::render::estimate::Estimate;
use crate::render::{self, strict};
use crate::source::Span;
use crate::syntax::ast::{Body, Expr, Name};
use crate::target::cloud::{self, Gzip, Options, UserData, compress};
use crate::target::{self, Site, TargetMachine, cloud_config::own};
use crate::text::{Count, thousands};

/// What is wrong with the fields of the targets, of those too that are not planned for.
pub fn fields(model: &Model<'_>) -> Vec<Diagnostic> {
    let of = |target: &Target| {
        let mut list = cloud_config(model, target);
        let known = target::Target::parse(&target.name).ok();
        let found = known.map(|known| known.check_options(&Site::new(model, known))).unwrap_or_default();
        list.extend(found.into_iter().map(|problem| diagnostic(model, target, problem)));
        list
    };
    model.targets.iter().flat_map(of).collect()
}

/// A problem that a target found, at the field that is meant, else at the target's statement.
pub fn diagnostic(model: &Model<'_>, target: &Target, found: target::Problem) -> Diagnostic {
    let sources = &model.program.sources;
    let field = found.field.and_then(|field| written(model, &target.name, field));
    let item = found.origin.span.filter(|_| found.code == Code::TargetLacks).map(|span| sources.line_end(span));
    let span = field.map(|expr| expr.span).or(item).unwrap_or(target.span);
    let problem = Diagnostic::new(found.code, span, found.message).help(found.help);
    let problem = match (field, item) {
        (Some(_), _) => problem,
        (None, Some(_)) if target.span == Span::default() => problem,
        (None, Some(_)) => problem.label(target.span, "the target"),
        (None, None) => problem.here(found.origin.shown(sources).to_string()),
    };
    match (found.near, field) {
        (Some(near), Some(expr)) => problem.fix(expr.span, format!("\"{near}\""), format!("write `{near}`")),
        _ => problem,
    }
}

/// What a field of a target is given.
fn written<'p>(model: &Model<'p>, target: &str, field: &str) -> Option<&'p Expr> {
    let (module, ast) = model.layers.targets.iter().find(|(_, ast)| *ast.name.name == *target)?;
    model.layers.field(&format!("target.{target}"), *module, &ast.body, field).map(|written| written.expr)
}

/// The operator's own part of the user-data, by the keys that cloud-init knows and those that are kmodel's.
fn cloud_config(model: &Model<'_>, target: &Target) -> Vec<Diagnostic> {
    let (Some(value), Some(expr)) = (target.options.get(own::FIELD), written(model, &target.name, own::FIELD)) else {
        return Vec::new();
    };
    let Value::Record(record) = value else { return Vec::new() };
    let mut list = strict::part(model, "user-data", value, expr);
    list.extend(own::owned(record).into_iter().map(|finding| strict::diagnostic(model, "user-data", finding, expr)));
    list
}

/// What the operating system of the planned target cannot take of one machine of each kind.
pub fn systems(plan: &Plan<'_>, kinds: &[(MachineId, Vec<UnitId>)]) -> Vec<Diagnostic> {
    let model = &plan.model;
    let Some(declared) = model.targets.first() else { return Vec::new() };
    let Ok(target) = target::Target::parse(&declared.name) else { return Vec::new() };
    let mut list: Vec<Diagnostic> = Vec::new();
    for (machine, units) in kinds.iter().filter(|_| target.family().is_limited()) {
        // What cannot be rendered is reported already.
        let Ok(bundle) = render::machine(model, *machine, units, &Estimate::new(model, &plan.pki, units)) else {
            continue;
        };
        let found = target.cannot_take(&TargetMachine::new(model, *machine, bundle));
        let new = found.into_iter().map(|problem| diagnostic(model, declared, problem));
        new.for_each(|problem| {
            if !list.contains(&problem) {
                list.push(problem);
            }
        });
    }
    list
}

/// What is planned for: the platform, with what the model says of it.
struct Planned<'a, 'p> {
    plan: &'a Plan<'p>,
    target: &'a Target,
    platform: &'static Platform,
    site: Site,
    options: Options,
}

/// Whether the user-data of each kind of machine fits, told by one of each.
pub fn budgets(plan: &mut Plan<'_>, kinds: &[(MachineId, Vec<UnitId>)], problems: &mut Vec<Diagnostic>) {
    let mut found = Vec::new();
    let budgets = {
        let Some(planned) = Planned::new(plan) else { return };
        kinds.iter().filter_map(|(machine, units)| planned.budget(*machine, units, &mut found)).collect::<Vec<_>>()
    };
    if found.is_empty() && !budgets.is_empty() {
        plan.proofs.push(Proof { name: "user-data", statement: statement(&budgets), count: budgets.len() });
    }
    plan.user_data = budgets;
    problems.extend(found);
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
    let (most, said) = (budgets[0].max_bytes, budgets[0].measured.said());
    format!("{}{more} of {} KiB, {said}", list.join(", "), kib(most))
}

/// So many groups, and so many files, are named.
const SHOWN: usize = 4;

impl<'a, 'p> Planned<'a, 'p> {
    /// Nothing when no limit is known, or when the fields are wrong, which is told already.
    fn new(plan: &'a Plan<'p>) -> Option<Self> {
        let target = plan.model.targets.first()?;
        let known = target::Target::parse(&target.name).ok()?;
        let (platform, site) = (known.user_data()?, Site::new(&plan.model, known));
        platform.max_bytes?;
        let options = Options::read(platform, &site).ok()?;
        Some(Self { plan, target, platform, site, options })
    }

    fn budget(&self, machine: MachineId, units: &[UnitId], problems: &mut Vec<Diagnostic>) -> Option<Budget> {
        let model = &self.plan.model;
        let estimate = Estimate::new(model, &self.plan.pki, units);
        // What cannot be rendered is told already.
        let bundle = render::machine(model, machine, units, &estimate).ok()?;
        let machine = TargetMachine::new(model, machine, bundle);
        match cloud::given(self.platform, &self.site, &machine, &self.options) {
            Ok((files, user_data)) => {
                if !user_data.fits(self.platform) {
                    problems.push(self.too_long(&machine, &files, &user_data));
                }
                Some(self.row(&machine, &user_data))
            }
            Err(found) => {
                problems.extend(found.into_iter().map(|problem| diagnostic(model, self.target, problem)));
                None
            }
        }
    }

    fn row(&self, machine: &TargetMachine, user_data: &UserData) -> Budget {
        Budget {
            group: machine.group.clone(),
            machine: machine.name.clone(),
            counted_bytes: user_data.counted(self.platform),
            max_bytes: self.platform.max_bytes.expect("only limits are planned for"),
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
        let sources = &self.plan.model.program.sources;
        file.origin.span.map(|span| sources.line_end(span))
    }

    /// What helps, what it costs least first; each with what comes of it.
    fn remedies(&self, machine: &TargetMachine, largest: Option<&str>) -> (Vec<String>, Option<Fix>) {
        let mut list = Vec::new();
        let platform = self.platform;
        let with = |options: Options| cloud::given(platform, &self.site, machine, &options).ok().map(|(_, data)| data);
        let comes_to = |data: &UserData| {
            let enough = if data.fits(platform) { "" } else { ", which is not enough" };
            format!("{}{enough}", Count(data.counted(platform), "byte"))
        };
        if platform.gzip && self.options.gzip == Gzip::Never {
            let data = with(Options { gzip: Gzip::Always, ..self.options.clone() });
            list.extend(data.map(|data| format!("take `gzip = false` away: compressed it is {}", comes_to(&data))));
        }
        let mut fix = None;
        if self.options.apart != Apart::Files {
            let data = with(Options { apart: Apart::Files, gzip: Gzip::AsNeeded, ..self.options.clone() });
            if let Some(data) = data {
                let name = &self.target.name;
                let text = match self.target.span == Span::default() {
                    true => format!("write `target {name} {{ files = \"apart\" }}`: all files come in its archive"),
                    false => "say `files = \"apart\"` in the target: all files come in its archive".to_owned(),
                };
                list.push(format!("{text}, and user-data is {}", comes_to(&data)));
                fix = self.fix().filter(|_| data.fits(platform));
            }
        }
        list.extend(largest.map(|path| format!("make `{path}` smaller, or an `artifact` that the machine downloads")));
        (list, fix)
    }

    fn fix(&self) -> Option<Fix> {
        let (_, ast) = self.plan.model.layers.targets.iter().find(|(_, ast)| ast.name.name == self.target.name)?;
        written(&self.plan.model, &self.target.name, "files").is_none().then_some(())?;
        let fix = Fix::guess("put all files into the archive");
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
