//! What a component sets itself, and the reasons of a `deploy` to set it otherwise.

use super::{Settable, Setting, override_reasons};
use crate::diag::{Code, Diagnostic};
use crate::source::{Sources, Span};
use crate::syntax::ast::{self, BinaryOp, Expr, ExprKind, Field, ItemKind, Name};
use crate::text::List;

/// A value that a component sets already.
pub(in crate::check) struct Owned<'p> {
    /// As `override` names it: `audit-log-path`, `authentication.anonymous.enabled`.
    pub name: String,
    pub at: Span,
    pub by: &'p Field,
}

impl<'p> Settable<'p> {
    /// What a `deploy` sets without a reason although the component sets it.
    pub(in crate::check) fn conflicts(&self, body: &'p ast::Body) -> Vec<Owned<'p>> {
        let (mut found, reasons) = (Vec::new(), override_reasons(body));
        for field in &body.fields {
            let Some(setting) =
                field.key.plain().filter(|name| !self.has_option(name)).and_then(|n| Setting::named(&n))
            else {
                continue;
            };
            let ExprKind::Record { table, fields } = &field.value.kind else { continue };
            let own = match setting {
                Setting::Flags => self.flags_of(table.as_ref().map(|program| &*program.name)),
                Setting::Config => self.config.map(|content| self.written_out(content)).unwrap_or_default(),
                Setting::Unit => self.unit.into_iter().collect(),
                Setting::Override => continue,
            };
            self.meet(&own, fields, ("", setting), &mut found);
        }
        found.retain(|owned| !reasons.iter().any(|reason| **reason == *owned.name));
        found
    }

    /// Fields that are in one of several records of the component too; of two records, those in them.
    fn meet(
        &self,
        own: &[&'p [Field]],
        fields: &'p [Field],
        (at, setting): (&str, Setting),
        found: &mut Vec<Owned<'p>>,
    ) {
        for field in fields {
            let Some(key) = field.key.plain().filter(|key| setting != Setting::Unit || &**key != "flags") else {
                continue;
            };
            let set = own.iter().find_map(|own| own.iter().find(|own| own.key.plain().as_ref() == Some(&key)));
            let Some(by) = set else { continue };
            let name = if at.is_empty() { key.to_string() } else { format!("{at}.{key}") };
            let inner = self.written_out(&by.value);
            match &field.value.kind {
                ExprKind::Record { fields, .. } if !inner.is_empty() && setting != Setting::Flags => {
                    self.meet(&inner, fields, (&name, setting), found);
                }
                _ => found.push(Owned { name, at: field.key.span(), by }),
            }
        }
    }

    /// The flags that the component sets for a program, or for its only one.
    fn flags_of(&self, program: Option<&str>) -> Vec<&'p [Field]> {
        let of = |known: &str| program.is_none_or(|program| program == known);
        self.flags.iter().filter(|(known, _)| of(&known.name)).map(|(_, fields)| *fields).collect()
    }

    /// Says that the component sets a value itself.
    pub(in crate::check) fn owned(&self, sources: &Sources, owned: Owned<'_>) -> Diagnostic {
        let Owned { name, at, by } = owned;
        let message = format!("`{}` sets `{name}` itself", self.component.name.name);
        let diagnostic = Diagnostic::new(Code::SettingOwned, at, message).label(by.span, "here");
        let key = if name.contains('.') { format!("\"{name}\"") } else { name };
        let reason = format!("override = {{ {key} = \"...\" }}");
        let options = self.options_in(sources.text(by.value.span));
        diagnostic.help(match options.as_slice() {
            [] => format!("remove it, or add a reason: `{reason}`"),
            options => format!("set the option {}, or add a reason: `{reason}`", List::ticked(options).or()),
        })
    }

    /// The options that an expression of the component names.
    fn options_in(&self, text: &str) -> Vec<Name> {
        let is_part = |next: Option<char>| next.is_some_and(|c| c.is_alphanumeric() || c == '-');
        let named = |name: &Name| {
            text.split("option.")
                .skip(1)
                .any(|rest| rest.strip_prefix(&**name).is_some_and(|behind| !is_part(behind.chars().next())))
        };
        self.options().filter(|name| named(name)).cloned().collect()
    }

    /// Whether the component sets the value that `override` calls so.
    pub(super) fn sets(&self, name: &str) -> bool {
        let has = |fields: &[Field]| fields.iter().any(|field| field.key.plain().as_deref() == Some(name));
        self.flags.iter().any(|(_, fields)| has(fields))
            || self.unit.is_some_and(|fields| self.reaches(&[fields], name))
            || self.config.is_some_and(|content| self.reaches(&self.written_out(content), name))
    }

    /// Whether a path of keys ends at a value; keys may have dots of their own.
    fn reaches(&self, records: &[&[Field]], path: &str) -> bool {
        records.iter().flat_map(|fields| fields.iter()).any(|field| {
            let Some(key) = field.key.plain() else { return false };
            let Some(rest) = path.strip_prefix(&*key) else { return false };
            match rest.strip_prefix('.') {
                Some(rest) => self.reaches(&self.written_out(&field.value), rest),
                None => rest.is_empty(),
            }
        })
    }

    /// The records that a value may be, as they are written: through names of the component, conditions and merges.
    pub(super) fn written_out<'e>(&self, expr: &'e Expr) -> Vec<&'e [Field]>
    where
        'p: 'e,
    {
        let mut found = Vec::new();
        let mut rest = vec![(expr, 0)];
        while let Some((expr, depth)) = rest.pop() {
            match &expr.kind {
                ExprKind::Record { fields, .. } => found.push(&**fields),
                _ if depth > 8 => {}
                ExprKind::Paren(inner) => rest.push((inner, depth + 1)),
                ExprKind::If { then, otherwise, .. } => {
                    rest.extend(otherwise.iter().chain(Some(then)).map(|branch| (&**branch, depth + 1)));
                }
                ExprKind::Binary { op: BinaryOp::Merge, left, right } => {
                    rest.extend([(&**left, depth + 1), (&**right, depth + 1)]);
                }
                ExprKind::Name(name) => rest.extend(self.local_let(&name.name).map(|value| (value, depth + 1))),
                _ => {}
            }
        }
        found
    }

    fn local_let(&self, name: &str) -> Option<&'p Expr> {
        self.component.items.iter().find_map(|item| match &item.kind {
            ItemKind::Let(item) if &*item.name.name == name => Some(&item.value),
            _ => None,
        })
    }
}
