//! Function calls: the name, the number of arguments, and their types.

use brokerwatch_ecs::{Type, parse_ip};
use brokerwatch_expr::function::{Function, Param, Presence, Returns, Takes};
use brokerwatch_expr::{Diagnostic, Expr, Kind, Literal, Span, compile, functions};

use super::Lowering;
use super::expression::null;
use crate::{ast, codes};

impl Lowering<'_> {
    pub(super) fn call(&mut self, call: &ast::Call, span: Span) -> Option<Expr> {
        let function = self.function(call);
        let args: Vec<Option<Expr>> = call.args.iter().map(|arg| self.expression(arg)).collect();
        let function = function?;
        let counted = self.count(function, call);
        let args: Vec<Expr> = args.into_iter().collect::<Option<_>>()?;
        if !counted {
            return None;
        }
        let mut sound = true;
        for (i, arg) in args.iter().enumerate() {
            sound &= self.argument(function, i, arg, call);
        }
        if !sound {
            return None;
        }
        if args
            .iter()
            .enumerate()
            .any(|(i, arg)| arg.is_null() && !has_default(parameter(function, i)))
        {
            return Some(null(span));
        }
        // What a body refuses of its constants (a malformed block) is an error of the query.
        if let Err(error) = compile::check_call(function, call.any_case, &args, span) {
            self.errors.push(error);
            return None;
        }
        let ty = match function.returns {
            Returns::Always(ty) => ty,
            Returns::WidestNumber if args.iter().all(|arg| arg.ty == Type::Long) => Type::Long,
            Returns::WidestNumber | Returns::Number => Type::Double,
        };
        self.folded(Expr { kind: Kind::Call { function, any_case: call.any_case, args }, ty, span })
    }

    fn function(&mut self, call: &ast::Call) -> Option<&'static Function> {
        let Some(function) = functions::eql(&call.name) else {
            self.errors.push(unknown_function(call));
            return None;
        };
        if call.any_case && !function.any_case {
            let name = &call.name;
            let message =
                format!("[{name}~] is not supported: [{name}] has no variant that ignores case");
            self.errors.push(
                Diagnostic::error(codes::UNKNOWN_FUNCTION, call.name_span, message)
                    .help(format!("write `{name}(..)`")),
            );
            return None;
        }
        Some(function)
    }

    fn count(&mut self, function: &Function, call: &ast::Call) -> bool {
        let least = function.params.iter().filter(|param| !has_default(param)).count();
        let most = match function.params.last() {
            Some(last) if last.presence == Presence::Repeated => usize::MAX,
            _ => function.params.len(),
        };
        if (least..=most).contains(&call.args.len()) {
            return true;
        }
        let expects = match (least, most) {
            (least, usize::MAX) => format!("at least {}", arguments(least)),
            (least, most) if least == most => format!("exactly {}", arguments(least)),
            (least, most) => format!("between {} and {}", word(least), arguments(most)),
        };
        self.errors.push(
            Diagnostic::error(
                codes::ARGUMENTS,
                call.name_span,
                format!("error building [{}]: expects {expects}", call.name),
            )
            .help(signature(function)),
        );
        false
    }

    fn argument(&mut self, function: &Function, i: usize, arg: &Expr, call: &ast::Call) -> bool {
        let param = parameter(function, i);
        let which = ordinal(i);
        if param.constant && arg.as_literal().is_none() {
            let message =
                format!("{which} argument of [{}] must be a constant, received [{arg}]", call.name);
            self.errors
                .push(Diagnostic::error(codes::TYPE, arg.span, message).help(signature(function)));
            return false;
        }
        if takes(param.takes, arg) {
            return true;
        }
        let wanted = match param.takes {
            Takes::Text => "string",
            Takes::Integer => "integer",
            Takes::Number => "numeric",
            Takes::Boolean => "boolean",
            Takes::Ip => "ip",
            Takes::Any => "any",
        };
        let message = format!(
            "{which} argument of [{}] must be [{wanted}], found value [{arg}] type [{}]",
            call.name, arg.ty
        );
        let error = Diagnostic::error(codes::TYPE, arg.span, message);
        self.errors.push(match (param.takes, arg.ty) {
            (Takes::Text, _) => error.help(format!("make it text with `string({arg})`")),
            (Takes::Number | Takes::Integer, Type::Keyword) => {
                error.help(format!("make it a number with `number({arg})`"))
            }
            _ => error,
        });
        false
    }
}

fn takes(takes: Takes, arg: &Expr) -> bool {
    if matches!(arg.ty, Type::Null | Type::Dynamic) {
        return true;
    }
    match takes {
        Takes::Any => true,
        Takes::Text => matches!(arg.ty, Type::Keyword | Type::Version),
        Takes::Integer => arg.ty == Type::Long,
        Takes::Number => arg.ty.is_number(),
        Takes::Boolean => arg.ty == Type::Boolean,
        Takes::Ip => match &arg.kind {
            Kind::Literal(Literal::Keyword(text)) => parse_ip(text).is_some(),
            _ => arg.ty == Type::Ip,
        },
    }
}

/// The parameter of the i-th argument; a repeated one is the last.
fn parameter(function: &Function, i: usize) -> &Param {
    &function.params[i.min(function.params.len() - 1)]
}

fn has_default(param: &Param) -> bool {
    matches!(param.presence, Presence::Default(_))
}

fn unknown_function(call: &ast::Call) -> Diagnostic {
    let names = functions::ALL.iter().filter_map(|function| function.eql);
    let near = brokerwatch_ecs::similar(&call.name, names);
    let name = &call.name;
    let message = match near.first() {
        Some(near) => format!("Unknown function [{name}], did you mean [{near}]?"),
        None => format!("Unknown function [{name}]"),
    };
    let error = Diagnostic::error(codes::UNKNOWN_FUNCTION, call.name_span, message);
    match name.as_str() {
        "arrayContains" | "arraySearch" | "arrayCount" => {
            error.help("a condition on a field with many values is true if any value meets it")
        }
        "match" | "matchLite" => error.help("use the operator `regex` or `regex~`"),
        _ => error,
    }
}

fn signature(function: &Function) -> String {
    let params: Vec<String> = function
        .params
        .iter()
        .map(|param| match param.presence {
            Presence::Required => param.name.to_owned(),
            Presence::Default(_) => format!("[{}]", param.name),
            Presence::Repeated => format!("{}...", param.name),
        })
        .collect();
    format!("`{}({})`", function.eql.unwrap_or_default(), params.join(", "))
}

fn arguments(count: usize) -> String {
    format!("{} argument{}", word(count), if count == 1 { "" } else { "s" })
}

fn word(count: usize) -> String {
    ["no", "one", "two", "three", "four", "five"]
        .get(count)
        .map_or_else(|| count.to_string(), |word| (*word).to_owned())
}

fn ordinal(i: usize) -> String {
    ["first", "second", "third", "fourth", "fifth"]
        .get(i)
        .map_or_else(|| format!("{}th", i + 1), |word| (*word).to_owned())
}
