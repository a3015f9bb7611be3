//! What the editor shows, feature by feature: each fixture has the cursor as `$0`.

mod accepted;
mod assist;
mod completion;
mod names;
mod navigation;
mod structure;
mod support;
