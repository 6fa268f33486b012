//! Conditions and values: `or`, `and`, `not`, one comparison, arithmetic, and what belongs to one primary.

use brokerwatch_expr::limits::DEPTH_MAX;
use brokerwatch_expr::{Arithmetic, Span};

use super::{Node, Parser, Within};
use crate::ast::{Call, Comparison, Constant, Expr, Field, Kind, MatchOperator};
use crate::codes;
use crate::lexer::{TokenKind, decode_name, decode_text, keyword};
use brokerwatch_expr::report::excerpt;

impl Parser<'_> {
    /// A text that is an expression and nothing else.
    pub(super) fn lone_expression(&mut self) -> Expr {
        self.within = Within::Alone;
        let mut expr = self.condition();
        if !self.at(TokenKind::End) {
            self.unexpected(codes::UNEXPECTED, Within::Alone.expected(), None);
        }
        self.flatten_chains(&mut expr);
        expr
    }

    /// An expression after which only the end of its surroundings can follow; what else does is reported.
    pub(super) fn condition(&mut self) -> Expr {
        let expr = self.expression().expr;
        while matches!(self.token.kind, TokenKind::Close | TokenKind::Comma) {
            if self.at(TokenKind::Close) {
                let help = "no parenthesis is open here; remove this one".to_owned();
                self.unexpected(codes::UNBALANCED, self.within.expected(), Some(help));
            } else {
                let help =
                    "conditions are joined with `and` or `or`, and lists stand in parentheses";
                self.unexpected(codes::UNEXPECTED, self.within.expected(), Some(help.to_owned()));
            }
            self.bump();
            if begins_operand(self.token.kind) {
                self.expression();
            }
            self.resume();
        }
        expr
    }

    /// Goes on reading behind an error, for the sake of the errors further on.
    pub(super) fn resume(&mut self) {
        self.sync();
        while matches!(self.token.kind, TokenKind::And | TokenKind::Or) {
            self.bump();
            self.expression();
        }
    }

    /// Makes one chain of `and` in `and` and of `or` in `or`. Done once for the whole tree, since doing it wherever
    /// parentheses close would move the terms once for each level.
    pub(super) fn flatten_chains(&self, expr: &mut Expr) {
        if self.nested_chain {
            flatten(expr);
        }
    }

    /// `a or b`, the loosest of all.
    pub(super) fn expression(&mut self) -> Node {
        let first = self.conjunction();
        self.chain(first, TokenKind::Or, Parser::conjunction, Kind::Or)
    }

    fn conjunction(&mut self) -> Node {
        let first = self.term();
        self.chain(first, TokenKind::And, Parser::term, Kind::And)
    }

    /// Reads on from the first term; a chain is as deep as its deepest term and one more.
    fn chain(
        &mut self,
        first: Node,
        joint: TokenKind,
        term: fn(&mut Self) -> Node,
        kind: fn(Vec<Expr>) -> Kind,
    ) -> Node {
        if !self.at(joint) {
            return first;
        }
        let start = first.expr.span;
        let mut height = first.height;
        let mut terms = vec![first.expr];
        while self.take(joint).is_some() {
            let next = term(self);
            height = height.max(next.height);
            terms.push(next.expr);
        }
        let chain = kind(terms);
        self.nested_chain |= parts_of_chain(&chain).any(|term| same_chain(&chain, &term.kind));
        self.node(chain, start, height)
    }

    /// One term of a chain; what cannot follow it is reported and passed.
    fn term(&mut self) -> Node {
        let node = self.negation();
        self.recognise_capitals(&[TokenKind::And, TokenKind::Or]);
        match self.token.kind {
            TokenKind::And
            | TokenKind::Or
            | TokenKind::Comma
            | TokenKind::Close
            | TokenKind::CloseBracket
            | TokenKind::OpenMissing
            | TokenKind::OpenBracket
            | TokenKind::Bar
            | TokenKind::By
            | TokenKind::With
            | TokenKind::Until
            | TokenKind::End => {}
            // A misplaced word in a stage's place, such as `fork`, is for the sequence to judge.
            TokenKind::Identifier if self.within == Within::Keys => {}
            _ => {
                let (code, help) = self.after_term(&node.expr);
                self.unexpected(code, self.within.expected(), help);
                self.sync();
            }
        }
        node
    }

    /// What was probably meant by the token after a complete term.
    fn after_term(&self, term: &Expr) -> (&'static str, Option<String>) {
        let left = excerpt(self.text, term.span);
        let help = match self.token.kind {
            TokenKind::Equal
            | TokenKind::NotEqual
            | TokenKind::Less
            | TokenKind::LessOrEqual
            | TokenKind::Greater
            | TokenKind::GreaterOrEqual
            | TokenKind::Assign => {
                let help = "a comparison takes two values; join two comparisons with `and`";
                return (codes::CHAINED, Some(help.to_owned()));
            }
            TokenKind::Identifier
                if self.adjacent()
                    && self.text[..self.taken_end as usize]
                        .ends_with(|c: char| c.is_ascii_digit()) =>
            {
                "a name that begins with a digit stands between backticks".to_owned()
            }
            TokenKind::Identifier => {
                match self.written(self.token.span).to_ascii_lowercase().as_str() {
                    "is" => format!("write `{left} == null` or `{left} != null`"),
                    "contains" => {
                        format!("write `stringContains({left}, ...)` or `{left} : \"*...*\"`")
                    }
                    "startswith" => {
                        format!("write `startsWith({left}, ...)` or `{left} : \"...*\"`")
                    }
                    "endswith" => format!("write `endsWith({left}, ...)` or `{left} : \"*...\"`"),
                    "matches" => format!("write `{left} regex \"...\"` or `{left} like \"...\"`"),
                    _ => "conditions are joined with `and` or `or`".to_owned(),
                }
            }
            TokenKind::Colon
            | TokenKind::In
            | TokenKind::InAnyCase
            | TokenKind::Like
            | TokenKind::LikeAnyCase
            | TokenKind::Regex
            | TokenKind::RegexAnyCase => {
                "one value takes one such operator; join two conditions with `and` or `or`"
                    .to_owned()
            }
            TokenKind::Plus
            | TokenKind::Minus
            | TokenKind::Star
            | TokenKind::Slash
            | TokenKind::Percent => {
                "arithmetic on a condition has no meaning; parentheses may be missing".to_owned()
            }
            TokenKind::Not => "`not` stands before the whole condition".to_owned(),
            _ => self.joint().to_owned(),
        };
        (codes::UNEXPECTED, Some(help))
    }

    /// How two expressions are joined here.
    fn joint(&self) -> &'static str {
        match self.within {
            Within::List => "values in a list are parted by commas",
            Within::Pipe => "a pipe begins with `|`",
            _ => "conditions are joined with `and` or `or`",
        }
    }

    /// `not a`, any number of times.
    fn negation(&mut self) -> Node {
        if self.at(TokenKind::Identifier) && begins_operand_after_name(self.ahead.kind) {
            self.recognise_capitals(&[TokenKind::Not]);
        }
        let mut nots = Vec::new();
        while self.at(TokenKind::Not) {
            if DEPTH_MAX <= self.depth + nots.len() {
                return self.pass_too_deep(self.token.span);
            }
            nots.push(self.bump().span);
        }
        self.depth += nots.len();
        let mut node = self.comparison();
        self.depth -= nots.len();
        for not in nots.into_iter().rev() {
            node = self.node(Kind::Not(Box::new(node.expr)), not, node.height);
        }
        node
    }

    /// At most one comparison of two values.
    fn comparison(&mut self) -> Node {
        let left = self.sum();
        let comparison = match self.token.kind {
            TokenKind::Equal => Comparison::Equal,
            TokenKind::NotEqual => Comparison::NotEqual,
            TokenKind::Less => Comparison::Less,
            TokenKind::LessOrEqual => Comparison::LessOrEqual,
            TokenKind::Greater => Comparison::Greater,
            TokenKind::GreaterOrEqual => Comparison::GreaterOrEqual,
            TokenKind::Assign => {
                let help = "use `==` for equality".to_owned();
                self.unexpected(codes::FOREIGN_OPERATOR, "'=='", Some(help));
                Comparison::Equal
            }
            _ => return left,
        };
        self.bump();
        let right = self.sum();
        let start = left.expr.span;
        let height = left.height.max(right.height);
        self.node(
            Kind::Compare(comparison, Box::new(left.expr), Box::new(right.expr)),
            start,
            height,
        )
    }

    fn sum(&mut self) -> Node {
        self.operations(Parser::product, |kind| match kind {
            TokenKind::Plus => Some(Arithmetic::Add),
            TokenKind::Minus => Some(Arithmetic::Subtract),
            _ => None,
        })
    }

    fn product(&mut self) -> Node {
        self.operations(Parser::signed, |kind| match kind {
            TokenKind::Star => Some(Arithmetic::Multiply),
            TokenKind::Slash => Some(Arithmetic::Divide),
            TokenKind::Percent => Some(Arithmetic::Modulo),
            _ => None,
        })
    }

    /// `a + b + c`, which leans to the left: each operator makes the tree one deeper.
    fn operations(
        &mut self,
        operand: fn(&mut Self) -> Node,
        operator: fn(TokenKind) -> Option<Arithmetic>,
    ) -> Node {
        let mut node = operand(self);
        while let Some(arithmetic) = operator(self.token.kind) {
            let place = self.bump().span;
            let right = operand(self);
            let height = node.height.max(right.height);
            if DEPTH_MAX <= height {
                return self.pass_too_deep(place);
            }
            let start = node.expr.span;
            let kind = Kind::Arithmetic(arithmetic, Box::new(node.expr), Box::new(right.expr));
            node = self.node(kind, start, height);
        }
        node
    }

    /// `-a`, any number of times; `+` leaves no trace.
    fn signed(&mut self) -> Node {
        let mut minuses = Vec::new();
        loop {
            match self.token.kind {
                TokenKind::Plus => {
                    self.bump();
                }
                TokenKind::Minus if DEPTH_MAX <= self.depth + minuses.len() => {
                    return self.pass_too_deep(self.token.span);
                }
                TokenKind::Minus => minuses.push(self.bump().span),
                _ => break,
            }
        }
        self.depth += minuses.len();
        let mut node = self.predicate();
        self.depth -= minuses.len();
        for minus in minuses.into_iter().rev() {
            node = self.node(Kind::Negate(Box::new(node.expr)), minus, node.height);
        }
        node
    }

    /// A primary, and the list or pattern that it is held against.
    fn predicate(&mut self) -> Node {
        let value = self.primary();
        let ahead = self.kind_in_any_case(self.ahead);
        self.recognise_capitals(&OPERATOR_WORDS);
        if is_in(ahead) || begins_match(ahead) {
            self.recognise_capitals(&[TokenKind::Not]);
        }
        let negated = self.at(TokenKind::Not) && (is_in(ahead) || begins_match(ahead));
        if negated {
            self.bump();
            self.recognise_capitals(&OPERATOR_WORDS);
        }
        match self.token.kind {
            kind if is_in(kind) => self.in_list(value, negated),
            kind if begins_match(kind) => {
                if negated {
                    let left = excerpt(self.text, value.expr.span);
                    let operator = self.written(self.token.span).to_ascii_lowercase();
                    let help =
                        format!("`not` stands before the value: `not {left} {operator} ...`");
                    self.unexpected(codes::NOT_BEFORE_MATCH, "{'in', 'in~'}", Some(help));
                }
                self.match_list(value)
            }
            _ => value,
        }
    }

    fn in_list(&mut self, value: Node, negated: bool) -> Node {
        let any_case = self.bump().kind == TokenKind::InAnyCase;
        let start = value.expr.span;
        if !self.at(TokenKind::Open) {
            let help = format!("a list stands in parentheses: `in ({})`", self.quoted(self.token));
            let help = if begins_operand(self.token.kind) { Some(help) } else { None };
            self.unexpected(codes::UNEXPECTED, "'('", help);
            return self.signed();
        }
        let mut height = value.height;
        let list = self.list(|parser| {
            let node = parser.expression();
            height = height.max(node.height);
            node.expr
        });
        let kind = Kind::In { value: Box::new(value.expr), list, any_case, negated };
        self.node(kind, start, height)
    }

    fn match_list(&mut self, value: Node) -> Node {
        let operator = match self.bump().kind {
            TokenKind::Like => MatchOperator::Like,
            TokenKind::LikeAnyCase => MatchOperator::LikeAnyCase,
            TokenKind::Regex => MatchOperator::Regex,
            TokenKind::RegexAnyCase => MatchOperator::RegexAnyCase,
            _ => MatchOperator::Colon,
        };
        let start = value.expr.span;
        let list = if self.at(TokenKind::Open) {
            self.list(Parser::match_constant)
        } else {
            vec![self.match_constant()]
        };
        self.node(Kind::Match { value: Box::new(value.expr), operator, list }, start, value.height)
    }

    /// The right side of `:` and its like, which is a constant and never computed.
    fn match_constant(&mut self) -> (Constant, Span) {
        let span = self.token.span;
        if let Some(constant) = self.constant() {
            return (constant, span);
        }
        let help = if begins_operand(self.token.kind) {
            "the right side is a text, or a list of texts in parentheses; computed values are compared with `==`"
        } else {
            "the right side is a text, or a list of texts in parentheses"
        };
        self.unexpected(codes::MATCH_OPERAND, "a constant", Some(help.to_owned()));
        if begins_operand(self.token.kind) {
            self.signed();
        } else {
            self.sync();
        }
        (Constant::Null, self.since(span))
    }

    /// `( one, two )`, one or more; `element` reads each.
    fn list<T>(&mut self, element: impl FnMut(&mut Self) -> T) -> Vec<T> {
        if self.ahead.kind == TokenKind::Close {
            self.bump();
            let help = "a list holds at least one value".to_owned();
            self.unexpected(codes::EMPTY_LIST, "a value", Some(help));
            self.bump();
            return Vec::new();
        }
        self.arguments(element)
    }

    /// `( one, two )`, none or more.
    fn arguments<T>(&mut self, mut element: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let open = self.bump().span;
        let mut elements = Vec::new();
        if DEPTH_MAX <= self.depth {
            self.pass_too_deep(open);
        } else if self.take(TokenKind::Close).is_some() {
            return elements;
        } else {
            self.inside(Within::List, |parser| {
                elements.push(element(parser));
                while parser.take(TokenKind::Comma).is_some() {
                    elements.push(element(parser));
                }
            });
        }
        self.close(Within::List, open);
        elements
    }

    /// Takes the closing parenthesis, or reports that it is missing and passes what stands before it.
    fn close(&mut self, within: Within, open: Span) {
        if self.take(TokenKind::Close).is_some() {
            return;
        }
        let (code, help) = if self.at(TokenKind::Comma) {
            (codes::UNEXPECTED, "a list of values stands after `in`, `:`, `like` or `regex`")
        } else {
            (codes::UNBALANCED, "close the parenthesis with `)`")
        };
        self.unexpected_since(
            code,
            within.expected(),
            Some(help.to_owned()),
            Some((open, "opened here")),
        );
        loop {
            self.sync();
            match self.token.kind {
                TokenKind::And | TokenKind::Or | TokenKind::Comma => self.bump(),
                TokenKind::Close => {
                    self.bump();
                    return;
                }
                _ => return,
            };
        }
    }

    fn primary(&mut self) -> Node {
        let start = self.token.span;
        if let Some(constant) = self.constant() {
            return Node { expr: Expr { kind: Kind::Constant(constant), span: start }, height: 1 };
        }
        match (self.token.kind, self.ahead.kind) {
            (TokenKind::Open, _) => self.parentheses(),
            (TokenKind::Identifier | TokenKind::TildeIdentifier, TokenKind::Open) => self.call(),
            (TokenKind::Identifier, TokenKind::Of) => self.relationship(),
            (TokenKind::Identifier | TokenKind::QuotedIdentifier | TokenKind::Question, _) => {
                let field = self.field();
                let span = field.span;
                Node { expr: Expr { kind: Kind::Field(field), span }, height: 1 }
            }
            (kind, ahead) if is_word(kind) && follows_name(ahead) => {
                let field = self.field();
                let span = field.span;
                Node { expr: Expr { kind: Kind::Field(field), span }, height: 1 }
            }
            _ => self.no_primary(start),
        }
    }

    fn no_primary(&mut self, start: Span) -> Node {
        let help = match self.token.kind {
            TokenKind::TildeIdentifier => Some("a name with `~` is a function: `name~(...)`"),
            TokenKind::Not => Some("put parentheses round a negated value: `(not ...)`"),
            kind if is_word(kind) => {
                Some("the word is a keyword; a field of that name stands between backticks")
            }
            _ => None,
        };
        self.unexpected(codes::UNEXPECTED, "an expression", help.map(str::to_owned));
        self.sync();
        Node::hole(start)
    }

    fn parentheses(&mut self) -> Node {
        let open = self.token.span;
        if DEPTH_MAX <= self.depth {
            return self.pass_too_deep(open);
        }
        self.bump();
        if self.at(TokenKind::Close) {
            self.unexpected(codes::UNEXPECTED, "an expression", None);
            self.bump();
            return Node::hole(open);
        }
        let inner = self.inside(Within::Parentheses, Parser::expression);
        self.close(Within::Parentheses, open);
        let span = self.since(open);
        Node { expr: Expr { kind: inner.expr.kind, span }, height: inner.height }
    }

    fn call(&mut self) -> Node {
        let name_token = self.bump();
        let written = self.written(name_token.span);
        let name = written.trim_end_matches('~').to_owned();
        let mut height = 0;
        let args = self.arguments(|parser| {
            let node = parser.expression();
            height = height.max(node.height);
            node.expr
        });
        let any_case = name_token.kind == TokenKind::TildeIdentifier;
        let call = Call { name, name_span: name_token.span, any_case, args };
        self.node(Kind::Call(call), name_token.span, height)
    }

    /// `child of [...]` and its like, which Elasticsearch reads and refuses.
    fn relationship(&mut self) -> Node {
        let start = self.bump().span;
        self.bump();
        let span = self.since(start);
        let help = "compare `process.parent.entity_id` in a sequence instead";
        self.error(codes::UNSUPPORTED, span, "Process relationships are not supported", help);
        if matches!(self.token.kind, TokenKind::OpenBracket | TokenKind::OpenMissing) {
            if DEPTH_MAX <= self.depth {
                return self.pass_too_deep(start);
            }
            self.subquery();
        } else {
            self.unexpected(codes::UNEXPECTED, "'['", None);
            self.sync();
        }
        Node::hole(start)
    }

    /// `?a.b`
    fn field(&mut self) -> Field {
        let start = self.token.span;
        let optional = self.take(TokenKind::Question).is_some();
        let mut name = self.name_part();
        loop {
            match self.token.kind {
                TokenKind::Dot => {
                    self.bump();
                    name.push('.');
                    name.push_str(&self.name_part());
                }
                TokenKind::Decimal
                    if self.adjacent() && self.written(self.token.span).starts_with('.') =>
                {
                    let help = "a part of a name that begins with a digit stands between backticks";
                    self.unexpected(codes::UNEXPECTED, "a name", Some(help.to_owned()));
                    self.bump();
                    while self.adjacent() && is_word(self.token.kind) {
                        self.bump();
                    }
                }
                TokenKind::OpenBracket if self.ahead.kind == TokenKind::Integer => {
                    let open = self.token.span;
                    self.skip_index();
                    let help = "a field is compared by any of its values; leave the index out";
                    let span = self.since(open);
                    self.error(codes::UNSUPPORTED, span, "Array indexes are not supported", help);
                }
                _ => break,
            }
        }
        Field { name, optional, span: self.since(start) }
    }

    /// One part of a field name; a keyword in its place is reported and taken.
    fn name_part(&mut self) -> String {
        if matches!(self.token.kind, TokenKind::Identifier | TokenKind::QuotedIdentifier) {
            let span = self.bump().span;
            return decode_name(self.written(span));
        }
        let word = self.written(self.token.span);
        if self.at(TokenKind::TildeIdentifier) || keyword(word).is_some() {
            let help = match self.token.kind {
                TokenKind::TildeIdentifier => "a field name has no `~`".to_owned(),
                _ => {
                    format!("`{word}` is a keyword; between backticks it is a name: `` `{word}` ``")
                }
            };
            self.unexpected(codes::RESERVED, "a name", Some(help));
            self.bump();
            return String::new();
        }
        let help = match self.token.kind {
            TokenKind::Star => Some("fields are named one by one; a name has no wildcards"),
            TokenKind::Integer | TokenKind::Decimal => {
                Some("a part of a name that begins with a digit stands between backticks")
            }
            _ => None,
        };
        self.unexpected(codes::UNEXPECTED, "a name", help.map(str::to_owned));
        if matches!(self.token.kind, TokenKind::Star | TokenKind::Integer | TokenKind::Decimal) {
            self.bump();
        }
        String::new()
    }

    /// A constant, if the token is one.
    pub(super) fn constant(&mut self) -> Option<Constant> {
        let written = self.written(self.token.span);
        let constant = match self.token.kind {
            TokenKind::Null => Constant::Null,
            TokenKind::True => Constant::Boolean(true),
            TokenKind::False => Constant::Boolean(false),
            TokenKind::Text(form) => Constant::Text(decode_text(written, form)),
            TokenKind::Integer => match written.parse() {
                Ok(long) => Constant::Long(long),
                Err(_) => self.double(written),
            },
            TokenKind::Decimal => self.double(written),
            _ => return None,
        };
        self.bump();
        Some(constant)
    }

    fn double(&mut self, written: &str) -> Constant {
        // Digits, a point and an exponent are what the lexer takes for a number, and all of them can be read.
        let double = written.parse().unwrap_or(f64::INFINITY);
        if double.is_infinite() {
            let message = format!("Number [{}] is too large", excerpt(self.text, self.token.span));
            let help = "the largest number is about 1.8e308";
            self.error(codes::NUMBER, self.token.span, message, help);
        }
        Constant::Double(double)
    }

    /// A node that reaches from `start` to here, one deeper than its deepest part.
    fn node(&mut self, kind: Kind, start: Span, height: usize) -> Node {
        let span = self.since(start);
        if DEPTH_MAX < height + 1 {
            return self.too_deep(span);
        }
        Node { expr: Expr { kind, span }, height: height + 1 }
    }
}

