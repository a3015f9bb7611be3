//! The key store: a folder beside the model, and what it holds in memory.
//!
//! ```text
//! version                    which layout this is
//! .gitignore                 everything in it stays out of version control
//! lock                       held by the one run that writes
//! authorities.json           authorities that kmodel made, with their keys
//! authorities/NAME.crt .key  authorities of the operator's own, which come first
//! secrets.json               key pairs and random secrets
//! machines/MACHINE.json      certificates of a machine with their keys; `-` for those of none
//! machines.index             what these are for, and until when, so that a plan reads no key
//! renders/NAME               what renders have made of which inputs, so that what is there is not made again
//! ```
//!
//! Files are 0600 and folders 0700, and a file that others can read is refused. Nothing is ever taken out of the store, and
//! what cannot be read is never made anew. Beside `World` and `emit`, this is the one place that uses the file system.

#![expect(clippy::disallowed_methods, reason = "the key store is a folder with locks and modes of its own")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rayon::prelude::*;

use crate::pki::constraints::Constraints;
use crate::pki::entry::{Authorities, Authority, Digest, Keypair, Leaf, Machine, Secret, Secrets};
use crate::pki::error::PkiError;
use crate::pki::issued::{IssuedAuthority, IssuedCertificate};
use crate::pki::spec::{CertificateSpec, Request, machine as machine_of};
use crate::pki::store::apart::{Apart, Done};
use crate::pki::store::file::{Entry, encode};
use crate::pki::store::index::{Index, Indexed, Said};
use crate::pki::store::lock::Lock;
use crate::syntax::ast::Name;
use crate::world::kept;
use crate::world::replace::Beside;

pub(super) mod apart;
mod content;
mod file;
mod folder;
pub(super) mod index;
mod lock;
mod renders;

/// The folder's name if none is given.
pub const DEFAULT: &str = kept::STORE;

/// What the `version` of every store begins with, whichever kmodel wrote it.
pub const MARK: &str = kept::STORE_MARK;

/// How long a run waits for another one.
const PATIENCE: Duration = Duration::from_secs(5);

/// A machine's file, read when it is first asked for.
type Lazy = OnceLock<Box<Result<Machine, PkiError>>>;

/// The machines that have a file.
type Machines = BTreeMap<Name, Lazy>;

/// An open store.
pub struct Store {
    dir: PathBuf,
    access: Access,
    authorities: Authorities,
    external: BTreeMap<Name, IssuedAuthority>,
    secrets: Secrets,
    /// Listed when something is asked for that the index does not tell.
    machines: OnceLock<Result<Machines, PkiError>>,
    /// What is not kept in memory of the others.
    apart: Option<Apart>,
    changed: BTreeSet<Changed>,
    /// Read when a certificate is first asked after.
    index: OnceLock<Option<Index>>,
}

/// What may be done with an open store.
enum Access {
    Read,
    /// Issuing in memory, never written: for a look at what would be.
    Trial,
    /// Others wait while the lock is held.
    Write {
        _lock: Lock,
    },
}

/// A file that is to be written.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Changed {
    Authorities,
    Secrets,
    Machine(Name),
}

/// Without `--store`, the store is beside the model: a link of that name, which git would clone, leads keys elsewhere.
fn stays(dir: &Path) -> Result<(), PkiError> {
    let folder = dir.parent().filter(|folder| folder.ends_with(DEFAULT) && folder.is_symlink());
    match folder {
        Some(folder) => Err(PkiError::Link { path: folder.to_owned() }),
        None if dir.exists() && !dir.is_dir() => Err(PkiError::NotAFolder { path: dir.to_owned() }),
        None => Ok(()),
    }
}

impl Store {
    /// Opens a store to issue from it, and makes it if there is none. Other runs must wait until it is dropped.
    ///
    /// # Errors
    /// When another run holds it, others than the owner can read it, or something in it cannot be read.
    pub fn open(dir: &Path) -> Result<Self, PkiError> {
        Self::open_within(dir, PATIENCE)
    }

