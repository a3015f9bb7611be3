//! What an editor asks of a program, answered without an editor's protocol.
//!
//! In: texts and a place in one of them. Out: plain answers with spans. Everything is answered from the compiler's own
//! findings ([`crate::check::Analysis`]) with no evaluation; what takes a model stands in [`facts::Facts`], made apart.

pub mod cursor;
pub mod line;
pub mod project;
pub mod app;
pub mod declaration;
pub mod version;
pub mod value;
pub mod definition;
pub mod facts;
pub mod hover;
pub mod doc;
pub mod completion;
pub mod template;
pub mod reference;
pub mod rename;
pub mod symbol;
pub mod token;
pub mod fold;
pub mod link;
pub mod format;
pub mod signature;
pub mod hint;
pub mod lens;
pub mod hierarchy;
