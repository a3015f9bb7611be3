//! What a value may not have in a template, by the kind of file that it makes: what would be another line there, or more than
//! a text.

use minijinja::{AutoEscape, Environment, Error, ErrorKind, Value};

/// The kind of file that a template makes, by its name without `.j2`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum TemplateKind {
    /// Settings, one a line.
    Lines,
    /// A script.
    Shell,
    Json,
    /// Anything else; a value may be several lines of it.
    Other,
}

impl TemplateKind {
    fn of(name: &str) -> Self {
        let name = name.rsplit('/').next().unwrap_or_default();
        let name = [".j2", ".jinja"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
            "conf" | "cfg" | "cnf" | "ini" | "env" | "list" | "sources" | "rules" | "service" | "socket" | "timer"
            | "mount" | "network" | "netdev" | "link" => Self::Lines,
            "sh" | "bash" => Self::Shell,
            "json" => Self::Json,
            _ => Self::Other,
        }
    }

    fn refuses(self, c: char) -> bool {
        match self {
            Self::Lines => c.is_control() && c != '\t',
            Self::Shell => c.is_control() && c != '\t' || "\"'`$\\".contains(c),
            Self::Json => c.is_control() || c == '"' || c == '\\',
            Self::Other => false,
        }
    }

    fn help(self) -> &'static str {
        match self {
            Self::Lines | Self::Other => "write `{{ value | safe }}` where several lines are meant",
            Self::Shell => "write `{{ value | sh }}` for one quoted word, or `{{ value | safe }}` where code is meant",
            Self::Json => "write `{{ value | tojson }}`, which has the quotes too",
        }
    }
}

/// Lets a template write only values that stay what they are in its kind of file.
pub(super) fn guard(environment: &mut Environment<'_>, name: &str) {
    let kind = TemplateKind::of(name);
    // What a macro or a block makes is then known to be a part of the file, and no value.
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("kind".into()));
    environment.add_filter("sh", |text: String| Value::from_safe_string(format!("'{}'", text.replace('\'', "'\\''"))));
    environment.set_formatter(move |out, _, value| {
        let text = value.as_str().filter(|_| !value.is_safe());
        match text.and_then(|text| text.chars().find(|c| kind.refuses(*c))) {
            None => Ok(write!(out, "{value}")?),
            Some(c) => {
                let what = format!("a value has the character `{}`; {}", c.escape_default(), kind.help());
                Err(Error::new(ErrorKind::InvalidOperation, what))
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(name: &str, source: &str, value: &str) -> Result<String, String> {
        let mut environment = Environment::new();
        guard(&mut environment, name);
        let context = minijinja::context! { value };
        environment.render_named_str(name, source, context).map_err(|error| error.to_string())
    }

    #[test]
    fn a_value_stays_a_value() {
        for (name, value) in [
            ("./haproxy.cfg.j2", "a\nb"),
            ("x.service.j2", "a\rb"),
            ("x.sh.j2", "$(id)"),
            ("x.sh.j2", "a'b"),
            ("x.json.j2", "a\"b"),
        ] {
            made(name, "x {{ value }}", value).unwrap_err();
            assert!(made(name, "x {{ value | safe }}", value).unwrap().contains(value));
        }
        assert_eq!(made("x.sh.j2", "{{ value | sh }}", "a'$b").unwrap(), "'a'\\''$b'");
        assert_eq!(made("x.json.j2", "{{ value | tojson }}", "a\"b").unwrap(), "\"a\\\"b\"");
        assert_eq!(made("motd.j2", "{{ value }}", "a\nb").unwrap(), "a\nb");
        let lines = "{% macro two(x) %}{{ x }}\n{{ x }}{% endmacro %}{{ two(value) }}";
        assert_eq!(made("x.conf.j2", lines, "a").unwrap(), "a\na");
    }
}
