//! The syntax tree: what a person wrote, before names and types are settled.
//!
//! Parentheses leave no trace; the formatter puts back the ones that are needed. `and` and `or` are
//! flattened, so a chain of thousands of terms is one node. Equality ignores spans.

use brokerwatch_expr::{Arithmetic, Span};

/// A whole query with its pipes.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// What is searched.
    pub query: Query,
    /// What is done with the result, left to right.
    pub pipes: Vec<Pipe>,
}

/// The kinds of query. (`join` is refused by the parser.)
#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    /// Single events.
    Event(Filter),
    /// Events in order.
    Sequence(Sequence),
    /// Events in any order.
    Sample(Sample),
}

/// `category where condition`
#[derive(Debug, Clone)]
pub struct Filter {
    /// The event category.
    pub category: Category,
    /// Where the category stands.
    pub category_span: Span,
    /// The condition.
    pub condition: Expr,
    /// The whole filter, without brackets.
    pub span: Span,
}

/// An event category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Category {
    /// `any`
    Any,
    /// A name, or a quoted text.
    Named(String),
}

/// `sequence ...`
#[derive(Debug, Clone)]
pub struct Sequence {
    /// The keys that all stages share.
    pub by: Vec<Field>,
    /// The longest time from the first to the last event.
    pub maxspan: Option<Maxspan>,
    /// The stages, as written: one with `runs` counts once here.
    pub stages: Vec<Stage>,
    /// What ends all pending sequences.
    pub until: Option<Stage>,
    /// The whole sequence.
    pub span: Span,
}

/// `with maxspan=5m`
#[derive(Debug, Clone)]
pub struct Maxspan {
    /// The count of units, at least 1.
    pub count: u64,
    /// The unit.
    pub unit: TimeUnit,
    /// Where it stands.
    pub span: Span,
}

/// The units of a maxspan.
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
}

/// `[ ... ] by ... with runs=N`
#[derive(Debug, Clone)]
pub struct Stage {
    /// Whether it is a missing event, `![ ... ]`.
    pub missing: bool,
    /// What an event must meet.
    pub filter: Filter,
    /// The stage's own keys.
    pub by: Vec<Field>,
    /// How often it repeats, 1 to 100.
    pub runs: u32,
    /// The whole stage.
    pub span: Span,
}

/// `sample ...`
#[derive(Debug, Clone)]
pub struct Sample {
    /// The keys that all filters share.
    pub by: Vec<Field>,
    /// The filters; `missing` is false and `runs` is 1 in each.
    pub stages: Vec<Stage>,
    /// The whole sample.
    pub span: Span,
}

/// `| name arguments`
#[derive(Debug, Clone)]
pub struct Pipe {
    /// The name, as written.
    pub name: String,
    /// Where the name stands.
    pub name_span: Span,
    /// The arguments.
    pub args: Vec<Expr>,
    /// The whole pipe, without the bar.
    pub span: Span,
}

/// A field name.
#[derive(Debug, Clone)]
pub struct Field {
    /// The dotted name, without backticks.
    pub name: String,
    /// Whether it was written `?name`.
    pub optional: bool,
    /// Where it stands.
    pub span: Span,
}

/// An expression.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What it is.
    pub kind: Kind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of expression.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A constant.
    Constant(Constant),
    /// A field.
    Field(Field),
    /// A function call.
    Call(Call),
    /// `-x`; `+x` is `x`.
    Negate(Box<Expr>),
    /// `a + b` and its like.
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    /// `a == b` and its like.
    Compare(Comparison, Box<Expr>, Box<Expr>),
    /// `a [not] in[~] (b, c)`
    In {
        /// The value.
        value: Box<Expr>,
        /// The list, as written.
        list: Vec<Expr>,
        /// `in~`
        any_case: bool,
        /// `not in`
        negated: bool,
    },
    /// `a : "b"`, `a like ("b", "c")`, `a regex~ "d"`
    Match {
        /// The text.
        value: Box<Expr>,
        /// The operator.
        operator: MatchOperator,
        /// The constants, each with its place.
        list: Vec<(Constant, Span)>,
    },
    /// `not a`
    Not(Box<Expr>),
    /// `a and b and c`: two or more parts, none of which is an `and`.
    And(Vec<Expr>),
    /// `a or b or c`: two or more parts, none of which is an `or`.
    Or(Vec<Expr>),
}

