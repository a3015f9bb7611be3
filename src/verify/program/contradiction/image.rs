//! Images of a registry that gets no new ones.
//!
//! Source: kubernetes.io/blog/2023/02/06/k8s-gcr-io-freeze-announcement, .../2023/03/10/image-registry-redirect.

use crate::diag::{Code, Diagnostic};
use crate::model::Value;
use crate::model::value::Record;
use crate::verify::locate::Step;

use super::{Object, list};

/// The registry, and the one that took its place.
const FORMER: (&str, &str) = ("k8s.gcr.io/", "registry.k8s.io/");

/// The containers of a pod whose image is of that registry.
pub(super) fn verify(object: &Object<'_>, at: &[Step], pod: &Record) -> Vec<Diagnostic> {
    let kinds = ["containers", "initContainers"].into_iter();
    let containers =
        kinds.flat_map(|kind| list(pod, kind).iter().enumerate().map(move |(index, one)| (kind, index, one)));
    let of = |(kind, index, container): (&str, usize, &Value)| {
        let Value::Record(container) = container.reveal() else { return None };
        let image = container.get("image").and_then(Value::scalar_text)?;
        let rest = image.strip_prefix(FORMER.0)?;
        let steps: [Step; 3] = [kind.into(), index.into(), "image".into()];
        let message = format!(
            "the image `{image}` is of a registry that is frozen since April 2023: only a redirect, which may end, leads to it"
        );
        let place = (object.place)(&[at, &steps].concat());
        Some(Diagnostic::new(Code::UnwiseSetting, place, message).help(format!("write `{}{rest}`", FORMER.1)))
    };
    containers.filter_map(of).collect()
}
