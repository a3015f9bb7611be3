//! How things may be called.

use super::checker::Checker;
use super::names::RESERVED;
use crate::diag::{Code, Diagnostic};
use crate::syntax::ast::Ident;

/// Machine names are `GROUP-INDEX`, at most 63 characters, and part of other names.
const LONGEST_GROUP: usize = 40;

impl Checker<'_> {
    /// Says so when a declared name is not in kebab-case.
    pub fn kebab(&mut self, name: &Ident) {
        if is_kebab(&name.name) {
            return;
        }
        let message = format!("`{}` is not a name in kebab-case", name.name);
        let diagnostic = Diagnostic::new(Code::InvalidName, name.span, message)
            .help("start a name with a lower-case letter, followed by lower-case letters, digits and `-`");
        let better = kebab_of(&name.name);
        self.report(match is_kebab(&better) {
            true => diagnostic.fix(name.span, better.clone(), format!("rename it to `{better}`")),
            false => diagnostic,
        });
    }

    /// Says so when a declared value takes a name of the language.
    pub fn free(&mut self, name: &Ident) {
        self.kebab(name);
        if RESERVED.contains(&&*name.name) {
            let message = format!("`{}` is a reserved name", name.name);
            let diagnostic = Diagnostic::new(Code::InvalidName, name.span, message);
            self.report(diagnostic.help("choose another name"));
        }
    }

    /// Says so when a machine group cannot be a part of host names.
    pub fn host_label(&mut self, name: &Ident) {
        if name.name.chars().any(|c| c.is_ascii_uppercase()) {
            return self.upper_case(name);
        }
        self.kebab(name);
        let long = name.name.len() > LONGEST_GROUP;
        if long || name.name.ends_with('-') {
            let message = match long {
                true => format!("the name of a machine group can have at most {LONGEST_GROUP} characters"),
                false => format!("`{}` cannot be used in host names: it ends in `-`", name.name),
            };
            let diagnostic = Diagnostic::new(Code::InvalidName, name.span, message);
            self.report(diagnostic.help("machines are named after their group: `cp-0`, `cp-1`"));
        }
    }

    /// A kubelet registers in lower case, and then its certificate is another node's.
    fn upper_case(&mut self, name: &Ident) {
        let lower = name.name.to_ascii_lowercase();
        let message = format!(
            "a machine of `{0}` would register as `{lower}`, but its certificate would be for `{0}`",
            name.name
        );
        let diagnostic = Diagnostic::new(Code::InvalidName, name.span, message)
            .help("use lower case: the API server compares `system:node:NAME` case-sensitively");
        let better = kebab_of(&name.name);
        self.report(match is_kebab(&better) {
            true => diagnostic.fix(name.span, better.clone(), format!("rename it to `{better}`")),
            false => diagnostic,
        });
    }
}

/// Whether a name is in kebab-case.
pub fn is_kebab(name: &str) -> bool {
    let first = name.chars().next().is_some_and(|c| c.is_ascii_lowercase());
    first && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// `kubeApi` and `kube_api` as `kube-api`.
fn kebab_of(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        let follows = out.chars().last().is_some_and(|last| last.is_ascii_lowercase());
        if c.is_ascii_uppercase() && follows {
            out.push('-');
        }
        out.push(if c == '_' { '-' } else { c.to_ascii_lowercase() });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_kebab_case() {
        assert_eq!(kebab_of("kubeApi"), "kube-api");
        assert_eq!(kebab_of("Kube_api"), "kube-api");
        assert!(is_kebab("br-0") && !is_kebab("0br") && !is_kebab("br_netfilter"));
    }
}
