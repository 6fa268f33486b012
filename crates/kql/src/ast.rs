//! The syntax tree of both languages: what a person wrote, before names and types are settled.
//!
//! Parentheses leave no trace, and neither do lists of values: `a: (b or c)` is `a: b or a: c`; the formatter puts both
//! back. `and` and `or` are flattened, so a chain of thousands of terms is one node. Equality ignores spans.

use brokerwatch_expr::Span;

/// A whole query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The language that it is written in.
    pub language: Language,
    /// What a document must meet.
    pub clause: Clause,
}

/// The languages, by the names that rule files give them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// Kibana Query Language.
    Kuery,
    /// Lucene's query strings.
    Lucene,
}

/// A condition and its place.
#[derive(Debug, Clone)]
pub struct Clause {
    /// What it asks.
    pub kind: Kind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Every document: an empty query, `*` or `*:*`.
    All,
    /// Any of them.
    Or(Vec<Clause>),
    /// All of them.
    And(Vec<Clause>),
    /// Not.
    Not(Box<Clause>),
    /// Lucene's clauses, some of which need not hold: `+a -b c`. At least one is [`Occur::Should`]; a list in which that
    /// is not so, or in which all are, is an `And` or an `Or`.
    Occur(Vec<(Occur, Clause)>),
    /// A test of the fields of that name, or of the default fields.
    Test(Option<Term>, Test),
    /// KQL's test of the objects in a nested field: `field: { ... }`.
    Nested(Term, Box<Clause>),
}

/// How one of Lucene's clauses takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Occur {
    /// `+a`: it must hold.
    Must,
    /// `-a`: it must not hold.
    MustNot,
    /// `a`: one of these must hold if no other clause has to; otherwise they change nothing but the score.
    Should,
}

/// What is asked of a field's values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// Is there any?
    Exists,
    /// Is one of them this?
    Is(Term),
    /// Is one of them within these bounds? At least one is given.
    Range {
        /// The lower bound.
        lower: Option<Bound>,
        /// The upper bound.
        upper: Option<Bound>,
    },
    /// Does one of them match this regular expression of Lucene's dialect? The pattern is as written between slashes.
    Regex(String),
}

/// One end of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// The value; without wildcards in Lucene's notation.
    pub term: Term,
    /// Whether the value itself is within.
    pub inclusive: bool,
}

/// Text with its wildcards: the name of a field, or a value.
#[derive(Debug, Clone)]
pub struct Term {
    /// What it is made of. Neighbours are not both text, and not both [`Piece::Any`].
    pub pieces: Vec<Piece>,
    /// Whether it stands in quotes.
    pub quoted: bool,
    /// Where it stands.
    pub span: Span,
}

/// A piece of a term.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Piece {
    /// Text, without escapes; never empty.
    Text(String),
    /// `*`: any run of characters, also none.
    Any,
    /// `?`: any one character. KQL does not have it.
    One,
}

impl PartialEq for Clause {
    fn eq(&self, other: &Clause) -> bool {
        self.kind == other.kind
    }
}

impl Eq for Clause {}

impl PartialEq for Term {
    fn eq(&self, other: &Term) -> bool {
        (&self.pieces, self.quoted) == (&other.pieces, other.quoted)
    }
}

impl Eq for Term {}

impl Clause {
    pub(crate) fn new(kind: Kind, span: Span) -> Clause {
        Clause { kind, span }
    }

    /// What takes the place of a clause that could not be read. It never leaves the parser.
    pub(crate) fn hole(span: Span) -> Clause {
        Clause::new(Kind::All, span)
    }

    /// All of the parts, of which there is one at least; one alone is itself.
    pub(crate) fn all(mut parts: Vec<Clause>) -> Clause {
        if parts.len() == 1 {
            return parts.swap_remove(0);
        }
        let span = together(&parts);
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part.kind {
                Kind::And(inner) => flat.extend(inner),
                _ => flat.push(part),
            }
        }
        Clause::new(Kind::And(flat), span)
    }

    /// Any of the parts, of which there is one at least; one alone is itself.
    pub(crate) fn any(mut parts: Vec<Clause>) -> Clause {
        if parts.len() == 1 {
            return parts.swap_remove(0);
        }
        let span = together(&parts);
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part.kind {
                Kind::Or(inner) => flat.extend(inner),
                _ => flat.push(part),
            }
        }
        Clause::new(Kind::Or(flat), span)
    }

    pub(crate) fn not(self, span: Span) -> Clause {
        Clause::new(Kind::Not(Box::new(self)), span)
    }

    /// A test of one value, in which a lone `*` asks whether there is any.
    pub(crate) fn value(field: Option<&Term>, term: Term, span: Span) -> Clause {
        let kind = match field {
            None if term.is_star() => Kind::All,
            Some(field) if field.is_star() && term.is_star() => Kind::All,
            _ if term.is_star() => Kind::Test(field.cloned(), Test::Exists),
            _ => Kind::Test(field.cloned(), Test::Is(term)),
        };
        Clause::new(kind, span)
    }
}

fn together(parts: &[Clause]) -> Span {
    parts.iter().map(|part| part.span).reduce(Span::to).unwrap_or_default()
}
