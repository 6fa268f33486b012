//! Names and parameters: which column or value they mean.

use brokerwatch_expr::{Diagnostic, Span};
use datafusion::logical_expr::lit;

use super::{Planner, Scope, Typed};
use crate::ast::{Name, NamePart, Parameter, ParameterKey};
use crate::block::literal;
use crate::codes;
use crate::types::DataType;
use crate::value::Constant;

impl Typed {
    /// A known value.
    pub(crate) fn constant(constant: Constant, span: Span) -> Typed {
        let multi = 1 < constant.values.len();
        // Spans of time have no column; the constant is what is used of them.
        let expr =
            literal(&constant, constant.ty, multi).unwrap_or(datafusion::common::ScalarValue::Null);
        Typed {
            expr: lit(expr),
            ty: constant.ty,
            multi,
            constant: Some(constant),
            span,
            quiet: true,
            hole: false,
        }
    }

    /// No value.
    pub(crate) fn null(span: Span) -> Typed {
        Typed::constant(Constant::null(), span)
    }

    /// What takes the place of something wrong.
    pub(crate) fn hole(span: Span) -> Typed {
        Typed { hole: true, constant: None, ..Typed::null(span) }
    }

    /// Whether it is the value null.
    pub(crate) fn is_null(&self) -> bool {
        self.constant.as_ref().is_some_and(Constant::is_null)
    }

    /// The same with another place.
    pub(crate) fn at(self, span: Span) -> Typed {
        Typed { span, ..self }
    }
}

impl Planner<'_> {
    /// The flat text of a name, parameters filled in.
    pub(crate) fn flat(&mut self, name: &Name) -> Option<String> {
        let mut parts = Vec::with_capacity(name.parts.len());
        for part in &name.parts {
            parts.push(match part {
                NamePart::Text(text) => text.clone(),
                NamePart::Parameter(parameter) => self.name_parameter(parameter, name.place.0)?,
            });
        }
        Some(parts.join("."))
    }

    /// The column of a name. One that the sources do not have is null where they have no schema.
    pub(crate) fn column(&mut self, name: &Name, scope: &Scope) -> Typed {
        let span = name.place.0;
        if let [NamePart::Parameter(parameter)] = name.parts.as_slice()
            && !parameter.is_name
        {
            return self
                .parameter(parameter, span)
                .map_or(Typed::hole(span), |value| Typed::constant(value, span));
        }
        match self.flat(name) {
            Some(flat) => self.named(&flat, span, scope),
            None => Typed::hole(span),
        }
    }

    /// The column of a flat name.
    pub(crate) fn named(&mut self, name: &str, span: Span, scope: &Scope) -> Typed {
        match scope.get(name) {
            Some(column) if column.ty == DataType::Unsupported => {
                let types = column.conflict.join(", ");
                let message = format!("column `{name}` cannot be used: its type is {types}");
                self.wrong(codes::TYPE, span, message);
                Typed::hole(span)
            }
            Some(column) => column.typed(span),
            None if scope.open || self.options.nullify => {
                if !self.options.nullify {
                    let known = brokerwatch_ecs::FIELDS.iter().map(|field| field.name);
                    let close = match brokerwatch_ecs::similar(name, known).as_slice() {
                        [] => String::new(),
                        close => format!("; close is `{}`", close.join("`, `")),
                    };
                    let message = format!("no event has a field `{name}`, it is null{close}");
                    self.warnings.remark(span, &message);
                }
                Typed::null(span)
            }
            None => {
                self.unknown_column(scope, name, span);
                Typed::hole(span)
            }
        }
    }

    /// The value of a parameter.
    pub(crate) fn parameter(&mut self, parameter: &Parameter, span: Span) -> Option<Constant> {
        let params = &self.options.params;
        let found = match &parameter.key {
            ParameterKey::Next => {
                self.next_param += 1;
                params.get(self.next_param - 1)
            }
            ParameterKey::Position(at) => {
                (*at as usize).checked_sub(1).and_then(|at| params.get(at))
            }
            ParameterKey::Named(name) => {
                params.iter().find(|(own, _)| own.as_deref() == Some(name))
            }
        };
        let value = found.map(|(_, value)| value.clone());
        if value.is_none() {
            let count = self.options.params.len();
            self.error(
                Diagnostic::error(codes::PARAMETER, span, "no value is given for this parameter")
                    .help(format!("{count} parameters are given; `--params` gives them")),
            );
        }
        value
    }

    /// The text of a parameter that stands for a name.
    pub(crate) fn name_parameter(&mut self, parameter: &Parameter, span: Span) -> Option<String> {
        let value = self.parameter(parameter, span)?;
        let text = value.as_str().map(str::to_owned);
        if text.is_none() {
            self.wrong(codes::PARAMETER, span, "the value of this parameter is no name");
        }
        text
    }
}
