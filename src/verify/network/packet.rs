//! Machines whose interfaces carry packets of different sizes to each other.

use crate::diag::{Code, Diagnostic};
use crate::model::link::{Link, mtu, of_nodes};
use crate::model::{Machine, Model};
use crate::plan::Proof;
use crate::text::Count;

use super::link::kinds;

/// Compares the interfaces that have the machines' addresses.
pub(super) fn verify(model: &Model<'_>, problems: &mut Vec<Diagnostic>) -> Proof {
    let kinds = kinds(model);
    let links: Vec<(&Machine, &Link, i64)> = kinds
        .into_iter()
        .filter_map(|machine| of_nodes(&machine.links).map(|link| (machine, link, mtu(&machine.links, link))))
        .collect();
    let least = links.iter().min_by_key(|(.., mtu)| *mtu);
    let most = links.iter().max_by_key(|(.., mtu)| *mtu);
    let none = Proof { name: "packets", statement: String::new(), count: 0 };
    let (Some(least), Some(most)) = (least, most) else { return none };
    if least.2 != most.2 {
        problems.push(differ(*most, *least));
    }
    let count = model.machines.iter().filter(|machine| !machine.links.is_empty()).count();
    let statement = format!("{}: packets of {} bytes from each to each", Count(count, "machine"), least.2);
    if least.2 == most.2 { Proof { statement, count, ..none } } else { none }
}

fn differ((one, link, mtu): (&Machine, &Link, i64), (other, small, least): (&Machine, &Link, i64)) -> Diagnostic {
    let message = format!(
        "`{}` of `{}` carries packets of {mtu} bytes, but `{}` of `{}` only of {least}",
        link.name, one.name, small.name, other.name
    );
    let problem = Diagnostic::new(Code::MtuDiffers, link.span, message).label(small.span, format!("{least} here"));
    problem.help(format!(
        "set `mtu = {mtu}` on both, if switches carry it, else {least}: a switch drops packets that are larger than the receiver takes, and connections hang"
    ))
}
