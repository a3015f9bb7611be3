//! Places in a file that lead to other files: imports, templates, texts that are read.

use super::project::File;
use super::template;
use crate::check::ModulePlace;
use crate::source::Span;
use crate::syntax::tree::View;

/// A link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub span: Span,
    pub place: ModulePlace,
}

/// The links of a file, in its order.
pub fn links(file: &File) -> Vec<Link> {
    let resolved = &file.analysis.resolved;
    let module = resolved.program.module(file.module);
    let imports = resolved.imports[file.module.0 as usize].iter();
    let imports =
        imports.map(|import| Link { span: import.span, place: resolved.program.module(import.target).place.clone() });
    let root = View::root(&module.tree, module.source);
    let mentions = template::mentions(root, &module.place).into_iter();
    let mentions = mentions.map(|mention| Link { span: mention.span, place: mention.place });
    let mut links: Vec<Link> = imports.chain(mentions).collect();
    links.sort_by_key(|link| link.span);
    links
}
