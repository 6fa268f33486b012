//! The syntax tree: what a person wrote, before names and types are settled.
//!
//! The nodes of the commands are in [`crate::commands`]. Parentheses leave no trace; the formatter puts back the ones
//! that are needed. `AND` and `OR` are flattened, so a chain of thousands of terms is one node. Trees are equal that say
//! the same, wherever it stands.

use brokerwatch_expr::{Arithmetic, Span};

use crate::commands::{Command, Source};

/// Where a node stands. Any place equals any other, so that trees are compared by what they say.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place(pub Span);

impl PartialEq for Place {
    fn eq(&self, _: &Place) -> bool {
        true
    }
}

impl Eq for Place {}

/// A whole query with its settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// `SET name = value;`, in the order written.
    pub settings: Vec<Setting>,
    /// The query.
    pub query: Query,
}

/// `SET name = value;`
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// The name.
    pub name: Identifier,
    /// The value.
    pub value: MapValue,
    /// The whole setting, without the semicolon.
    pub place: Place,
}

/// `source | command | command`
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Where the rows come from.
    pub source: Step<Source>,
    /// What is done with them, left to right.
    pub commands: Vec<Step<Command>>,
    /// The whole query, without parentheses around it.
    pub place: Place,
}

/// A command with its places.
#[derive(Debug, Clone, PartialEq)]
pub struct Step<T> {
    /// What it says.
    pub node: T,
    /// The words that name it, such as `lookup join`.
    pub word: Place,
    /// The whole command, without the bar.
    pub place: Place,
}

/// A single name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identifier {
    /// The name, without backticks.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// The name of a column: parts with dots between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The parts, at least one. A part in backticks may hold dots itself.
    pub parts: Vec<NamePart>,
    /// Where it stands.
    pub place: Place,
}

impl Name {
    /// The flat name of the column; `None` while a parameter stands in it.
    pub fn flat(&self) -> Option<String> {
        let parts: Option<Vec<&str>> = self.parts.iter().map(NamePart::text).collect();
        parts.map(|parts| parts.join("."))
    }
}

/// A part of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamePart {
    /// Text, without backticks.
    Text(String),
    /// A parameter that stands for the part.
    Parameter(Parameter),
}

impl NamePart {
    fn text(&self) -> Option<&str> {
        match self {
            NamePart::Text(text) => Some(text),
            NamePart::Parameter(_) => None,
        }
    }
}

/// `?`, `?name`, `?1`, and the same with `??`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Whether it stands for a name (`??`) and not for a value.
    pub is_name: bool,
    /// Which one it is.
    pub key: ParameterKey,
}

/// How a parameter is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParameterKey {
    /// `?`: the next one.
    Next,
    /// `?1`: by its position, from 1.
    Position(u32),
    /// `?name`
    Named(String),
}

/// A pattern for the names of columns: `host.*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// The parts, at least one, with dots between them.
    pub parts: Vec<PatternPart>,
    /// Where it stands.
    pub place: Place,
}

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatternPart {
    /// Text and wildcards, one after the other.
    Glob(Vec<Piece>),
    /// A parameter that stands for the part.
    Parameter(Parameter),
}

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text, without backticks; no two stand side by side.
    Text(String),
    /// `*`: any text, dots included.
    Any,
}

/// The name of an index or a pattern of names: `cluster:logs-*::failures`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// What stands before the first `:`.
    pub cluster: Option<String>,
    /// The name, with `*` for any text and `-` in front of one that is left out.
    pub name: String,
    /// What stands behind `::`.
    pub selector: Option<String>,
    /// Where it stands.
    pub place: Place,
}

/// `{ "name": value }`
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    /// The entries in the order written.
    pub entries: Vec<Entry>,
    /// Where it stands.
    pub place: Place,
}

/// One entry of a map.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_place: Place,
    /// The value.
    pub value: MapValue,
    /// Where the value stands.
    pub value_place: Place,
}

/// The value of a setting or of an entry.
#[derive(Debug, Clone, PartialEq)]
pub enum MapValue {
    /// A constant.
    Constant(Constant),
    /// Another map.
    Map(Map),
}

/// `[name =] value`
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The name that it gets.
    pub name: Option<Name>,
    /// What is computed.
    pub value: Expr,
    /// The value as it was written, which is the name of a column that gets none. Empty where a name is given, and where
    /// the value is a column itself.
    pub text: String,
    /// The whole of it.
    pub place: Place,
}

/// `[name =] aggregate [WHERE condition]`
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// The aggregate.
    pub column: Column,
    /// Which rows it counts.
    pub filter: Option<Expr>,
    /// All of it as it was written, if it has a filter and no name; else empty.
    pub text: String,
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: Kind,
    /// Where it stands, without parentheses around it.
    pub place: Place,
}

