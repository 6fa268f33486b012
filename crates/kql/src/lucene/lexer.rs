//! Cuts Lucene's query strings into tokens.
//!
//! A range in brackets is one token, because other signs are special inside it.

use brokerwatch_expr::report::excerpt;
use brokerwatch_expr::{Comparison, Diagnostic, Span};

use crate::ast::{Bound, Piece, Term};
use crate::codes;
use crate::reading::{Errors, bad_unicode, unicode_escape};
use crate::term::Pieces;

/// A piece of the query.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    /// An unquoted term, without escapes.
    Word(Vec<Piece>),
    /// A quoted text, without quotes and escapes.
    Quoted(String),
    /// A regular expression, as written between slashes.
    Regex(String),
    /// `[a TO b]`; an open end is `None`.
    Range(Option<Bound>, Option<Bound>),
    /// `>=` and its like before a value.
    Compare(Comparison),
    /// `AND` or `&&`
    And,
    /// `OR` or `||`
    Or,
    /// `NOT` or `!`
    Not,
    Plus,
    Minus,
    Colon,
    Open,
    Close,
    /// `~`, with the number behind it.
    Tilde,
    /// `^`, with the number behind it.
    Caret,
    /// Something that was reported and has no substitute.
    Unknown,
    End,
}

/// Whether a character ends a term, so that a backslash is needed before it.
pub(crate) fn ends_term(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '!' | '('
                | ')'
                | ':'
                | '^'
                | '['
                | ']'
                | '"'
                | '{'
                | '}'
                | '~'
                | '*'
                | '?'
                | '\\'
                | '/'
        )
}

/// Whether a character means something only where a term begins.
pub(crate) fn begins_sign(character: char) -> bool {
    matches!(character, '+' | '-' | '<' | '>' | '=')
}

/// The operator that a term is, by how it is written.
fn operator(written: &str) -> Option<TokenKind> {
    Some(match written {
        "AND" | "&&" => TokenKind::And,
        "OR" | "||" => TokenKind::Or,
        "NOT" => TokenKind::Not,
        _ => return None,
    })
}

/// Whether a term would be read as something else than its own text, so that its first character is escaped.
pub(crate) fn is_reserved(word: &str) -> bool {
    operator(&word.to_ascii_uppercase()).is_some()
}

