//! Reads an expression of Java and writes it for the engine.

use std::fmt::Write;

use super::Groups;
use crate::warnings::Failure;

pub(super) type Result<T> = std::result::Result<T, Failure>;

/// Which texts a translation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Texts {
    /// ASCII on one line: the anchors of Java and of the engine are the same there, and the engine's are faster.
    Plain,
    /// All.
    Any,
}

/// An expression for the engine.
#[derive(Debug)]
pub(super) struct Translation {
    pub(super) expression: String,
    pub(super) groups: Groups,
    /// Whether the translations for plain texts and for any differ.
    pub(super) differs: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Flags {
    pub(super) case_insensitive: bool,
    pub(super) unicode_case: bool,
    comments: bool,
    dot_all: bool,
    multi_line: bool,
    unix_lines: bool,
    unicode_classes: bool,
}

/// What stands behind a backslash.
pub(super) enum Escaped {
    /// A character.
    Char(char),
    /// A class in brackets.
    Set(String),
    /// Anything else: only outside of classes.
    Atom(String),
}

pub(super) struct Translator<'p> {
    pattern: &'p str,
    chars: Vec<char>,
    at: usize,
    pub(super) flags: Flags,
    pub(super) depth: usize,
    texts: Texts,
    differs: bool,
    groups: Groups,
    /// All groups of the expression, those that are still to come included.
    groups_total: usize,
}

/// Translates an expression.
pub(super) fn translate(pattern: &str, texts: Texts) -> Result<Translation> {
    let first = Translator::new(pattern, texts, 0).run()?;
    if first.groups.count == 0 {
        return Ok(first);
    }
    // What a reference to a group means depends on how many there are.
    Translator::new(pattern, texts, first.groups.count).run()
}

const LINE_END: &str = r"\n\r\x{85}\x{2028}\x{2029}";
const VERTICAL: &str = r"\n\x0b\f\r\x{85}\x{2028}\x{2029}";
const HORIZONTAL: &str = r" \t\x{a0}\x{1680}\x{180e}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}";
/// Matches nothing.
const NEVER: &str = r"[^\x00-\x{10ffff}]";

