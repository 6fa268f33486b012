//! Reads KQL into its syntax tree, or says everything that is wrong with it.
//!
//! Recursive descent, one function for a rule of the grammar. A rule always gives a clause: where the text is wrong the
//! error is reported, and reading goes on as if the most likely text stood there. A tree with a hole never leaves
//! this module.

use brokerwatch_expr::report::excerpt;
use brokerwatch_expr::{Comparison, Diagnostic, Span};

use super::lexer::{Lexer, Token, TokenKind, is_foreign_operator};
use crate::ast::{Bound, Clause, Kind, Language, Piece, Query, Term, Test};
use crate::codes;
use crate::limits::DEPTH_MAX;
use crate::reading::{Errors, check_length, too_deep};
use crate::term::Pieces;

/// Reads KQL, or gives all its errors in the order of the text, up to
/// [`limits::ERRORS_MAX`](brokerwatch_expr::limits::ERRORS_MAX).
///
/// ```
/// let query = brokerwatch_kql::parse_kql("process.name: (cmd.exe or powershell.exe) and not user.name: SYSTEM")?;
/// assert_eq!(
///     brokerwatch_kql::format(&query),
///     "process.name: (cmd.exe or powershell.exe) and not user.name: SYSTEM"
/// );
/// # Ok::<(), Vec<brokerwatch_expr::Diagnostic>>(())
/// ```
pub fn parse(text: &str) -> Result<Query, Vec<Diagnostic>> {
    check_length(text)?;
    let mut errors = Errors::new();
    let mut lexer = Lexer::new(text);
    let token = lexer.next(&mut errors);
    let mut parser = Parser { text, lexer, errors, token, held: None, depth: 0 };
    let clause = parser.query();
    parser.errors.result(Query { language: Language::Kuery, clause })
}

/// A word with its place.
type Word = (Vec<Piece>, Span);

struct Parser<'t> {
    text: &'t str,
    lexer: Lexer<'t>,
    errors: Errors,
    /// The token to be read.
    token: Token,
    /// A word that was taken for part of a value, and is the field of the next condition.
    held: Option<Word>,
    /// How many parentheses, braces and `not` are open.
    depth: usize,
}

/// What the values of a list are held against; `None` outside lists.
type Within<'f> = Option<&'f Term>;

