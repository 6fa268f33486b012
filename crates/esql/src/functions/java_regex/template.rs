//! Replacements of Java: text with `$1` and `${name}` for groups, and `\` before what is meant literally.

use super::Groups;
use crate::warnings::Failure;

/// A replacement that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Group(usize),
}

impl Template {
    /// Reads a replacement for matches with these groups.
    pub(super) fn parse(text: &str, groups: &Groups) -> Result<Template, Failure> {
        let mut reader = Reader { rest: text, groups };
        let mut pieces = Vec::new();
        while let Some(piece) = reader.piece()? {
            pieces.push(piece);
        }
        Ok(Template { pieces })
    }

    /// Whether any group is named.
    pub(super) fn has_groups(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Group(_)))
    }

    /// Appends the replacement; a group that did not take part in the match is empty.
    pub(super) fn expand<'t>(&self, out: &mut String, group: impl Fn(usize) -> Option<&'t str>) {
        for piece in &self.pieces {
            out.push_str(match piece {
                Piece::Text(text) => text,
                Piece::Group(number) => group(*number).unwrap_or_default(),
            });
        }
    }
}

struct Reader<'t> {
    rest: &'t str,
    groups: &'t Groups,
}

impl Reader<'_> {
    fn piece(&mut self) -> Result<Option<Piece>, Failure> {
        Ok(match self.next() {
            None => None,
            Some('\\') => match self.next() {
                Some(c) => Some(Piece::Text(c.into())),
                None => return Err(Failure::argument("character to be escaped is missing")),
            },
            Some('$') => Some(Piece::Group(self.group()?)),
            Some(first) => {
                let end = self.rest.find(['\\', '$']).unwrap_or(self.rest.len());
                let text = format!("{first}{}", &self.rest[..end]);
                self.rest = &self.rest[end..];
                Some(Piece::Text(text))
            }
        })
    }

    fn group(&mut self) -> Result<usize, Failure> {
        match self.next() {
            None => Err(Failure::argument("Illegal group reference: group index is missing")),
            Some('{') => self.named(),
            Some(digit) => match digit.to_digit(10) {
                Some(digit) => self.numbered(digit as usize),
                None => Err(Failure::argument("Illegal group reference")),
            },
        }
    }

    fn named(&mut self) -> Result<usize, Failure> {
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(self.rest.len());
        let name = &self.rest[..end];
        self.rest = &self.rest[end..];
        if name.is_empty() && !self.rest.is_empty() {
            return Err(Failure::argument("named capturing group has 0 length name"));
        }
        if self.next() != Some('}') {
            return Err(Failure::argument("named capturing group is missing trailing '}'"));
        }
        if name.starts_with(|c: char| c.is_ascii_digit()) {
            let message = format!("capturing group name {{{name}}} starts with digit character");
            return Err(Failure::argument(message));
        }
        self.groups
            .by_name(name)
            .ok_or_else(|| Failure::argument(format!("No group with name {{{name}}}")))
    }

    /// A number takes as many digits as there are groups for.
    fn numbered(&mut self, first: usize) -> Result<usize, Failure> {
        if self.groups.count < first {
            let class = "java.lang.IndexOutOfBoundsException";
            return Err(Failure { class, message: format!("No group {first}") });
        }
        let mut number = first;
        while let Some(digit) = self.rest.chars().next().and_then(|c| c.to_digit(10)) {
            let longer = number.saturating_mul(10).saturating_add(digit as usize);
            if self.groups.count < longer {
                break;
            }
            number = longer;
            self.rest = &self.rest[1..];
        }
        Ok(number)
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }
}
