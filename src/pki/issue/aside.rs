//! Certificates that stay on the disk, on every core: each is dropped when it is written.

use std::collections::BTreeMap;

use rayon::prelude::*;
use time::OffsetDateTime;

use crate::pki::aside::{Aside, Row, RowBytes, Rows};
use crate::pki::error::PkiError;
use crate::pki::issue::certificate::{Outcome, Run};
use crate::pki::issued::{Certificates, Issued, IssuedCertificate, Made};
use crate::pki::spec::{CertificateSpec, Request};
use crate::pki::store::batch::{Batch, line};
use crate::pki::store::table::{Place, Slot};
use crate::pki::store::{Held, Store};

/// So many certificates are begun before the first of them has to be done.
const AT_ONCE: usize = 64;

/// What is left of a certificate.
struct Done {
    row: RowBytes,
    at: At,
    made: Made,
    shortened: bool,
}

/// Where a certificate is.
enum At {
    Place(Place),
    /// Not in the file yet.
    Line(Box<(Slot, Vec<u8>)>),
}

/// Has all certificates.
pub(super) fn issue(
    request: &Request,
    store: &mut Store,
    now: OffsetDateTime,
    issued: &mut Issued,
) -> Result<(), PkiError> {
    let (rows, mut batch) = (Rows::new(store.dir())?, store.begin_batch()?);
    let mut shortened = BTreeMap::new();
    let (mut counts, run) = ([0; 2], Run::new((request, store), &issued.authorities, now));
    for (part, specs) in request.certificates.chunks(AT_ONCE).enumerate() {
        let done: Vec<_> = specs.par_iter().map(|spec| one(&run, spec)).collect();
        let done = done.into_iter().collect::<Result<Vec<_>, _>>()?;
        for (spec, done) in specs.iter().zip(&done) {
            counts[usize::from(done.made == Made::Kept)] += 1;
            *shortened.entry(spec.authority).or_default() += usize::from(done.shortened);
        }
        put(&rows, part * AT_ONCE, (&mut batch, done))?;
    }
    drop(run);
    store.end_batch(batch);
    issued.issued += counts[0];
    issued.reused += counts[1];
    let aside = Aside { rows, dir: store.dir().to_owned(), file: store.open_file()?, failed: Default::default() };
    issued.certificates = Certificates::Aside(aside);
    shortened.retain(|_, count| *count > 0);
    issued.note_shortened(shortened, |index| request.authorities[index as usize].name.clone());
    Ok(())
}

/// Appends those that are not in the file yet, and puts the rows of all.
fn put(rows: &Rows, first: usize, (batch, done): (&mut Batch, Vec<Done>)) -> Result<(), PkiError> {
    let (mut lines, mut places) = (Vec::new(), Vec::with_capacity(done.len()));
    for done in done {
        places.push((
            done.row,
            match done.at {
                At::Place(place) => Some(place),
                At::Line(line) => {
                    lines.push(*line);
                    None
                }
            },
        ));
    }
    let mut new = batch.put(&lines)?.into_iter();
    let placed = places.into_iter().filter_map(|(row, place)| Some((row, place.or_else(|| new.next())?)));
    rows.put(first, placed).map_err(|error| PkiError::file(batch.path(), "write beside", &error))
}

fn one(run: &Run<'_>, spec: &CertificateSpec) -> Result<Done, PkiError> {
    let held = run.store.held(&spec.id)?;
    let outcome = run.outcome(spec, held.as_ref().map(|held| &*held.leaf))?;
    if let (Outcome::Kept(kept), Some(Held { place: Some(place), .. })) = (&outcome, &held) {
        return Ok(Done { row: row(spec, kept)?, at: At::Place(*place), made: Made::Kept, shortened: false });
    }
    let (leaf, made, shortened) = match outcome {
        Outcome::Kept(kept) => (run.leaf(spec, kept), Made::Kept, false),
        Outcome::Moved(leaf) => (leaf, Made::Kept, false),
        Outcome::Made(leaf, validity) => (leaf, Made::New, validity.shortened),
    };
    let at = At::Line(Box::new(line(&spec.id, &leaf)?));
    Ok(Done { row: row(spec, &leaf.issued)?, at, made, shortened })
}

fn row(spec: &CertificateSpec, issued: &IssuedCertificate) -> Result<RowBytes, PkiError> {
    let bytes = Row::from(issued).bytes();
    bytes.ok_or_else(|| PkiError::making(&spec.id, "its serial number is too long".to_owned()))
}
