//! Building terms, and what is asked of them.

use brokerwatch_expr::Span;
use brokerwatch_expr::report::excerpt;

use crate::ast::{Piece, Term};

/// The pieces of a term as they are read.
#[derive(Debug, Default)]
pub(crate) struct Pieces(Vec<Piece>);

impl Pieces {
    pub(crate) fn push(&mut self, character: char) {
        if let Some(Piece::Text(text)) = self.0.last_mut() {
            text.push(character);
        } else {
            self.0.push(Piece::Text(character.into()));
        }
    }

    pub(crate) fn wildcard(&mut self, piece: Piece) {
        if piece != Piece::Any || self.0.last() != Some(&Piece::Any) {
            self.0.push(piece);
        }
    }

    pub(crate) fn extend(&mut self, pieces: Vec<Piece>) {
        for piece in pieces {
            match piece {
                Piece::Text(text) => text.chars().for_each(|character| self.push(character)),
                wildcard => self.wildcard(wildcard),
            }
        }
    }

    pub(crate) fn take(self) -> Vec<Piece> {
        self.0
    }
}

impl Term {
    /// Text without wildcards.
    pub(crate) fn text(text: &str, quoted: bool, span: Span) -> Term {
        let pieces = if text.is_empty() { Vec::new() } else { vec![Piece::Text(text.to_owned())] };
        Term { pieces, quoted, span }
    }

    /// A name in which `*` is a wildcard and everything else is itself.
    pub(crate) fn name(text: &str, span: Span) -> Term {
        let mut pieces = Pieces::default();
        for character in text.chars() {
            match character {
                '*' => pieces.wildcard(Piece::Any),
                other => pieces.push(other),
            }
        }
        Term { pieces: pieces.take(), quoted: false, span }
    }

    /// The term as Lucene's notation names a field: `*` is a wildcard with and without a backslash, `?` never is one.
    pub(crate) fn into_name(self) -> Term {
        if self.quoted {
            return self;
        }
        let mut pieces = Pieces::default();
        for piece in self.pieces {
            match piece {
                Piece::Text(text) => pieces.extend(Term::name(&text, self.span).pieces),
                Piece::Any => pieces.wildcard(Piece::Any),
                Piece::One => pieces.push('?'),
            }
        }
        Term { pieces: pieces.take(), ..self }
    }

    /// Whether this is `*` and nothing else.
    pub(crate) fn is_star(&self) -> bool {
        self.pieces == [Piece::Any]
    }

    /// The text, if there are no wildcards in it.
    pub(crate) fn plain(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The term as a message repeats it: wildcards as signs, without quotes and escapes, and not too long.
    pub(crate) fn shown(&self) -> String {
        let text: String = self
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.as_str(),
                Piece::Any => "*",
                Piece::One => "?",
            })
            .collect();
        excerpt(&text, Span::new(0..text.len()))
    }
}
