//! What a target was given last: of each machine its files by their hashes, its units with their versions, and what it is from
//! outside. No content of a file is in it.
//!
//! In: machines as they are rendered. Out: a file with a line for each, which a later plan is compared with. It is written as
//! machines are made and searched where it lies, since there may be many of them.

mod cause;
mod difference;
mod head;
mod line;
mod machine;
mod reader;
mod recording;
mod writer;

pub use cause::{Cause, CauseKind, causes};
pub use difference::{FieldChange, FileChange, fields, files, shared};
pub use head::{By, Head, Read, Seed, TextRecord};
pub use machine::hash as sha256;
pub use machine::{AT, FileRecord, Given, MachineRecord, UnitRecord, VOLUME};
pub use reader::{Record, number, same};
pub use recording::{Nothing, Recording};
pub use writer::Writer;

/// The name that the record of a target has in the key store.
pub fn name(target: &str, by: By) -> String {
    format!("{target}-{}", by.word())
}
