//! The key store: a folder beside the model, and what it holds in memory.
//!
//! ```text
//! version                    which layout this is
//! .gitignore                 everything in it stays out of version control
//! lock                       held by the one run that writes
//! authorities.json           authorities that kmodel made, with their keys
//! authorities/NAME.crt .key  authorities of the operator's own, which come first
//! secrets.json               key pairs and random secrets
//! certificates.jsonl         certificates of machines and people with their keys, one a line, appended to
//! certificates.index         what these are for, until when, and where they stand, so that a plan reads no key
//! renders/NAME               what renders have made of which inputs, so that what is there is not made again
//! ```
//!
//! Files are 0600 and folders 0700, and a file that others can read is refused. Nothing is ever taken out of the store, and
//! what cannot be read is never made anew. Beside `World` and `emit`, this is the one place that uses the file system.

#![expect(clippy::disallowed_methods, reason = "the key store is a folder with locks and modes of its own")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use time::OffsetDateTime;

use crate::pki::constraints::Constraints;
use crate::pki::entry::{Authorities, Authority, Digest, Keypair, Leaf, Secret, Secrets};
use crate::pki::error::PkiError;
use crate::pki::issued::IssuedAuthority;
use crate::pki::spec::{CertificateSpec, Request};
use crate::pki::store::batch::Batch;
use crate::pki::store::file::{Entry, encode};
use crate::pki::store::index::Hold;
use crate::pki::store::lock::Lock;
use crate::pki::store::log::Log;
use crate::pki::store::table::Place;
use crate::syntax::ast::Name;
use crate::world::kept;
use crate::world::spool::nameless;

pub(super) mod batch;
mod content;
mod file;
mod folder;
mod former;
mod index;
pub(super) mod line;
mod lock;
pub(super) mod log;
mod records;
mod renders;
mod renewal;
pub(super) mod table;

/// The folder's name if none is given.
pub const DEFAULT: &str = kept::STORE;

/// What the `version` of every store begins with, whichever kmodel wrote it.
pub const MARK: &str = kept::STORE_MARK;

/// How long a run waits for another one.
const PATIENCE: Duration = Duration::from_secs(5);

/// So many certificates that were in memory are appended at once.
const AT_ONCE: usize = 256;

/// An open store.
pub struct Store {
    dir: PathBuf,
    access: Access,
    authorities: Authorities,
    external: BTreeMap<Name, IssuedAuthority>,
    secrets: Secrets,
    /// Certificates with their keys, on the disk. Opened when one is first asked for.
    log: OnceLock<Result<Option<Log>, PkiError>>,
    /// Those in memory, which come before these: not written yet, or of a store of earlier kmodels.
    leaves: BTreeMap<String, Arc<Leaf>>,
    /// Which of them are to be written.
    unsaved: BTreeSet<String>,
    /// What was appended to the file, and does not count yet.
    batch: Option<Batch>,
    changed: BTreeSet<Changed>,
}

/// A certificate as it is held.
pub(super) struct Held {
    pub leaf: Arc<Leaf>,
    /// Where it stands in the file; none of one in memory.
    pub place: Option<Place>,
}