/// The operators that are words and follow a value.
const OPERATOR_WORDS: [TokenKind; 6] = [
    TokenKind::In,
    TokenKind::InAnyCase,
    TokenKind::Like,
    TokenKind::LikeAnyCase,
    TokenKind::Regex,
    TokenKind::RegexAnyCase,
];

fn is_in(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::In | TokenKind::InAnyCase)
}

fn begins_match(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Colon
            | TokenKind::Like
            | TokenKind::LikeAnyCase
            | TokenKind::Regex
            | TokenKind::RegexAnyCase
    )
}

/// Whether a token can begin a value.
fn begins_operand(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Identifier
            | TokenKind::TildeIdentifier
            | TokenKind::QuotedIdentifier
            | TokenKind::Integer
            | TokenKind::Decimal
            | TokenKind::Text(_)
            | TokenKind::Null
            | TokenKind::True
            | TokenKind::False
            | TokenKind::Question
            | TokenKind::Minus
            | TokenKind::Plus
            | TokenKind::Open
    )
}

/// Whether the name before this token was no name, since a value begins here. `NOT (` is a call by the grammar, but
/// no function is called so.
fn begins_operand_after_name(kind: TokenKind) -> bool {
    begins_operand(kind) && !matches!(kind, TokenKind::Minus | TokenKind::Plus)
}

