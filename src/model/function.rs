//! Operators and built-in functions: each total, none recursive.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::diag::{Code, Diagnostic, did_you_mean};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Expr, Ident};

use super::eval::eval_error;
use super::scope::Scope;
use super::{EvalError, Sight, Value, private_key};

mod address;
mod collection;
mod fold;
mod text;

pub use text::to_json;

/// A function over values: its result, or what is wrong with the arguments.
type Function = fn(&[Value]) -> Result<Value, String>;

/// All functions that need nothing but their arguments: name, number of arguments, what they do.
const FUNCTIONS: &[(&str, usize, Function)] = &[
    ("len", 1, collection::len),
    ("sum", 1, collection::sum),
    ("range", 1, collection::range),
    ("sort", 1, collection::sort),
    ("unique", 1, collection::unique),
    ("flatten", 1, collection::flatten),
    ("first", 1, collection::first),
    ("last", 1, collection::last),
    ("keys", 1, collection::keys),
    ("values", 1, collection::values),
    ("get", 2, collection::get),
    ("all", 1, collection::all),
    ("any-of", 1, collection::any_of),
    ("min", 2, collection::min),
    ("max", 2, collection::max),
    ("join", 2, text::join),
    ("split", 2, text::split),
    ("lower", 1, text::lower),
    ("upper", 1, text::upper),
    ("replace", 3, text::replace),
    ("trim", 1, text::trim),
    ("indent", 2, text::indent),
    ("starts-with", 2, text::starts_with),
    ("ends-with", 2, text::ends_with),
    ("contains", 2, text::contains),
    ("string", 1, text::string),
    ("int", 1, text::int),
    ("base64", 1, text::base64),
    ("json", 1, text::json),
    ("yaml", 1, text::json),
    ("path", 1, text::path),
    ("seconds", 1, text::seconds),
    ("go-duration", 1, text::go_duration),
    ("mib", 1, text::mib),
    ("major", 1, text::major),
    ("minor", 1, text::minor),
    ("minor-of", 1, text::minor_of),
    ("number", 1, text::number),
    ("host", 2, address::host),
    ("network", 1, address::network),
    ("prefix", 1, address::prefix),
    ("size-of", 1, address::size_of),
    ("subnet", 3, address::subnet),
    ("is-ipv6", 1, address::is_ipv6),
    ("ip", 1, address::ip),
];

/// Functions that read beside the module or end the evaluation.
const SPECIAL: &[&str] = &["read", "template", "fail"];

/// The names of all functions.
pub fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|(name, ..)| *name).chain(SPECIAL.iter().copied())
}

/// Calls a function. What is made of a secret is a secret.
pub(super) fn call(
    sight: Sight<'_, '_>,
    scope: &mut Scope<'_>,
    function: &Ident,
    arguments: &[Expr],
    span: Span,
) -> Result<Value, EvalError> {
    if let ("len", [list]) = (&*function.name, arguments)
        && let Some(length) = sight.length(scope, list)
    {
        return Ok(Value::Int(length as i64));
    }
    if let Some(value) = fold::call(sight, scope, function, arguments)? {
        return Ok(value);
    }
    let values = arguments.iter().map(|e| sight.eval(scope, e)).collect::<Result<Vec<_>, _>>()?;
    let secret = values.iter().any(Value::is_secret);
    if COPYING.contains(&&*function.name) && !values.iter().all(super::work::fits) {
        return Err(eval_error(
            Code::EvaluationFailed,
            span,
            format!("the arguments of `{}` are too large", function.name),
        ));
    }
    let result = match FUNCTIONS.iter().find(|(name, ..)| *name == &*function.name) {
        Some((_, count, run)) if *count == values.len() => {
            let plain: Vec<Value> = if secret { values.iter().map(unwrap).collect() } else { values };
            run(&plain)
        }
        Some((_, count, _)) => Err(format!("takes {count} arguments, found {}", values.len())),
        None => return special(sight, scope, function, &values, span),
    };
    let value = result.map_err(|message| {
        // The message of a function may quote its arguments.
        let message = if secret { "cannot be applied to this secret".to_owned() } else { message };
        eval_error(Code::EvaluationFailed, span, format!("`{}` {message}", function.name))
    })?;
    scope.work.spend(weight(&value), span)?;
    Ok(if secret && value != Value::None { Value::Secret(Arc::new(value)) } else { value })
}

/// Functions whose result may be much larger than what they are given shares.
const COPYING: &[&str] = &["join", "json", "yaml", "flatten", "replace", "indent", "template"];

/// How many steps it takes to make or go through the top of a value.
pub(super) fn weight(value: &Value) -> u64 {
    match value.reveal() {
        Value::List(list) => list.len() as u64,
        Value::Record(record) => record.len() as u64,
        Value::Text(text) | Value::Path(text) => text.len() as u64 / 16,
        _ => 0,
    }
}

fn unwrap(value: &Value) -> Value {
    value.reveal().clone()
}

