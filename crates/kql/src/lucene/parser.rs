//! Reads Lucene's query strings into the syntax tree, or says everything that is wrong with them.
//!
//! A tree with a hole never leaves this module.

use brokerwatch_expr::{Comparison, Diagnostic, Span};

use super::lexer::{Lexer, Token, TokenKind};
use crate::ast::{Bound, Clause, Kind, Language, Occur, Piece, Query, Term, Test};
use crate::codes;
use crate::limits::DEPTH_MAX;
use crate::reading::{Errors, check_length, too_deep};

/// Reads a query string of Lucene, or gives all its errors in the order of the text, up to
/// [`limits::ERRORS_MAX`](brokerwatch_expr::limits::ERRORS_MAX).
///
/// ```
/// let query = brokerwatch_kql::parse_lucene("process.name:(cmd.exe OR powershell.exe) AND NOT user.id:S\\-1\\-5\\-18")?;
/// assert_eq!(
///     brokerwatch_kql::format(&query),
///     "process.name:(cmd.exe OR powershell.exe) AND NOT user.id:S-1-5-18"
/// );
/// # Ok::<(), Vec<brokerwatch_expr::Diagnostic>>(())
/// ```
pub fn parse(text: &str) -> Result<Query, Vec<Diagnostic>> {
    check_length(text)?;
    let mut errors = Errors::new();
    let mut lexer = Lexer::new(text);
    let token = lexer.next(&mut errors);
    let mut parser = Parser { lexer, errors, token, depth: 0 };
    let clause = parser.query();
    parser.errors.result(Query { language: Language::Lucene, clause })
}

struct Parser<'t> {
    lexer: Lexer<'t>,
    errors: Errors,
    /// The token to be read.
    token: Token,
    /// How many parentheses are open.
    depth: usize,
}

/// What the terms of a list are held against; `None` outside lists.
type Within<'f> = Option<&'f Term>;

