//! Cuts the text of a query into tokens.
//!
//! A token is a kind and a place; its text stays in the query and is decoded when the parser takes it. What no
//! token can be made of is reported here, once, and replaced by the token that was most likely meant, so that
//! the parser goes on as if it had been right.

use brokerwatch_expr::{Diagnostic, Span};

use crate::codes;
use brokerwatch_expr::report::{Report, excerpt};

/// A piece of the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: TokenKind,
    /// Where it stands.
    pub(crate) span: Span,
}

/// The kinds of token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Identifier,
    TildeIdentifier,
    QuotedIdentifier,
    Integer,
    Decimal,
    Text(TextForm),
    And,
    Any,
    By,
    False,
    In,
    InAnyCase,
    Join,
    Like,
    LikeAnyCase,
    Maxspan,
    Not,
    Null,
    Of,
    Or,
    Regex,
    RegexAnyCase,
    Sample,
    Sequence,
    True,
    Until,
    Where,
    With,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Colon,
    Assign,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    Dot,
    Comma,
    Open,
    Close,
    OpenBracket,
    CloseBracket,
    /// `![`
    OpenMissing,
    Bar,
    Question,
    /// Something that was reported and has no substitute.
    Unknown,
    /// The end of the text.
    End,
}

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextForm {
    /// `"a\n"`
    Escaped,
    /// `"""a"""`
    Raw,
    /// In a form that was reported.
    Refused,
    /// Without an end; reaches to the end of the line.
    Unclosed,
}

/// What begins and ends a text without escapes.
const RAW_QUOTES: &str = r#"""""#;

/// The keyword that a word is.
pub(crate) fn keyword(word: &str) -> Option<TokenKind> {
    Some(match word {
        "and" => TokenKind::And,
        "any" => TokenKind::Any,
        "by" => TokenKind::By,
        "false" => TokenKind::False,
        "in" => TokenKind::In,
        "in~" => TokenKind::InAnyCase,
        "join" => TokenKind::Join,
        "like" => TokenKind::Like,
        "like~" => TokenKind::LikeAnyCase,
        "maxspan" => TokenKind::Maxspan,
        "not" => TokenKind::Not,
        "null" => TokenKind::Null,
        "of" => TokenKind::Of,
        "or" => TokenKind::Or,
        "regex" => TokenKind::Regex,
        "regex~" => TokenKind::RegexAnyCase,
        "sample" => TokenKind::Sample,
        "sequence" => TokenKind::Sequence,
        "true" => TokenKind::True,
        "until" => TokenKind::Until,
        "where" => TokenKind::Where,
        "with" => TokenKind::With,
        _ => return None,
    })
}

/// Whether a word can stand in a query as a name without quotes.
pub(crate) fn is_plain_name(word: &str) -> bool {
    let mut bytes = word.bytes();
    bytes.next().is_some_and(begins_name) && bytes.all(continues_name) && keyword(word).is_none()
}

fn begins_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte == b'@'
}

fn continues_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The text that a text token stands for; empty for one that was reported.
pub(crate) fn decode_text(written: &str, form: TextForm) -> String {
    match form {
        TextForm::Escaped => {
            unescape(written.get(1..written.len() - 1).unwrap_or_default(), &mut |_| ())
        }
        TextForm::Raw => written.get(3..written.len() - 3).unwrap_or_default().to_owned(),
        TextForm::Refused | TextForm::Unclosed => String::new(),
    }
}

/// The name that a name token stands for, without backticks.
pub(crate) fn decode_name(written: &str) -> String {
    match written.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) {
        Some(quoted) => quoted.replace("``", "`"),
        None => written.to_owned(),
    }
}

/// Reads tokens from the front of a text.
#[derive(Debug)]
pub(crate) struct Lexer<'t> {
    text: &'t str,
    at: usize,
    cut: bool,
}