impl<'p> Translator<'p> {
    fn new(pattern: &'p str, texts: Texts, groups_total: usize) -> Translator<'p> {
        Translator {
            pattern,
            chars: without_quotes(pattern),
            at: 0,
            flags: Flags::default(),
            depth: 0,
            texts,
            differs: false,
            groups: Groups::default(),
            groups_total,
        }
    }

    fn run(mut self) -> Result<Translation> {
        let expression = self.alternation()?;
        if self.peek().is_some() {
            return Err(self.error("Unmatched closing ')'"));
        }
        Ok(Translation { expression, groups: self.groups, differs: self.differs })
    }

    fn alternation(&mut self) -> Result<String> {
        let mut out = self.sequence()?;
        while self.peek() == Some('|') {
            self.bump();
            out.push('|');
            out.push_str(&self.sequence()?);
        }
        Ok(out)
    }

    fn sequence(&mut self) -> Result<String> {
        let mut out = String::new();
        while let Some(c) = self.peek() {
            let atom = match c {
                '|' | ')' => break,
                '(' => match self.group()? {
                    Some(group) => group,
                    None => continue,
                },
                '[' => self.class()?,
                '\\' => match self.escape(false)? {
                    Escaped::Char(c) => self.literal(c),
                    Escaped::Set(atom) | Escaped::Atom(atom) => atom,
                },
                '?' | '*' | '+' => {
                    self.bump();
                    return Err(self.error(&format!("Dangling meta character '{c}'")));
                }
                // Java reads a count of nothing here.
                '{' => "(?:)".to_owned(),
                _ => {
                    self.bump();
                    self.plain_atom(c)
                }
            };
            out.push_str(&self.quantified(atom)?);
        }
        Ok(out)
    }

    fn plain_atom(&mut self, c: char) -> String {
        match c {
            '.' if self.flags.dot_all => r"[\x00-\x{10ffff}]".to_owned(),
            '.' if self.flags.unix_lines => r"[^\n]".to_owned(),
            '.' => format!("[^{LINE_END}]"),
            '^' if self.flags.multi_line => self.line_start(),
            '^' => r"\A".to_owned(),
            '$' if self.flags.multi_line => self.line_end(),
            '$' => self.end(),
            _ => self.literal(c),
        }
    }

    fn line_start(&mut self) -> String {
        let unix = r"(?:\A|(?<=\n)(?!\z))";
        let any = r"(?:\A|(?<=[\n\x{85}\x{2028}\x{2029}])(?!\z)|(?<=\r)(?!\n)(?!\z))";
        self.anchor(r"\A", if self.flags.unix_lines { unix } else { any })
    }

    fn line_end(&mut self) -> String {
        let unix = r"(?:\z|(?=\n))";
        let any = r"(?:\z|(?=[\r\x{85}\x{2028}\x{2029}])|(?<!\r)(?=\n))";
        self.anchor(r"\z", if self.flags.unix_lines { unix } else { any })
    }

    /// The end of the text, or before a line end that ends it.
    fn end(&mut self) -> String {
        let unix = r"(?:\z|(?=\n\z))";
        let any = r"(?:\z|(?=\r\n\z)|(?=[\r\x{85}\x{2028}\x{2029}]\z)|(?<!\r)(?=\n\z))";
        self.anchor(r"\z", if self.flags.unix_lines { unix } else { any })
    }

    fn boundary(&mut self) -> String {
        if self.flags.unicode_classes {
            return r"\b".to_owned();
        }
        let any = "(?:(?<=[0-9A-Z_a-z])(?![0-9A-Z_a-z])|(?<![0-9A-Z_a-z])(?=[0-9A-Z_a-z]))";
        self.anchor(r"\b", any)
    }

    fn no_boundary(&mut self) -> String {
        if self.flags.unicode_classes {
            return r"\B".to_owned();
        }
        let any = "(?:(?<=[0-9A-Z_a-z])(?=[0-9A-Z_a-z])|(?<![0-9A-Z_a-z])(?![0-9A-Z_a-z]))";
        self.anchor(r"\B", any)
    }

    fn anchor(&mut self, plain: &str, any: &str) -> String {
        self.differs = true;
        match self.texts {
            Texts::Plain => plain.to_owned(),
            Texts::Any => any.to_owned(),
        }
    }

    fn literal(&self, c: char) -> String {
        let letter = engine_char(c);
        match (self.flags.case_insensitive, self.flags.unicode_case) {
            (true, true) => format!("(?i:{letter})"),
            (true, false) if c.is_ascii_alphabetic() => {
                format!("[{}{}]", c.to_ascii_lowercase(), c.to_ascii_uppercase())
            }
            _ => letter,
        }
    }

    /// The atom with the quantifier that stands behind it, if one does.
    fn quantified(&mut self, atom: String) -> Result<String> {
        let count = match self.peek() {
            Some(sign @ ('?' | '*' | '+')) => {
                self.bump();
                sign.to_string()
            }
            Some('{') => self.counts()?,
            _ => return Ok(atom),
        };
        Ok(match self.peek() {
            Some('?') => {
                self.bump();
                format!("(?:{atom}){count}?")
            }
            Some('+') => {
                self.bump();
                format!("(?>(?:{atom}){count})")
            }
            _ => format!("(?:{atom}){count}"),
        })
    }

    /// Reads `{n}`, `{n,}` or `{n,m}`.
    fn counts(&mut self) -> Result<String> {
        if !self.peek_behind().is_some_and(|c| c.is_ascii_digit()) {
            return Err(self.error("Illegal repetition"));
        }
        self.bump();
        let min = self.number()?;
        let mut max = Some(min);
        if self.peek() == Some(',') {
            self.bump();
            max = match self.peek() {
                Some('}') => None,
                _ => Some(self.number()?),
            };
        }
        let closed = self.peek() == Some('}');
        self.bump();
        if !closed {
            return Err(self.error("Unclosed counted closure"));
        }
        if max.is_some_and(|max| max < min) {
            return Err(self.error("Illegal repetition range"));
        }
        Ok(match max {
            None => format!("{{{min},}}"),
            Some(max) => format!("{{{min},{max}}}"),
        })
    }

    fn number(&mut self) -> Result<u32> {
        let mut number = 0_u32;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            self.bump();
            let longer = number.checked_mul(10).and_then(|tens| tens.checked_add(digit));
            number = match longer {
                Some(longer) if longer <= i32::MAX.unsigned_abs() => longer,
                _ => return Err(self.error("Illegal repetition range")),
            };
        }
        Ok(number)
    }

