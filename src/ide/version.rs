//! The versions that a model runs, read from the text alone.

use crate::check::{Analysis, ModuleId, SymbolKind};
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, ForVersion, Literal, StatementKind, Version};

/// The version of Kubernetes in the `cluster` statement, when it is written down or names a value that is.
pub fn kubernetes(analysis: &Analysis) -> Option<Version> {
    let mut modules = analysis.resolved.program.own_modules();
    modules.find_map(|(id, module)| {
        let is_cluster = |kind: &StatementKind| matches!(kind, StatementKind::Cluster(_));
        module.file.of_kind(is_cluster).find_map(|(_, statement)| match &statement.kind {
            StatementKind::Cluster(cluster) => read(analysis, id, &cluster.body.field("kubernetes")?.value),
            _ => None,
        })
    })
}

/// The version that decides about the flags of a table.
pub fn of(analysis: &Analysis, subject: &str) -> Option<Version> {
    if subject == "kubernetes" { kubernetes(analysis) } else { None }
}

fn read(analysis: &Analysis, module: ModuleId, value: &Expr) -> Option<Version> {
    match &value.kind {
        ExprKind::Literal(Literal::Version(version)) => Some(*version),
        ExprKind::Literal(Literal::Decimal(text)) => crate::model::eval::short_version(text),
        ExprKind::Paren(inner) => read(analysis, module, inner),
        ExprKind::Name(name) => {
            let program = &analysis.resolved.program;
            let symbol = program.value(module, &name.name)?;
            match (symbol.kind, &program.statement(symbol).kind) {
                (SymbolKind::Param, StatementKind::Param(param)) => literal(param.default.as_ref()?),
                (SymbolKind::Let, StatementKind::Let(item)) => literal(&item.value),
                _ => None,
            }
        }
        _ => None,
    }
}

fn literal(value: &Expr) -> Option<Version> {
    match &value.kind {
        ExprKind::Literal(Literal::Version(version)) => Some(*version),
        ExprKind::Literal(Literal::Decimal(text)) => crate::model::eval::short_version(text),
        _ => None,
    }
}

/// `1.34` for `1.34.0`.
pub fn short(version: Version) -> String {
    match version.patch {
        0 => format!("{}.{}", version.major, version.minor),
        _ => version.to_string(),
    }
}

/// `>= 1.31, < 1.37`.
pub fn bounds(item: &ForVersion) -> String {
    let one = |(op, value): &(BinaryOp, Expr)| Some(format!("{} {}", sign(*op)?, short(literal(value)?)));
    item.bounds.iter().filter_map(one).collect::<Vec<_>>().join(", ")
}

/// Whether a version is inside all bounds.
pub fn fits(item: &ForVersion, version: Version) -> bool {
    item.bounds.iter().all(|(op, value)| {
        literal(value).is_none_or(|bound| match op {
            BinaryOp::Less => version < bound,
            BinaryOp::LessEqual => version <= bound,
            BinaryOp::Greater => version > bound,
            BinaryOp::GreaterEqual => version >= bound,
            BinaryOp::Equal => version == bound,
            _ => true,
        })
    })
}

fn sign(op: BinaryOp) -> Option<&'static str> {
    Some(match op {
        BinaryOp::Less => "<",
        BinaryOp::LessEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterEqual => ">=",
        BinaryOp::Equal => "==",
        _ => return None,
    })
}
