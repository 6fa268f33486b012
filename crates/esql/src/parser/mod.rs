//! Reads a query into its syntax tree, or says everything that is wrong with it.
//!
//! Recursive descent, one function for a rule of the grammar; the rules of the commands are in [`crate::commands`]. A
//! rule always gives a node: where the text is wrong the error is reported, tokens are passed up to one that a caller can
//! go on from, and a hole takes the place of the node. A tree with a hole never leaves this crate, because a query with an
//! error gives its errors only. No two errors are reported at one place, and an error hides those that follow from it.

mod constant;
mod expression;
mod name;
mod query;
mod raw;

pub(crate) use constant::UNITS;
pub(crate) use name::INDEX;

use brokerwatch_expr::limits::{DEPTH_MAX, QUERY_BYTES_MAX};
use brokerwatch_expr::{Diagnostic, Span};

use crate::ast::{Constant, Expr, Kind, Place, Statement};
use crate::codes;
use crate::lexer::{Lexer, Mode, Problem, TextForm, Token, TokenKind, explain};
use crate::limits::SUBQUERY_DEPTH_MAX;
use brokerwatch_expr::report::{Report, excerpt};

/// Reads a query, or gives all its errors in the order of the text, up to
/// [`limits::ERRORS_MAX`](brokerwatch_expr::limits::ERRORS_MAX).
pub fn parse(text: &str) -> Result<Statement, Vec<Diagnostic>> {
    read(text, Parser::statement)
}

/// Reads a condition or a value alone, such as `process.pid > 4` or `length("a")`.
pub fn parse_expression(text: &str) -> Result<Expr, Vec<Diagnostic>> {
    read(text, Parser::lone_expression)
}

fn read<'t, T>(text: &'t str, rule: fn(&mut Parser<'t>) -> T) -> Result<T, Vec<Diagnostic>> {
    if QUERY_BYTES_MAX < text.len() {
        let message =
            format!("the query has {} bytes, at most {QUERY_BYTES_MAX} are read", text.len());
        let start = Span::new(0..text.chars().next().map_or(0, char::len_utf8));
        let help = "split the query, or move long lists of values into a lookup";
        return Err(vec![Diagnostic::error(codes::QUERY_TOO_LONG, start, message).help(help)]);
    }
    let mut parser = Parser::new(text);
    let tree = rule(&mut parser);
    let errors = parser.report.finish();
    if errors.is_empty() { Ok(tree) } else { Err(errors) }
}

/// What a rule stands in, which decides how it may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Within {
    /// A command of the outermost query.
    Query,
    /// A command of a subquery or a branch, which ends with `)`.
    Nested,
    /// Parentheses around an expression.
    Parentheses,
    /// A list of expressions in parentheses.
    List,
    /// The options of a call or a command.
    Map,
    /// `SET name = value;`
    Setting,
    /// Nothing at all.
    Alone,
}

impl Within {
    /// What may follow here, as a message lists it.
    fn expected(self) -> &'static str {
        match self {
            Within::Query => "`|` or the end of the query",
            Within::Nested => "`|` or `)`",
            Within::Parentheses => "`)`",
            Within::List => "`,` or `)`",
            Within::Map => "`,` or `}`",
            Within::Setting => "`;`",
            Within::Alone => "the end",
        }
    }
}

/// An expression while it is read.
pub(crate) struct Node {
    expr: Expr,
    /// Where it begins, parentheses included.
    start: Span,
    /// How many levels its tree has.
    height: usize,
    /// Whether it holds together without operators, so that `::` and `:` can follow.
    is_primary: bool,
}

impl Node {
    /// What takes the place of a node that could not be read.
    fn hole(span: Span) -> Node {
        let expr = Expr { kind: Kind::Constant(Constant::Null), place: Place(span) };
        Node { expr, start: span, height: 1, is_primary: true }
    }
}