    /// Reads a group; nothing for flags alone.
    fn group(&mut self) -> Result<Option<String>> {
        self.enter()?;
        let flags = self.flags;
        self.bump();
        let open = if self.peek() == Some('?') {
            self.bump();
            match self.special_group()? {
                Some(open) => open,
                None => {
                    self.leave();
                    return Ok(None);
                }
            }
        } else {
            self.groups.count += 1;
            "(".to_owned()
        };
        let inner = self.alternation()?;
        let closed = self.peek() == Some(')');
        self.bump();
        if !closed {
            return Err(self.error("Unclosed group"));
        }
        self.flags = flags;
        self.leave();
        Ok(Some(format!("{open}{inner})")))
    }

    /// What a group behind `(?` begins with in the engine; nothing for flags alone.
    fn special_group(&mut self) -> Result<Option<String>> {
        let kind = self.peek_raw();
        if let Some(kind @ (':' | '=' | '!' | '>')) = kind {
            self.bump();
            return Ok(Some(format!("(?{kind}")));
        }
        match kind {
            Some('<') => {
                self.bump();
                if let Some(kind @ ('=' | '!')) = self.peek() {
                    self.bump();
                    return Ok(Some(format!("(?<{kind}")));
                }
                let name = self.group_name()?;
                if self.groups.by_name(&name).is_some() {
                    let message = format!("Named capturing group <{name}> is already defined");
                    return Err(self.error(&message));
                }
                self.groups.count += 1;
                self.groups.names.push((name, self.groups.count));
                Ok(Some("(".to_owned()))
            }
            Some('$' | '@') => {
                self.bump();
                Err(self.error("Unknown group type"))
            }
            _ => self.inline_flags(),
        }
    }

    fn inline_flags(&mut self) -> Result<Option<String>> {
        let mut on = true;
        while let Some(c) = self.peek() {
            let flag = match c {
                '-' if on => {
                    on = false;
                    self.bump();
                    continue;
                }
                'i' => &mut self.flags.case_insensitive,
                'u' => &mut self.flags.unicode_case,
                'x' => &mut self.flags.comments,
                's' => &mut self.flags.dot_all,
                'm' => &mut self.flags.multi_line,
                'd' => &mut self.flags.unix_lines,
                'U' => &mut self.flags.unicode_classes,
                _ => break,
            };
            *flag = on;
            if c == 'U' {
                // Java takes the one for the other as well.
                self.flags.unicode_case = on;
            }
            self.bump();
        }
        let next = self.peek();
        self.bump();
        match next {
            Some(')') => Ok(None),
            Some(':') => Ok(Some("(?:".to_owned())),
            _ => Err(self.error("Unknown inline modifier")),
        }
    }

    fn group_name(&mut self) -> Result<String> {
        let mut name = String::new();
        while let Some(c) = self.peek().filter(char::is_ascii_alphanumeric) {
            if name.is_empty() && c.is_ascii_digit() {
                break;
            }
            name.push(c);
            self.bump();
        }
        let closed = self.peek() == Some('>');
        self.bump();
        if name.is_empty() {
            let message = "capturing group name does not start with a Latin letter";
            return Err(self.error(message));
        }
        if !closed {
            return Err(self.error("named capturing group is missing trailing '>'"));
        }
        Ok(name)
    }

    /// Reads what begins with a backslash.
    pub(super) fn escape(&mut self, in_class: bool) -> Result<Escaped> {
        self.bump();
        let Some(c) = self.peek_raw() else {
            return Err(self.error_at_end("Unescaped trailing backslash"));
        };
        self.bump();
        if let Some(class) = self.predefined(c) {
            return Ok(Escaped::Set(class));
        }
        if let Some(c) = self.escaped_char(c)? {
            return Ok(Escaped::Char(c));
        }
        match c {
            'p' | 'P' => Ok(Escaped::Set(self.property(c == 'P')?)),
            _ if in_class => Err(self.error("Illegal/unsupported escape sequence")),
            _ => Ok(Escaped::Atom(self.special(c)?)),
        }
    }

