//! What is issued and reaches an application from its deployment: authorities, key pairs and secrets that its options and
//! settings name, directly or through lets of a file.
//!
//! The value of an option is computed once, before anything is issued. One that names what is issued is computed again
//! wherever it is read, with what was issued by then.

use crate::check::{ModuleId, Program, Symbol, SymbolKind};
use crate::syntax::ast::{Expr, Name, StatementKind};

use super::component::Mention;
use super::layer::{Deployment, Layers, Written};
use super::mention::in_expr;
use super::scope::Scope;
use super::sight::Sight;
use super::{AppId, EvalError, Shape, Value};

/// What is issued and reaches an application.
#[derive(Debug, Default)]
pub struct Given<'p> {
    pub mentions: Vec<Mention>,
    /// The options whose values name something of it, by their places: what was written, or nothing for the default.
    options: Vec<(usize, Option<Written<'p>>)>,
}

/// What is issued and an expression of a file names, also through lets.
pub(super) fn issued(program: &Program, module: ModuleId, expr: &Expr) -> Vec<Mention> {
    let (mut found, mut seen) = (Vec::new(), Vec::new());
    collect(program, (module, expr), &mut seen, &mut found);
    found
}

fn collect(program: &Program, (module, expr): (ModuleId, &Expr), seen: &mut Vec<Symbol>, found: &mut Vec<Mention>) {
    let mut lets = Vec::new();
    in_expr(expr, &mut |name, field, span| match program.value(module, name) {
        Some(symbol) if symbol.kind == SymbolKind::Let => lets.push(symbol),
        Some(symbol) if is_issued(symbol) => {
            let private = symbol.kind != SymbolKind::Authority && matches!(field, Some("key" | "value"));
            found.push(Mention { symbol, private, span });
        }
        _ => {}
    });
    for symbol in lets {
        let StatementKind::Let(binding) = &program.statement(symbol).kind else { continue };
        if !seen.contains(&symbol) {
            seen.push(symbol);
            collect(program, (symbol.module, &binding.value), seen, found);
        }
    }
}

/// Whether a name stands for what is issued.
fn is_issued(symbol: Symbol) -> bool {
    matches!(symbol.kind, SymbolKind::Authority | SymbolKind::Keypair | SymbolKind::Secret)
}

impl<'p> Given<'p> {
    /// What reaches the application of a deployment.
    pub(super) fn of(shape: &Shape<'p>, app: AppId, deployment: &Deployment<'p>) -> Self {
        let (mut given, layers) = (Self::default(), &shape.layers);
        let own = shape.module_of(app);
        for (place, option) in shape.component_of(app).options.iter().enumerate() {
            let written = written(layers, deployment, &option.name.name);
            let default = option.default.as_ref().map(|expr| Written { module: own, expr });
            let mentions = written.or(default).map_or_else(Vec::new, |value| given_by(shape.program, value));
            if !mentions.is_empty() {
                given.options.push((place, written));
                given.mentions.extend(mentions);
            }
        }
        let settings = ["flags", "config", "unit"].into_iter().filter_map(|field| written(layers, deployment, field));
        let set = layers
            .sets
            .iter()
            .filter(|(path, _)| path.strip_prefix(&*deployment.name).is_some_and(|path| path.starts_with('.')));
        for value in settings.chain(set.map(|(_, value)| *value)) {
            given.mentions.extend(given_by(shape.program, value));
        }
        given
    }

    /// The places of the options that are computed anew.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> {
        self.options.iter().map(|(place, _)| *place)
    }
}

fn written<'p>(layers: &Layers<'p>, deployment: &Deployment<'p>, field: &str) -> Option<Written<'p>> {
    layers.field(&deployment.name, deployment.module, &deployment.ast.body, field)
}

fn given_by(program: &Program, value: Written<'_>) -> Vec<Mention> {
    issued(program, value.module, value.expr)
}

impl<'p> Shape<'p> {
    /// What is issued and an application mentions: its component, and its deployment.
    pub fn mentions(&self, app: AppId) -> Vec<Mention> {
        let mut all = self.component_of(app).mentions.clone();
        for mention in self.given.get(app.index()).iter().flat_map(|given| &given.mentions) {
            match all.iter_mut().find(|known| known.symbol == mention.symbol) {
                Some(known) => known.private |= mention.private,
                None => all.push(*mention),
            }
        }
        all
    }

    /// The names of the options of an application that are computed anew.
    pub(super) fn issued_options(&self, app: AppId) -> Vec<Name> {
        let options = &self.component_of(app).options;
        let given = self.given.get(app.index()).into_iter().flat_map(Given::places);
        given.map(|place| options[place].name.name.clone()).collect()
    }
}

impl Sight<'_, '_> {
    /// The value of an option by its place: as it was computed, or anew where it names what is issued.
    pub(super) fn option_value(&self, scope: &Scope<'_>, app: AppId, place: usize) -> Option<Result<Value, EvalError>> {
        let shape = self.placed();
        let value = shape.app(app).options.get(place)?;
        let given = shape.given.get(app.index()).and_then(|given| given.options.iter().find(|(one, _)| *one == place));
        let Some((_, written)) = given else { return Some(Ok(value.clone())) };
        let option = shape.component_of(app).options[place];
        let (mut inner, expr) = match (written, &option.default) {
            (Some(written), _) => (Scope::file(written.module), written.expr),
            (None, Some(default)) => (Scope::app(shape, app), default),
            (None, None) => return Some(Ok(value.clone())),
        };
        inner = inner.with_material(scope.material);
        Some(self.eval_as(&mut inner, expr, Some(&option.ty)))
    }
}
