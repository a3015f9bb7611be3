//! Packets of a pod network that are larger than the interfaces of the machines carry.

use serde_json::Value as Json;

use crate::diag::{Code, Diagnostic};
use crate::facts::packet::{PacketSize, sizes};
use crate::model::link::{Link, mtu, of_nodes};
use crate::model::{Machine, Model};
use crate::verify::locate::Step;
use crate::verify::network::kinds;

use super::inventory::{Found, at};

/// Compares what objects set with the smallest interface that carries it.
pub(super) fn verify(model: &Model<'_>, list: &[Found<'_, '_>]) -> Vec<Diagnostic> {
    let links = kinds(model).into_iter().filter_map(|machine| Some((machine, of_nodes(&machine.links)?)));
    let Some((machine, link)) = links.min_by_key(|(machine, link)| mtu(&machine.links, link)) else {
        return Vec::new();
    };
    let of = |found: &Found<'_, '_>| {
        let rows = sizes(found.kind(), found.name());
        rows.filter_map(|row| large(model, found, row, (machine, link))).collect::<Vec<_>>()
    };
    list.iter().flat_map(of).collect()
}

fn large(
    model: &Model<'_>,
    found: &Found<'_, '_>,
    row: &PacketSize,
    (machine, link): (&Machine, &Link),
) -> Option<Diagnostic> {
    let (way, size) = size(found, row)?;
    let most = mtu(&machine.links, link);
    if size + row.adds <= most {
        return None;
    }
    let around = match row.adds {
        0 => String::new(),
        adds => format!(", and {adds} bytes are put around them"),
    };
    let message = format!("{} {size}{around}, but `{}` of `{}` carries {most}", row.what, link.name, machine.name);
    let problem = Diagnostic::new(Code::MtuTooLarge, found.span(model, &way), message);
    Some(
        problem
            .label(link.span, "this interface")
            .help(format!("use at most {}, or a larger `mtu` of the interfaces", most - row.adds)),
    )
}

/// The value of a setting, if it is one.
fn size(found: &Found<'_, '_>, row: &PacketSize) -> Option<(Vec<Step>, i64)> {
    let value = row.path.iter().try_fold(&found.object, |value, key| value.get(key))?;
    let way: Vec<Step> = row.path.iter().map(|key| Step::from(key.as_str())).collect();
    let number = |value: &Json| value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
    let size = match row.inside.as_str() {
        "" => number(value),
        inside => {
            let read: Json = serde_json::from_str(value.as_str()?).ok()?;
            at(&read, inside).first().and_then(|(_, value)| number(value))
        }
    };
    size.filter(|size| *size > 0).map(|size| (way, size))
}