/// Keywords that can be mistaken for a name, and functions without parentheses. Not those that a query is recovered at.
fn is_word(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Identifier
            | TokenKind::TildeIdentifier
            | TokenKind::Any
            | TokenKind::In
            | TokenKind::Join
            | TokenKind::Like
            | TokenKind::Maxspan
            | TokenKind::Of
            | TokenKind::Regex
            | TokenKind::Sample
            | TokenKind::Sequence
            | TokenKind::Where
    )
}

/// Whether a word before this token was probably meant as a field.
fn follows_name(kind: TokenKind) -> bool {
    begins_match(kind)
        || matches!(
            kind,
            TokenKind::Dot
                | TokenKind::Equal
                | TokenKind::NotEqual
                | TokenKind::Less
                | TokenKind::LessOrEqual
                | TokenKind::Greater
                | TokenKind::GreaterOrEqual
                | TokenKind::Assign
                | TokenKind::In
                | TokenKind::InAnyCase
                | TokenKind::And
                | TokenKind::Or
        )
}

fn parts_of_chain(kind: &Kind) -> std::slice::Iter<'_, Expr> {
    match kind {
        Kind::And(parts) | Kind::Or(parts) => parts.iter(),
        _ => [].iter(),
    }
}

fn same_chain(one: &Kind, other: &Kind) -> bool {
    matches!((one, other), (Kind::And(_), Kind::And(_)) | (Kind::Or(_), Kind::Or(_)))
}