/// `name(args)` or `name~(args)`
#[derive(Debug, Clone)]
pub struct Call {
    /// The name, as written, without the tilde.
    pub name: String,
    /// Where the name stands.
    pub name_span: Span,
    /// Whether it was written with a tilde.
    pub any_case: bool,
    /// The arguments.
    pub args: Vec<Expr>,
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Constant {
    /// `null`
    Null,
    /// `true`, `false`
    Boolean(bool),
    /// A whole number that fits 64 bits with a sign.
    Long(i64),
    /// Any other number.
    Double(f64),
    /// Text, with escapes resolved.
    Text(String),
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

/// The operators that match text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchOperator {
    /// `:`
    Colon,
    /// `like`
    Like,
    /// `like~`
    LikeAnyCase,
    /// `regex`
    Regex,
    /// `regex~`
    RegexAnyCase,
}

impl PartialEq for Kind {
    fn eq(&self, other: &Kind) -> bool {
        // By hand for the sake of `Match`, whose constants stand beside their spans.
        match (self, other) {
            (Kind::Constant(one), Kind::Constant(two)) => one == two,
            (Kind::Field(one), Kind::Field(two)) => one == two,
            (Kind::Call(one), Kind::Call(two)) => one == two,
            (Kind::Negate(one), Kind::Negate(two)) | (Kind::Not(one), Kind::Not(two)) => one == two,
            (Kind::Arithmetic(sign, left, right), Kind::Arithmetic(sign2, left2, right2)) => {
                sign == sign2 && left == left2 && right == right2
            }
            (Kind::Compare(sign, left, right), Kind::Compare(sign2, left2, right2)) => {
                sign == sign2 && left == left2 && right == right2
            }
            (
                Kind::In { value, list, any_case, negated },
                Kind::In { value: value2, list: list2, any_case: any_case2, negated: negated2 },
            ) => value == value2 && list == list2 && any_case == any_case2 && negated == negated2,
            (
                Kind::Match { value, operator, list },
                Kind::Match { value: value2, operator: operator2, list: list2 },
            ) => {
                let constants = list.iter().map(|(constant, _)| constant);
                value == value2
                    && operator == operator2
                    && constants.eq(list2.iter().map(|(constant, _)| constant))
            }
            (Kind::And(one), Kind::And(two)) | (Kind::Or(one), Kind::Or(two)) => one == two,
            (
                Kind::Constant(_)
                | Kind::Field(_)
                | Kind::Call(_)
                | Kind::Negate(_)
                | Kind::Arithmetic(..)
                | Kind::Compare(..)
                | Kind::In { .. }
                | Kind::Match { .. }
                | Kind::Not(_)
                | Kind::And(_)
                | Kind::Or(_),
                _,
            ) => false,
        }
    }
}

/// Equality of the parts that are not spans.
macro_rules! equal_but_for_spans {
    ($($ty:ty: $($field:ident),+;)+) => {
        $(impl PartialEq for $ty {
            fn eq(&self, other: &$ty) -> bool {
                true $(&& self.$field == other.$field)+
            }
        })+
    };
}

equal_but_for_spans! {
    Filter: category, condition;
    Sequence: by, maxspan, stages, until;
    Maxspan: count, unit;
    Stage: missing, filter, by, runs;
    Sample: by, stages;
    Pipe: name, args;
    Field: name, optional;
    Expr: kind;
    Call: name, any_case, args;
}