    fn predefined(&self, c: char) -> Option<String> {
        let unicode = self.flags.unicode_classes;
        let members = match c.to_ascii_lowercase() {
            'd' if unicode => r"\d",
            'd' => "0-9",
            'w' if unicode => r"\w",
            'w' => "0-9A-Z_a-z",
            's' if unicode => r"\s",
            's' => r" \t\n\x0b\f\r",
            'h' => HORIZONTAL,
            'v' => VERTICAL,
            _ => return None,
        };
        let negated = if c.is_ascii_uppercase() { "^" } else { "" };
        Some(format!("[{negated}{members}]"))
    }

    fn escaped_char(&mut self, c: char) -> Result<Option<char>> {
        Ok(Some(match c {
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'f' => '\u{c}',
            'a' => '\u{7}',
            'e' => '\u{1b}',
            '0' => self.octal()?,
            'x' => self.hexadecimal()?,
            'u' => self.unicode()?,
            'c' => match self.peek_raw() {
                Some(c) => {
                    self.bump();
                    char::from_u32(u32::from(c) ^ 64).unwrap_or(c)
                }
                None => return Err(self.error_at_end("Illegal control escape sequence")),
            },
            _ if c.is_ascii_alphanumeric() => return Ok(None),
            _ => c,
        }))
    }

    fn special(&mut self, c: char) -> Result<String> {
        Ok(match c {
            'A' => r"\A".to_owned(),
            'z' => r"\z".to_owned(),
            'Z' => self.end(),
            'b' => self.boundary(),
            'B' => self.no_boundary(),
            'G' => r"\G".to_owned(),
            'R' => format!(r"(?:\r\n|[{VERTICAL}])"),
            'k' => {
                let opened = self.peek_raw() == Some('<');
                self.bump();
                if !opened {
                    let message = "\\k is not followed by '<' for named capturing group";
                    return Err(self.error(message));
                }
                let name = self.group_name()?;
                let Some(group) = self.groups.by_name(&name) else {
                    let message = format!("named capturing group <{name}> does not exist");
                    return Err(self.error(&message));
                };
                self.reference(group)
            }
            '1'..='9' => {
                let group = self.group_number(c);
                self.reference(group)
            }
            _ => return Err(self.error("Illegal/unsupported escape sequence")),
        })
    }

    /// A number takes as many digits as there are groups so far.
    fn group_number(&mut self, first: char) -> usize {
        let digit = |c: char| c.to_digit(10).map(|digit| digit as usize);
        let mut number = digit(first).unwrap_or_default();
        while let Some(next) = self.peek().and_then(digit) {
            let longer = number.saturating_mul(10).saturating_add(next);
            if self.groups.count < longer {
                break;
            }
            number = longer;
            self.bump();
        }
        number
    }

    fn reference(&self, group: usize) -> String {
        if self.groups_total < group {
            return NEVER.to_owned();
        }
        let flag = if self.flags.case_insensitive { "i" } else { "" };
        format!(r"(?{flag}:\{group})")
    }

    fn octal(&mut self) -> Result<char> {
        let mut code = 0;
        let mut digits = 0;
        while let Some(digit) = self.peek_raw().and_then(|c| c.to_digit(8)) {
            if digits == 3 || (digits == 2 && 31 < code) {
                break;
            }
            code = code * 8 + digit;
            digits += 1;
            self.bump();
        }
        match char::from_u32(code) {
            Some(c) if 0 < digits => Ok(c),
            _ => Err(self.error_here("Illegal octal escape sequence")),
        }
    }

    fn hexadecimal(&mut self) -> Result<char> {
        let braced = self.peek_raw() == Some('{');
        if !braced {
            let code = self.hex_digits(2, "Illegal hexadecimal escape sequence")?;
            return char::from_u32(code)
                .ok_or_else(|| self.error("Illegal hexadecimal escape sequence"));
        }
        self.bump();
        let mut code = 0;
        while let Some(digit) = self.peek_raw().and_then(|c| c.to_digit(16)) {
            self.bump();
            code = code * 16 + digit;
            if u32::from(char::MAX) < code {
                return Err(self.error("Hexadecimal codepoint is too big"));
            }
        }
        let closed = self.peek_raw() == Some('}');
        self.bump();
        if !closed {
            return Err(self.error("Unclosed hexadecimal escape sequence"));
        }
        char::from_u32(code).ok_or_else(|| self.error("Illegal hexadecimal escape sequence"))
    }

