//! Reads a query into its syntax tree, or says everything that is wrong with it.
//!
//! Recursive descent, one function for a rule of the grammar. A rule always gives a node: where the text is
//! wrong the error is reported, tokens are passed up to one that a caller can go on from (`and`, `or`, `,`, `)`, `]`,
//! `|` and the beginnings of a stage), and a hole takes the place of the node. A tree with a hole never leaves this
//! crate, because a query with an error gives its errors only. No two errors are reported at one place, and an
//! error hides those that follow from it.
//!
//! Names and types are none of its business: `length() == 1` is a query here.

mod expression;
mod pipe;
mod query;

use brokerwatch_expr::limits::{DEPTH_MAX, QUERY_BYTES_MAX};
use brokerwatch_expr::{Diagnostic, Span};

use crate::ast::{Constant, Expr, Kind, Statement};
use crate::codes;
use crate::lexer::{Lexer, TextForm, Token, TokenKind, keyword};
use crate::lower::{Settings, lower};
use brokerwatch_expr::report::{Report, excerpt};

/// Reads a query, or gives all its errors in the order of the text, up to
/// [`limits::ERRORS_MAX`](brokerwatch_expr::limits::ERRORS_MAX).
///
/// In a query that cannot be read, functions that do not exist and regular expressions that are none are told as well:
/// they are wrong whatever the rest will be.
pub fn parse(text: &str) -> Result<Statement, Vec<Diagnostic>> {
    let (tree, mut errors) = read(text, Parser::statement)?;
    if errors.is_empty() {
        return Ok(tree);
    }
    let schema = brokerwatch_ecs::Schema::open();
    let further = lower(&tree, &schema, &Settings::default()).err().unwrap_or_default();
    let certain =
        |error: &Diagnostic| [codes::UNKNOWN_FUNCTION, codes::REGEX].contains(&error.code);
    errors.extend(further.into_iter().filter(certain));
    errors.sort_by_key(|error| (error.code == codes::TOO_MANY_ERRORS, error.span().start));
    Err(errors)
}

/// Reads a condition or a value alone, such as `process.pid > 4` or `length("a")`.
pub fn parse_expression(text: &str) -> Result<Expr, Vec<Diagnostic>> {
    let (tree, errors) = read(text, Parser::lone_expression)?;
    if errors.is_empty() { Ok(tree) } else { Err(errors) }
}

/// The tree, with holes where there are errors.
fn read<'t, T>(
    text: &'t str,
    rule: fn(&mut Parser<'t>) -> T,
) -> Result<(T, Vec<Diagnostic>), Vec<Diagnostic>> {
    if QUERY_BYTES_MAX < text.len() {
        let message =
            format!("the query has {} bytes, at most {QUERY_BYTES_MAX} are read", text.len());
        let start = Span::new(0..text.chars().next().map_or(0, char::len_utf8));
        return Err(vec![Diagnostic::error(codes::QUERY_TOO_LONG, start, message)]);
    }
    let mut parser = Parser::new(text);
    let tree = rule(&mut parser);
    Ok((tree, parser.report.finish()))
}

/// The length of the longest keyword, `sequence`.
const KEYWORD_BYTES_MAX: usize = 8;

/// What an expression stands in, which decides how it may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Query,
    Stage,
    Parentheses,
    List,
    Keys,
    Pipe,
    Alone,
}

impl Within {
    /// What may follow an expression here, as a message lists it.
    fn expected(self) -> &'static str {
        match self {
            Within::Query => "{<EOF>, '|', 'and', 'or'}",
            Within::Stage => "{']', 'and', 'or'}",
            Within::Parentheses => "{')', 'and', 'or'}",
            Within::List => "{')', ',', 'and', 'or'}",
            Within::Keys => "{'[', '![', ',', 'with', 'until', '|', <EOF>}",
            Within::Pipe => "{<EOF>, '|', ','}",
            Within::Alone => "{<EOF>, 'and', 'or'}",
        }
    }
}

/// An expression, and how many levels its tree has.
struct Node {
    expr: Expr,
    height: usize,
}

impl Node {
    /// What takes the place of a node that could not be read.
    fn hole(span: Span) -> Node {
        Node { expr: Expr { kind: Kind::Constant(Constant::Null), span }, height: 1 }
    }
}