/// Makes one chain of each `and` in `and` and `or` in `or`. The depth of the tree is bounded, and so is this recursion.
fn flatten(expr: &mut Expr) {
    match &mut expr.kind {
        Kind::Constant(_) | Kind::Field(_) => {}
        Kind::Call(call) => call.args.iter_mut().for_each(flatten),
        Kind::Negate(part) | Kind::Not(part) | Kind::Match { value: part, .. } => flatten(part),
        Kind::Arithmetic(_, left, right) | Kind::Compare(_, left, right) => {
            flatten(left);
            flatten(right);
        }
        Kind::In { value, list, .. } => {
            flatten(value);
            list.iter_mut().for_each(flatten);
        }
        Kind::And(_) | Kind::Or(_) => {
            let whole = std::mem::replace(&mut expr.kind, Kind::Constant(Constant::Null));
            let is_and = matches!(whole, Kind::And(_));
            let mut terms = Vec::new();
            gather(Expr { kind: whole, span: expr.span }, is_and, &mut terms);
            terms.iter_mut().for_each(flatten);
            expr.kind = if is_and { Kind::And(terms) } else { Kind::Or(terms) };
        }
    }
}

/// The terms of a chain and of the same chains directly in it, each moved once.
fn gather(expr: Expr, is_and: bool, terms: &mut Vec<Expr>) {
    match (expr.kind, is_and) {
        (Kind::And(parts), true) | (Kind::Or(parts), false) => {
            for part in parts {
                gather(part, is_and, terms);
            }
        }
        (kind, _) => terms.push(Expr { kind, span: expr.span }),
    }
}
