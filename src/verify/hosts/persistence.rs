//! What a command changes is still so after the next boot.

use crate::diag::{Code, Diagnostic};
use crate::model::component::Component;
use crate::model::scope::Scope;
use crate::model::{AppId, Model};
use crate::plan::keep;
use crate::syntax::ast::{Expr, Item, ItemKind, NeedsKind};

/// A command whose effect ends with the machine's uptime: how it begins, what brings the old state back, what says it for
/// good, and the words by which something beside it does that already.
struct Passing {
    begins: &'static str,
    undone: &'static str,
    instead: &'static str,
    mended: &'static [&'static str],
}

const PASSING: &[Passing] = &[
    Passing {
        begins: "swapoff",
        undone: "the entry in /etc/fstab enables swap again",
        instead: "remove the entry from /etc/fstab too, or mask `swap.target`; a kubelet without `swap = true` masks \
                  it automatically",
        mended: &["/etc/fstab", "swap.target"],
    },
    Passing {
        begins: "sysctl ",
        undone: "the kernel starts with its default value",
        instead: "use `needs sysctl NAME = VALUE`",
        mended: &["/etc/sysctl"],
    },
    Passing {
        begins: "modprobe ",
        undone: "the module is not loaded",
        instead: "use `needs module NAME`",
        mended: &["/etc/modules"],
    },
    Passing {
        begins: "setenforce ",
        undone: "SELinux uses the mode set in /etc/selinux/config",
        instead: "set the mode in /etc/selinux/config",
        mended: &["/etc/selinux/config"],
    },
    Passing {
        begins: "ip route add",
        undone: "the route is lost",
        instead: "add the route to the network configuration of the machine",
        mended: &["netplan", "systemd/network"],
    },
    Passing {
        begins: "mount ",
        undone: "the file system is not mounted",
        instead: "declare a `unit NAME.mount`",
        mended: &["/etc/fstab", ".mount"],
    },
];

/// Looks at the commands of all components.
pub(super) fn verify(model: &Model<'_>, problems: &mut Vec<Diagnostic>) -> usize {
    let mut count = 0;
    for (app, _) in model.apps() {
        let component = model.component_of(app);
        for (command, condition) in commands(component) {
            let Some(unit) = model.units_of(app).next() else { continue };
            let mut scope = Scope::unit(model, unit);
            if !model.holds(&mut scope, condition).unwrap_or(false) {
                continue;
            }
            let value = keep(model.eval(&mut scope, command), &mut Vec::new());
            let Some(text) = value.and_then(|value| value.scalar_text()) else { continue };
            count += 1;
            let beside = |word: &&str| component.ast.items.iter().any(|item| says(model, item, word));
            let passing = PASSING.iter().find(|passing| text.trim_start_matches("/sbin/").starts_with(passing.begins));
            problems.extend(
                passing.filter(|p| !p.mended.iter().any(beside)).map(|p| problem(model, app, command, p, &text)),
            );
        }
    }
    count
}

/// The commands of a component, and when they are run.
fn commands<'a>(component: &'a Component<'_>) -> impl Iterator<Item = (&'a Expr, Option<&'a Expr>)> {
    component.ast.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Needs(needs) => match &needs.kind {
            NeedsKind::Command(command) => Some((command, needs.condition.as_ref())),
            _ => None,
        },
        _ => None,
    })
}

/// Whether the text of an item has a word in it.
fn says(model: &Model<'_>, item: &Item, word: &str) -> bool {
    model.program.sources.text(item.span).contains(word)
}

fn problem(model: &Model<'_>, app: AppId, command: &Expr, passing: &Passing, text: &str) -> Diagnostic {
    let program = text.split_whitespace().next().unwrap_or(text);
    let message = format!("the effect of `{program}` does not survive a reboot: {}", passing.undone);
    Diagnostic::new(Code::LastingCommand, command.span, message)
        .here("in effect until the next reboot")
        .label(model.app(app).span, format!("`{}` is deployed here", model.app(app).name))
        .help(passing.instead)
}
