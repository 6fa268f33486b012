//! What a function is: its names, its parameters, its documentation, and its body.

use std::fmt;

use brokerwatch_ecs::{Type, Value};

use crate::scratch::Scratch;
use crate::{Diagnostic, Literal, Span};

/// One function, usable from both languages. Lives in the file named after it under `functions/`.
pub struct Function {
    /// The name in EQL, where names are compared without regard to case.
    pub eql: Option<&'static str>,
    /// The name in ES|QL.
    pub esql: Option<&'static str>,
    /// Whether EQL knows a variant `name~` that ignores case.
    pub any_case: bool,
    /// The parameters, in order.
    pub params: &'static [Param],
    /// The type of the result.
    pub returns: Returns,
    /// One or two sentences for the reference.
    pub doc: &'static str,
    /// Examples for the reference, run as tests in both evaluators.
    pub examples: &'static [Example],
    /// Builds the body. Called once for each call in a query, with the constant arguments.
    pub compile: fn(&Args<'_>) -> Result<Scalar, Diagnostic>,
}

/// The type of a function's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returns {
    /// Always this type.
    Always(Type),
    /// [`Type::Long`] if all numeric arguments are, else [`Type::Double`].
    WidestNumber,
    /// A number whose type depends on the value.
    Number,
}

/// One parameter.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// The name in the reference.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// Whether it must be a constant.
    pub constant: bool,
    /// Whether it may be left out.
    pub presence: Presence,
}

/// What a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Boolean,
    /// An address, or text that holds one.
    Ip,
    /// Anything.
    Any,
}

/// Whether an argument may be left out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Presence {
    /// It must be given, and null makes the result null.
    Required,
    /// Left out or null, it is this constant.
    Default(Fallback),
    /// It may be repeated, at least once; null makes the result null.
    Repeated,
}

/// What stands for an argument that is left out or null.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fallback {
    /// A number.
    Long(i64),
    /// True or false.
    Boolean(bool),
}

/// A function's body. It sees present, single values, one per parameter, defaults filled in; `None` is null.
///
/// Results that need new text put it into the scratch arena.
pub type Scalar = Box<dyn for<'e> Fn(&[Value<'e>], &'e Scratch) -> Option<Value<'e>> + Send + Sync>;

/// What `compile` sees of a call.
pub struct Args<'a> {
    /// The arguments: the constant where it is one, else `None`.
    pub constants: Vec<Option<&'a Literal>>,
    /// Where each argument stands.
    pub spans: Vec<Span>,
    /// Whether the call ignores case (`name~`).
    pub any_case: bool,
    /// Whether folding case means ASCII letters only (a bare field) or all of Unicode.
    pub ascii_case: bool,
    /// Where the call stands.
    pub span: Span,
}

/// One example: an expression, a document, and the value; `null` for none.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// The expression in EQL.
    pub query: &'static str,
    /// A JSON document.
    pub event: &'static str,
    /// The value as [`Literal`]'s text.
    pub result: &'static str,
}

/// A required parameter.
pub const fn param(name: &'static str, takes: Takes) -> Param {
    Param { name, takes, constant: false, presence: Presence::Required }
}

/// A parameter that may be repeated.
pub const fn rest(name: &'static str, takes: Takes) -> Param {
    Param { name, takes, constant: false, presence: Presence::Repeated }
}

impl Param {
    /// The same parameter, constants only.
    #[must_use]
    pub const fn constant(self) -> Param {
        Param { constant: true, ..self }
    }

    /// The same parameter, with a value for when it is left out or null.
    #[must_use]
    pub const fn default(self, fallback: Fallback) -> Param {
        Param { presence: Presence::Default(fallback), ..self }
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Function").field(&self.eql.or(self.esql)).finish()
    }
}

/// Functions are one constant each, so they are the same if their names are.
impl PartialEq for Function {
    fn eq(&self, other: &Function) -> bool {
        (self.eql, self.esql) == (other.eql, other.esql)
    }
}
