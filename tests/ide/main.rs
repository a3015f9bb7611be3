//! What the editor is told, feature by feature: each fixture has the cursor as `$0`.

mod completion;
mod navigation;
mod support;