fn special(
    sight: Sight<'_, '_>,
    scope: &mut Scope<'_>,
    function: &Ident,
    values: &[Value],
    span: Span,
) -> Result<Value, EvalError> {
    match (&*function.name, values) {
        ("fail", [message]) if message.is_secret() => {
            Err(eval_error(Code::SecretExposed, span, "a message cannot contain a secret"))
        }
        ("fail", [message]) => {
            Err(eval_error(Code::CheckFailed, span, message.scalar_text().unwrap_or_else(|| "failed".into())))
        }
        ("read", [path]) => {
            let value = private_key::guarded(Value::text(super::resource::read(&sight, scope, path, span)?));
            scope.work.spend(weight(&value), span)?;
            Ok(value)
        }
        ("template", [path, vars]) => super::resource::template(&sight, scope, path, vars, span),
        (name, _) => {
            let help = did_you_mean(name, names(), "see the list of functions in the language reference");
            let message = format!("no function `{name}` takes {} arguments", values.len());
            Err(Box::new(Diagnostic::new(Code::UnknownFunction, function.span, message).help(help)))
        }
    }
}

/// The value of a binary operator, except those that do not look at both sides.
pub(crate) fn binary(op: BinaryOp, a: &Value, b: &Value) -> Result<Value, String> {
    let secret = a.is_secret() || b.is_secret();
    let (a, b) = (a.reveal(), b.reveal());
    let value = match op {
        BinaryOp::Equal => Value::Bool(same(a, b)),
        BinaryOp::NotEqual => Value::Bool(!same(a, b)),
        BinaryOp::Less => Value::Bool(order(a, b)? == Ordering::Less),
        BinaryOp::LessEqual => Value::Bool(order(a, b)? != Ordering::Greater),
        BinaryOp::Greater => Value::Bool(order(a, b)? == Ordering::Greater),
        BinaryOp::GreaterEqual => Value::Bool(order(a, b)? != Ordering::Less),
        BinaryOp::In => Value::Bool(is_in(a, b)?),
        BinaryOp::Merge => merge(a, b)?,
        _ => arithmetic(op, a, b)?,
    };
    // Comparing a secret tells one bit of it; that is no secret of the kind that must stay in a private file.
    Ok(if secret && !matches!(value, Value::Bool(_)) { Value::Secret(Arc::new(value)) } else { value })
}

/// Whether two values are the same, over the types that are interchangeable: `int` and `float`, `string` and `path`.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a.reveal(), b.reveal()) {
        (Value::Int(a), Value::Float(b)) | (Value::Float(b), Value::Int(a)) => *a as f64 == *b,
        (Value::Text(a) | Value::Path(a), Value::Text(b) | Value::Path(b)) => a == b,
        (a, b) => a == b,
    }
}

/// The order of two values of one ordered type.
pub fn order(a: &Value, b: &Value) -> Result<Ordering, String> {
    Ok(match (a, b) {
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Size(a), Value::Size(b)) | (Value::Duration(a), Value::Duration(b)) => a.cmp(b),
        (Value::Percent(a), Value::Percent(b)) | (Value::Mode(a), Value::Mode(b)) => a.cmp(b),
        (Value::Version(a), Value::Version(b)) => a.cmp(b),
        (Value::Port(a), Value::Port(b)) => a.cmp(b),
        (Value::Ip(a), Value::Ip(b)) => a.cmp(b),
        (Value::Cidr(a), Value::Cidr(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Text(a) | Value::Path(a), Value::Text(b) | Value::Path(b)) => a.cmp(b),
        (Value::Float(_) | Value::Int(_), Value::Float(_) | Value::Int(_)) => {
            number(a)?.partial_cmp(&number(b)?).ok_or("these numbers cannot be compared")?
        }
        _ => return Err(format!("`{}` and `{}` cannot be compared", a.type_name(), b.type_name())),
    })
}

fn number(value: &Value) -> Result<f64, String> {
    match value {
        Value::Int(value) => Ok(*value as f64),
        Value::Float(value) => Ok(*value),
        other => Err(format!("`{}` is not a number", other.type_name())),
    }
}

fn is_in(a: &Value, b: &Value) -> Result<bool, String> {
    match (a, b) {
        (a, Value::List(list)) => Ok(list.iter().any(|x| same(a, x))),
        (Value::Text(key), Value::Record(record)) => Ok(record.contains_key(key)),
        (Value::Ip(ip), Value::Cidr(range)) => Ok(range.contains(ip)),
        (Value::Cidr(inner), Value::Cidr(range)) => Ok(range.contains(inner)),
        (a, b) => Err(format!("`in` cannot be applied to `{}` and `{}`", a.type_name(), b.type_name())),
    }
}

fn merge(a: &Value, b: &Value) -> Result<Value, String> {
    match (a, b) {
        (Value::Record(a), Value::Record(b)) => {
            let mut record = (**a).clone();
            record.extend(b.iter().map(|(key, value)| (key.clone(), value.clone())));
            Ok(Value::Record(Arc::new(record)))
        }
        (a, b) => {
            Err(format!("`&` merges two records, and cannot be applied to `{}` and `{}`", a.type_name(), b.type_name()))
        }
    }
}

