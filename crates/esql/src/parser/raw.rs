//! Text of another language inside a query, which is kept as it is.

use brokerwatch_expr::Span;

use super::{Parser, Within};
use crate::ast::Place;
use crate::codes;
use crate::lexer::{Mode, TokenKind};

impl Parser<'_> {
    /// A value that ends at a blank; empty if none is here.
    pub(crate) fn raw_value(&mut self) -> String {
        let start = self.token.span;
        self.switch(Mode::Source);
        let is_part =
            |kind| matches!(kind, TokenKind::Source | TokenKind::Comma | TokenKind::Colon);
        let mut is_first = true;
        while is_part(self.token.kind) && (is_first || self.adjacent()) {
            self.bump();
            is_first = false;
        }
        let value = if is_first { String::new() } else { self.written_since(start).to_owned() };
        self.switch(Mode::Expression);
        value
    }

    /// The text between the parenthesis that opens here and the one that closes it, both left out.
    pub(crate) fn raw_parentheses(&mut self) -> (String, Place) {
        let open = self.token.span;
        let from = open.end as usize;
        let inner = &self.text[from..];
        let (length, next) = match closing_parenthesis(inner) {
            Some(length) => (length, from + length + 1),
            None => {
                let message = format!("expected {}, found the end", Within::Parentheses.expected());
                self.error(codes::UNBALANCED, open, message, "close the parenthesis with `)`");
                (inner.len(), self.text.len())
            }
        };
        self.taken_end = next as u32;
        self.advance(next);
        (inner[..length].to_owned(), Place(Span::new(from..from + length)))
    }
}

/// The bytes before the parenthesis that closes one before the text. Texts in quotes and comments (`#`) hold none.
fn closing_parenthesis(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    let mut quote = None;
    let mut bytes = text.bytes().enumerate();
    while let Some((index, byte)) = bytes.next() {
        match (quote, byte) {
            (Some(b'#'), b'\n') => quote = None,
            (Some(b'"' | b'\''), b'\\') => drop(bytes.next()),
            (Some(mark), _) if mark == byte && mark != b'#' => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'' | b'`' | b'#') => quote = Some(byte),
            (None, b'(') => open += 1,
            (None, b')') if open == 0 => return Some(index),
            (None, b')') => open -= 1,
            (None, _) => {}
        }
    }
    None
}
