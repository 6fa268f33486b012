//! Cuts KQL into tokens.

use brokerwatch_expr::{Comparison, Diagnostic, Span};

use crate::ast::Piece;
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
    /// An unquoted word, without escapes.
    Word(Vec<Piece>),
    /// A quoted text, without quotes and escapes.
    Quoted(String),
    And,
    Or,
    Not,
    Colon,
    Compare(Comparison),
    Open,
    Close,
    OpenBrace,
    CloseBrace,
    End,
}

/// The keyword that a word is, whatever its case.
pub(crate) fn is_keyword(word: &str) -> bool {
    keyword(word).is_some()
}

fn keyword(word: &str) -> Option<TokenKind> {
    let kinds = [("and", TokenKind::And), ("or", TokenKind::Or), ("not", TokenKind::Not)];
    kinds.into_iter().find(|(own, _)| own.eq_ignore_ascii_case(word)).map(|(_, kind)| kind)
}

/// Whether a character means something in an unquoted word, so that a backslash is needed before it.
pub(crate) fn is_special(character: char) -> bool {
    matches!(character, '\\' | '(' | ')' | ':' | '<' | '>' | '"' | '*' | '{' | '}')
}

/// Whether a word is an operator of another language, which is refused outside quotes.
pub(crate) fn is_foreign_operator(word: &str) -> bool {
    ["=", "==", "!=", "=~", "!~", "in~", "like~", "&&", "||"]
        .iter()
        .any(|own| own.eq_ignore_ascii_case(word))
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
        let blanks = self.rest().len() - self.rest().trim_start().len();
        self.at += blanks;
        let start = self.at;
        let kind = self.token(errors);
        Token { kind, span: Span::new(start..self.at) }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn token(&mut self, errors: &mut Errors) -> TokenKind {
        let Some(first) = self.rest().chars().next() else {
            return TokenKind::End;
        };
        let or_equal = self.rest().starts_with("<=") || self.rest().starts_with(">=");
        let (length, kind) = match first {
            '(' => (1, TokenKind::Open),
            ')' => (1, TokenKind::Close),
            '{' => (1, TokenKind::OpenBrace),
            '}' => (1, TokenKind::CloseBrace),
            ':' => (1, TokenKind::Colon),
            '<' if or_equal => (2, TokenKind::Compare(Comparison::LessOrEqual)),
            '>' if or_equal => (2, TokenKind::Compare(Comparison::GreaterOrEqual)),
            '<' => (1, TokenKind::Compare(Comparison::Less)),
            '>' => (1, TokenKind::Compare(Comparison::Greater)),
            '"' => return self.quoted(errors),
            _ => return self.word(errors),
        };
        self.at += length;
        kind
    }

    fn quoted(&mut self, errors: &mut Errors) -> TokenKind {
        let start = self.at;
        let mut text = String::new();
        self.at += 1;
        while let Some(character) = self.rest().chars().next() {
            match character {
                '"' => {
                    self.at += 1;
                    return TokenKind::Quoted(text);
                }
                '\\' => text.push(self.quoted_escape(errors)),
                other => {
                    self.at += other.len_utf8();
                    text.push(other);
                }
            }
        }
        let span = Span::new(start..start + 1);
        let help = "close the text with `\"`; a quote inside it is written `\\\"`, a backslash before the last one `\\\\`";
        errors.push_last(
            Diagnostic::error(codes::UNCLOSED, span, "the quoted text does not end").help(help),
        );
        TokenKind::Quoted(text)
    }

    /// An escape in quotes; a backslash before anything else is itself, as in Kibana.
    fn quoted_escape(&mut self, errors: &mut Errors) -> char {
        match self.rest()[1..].chars().next() {
            Some(escaped @ ('"' | '\\')) => {
                self.at += 2;
                escaped
            }
            _ => self.common_escape(errors).unwrap_or_else(|| {
                self.at += 1;
                '\\'
            }),
        }
    }

    /// `\t`, `\r`, `\n` and `\uXXXX`.
    fn common_escape(&mut self, errors: &mut Errors) -> Option<char> {
        let character = match self.rest()[1..].chars().next()? {
            't' => '\t',
            'r' => '\r',
            'n' => '\n',
            'u' => {
                let named = unicode_escape(&self.rest()[2..]);
                self.at += if named.is_some() { 4 } else { 0 };
                named.unwrap_or_else(|| {
                    errors.push(bad_unicode(Span::new(self.at..self.at + 2)));
                    'u'
                })
            }
            _ => return None,
        };
        self.at += 2;
        Some(character)
    }

    fn word(&mut self, errors: &mut Errors) -> TokenKind {
        let start = self.at;
        let mut pieces = Pieces::default();
        while let Some(character) = self.rest().chars().next() {
            match character {
                '*' => {
                    self.at += 1;
                    pieces.wildcard(Piece::Any);
                }
                '\\' => self.word_escape(self.at == start, &mut pieces, errors),
                other if other.is_whitespace() || is_special(other) => break,
                other => {
                    self.at += other.len_utf8();
                    pieces.push(other);
                }
            }
        }
        keyword(&self.text[start..self.at]).unwrap_or_else(|| TokenKind::Word(pieces.take()))
    }

    fn word_escape(&mut self, at_start: bool, pieces: &mut Pieces, errors: &mut Errors) {
        let after = &self.rest()[1..];
        if at_start && let Some(word) = self.escaped_keyword() {
            self.at += 1 + word.len();
            word.chars().for_each(|character| pieces.push(character));
            return;
        }
        match after.chars().next() {
            Some(escaped) if is_special(escaped) => {
                self.at += 1 + escaped.len_utf8();
                pieces.push(escaped);
            }
            _ => match self.common_escape(errors) {
                Some(character) => pieces.push(character),
                None => self.bad_escape(errors),
            },
        }
    }

    /// The keyword after a backslash, if it is a whole word: in `\nothing` the escape is `\n`.
    fn escaped_keyword(&self) -> Option<&'t str> {
        let after = &self.rest()[1..];
        let end = after.find(|c: char| c.is_whitespace() || is_special(c)).unwrap_or(after.len());
        let word = &after[..end];
        is_keyword(word).then_some(word)
    }

    fn bad_escape(&mut self, errors: &mut Errors) {
        let length = 1 + self.rest()[1..].chars().next().map_or(0, char::len_utf8);
        let written = &self.rest()[..length];
        let span = Span::new(self.at..self.at + length);
        let shown = brokerwatch_expr::report::excerpt(self.text, span);
        let message = if written == "\\" {
            "a backslash ends the query".to_owned()
        } else {
            format!("`{}` is no escape", shown.trim_end())
        };
        let help =
            "a backslash is written `\\\\`; in quotes, `\"C:\\Windows\"` is taken as it stands";
        errors.push(Diagnostic::error(codes::ESCAPE, span, message).help(help));
        self.at += 1;
    }
}