/// Reads tokens from the front of a text.
#[derive(Debug)]
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Lexer<'t> {
        Lexer { text, at: 0 }
    }

    /// The next token. After the last one it is `End`, for ever; errors that are too many end the text early.
    pub(super) fn next(&mut self, errors: &mut Errors) -> Token {
        if errors.is_cut() {
            self.at = self.text.len();
        }
        self.skip_blanks();
        let start = self.at;
        let kind = self.token(errors);
        Token { kind, span: Span::new(start..self.at) }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn token(&mut self, errors: &mut Errors) -> TokenKind {
        let Some(first) = self.peek() else {
            return TokenKind::End;
        };
        let (length, kind) = match first {
            '(' => (1, TokenKind::Open),
            ')' => (1, TokenKind::Close),
            ':' => (1, TokenKind::Colon),
            '+' => (1, TokenKind::Plus),
            '-' => (1, TokenKind::Minus),
            '!' => (1, TokenKind::Not),
            '<' if self.rest().starts_with("<=") => {
                (2, TokenKind::Compare(Comparison::LessOrEqual))
            }
            '>' if self.rest().starts_with(">=") => {
                (2, TokenKind::Compare(Comparison::GreaterOrEqual))
            }
            '<' => (1, TokenKind::Compare(Comparison::Less)),
            '>' => (1, TokenKind::Compare(Comparison::Greater)),
            '~' => (1 + self.number_length(), TokenKind::Tilde),
            '^' => (1 + self.number_length(), TokenKind::Caret),
            '"' => return self.quoted(errors),
            '/' => return self.regex(errors),
            '[' | '{' => return self.range(errors),
            ']' | '}' => return self.stray_bracket(first, errors),
            _ => return self.word(errors),
        };
        self.at += length;
        kind
    }

    /// The length of the number behind the sign that stands here.
    fn number_length(&self) -> usize {
        self.rest()[1..].bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count()
    }

    fn stray_bracket(&mut self, bracket: char, errors: &mut Errors) -> TokenKind {
        let span = Span::new(self.at..self.at + 1);
        self.at += 1;
        let message = format!("`{bracket}` closes nothing");
        let help = format!("remove it, or write `\\{bracket}` for the character");
        errors.push(Diagnostic::error(codes::UNBALANCED, span, message).help(help));
        TokenKind::Unknown
    }

    fn word(&mut self, errors: &mut Errors) -> TokenKind {
        let start = self.at;
        let mut pieces = Pieces::default();
        while let Some(character) = self.peek() {
            match character {
                '*' => pieces.wildcard(Piece::Any),
                '?' => pieces.wildcard(Piece::One),
                '\\' => {
                    if let Some(character) = self.escape(errors) {
                        pieces.push(character);
                    }
                    continue;
                }
                '/' => {
                    let span = Span::new(self.at..self.at + 1);
                    let message = "`/` inside a value begins a regular expression";
                    let help = "write `\\/` for the character, or put the value in quotes";
                    errors.push(Diagnostic::error(codes::UNEXPECTED, span, message).help(help));
                    pieces.push('/');
                }
                other if ends_term(other) => break,
                other => pieces.push(other),
            }
            self.at += character.len_utf8();
        }
        operator(&self.text[start..self.at]).unwrap_or_else(|| TokenKind::Word(pieces.take()))
    }

    /// A backslash makes the next character plain; `\uXXXX` is a character by its number.
    fn escape(&mut self, errors: &mut Errors) -> Option<char> {
        let start = self.at;
        let Some(escaped) = self.rest()[1..].chars().next() else {
            self.at += 1;
            let span = Span::new(start..self.at);
            let help = "a backslash is written `\\\\`";
            errors.push(
                Diagnostic::error(codes::ESCAPE, span, "a backslash ends the query").help(help),
            );
            return None;
        };
        self.at += 1 + escaped.len_utf8();
        if escaped != 'u' {
            return Some(escaped);
        }
        let named = unicode_escape(self.rest());
        if named.is_some() {
            self.at += 4;
        } else {
            errors.push(bad_unicode(Span::new(start..self.at)));
        }
        named
    }

    fn quoted(&mut self, errors: &mut Errors) -> TokenKind {
        TokenKind::Quoted(self.quoted_text(errors))
    }

    fn quoted_text(&mut self, errors: &mut Errors) -> String {
        let start = self.at;
        let mut text = String::new();
        self.at += 1;
        while let Some(character) = self.peek() {
            match character {
                '"' => {
                    self.at += 1;
                    return text;
                }
                '\\' => text.extend(self.escape(errors)),
                other => {
                    self.at += other.len_utf8();
                    text.push(other);
                }
            }
        }
        let span = Span::new(start..start + 1);
        let help =
            "close the text with `\"`; a quote inside it is written `\\\"`, a backslash `\\\\`";
        errors.push_last(
            Diagnostic::error(codes::UNCLOSED, span, "the quoted text does not end").help(help),
        );
        text
    }

    fn regex(&mut self, errors: &mut Errors) -> TokenKind {
        let start = self.at + 1;
        let mut escaped = false;
        for (i, character) in self.text[start..].char_indices() {
            if character == '/' && !escaped {
                self.at = start + i + 1;
                return TokenKind::Regex(self.text[start..start + i].to_owned());
            }
            escaped = character == '\\' && !escaped;
        }
        let span = Span::new(self.at..start);
        let help =
            "close it with `/`; the character is written `\\/`, or the value stands in quotes";
        errors.push_last(
            Diagnostic::error(codes::UNCLOSED, span, "the regular expression does not end")
                .help(help),
        );
        self.at = self.text.len();
        TokenKind::Unknown
    }

    fn range(&mut self, errors: &mut Errors) -> TokenKind {
        let start = self.at;
        let opens_inclusive = self.peek() == Some('[');
        self.at += 1;
        match self.bounds(errors) {
            Some((lower, upper, closes_inclusive)) => {
                let bound =
                    |term: Term, inclusive| (!term.is_star()).then_some(Bound { term, inclusive });
                TokenKind::Range(bound(lower, opens_inclusive), bound(upper, closes_inclusive))
            }
            None => {
                let open = &self.text[start..=start];
                let span = Span::new(start..start + 1);
                let message = format!("`{open}` begins no range that can be read");
                let help =
                    "write `[from TO to]`, `{from TO to}` without the ends, or `*` for an open end";
                errors.push(Diagnostic::error(codes::RANGE, span, message).help(help));
                let length = self.rest().find([']', '}']).map_or(self.rest().len(), |i| i + 1);
                self.at += length;
                TokenKind::Unknown
            }
        }
    }

    /// `from TO to]`, and whether the end is within.
    fn bounds(&mut self, errors: &mut Errors) -> Option<(Term, Term, bool)> {
        let lower = self.bound(errors)?;
        self.skip_blanks();
        self.at += self
            .rest()
            .strip_prefix("TO")
            .filter(|rest| rest.starts_with(|c: char| c.is_whitespace() || c == '"'))
            .map(|_| 2)?;
        let upper = self.bound(errors)?;
        self.skip_blanks();
        let close = self.peek().filter(|c| matches!(c, ']' | '}'))?;
        self.at += 1;
        Some((lower, upper, close == ']'))
    }

    fn bound(&mut self, errors: &mut Errors) -> Option<Term> {
        self.skip_blanks();
        let start = self.at;
        if self.peek() == Some('"') {
            let text = self.quoted_text(errors);
            return Some(Term::text(&text, true, Span::new(start..self.at)));
        }
        let mut text = String::new();
        while let Some(character) = self.peek() {
            match character {
                '\\' => text.extend(self.escape(errors)),
                other if other.is_whitespace() || matches!(other, ']' | '}') => break,
                other => {
                    self.at += other.len_utf8();
                    text.push(other);
                }
            }
        }
        let span = Span::new(start..self.at);
        match &self.text[span.range()] {
            "" | "TO" => None,
            "*" => Some(Term { pieces: vec![Piece::Any], quoted: false, span }),
            _ => Some(Term::text(&text, false, span)),
        }
    }

    /// A piece of the query as a message repeats it.
    pub(super) fn written(&self, span: Span) -> String {
        excerpt(self.text, span)
    }
}
