//! The fields of a unit as docs/language.md has them, read with their types.

use super::command::{assignment, quoted};
use super::is_packaged;
use crate::model::Value;
use crate::model::value::Record;
use crate::render::Problem;
use crate::render::bundle::Unit;

/// Fields of a service that become one key each, in the order of the file.
pub(super) const SERVICE: [(&str, &str); 15] = [
    ("remain-after-exit", "RemainAfterExit"),
    ("timeout-start", "TimeoutStartSec"),
    ("timeout-stop", "TimeoutStopSec"),
    ("kill-mode", "KillMode"),
    ("delegate", "Delegate"),
    ("limit-nofile", "LimitNOFILE"),
    ("limit-nproc", "LimitNPROC"),
    ("limit-core", "LimitCORE"),
    ("limit-memlock", "LimitMEMLOCK"),
    ("tasks-max", "TasksMax"),
    ("oom-score", "OOMScoreAdjust"),
    ("working-directory", "WorkingDirectory"),
    ("state-directory", "StateDirectory"),
    ("runtime-directory", "RuntimeDirectory"),
    ("umask", "UMask"),
];

/// A line of `extra`: section, key, and the value or what is wrong with it.
pub(super) type Extra<'a> = (&'a str, &'a str, Result<String, Problem>);

/// Fields that only a service has and that are not in [`SERVICE`].
const SERVICE_ONLY: [&str; 12] = [
    "exec",
    "args",
    "environment",
    "user",
    "group",
    "type",
    "restart",
    "restart-after",
    "pre",
    "post",
    "reload",
    "stop",
];

/// The fields of one unit.
pub(super) struct Fields<'a> {
    unit: &'a Unit,
}

impl<'a> Fields<'a> {
    pub(super) fn new(unit: &'a Unit) -> Self {
        Self { unit }
    }

    /// What is wrong with a field: `unit `etcd.service`: `exec` is missing`.
    pub(super) fn problem(&self, field: &str, what: &str, help: &str) -> Problem {
        let message = format!("unit `{}`: `{field}` {what}", self.unit.name);
        Problem { field: Some(field.to_owned()), ..Problem::new(&self.unit.origin, message, help) }
    }

