//! The boot script in user-data: the same on each machine of a family, and longer than all the rest. So it is written as YAML
//! once, and put into the place that the others leave for it.

use std::sync::{Arc, Mutex, PoisonError};

use crate::model::Value;
use crate::render::bundle::BundleFile;

use super::{with_content, write_file, yaml};

/// What the content is until all else is written. Files of the operator come behind it.
const PLACE: &str = "kmodel-boot-script";

/// Entries with their content as they stand in user-data.
static WRITTEN: Mutex<Vec<(BundleFile, Arc<str>)>> = Mutex::new(Vec::new());

/// The entry of the script, without its content.
pub(super) fn entry(script: &BundleFile) -> Value {
    with_content(script, Value::None, PLACE.to_owned())
}

/// User-data with the content of the script in its place. The whole entry is looked for, from the start of its line: files at other
/// paths may hold these words too.
pub(super) fn filled(text: &str, script: &BundleFile) -> String {
    let (place, written) = (alone(entry(script)), written(script));
    match text.find(&place) {
        Some(start) => [&text[..start], &written, &text[start + place.len()..]].concat(),
        None => text.to_owned(),
    }
}

fn written(script: &BundleFile) -> Arc<str> {
    let mut known = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
    let same = |one: &BundleFile| Arc::ptr_eq(&one.content, &script.content) && one.path == script.path;
    if let Some((_, written)) = known.iter().find(|(one, _)| same(one)) {
        return Arc::clone(written);
    }
    let written: Arc<str> = alone(write_file(script)).into();
    known.push((script.clone(), Arc::clone(&written)));
    written
}

/// An entry of `write_files`, with the end of the line before it.
fn alone(entry: Value) -> String {
    let text = yaml(&Value::record([(LIST, Value::list([entry]))]));
    text.strip_prefix(LIST).and_then(|text| text.strip_prefix(':')).unwrap_or_default().to_owned()
}

const LIST: &str = "write_files";
