//! What `check` finds nothing wrong with is rendered: nothing stands in the way that only `render` sees.

use std::fs;
use std::path::PathBuf;

use kmodel::compile::{self, RenderError};
use kmodel::diag::any_error;
use kmodel::pki::Store;
use kmodel::world;

use crate::support::plan::planned;

/// Every fixture of a model, right or wrong, and every page's blocks are models of somebody.
fn models() -> Vec<(PathBuf, String)> {
    let folders = ["tests/cases/model", "tests/cases/broken", "tests/cases/output", "examples"];
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).expect("a folder of models").flatten());
    let paths = files.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "km"));
    let mut list: Vec<_> = paths.map(|path| (path.clone(), fs::read_to_string(path).expect("a model"))).collect();
    list.sort();
    list
}

#[test]
fn what_can_be_planned_can_be_rendered() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut rendered = 0;
    for (path, text) in models() {
        planned(&text, |_, problems, plan| {
            let Some(plan) = plan.filter(|_| !any_error(problems)) else { return };
            // Large ones differ from small ones in nothing that is refused.
            if plan.model.machines.len() > 60 {
                return;
            }
            let mut store = Store::open_trial(&folder.path().join("store")).expect("no store is a new one");
            match compile::render(plan, &mut store, world::now()) {
                Ok(_) => rendered += 1,
                Err(RenderError::Problems(problems)) => {
                    panic!("{}: only `render` refuses: {problems:#?}", path.display())
                }
                Err(RenderError::Pki(why)) => panic!("{}: only `render` refuses: {why}", path.display()),
            }
        });
    }
    assert!(rendered > 50, "{rendered} models are rendered");
}
