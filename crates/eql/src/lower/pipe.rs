//! Pipes: their arguments, and the columns that one pipe gives to the next.

use brokerwatch_expr::{Diagnostic, Expr};

use super::{Lowering, Pipe};
use crate::pipes::Columns;
use crate::{ast, codes};

impl Lowering<'_> {
    /// The pipes up to the first that is wrong: what later ones may name depends on it.
    pub(super) fn pipes(&mut self, pipes: &[ast::Pipe], query: &ast::Query) -> Vec<Pipe> {
        if !self.settings.extensions {
            self.errors.extend(pipes.iter().filter(|pipe| is_extension(pipe)).map(refused));
        }
        let mut columns = match query {
            ast::Query::Event(_) => Columns::Events,
            ast::Query::Sequence(_) | ast::Query::Sample(_) => Columns::Nothing,
        };
        let mut lowered = Vec::with_capacity(pipes.len());
        for pipe in pipes {
            let schema = columns.schema(self.schema);
            let mut lowering = Lowering {
                schema: &schema,
                settings: self.settings,
                errors: Vec::new(),
                warnings: Vec::new(),
            };
            let settled = lowering.pipe(pipe, columns);
            let Lowering { errors, warnings, .. } = lowering;
            self.errors.extend(errors.into_iter().map(|error| columns.explained(error)));
            self.warnings.extend(warnings);
            let Some(settled) = settled else { break };
            columns = columns.after(&settled);
            lowered.push(settled);
        }
        lowered
    }

    /// The parser has checked names, and the argument of `head` and `tail`.
    fn pipe(&mut self, pipe: &ast::Pipe, columns: Columns) -> Option<Pipe> {
        match pipe.name.as_str() {
            "head" => rows(pipe).map(Pipe::Head),
            "tail" => rows(pipe).map(Pipe::Tail),
            _ if !self.settings.extensions => None,
            "count" if pipe.args.is_empty() => Some(Pipe::Count(Vec::new())),
            _ if columns == Columns::Nothing => {
                let message = format!("Pipe [{}] is not supported after a sequence", pipe.name);
                self.errors.push(
                    Diagnostic::error(codes::PIPE_QUERY, pipe.span, message)
                        .help("a sequence takes `head N`, `tail N` and a `count` without fields"),
                );
                None
            }
            "count" => self.keys(pipe).map(Pipe::Count),
            "unique" => self.keys(pipe).map(Pipe::Unique),
            "unique_count" => self.keys(pipe).map(Pipe::UniqueCount),
            "sort" => self.keys(pipe).map(Pipe::Sort),
            "filter" => {
                let [condition] = pipe.args.as_slice() else {
                    let help = "write one condition, such as `filter process.pid > 4`";
                    return self.wrong_count(pipe, "exactly one argument", help.to_owned());
                };
                let condition = self.expression(condition)?;
                self.boolean(condition, "Condition expression").map(Pipe::Filter)
            }
            _ => None,
        }
    }

    fn wrong_count<T>(&mut self, pipe: &ast::Pipe, expects: &str, help: String) -> Option<T> {
        let found = pipe.args.len();
        let message = format!("Pipe [{}] expects {expects} but found [{found}]", pipe.name);
        self.errors.push(Diagnostic::error(codes::PIPE_ARGUMENT, pipe.span, message).help(help));
        None
    }

    fn keys(&mut self, pipe: &ast::Pipe) -> Option<Vec<Expr>> {
        if pipe.args.is_empty() {
            return self.wrong_count(pipe, "at least one argument", field_help(pipe));
        }
        let keys: Vec<Option<Expr>> =
            pipe.args.iter().map(|arg| self.pipe_key(pipe, arg)).collect();
        keys.into_iter().collect()
    }

    /// A key that is the same for every row is a slip; one that is null is a field that no source has.
    fn pipe_key(&mut self, pipe: &ast::Pipe, arg: &ast::Expr) -> Option<Expr> {
        let key = self.expression(arg)?;
        let Some(constant) = key.as_literal().filter(|_| !key.is_null()) else {
            return Some(key);
        };
        let message = format!("Pipe [{}] expects fields but found [{constant}]", pipe.name);
        self.errors.push(
            Diagnostic::error(codes::PIPE_ARGUMENT, arg.span, message).help(field_help(pipe)),
        );
        None
    }
}

fn field_help(pipe: &ast::Pipe) -> String {
    format!("name a field, as in `{} user.name`", pipe.name)
}

fn is_extension(pipe: &ast::Pipe) -> bool {
    matches!(pipe.name.as_str(), "count" | "filter" | "sort" | "unique" | "unique_count")
}

/// The error of a pipe that runs only with extensions.
fn refused(pipe: &ast::Pipe) -> Diagnostic {
    let name = &pipe.name;
    let help =
        format!("the pipes are `head N` and `tail N`; with `--extensions` a query runs `{name}`");
    let message = format!("Pipe [{name}] is not supported");
    Diagnostic::error(codes::PIPE_NAME, pipe.name_span, message).help(help)
}

/// The argument of `head` and `tail`, which the parser has made one constant.
fn rows(pipe: &ast::Pipe) -> Option<u64> {
    match pipe.args.first().map(|arg| &arg.kind) {
        Some(ast::Kind::Constant(ast::Constant::Long(rows))) => u64::try_from(*rows).ok(),
        _ => None,
    }
}