    fn get(&self, field: &str) -> Option<&'a Value> {
        self.unit.fields.get(field).map(Value::reveal).filter(|value| !matches!(value, Value::None))
    }

    fn one_line(&self, field: &str, value: &Value) -> Result<String, Problem> {
        let text = value.scalar_text().ok_or_else(|| {
            self.problem(field, &format!("is a {}, not a string", value.type_name()), "see `unit` in docs/language.md")
        })?;
        if text.chars().any(|c| c.is_control() && c != '\t') || text.ends_with('\\') {
            return Err(self.problem(field, "is not a single line", "write longer text to a file and use its path"));
        }
        Ok(text)
    }

    /// A scalar as text.
    pub(super) fn text(&self, field: &str) -> Result<Option<String>, Problem> {
        self.get(field).map(|value| self.one_line(field, value)).transpose()
    }

    /// A text in which `%` means itself.
    pub(super) fn literal(&self, field: &str) -> Result<Option<String>, Problem> {
        Ok(self.text(field)?.map(|text| text.replace('%', "%%")))
    }

    /// A list of texts, each of which may be anything.
    pub(super) fn texts(&self, field: &str) -> Result<Vec<String>, Problem> {
        let wrong = || self.problem(field, "is not a list of strings", "see `unit` in docs/language.md");
        match self.get(field) {
            None => Ok(Vec::new()),
            Some(Value::List(list)) => list.iter().map(|value| value.scalar_text().ok_or_else(wrong)).collect(),
            Some(_) => Err(wrong()),
        }
    }

    /// Names of units, those given first, without doubles.
    pub(super) fn names<'b>(
        &self,
        field: &str,
        first: impl IntoIterator<Item = &'b str>,
    ) -> Result<Option<String>, Problem> {
        let mut names: Vec<String> = Vec::new();
        for name in first.into_iter().map(str::to_owned).chain(self.texts(field)?) {
            if name.is_empty() || name.contains(char::is_whitespace) {
                return Err(self.problem(
                    field,
                    &format!("contains `{name}`, which is not a unit name"),
                    "use names such as `a.service`",
                ));
            }
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Ok((!names.is_empty()).then(|| names.join(" ")))
    }

    /// Command lines in systemd's syntax.
    pub(super) fn command_lines(&self, field: &str) -> Result<Vec<String>, Problem> {
        self.texts(field)?.into_iter().map(|line| self.one_line(field, &Value::text(line))).collect()
    }

    /// One command line in systemd's syntax, or none.
    pub(super) fn command_line(&self, field: &str) -> Result<Vec<String>, Problem> {
        Ok(self.text(field)?.into_iter().collect())
    }

    /// `NAME=VALUE`, each quoted as a whole.
    pub(super) fn environment(&self) -> Result<Vec<String>, Problem> {
        let Some(value) = self.get("environment") else { return Ok(Vec::new()) };
        let Value::Record(map) = value else {
            return Err(self.problem("environment", "is not a map", "write `{ NAME = \"value\" }`"));
        };
        map.iter()
            .filter(|(_, value)| !matches!(value.reveal(), Value::None))
            .map(|(n, v)| self.assignment(n, v))
            .collect()
    }

    fn assignment(&self, name: &str, value: &Value) -> Result<String, Problem> {
        let valid = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let text = value.scalar_text().filter(|text| valid && !text.contains('\0'));
        let text = text.ok_or_else(|| {
            let what = format!("has `{name}`, which is not a valid name with a string value");
            self.problem("environment", &what, "use letters, digits and `_` in names, and strings as values")
        })?;
        Ok(assignment(name, &text))
    }

    /// `exec` unless the package says.
    pub(super) fn service_type(&self) -> Result<Option<String>, Problem> {
        let default = (!is_packaged(self.unit)).then(|| "exec".to_owned());
        Ok(self.text("type")?.or(default))
    }

    /// How it is restarted: what is meant to end, when it fails; everything else always.
    pub(super) fn restart(&self) -> Result<Option<String>, Problem> {
        if !self.unit.name.ends_with(".service") {
            return Ok(None);
        }
        let ends = self.text("type")?.as_deref() == Some("oneshot");
        let given = self.text("restart")?;
        let default = if ends { "on-failure" } else { "always" };
        Ok(given.or((!is_packaged(self.unit)).then(|| default.to_owned())))
    }

    /// Five seconds, unless it says otherwise or is not restarted.
    pub(super) fn restart_after(&self) -> Result<Option<String>, Problem> {
        let default = self.restart()?.filter(|restart| restart != "no").map(|_| "5s".to_owned());
        Ok(self.written("restart-after")?.or(default))
    }

    /// A field as systemd writes its type: durations as `1h 30min`, booleans as `yes`.
    pub(super) fn written(&self, field: &str) -> Result<Option<String>, Problem> {
        Ok(match self.get(field) {
            Some(Value::Duration(milliseconds)) => Some(span(*milliseconds)),
            Some(Value::Bool(value)) => Some(if *value { "yes" } else { "no" }.to_owned()),
            Some(Value::Path(path)) if path.contains(char::is_whitespace) => quoted(path),
            _ => self.literal(field)?,
        })
    }

    /// A section of a map of sections.
    pub(super) fn section(&self, field: &str, name: &str) -> Option<&'a Record> {
        match self.get(field)? {
            Value::Record(sections) => record(sections.get(name)?),
            _ => None,
        }
    }

    /// Section, key and value of each line of `extra`; a list is its key once for each element.
    pub(super) fn extra(&self) -> Result<Vec<Extra<'a>>, Problem> {
        let wrong =
            || self.problem("extra", "is not a map of sections", "write `{ Timer = { OnCalendar = \"daily\" } }`");
        let Some(value) = self.get("extra") else { return Ok(Vec::new()) };
        let mut lines = Vec::new();
        for (section, keys) in record(value).ok_or_else(wrong)? {
            for (key, value) in record(keys).ok_or_else(wrong)? {
                for value in elements(value) {
                    lines.push((&**section, &**key, self.one_line("extra", value)));
                }
            }
        }
        Ok(lines)
    }
}

/// Whether a field means nothing outside a service.
pub fn is_of_services(name: &str) -> bool {
    SERVICE.iter().any(|(known, _)| *known == name) || SERVICE_ONLY.contains(&name)
}

fn record(value: &Value) -> Option<&Record> {
    match value.reveal() {
        Value::Record(record) => Some(record),
        _ => None,
    }
}

fn elements(value: &Value) -> &[Value] {
    match value.reveal() {
        Value::None => &[],
        Value::List(list) => list,
        _ => std::slice::from_ref(value),
    }
}

/// A duration in systemd's form: `1h 30min 5s`, `500ms`.
fn span(milliseconds: u64) -> String {
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s"), (1, "ms")];
    let mut rest = milliseconds;
    let mut parts = Vec::new();
    for (size, name) in units {
        if rest >= size {
            parts.push(format!("{}{name}", rest / size));
            rest %= size;
        }
    }
    if parts.is_empty() { "0".to_owned() } else { parts.join(" ") }
}