/// The kinds of expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A constant.
    Constant(Constant),
    /// A column.
    Name(Name),
    /// A function call.
    Call(Box<Call>),
    /// `a::type`
    Cast(Box<Expr>, Identifier),
    /// `-a`, `+a`
    Sign(Sign, Box<Expr>),
    /// `a + b` and its like.
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    /// `a == b` and its like.
    Compare(Comparison, Box<Expr>, Box<Expr>),
    /// `a [NOT] IN (b, c)`
    In {
        /// The value.
        value: Box<Expr>,
        /// The list.
        list: Vec<Expr>,
        /// `NOT IN`
        negated: bool,
    },
    /// `a [NOT] IN (FROM ...)`
    InSubquery {
        /// The value.
        value: Box<Expr>,
        /// The subquery, which gives one column.
        query: Box<Query>,
        /// `NOT IN`
        negated: bool,
    },
    /// `a IS [NOT] NULL`
    IsNull {
        /// The value.
        value: Box<Expr>,
        /// `IS NOT NULL`
        negated: bool,
    },
    /// `a [NOT] LIKE "b*"`, `a RLIKE ("b.*", "c")`
    Like {
        /// The text.
        value: Box<Expr>,
        /// The operator.
        operator: LikeOperator,
        /// What it is matched with.
        patterns: LikePatterns,
        /// `NOT LIKE`
        negated: bool,
    },
    /// `a : "b"`
    Match {
        /// The column.
        value: Box<Expr>,
        /// What is searched for.
        constant: Constant,
    },
    /// `NOT a`
    Not(Box<Expr>),
    /// `a AND b AND c`: two or more parts, none of which is an `AND`.
    And(Vec<Expr>),
    /// `a OR b OR c`: two or more parts, none of which is an `OR`.
    Or(Vec<Expr>),
}

/// `name(args)`
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The name as written.
    pub name: FunctionName,
    /// Where the name stands.
    pub name_place: Place,
    /// The arguments.
    pub args: Args,
}

/// The name of a function. Names are equal whatever their case.
#[derive(Debug, Clone, Eq)]
pub enum FunctionName {
    /// The name, in the case written and without backticks.
    Text(String),
    /// A parameter that stands for it.
    Parameter(Parameter),
}

impl PartialEq for FunctionName {
    fn eq(&self, other: &FunctionName) -> bool {
        match (self, other) {
            (FunctionName::Text(one), FunctionName::Text(another)) => {
                one.eq_ignore_ascii_case(another)
            }
            (FunctionName::Parameter(one), FunctionName::Parameter(another)) => one == another,
            _ => false,
        }
    }
}

/// The arguments of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Args {
    /// `(*)`
    All,
    /// `(a, b, { "option": c })`
    List {
        /// The values.
        values: Vec<Expr>,
        /// The options, only behind at least one value.
        options: Option<Map>,
    },
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Constant {
    /// `null`
    Null,
    /// `true`, `false`
    Boolean(bool),
    /// A whole number that fits 64 bits with or without a sign. Negative only in lists, maps and options: elsewhere the
    /// sign is an operator.
    Integer(i128),
    /// Any other number.
    Double(f64),
    /// Text, with escapes resolved.
    Text(String),
    /// `7 days`
    Timespan {
        /// The count; negative where an integer may be.
        count: i64,
        /// The unit.
        unit: TimeUnit,
    },
    /// A parameter that stands for a value.
    Parameter(Parameter),
    /// `[1, 2]`: one or more numbers, booleans or texts, all of one kind.
    List(Vec<Constant>),
}

/// The units of a timespan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeUnit {
    /// `ms`
    Millisecond,
    /// `s`
    Second,
    /// `m`
    Minute,
    /// `h`
    Hour,
    /// `d`
    Day,
    /// `w`
    Week,
    /// `mo`
    Month,
    /// `q`
    Quarter,
    /// `y`
    Year,
}

/// The signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// `-`
    Minus,
    /// `+`
    Plus,
}

/// The comparisons as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// The operators that match text with patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LikeOperator {
    /// `LIKE`: `*` and `?`.
    Like,
    /// `RLIKE`: regular expressions.
    Rlike,
}

/// The right side of `LIKE`.
#[derive(Debug, Clone, PartialEq)]
pub enum LikePatterns {
    /// One value, which has to fold to a text.
    One(Box<Expr>),
    /// `("a*", ?b)`: one or more texts or parameters.
    List(Vec<Constant>),
}