/// The state of reading one query.
pub(crate) struct Parser<'t> {
    text: &'t str,
    lexer: Lexer<'t>,
    report: Report,
    mode: Mode,
    /// The token to be read.
    token: Token,
    /// The end of the last token that was taken.
    taken_end: u32,
    /// Where the last syntax error was; another at the same place would only follow from it.
    error_at: Option<u32>,
    /// Where the last error of nesting was.
    deep_at: Option<u32>,
    /// How many parentheses, lists, subqueries, `NOT` and signs are open, which bounds the recursion of this parser as the
    /// height of a node bounds that of later passes.
    depth: usize,
    /// How many subqueries and branches are open.
    query_depth: usize,
    /// The height of the tallest expression of the query that is being read, subqueries included.
    tallest: usize,
    within: Within,
    /// Where a column begins that may be followed by `=`.
    column_start: Option<u32>,
    /// Whether an `AND` stands directly in an `AND`, or an `OR` in an `OR`.
    nested_chain: bool,
    /// Whether a comment without an end hides the rest of the text, so that nothing is missing there.
    is_cut: bool,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str) -> Parser<'t> {
        let mut parser = Parser {
            text,
            lexer: Lexer::new(text),
            report: Report::new(codes::TOO_MANY_ERRORS, &[]),
            mode: Mode::Expression,
            token: Token { kind: TokenKind::End, span: Span::new(0..0), problem: None },
            taken_end: 0,
            error_at: None,
            deep_at: None,
            depth: 0,
            query_depth: 0,
            tallest: 0,
            within: Within::Query,
            column_start: None,
            nested_chain: false,
            is_cut: false,
        };
        parser.advance(0);
        parser
    }

    /// Moves to the first token at or behind a byte.
    fn advance(&mut self, from: usize) {
        let Parser { text, report, is_cut, .. } = self;
        let start = self.lexer.pass_blanks(from, &mut |problem, span| {
            *is_cut |= problem == Problem::UnclosedComment;
            report.push(explain(problem, text, span));
        });
        let start = if self.report.is_full() { self.text.len() } else { start };
        self.token = self.lexer.token(start, self.mode);
    }

    /// Reads the token again, and those behind it, as they are in another place.
    pub(crate) fn switch(&mut self, mode: Mode) {
        if self.mode != mode {
            self.mode = mode;
            self.token = self.lexer.token(self.token.span.start as usize, mode);
        }
    }

    pub(crate) fn at(&self, kind: TokenKind) -> bool {
        self.token.kind == kind
    }

    /// Where the token stands.
    pub(crate) fn here(&self) -> Span {
        self.token.span
    }

    pub(crate) fn here_kind(&self) -> TokenKind {
        self.token.kind
    }

    /// The token behind this one.
    pub(crate) fn ahead(&self) -> Token {
        let start = self.lexer.pass_blanks(self.token.span.end as usize, &mut |_, _| ());
        self.lexer.token(start, self.mode)
    }

    /// Takes the token and returns it. The end is never passed.
    pub(crate) fn bump(&mut self) -> Token {
        let taken = self.token;
        if taken.kind == TokenKind::End {
            return taken;
        }
        self.report_problem();
        self.taken_end = taken.span.end;
        self.advance(taken.span.end as usize);
        if taken.kind == TokenKind::Text(TextForm::Unclosed) {
            // What should have followed was swallowed by the text, so that it is not missing.
            self.error_at = Some(self.token.span.start);
        }
        taken
    }

    /// Reports what is wrong with the token itself, once.
    fn report_problem(&mut self) -> bool {
        let Some(problem) = self.token.problem.take() else { return false };
        self.report.push(explain(problem, self.text, self.token.span));
        true
    }

    pub(crate) fn take(&mut self, kind: TokenKind) -> Option<Token> {
        self.at(kind).then(|| self.bump())
    }

    /// Whether the token is this word, which is no keyword and has a meaning only here.
    pub(crate) fn at_word(&self, word: &str) -> bool {
        self.word().is_some_and(|written| written.eq_ignore_ascii_case(word))
    }

    pub(crate) fn take_word(&mut self, word: &str) -> bool {
        let is_there = self.at_word(word);
        if is_there {
            self.bump();
        }
        is_there
    }

    /// The token, if it is a word of any kind.
    fn word(&self) -> Option<&'t str> {
        let written = self.written(self.token.span);
        let begins = written.starts_with(|c: char| c.is_ascii_alphabetic());
        (begins && !matches!(self.token.kind, TokenKind::Text(_))).then_some(written)
    }

    /// Takes a token, or reports that it is missing.
    pub(crate) fn expect(&mut self, kind: TokenKind, expected: &str) -> bool {
        if self.take(kind).is_some() {
            return true;
        }
        self.unexpected(codes::UNEXPECTED, expected, None);
        false
    }

    /// Takes a word, or reports that it is missing.
    pub(crate) fn expect_word(&mut self, word: &str, expected: &str) -> bool {
        if self.take_word(word) {
            return true;
        }
        self.unexpected(codes::UNEXPECTED, expected, None);
        false
    }

    fn written(&self, span: Span) -> &'t str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// The text from `start` to the end of the last token taken.
    pub(crate) fn written_since(&self, start: Span) -> &'t str {
        self.written(self.since(start).0)
    }

    /// The place from `start` to the end of the last token taken.
    pub(crate) fn since(&self, start: Span) -> Place {
        Place(Span { start: start.start, end: self.taken_end.max(start.start) })
    }

    /// Whether the token follows the last one without a blank.
    fn adjacent(&self) -> bool {
        self.taken_end == self.token.span.start
    }

    /// How many errors there are so far.
    pub(crate) fn error_count(&self) -> usize {
        self.report.len()
    }

    /// A piece of the query as a message repeats it.
    pub(crate) fn excerpt(&self, span: Span) -> String {
        excerpt(self.text, span)
    }

    /// An error at a place of its own.
    pub(crate) fn error(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.report.push(Diagnostic::error(code, span, message).help(help));
    }

    /// Reports that the token cannot stand here, unless an error there is known.
    pub(crate) fn unexpected(&mut self, code: &'static str, expected: &str, help: Option<String>) {
        self.unexpected_since(code, expected, help, None);
    }

    /// The same with a second place and a remark on it.
    fn unexpected_since(
        &mut self,
        code: &'static str,
        expected: &str,
        help: Option<String>,
        since: Option<(Span, &str)>,
    ) {
        let start = self.token.span.start;
        let follows = self.error_at.replace(start) == Some(start);
        let is_hidden = self.at(TokenKind::End) && (self.is_cut || self.report.is_full());
        if follows || is_hidden || self.report_problem() || self.report.is_known(start) {
            return;
        }
        let (span, found) = match self.token.kind {
            // The end is where the text ends, not where the blanks after it do.
            TokenKind::End => {
                (Span { start: self.taken_end, end: self.taken_end }, "the end".to_owned())
            }
            _ => (self.token.span, format!("`{}`", excerpt(self.text, self.token.span))),
        };
        let message = format!("expected {expected}, found {found}");
        let mut diagnostic = Diagnostic::error(code, span, message);
        diagnostic.help = help;
        diagnostic.labels.extend(since.map(|(span, remark)| (span, remark.to_owned())));
        self.report.push(diagnostic);
    }

    /// Passes tokens up to one that a caller can go on from.
    fn sync(&mut self) {
        let mut open = 0_usize;
        loop {
            match self.token.kind {
                TokenKind::End => return,
                // In parentheses a bar is as likely part of a subquery as the end of the command that is wrong.
                TokenKind::Bar if open == 0 || self.within == Within::Query => return,
                TokenKind::And
                | TokenKind::Or
                | TokenKind::Comma
                | TokenKind::Close
                | TokenKind::CloseBrace
                | TokenKind::By
                    if open == 0 =>
                {
                    return;
                }
                TokenKind::Open => open += 1,
                TokenKind::Close => open -= 1,
                _ => {}
            }
            self.bump();
        }
    }

    /// Reports what is nested too deep, unless it is so for a part of it that was reported.
    fn too_deep(&mut self, span: Span) -> Node {
        if self.deep_at.is_none_or(|inner| inner < span.start) {
            self.deep_at = Some(span.start);
            let (message, help) = if self.query_depth < SUBQUERY_DEPTH_MAX {
                let help = "split the condition, or write a list with `IN (...)`; chains of `AND` and `OR` have no such bound";
                (format!("nested deeper than {DEPTH_MAX} levels"), help)
            } else {
                let message =
                    format!("subqueries are nested deeper than {SUBQUERY_DEPTH_MAX} levels");
                (message, "run the inner query first, or join its rows with `LOOKUP JOIN`")
            };
            self.error(codes::TOO_DEEP, span, message, help);
        }
        Node::hole(span)
    }

    /// The same where it was not read to its end, and is passed.
    fn pass_too_deep(&mut self, span: Span) -> Node {
        let hole = self.too_deep(span);
        self.sync();
        self.error_at = Some(self.token.span.start);
        hole
    }

    /// Runs a rule inside something else, such as a list.
    fn inside<T>(&mut self, within: Within, rule: impl FnOnce(&mut Parser<'t>) -> T) -> T {
        let outside = std::mem::replace(&mut self.within, within);
        self.depth += 1;
        let result = rule(self);
        self.depth -= 1;
        self.within = outside;
        result
    }

    /// One or more of a thing, with commas between them.
    pub(crate) fn list<T>(&mut self, mut element: impl FnMut(&mut Parser<'t>) -> T) -> Vec<T> {
        let mut elements = vec![element(self)];
        while self.take(TokenKind::Comma).is_some() {
            elements.push(element(self));
        }
        elements
    }
}