impl<'t> Lexer<'t> {
    pub(crate) fn new(text: &'t str) -> Lexer<'t> {
        Lexer { text, at: 0, cut: false }
    }

    /// Whether a comment without an end hides the rest of the text, so that nothing is missing there.
    pub(crate) fn is_cut(&self) -> bool {
        self.cut
    }

    /// The next token. After the last one it is `End`, for ever; a full report ends the text early.
    pub(crate) fn next(&mut self, report: &mut Report) -> Token {
        if report.is_full() {
            self.at = self.text.len();
        }
        self.skip_blanks(report);
        let start = self.at;
        let kind = self.token(report);
        Token { kind, span: Span::new(start..self.at) }
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// Passes blanks and comments, and characters that only look like blanks.
    fn skip_blanks(&mut self, report: &mut Report) {
        while let Some(byte) = self.byte(0) {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'/' if self.byte(1) == Some(b'/') => self.at += self.line_length(),
                b'/' if self.byte(1) == Some(b'*') => self.skip_block_comment(report),
                b'#' => {
                    let help = "a comment begins with `//`";
                    self.refuse(codes::CHARACTER, 1, help, report);
                    self.at += self.line_length();
                }
                b';' => {
                    let help = "a query needs no `;` at its end";
                    self.refuse(codes::CHARACTER, 1, help, report);
                }
                0x80.. if self.at_invisible() => {
                    let length = self.length_while(is_invisible);
                    let help = "an invisible character stands here; replace it with a plain blank";
                    self.refuse(codes::CHARACTER, length, help, report);
                }
                _ => return,
            }
            if report.is_full() {
                self.at = self.text.len();
            }
        }
    }

    /// Passes `/* ... */`, which may hold others.
    fn skip_block_comment(&mut self, report: &mut Report) {
        let start = self.at;
        let mut open = 0_usize;
        let bytes = self.text.as_bytes();
        while let Some(ahead) = memchr_comment(&bytes[self.at..]) {
            open = if bytes[self.at + ahead] == b'/' { open + 1 } else { open - 1 };
            self.at += ahead + 2;
            if open == 0 {
                return;
            }
        }
        self.at = bytes.len();
        self.cut = true;
        let span = Span::new(start..start + 2);
        let message = "token recognition error at: '/*'";
        report.push(
            Diagnostic::error(codes::UNCLOSED, span, message)
                .help("close the comment with `*/`; a comment inside it needs its own `*/`"),
        );
    }

    fn token(&mut self, report: &mut Report) -> TokenKind {
        let Some(byte) = self.byte(0) else {
            return TokenKind::End;
        };
        match byte {
            b'"' => self.text_token(report),
            b'`' => self.quoted_name(report),
            b'\'' => self.other_quotes(0, report),
            b'?' if matches!(self.byte(1), Some(b'"' | b'\'')) => self.other_quotes(1, report),
            b'0'..=b'9' => self.number(),
            b'.' if self.byte(1).is_some_and(|next| next.is_ascii_digit()) => self.number(),
            _ if begins_name(byte) => self.word(),
            _ => self.sign(byte, report),
        }
    }

    fn word(&mut self) -> TokenKind {
        let start = self.at;
        self.at += 1;
        while self.byte(0).is_some_and(continues_name) {
            self.at += 1;
        }
        if self.byte(0) == Some(b'~') {
            self.at += 1;
            return keyword(&self.text[start..self.at]).unwrap_or(TokenKind::TildeIdentifier);
        }
        keyword(&self.text[start..self.at]).unwrap_or(TokenKind::Identifier)
    }

    fn number(&mut self) -> TokenKind {
        let mut kind = TokenKind::Integer;
        self.digits();
        if self.byte(0) == Some(b'.') {
            kind = TokenKind::Decimal;
            self.at += 1;
            self.digits();
        }
        if matches!(self.byte(0), Some(b'e' | b'E')) {
            let signed = usize::from(matches!(self.byte(1), Some(b'+' | b'-')));
            if self.byte(1 + signed).is_some_and(|byte| byte.is_ascii_digit()) {
                kind = TokenKind::Decimal;
                self.at += 1 + signed;
                self.digits();
            }
        }
        kind
    }

    fn digits(&mut self) {
        while self.byte(0).is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn text_token(&mut self, report: &mut Report) -> TokenKind {
        if self.rest().starts_with(RAW_QUOTES) {
            return self.raw_text(report);
        }
        let Some(length) = quoted_length(self.rest(), 0, '"') else {
            let line = &self.rest()[..self.line_length()];
            let help = if line.contains("\\\"") {
                r#"`\"` is a quote inside the text; a backslash at its end is written `\\`"#
            } else {
                "close the text with `\"` on the same line"
            };
            return self.unclosed(help, report);
        };
        let start = self.at;
        let mut bad_escape = None;
        unescape(&self.rest()[1..length - 1], &mut |escape| {
            bad_escape.get_or_insert(escape);
        });
        self.at += length;
        if let Some(escape) = bad_escape {
            let span = Span::new(start + 1 + escape.start..start + 1 + escape.end);
            report.push(bad_escape_diagnostic(self.text, span));
        }
        TokenKind::Text(TextForm::Escaped)
    }

    fn raw_text(&mut self, report: &mut Report) -> TokenKind {
        let content = &self.rest()[3..];
        let length = content.find(RAW_QUOTES).unwrap_or(content.len());
        if length == content.len() || content[..length].contains(['\r', '\n']) {
            let help = r#"close the text with `"""` on the same line"#;
            return self.unclosed(help, report);
        }
        let after = &content.as_bytes()[length + 3..];
        let more = after.iter().take(2).take_while(|&&byte| byte == b'"').count();
        self.at += 3 + length + 3 + more;
        TokenKind::Text(TextForm::Raw)
    }

    fn unclosed(&mut self, help: &str, report: &mut Report) -> TokenKind {
        self.refuse(codes::UNCLOSED, self.line_length(), help, report);
        TokenKind::Text(TextForm::Unclosed)
    }

    /// `'...'`, `?"..."` and `?'...'`, which are known only to be refused.
    fn other_quotes(&mut self, before: usize, report: &mut Report) -> TokenKind {
        let quote = if self.byte(before) == Some(b'\'') { '\'' } else { '"' };
        let Some(length) = quoted_length(self.rest(), before, quote) else {
            let help = "a text stands between double quotes, as in `\"text\"`";
            return self.unclosed(help, report);
        };
        let (content, raw) = (&self.rest()[before + 1..length - 1], before == 1);
        let help = if raw || content.contains(['\\', '"']) {
            format!(r#"write `"""{content}"""`"#)
        } else {
            format!("write `\"{content}\"`")
        };
        let help =
            if content.len() <= 40 && !content.contains(RAW_QUOTES) { Some(help) } else { None };
        let message = if raw {
            format!(
                r#"Use triple double quotes ["""] to define unescaped string literals, not [?{quote}]"#
            )
        } else {
            r#"Use double quotes ["] to define string literals, not single quotes [']"#.to_owned()
        };
        let span = Span::new(self.at..self.at + length);
        self.at += length;
        report.push(Diagnostic { help, ..Diagnostic::error(codes::QUOTES, span, message) });
        TokenKind::Text(TextForm::Refused)
    }

    fn quoted_name(&mut self, report: &mut Report) -> TokenKind {
        let bytes = self.rest().as_bytes();
        let mut length = 1;
        loop {
            match (bytes.get(length), bytes.get(length + 1)) {
                (Some(b'`'), Some(b'`')) => length += 2,
                (Some(b'`'), _) => break,
                (Some(_), _) => length += 1,
                (None, _) => {
                    let help = "close the name with a backtick";
                    self.refuse(codes::UNCLOSED, self.line_length(), help, report);
                    return TokenKind::QuotedIdentifier;
                }
            }
        }
        if length == 1 {
            self.refuse(codes::CHARACTER, 2, "a name between backticks cannot be empty", report);
        } else {
            self.at += length + 1;
        }
        TokenKind::QuotedIdentifier
    }

    fn sign(&mut self, byte: u8, report: &mut Report) -> TokenKind {
        let rest = self.rest();
        if let Some(&(sign, kind, message, help)) =
            FOREIGN.iter().find(|foreign| rest.starts_with(foreign.0))
        {
            let span = Span::new(self.at..self.at + sign.len());
            report.push(Diagnostic::error(codes::FOREIGN_OPERATOR, span, message).help(help));
            self.at += sign.len();
            return kind;
        }
        let (length, kind) = match (byte, self.byte(1)) {
            (b'=', Some(b'=')) => (2, TokenKind::Equal),
            (b'!', Some(b'=')) => (2, TokenKind::NotEqual),
            (b'<', Some(b'=')) => (2, TokenKind::LessOrEqual),
            (b'>', Some(b'=')) => (2, TokenKind::GreaterOrEqual),
            (b'!', Some(b'[')) => (2, TokenKind::OpenMissing),
            (b'<', _) => (1, TokenKind::Less),
            (b'>', _) => (1, TokenKind::Greater),
            (b'=', _) => (1, TokenKind::Assign),
            (b':', _) => (1, TokenKind::Colon),
            (b'+', _) => (1, TokenKind::Plus),
            (b'-', _) => (1, TokenKind::Minus),
            (b'*', _) => (1, TokenKind::Star),
            (b'/', _) => (1, TokenKind::Slash),
            (b'%', _) => (1, TokenKind::Percent),
            (b'.', _) => (1, TokenKind::Dot),
            (b',', _) => (1, TokenKind::Comma),
            (b'(', _) => (1, TokenKind::Open),
            (b')', _) => (1, TokenKind::Close),
            (b'[', _) => (1, TokenKind::OpenBracket),
            (b']', _) => (1, TokenKind::CloseBracket),
            (b'|', _) => (1, TokenKind::Bar),
            (b'?', _) => (1, TokenKind::Question),
            (b'!', _) => return self.lone_exclamation(report),
            _ => return self.unknown(report),
        };
        self.at += length;
        kind
    }

    /// `!` that is part of nothing: either `not`, or `![` torn apart.
    fn lone_exclamation(&mut self, report: &mut Report) -> TokenKind {
        let blanks = self.rest()[1..].bytes().take_while(u8::is_ascii_whitespace).count();
        if self.byte(1 + blanks) == Some(b'[') {
            let help = "write `![` without a blank between";
            self.refuse(codes::CHARACTER, 1, help, report);
            self.at += blanks + 1;
            return TokenKind::OpenMissing;
        }
        self.refuse(codes::FOREIGN_OPERATOR, 1, "use `not` for negation", report);
        TokenKind::Not
    }

    fn unknown(&mut self, report: &mut Report) -> TokenKind {
        let Some(first) = self.rest().chars().next() else {
            return TokenKind::End;
        };
        match first {
            '“' | '”' | '„' | '‘' | '’' => self.smart_quotes(report),
            _ if first.is_alphanumeric() => {
                let length = self.length_while(char::is_alphanumeric);
                let help = "a name with letters outside a-z stands between backticks, and a text \
                    between double quotes";
                self.refuse(codes::CHARACTER, length, help, report);
                TokenKind::Unknown
            }
            _ => {
                let help = "remove it; a text stands between double quotes, and a name with such a \
                    character between backticks";
                self.refuse(codes::CHARACTER, first.len_utf8(), help, report);
                TokenKind::Unknown
            }
        }
    }

    /// A text in the quotes that word processors put in.
    fn smart_quotes(&mut self, report: &mut Report) -> TokenKind {
        let line = &self.rest()[..self.line_length()];
        let ends = ['“', '”', '‘', '’', '"', '\''];
        let close = line.char_indices().skip(1).find(|(_, c)| ends.contains(c));
        let length = close.map_or(line.len(), |(index, c)| index + c.len_utf8());
        let help = "use straight double quotes, as in `\"text\"`";
        self.refuse(codes::QUOTES, length, help, report);
        let form = if close.is_some() { TextForm::Refused } else { TextForm::Unclosed };
        TokenKind::Text(form)
    }

    /// Reports the next `length` bytes and passes them.
    fn refuse(&mut self, code: &'static str, length: usize, help: &str, report: &mut Report) {
        let span = Span::new(self.at..self.at + length);
        let message = format!("token recognition error at: '{}'", excerpt(self.text, span));
        report.push(Diagnostic::error(code, span, message).help(help));
        self.at += length;
    }

    /// The bytes up to the end of the line.
    fn line_length(&self) -> usize {
        self.rest().bytes().position(|b| matches!(b, b'\r' | b'\n')).unwrap_or(self.rest().len())
    }

    fn length_while(&self, holds: impl Fn(char) -> bool) -> usize {
        self.rest().find(|c| !holds(c)).unwrap_or(self.rest().len())
    }

    fn at_invisible(&self) -> bool {
        self.rest().starts_with(is_invisible)
    }
}

/// Operators of other languages: how they begin, what is meant, the message, and the way out.
///
/// The longer ones come first, and none is a token of EQL.
static FOREIGN: &[(&str, TokenKind, &str, &str)] = &[
    ("===", TokenKind::Equal, "mismatched input '===' expecting '=='", "use `==` for equality"),
    (
        "!==",
        TokenKind::NotEqual,
        "mismatched input '!==' expecting '!='",
        "use `!=` for inequality",
    ),
    ("&&", TokenKind::And, "token recognition error at: '&&'", "use `and`"),
    ("||", TokenKind::Or, "mismatched input '||' expecting 'or'", "use `or`"),
    ("<>", TokenKind::NotEqual, "mismatched input '<>' expecting '!='", "use `!=` for inequality"),
    (
        "=~",
        TokenKind::Colon,
        "token recognition error at: '=~'",
        "use `:` to compare without regard to case, or `regex` for a regular expression",
    ),
];

/// Blanks and marks that no reader can see, other than the four that EQL takes.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{a0}' | '\u{ad}' | '\u{1680}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}'
        | '\u{205f}'..='\u{206f}' | '\u{3000}' | '\u{feff}')
}

/// The bytes to the next `/*` or `*/`.
fn memchr_comment(bytes: &[u8]) -> Option<usize> {
    bytes.windows(2).position(|pair| matches!(pair, b"/*" | b"*/"))
}

/// The bytes of a quoted text whose opening quote stands at `before`, both quotes included; `None` if it does
/// not end on its line.
fn quoted_length(rest: &str, before: usize, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (index, byte) in rest.bytes().enumerate().skip(before + 1) {
        match byte {
            b'\r' | b'\n' => return None,
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            _ if char::from(byte) == quote => return Some(index + 1),
            _ => {}
        }
    }
    None
}

/// Resolves the escapes of a text; those that mean nothing are given to `bad` with their place, and left out.
fn unescape(written: &str, bad: &mut dyn FnMut(std::ops::Range<usize>)) -> String {
    let mut text = String::with_capacity(written.len());
    let mut at = 0;
    while let Some(plain) = written[at..].find('\\') {
        text.push_str(&written[at..at + plain]);
        at += plain;
        let (character, length) = escape(&written[at..]);
        match character {
            Some(character) => text.push(character),
            None => bad(at..at + length),
        }
        at += length;
    }
    text.push_str(&written[at..]);
    text
}

/// The character of the escape at the front, if it means one, and the bytes that it takes.
fn escape(rest: &str) -> (Option<char>, usize) {
    let Some(letter) = rest[1..].chars().next() else {
        return (None, 1);
    };
    let character = match letter {
        'b' => '\u{8}',
        't' => '\t',
        'n' => '\n',
        'f' => '\u{c}',
        'r' => '\r',
        '"' | '\'' | '\\' => letter,
        'u' => return unicode_escape(rest),
        _ => return (None, 1 + letter.len_utf8()),
    };
    (Some(character), 2)
}

/// `\u{H..H}`, 2 to 8 digits.
fn unicode_escape(rest: &str) -> (Option<char>, usize) {
    let Some(digits) = rest[2..].strip_prefix('{') else {
        return (None, 2);
    };
    let count = digits.bytes().take_while(u8::is_ascii_hexdigit).count();
    if !digits[count..].starts_with('}') {
        return (None, 3 + count);
    }
    let code = (2..=8).contains(&count).then(|| u32::from_str_radix(&digits[..count], 16).ok());
    (code.flatten().and_then(char::from_u32), 3 + count + 1)
}

fn bad_escape_diagnostic(text: &str, span: Span) -> Diagnostic {
    let escape = excerpt(text, span);
    let help = if escape.starts_with("\\u") {
        "a character by its number is `\\u{H}` with 2 to 8 hexadecimal digits, at most 10FFFF, and no \
         surrogate (D800 to DFFF)"
    } else {
        r#"a backslash is written `\\`, or the text stands between `"""`, where it means itself"#
    };
    let message = format!("token recognition error at: '{escape}'");
    Diagnostic::error(codes::ESCAPE, span, message).help(help)
}
