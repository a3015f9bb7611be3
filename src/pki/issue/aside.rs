//! Certificates of machines, on every core, machine by machine: each is dropped when it is written.

use std::collections::BTreeMap;

use rayon::prelude::*;
use time::OffsetDateTime;

use crate::pki::aside::{Aside, Row};
use crate::pki::error::PkiError;
use crate::pki::issue::certificate::{Outcome, Run};
use crate::pki::issued::{Certificates, Issued, Made};
use crate::pki::spec::Request;
use crate::pki::store::Store;
use crate::pki::store::apart::Apart;
use crate::syntax::ast::Name;

/// So many machines are begun before the first of them has to be done.
const AT_ONCE: usize = 256;

/// What is left of a machine.
struct Done {
    apart: Apart,
    /// By the indices of the request. Whether each was made, and whether it was shortened.
    rows: Vec<(usize, Row, Made, bool)>,
}

/// Has all certificates.
pub(super) fn issue(
    request: &Request,
    store: &mut Store,
    now: OffsetDateTime,
    issued: &mut Issued,
) -> Result<(), PkiError> {
    let mut machines: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, spec) in request.certificates.iter().enumerate() {
        machines.entry(spec.machine()).or_default().push(place);
    }
    let machines: Vec<_> = machines.into_iter().collect();
    let mut aside = Aside { dir: store.dir().to_owned(), ..Aside::default() };
    let (mut rows, mut shortened) = (vec![None; request.certificates.len()], BTreeMap::new());
    for some in machines.chunks(AT_ONCE) {
        let run = Run::new((request, store), &issued.authorities, now);
        let done: Vec<_> = some.par_iter().map(|(name, places)| one(&run, name, places)).collect();
        for ((name, _), done) in some.iter().zip(done) {
            let Done { apart, rows: own } = done?;
            for (place, row, made, short) in own {
                issued.count(made);
                *shortened.entry(request.certificates[place].authority).or_default() += usize::from(short);
                rows[place] = Some(row);
            }
            let name = Name::from(*name);
            aside.staged.extend(apart.path().map(|path| (name.clone(), path)));
            store.put_apart(name, apart)?;
        }
    }
    store.rest();
    shortened.retain(|_, count| *count > 0);
    aside.rows = rows.into_iter().map(|row| row.expect("each certificate is of a machine")).collect();
    issued.certificates = Certificates::Aside(aside);
    issued.note_shortened(shortened, |index| request.authorities[index as usize].name.clone());
    Ok(())
}

fn one(run: &Run<'_>, name: &str, places: &[usize]) -> Result<Done, PkiError> {
    let mut machine = run.store.read_apart(name)?;
    let (mut rows, mut changed) = (Vec::with_capacity(places.len()), false);
    for place in places {
        let spec = &run.request.certificates[*place];
        let (leaf, made, short) = match run.outcome(spec, machine.certificates.get(&spec.id))? {
            Outcome::Kept(kept) => {
                rows.push((*place, Row::from(&*kept), Made::Kept, false));
                continue;
            }
            Outcome::Moved(leaf) => (leaf, Made::Kept, false),
            Outcome::Made(leaf, validity) => (leaf, Made::New, validity.shortened),
        };
        rows.push((*place, Row::from(&*leaf.issued), made, short));
        machine.certificates.insert(spec.id.clone(), leaf);
        changed = true;
    }
    Ok(Done { apart: run.store.apart(name, &machine, changed)?, rows })
}
