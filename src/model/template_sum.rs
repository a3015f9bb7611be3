//! Lists that a template makes of others: `x + x` doubles a list in one step, and `[x, x]` what is written of it, so that a few lines
//! fill the memory. Each list in front of a `+`, and all that is in a literal, is counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use minijinja::value::ValueKind;
use minijinja::{Environment, Error, ErrorKind, Value};

/// The filter in front of each `+`, and the one behind each literal.
const SUMMED: &str = "kmodel_summed";
const WEIGHED: &str = "kmodel_weighed";

/// How deep a value may be: more than anything that a file holds.
const DEPTH: usize = 60;

/// How many elements all of these may have together, and what each of them costs besides.
const ELEMENTS: usize = 1_000_000;
const EACH: usize = 100;

/// Lets a template add up only so much.
pub(super) fn limit(environment: &mut Environment<'_>) {
    let left = Arc::new(AtomicUsize::new(ELEMENTS));
    let own = left.clone();
    environment.add_filter(SUMMED, move |value: Value| summed(value, &own));
    environment.add_filter(WEIGHED, move |value: Value| weigh(&value, &left, DEPTH).map(|()| value));
}

/// Takes one for each element of a value, and of those in it.
fn weigh(value: &Value, left: &AtomicUsize, depth: usize) -> Result<(), Error> {
    let is_map = value.kind() == ValueKind::Map;
    if !is_map && value.kind() != ValueKind::Seq {
        return Ok(());
    }
    if depth == 0 {
        return Err(too_much());
    }
    for item in value.try_iter()? {
        take(left, 1)?;
        let inner = if is_map { value.get_item(&item)? } else { item };
        weigh(&inner, left, depth - 1)?;
    }
    Ok(())
}

fn take(left: &AtomicUsize, count: usize) -> Result<(), Error> {
    let rest = left.load(Ordering::Relaxed).checked_sub(count).ok_or_else(too_much)?;
    left.store(rest, Ordering::Relaxed);
    Ok(())
}

fn too_much() -> Error {
    Error::new(ErrorKind::OutOfFuel, "lists are too long")
}

fn summed(value: Value, left: &AtomicUsize) -> Result<Value, Error> {
    if !matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) || value.is_tuple() {
        return Ok(value);
    }
    let most = left.load(Ordering::Relaxed);
    let items: Vec<Value> = value.try_iter()?.take(most + 1).collect();
    take(left, items.len() + EACH)?;
    Ok(Value::from(items))
}

/// The template with the filters in its expressions; its lines stay the same.
pub(super) fn counted(source: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(source.len()), source);
    while let Some(at) = ["{{", "{%", "{#"].iter().filter_map(|open| rest.find(open)).min() {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = match rest.as_bytes()[1] {
            b'#' => rest.find("#}").map(|end| end + 2),
            b'%' if is_raw(rest) => rest.find("endraw"),
            _ => None,
        };
        match end {
            Some(end) => {
                out.push_str(&rest[..end]);
                rest = &rest[end..];
            }
            None => rest = tag(rest, &mut out),
        }
    }
    out.push_str(rest);
    out
}

fn is_raw(tag: &str) -> bool {
    tag[2..].trim_start_matches(['-', '+', ' ', '\t', '\n']).starts_with("raw")
}

/// Writes a tag, and gives what follows it.
fn tag<'s>(text: &'s str, out: &mut String) -> &'s str {
    let (mut open, mut quote, mut escaped) = (Vec::new(), None, false);
    let close = if text.starts_with("{{") { "}}" } else { "%}" };
    out.push_str(&text[..2]);
    for (at, c) in text.char_indices().skip(2) {
        if quote.is_none() && open.is_empty() && text[at..].starts_with(close) {
            return &text[at..];
        }
        match (quote, c) {
            (Some(begun), _) => {
                quote = (c != begun || escaped).then_some(begun);
                escaped = c == '\\' && !escaped;
            }
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[' | '{') => {
                let begins = literal(c, &text[2..at]);
                // In parentheses, since the name of a filter may have dots in it.
                begins.into_iter().for_each(|length| out.insert(out.len() - length, '('));
                open.push(begins.is_some());
            }
            (None, ')' | ']' | '}') if open.pop() == Some(true) => {
                out.push(c);
                out.push('|');
                out.push_str(WEIGHED);
                out.push(')');
                continue;
            }
            (None, '+') if is_sum(&text[2..at], &text[at + 1..]) => {
                out.push('|');
                out.push_str(SUMMED);
            }
            _ => {}
        }
        out.push(c);
    }
    ""
}

/// Words in front of a value.
const WORDS: [&str; 9] = ["in", "or", "and", "not", "if", "else", "elif", "is", "print"];