/// A certificate that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Indexed {
    pub not_before: OffsetDateTime,
    pub not_after: OffsetDateTime,
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
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Changed {
    Authorities,
    Secrets,
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
        let mut store = Self::load(dir, Access::Write { _lock: lock })?;
        store.log()?;
        former::take(&mut store)?;
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
            log: OnceLock::from(Ok(None)),
            leaves: BTreeMap::new(),
            unsaved: BTreeSet::new(),
            batch: None,
            changed: BTreeSet::new(),
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
            log: OnceLock::new(),
            // Who writes takes them into the file.
            leaves: if matches!(access, Access::Write { .. }) { BTreeMap::new() } else { former::read(dir)? },
            unsaved: BTreeSet::new(),
            batch: None,
            changed: BTreeSet::new(),
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
        let entries = self.changed.iter().map(|changed| self.encode(*changed)).collect::<Result<Vec<_>, _>>()?;
        file::write(&entries)?;
        self.append_unsaved()?;
        let mut batch = self.batch.take().filter(|batch| batch.count() > 0);
        batch.as_mut().map_or(Ok(()), Batch::commit)?;
        let log = self.log()?;
        if batch.is_some() || log.is_some_and(|log| !log.is_indexed()) {
            renewal::renew(&self.dir, log, batch.as_mut());
            self.log = OnceLock::new();
        }
        self.changed.clear();
        Ok(entries.len() + usize::from(batch.is_some()))
    }

    /// Appends what is in memory only.
    fn append_unsaved(&mut self) -> Result<(), PkiError> {
        if self.unsaved.is_empty() {
            return Ok(());
        }
        let mut batch = self.batch.take().map_or_else(|| self.begin_batch(), Ok)?;
        let ids: Vec<&String> = self.unsaved.iter().collect();
        ids.chunks(AT_ONCE).try_for_each(|ids| {
            let lines = ids.iter().filter_map(|id| Some(batch::line(id, self.leaves.get(*id)?)));
            batch.put(&lines.collect::<Result<Vec<_>, _>>()?).map(drop)
        })?;
        self.batch = Some(batch);
        self.unsaved.clear();
        self.leaves.clear();
        Ok(())
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
        content::hash(&self.dir)
    }

    /// Whether nothing is to be written to it: no key, and no index.
    pub fn is_saved(&self) -> bool {
        let batch = self.batch.as_ref().is_some_and(|batch| batch.count() > 0);
        let indexed = self.log().is_ok_and(|log| log.is_none_or(Log::is_indexed));
        !batch && self.unsaved.is_empty() && self.changed.is_empty() && indexed
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

    /// The file that renders have remembered under a name; none if it cannot be read.
    pub fn remembered_file(&self, name: &str) -> Option<File> {
        renders::open(&self.dir, name)
    }

    /// Remembers a file, as [`Store::remember`] does a text.
    pub fn remember_file(&self, name: &str, file: &mut File) {
        if matches!(self.access, Access::Write { .. }) {
            renders::copy(&self.dir, name, file);
        }
    }

    /// The record of what a target was given last; `None` if nothing was.
    pub fn recorded(&self, name: &str) -> Option<File> {
        records::open(&self.dir, name)
    }

    /// A file for the next record.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn record_spool(&self) -> Result<File, PkiError> {
        nameless(&self.dir).map_err(|error| PkiError::file(&self.dir, "write in", &error))
    }

    /// Replaces the record of a target.
    ///
    /// # Errors
    /// When the file system refuses; the earlier record is then still there.
    pub fn record(&self, name: &str, file: &mut File) -> Result<(), PkiError> {
        match self.access {
            Access::Write { .. } => records::save(&self.dir, name, file),
            Access::Read | Access::Trial => Ok(()),
        }
    }

    /// A file without a name for what is to be remembered, if the store may be written.
    pub fn spool(&self) -> Option<File> {
        matches!(self.access, Access::Write { .. }).then(|| nameless(&self.dir).ok()).flatten()
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
    pub(super) fn leaf(&self, spec: &CertificateSpec) -> Result<Option<Arc<Leaf>>, PkiError> {
        self.leaf_with(&spec.id)?.map_or_else(|| self.former(spec), |leaf| Ok(Some(leaf)))
    }

    /// The certificate with an id that it had before.
    pub(super) fn former(&self, spec: &CertificateSpec) -> Result<Option<Arc<Leaf>>, PkiError> {
        for id in &spec.former {
            if let Some(leaf) = self.leaf_with(id)? {
                return Ok(Some(leaf));
            }
        }
        Ok(None)
    }

    /// The certificate with this very id.
    pub(super) fn leaf_with(&self, id: &str) -> Result<Option<Arc<Leaf>>, PkiError> {
        Ok(self.held(id)?.map(|held| held.leaf))
    }

    /// The same, and where it is.
    pub(super) fn held(&self, id: &str) -> Result<Option<Held>, PkiError> {
        if let Some(leaf) = self.leaves.get(id) {
            return Ok(Some(Held { leaf: Arc::clone(leaf), place: None }));
        }
        let Some(log) = self.log()? else { return Ok(None) };
        let held = |(leaf, place)| Held { leaf: Arc::new(leaf), place: Some(place) };
        Ok(log.find(id)?.map(held))
    }

    /// The certificate with this very id, if it is known without its line that it is for what a digest stands for.
    pub(super) fn indexed(&self, id: &str, digest: impl FnOnce() -> Digest) -> Option<Indexed> {
        let log = self.log().ok()?.filter(|_| !self.leaves.contains_key(id))?;
        log.indexed(id, &digest())
    }

    fn log(&self) -> Result<Option<&Log>, PkiError> {
        let hold = if matches!(self.access, Access::Write { .. }) { Hold::Disk } else { Hold::Memory };
        let log = self.log.get_or_init(|| Log::open(&self.dir, hold));
        log.as_ref().map(Option::as_ref).map_err(Clone::clone)
    }

    /// Begins to append certificates to the file.
    pub(super) fn begin_batch(&self) -> Result<Batch, PkiError> {
        Batch::new(&self.dir, self.log()?)
    }

    /// Keeps what was appended until it is saved; without that it is taken back.
    pub(super) fn end_batch(&mut self, batch: Batch) {
        self.batch = Some(batch);
    }

    /// The file of certificates, as it stays open while another takes its place; none if there is none.
    pub(super) fn open_file(&self) -> Result<Option<Arc<File>>, PkiError> {
        let open = || file::closed(&log::path(&self.dir)).map(|file| file.map(Arc::new));
        self.log()?.map_or_else(open, |log| Ok(Some(Arc::clone(log.file()))))
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

    pub(super) fn put_leaf(&mut self, spec: &CertificateSpec, leaf: Leaf) {
        self.leaves.insert(spec.id.clone(), Arc::new(leaf));
        self.unsaved.insert(spec.id.clone());
    }

    fn encode(&self, changed: Changed) -> Result<Entry, PkiError> {
        match changed {
            Changed::Authorities => encode(authorities(&self.dir), &self.authorities),
            Changed::Secrets => encode(secrets(&self.dir), &self.secrets),
        }
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