impl Parser<'_> {
    fn query(&mut self) -> Clause {
        if self.at(&TokenKind::End) {
            return Clause::new(Kind::All, self.token.span);
        }
        let clause = self.clauses(None);
        while !self.at(&TokenKind::End) {
            // Only a closing parenthesis ends a list of clauses early.
            let help = "remove it, or open it before";
            self.error(codes::UNBALANCED, self.token.span, "`)` closes nothing", help);
            self.bump();
            if !self.at(&TokenKind::End) {
                self.clauses(None);
            }
        }
        clause
    }

    /// Clauses up to a closing parenthesis or the end.
    fn clauses(&mut self, within: Within<'_>) -> Clause {
        let start = self.token.span;
        let mut clauses: Vec<(Occur, Clause)> = Vec::new();
        while !matches!(self.token.kind, TokenKind::End | TokenKind::Close) {
            let joined = self.conjunction(clauses.is_empty());
            let modifier = self.modifier();
            let clause = self.clause(within);
            let conjoined = joined == Some(TokenKind::And);
            if let Some((occur @ Occur::Should, _)) = clauses.last_mut()
                && conjoined
            {
                *occur = Occur::Must;
            }
            let occur = match modifier {
                Occur::Should if conjoined => Occur::Must,
                other => other,
            };
            clauses.push((occur, clause));
        }
        if clauses.is_empty() {
            self.missing_clause();
            return Clause::hole(start);
        }
        settle(clauses)
    }

    /// `AND` or `OR` before a clause, if one stands here.
    fn conjunction(&mut self, first: bool) -> Option<TokenKind> {
        self.refuse_lower_case();
        if !matches!(self.token.kind, TokenKind::And | TokenKind::Or) {
            return None;
        }
        if first {
            let sign = self.written();
            let message = format!("a condition is missing before `{sign}`");
            let help = format!("write one, or remove `{sign}`; the word itself stands in quotes");
            self.error(codes::MISSING_OPERAND, self.token.span, message, help);
        }
        let sign = self.bump().kind;
        self.refuse_lower_case();
        Some(sign)
    }

    /// `+`, `-` or `NOT` before a clause.
    fn modifier(&mut self) -> Occur {
        let occur = match self.token.kind {
            TokenKind::Plus => Occur::Must,
            TokenKind::Minus | TokenKind::Not => Occur::MustNot,
            _ => return Occur::Should,
        };
        self.bump();
        occur
    }

    /// A word such as `and` is searched for, which is hardly what was meant.
    fn refuse_lower_case(&mut self) {
        let TokenKind::Word(pieces) = &self.token.kind else { return };
        let [Piece::Text(word)] = pieces.as_slice() else { return };
        let (kind, capitals) = match word.as_str() {
            "and" => (TokenKind::And, "AND"),
            "or" => (TokenKind::Or, "OR"),
            "not" => (TokenKind::Not, "NOT"),
            _ => return,
        };
        // Written with an escape it is longer, and means the word.
        if self.written() != *word {
            return;
        }
        let message = format!("`{word}` is a word to be searched for");
        let help = format!("the operator is written `{capitals}`; for the word write `\"{word}\"`");
        self.errors
            .push(Diagnostic::error(codes::KEYWORD_CASE, self.token.span, message).help(help));
        self.token.kind = kind;
    }

    fn clause(&mut self, within: Within<'_>) -> Clause {
        let start = self.token.span;
        let clause = match &self.token.kind {
            TokenKind::Open => self.parentheses(within),
            TokenKind::Word(_) => {
                let term = self.term();
                self.word(term, within)
            }
            TokenKind::Quoted(_) => {
                let term = self.term();
                let span = term.span;
                value_test(within, term, span)
            }
            TokenKind::Range(..) | TokenKind::Regex(_) | TokenKind::Compare(_) => {
                self.test(within, start)
            }
            TokenKind::End
            | TokenKind::Close
            | TokenKind::And
            | TokenKind::Or
            | TokenKind::Plus
            | TokenKind::Minus
            | TokenKind::Not => {
                self.missing_clause();
                if matches!(self.token.kind, TokenKind::Plus | TokenKind::Minus | TokenKind::Not) {
                    self.bump();
                }
                Clause::hole(start)
            }
            TokenKind::Unknown => {
                self.bump();
                Clause::hole(start)
            }
            TokenKind::Colon | TokenKind::Tilde | TokenKind::Caret => {
                let sign = self.written();
                let message = format!("`{sign}` where a condition has to stand");
                let help = "a condition is `field:value`; a backslash makes a sign plain";
                self.error(codes::UNEXPECTED, start, message, help);
                self.bump();
                Clause::hole(start)
            }
        };
        self.suffixes();
        clause
    }

    /// A term that may turn out to be the name of a field.
    fn word(&mut self, term: Term, within: Within<'_>) -> Clause {
        if !self.at(&TokenKind::Colon) {
            self.refuse_foreign_operator(&term);
            let span = term.span;
            return value_test(within, term, span);
        }
        self.bump();
        let term = term.into_name();
        let start = self.token.span;
        let clause = match &self.token.kind {
            TokenKind::Open => self.parentheses(Some(&term)),
            TokenKind::Word(_) | TokenKind::Quoted(_) => {
                let value = self.term();
                let span = term.span.to(value.span);
                value_test(Some(&term), value, span)
            }
            // `field:-5` is a negative number, as a term may have a hyphen anywhere but at its front elsewhere.
            TokenKind::Minus => self.negative(&term),
            TokenKind::Range(..) | TokenKind::Regex(_) | TokenKind::Compare(_) => {
                self.test(Some(&term), term.span)
            }
            TokenKind::Unknown => {
                self.bump();
                Clause::hole(start)
            }
            _ => {
                self.missing_value(&term);
                Clause::hole(start)
            }
        };
        if self.at(&TokenKind::Colon) {
            let help = "put the value in quotes, or write `\\:` for the character";
            self.error(codes::UNEXPECTED, self.token.span, "`:` inside a value", help);
            self.skip_value();
        }
        clause
    }

    /// Lucene takes no hyphen right after the colon; the way out is always the same.
    fn negative(&mut self, field: &Term) -> Clause {
        let span = self.token.span;
        let message = "`-` at the front of a value";
        self.bump();
        let value = self.written();
        let name = field.shown();
        let help = format!("write `{name}:\\-{value}`, or `{name}:\"-{value}\"`");
        self.error(codes::UNEXPECTED, span, message, help);
        self.skip_value();
        Clause::hole(span)
    }

    /// Passes what stands without a blank between.
    fn skip_value(&mut self) {
        while matches!(
            self.token.kind,
            TokenKind::Word(_) | TokenKind::Quoted(_) | TokenKind::Colon
        ) {
            let end = self.bump().span.end;
            if self.token.span.start != end {
                return;
            }
        }
    }

    fn missing_value(&mut self, field: &Term) {
        let name = field.shown();
        let message = format!("`{name}` has no value");
        let help = format!("write one after the colon, or `{name}:*` to ask whether there is any");
        self.error(codes::MISSING_OPERAND, self.token.span, message, help);
    }

    fn missing_clause(&mut self) {
        let place = match self.token.kind {
            TokenKind::End => "at the end".to_owned(),
            _ => format!("before `{}`", self.written()),
        };
        let help = "write one, or remove the operator or the parentheses";
        let message = format!("a condition is missing {place}");
        self.error(codes::MISSING_OPERAND, self.token.span, message, help);
    }

    fn parentheses(&mut self, within: Within<'_>) -> Clause {
        let open = self.bump().span;
        if DEPTH_MAX <= self.depth {
            self.errors.push_last(too_deep(open));
            self.bump();
            return Clause::hole(open);
        }
        self.depth += 1;
        let mut inner = self.clauses(within);
        self.depth -= 1;
        inner.span = open.to(self.token.span);
        if self.at(&TokenKind::Close) {
            self.bump();
        } else {
            self.error(codes::UNBALANCED, open, "`(` is not closed", "close it with `)`");
        }
        inner
    }

    /// A range or a regular expression.
    fn test(&mut self, field: Option<&Term>, start: Span) -> Clause {
        let token = self.bump();
        let span = start.to(token.span);
        let test = match token.kind {
            TokenKind::Range(None, None) if field.is_none_or(Term::is_star) => {
                return Clause::new(Kind::All, span);
            }
            TokenKind::Range(None, None) => Test::Exists,
            TokenKind::Range(lower, upper) => Test::Range { lower, upper },
            TokenKind::Regex(pattern) => Test::Regex(pattern),
            TokenKind::Compare(comparison) => return self.compared(field, comparison, span),
            _ => Test::Exists,
        };
        Clause::new(Kind::Test(field.cloned(), test), span)
    }

    /// The value after `>=` and its like, which follows without a blank.
    fn compared(&mut self, field: Option<&Term>, comparison: Comparison, start: Span) -> Clause {
        let touches = self.token.span.start == start.end;
        if !touches || !matches!(self.token.kind, TokenKind::Word(_) | TokenKind::Quoted(_)) {
            let help = "write the value right after the sign, as in `field:>=10`";
            self.error(codes::RANGE, start, "a range without a value", help);
            return Clause::hole(start);
        }
        let term = self.term();
        if term.plain().is_none() {
            let message = format!("`{}` is no bound: it has a wildcard", term.shown());
            self.error(codes::RANGE, term.span, message, "name the bound, or put it in quotes");
        }
        let inclusive = matches!(comparison, Comparison::LessOrEqual | Comparison::GreaterOrEqual);
        let span = start.to(term.span);
        let bound = Some(Bound { term, inclusive });
        let test = match comparison {
            Comparison::Greater | Comparison::GreaterOrEqual => {
                Test::Range { lower: bound, upper: None }
            }
            Comparison::Less | Comparison::LessOrEqual | Comparison::Equal => {
                Test::Range { lower: None, upper: bound }
            }
        };
        Clause::new(Kind::Test(field.cloned(), test), span)
    }

    /// What may stand behind a clause: boosts, which are dropped, and likeness, which is refused.
    fn suffixes(&mut self) {
        loop {
            match self.token.kind {
                TokenKind::Caret => {}
                TokenKind::Tilde => {
                    let message = format!("`{}` asks for likeness", self.written());
                    let help = "neither fuzzy terms nor distances between words can be matched exactly; write the values that are meant, or use wildcards";
                    self.error(codes::UNSUPPORTED, self.token.span, message, help);
                }
                _ => return,
            }
            self.bump();
        }
    }

    /// Operators of other languages are terms in Lucene, and would be searched for.
    fn refuse_foreign_operator(&mut self, term: &Term) {
        let text = self.lexer.written(term.span);
        if matches!(text.as_str(), "=" | "==") {
            let message = format!("`{text}` is no operator of Lucene");
            self.error(codes::FOREIGN_OPERATOR, term.span, message, "write `field:value`");
        }
    }

    /// The term that stands here; only called where one does.
    fn term(&mut self) -> Term {
        let token = self.bump();
        match token.kind {
            TokenKind::Word(pieces) => Term { pieces, quoted: false, span: token.span },
            TokenKind::Quoted(text) => Term::text(&text, true, token.span),
            _ => Term::text("", true, token.span),
        }
    }

    fn at(&self, kind: &TokenKind) -> bool {
        self.token.kind == *kind
    }

    /// Takes the token and returns it. The end is never passed.
    fn bump(&mut self) -> Token {
        let next = self.lexer.next(&mut self.errors);
        std::mem::replace(&mut self.token, next)
    }

    /// The token as a message repeats it.
    fn written(&self) -> String {
        self.lexer.written(self.token.span)
    }

    fn error(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.errors.push(Diagnostic::error(code, span, message).help(help));
    }
}

