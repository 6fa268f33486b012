//! Regular expressions as Oniguruma reads them with Ruby's syntax, written for the `fancy-regex` crate.
//!
//! Both read the same language for the most part. What differs is rewritten here: names of groups may hold any
//! character, `(?m)` lets the dot match line breaks, `\w`, `\d` and `\s` are ASCII while `[[:alpha:]]` is not, free
//! spacing leaves the blanks of classes alone, and a class takes `-`, `~` and `&` as they stand. The dialect's rarities
//! (`\X`, absent expressions, `\M-x`) are errors.

use std::iter::Peekable;
use std::str::CharIndices;

use crate::limits::GROK_CLASS_DEPTH_MAX;

/// An expression for `fancy-regex`.
#[derive(Debug)]
pub(super) struct Translated {
    /// The expression, in which the group names are `n0`, `n1`, ...
    pub(super) regex: String,
    /// The names that the groups had. Several groups may have the same one.
    pub(super) names: Vec<String>,
}

/// Writes the expression anew, or says why it is none.
pub(super) fn translate(expression: &str) -> Result<Translated, String> {
    let mut translator = Translator {
        text: expression,
        chars: expression.char_indices().peekable(),
        out: String::with_capacity(expression.len() * 2),
        names: group_names(expression),
        open: Vec::new(),
        here: Group::default(),
    };
    translator.run()?;
    Ok(Translated { regex: translator.out, names: translator.names })
}

