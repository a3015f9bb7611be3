//! Certificates of machines, on every core, machine by machine: each is dropped when it is written.

use std::collections::BTreeMap;

use rayon::prelude::*;
use time::OffsetDateTime;

use crate::pki::aside::{Aside, Rows};
use crate::pki::error::PkiError;
use crate::pki::issue::certificate::{Outcome, Run};
use crate::pki::issued::{Certificates, Issued, Made};
use crate::pki::spec::Request;
use crate::pki::store::Store;
use crate::pki::store::apart;

/// So many machines are begun before the first of them has to be done.
const AT_ONCE: usize = 64;

/// What is left of a machine.
struct Done {
    apart: apart::Done,
    /// By the indices of the request. Whether each was made, and whether it was shortened.
    made: Vec<(u32, Made, bool)>,
}

/// Has all certificates.
pub(super) fn issue(
    request: &Request,
    store: &mut Store,
    now: OffsetDateTime,
    issued: &mut Issued,
) -> Result<(), PkiError> {
    let machine = |place: &u32| request.certificates[*place as usize].machine();
    let mut places: Vec<u32> = (0..request.certificates.len() as u32).collect();
    places.sort_by(|one, other| machine(one).cmp(machine(other)));
    let (dir, names) = (store.dir().to_owned(), store.begin_apart()?);
    let aside = Aside { rows: Rows::new(&dir)?, dir, names, failed: Default::default() };
    let mut shortened = BTreeMap::new();
    let mut machines = places.chunk_by(|one, other| machine(one) == machine(other));
    loop {
        let some: Vec<&[u32]> = machines.by_ref().take(AT_ONCE).collect();
        if some.is_empty() {
            break;
        }
        let run = Run::new((request, store), &issued.authorities, now);
        let done: Vec<_> = some.par_iter().map(|places| one(&run, &aside.rows, places)).collect();
        for (places, done) in some.iter().zip(done) {
            let Done { apart, made } = done?;
            for (place, made, short) in made {
                issued.count(made);
                *shortened.entry(request.certificates[place as usize].authority).or_default() += usize::from(short);
            }
            store.put_apart(machine(&places[0]), &apart)?;
        }
    }
    store.rest();
    shortened.retain(|_, count| *count > 0);
    issued.certificates = Certificates::Aside(aside);
    issued.note_shortened(shortened, |index| request.authorities[index as usize].name.clone());
    Ok(())
}

fn one(run: &Run<'_>, rows: &Rows, places: &[u32]) -> Result<Done, PkiError> {
    let name = run.request.certificates[places[0] as usize].machine();
    let mut machine = run.store.read_apart(name)?;
    let (mut all, mut changed) = (Vec::with_capacity(places.len()), false);
    for place in places {
        let spec = &run.request.certificates[*place as usize];
        let (leaf, made, short) = match run.outcome(spec, machine.certificates.get(&spec.id))? {
            Outcome::Kept(kept) => {
                rows.put(*place as usize, spec, &kept)?;
                all.push((*place, Made::Kept, false));
                continue;
            }
            Outcome::Moved(leaf) => (leaf, Made::Kept, false),
            Outcome::Made(leaf, validity) => (leaf, Made::New, validity.shortened),
        };
        rows.put(*place as usize, spec, &leaf.issued)?;
        all.push((*place, made, short));
        machine.certificates.insert(spec.id.clone(), leaf);
        changed = true;
    }
    Ok(Done { apart: run.store.apart(name, &machine, changed)?, made: all })
}