    /// As [`Store::open`], and waits for another run no longer than this.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_within(dir: &Path, patience: Duration) -> Result<Self, PkiError> {
        stays(dir)?;
        folder::create(dir)?;
        folder::check(dir)?;
        let lock = Lock::take(dir, patience)?;
        folder::mark(dir)?;
        folder::clean(dir);
        let store = Self::load(dir, Access::Write { _lock: lock })?;
        // Nothing is written where a link may be.
        store.machines()?;
        Ok(store)
    }

    /// Opens a store to see what would be issued from it: nothing is made, locked or written. Without a store, an empty one.
    ///
    /// # Errors
    /// As [`Store::open_read`].
    pub fn open_trial(dir: &Path) -> Result<Self, PkiError> {
        let empty = || Self {
            authorities: Authorities::default(),
            external: BTreeMap::new(),
            secrets: Secrets::default(),
            machines: OnceLock::from(Ok(Machines::new())),
            apart: None,
            changed: BTreeSet::new(),
            index: OnceLock::new(),
            dir: dir.to_owned(),
            access: Access::Trial,
        };
        Ok(Self::open_read(dir)?.map_or_else(empty, |store| Self { access: Access::Trial, ..store }))
    }

    /// Opens a store to look into it: nothing is made or locked. `None` if there is no store.
    ///
    /// # Errors
    /// When others than the owner can read it, or something in it cannot be read.
    pub fn open_read(dir: &Path) -> Result<Option<Self>, PkiError> {
        stays(dir)?;
        if !folder::exists(dir)? {
            return Ok(None);
        }
        folder::check(dir)?;
        Self::load(dir, Access::Read).map(Some)
    }

    fn load(dir: &Path, access: Access) -> Result<Self, PkiError> {
        Ok(Self {
            authorities: file::read(&authorities(dir))?.unwrap_or_default(),
            external: folder::external(dir)?,
            secrets: file::read(&secrets(dir))?.unwrap_or_default(),
            machines: OnceLock::new(),
            apart: None,
            changed: BTreeSet::new(),
            index: OnceLock::new(),
            dir: dir.to_owned(),
            access,
        })
    }

    /// Writes what has changed, so that it outlasts a crash. Returns the number of files written.
    ///
    /// Until this has succeeded nothing that was issued may be used, for it would be issued otherwise next time.
    ///
    /// # Errors
    /// When the store was opened for reading only, or the file system refuses.
    pub fn save(&mut self) -> Result<usize, PkiError> {
        if !matches!(self.access, Access::Write { .. }) {
            return Err(PkiError::ReadOnly { path: self.dir.clone() });
        }
        let mut apart = self.apart.take();
        let changed = self.changed.par_iter().filter_map(|changed| self.encode(changed));
        let count = file::write(&self.dir, apart.as_mut(), changed)?;
        let known = self.changed.is_empty() && count == 0 && self.is_indexed();
        self.changed.clear();
        if known {
            return Ok(count);
        }
        let told = apart.as_mut().and_then(|apart| apart.told().ok()).into_iter().flatten();
        // What the index does not say leads to the file.
        let mut told = told.map_while(Result::ok).peekable();
        let machines = self.machines()?.iter();
        index::write(
            &self.dir,
            machines.map(|(name, read)| {
                while told.next_if(|told| *told.name < **name).is_some() {}
                let lines = told.next_if(|told| *told.name == **name).map(|told| told.lines);
                let read = || read.get().and_then(|read| (**read).as_ref().ok());
                (&**name, lines.map_or_else(|| read().map_or(Said::Before, Said::Content), Said::Lines))
            }),
        );
        Ok(count)
    }

    /// Looks at what the operator's own authorities may sign, before they sign any of it.
    ///
    /// # Errors
    /// The first certificate that verifiers would refuse.
    pub fn permits(&self, request: &Request) -> Result<(), PkiError> {
        let constraints = request.authorities.iter().map(|spec| {
            let own = self.external(&spec.name).map(|own| (self.external_paths(&spec.name), own));
            own.map(|([path, _], own)| match Constraints::of(&own.cert_pem) {
                Ok(constraints) => Ok((path, constraints)),
                Err(reason) => Err(PkiError::external(&path, reason)),
            })
            .transpose()
        });
        let constraints = constraints.collect::<Result<Vec<_>, _>>()?;
        let refusal = request.certificates.iter().find_map(|spec| {
            let (path, constraints) = constraints.get(spec.authority as usize)?.as_ref()?;
            constraints.refusal(spec).map(|reason| PkiError::external(path, reason))
        });
        refusal.map_or(Ok(()), Err)
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// All that is in its files, in one number. `None` if one of them cannot be read, which issuing may tell more of.
    pub fn content(&self) -> Option<[u8; 32]> {
        content::hash(&self.dir, self.machines().ok()?.keys())
    }

    /// Whether nothing is to be written to it: no key, and no line of the index.
    pub fn is_saved(&self) -> bool {
        let changed = self.apart.as_ref().is_some_and(|apart| apart.staged() > 0);
        !changed && self.changed.is_empty() && self.is_indexed()
    }

    fn is_indexed(&self) -> bool {
        self.machines().is_ok_and(|machines| index::is_current(&self.dir, machines.keys().map(|name| &**name)))
    }

    /// What renders have remembered under a name; none if it cannot be read.
    pub fn remembered(&self, name: &str) -> Option<String> {
        renders::read(&self.dir, name)
    }

    /// Remembers a text for later renders. They can do without, so errors of the file system are ignored.
    pub fn remember(&self, name: &str, text: &str) {
        if matches!(self.access, Access::Write { .. }) {
            renders::write(&self.dir, name, text);
        }
    }

    /// Whether what is issued is never written.
    pub fn is_trial(&self) -> bool {
        matches!(self.access, Access::Trial)
    }

    /// Whether something may be issued.
    pub(super) fn writable(&self) -> Result<(), PkiError> {
        match self.access {
            Access::Write { .. } | Access::Trial => Ok(()),
            Access::Read => Err(PkiError::ReadOnly { path: self.dir.clone() }),
        }
    }

    /// The operator's own authority of this name.
    pub(super) fn external(&self, name: &str) -> Option<&IssuedAuthority> {
        self.external.get(name)
    }

    /// The authority of this name that kmodel made.
    pub(super) fn own(&self, name: &str) -> Option<&Authority> {
        self.authorities.authorities.get(name)
    }

    pub(super) fn keypair(&self, name: &str) -> Option<&Keypair> {
        self.secrets.keypairs.get(name)
    }

    pub(super) fn secret(&self, name: &str) -> Option<&Secret> {
        self.secrets.secrets.get(name)
    }

    /// The certificate with this id or one that it had before, whatever it was issued for.
    pub(super) fn leaf(&self, spec: &CertificateSpec) -> Result<Option<&Leaf>, PkiError> {
        self.leaf_with(&spec.id)?.map_or_else(|| self.former(spec), |leaf| Ok(Some(leaf)))
    }

    /// The certificate with an id that it had before.
    pub(super) fn former(&self, spec: &CertificateSpec) -> Result<Option<&Leaf>, PkiError> {
        for id in &spec.former {
            if let Some(leaf) = self.leaf_with(id)? {
                return Ok(Some(leaf));
            }
        }
        Ok(None)
    }

    /// The certificate with this very id.
    pub(super) fn leaf_with(&self, id: &str) -> Result<Option<&Leaf>, PkiError> {
        let name = machine_of(id);
        let Some(machine) = self.machines()?.get(name) else { return Ok(None) };
        let read = || Box::new(self.read_machine(name));
        let machine = (**machine.get_or_init(read)).as_ref().map_err(Clone::clone)?;
        Ok(machine.certificates.get(id))
    }

    /// The certificate with this very id, if the index says that it is for what a digest stands for.
    pub(super) fn indexed(&self, id: &str, digest: impl FnOnce() -> Digest) -> Option<Indexed> {
        let name = machine_of(id);
        let read = |machines: &Machines| machines.get(name).is_some_and(|machine| machine.get().is_some());
        let read = self.machines.get().is_some_and(|machines| machines.as_ref().is_ok_and(read));
        let index = self.index.get_or_init(|| Index::read(&self.dir)).as_ref().filter(|_| !read);
        index?.find(name, &digest())
    }

    fn machines(&self) -> Result<&Machines, PkiError> {
        let list = || {
            let mut machines = Machines::new();
            folder::machines(&self.dir, |name| _ = machines.insert(name, Lazy::new()))?;
            Ok(machines)
        };
        self.machines.get_or_init(list).as_ref().map_err(Clone::clone)
    }

    /// All that the file of a machine holds, which is not kept.
    pub(super) fn read_apart(&self, name: &str) -> Result<Machine, PkiError> {
        if self.machines()?.contains_key(name) { self.read_machine(name) } else { Ok(Machine::default()) }
    }

    /// Begins to write machines beside their files, under the names that it returns.
    pub(super) fn begin_apart(&mut self) -> Result<Beside, PkiError> {
        let new = Apart::new(&self.dir)?;
        Ok(self.apart.insert(new).names())
    }

    /// Writes a machine with this content beside its file, if it is another one than that of its file.
    pub(super) fn apart(&self, name: &str, content: &Machine, changed: bool) -> Result<Done, PkiError> {
        if let Some(apart) = self.apart.as_ref().filter(|_| changed) {
            apart.stage(&encode(machine(&self.dir, name), content)?)?;
        }
        Ok(Done { staged: changed, lines: index::lines(content) })
    }

    /// Adds a machine; they come in the order of their names.
    pub(super) fn put_apart(&mut self, name: &str, done: &Done) -> Result<(), PkiError> {
        self.apart.as_mut().map_or(Ok(()), |apart| apart.put(name, done))
    }

    /// Lets go of what was read only to find something.
    pub(super) fn rest(&mut self) {
        self.index = OnceLock::new();
        if !self.changed.iter().any(|changed| matches!(changed, Changed::Machine(_))) {
            self.machines = OnceLock::new();
        }
    }

    fn read_machine(&self, name: &str) -> Result<Machine, PkiError> {
        Ok(file::read(&machine(&self.dir, name))?.unwrap_or_default())
    }

    pub(super) fn put_authority(&mut self, authority: Authority) {
        self.changed.insert(Changed::Authorities);
        self.authorities.authorities.insert(authority.spec.name.clone(), authority);
    }

    pub(super) fn put_keypair(&mut self, keypair: Keypair) {
        self.changed.insert(Changed::Secrets);
        self.secrets.keypairs.insert(keypair.spec.name.clone(), keypair);
    }

    pub(super) fn put_secret(&mut self, secret: Secret) {
        self.changed.insert(Changed::Secrets);
        self.secrets.secrets.insert(secret.spec.name.clone(), secret);
    }

    pub(super) fn put_leaf(&mut self, spec: &CertificateSpec, leaf: Leaf) -> Result<(), PkiError> {
        // The file is read before it is added to: INVARIANT: a machine in memory holds all that its file holds.
        self.leaf_with(&spec.id)?;
        let name = Name::from(spec.machine());
        let Some(Ok(machines)) = self.machines.get_mut() else { return Ok(()) };
        let machine = machines.entry(name.clone()).or_insert_with(|| OnceLock::from(Box::new(Ok(Machine::default()))));
        if let Some(Ok(machine)) = machine.get_mut().map(|machine| &mut **machine) {
            machine.certificates.insert(spec.id.clone(), leaf);
            self.changed.insert(Changed::Machine(name));
        }
        Ok(())
    }

    fn encode(&self, changed: &Changed) -> Option<Result<Entry, PkiError>> {
        Some(match changed {
            Changed::Authorities => encode(authorities(&self.dir), &self.authorities),
            Changed::Secrets => encode(secrets(&self.dir), &self.secrets),
            Changed::Machine(name) => {
                encode(machine(&self.dir, name), (**self.machines().ok()?.get(name)?.get()?).as_ref().ok()?)
            }
        })
    }

    /// The file that holds authorities, for messages.
    pub(super) fn authorities_path(&self) -> PathBuf {
        authorities(&self.dir)
    }

    /// The file that holds key pairs and secrets, for messages.
    pub(super) fn secrets_path(&self) -> PathBuf {
        secrets(&self.dir)
    }

    /// The place of the operator's certificate and key for an authority, for messages.
    pub(super) fn external_paths(&self, name: &str) -> [PathBuf; 2] {
        ["crt", "key"].map(|kind| self.dir.join(folder::EXTERNAL).join(format!("{name}.{kind}")))
    }
}

/// The certificate for this in the file that is to take the place of its machine's, or in that, and which of these it is.
pub(super) fn reread(
    dir: &Path,
    names: Beside,
    spec: &CertificateSpec,
) -> Result<(PathBuf, Option<Arc<IssuedCertificate>>), PkiError> {
    let own = machine(dir, spec.machine());
    for path in [names.of(&own), own.clone()] {
        // It was looked at when it was issued; each that is read again is compared with what it was.
        if let Some(mut found) = file::parse::<Machine>(&path)? {
            return Ok((path, found.certificates.remove(&spec.id).map(|leaf| leaf.issued)));
        }
    }
    Ok((own, None))
}

/// Names no keys, so that none gets into a log.
impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("dir", &self.dir).finish_non_exhaustive()
    }
}

fn authorities(dir: &Path) -> PathBuf {
    dir.join("authorities.json")
}

fn secrets(dir: &Path) -> PathBuf {
    dir.join("secrets.json")
}

fn machine(dir: &Path, name: &str) -> PathBuf {
    dir.join(folder::MACHINES).join(format!("{name}.json"))
}