fn arithmetic(op: BinaryOp, a: &Value, b: &Value) -> Result<Value, String> {
    let overflow = || "the result is too large".to_owned();
    match (op, a, b) {
        (_, Value::Int(a), Value::Int(b)) => integers(op, *a, *b).map(Value::Int),
        (BinaryOp::Add, Value::Size(a), Value::Size(b)) => a.checked_add(*b).map(Value::Size).ok_or_else(overflow),
        (BinaryOp::Subtract, Value::Size(a), Value::Size(b)) => Ok(Value::Size(a.saturating_sub(*b))),
        (BinaryOp::Multiply, Value::Size(a), Value::Int(b)) => {
            u64::try_from(*b).ok().and_then(|b| a.checked_mul(b)).map(Value::Size).ok_or_else(overflow)
        }
        (BinaryOp::Divide, Value::Size(a), Value::Int(b)) if *b > 0 => Ok(Value::Size(a / *b as u64)),
        (BinaryOp::Divide, Value::Size(a), Value::Size(b)) if *b > 0 => Ok(Value::Int((a / b) as i64)),
        (BinaryOp::Add, Value::Duration(a), Value::Duration(b)) => {
            a.checked_add(*b).map(Value::Duration).ok_or_else(overflow)
        }
        (BinaryOp::Subtract, Value::Duration(a), Value::Duration(b)) => Ok(Value::Duration(a.saturating_sub(*b))),
        (BinaryOp::Multiply, Value::Duration(a), Value::Int(b)) => {
            u64::try_from(*b).ok().and_then(|b| a.checked_mul(b)).map(Value::Duration).ok_or_else(overflow)
        }
        (BinaryOp::Divide, Value::Duration(a), Value::Int(b)) if *b > 0 => Ok(Value::Duration(a / *b as u64)),
        (BinaryOp::Add, Value::List(a), Value::List(b)) => Ok(Value::list(a.iter().chain(b.iter()).cloned())),
        (BinaryOp::Add, Value::Text(a) | Value::Path(a), Value::Text(b) | Value::Path(b)) => {
            Ok(Value::text(format!("{a}{b}")))
        }
        (_, Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => {
            floats(op, number(a)?, number(b)?).map(Value::Float)
        }
        _ => Err(format!("this operator cannot be applied to `{}` and `{}`", a.type_name(), b.type_name())),
    }
}

fn integers(op: BinaryOp, a: i64, b: i64) -> Result<i64, String> {
    let result = match op {
        BinaryOp::Add => a.checked_add(b),
        BinaryOp::Subtract => a.checked_sub(b),
        BinaryOp::Multiply => a.checked_mul(b),
        BinaryOp::Divide | BinaryOp::Remainder if b == 0 => return Err("division by zero".into()),
        BinaryOp::Divide => a.checked_div(b),
        BinaryOp::Remainder => a.checked_rem_euclid(b),
        _ => return Err("this operator cannot be applied to numbers".into()),
    };
    result.ok_or_else(|| "the result is too large".into())
}

fn floats(op: BinaryOp, a: f64, b: f64) -> Result<f64, String> {
    match op {
        BinaryOp::Add => Ok(a + b),
        BinaryOp::Subtract => Ok(a - b),
        BinaryOp::Multiply => Ok(a * b),
        BinaryOp::Divide if b != 0.0 => Ok(a / b),
        BinaryOp::Remainder if b != 0.0 => Ok(a.rem_euclid(b)),
        _ => Err("division by zero".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::builtin::{ALL, signature};

    #[test]
    fn every_function_of_the_language_can_be_called() {
        let mut typed: Vec<_> = ALL.iter().map(|builtin| builtin.name).collect();
        let mut called: Vec<_> = names().collect();
        typed.sort_unstable();
        called.sort_unstable();
        assert_eq!(typed, called, "check/builtin.rs has the left functions, model/function.rs the right ones");
    }

    #[test]
    fn every_function_takes_what_it_is_given() {
        for (name, count, _) in FUNCTIONS {
            let signature = signature(name).expect("a function has a signature");
            assert_eq!(signature.parameters.len(), *count, "`{name}`");
        }
    }

    #[test]
    fn equality_crosses_the_types_that_stand_for_each_other() {
        assert!(same(&Value::Int(2), &Value::Float(2.0)));
        assert!(same(&Value::text("/a"), &Value::Path("/a".into())));
        assert!(!same(&Value::Int(2), &Value::text("2")));
    }

    #[test]
    fn arithmetic_never_overflows_silently() {
        assert!(binary(BinaryOp::Add, &Value::Int(i64::MAX), &Value::Int(1)).is_err());
        assert!(binary(BinaryOp::Remainder, &Value::Int(1), &Value::Int(0)).is_err());
    }
}