/// Where no group has this name yet, a reference to it would be an error; so all names are collected first.
fn group_names(expression: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (at, _) in expression.match_indices("(?") {
        let behind = &expression[at + 2..];
        let Some(name) = quoted_name(behind).filter(|_| !is_look_behind(behind)) else { continue };
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// The name in `<name>` or `'name'` at the beginning of a text.
fn quoted_name(text: &str) -> Option<&str> {
    let close = match text.as_bytes().first()? {
        b'<' => '>',
        b'\'' => '\'',
        _ => return None,
    };
    let name = &text[1..];
    name.find([close, ')']).filter(|end| name[*end..].starts_with(close)).map(|end| &name[..end])
}

fn is_look_behind(text: &str) -> bool {
    text.starts_with("<=") || text.starts_with("<!")
}

struct Translator<'p> {
    text: &'p str,
    chars: Peekable<CharIndices<'p>>,
    out: String,
    names: Vec<String>,
    open: Vec<Group>,
    here: Group,
}

/// What holds up to the end of a group.
#[derive(Debug, Clone, Copy, Default)]
struct Group {
    /// Whether blanks mean nothing and `#` begins a comment: `(?x)`.
    free_spacing: bool,
    /// The groups that `(?i)` and the like have opened, which end with this one.
    opened: usize,
}

/// A member of a class.
enum Member {
    One(char),
    Set(&'static str),
    /// A property such as `\p{L}`, as it was written.
    Property(String),
}

impl Translator<'_> {
    fn run(&mut self) -> Result<(), String> {
        while let Some((at, char)) = self.chars.next() {
            match char {
                '\\' => self.escape()?,
                '[' => self.class(at, 0)?,
                '(' => self.group(at)?,
                ')' => self.close()?,
                '#' if self.here.free_spacing => self.skip_to('\n'),
                _ if self.here.free_spacing && char.is_ascii_whitespace() => {}
                _ => self.out.push(char),
            }
        }
        if !self.open.is_empty() {
            return Err("a parenthesis is not closed".to_owned());
        }
        self.close_flags();
        Ok(())
    }

    fn rest(&mut self) -> &str {
        let at = self.chars.peek().map_or(self.text.len(), |(at, _)| *at);
        &self.text[at..]
    }

    fn skip(&mut self, chars: usize) {
        for _ in 0..chars {
            self.chars.next();
        }
    }

    fn skip_to(&mut self, end: char) {
        while self.chars.next().is_some_and(|(_, char)| char != end) {}
    }

    fn take(&mut self, most: usize, fits: fn(char) -> bool) -> String {
        let mut taken = String::new();
        while taken.len() < most {
            match self.chars.next_if(|(_, char)| fits(*char)) {
                Some((_, char)) => taken.push(char),
                None => break,
            }
        }
        taken
    }

    fn close(&mut self) -> Result<(), String> {
        self.close_flags();
        self.here = self.open.pop().ok_or("a parenthesis is closed that was never opened")?;
        self.out.push(')');
        Ok(())
    }

    fn close_flags(&mut self) {
        self.out.extend(std::iter::repeat_n(')', self.here.opened));
        self.here.opened = 0;
    }

    /// Behind `(`.
    fn group(&mut self, at: usize) -> Result<(), String> {
        let behind = &self.text[at + 1..];
        if behind.starts_with('*') {
            return Err("nothing stands before the `*`".to_owned());
        }
        let Some(kind) = behind.strip_prefix('?') else {
            self.enter("(", 0);
            return Ok(());
        };
        if kind.starts_with('#') {
            self.skip_to(')');
            return Ok(());
        }
        for plain in ["<=", "<!", ":", "=", "!", ">", "~"] {
            if kind.starts_with(plain) {
                self.enter(&format!("(?{plain}"), 1 + plain.len());
                return Ok(());
            }
        }
        if let Some(name) = quoted_name(kind) {
            let new = format!("(?<{}>", self.name(name)?);
            self.enter(&new, 1 + name.chars().count() + 2);
            return Ok(());
        }
        if let Some(condition) = kind.strip_prefix('(') {
            return self.condition(condition);
        }
        self.flags(kind)
    }

    fn enter(&mut self, text: &str, skip: usize) {
        self.out.push_str(text);
        self.skip(skip);
        self.open.push(self.here);
        self.here.opened = 0;
    }

    /// Behind `(?(`: a group by name or number.
    fn condition(&mut self, condition: &str) -> Result<(), String> {
        let (wanted, chars) = match quoted_name(condition) {
            Some(name) => (format!("<{}>", self.name(name)?), name.chars().count() + 2),
            None => {
                let digits = condition.bytes().take_while(u8::is_ascii_digit).count();
                (condition[..digits].to_owned(), digits)
            }
        };
        if wanted.is_empty() || condition.chars().nth(chars) != Some(')') {
            return Err("a condition `(?(...)` names no group".to_owned());
        }
        self.enter(&format!("(?({wanted})"), 2 + chars + 1);
        Ok(())
    }

    /// Behind `(?`: `i`, `m`, `x`, on or off, for the group that follows or for the rest of the group around.
    fn flags(&mut self, kind: &str) -> Result<(), String> {
        let end = kind.find([')', ':']).unwrap_or(kind.len());
        let (mut on, mut off, mut is_off) = (String::new(), String::new(), false);
        let mut free_spacing = self.here.free_spacing;
        for flag in kind[..end].chars() {
            let flags = if is_off { &mut off } else { &mut on };
            match flag {
                '-' if !is_off => is_off = true,
                'i' => flags.push('i'),
                'm' => flags.push('s'),
                'x' => free_spacing = !is_off,
                _ => return Err(format!("`(?{flag}` begins no group that is known")),
            }
        }
        let off = if off.is_empty() { off } else { format!("-{off}") };
        let group = format!("(?{on}{off}:");
        match kind[end..].chars().next() {
            Some(':') => self.enter(&group, 1 + end + 1),
            Some(_) => {
                self.out.push_str(&group);
                self.skip(1 + end + 1);
                self.here.opened += 1;
            }
            None => return Err("a parenthesis is not closed".to_owned()),
        }
        self.here.free_spacing = free_spacing;
        Ok(())
    }

    /// The new name of a group.
    fn name(&self, name: &str) -> Result<String, String> {
        match self.names.iter().position(|known| known == name) {
            Some(at) if !name.is_empty() => Ok(format!("n{at}")),
            _ => Err(format!("no group has the name `{name}`")),
        }
    }

    /// Behind a backslash outside of a class.
    fn escape(&mut self) -> Result<(), String> {
        let Some((_, char)) = self.chars.next() else {
            return Err("nothing stands behind the last backslash".to_owned());
        };
        let is_octal = char.is_digit(8)
            && self
                .rest()
                .as_bytes()
                .get(..2)
                .is_some_and(|two| two.iter().all(|b| matches!(b, b'0'..=b'7')));
        match char {
            '1'..='9' if !is_octal => self.out.extend(['\\', char]),
            'A' | 'z' | 'b' | 'B' | 'G' | 'K' | 'R' => self.out.extend(['\\', char]),
            // Before one line break at the end; `fancy-regex` takes any number of them.
            'Z' => self.out.push_str(r"(?=\n?\z)"),
            'k' | 'g' => self.reference(char)?,
            'X' => return Err(r"`\X` is not supported".to_owned()),
            _ => match self.member(char)? {
                Member::One(char) => push_literal(&mut self.out, char),
                Member::Set(set) => {
                    self.out.push('[');
                    self.out.push_str(set);
                    self.out.push(']');
                }
                Member::Property(property) => self.out.push_str(&property),
            },
        }
        Ok(())
    }

    /// Behind `\k` or `\g`: `<name>` or `<1>`.
    fn reference(&mut self, kind: char) -> Result<(), String> {
        let Some(name) = quoted_name(self.rest()).map(str::to_owned) else {
            return Err(format!("`\\{kind}` names no group"));
        };
        let is_number = name.trim_start_matches(['-', '+']).bytes().all(|b| b.is_ascii_digit());
        let new = if is_number { name.clone() } else { self.name(&name)? };
        self.skip(name.chars().count() + 2);
        self.out.extend(["\\", kind.encode_utf8(&mut [0; 4]), "<", &new, ">"]);
        Ok(())
    }

    /// Behind a backslash and a character: what matches one character.
    fn member(&mut self, char: char) -> Result<Member, String> {
        Ok(match char {
            'w' => Member::Set("0-9A-Za-z_"),
            'W' => Member::Set("^0-9A-Za-z_"),
            'd' => Member::Set("0-9"),
            'D' => Member::Set("^0-9"),
            's' => Member::Set(r"\t\n\v\f\r\x20"),
            'S' => Member::Set(r"^\t\n\v\f\r\x20"),
            'h' => Member::Set("0-9A-Fa-f"),
            'H' => Member::Set("^0-9A-Fa-f"),
            'p' | 'P' => self.property(char == 'P')?,
            't' => Member::One('\t'),
            'n' => Member::One('\n'),
            'v' => Member::One('\x0B'),
            'f' => Member::One('\x0C'),
            'r' => Member::One('\r'),
            'a' => Member::One('\x07'),
            'b' => Member::One('\x08'),
            'e' => Member::One('\x1B'),
            'x' => self.hex(2)?,
            'u' => self.hex(4)?,
            '0'..='7' => {
                let digits = format!("{char}{}", self.take(2, |char| matches!(char, '0'..='7')));
                code_point(&digits, 8)?
            }
            'c' | 'C' | 'M' => return Err(format!("`\\{char}` is not supported")),
            // Any other character stands for itself, letters too.
            other => Member::One(other),
        })
    }

    fn hex(&mut self, digits: usize) -> Result<Member, String> {
        let braced = self.chars.next_if(|(_, char)| *char == '{').is_some();
        let code = self.take(if braced { 8 } else { digits }, |char| char.is_ascii_hexdigit());
        if braced && self.chars.next_if(|(_, char)| *char == '}').is_none() {
            return Err(r"`\x{` is not closed".to_owned());
        }
        code_point(&code, 16)
    }

    /// Behind `\p`: `{name}` or `{^name}`.
    fn property(&mut self, negated: bool) -> Result<Member, String> {
        let named = self.rest().strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let Some(name) = named.map(|(name, _)| name.to_owned()) else {
            return Err(r"`\p` names no property".to_owned());
        };
        self.skip(name.chars().count() + 2);
        let (name, inverse) = match name.strip_prefix('^') {
            Some(name) => (name, true),
            None => (name.as_str(), false),
        };
        if name.is_empty() || !name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
        {
            return Err(r"`\p` names no property".to_owned());
        }
        let letter = if negated == inverse { 'p' } else { 'P' };
        Ok(Member::Property(format!("\\{letter}{{{name}}}")))
    }

    /// Behind `[`, which stands at `start`.
    fn class(&mut self, start: usize, depth: usize) -> Result<(), String> {
        if GROK_CLASS_DEPTH_MAX <= depth {
            return Err(format!("classes are nested deeper than {GROK_CLASS_DEPTH_MAX}"));
        }
        self.out.push('[');
        if self.chars.next_if(|(_, char)| *char == '^').is_some() {
            self.out.push('^');
        }
        let first = self.rest().len();
        loop {
            let is_first = self.rest().len() == first;
            let Some((at, char)) = self.chars.next() else {
                return Err(format!("the class `{}` is not closed", excerpt(&self.text[start..])));
            };
            match char {
                // At the beginning the bracket stands for itself, if there is another one to end the class.
                ']' if !is_first || !self.rest().contains(']') => {
                    if is_first {
                        return Err("a class is empty".to_owned());
                    }
                    self.out.push(']');
                    return Ok(());
                }
                '[' if self.rest().starts_with(':') && self.posix_class() => {}
                '[' => self.class(at, depth + 1)?,
                '&' if self.rest().starts_with('&') => {
                    self.skip(1);
                    self.out.push_str("&&");
                }
                '\\' => self.class_escape()?,
                other => self.class_range(other)?,
            }
        }
    }

    /// Behind `[` before `:`. What names no class is left as it is.
    fn posix_class(&mut self) -> bool {
        let Some((name, _)) = self.rest()[1..].split_once(":]") else { return false };
        let (plain, negated) = match name.strip_prefix('^') {
            Some(plain) => (plain, true),
            None => (name, false),
        };
        let Some((_, set)) = POSIX_CLASSES.iter().find(|(name, _)| *name == plain) else {
            return false;
        };
        let chars = name.len() + 3;
        self.out.push_str(if negated { "[^" } else { "[" });
        self.out.push_str(set);
        self.out.push(']');
        self.skip(chars);
        true
    }

    fn class_escape(&mut self) -> Result<(), String> {
        let Some((_, char)) = self.chars.next() else {
            return Err("nothing stands behind the last backslash".to_owned());
        };
        match self.member(char)? {
            Member::One(char) => self.class_range(char)?,
            Member::Set(set) => {
                self.out.push('[');
                self.out.push_str(set);
                self.out.push(']');
            }
            Member::Property(property) => self.out.push_str(&property),
        }
        Ok(())
    }

    /// A character of a class, and the end of the range that it may begin.
    fn class_range(&mut self, from: char) -> Result<(), String> {
        push_literal(&mut self.out, from);
        let rest = self.rest();
        if !rest.starts_with('-') || rest.len() == 1 || rest[1..].starts_with([']', '[']) {
            return Ok(());
        }
        self.skip(1);
        let to = match self.chars.next() {
            Some((_, '\\')) => {
                let escaped = self.chars.next().map(|(_, char)| char);
                self.member(escaped.ok_or("nothing stands behind the last backslash")?)?
            }
            Some((_, char)) => Member::One(char),
            None => return Err("a class is not closed".to_owned()),
        };
        match to {
            Member::One(to) if to < from => {
                return Err(format!("the range `{from}-{to}` of a class is empty"));
            }
            Member::One(to) => {
                self.out.push('-');
                push_literal(&mut self.out, to);
            }
            // `a-\d` is no range: the hyphen stands for itself.
            Member::Set(set) => self.out.extend([r"\-[", set, "]"]),
            Member::Property(property) => self.out.extend([r"\-", &property]),
        }
        Ok(())
    }
}

/// The classes that have names, with all of Unicode in them as in Oniguruma.
const POSIX_CLASSES: &[(&str, &str)] = &[
    ("alnum", r"\p{L}\p{M}\p{Nd}"),
    ("alpha", r"\p{L}\p{M}"),
    ("ascii", r"\x00-\x7F"),
    ("blank", r"\p{Zs}\t"),
    ("cntrl", r"\p{Cc}\p{Cf}\p{Co}"),
    ("digit", r"\p{Nd}"),
    ("graph", r"\p{L}\p{M}\p{N}\p{P}\p{S}"),
    ("lower", r"\p{Ll}"),
    ("print", r"\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}"),
    ("punct", r"\p{P}$+<=>\^`|\~"),
    ("space", r"\p{Zs}\p{Zl}\p{Zp}\t\n\v\f\r\x85"),
    ("upper", r"\p{Lu}"),
    ("word", r"\p{L}\p{M}\p{Nd}\p{Pc}"),
    ("xdigit", r"0-9A-Fa-f"),
];

fn code_point(digits: &str, radix: u32) -> Result<Member, String> {
    let char = u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    char.map(Member::One).ok_or_else(|| format!("`{digits}` is no code of a character"))
}

/// A character that stands for itself, inside a class and outside.
fn push_literal(out: &mut String, char: char) {
    if char.is_ascii_punctuation() {
        out.push('\\');
        out.push(char);
    } else if char.is_ascii_whitespace() || char.is_control() {
        out.extend(["\\x{", &format!("{:X}", u32::from(char)), "}"]);
    } else {
        out.push(char);
    }
}

fn excerpt(text: &str) -> String {
    text.chars().take(20).collect()
}