    /// Four digits, or twice four for a pair of surrogates.
    fn unicode(&mut self) -> Result<char> {
        const WRONG: &str = "Illegal Unicode escape sequence";
        let high = self.hex_digits(4, WRONG)?;
        if let Some(c) = char::from_u32(high) {
            return Ok(c);
        }
        if self.peek_raw() != Some('\\') || self.peek_behind() != Some('u') {
            return Err(self.error(WRONG));
        }
        self.bump();
        self.bump();
        let low = self.hex_digits(4, WRONG)?;
        let pair = [high as u16, low as u16];
        match char::decode_utf16(pair).next() {
            Some(Ok(c)) => Ok(c),
            _ => Err(self.error(WRONG)),
        }
    }

    fn hex_digits(&mut self, count: usize, wrong: &str) -> Result<u32> {
        let mut code = 0;
        for _ in 0..count {
            let digit = self.peek_raw().and_then(|c| c.to_digit(16));
            self.bump();
            let Some(digit) = digit else { return Err(self.error(wrong)) };
            code = code * 16 + digit;
        }
        Ok(code)
    }

    /// The next character; behind blanks and remarks where these do not count.
    pub(super) fn peek(&mut self) -> Option<char> {
        while self.flags.comments {
            match self.peek_raw() {
                Some(' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r') => self.bump(),
                Some('#') => {
                    while self.peek_raw().is_some_and(|c| !is_line_end(c)) {
                        self.bump();
                    }
                }
                _ => break,
            }
        }
        self.peek_raw()
    }

    pub(super) fn peek_raw(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    /// The character behind the next one.
    pub(super) fn peek_behind(&self) -> Option<char> {
        self.chars.get(self.at + 1).copied()
    }

    pub(super) fn bump(&mut self) {
        self.at += 1;
    }

    /// An error that Java finds once it has read this far.
    pub(super) fn error(&self, what: &str) -> Failure {
        syntax_error(what, self.pattern, self.at.checked_sub(1))
    }

    fn error_here(&self, what: &str) -> Failure {
        syntax_error(what, self.pattern, Some(self.at))
    }

    pub(super) fn error_at_end(&self, what: &str) -> Failure {
        syntax_error(what, self.pattern, Some(self.chars.len()))
    }

    pub(super) fn error_before_end(&self, what: &str) -> Failure {
        syntax_error(what, self.pattern, self.chars.len().checked_sub(1))
    }
}

fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// The message of Java's `PatternSyntaxException`, with a mark under the place.
fn syntax_error(what: &str, pattern: &str, index: Option<usize>) -> Failure {
    let class = "java.util.regex.PatternSyntaxException";
    let Some(index) = index else {
        return Failure { class, message: format!("{what}\n{pattern}") };
    };
    let mut message = format!("{what} near index {index}\n{pattern}");
    if index < pattern.chars().count() {
        message.push('\n');
        message.extend(pattern.chars().take(index).map(|c| if c == '\t' { c } else { ' ' }));
        message.push('^');
    }
    Failure { class, message }
}

/// A character as the engine reads it, in classes and outside of them.
pub(super) fn engine_char(c: char) -> String {
    let mut out = String::new();
    if c.is_ascii_alphanumeric() || !(c.is_ascii() || c.is_whitespace()) {
        out.push(c);
    } else {
        write!(out, "\\x{{{:x}}}", u32::from(c)).expect("writing to a `String` does not fail");
    }
    out
}

/// The characters of an expression, with those between `\Q` and `\E` escaped one by one.
fn without_quotes(pattern: &str) -> Vec<char> {
    let mut out = Vec::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        if let Some(quoted) = rest.strip_prefix("\\Q") {
            let (text, behind) = quoted.split_once("\\E").unwrap_or((quoted, ""));
            for c in text.chars() {
                if c.is_ascii() && !c.is_ascii_alphanumeric() {
                    out.push('\\');
                }
                out.push(c);
            }
            rest = behind;
            continue;
        }
        out.push(c);
        rest = &rest[c.len_utf8()..];
        if c == '\\'
            && let Some(escaped) = rest.chars().next()
        {
            out.push(escaped);
            rest = &rest[escaped.len_utf8()..];
        }
    }
    out
}
