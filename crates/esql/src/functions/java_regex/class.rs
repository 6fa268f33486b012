//! Classes in brackets: `[a-z&&[^b]]`.

use super::property;
use super::translate::{Escaped, Result, Translator, engine_char};
use crate::limits::REPLACE_DEPTH_MAX;

impl Translator<'_> {
    /// Reads a class from its bracket to the one that closes it.
    pub(super) fn class(&mut self) -> Result<String> {
        self.enter()?;
        self.bump();
        let mut out = String::from("[");
        if self.peek_raw() == Some('^') {
            self.bump();
            out.push('^');
        }
        self.members(&mut out)?;
        out.push(']');
        self.leave();
        Ok(if self.flags.case_insensitive && self.flags.unicode_case {
            format!("(?i:{out})")
        } else {
            out
        })
    }

    fn members(&mut self, out: &mut String) -> Result<()> {
        let mut operands: Vec<String> = Vec::new();
        let mut items = String::new();
        let mut any = false;
        loop {
            match self.peek() {
                None => return Err(self.error_before_end("Unclosed character class")),
                Some('[') => items.push_str(&self.class()?),
                // A bracket that nothing stands before is a member.
                Some(']') if any => {
                    self.bump();
                    break;
                }
                Some('&') if self.peek_behind() == Some('&') => {
                    self.bump();
                    self.bump();
                    operands.push(std::mem::take(&mut items));
                }
                Some(_) => self.range(&mut items)?,
            }
            any = true;
        }
        operands.push(items);
        // As in Java, `&&` with nothing on one side leaves the other side.
        operands.retain(|operand| !operand.is_empty());
        match operands.as_slice() {
            [] => return Err(self.error("Bad class syntax")),
            [only] => out.push_str(only),
            several => {
                out.push('[');
                out.push_str(&several.join("]&&["));
                out.push(']');
            }
        }
        Ok(())
    }

    fn range(&mut self, items: &mut String) -> Result<()> {
        let from = match self.member()? {
            Member::Set(set) => {
                items.push_str(&set);
                return Ok(());
            }
            Member::Char(c) => c,
        };
        if self.peek() != Some('-') || matches!(self.peek_behind(), None | Some('[' | ']')) {
            self.push_range(items, from, from);
            return Ok(());
        }
        self.bump();
        match self.member()? {
            Member::Char(to) if from <= to => {
                self.push_range(items, from, to);
                Ok(())
            }
            _ => Err(self.error("Illegal character range")),
        }
    }

    fn member(&mut self) -> Result<Member> {
        if self.peek() != Some('\\') {
            let c = self.peek().unwrap_or_default();
            self.bump();
            return Ok(Member::Char(c));
        }
        Ok(match self.escape(true)? {
            Escaped::Char(c) => Member::Char(c),
            Escaped::Set(set) | Escaped::Atom(set) => Member::Set(set),
        })
    }

    /// Appends a range, and its letters in the other case where case does not count.
    fn push_range(&self, items: &mut String, from: char, to: char) {
        push(items, from, to);
        if !self.flags.case_insensitive || self.flags.unicode_case {
            return;
        }
        for (first, last, other) in [('A', 'Z', 'a'), ('a', 'z', 'A')] {
            let (lo, hi) = (from.max(first), to.min(last));
            let swapped = |c: char| char::from(c as u8 - first as u8 + other as u8);
            if lo <= hi {
                push(items, swapped(lo), swapped(hi));
            }
        }
    }

    /// Reads `\p{name}`, `\P{name}`, `\pL` or `\PL` behind its backslash and letter.
    pub(super) fn property(&mut self, negated: bool) -> Result<String> {
        let name: String = match self.peek() {
            Some('{') => {
                self.bump();
                let mut name = String::new();
                loop {
                    match self.peek_raw() {
                        None => return Err(self.error_at_end("Unclosed character family")),
                        Some('}') => break,
                        Some(c) => name.push(c),
                    }
                    self.bump();
                }
                self.bump();
                if name.is_empty() {
                    return Err(self.error("Empty character family"));
                }
                name
            }
            Some(c) => {
                self.bump();
                c.into()
            }
            None => return Err(self.error_at_end("Unclosed character family")),
        };
        let Some(class) = property::class_of(&name) else {
            return Err(match name.strip_prefix("In") {
                Some(block) => self.error(&format!("Unknown character block name {{{block}}}")),
                None => self.error(&format!("Unknown character property name {{{name}}}")),
            });
        };
        Ok(if negated { format!("[^{class}]") } else { class })
    }

    /// Counts one more level of nesting.
    pub(super) fn enter(&mut self) -> Result<()> {
        self.depth += 1;
        if REPLACE_DEPTH_MAX < self.depth {
            return Err(crate::warnings::Failure::argument(format!(
                "regular expression with more than {REPLACE_DEPTH_MAX} levels of groups and classes"
            )));
        }
        Ok(())
    }

    /// Counts one level of nesting less.
    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }
}

enum Member {
    Char(char),
    Set(String),
}

fn push(items: &mut String, from: char, to: char) {
    items.push_str(&engine_char(from));
    if from < to {
        items.push('-');
        items.push_str(&engine_char(to));
    }
}
