//! Certificates to reissue, and what restarts with them.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::model::{AppId, Model};
use crate::pki::Status;
use crate::plan::dialled_names;

use super::page::Page;
use crate::cli::table::labelled;

/// Certificates of one kind that are reissued for one reason.
struct Reissue {
    count: usize,
    why: &'static str,
}

/// One paragraph per kind of certificate; nothing if none is reissued.
pub(super) fn write(page: &Page<'_, '_>, out: &mut dyn Write) -> io::Result<()> {
    let mut kinds: BTreeMap<(AppId, u32), Reissue> = BTreeMap::new();
    let model = page.model();
    for (status, (unit, cert)) in page.status.certificates.iter().zip(&page.plan.pki.certificates) {
        if let Status::Stale { why } = status {
            let reissue = kinds.entry((model.unit(*unit).app, *cert)).or_insert(Reissue { count: 0, why });
            reissue.count += 1;
        }
    }
    if kinds.is_empty() {
        return Ok(());
    }
    page.heading(out, "Certificates to reissue", kinds.values().map(|reissue| reissue.count).sum())?;
    for ((app, cert), reissue) in &kinds {
        let component = model.component_of(*app);
        let name = format!("{}/{}", model.app(*app).name, component.certs[*cert as usize].ast.name.name);
        writeln!(out, "  {}  {}  {}", page.look.name(&name), reissue.count, reissue.why)?;
        labelled(out, page.look, 6, "restarts", &model.app(*app).name)?;
        let clients = clients(model, *app, *cert);
        if !clients.is_empty() {
            labelled(out, page.look, 6, "used by", &clients.join(", "))?;
        }
    }
    writeln!(out)
}

/// The applications that dial what shows a certificate, through load balancers too: they hold an address or a name that
/// may have changed with it.
fn clients<'a>(model: &'a Model<'_>, app: AppId, cert: u32) -> Vec<&'a str> {
    let shows = |end: &crate::model::EndpointId| end.app == app && model.endpoint_info(*end).identity == Some(cert);
    let dials = model.relations.iter().filter(|relation| {
        !dialled_names::is_forwarding(model, relation.from)
            && dialled_names::behind(model, relation.to).iter().any(shows)
    });
    let mut names: Vec<&str> = dials.map(|relation| &*model.app(relation.from.app).name).collect();
    names.dedup();
    names
}
