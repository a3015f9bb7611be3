//! A new key in place of an old one, by steps between which both are trusted: nothing that runs is cut off.
//!
//! In: a store open for writing, and which key takes which step. Out: the store, where the key stands otherwise. What follows from it
//! (other certificates, other files) is issued and brought like any other change.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::pki::entry::{Authority, Keypair};
use crate::pki::error::PkiError;
use crate::pki::issue::{authority, keypair};
use crate::pki::issued::{IssuedAuthority, IssuedCertificate, IssuedKeypair};
use crate::pki::recorded::KeyUse;
use crate::pki::spec::Request;
use crate::pki::store::Store;

/// One step. Each is to be on all machines before the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// A new key is made and trusted beside the old one, which still signs.
    Trust,
    /// The new key signs; the old one is still trusted.
    Issue,
    /// Only the new key is trusted.
    Forget,
    /// The old key signs again, or the new one is dropped if it never has signed.
    Back,
}

/// What is trusted beside the key that signs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Beside {
    /// The key that will sign next.
    Next,
    /// The key that has signed before.
    Former,
}

/// The other key of one that is rotated.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Other<T> {
    pub beside: Beside,
    pub issued: T,
}

impl Step {
    /// As it is asked for.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trust => "trust",
            Self::Issue => "issue",
            Self::Forget => "forget",
            Self::Back => "back",
        }
    }

    /// Whether machines that have not taken the step before would be cut off.
    pub const fn relies_on_the_last(self) -> bool {
        matches!(self, Self::Issue | Self::Forget)
    }
}

/// The key that signs and the other one after a step.
///
/// # Errors
/// Why the step cannot be taken now.
fn taken<T>(
    step: Step,
    (signs, other): (T, Option<Other<T>>),
    make: impl FnOnce() -> Result<T, PkiError>,
    refuse: impl Fn(&'static str) -> PkiError,
) -> Result<(T, Option<Other<T>>), PkiError> {
    let former = |issued| Some(Other { beside: Beside::Former, issued });
    let next = |issued| Some(Other { beside: Beside::Next, issued });
    match (step, other) {
        (Step::Trust, None) => Ok((signs, next(make()?))),
        (Step::Trust, Some(_)) => Err(refuse("a new one is trusted already")),
        (Step::Issue, Some(Other { beside: Beside::Next, issued })) => Ok((issued, former(signs))),
        (Step::Issue, Some(Other { beside: Beside::Former, .. })) => Err(refuse("the new one signs already")),
        (Step::Forget, Some(Other { beside: Beside::Former, .. })) => Ok((signs, None)),
        (Step::Forget, Some(Other { beside: Beside::Next, .. })) => Err(refuse("the old one still signs")),
        (Step::Back, Some(Other { beside: Beside::Next, .. })) => Ok((signs, None)),
        (Step::Back, Some(Other { beside: Beside::Former, issued })) => Ok((issued, next(signs))),
        (_, None) => Err(refuse("it is not being rotated")),
    }
}

impl Store {
    /// Takes a step with an authority or a key pair. The store is changed in memory only.
    ///
    /// # Errors
    /// When the store does not have the key, it is the operator's own, or the step before was not taken.
    pub fn rotate(
        &mut self,
        (of, name): (KeyUse, &str),
        (request, step): (&Request, Step),
        now: OffsetDateTime,
    ) -> Result<(), PkiError> {
        self.writable()?;
        let refuse = |why| PkiError::NotRotated { what: of.name(), name: name.to_owned(), step: step.name(), why };
        match of {
            KeyUse::Authority => {
                if self.external(name).is_some() {
                    return Err(refuse("it is the operator's own"));
                }
                let held = self.own(name).cloned().ok_or_else(|| refuse("the key store does not have it"))?;
                let spec = request.authorities.iter().find(|spec| *spec.name == *name).unwrap_or(&held.spec);
                let make = || authority::make(spec, now).map(|made| made.issued);
                let (issued, other) = taken(step, (held.issued, held.other), make, refuse)?;
                self.put_authority(Authority { spec: held.spec, issued, other });
            }
            KeyUse::Keypair => {
                let held = self.keypair(name).cloned().ok_or_else(|| refuse("the key store does not have it"))?;
                let make = || keypair::make(&held.spec).map(Arc::new);
                let (issued, other) = taken(step, (held.issued, held.other), make, refuse)?;
                self.put_keypair(Keypair { spec: held.spec, issued, other });
            }
            KeyUse::Secret => return Err(refuse("a random secret has no public half that could be trusted beside it")),
        }
        Ok(())
    }

    /// What an authority or key pair has beside the key that signs; `None` if it is not being rotated.
    pub fn rotating(&self, (of, name): (KeyUse, &str)) -> Option<Beside> {
        match of {
            KeyUse::Authority => self.own(name)?.other.as_ref().map(|other| other.beside),
            KeyUse::Keypair => self.keypair(name)?.other.as_ref().map(|other| other.beside),
            KeyUse::Secret => None,
        }
    }
}

impl Authority {
    /// As others see it: the certificate that signs, and after it the other one that is trusted.
    pub(super) fn trusted(&self) -> IssuedAuthority {
        let own = IssuedAuthority::from(&self.issued);
        let other = self.other.as_ref().map(|other: &Other<IssuedCertificate>| &*other.issued.cert_pem);
        IssuedAuthority { cert_pem: both(&own.cert_pem, other), ..own }
    }
}

impl Keypair {
    /// As others see it: the key that signs, and all public keys by which tokens are verified.
    pub(super) fn trusted(&self) -> Arc<IssuedKeypair> {
        let Some(other) = &self.other else { return Arc::clone(&self.issued) };
        let public_pem = both(&self.issued.public_pem, Some(&other.issued.public_pem));
        Arc::new(IssuedKeypair { public_pem, private_pem: self.issued.private_pem.clone() })
    }
}

fn both(first: &Arc<str>, second: Option<&str>) -> Arc<str> {
    second.map_or_else(|| Arc::clone(first), |second| format!("{}\n{second}", first.trim_end()).into())
}