/// How much of a value is in front of its bracket: `dict` of `dict(`; nothing of an index and of arguments.
fn literal(bracket: char, before: &str) -> Option<usize> {
    let value = before.trim_end();
    let word = value.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    if word == "dict" && bracket == '(' {
        return Some(before.len() - value.len() + word.len());
    }
    let is_behind_value = value.ends_with(|c: char| c.is_alphanumeric() || "_)]}\"'".contains(c));
    (bracket == '{' || !is_behind_value || WORDS.contains(&word)).then_some(0)
}

/// Whether a `+` stands behind a value, and not in a number or at the end of a tag.
fn is_sum(before: &str, after: &str) -> bool {
    let value = before.trim_end();
    let is_exponent = value.len() == before.len()
        && value.ends_with(['e', 'E'])
        && value[..value.len() - 1].ends_with(|c: char| c.is_ascii_digit())
        && after.starts_with(|c: char| c.is_ascii_digit());
    let is_end = ["%}", "}}"].iter().any(|close| after.starts_with(close));
    !is_exponent && !is_end && value.ends_with(|c: char| c.is_alphanumeric() || "_)]}\"'".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(source: &str) -> Result<String, String> {
        let mut environment = Environment::new();
        environment.set_fuel(Some(20_000_000));
        limit(&mut environment);
        let context = minijinja::context! { a => 1, b => vec![1, 2] };
        environment.render_named_str("x", &counted(source), context).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_added_up_stays_what_it_is() {
        for (source, expected) in [
            ("{{ a + 2 * a + 1 }}", "4"),
            ("{{ \"a+b\" + 'c' ~ a }}", "a+bc1"),
            ("{{ b + [3] + b }}", "[1, 2, 3, 1, 2]"),
            ("{% for x in b + b %}{{ x }}{% endfor %}", "1212"),
            ("{%+ if a + a == 2 +%}x{% endif %}", "x"),
            ("{{ 1e+2 + a }}", "101.0"),
            ("{{ {\"a\": {\"b\": a + a}}.a.b }}", "2"),
            ("1 + 1 {# a + b #}{% raw %}{{ a + b }}{% endraw %}{{ -a + a }}", "1 + 1 {{ a + b }}0"),
            ("{{ \"\\\"\" + \"+\" }}", "\"+"),
            ("{{ [[1, 2], [3]][0][1] }}{{ b[0] + 1 }}{{ (a, 2)[1] }}", "222"),
            ("{% for k, v in {\"x\": [1]}|items %}{{ k }}{{ v }}{% endfor %}", "x[1]"),
            ("{% for (k, v) in [(1, 2)] %}{{ k + v }}{% endfor %}{{ dict(a=[a]).a }}", "3[1]"),
            ("{% if a in [1] or not (a) %}{{ [1][0] }}{% else %}{% endif %}", "1"),
            ("{% macro f(x, y=[1]) %}{{ x }}{{ y }}{% endmacro %}{{ f([2]) }}", "[2][1]"),
        ] {
            assert_eq!(made(source).as_deref(), Ok(expected), "{}", counted(source));
        }
    }

    #[test]
    fn lists_that_grow_without_steps_end() {
        let doubled = "{% set x = x + x %}".repeat(60);
        let looped = |sum: &str| {
            format!(
                "{{% set n = namespace(x=[1], y=[1], c=range(100000)) %}}{{% for i in range(900) %}}{sum}{{% endfor %}}{{{{ n.x|length }}}}"
            )
        };
        for source in [
            format!("{{% set x = [1] %}}{doubled}{{{{ x|length }}}}"),
            looped("{% set n.x = n.x + n.x %}"),
            looped("{% set n.x = n.c + n.x %}"),
            looped("{% set n.x = [] + n.x + n.x %}"),
            looped("{% set n.x = n.x + n.y %}{% set n.y = n.y + n.x %}"),
            looped("{% set n.x = [n.x, n.x] %}") + "{{ n.x }}",
            looped("{% set n.x = {\"a\": n.x, \"b\": n.x} %}"),
            looped("{% set n.x = (n.x, n.x) %}"),
            looped("{% set n.x = dict(a=n.x, b=n.x) %}"),
            looped("{% set n.x = n.x or [n.x,n.x] %}{% set n.x = [ [n.x] [0] , n.x ] %}"),
            "{% macro f(x, n) %}{% if n %}{{ f([x, x], n - 1) }}{% else %}{{ x|string }}{% endif %}{% endmacro %}{{ f([1], 50) }}"
                .to_owned(),
            "{% macro f(x) %}{{ f(x + x) }}{% endmacro %}{{ f([1]) }}".to_owned(),
        ] {
            assert!(made(&source).is_err(), "{source}");
        }
        assert_eq!(made(&looped("{% set n.x = n.x + [i] %}")).as_deref(), Ok("901"));
    }
}
