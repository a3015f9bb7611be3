//! Key pairs without certificates.

use std::sync::Arc;

use rayon::prelude::*;

use crate::pki::entry::Keypair;
use crate::pki::error::PkiError;
use crate::pki::issued::{Issued, IssuedKeypair, Made};
use crate::pki::key;
use crate::pki::spec::{KeypairSpec, Request};
use crate::pki::store::Store;

/// Has all key pairs.
pub(super) fn issue(request: &Request, store: &mut Store, issued: &mut Issued) -> Result<(), PkiError> {
    let pairs: Vec<_> = request.keypairs.par_iter().map(|spec| pair(spec, store)).collect();
    for (spec, pair) in request.keypairs.iter().zip(pairs) {
        let (pair, made) = pair?;
        if made == Made::New {
            store.put_keypair(Keypair { spec: spec.clone(), issued: Arc::clone(&pair), other: None });
        }
        issued.count(made);
        issued.keypairs.push(pair);
    }
    Ok(())
}

fn pair(spec: &KeypairSpec, store: &Store) -> Result<(Arc<IssuedKeypair>, Made), PkiError> {
    match store.keypair(&spec.name) {
        Some(held) if held.spec.key == spec.key => Ok((held.trusted(), Made::Kept)),
        Some(held) => {
            let kinds = [held.spec.key, spec.key];
            Err(PkiError::kind(&store.secrets_path(), "keypair", &spec.name, kinds))
        }
        None => make(spec).map(|pair| (Arc::new(pair), Made::New)),
    }
}

/// A new key pair.
pub(in crate::pki) fn make(spec: &KeypairSpec) -> Result<IssuedKeypair, PkiError> {
    let key = key::generate(spec.key).map_err(|reason| PkiError::making(&spec.name, reason))?;
    Ok(IssuedKeypair { private_pem: key::private_pem(&key).into(), public_pem: key::public_pem(&key).into() })
}