struct Parser<'t> {
    text: &'t str,
    lexer: Lexer<'t>,
    report: Report,
    /// The token to be read, and the one after it.
    token: Token,
    ahead: Token,
    /// The end of the last token that was taken.
    taken_end: u32,
    /// Where the last syntax error was; another at the same place would only follow from it.
    error_at: Option<u32>,
    /// Where the last error of nesting was.
    deep_at: Option<u32>,
    /// How many parentheses, lists, brackets, `not` and `-` are open, which bounds the recursion of this parser as the
    /// height of a node bounds that of later passes.
    depth: usize,
    within: Within,
    /// Whether an `and` stands directly in an `and`, or an `or` in an `or`.
    nested_chain: bool,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str) -> Parser<'t> {
        let mut lexer = Lexer::new(text);
        let mut report = Report::new(codes::TOO_MANY_ERRORS, &[codes::KEYWORD_CASE]);
        let token = lexer.next(&mut report);
        let ahead = lexer.next(&mut report);
        Parser {
            text,
            lexer,
            report,
            token,
            ahead,
            taken_end: 0,
            error_at: None,
            deep_at: None,
            depth: 0,
            within: Within::Query,
            nested_chain: false,
        }
    }

    fn at(&self, kind: TokenKind) -> bool {
        self.token.kind == kind
    }

    /// Takes the token and returns it. The end is never passed.
    fn bump(&mut self) -> Token {
        let taken = self.token;
        if taken.kind == TokenKind::End {
            return taken;
        }
        self.token = self.ahead;
        self.ahead = self.lexer.next(&mut self.report);
        self.taken_end = taken.span.end;
        if taken.kind == TokenKind::Text(TextForm::Unclosed) {
            // What should have followed was swallowed by the text, so that it is not missing.
            self.error_at = Some(self.token.span.start);
        }
        taken
    }

    fn take(&mut self, kind: TokenKind) -> Option<Token> {
        self.at(kind).then(|| self.bump())
    }

    /// Takes a keyword where no name can stand, so that one in capitals is recognised and reported.
    fn take_keyword(&mut self, kind: TokenKind) -> Option<Token> {
        self.recognise_capitals(&[kind]);
        self.take(kind)
    }

    /// The kind of a token, a keyword in capitals counting as the keyword.
    fn kind_in_any_case(&self, token: Token) -> TokenKind {
        let is_name = matches!(token.kind, TokenKind::Identifier | TokenKind::TildeIdentifier);
        if !is_name || KEYWORD_BYTES_MAX < token.span.range().len() {
            return token.kind;
        }
        keyword(&self.written(token.span).to_ascii_lowercase()).unwrap_or(token.kind)
    }

    /// Turns a name that is one of these keywords but for its case into that keyword, and reports it.
    fn recognise_capitals(&mut self, kinds: &[TokenKind]) {
        let kind = self.kind_in_any_case(self.token);
        if kind == self.token.kind || !kinds.contains(&kind) {
            return;
        }
        let written = self.written(self.token.span);
        let word = written.to_ascii_lowercase();
        self.report.push(
            Diagnostic::error(
                codes::KEYWORD_CASE,
                self.token.span,
                format!("mismatched input '{written}' expecting '{word}'"),
            )
            .help(format!("keywords are in lower case: `{word}`")),
        );
        self.token.kind = kind;
    }

    fn written(&self, span: Span) -> &'t str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// A token's text as a message repeats it.
    fn quoted(&self, token: Token) -> String {
        match token.kind {
            TokenKind::End => "<EOF>".to_owned(),
            _ => excerpt(self.text, token.span),
        }
    }

    /// The place from `start` to the end of the last token taken.
    fn since(&self, start: Span) -> Span {
        Span { start: start.start, end: self.taken_end.max(start.start) }
    }

    /// Whether the token follows the last one without a blank.
    fn adjacent(&self) -> bool {
        self.taken_end == self.token.span.start
    }

    /// An error at a place of its own.
    fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>, help: &str) {
        self.report.push(Diagnostic::error(code, span, message).help(help));
    }

    /// Reports that the token cannot stand here, unless an error there is known.
    fn unexpected(&mut self, code: &'static str, expected: &str, help: Option<String>) {
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
        let is_hidden = self.at(TokenKind::End) && self.lexer.is_cut();
        if follows || is_hidden || self.report.is_known(start) {
            return;
        }
        let span = match self.token.kind {
            // The end is where the text ends, not where the blanks after it do.
            TokenKind::End => Span { start: self.taken_end, end: self.taken_end },
            _ => self.token.span,
        };
        let message =
            format!("mismatched input '{}' expecting {expected}", self.quoted(self.token));
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
                TokenKind::End
                | TokenKind::CloseBracket
                | TokenKind::Bar
                | TokenKind::OpenMissing
                | TokenKind::Until
                | TokenKind::With
                | TokenKind::By => return,
                TokenKind::And | TokenKind::Or | TokenKind::Comma | TokenKind::Close
                    if open == 0 =>
                {
                    return;
                }
                TokenKind::OpenBracket => {
                    if self.ahead.kind != TokenKind::Integer {
                        return;
                    }
                    self.skip_index();
                    continue;
                }
                TokenKind::Open => open += 1,
                TokenKind::Close => open -= 1,
                _ => {}
            }
            self.bump();
        }
    }

    /// Passes tokens up to one of these or the end; `[0]` is no stage.
    fn pass_to(&mut self, stops: &[TokenKind]) {
        loop {
            match self.token.kind {
                TokenKind::OpenBracket if self.ahead.kind == TokenKind::Integer => {
                    self.skip_index();
                }
                kind if kind == TokenKind::End || stops.contains(&kind) => return,
                _ => {
                    self.bump();
                }
            }
        }
    }

    /// Passes `[0]`.
    fn skip_index(&mut self) {
        self.bump();
        while self.take(TokenKind::Integer).is_some() {}
        self.take(TokenKind::CloseBracket);
    }

    /// Reports what is nested too deep, unless it is so for a part of it that was reported.
    fn too_deep(&mut self, span: Span) -> Node {
        if self.deep_at.is_none_or(|inner| inner < span.start) {
            self.deep_at = Some(span.start);
            let message = format!("the expression is nested deeper than {DEPTH_MAX} levels");
            let help = "split the condition, or write a list with `in (...)`; chains of `and` and `or` have no \
                such bound";
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
}