/// A test of one value; of the field `_exists_` the values are names of fields.
fn value_test(field: Option<&Term>, value: Term, span: Span) -> Clause {
    if field.and_then(Term::plain) != Some("_exists_") {
        return Clause::value(field, value, span);
    }
    let name = value.into_name();
    let kind = if name.is_star() { Kind::All } else { Kind::Test(Some(name), Test::Exists) };
    Clause::new(kind, span)
}

/// The clauses as a plain `and` or `or` where they are one. There is at least one.
fn settle(clauses: Vec<(Occur, Clause)>) -> Clause {
    let has = |wanted| clauses.iter().any(|(occur, _)| *occur == wanted);
    if clauses.len() == 1 || !has(Occur::Should) {
        let parts = clauses.into_iter().map(|(occur, clause)| match occur {
            Occur::MustNot => {
                let span = clause.span;
                clause.not(span)
            }
            Occur::Must | Occur::Should => clause,
        });
        return Clause::all(parts.collect());
    }
    if !has(Occur::Must) && !has(Occur::MustNot) {
        return Clause::any(clauses.into_iter().map(|(_, clause)| clause).collect());
    }
    let span = clauses.iter().map(|(_, clause)| clause.span).reduce(Span::to).unwrap_or_default();
    Clause::new(Kind::Occur(clauses), span)
}
