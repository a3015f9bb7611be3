//! A systemd unit that a component declares: what systemd would refuse or drop of it, each at the field that makes it so.

use crate::diag::{Code, Diagnostic, Help};
use crate::model::{Model, Value};
use crate::render::evidence::UnitEntry;
use crate::render::unit_file::{self, Line, is_of_services};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind};
use crate::verify::locate::{self, Step};

use super::systemd::{self, Wrong};

const WHOLE: &str = "systemd needs absolute paths to programs";

/// All that is wrong with a unit.
pub(super) fn of_entry(model: &Model<'_>, entry: &UnitEntry<'_>) -> Vec<Diagnostic> {
    let unit = Unit { model, entry };
    let lines = unit_file::lines(&entry.unit);
    let unreadable = lines.problems.iter().map(|problem| {
        let span = unit.field(problem.field.as_deref().unwrap_or_default());
        Diagnostic::new(Code::InvalidUnit, span, problem.message.clone()).help(problem.help.clone())
    });
    let mut problems: Vec<Diagnostic> = unreadable.collect();
    problems.extend(unit.restarts_forever());
    problems.extend(unit.of_a_service());
    for line in &lines.list {
        let found = unit.half_a_path(line).or_else(|| unit.relative(line)).or_else(|| unit.line(line));
        // A section is unknown once, however many keys it has.
        problems.extend(found.filter(|found| !problems.iter().any(|known| known.message == found.message)));
    }
    problems
}

struct Unit<'a, 'p> {
    model: &'a Model<'p>,
    entry: &'a UnitEntry<'p>,
}

impl Unit<'_, '_> {
    /// Where a field is written, else the name of the unit.
    fn field(&self, name: &str) -> Span {
        self.expr(name).map_or(self.entry.item.path.span, |expr| expr.span)
    }

    fn expr(&self, name: &str) -> Option<&Expr> {
        self.entry.item.body.field(name).map(|field| &field.value)
    }

    fn problem(&self, span: Span, message: &str, help: impl Into<Help>) -> Diagnostic {
        let message = format!("unit `{}`: {message}", self.entry.unit.name);
        Diagnostic::new(Code::InvalidUnit, span, message).help(help)
    }

    fn text(&self, name: &str) -> Option<String> {
        self.entry.unit.fields.get(name).and_then(Value::scalar_text)
    }

    /// systemd refuses `always` for what is meant to end.
    fn restarts_forever(&self) -> Option<Diagnostic> {
        let both = self.text("type")? == "oneshot" && self.text("restart")? == "always";
        let message = "`restart` is `always`, but `type` is `oneshot`";
        both.then(|| self.problem(self.field("restart"), message, "use `on-failure`"))
    }

    /// Fields that mean nothing outside a service.
    fn of_a_service(&self) -> Vec<Diagnostic> {
        if self.entry.unit.name.ends_with(".service") {
            return Vec::new();
        }
        let given = self
            .entry
            .unit
            .fields
            .iter()
            .filter(|(name, value)| is_of_services(name) && !matches!(value.reveal(), Value::None));
        let problem = |name: &str| {
            let message = format!("`{name}` is a field of service units");
            self.problem(self.field(name), &message, "remove it, or use `extra`")
        };
        given.map(|(name, _)| problem(name)).collect()
    }

    /// A program that is named by less than its whole path.
    fn half_a_path(&self, line: &Line<'_>) -> Option<Diagnostic> {
        let program = match line.field {
            "exec" if !line.value.is_empty() => self.text("exec")?,
            "pre" | "post" | "reload" | "stop" if !line.value.is_empty() => line.value.clone(),
            _ => return None,
        };
        let (prefixes, help): (&[char], _) = match line.field {
            "exec" => (&[], WHOLE.to_owned()),
            _ => (&['-', '+', '!', ':', '@'], format!("{WHOLE}: `/bin/sh -c '...'`")),
        };
        if program.trim_start_matches(prefixes).starts_with('/') {
            return None;
        }
        let message = match line.field {
            "exec" => "`exec` is not an absolute path".to_owned(),
            field => format!("`{field}` runs `{program}`, which is not an absolute path"),
        };
        Some(self.problem(self.field(line.field), &message, help))
    }

    /// A condition on less than a whole path. `|` before it lets one of several be enough, `!` turns it round.
    fn relative(&self, line: &Line<'_>) -> Option<Diagnostic> {
        let path = line.value.strip_prefix('|').unwrap_or(&line.value);
        let is_whole = path.strip_prefix('!').unwrap_or(path).starts_with('/');
        let wrong = line.field == "condition-path" && !is_whole;
        wrong.then(|| {
            let message = format!("`condition-path` is `{}`, which is not an absolute path", line.value);
            self.problem(self.field(line.field), &message, "write `/path`, or `\"!/path\"` if it must not exist")
        })
    }

    /// A key that systemd does not know, or a value that it would not take.
    fn line(&self, line: &Line<'_>) -> Option<Diagnostic> {
        let key = systemd::section(line.section).and_then(|()| systemd::key(line.section, line.key));
        if let Err(wrong) = key {
            return Some(self.wrong_key(line, wrong));
        }
        let Wrong { message, help } = systemd::value(line.section, line.key, &line.value).err()?;
        let written = self.written(line);
        let span = written.map_or_else(|| self.key(line).span, |expr| expr.span);
        let problem = self.problem(span, &message, help);
        // Only where the value stands as it is can another one be put in its place.
        let is_plain = |expr: &&Expr| match &expr.kind {
            ExprKind::Text(text) => text.plain().as_deref() == Some(&*line.value),
            _ => false,
        };
        Some(match (problem.near().map(str::to_owned), written.filter(is_plain)) {
            (Some(near), Some(expr)) => problem.fix(expr.span, format!("\"{near}\""), format!("write `{near}`")),
            _ => problem,
        })
    }

    fn wrong_key(&self, line: &Line<'_>, Wrong { message, help }: Wrong) -> Diagnostic {
        let is_section = systemd::section(line.section).is_err();
        let path: &[Step] = &[line.section.into(), line.key.into()];
        let place = self.place(line, if is_section { &path[..1] } else { path });
        let problem = self.problem(place.span, &message, help);
        if place.exact { super::at_key(problem, place) } else { problem }
    }

    /// The key of a line in `extra`, else the field that makes the line.
    fn key(&self, line: &Line<'_>) -> locate::DocumentPlace {
        self.place(line, &[line.section.into(), line.key.into()])
    }

    fn place(&self, line: &Line<'_>, path: &[Step]) -> locate::DocumentPlace {
        match self.expr(line.field) {
            Some(extra) if line.field == "extra" => locate::place(self.model, self.entry.owner.into(), extra, path),
            _ => locate::DocumentPlace { span: self.field(line.field), exact: false, quoted: false, pasted: false },
        }
    }

    /// The expression of a line's value.
    fn written(&self, line: &Line<'_>) -> Option<&Expr> {
        let expr = self.expr(line.field)?;
        match line.field {
            "extra" => locate::found(self.model, self.entry.owner, expr, &[line.section.into(), line.key.into()]),
            _ => Some(expr),
        }
    }
}
