//! The order in which files depend on each other.
//!
//! In: the imports of each module. Out: the modules, each after all it imports, and every import that closes a cycle.

use super::ModuleId;
use super::load::Import;
use crate::diag::{Code, Diagnostic};
use crate::source::Sources;

/// Each module after those it imports; and for every cycle the imports it is made of.
pub struct Order {
    pub modules: Vec<ModuleId>,
    pub cycles: Vec<Vec<(ModuleId, Import)>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    Open,
    Done,
}

/// Walks all imports from the root, without recursion: a chain of files may be long.
pub fn order(imports: &[Vec<Import>]) -> Order {
    let mut out = Order { modules: Vec::new(), cycles: Vec::new() };
    let mut marks = vec![Mark::New; imports.len()];
    for start in 0..imports.len() {
        if marks[start] == Mark::New {
            walk(start, imports, &mut marks, &mut out);
        }
    }
    out
}

fn walk(start: usize, imports: &[Vec<Import>], marks: &mut [Mark], out: &mut Order) {
    // Each entry is a module on the way here and the number of its imports already followed.
    let mut stack = vec![(start, 0)];
    marks[start] = Mark::Open;
    while let Some((module, followed)) = stack.last_mut() {
        let Some(import) = imports[*module].get(*followed) else {
            marks[*module] = Mark::Done;
            out.modules.push(ModuleId(*module as u32));
            stack.pop();
            continue;
        };
        *followed += 1;
        let target = import.target.0 as usize;
        match marks[target] {
            Mark::New => {
                marks[target] = Mark::Open;
                stack.push((target, 0));
            }
            Mark::Open => out.cycles.push(cycle(&stack, target, imports)),
            Mark::Done => {}
        }
    }
}

fn cycle(stack: &[(usize, usize)], target: usize, imports: &[Vec<Import>]) -> Vec<(ModuleId, Import)> {
    let from = stack.iter().position(|(module, _)| *module == target).unwrap_or(0);
    let steps = &stack[from..];
    steps.iter().map(|&(module, followed)| (ModuleId(module as u32), imports[module][followed - 1])).collect()
}

/// The report of one cycle, with a label at each `use` in it.
pub fn report(cycle: &[(ModuleId, Import)], sources: &Sources) -> Option<Diagnostic> {
    let ((_, first), rest) = cycle.split_first()?;
    let message = match rest {
        [] => "this file imports itself".to_owned(),
        _ => "these files import each other".to_owned(),
    };
    let name = |span: crate::source::Span| sources.get(span.source).name.clone();
    let head = Diagnostic::new(Code::ImportCycle, first.span, message);
    let diagnostic = rest.iter().fold(head, |diagnostic, (_, import)| {
        diagnostic.label(import.span, format!("`{}` imports this", name(import.span)))
    });
    let here = format!("`{}` imports this", name(first.span));
    Some(diagnostic.here(here).help("move the shared declarations to a third file that imports neither"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import(target: u32) -> Import {
        Import { statement: 0, target: ModuleId(target), span: Default::default() }
    }

    #[test]
    fn a_module_comes_after_its_imports() {
        let order = order(&[vec![import(1), import(2)], vec![import(2)], vec![]]);
        assert_eq!(order.modules, [ModuleId(2), ModuleId(1), ModuleId(0)]);
        assert!(order.cycles.is_empty());
    }

    #[test]
    fn each_cycle_is_found_once() {
        let order = order(&[vec![import(1)], vec![import(2)], vec![import(1), import(2)]]);
        assert_eq!(order.cycles.len(), 2);
        assert_eq!(order.cycles[0].len(), 2);
    }
}