impl Parser<'_> {
    fn query(&mut self) -> Clause {
        if self.at(&TokenKind::End) {
            return Clause::new(Kind::All, self.token.span);
        }
        let clause = self.or(None);
        while !self.at(&TokenKind::End) {
            self.stray();
            if !self.at(&TokenKind::End) {
                self.or(None);
            }
        }
        clause
    }

    /// What no condition can begin or end with, after which another one is read for its errors.
    fn stray(&mut self) {
        let sign = self.written();
        let (code, message, help) = match self.token.kind {
            TokenKind::Close | TokenKind::CloseBrace => {
                (codes::UNBALANCED, "closes nothing", "remove it, or open it before")
            }
            _ => (codes::UNEXPECTED, "after a condition", "join two conditions with `and` or `or`"),
        };
        self.error(code, self.token.span, format!("`{sign}` {message}"), help);
        self.bump();
    }

    fn or(&mut self, within: Within<'_>) -> Clause {
        let mut parts = vec![self.and(within)];
        while self.take(&TokenKind::Or) {
            parts.push(self.and(within));
        }
        Clause::any(parts)
    }

    fn and(&mut self, within: Within<'_>) -> Clause {
        let mut parts = vec![self.not(within)];
        loop {
            if let Some((pieces, span)) = self.held.take() {
                let field = Term { pieces, quoted: false, span };
                parts.push(self.after_field(&field));
            } else if self.take(&TokenKind::And) {
                parts.push(self.not(within));
            } else if self.begins_condition() {
                self.missing_operator();
                parts.push(self.not(within));
            } else {
                return Clause::all(parts);
            }
        }
    }

    fn not(&mut self, within: Within<'_>) -> Clause {
        let start = self.token.span;
        if !self.take(&TokenKind::Not) {
            return self.primary(within);
        }
        let inner = self.nested(start, |parser| parser.not(within));
        let span = start.to(inner.span);
        inner.not(span)
    }

    /// A rule one level deeper.
    fn nested(&mut self, span: Span, rule: impl FnOnce(&mut Self) -> Clause) -> Clause {
        if DEPTH_MAX <= self.depth {
            self.errors.push_last(too_deep(span));
            self.bump();
            return Clause::hole(span);
        }
        self.depth += 1;
        let clause = rule(self);
        self.depth -= 1;
        clause
    }

    fn primary(&mut self, within: Within<'_>) -> Clause {
        let start = self.token.span;
        match (&self.token.kind, within) {
            (TokenKind::Open, _) => self.parentheses(within),
            (TokenKind::Word(_) | TokenKind::Quoted(_), Some(field)) => self.list_value(field),
            (TokenKind::Word(_) | TokenKind::Quoted(_), None) => self.condition(),
            (TokenKind::Compare(_), Some(field)) => {
                let sign = self.written();
                let help =
                    format!("write the range outside the list: `{} {sign} value`", field.shown());
                let message = format!("`{sign}` inside a list of values");
                self.error(codes::UNEXPECTED, start, message, help);
                self.skip();
                Clause::hole(start)
            }
            (TokenKind::And | TokenKind::Or, _) => {
                self.missing_condition("before");
                // The operator is left to the caller, who goes on behind it.
                Clause::hole(start)
            }
            (TokenKind::Close | TokenKind::CloseBrace | TokenKind::End, _) => {
                self.missing_condition("after");
                Clause::hole(start)
            }
            _ => {
                let message = format!("`{}` where a condition has to stand", self.written());
                let help = "a condition is `field: value`, or `field > value`";
                self.error(codes::UNEXPECTED, start, message, help);
                self.skip();
                Clause::hole(start)
            }
        }
    }

    /// An operator without a condition on one of its sides. What stands there is not taken.
    fn missing_condition(&mut self, side: &str) {
        let (span, place) = match self.token.kind {
            TokenKind::End => (self.token.span, "at the end".to_owned()),
            _ => (self.token.span, format!("before `{}`", self.written())),
        };
        let help = match self.token.kind {
            TokenKind::And | TokenKind::Or | TokenKind::Not => format!(
                "write one, or remove `{0}`; the word `{0}` as a value is written `\\{0}`",
                self.written()
            ),
            _ => format!("write one {side} the operator or the parenthesis, or remove that"),
        };
        self.error(codes::MISSING_OPERAND, span, format!("a condition is missing {place}"), help);
    }

    fn parentheses(&mut self, within: Within<'_>) -> Clause {
        let open = self.bump().span;
        let mut inner = self.nested(open, |parser| parser.or(within));
        inner.span = open.to(self.close(open, &TokenKind::Close, ")"));
        inner
    }

    /// Takes the sign that closes another, and gives its place.
    fn close(&mut self, open: Span, kind: &TokenKind, sign: &str) -> Span {
        let span = self.token.span;
        if !self.take(kind) {
            let opened = excerpt(self.text, open);
            let message = format!("`{opened}` is not closed");
            self.error(codes::UNBALANCED, open, message, format!("close it with `{sign}`"));
        }
        span
    }

    /// A condition that begins with a word or a quoted text.
    fn condition(&mut self) -> Clause {
        if let TokenKind::Quoted(text) = &self.token.kind {
            let term = Term::text(text, true, self.token.span);
            self.bump();
            return if self.at_field_sign() {
                self.after_field(&term)
            } else {
                Clause::value(None, term.clone(), term.span)
            };
        }
        let mut words = self.words();
        if self.at_field_sign() {
            return self.named(words);
        }
        self.refuse_foreign_operator(&words);
        if let ([(_, span)], true) = (words.as_slice(), self.at_value()) {
            let name = excerpt(self.text, *span);
            if name.contains('.') {
                let message = format!("`:` is missing after `{name}`");
                let help = format!("write `{name}: {}`", self.value_shown());
                self.error(codes::MISSING_OPERATOR, self.token.span, message, help);
                let (pieces, span) = words.swap_remove(0);
                return self.after_colon(&Term { pieces, quoted: false, span });
            }
        }
        let term = one_term(words);
        let span = term.span;
        Clause::value(None, term, span)
    }

    /// A condition whose field is the last of these words; there is one at least.
    fn named(&mut self, mut words: Vec<Word>) -> Clause {
        let (pieces, span) = words.pop().unwrap_or_default();
        if !words.is_empty() {
            let before = one_term(words).shown();
            let name = excerpt(self.text, span);
            let message = format!("`and` or `or` is missing before `{name}`");
            let help =
                format!("write `{before} and {name}`; a name with blanks stands in double quotes");
            self.error(codes::MISSING_OPERATOR, span, message, help);
        }
        self.after_field(&Term { pieces, quoted: false, span })
    }

    /// `: value`, `> value` and their like.
    fn after_field(&mut self, field: &Term) -> Clause {
        if let TokenKind::Compare(comparison) = self.token.kind {
            self.bump();
            return self.range(field, comparison);
        }
        self.bump();
        self.after_colon(field)
    }

    fn after_colon(&mut self, field: &Term) -> Clause {
        let start = self.token.span;
        match self.token.kind {
            TokenKind::Open => self.parentheses(Some(field)),
            TokenKind::OpenBrace => {
                let open = self.bump().span;
                let inner = self.nested(open, |parser| parser.or(None));
                let end = self.close(open, &TokenKind::CloseBrace, "}");
                Clause::new(Kind::Nested(field.clone(), Box::new(inner)), field.span.to(end))
            }
            TokenKind::Word(_) | TokenKind::Quoted(_) => self.value(field),
            TokenKind::Compare(comparison) => {
                let sign = self.written();
                let name = field.shown();
                let message = format!("`{sign}` after `:`");
                let help = format!("a range has no colon: `{name} {sign} value`");
                self.error(codes::UNEXPECTED, start, message, help);
                self.bump();
                self.range(field, comparison)
            }
            _ => {
                self.missing_value(field);
                Clause::hole(start)
            }
        }
    }

    fn missing_value(&mut self, field: &Term) {
        let name = field.shown();
        let message = format!("`{name}` has no value");
        let help = match self.token.kind {
            TokenKind::And | TokenKind::Or | TokenKind::Not => {
                let word = self.written();
                format!(
                    "write one after the sign; the word `{word}` as a value is written `\\{word}`"
                )
            }
            _ => format!("write one after the sign, or `{name}: *` to ask whether there is any"),
        };
        self.error(codes::MISSING_OPERAND, self.token.span, message, help);
        if matches!(self.token.kind, TokenKind::Colon | TokenKind::CloseBrace) {
            self.skip();
        }
    }

    fn range(&mut self, field: &Term, comparison: Comparison) -> Clause {
        let start = self.token.span;
        if !self.at_word() {
            self.missing_value(field);
            return Clause::hole(start);
        }
        let term = self.value_term();
        self.refuse_more(&term);
        let span = field.span.to(term.span);
        if !term.quoted && term.pieces.contains(&Piece::Any) {
            let message = format!("`{}` is no bound: it has a wildcard", term.shown());
            let help = "name the bound, or put it in quotes";
            self.error(codes::RANGE, term.span, message, help);
        }
        let inclusive = matches!(comparison, Comparison::LessOrEqual | Comparison::GreaterOrEqual);
        let bound = Some(Bound { term, inclusive });
        let test = match comparison {
            Comparison::Greater | Comparison::GreaterOrEqual => {
                Test::Range { lower: bound, upper: None }
            }
            Comparison::Less | Comparison::LessOrEqual | Comparison::Equal => {
                Test::Range { lower: None, upper: bound }
            }
        };
        Clause::new(Kind::Test(Some(field.clone()), test), span)
    }

    fn value(&mut self, field: &Term) -> Clause {
        let term = self.value_term();
        self.refuse_more(&term);
        let span = field.span.to(term.span);
        Clause::value(Some(field), term, span)
    }

    fn list_value(&mut self, field: &Term) -> Clause {
        let term = self.value_term();
        if self.held.take().is_some() || self.at_field_sign() {
            let message = format!("`{}` inside a list of values", self.written());
            let help = "a list holds values of one field; put the value in quotes, or close the list before";
            self.error(codes::UNEXPECTED, self.token.span, message, help);
            self.skip();
        }
        let span = term.span;
        Clause::value(Some(field), term, span)
    }

    /// A quoted text or the words of a value. A last word that turns out to be the name of a field is held back.
    fn value_term(&mut self) -> Term {
        if let TokenKind::Quoted(text) = &self.token.kind {
            let term = Term::text(text, true, self.token.span);
            self.bump();
            return term;
        }
        let mut words = self.words();
        if self.at_field_sign() && 1 < words.len() {
            self.held = words.pop();
        }
        one_term(words)
    }

    /// What stands right after a value that is not in a list: the field of another condition, or a sign.
    fn refuse_more(&mut self, value: &Term) {
        let Some(&(_, span)) = self.held.as_ref() else {
            self.refuse_colon(value);
            return;
        };
        let written = self.text.get(value.span.range()).unwrap_or_default();
        let word = written.split(char::is_whitespace).next_back().unwrap_or_default();
        if is_foreign_operator(word) {
            let start = value.span.end - word.len() as u32;
            self.foreign_operator(Span { start, end: value.span.end });
            return;
        }
        let message = format!("`and` or `or` is missing before `{}`", excerpt(self.text, span));
        let help = "write the one that is meant; a value with a colon stands in quotes";
        self.error(codes::MISSING_OPERATOR, span, message, help);
    }

    /// A value that goes on with a sign of its own, such as an IPv6 address or a URL.
    fn refuse_colon(&mut self, term: &Term) {
        if !self.at_field_sign() {
            return;
        }
        let message = format!("`{}` inside a value", self.written());
        let rest = self.text.get(term.span.start as usize..).unwrap_or_default();
        let length = rest.find(|c: char| c.is_whitespace() || c == ')').unwrap_or(rest.len());
        let value = excerpt(rest, Span::new(0..length));
        let help = if value.contains(['"', '…']) {
            "put the value in quotes".to_owned()
        } else {
            format!("put the value in quotes: `\"{value}\"`")
        };
        self.error(codes::UNEXPECTED, self.token.span, message, help);
        self.skip();
    }

    /// Operators of other languages are words in KQL, and would be searched for.
    fn refuse_foreign_operator(&mut self, words: &[Word]) {
        const WORDS: &[&str] = &["in", "like", "is", "contains", "matches"];
        let signs = words
            .iter()
            .map(|(_, span)| *span)
            .find(|span| is_foreign_operator(&excerpt(self.text, *span)));
        let last = words.last().map(|(_, span)| *span).filter(|span| {
            1 < words.len()
                && self.at_value()
                && WORDS.contains(&excerpt(self.text, *span).to_ascii_lowercase().as_str())
        });
        let Some(span) = signs.or(last) else { return };
        self.foreign_operator(span);
        // What follows belongs to the operator that was meant.
        if self.at_value() {
            self.skip();
        }
    }

    fn foreign_operator(&mut self, span: Span) {
        let sign = excerpt(self.text, span);
        let help = match sign.as_str() {
            "&&" => "write `and`",
            "||" => "write `or`",
            "!=" | "!~" => "write `not field: value`",
            "in" | "in~" => "write `field: (a or b)`",
            _ => "write `field: value`; a text that has this word stands in quotes",
        };
        let message = format!("`{sign}` is no operator of KQL");
        self.error(codes::FOREIGN_OPERATOR, span, message, help);
    }

    fn missing_operator(&mut self) {
        let written = self.written();
        let message = format!("`and` or `or` is missing before `{written}`");
        let help = "write the one that is meant; a value of several words can stand in quotes";
        self.error(codes::MISSING_OPERATOR, self.token.span, message, help);
    }

    /// The words that stand beside each other; there is one at least where this is called.
    fn words(&mut self) -> Vec<Word> {
        let mut words = Vec::new();
        while let TokenKind::Word(pieces) = &mut self.token.kind {
            words.push((std::mem::take(pieces), self.token.span));
            self.bump();
        }
        words
    }

    /// Passes what belongs to something that was refused: up to an operator or a closing sign, lists whole.
    fn skip(&mut self) {
        let mut open = 0_usize;
        loop {
            match self.token.kind {
                TokenKind::End => return,
                TokenKind::Open | TokenKind::OpenBrace => open += 1,
                TokenKind::Close | TokenKind::CloseBrace if open == 0 => return,
                TokenKind::Close | TokenKind::CloseBrace => open -= 1,
                TokenKind::And | TokenKind::Or | TokenKind::Not if open == 0 => return,
                _ => {}
            }
            self.bump();
        }
    }

    fn at(&self, kind: &TokenKind) -> bool {
        self.token.kind == *kind
    }

    fn at_word(&self) -> bool {
        matches!(self.token.kind, TokenKind::Word(_) | TokenKind::Quoted(_))
    }

    /// At what can only follow a colon, where words have just ended.
    fn at_value(&self) -> bool {
        matches!(self.token.kind, TokenKind::Open | TokenKind::Quoted(_))
    }

    fn at_field_sign(&self) -> bool {
        matches!(self.token.kind, TokenKind::Colon | TokenKind::Compare(_))
    }

    fn begins_condition(&self) -> bool {
        self.at_word() || matches!(self.token.kind, TokenKind::Open | TokenKind::Not)
    }

    fn take(&mut self, kind: &TokenKind) -> bool {
        let found = self.at(kind);
        if found {
            self.bump();
        }
        found
    }

    /// Takes the token and returns it. The end is never passed.
    fn bump(&mut self) -> Token {
        let next = self.lexer.next(&mut self.errors);
        std::mem::replace(&mut self.token, next)
    }

    /// What stands here as an example of a value.
    fn value_shown(&self) -> String {
        if self.at(&TokenKind::Open) { "(...)".to_owned() } else { self.written() }
    }

    /// The token as a message repeats it.
    fn written(&self) -> String {
        excerpt(self.text, self.token.span)
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

/// Words as one term, with a blank between each two.
fn one_term(words: Vec<Word>) -> Term {
    let span = words.iter().map(|(_, span)| *span).reduce(Span::to).unwrap_or_default();
    let mut pieces = Pieces::default();
    for (i, (word, _)) in words.into_iter().enumerate() {
        if 0 < i {
            pieces.push(' ');
        }
        pieces.extend(word);
    }
    Term { pieces: pieces.take(), quoted: false, span }
}
