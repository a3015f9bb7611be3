//! Authorities, certificates, and other keys and secrets.
//!
//! Certificates of the units of one application usually differ only in the name and address of the machine, so they share one
//! row with the placeholders `{machine}` and `{address}`.

use std::io::{self, Write};

use crate::hash::{HashMap, IndexMap};
use crate::model::{AppId, UnitId};
use crate::pki::spec::CertificateSpec;
use crate::plan::certificate::General;
use crate::plan::json::usage;

use super::issue::Ends;
use super::page::{Detail, Page};
use super::reissue;
use crate::cli::table::{Cell, labelled, line, table, widths};
use crate::text::thousands;

/// Everything that is to be issued.
pub(super) fn write(page: &Page<'_, '_>, out: &mut dyn Write) -> io::Result<()> {
    authorities(page, out)?;
    others(page, out)?;
    certificates(page, out)?;
    reissue::write(page, out)
}

fn authorities(page: &Page<'_, '_>, out: &mut dyn Write) -> io::Result<()> {
    let list = &page.plan.pki.request.authorities;
    page.heading(out, "Authorities", list.len())?;
    let rows = list.iter().zip(&page.status.authorities).map(|(authority, status)| {
        let mut ends = Ends::default();
        ends.add(status);
        let (key, ends) = (authority.key.name(), ends.text(authority.lifetime_seconds));
        vec![
            Cell::name(&*authority.name),
            Cell::plain(format!("CN {}", authority.cn)),
            Cell::dim(key),
            Cell::plain(ends),
        ]
    });
    table(out, page.look, 2, &rows.collect::<Vec<_>>())?;
    writeln!(out)
}

/// Key pairs and secrets.
fn others(page: &Page<'_, '_>, out: &mut dyn Write) -> io::Result<()> {
    let request = &page.plan.pki.request;
    let pairs = request.keypairs.iter().map(|pair| (&pair.name, format!("key pair, {}", pair.key.name())));
    let secrets = request.secrets.iter().map(|secret| (&secret.name, format!("secret, {} random bytes", secret.bytes)));
    let rows: Vec<_> = pairs.chain(secrets).map(|(name, what)| vec![Cell::name(&**name), Cell::plain(what)]).collect();
    if rows.is_empty() {
        return Ok(());
    }
    page.heading(out, "Keys and secrets", rows.len())?;
    table(out, page.look, 2, &rows)?;
    writeln!(out)
}

/// What the certificates of one row have in common.
#[derive(PartialEq, Eq, Hash)]
struct CertificateRow {
    app: AppId,
    cert: u32,
    /// Only when each is shown.
    unit: Option<UnitId>,
    authority: u32,
    cn: String,
    org: String,
    usage: String,
    sans: String,
    lifetime_seconds: u64,
    key: &'static str,
}

/// The certificates of one row.
#[derive(Default)]
struct Members {
    count: usize,
    first: usize,
    ends: Ends,
}

fn certificates(page: &Page<'_, '_>, out: &mut dyn Write) -> io::Result<()> {
    let rows = rows(page);
    let common = common(&rows);
    let number = format!("({})", thousands(page.plan.pki.request.certificates.len()));
    let each = common.as_ref().map_or(String::new(), |ends| format!(" each {ends}"));
    writeln!(out, "{} {}{each}", page.look.bold("Certificates"), page.look.dim(&number))?;
    let heads: Vec<_> = rows.iter().map(|(row, members)| head(page, row, members)).collect();
    let widths = widths(&heads);
    for (head, (row, members)) in heads.iter().zip(&rows) {
        line(out, page.look, 2, &widths, head)?;
        if common.is_none() {
            labelled(out, page.look, 6, "end", &members.ends.text(row.lifetime_seconds))?;
        }
        names(page, out, row, members)?;
    }
    if rows.values().any(|members| members.count > 1) {
        let legend = "{machine} and {address} stand for the name and address of each machine";
        writeln!(out, "  {}", page.look.dim(legend))?;
    }
    writeln!(out)
}

/// When all certificates end, if it is the same for all.
fn common(rows: &IndexMap<CertificateRow, Members>) -> Option<String> {
    let mut ends = rows.iter().map(|(row, members)| members.ends.text_of_any(row.lifetime_seconds));
    let first = ends.next()?;
    ends.all(|end| end == first).then_some(first).flatten()
}

fn rows(page: &Page<'_, '_>) -> IndexMap<CertificateRow, Members> {
    let (pki, model) = (&page.plan.pki, page.model());
    let mut rows: IndexMap<CertificateRow, Members> = IndexMap::default();
    // The row of the last certificate of a kind: most are like the one before.
    let mut last: HashMap<(AppId, u32), usize> = HashMap::default();
    for (index, (spec, (unit, cert))) in pki.request.certificates.iter().zip(&pki.certificates).enumerate() {
        let kind = (model.unit(*unit).app, *cert);
        let unit = (page.detail == Detail::Each).then_some(*unit);
        let alike = last.get(&kind).filter(|_| unit.is_none() && pki.alike[index]);
        let number = alike.copied().unwrap_or_else(|| {
            let general = General::of(model, pki.certificates[index].0);
            let entry = rows.entry(row(spec, (kind.0, *cert, unit), &general));
            let number = entry.index();
            entry.or_insert_with(|| Members { first: index, ..Members::default() });
            number
        });
        last.insert(kind, number);
        rows[number].count += 1;
        rows[number].ends.add(&page.status.certificates[index]);
    }
    rows
}

fn row(
    spec: &CertificateSpec,
    (app, cert, unit): (AppId, u32, Option<UnitId>),
    general: &General<'_>,
) -> CertificateRow {
    CertificateRow {
        app,
        cert,
        unit,
        authority: spec.authority,
        cn: general.name(&spec.cn),
        org: spec.org.join(", "),
        usage: usage(spec).join(" and "),
        sans: general.sans(&spec.sans),
        lifetime_seconds: spec.lifetime_seconds,
        key: spec.key.name(),
    }
}

/// The name, how many there are, who signs them, and what for.
fn head(page: &Page<'_, '_>, row: &CertificateRow, members: &Members) -> Vec<Cell> {
    let (pki, model) = (&page.plan.pki, page.model());
    let cert = &model.component_of(row.app).certs[row.cert as usize].ast.name.name;
    let machine = pki.request.certificates[members.first].machine();
    let number = match members.count {
        1 if machine == "-" => "1".to_owned(),
        1 if page.detail == Detail::Each => machine.to_owned(),
        many => thousands(many),
    };
    vec![
        Cell::name(format!("{}/{cert}", model.app(row.app).name)),
        Cell::plain(number),
        Cell::plain(&*pki.request.authorities[row.authority as usize].name),
        Cell::plain(row.usage.clone()),
    ]
}

/// Subject and alternative names. One of a kind is shown as it is.
fn names(page: &Page<'_, '_>, out: &mut dyn Write, row: &CertificateRow, members: &Members) -> io::Result<()> {
    let spec = &page.plan.pki.request.certificates[members.first];
    let whole = General::none();
    let (cn, sans) = match members.count {
        1 => (whole.name(&spec.cn), whole.sans(&spec.sans)),
        _ => (row.cn.clone(), row.sans.clone()),
    };
    let org = if row.org.is_empty() { String::new() } else { format!(", O {}", row.org) };
    labelled(out, page.look, 6, "CN ", &format!("{cn}{org}"))?;
    if sans.is_empty() { Ok(()) } else { labelled(out, page.look, 6, "SAN", &sans) }
}
