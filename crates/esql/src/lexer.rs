//! Cuts the text of a query into tokens.
//!
//! What a piece of text is depends on the command that it stands in: `logs-*` is one name behind `FROM` and a subtraction
//! in a condition. So the parser asks for one token at a time, and says in which [`Mode`]. A token is a kind and a place;
//! its text stays in the query and is decoded when the parser takes it. Text that no token can be made of becomes the
//! token that was most likely meant, with the [`Problem`] beside it, which the parser reports when it takes the token.

use brokerwatch_expr::{Diagnostic, Span};

use crate::ast::{Parameter, ParameterKey};
use crate::codes;
use brokerwatch_expr::report::excerpt;

/// A piece of the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: TokenKind,
    /// Where it stands.
    pub(crate) span: Span,
    /// What is wrong with it.
    pub(crate) problem: Option<Problem>,
}

/// What names are in the place where a token is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Names of columns and functions, among operators and keywords.
    Expression,
    /// Names of indices and policies, which end at a blank, and no keywords.
    Source,
    /// Names of columns with wildcards, and no keywords.
    Pattern,
}

/// The kinds of token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Identifier,
    QuotedIdentifier,
    /// The name of an index; only in [`Mode::Source`].
    Source,
    /// A name with or without wildcards; only in [`Mode::Pattern`].
    Pattern,
    Integer,
    Decimal,
    Text(TextForm),
    /// `?`, `?name`, `?1`
    Parameter,
    /// `??`, `??name`, `??1`
    NameParameter,
    And,
    Asc,
    By,
    Desc,
    False,
    First,
    In,
    Is,
    Last,
    Like,
    Not,
    Null,
    Nulls,
    On,
    Or,
    Rlike,
    True,
    Where,
    With,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Assign,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    Dot,
    Comma,
    Colon,
    /// `::`
    Cast,
    Semicolon,
    Open,
    Close,
    OpenBracket,
    CloseBracket,
    OpenBrace,
    CloseBrace,
    Bar,
    /// Something that has a problem and no substitute.
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
    /// In a form that has a problem.
    Refused,
    /// Without an end; reaches to the end of the line.
    Unclosed,
}

/// What is wrong with a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    /// A text that does not end on its line.
    UnclosedText,
    /// The same where only a backslash before the last quote keeps it from ending.
    EscapedEnd,
    /// The same between three quotes.
    UnclosedRaw,
    /// A name that does not end.
    UnclosedName,
    /// A comment that does not end.
    UnclosedComment,
    /// Two backticks with nothing between them.
    EmptyName,
    /// The first backslash in a text that begins no escape.
    Escape(Span),
    /// `'text'`
    SingleQuotes,
    /// Quotes of a word processor.
    SmartQuotes,
    /// Letters outside `a-z`.
    ForeignLetters,
    /// A blank or mark that no reader can see.
    Invisible,
    /// `#`, which begins a comment in other languages.
    Hash,
    /// `_` or `@` alone.
    LoneMark,
    /// Any other character.
    Character,
    /// An operator of another language, by its place in [`FOREIGN`].
    Foreign(usize),
}

/// What begins and ends a text without escapes.
const RAW_QUOTES: &str = r#"""""#;

/// The keywords of expressions, in capitals as they are written.
pub(crate) static KEYWORDS: &[(&str, TokenKind)] = &[
    ("AND", TokenKind::And),
    ("ASC", TokenKind::Asc),
    ("BY", TokenKind::By),
    ("DESC", TokenKind::Desc),
    ("FALSE", TokenKind::False),
    ("FIRST", TokenKind::First),
    ("IN", TokenKind::In),
    ("IS", TokenKind::Is),
    ("LAST", TokenKind::Last),
    ("LIKE", TokenKind::Like),
    ("NOT", TokenKind::Not),
    ("NULL", TokenKind::Null),
    ("NULLS", TokenKind::Nulls),
    ("ON", TokenKind::On),
    ("OR", TokenKind::Or),
    ("RLIKE", TokenKind::Rlike),
    ("TRUE", TokenKind::True),
    ("WHERE", TokenKind::Where),
    ("WITH", TokenKind::With),
];

/// The keyword that a word is, in any case.
pub(crate) fn keyword(word: &str) -> Option<TokenKind> {
    KEYWORDS.iter().find(|(keyword, _)| keyword.eq_ignore_ascii_case(word)).map(|(_, kind)| *kind)
}

/// Whether a word can stand in an expression as a name without backticks.
pub(crate) fn is_plain_name(word: &str) -> bool {
    word_length(word.as_bytes()) == Some(word.len()) && keyword(word).is_none()
}

/// Whether a part of a pattern can stand without backticks; `*` is a wildcard in it.
pub(crate) fn is_plain_pattern(part: &str) -> bool {
    let mut bytes = part.bytes();
    let begins = match bytes.next() {
        Some(b'_' | b'@') => 1 < part.len(),
        Some(byte) => byte.is_ascii_alphabetic() || byte == b'*',
        None => false,
    };
    begins && bytes.all(|byte| continues_name(byte) || byte == b'*')
}

/// Whether the name of a source is written without quotes. Some that would read so are not, because a reader, or the
/// parser behind `IN (FROM`, could take them for an operator or a keyword.
pub(crate) fn is_plain_source(name: &str) -> bool {
    let is_plain = |byte: u8| {
        byte.is_ascii_graphic() && !matches!(byte, b'/' | b';' | b'\'' | b'`') && !ends_source(byte)
    };
    let says_something = name == "*" || name.bytes().any(|byte| byte.is_ascii_alphanumeric());
    says_something && name.bytes().all(is_plain) && keyword(name).is_none()
}

/// The bytes of the name at the front: a letter, then letters, digits and `_`; or `_` or `@` and at least one of these.
fn word_length(bytes: &[u8]) -> Option<usize> {
    let first = bytes.first()?;
    let length = 1 + bytes[1..].iter().take_while(|byte| continues_name(**byte)).count();
    let is_mark = matches!(first, b'_' | b'@');
    (first.is_ascii_alphabetic() || is_mark && 1 < length).then_some(length)
}

fn continues_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The bytes that the name of a source cannot hold; `/` is looked at by itself.
fn ends_source(byte: u8) -> bool {
    matches!(
        byte,
        b':' | b'"' | b'=' | b'|' | b',' | b'[' | b']' | b'(' | b')' | b' ' | b'\t' | b'\r' | b'\n'
    )
}

/// The text that a text token stands for; empty for one that has a problem.
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

/// The parameter that a token stands for. A position too large for any list of parameters is the largest.
pub(crate) fn decode_parameter(written: &str) -> Parameter {
    let name = written.trim_start_matches('?');
    let key = if name.is_empty() {
        ParameterKey::Next
    } else if name.bytes().all(|byte| byte.is_ascii_digit()) {
        ParameterKey::Position(name.parse().unwrap_or(u32::MAX))
    } else {
        ParameterKey::Named(name.to_owned())
    };
    Parameter { is_name: written.starts_with("??"), key }
}

/// Reads tokens from any place of a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lexer<'t> {
    text: &'t str,
}

impl<'t> Lexer<'t> {
    pub(crate) fn new(text: &'t str) -> Lexer<'t> {
        Lexer { text }
    }

    /// The place behind the blanks and comments at `at`; what is wrong with them is given to `found`.
    pub(crate) fn pass_blanks(self, mut at: usize, found: &mut dyn FnMut(Problem, Span)) -> usize {
        loop {
            let rest = self.rest(at);
            at += match rest.as_bytes() {
                [b' ' | b'\t' | b'\r' | b'\n', ..] => 1,
                [b'/', b'/', ..] => line_length(rest),
                [b'/', b'*', ..] => comment_length(rest).unwrap_or_else(|| {
                    found(Problem::UnclosedComment, Span::new(at..at + 2));
                    rest.len()
                }),
                [0x80..=0xff, ..] if rest.starts_with(is_invisible) => {
                    let length = length_while(rest, is_invisible);
                    found(Problem::Invisible, Span::new(at..at + length));
                    length
                }
                _ => return at,
            };
        }
    }

    /// The token at `start`, where no blank stands.
    pub(crate) fn token(self, start: usize, mode: Mode) -> Token {
        let found = match self.rest(start).as_bytes() {
            [] => Found::right(TokenKind::End, 0),
            [b'"', ..] => self.text_token(start),
            _ => match mode {
                Mode::Expression => self.expression_token(start),
                Mode::Source => self.source_token(start),
                Mode::Pattern => self.pattern_token(start),
            },
        };
        let span = Span::new(start..start + found.length);
        Token { kind: found.kind, span, problem: found.problem }
    }

    fn rest(self, at: usize) -> &'t str {
        &self.text[at..]
    }

    fn expression_token(self, start: usize) -> Found {
        let rest = self.rest(start);
        match rest.as_bytes() {
            [b'`', ..] => quoted_name(rest),
            [b'\'', ..] => single_quotes(rest),
            [b'?', ..] => parameter(rest),
            [b'0'..=b'9', ..] | [b'.', b'0'..=b'9', ..] => number(rest),
            bytes => match word_length(bytes) {
                Some(length) => {
                    let kind = keyword(&rest[..length]).unwrap_or(TokenKind::Identifier);
                    Found::right(kind, length)
                }
                None => sign(rest),
            },
        }
    }

    fn source_token(self, start: usize) -> Found {
        let rest = self.rest(start);
        match source_length(rest) {
            0 => sign(rest),
            length => Found::right(TokenKind::Source, length),
        }
    }

    fn pattern_token(self, start: usize) -> Found {
        let rest = self.rest(start);
        let first = rest.as_bytes().first().copied().unwrap_or_default();
        match first {
            b'?' => parameter(rest),
            b'0'..=b'9' => number(rest),
            b'\'' => single_quotes(rest),
            b'`' | b'*' | b'_' | b'@' => pattern(rest),
            _ if first.is_ascii_alphabetic() => pattern(rest),
            _ => sign(rest),
        }
    }

    fn text_token(self, start: usize) -> Found {
        let rest = self.rest(start);
        if rest.starts_with(RAW_QUOTES) {
            return raw_text(rest);
        }
        let Some(length) = quoted_length(rest, '"') else {
            let line = &rest[..line_length(rest)];
            let problem =
                if line.contains("\\\"") { Problem::EscapedEnd } else { Problem::UnclosedText };
            return Found::wrong(TokenKind::Text(TextForm::Unclosed), line.len(), problem);
        };
        let mut bad = None;
        unescape(&rest[1..length - 1], &mut |escape| {
            bad.get_or_insert(escape);
        });
        let problem = bad.map(|escape| {
            Problem::Escape(Span::new(start + 1 + escape.start..start + 1 + escape.end))
        });
        Found { kind: TokenKind::Text(TextForm::Escaped), length, problem }
    }
}

/// A token without its place.
struct Found {
    kind: TokenKind,
    length: usize,
    problem: Option<Problem>,
}

impl Found {
    fn right(kind: TokenKind, length: usize) -> Found {
        Found { kind, length, problem: None }
    }

    fn wrong(kind: TokenKind, length: usize, problem: Problem) -> Found {
        Found { kind, length, problem: Some(problem) }
    }
}

fn raw_text(rest: &str) -> Found {
    let content = &rest[3..];
    let line = &content[..line_length(content)];
    let Some(length) = line.find(RAW_QUOTES) else {
        let kind = TokenKind::Text(TextForm::Unclosed);
        return Found::wrong(kind, 3 + line.len(), Problem::UnclosedRaw);
    };
    let after = &line.as_bytes()[length + 3..];
    let more = after.iter().take(2).take_while(|&&byte| byte == b'"').count();
    Found::right(TokenKind::Text(TextForm::Raw), 3 + length + 3 + more)
}

fn quoted_name(rest: &str) -> Found {
    let kind = TokenKind::QuotedIdentifier;
    match backtick_length(rest) {
        None => Found::wrong(kind, line_length(rest), Problem::UnclosedName),
        Some(2) => Found::wrong(kind, 2, Problem::EmptyName),
        Some(length) => Found::right(kind, length),
    }
}

/// The bytes of a name in backticks at the front, both included.
pub(crate) fn backtick_length(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let mut length = 1;
    loop {
        match (bytes.get(length)?, bytes.get(length + 1)) {
            // Two at once are one in the name.
            (b'`', Some(b'`')) => length += 2,
            (b'`', _) => return Some(length + 1),
            _ => length += 1,
        }
    }
}

/// A name with wildcards: plain pieces and pieces in backticks, glued together.
fn pattern(rest: &str) -> Found {
    let bytes = rest.as_bytes();
    let mut length = 0;
    while let Some(&byte) = bytes.get(length) {
        match byte {
            b'`' => {
                let piece = quoted_name(&rest[length..]);
                length += piece.length;
                if piece.problem.is_some() {
                    return Found { kind: TokenKind::Pattern, length, problem: piece.problem };
                }
            }
            b'*' | b'@' => length += 1,
            _ if continues_name(byte) => length += 1,
            _ => break,
        }
    }
    let is_mark = matches!(&rest[..length], "_" | "@");
    let problem = is_mark.then_some(Problem::LoneMark);
    Found { kind: TokenKind::Pattern, length, problem }
}

fn parameter(rest: &str) -> Found {
    let bytes = rest.as_bytes();
    let marks = if bytes.get(1) == Some(&b'?') { 2 } else { 1 };
    let kind = if marks == 2 { TokenKind::NameParameter } else { TokenKind::Parameter };
    let name = &bytes[marks..];
    let length = match name.first() {
        Some(b'0'..=b'9') => name.iter().take_while(|byte| byte.is_ascii_digit()).count(),
        Some(b'_' | b'a'..=b'z' | b'A'..=b'Z') => {
            name.iter().take_while(|byte| continues_name(**byte)).count()
        }
        _ => 0,
    };
    Found::right(kind, marks + length)
}

fn number(rest: &str) -> Found {
    let bytes = rest.as_bytes();
    let digits = |at: usize| bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut kind = TokenKind::Integer;
    let mut length = digits(0);
    if bytes.get(length) == Some(&b'.') {
        kind = TokenKind::Decimal;
        length += 1;
        length += digits(length);
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let signed = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        if bytes.get(length + 1 + signed).is_some_and(u8::is_ascii_digit) {
            kind = TokenKind::Decimal;
            length += 1 + signed;
            length += digits(length);
        }
    }
    Found::right(kind, length)
}

/// The bytes of the name of a source at the front.
fn source_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut length = 0;
    while let Some(&byte) = bytes.get(length) {
        let next = bytes.get(length + 1).copied();
        let ends = match byte {
            // A slash is part of a name, unless a comment begins with it or the name ends with it.
            b'/' => next.is_none_or(|next| matches!(next, b'/' | b'*' | b';') || ends_source(next)),
            // Written behind a name, it is meant to end the query.
            b';' => true,
            0x80.. => rest.get(length..).is_some_and(|rest| rest.starts_with(is_invisible)),
            _ => ends_source(byte),
        };
        if ends {
            break;
        }
        length += 1;
    }
    length
}

fn sign(rest: &str) -> Found {
    let is_not_equal = rest.starts_with("!=");
    let begins = |foreign: &Foreign| {
        rest.starts_with(foreign.sign) && !(is_not_equal && foreign.sign == "!")
    };
    if let Some(index) = FOREIGN.iter().position(begins) {
        let foreign = &FOREIGN[index];
        return Found::wrong(foreign.meant, foreign.sign.len(), Problem::Foreign(index));
    }
    let (length, kind) = match rest.as_bytes() {
        [b'=', b'=', ..] => (2, TokenKind::Equal),
        [b'!', b'=', ..] => (2, TokenKind::NotEqual),
        [b'<', b'=', ..] => (2, TokenKind::LessOrEqual),
        [b'>', b'=', ..] => (2, TokenKind::GreaterOrEqual),
        [b':', b':', ..] => (2, TokenKind::Cast),
        [b'<', ..] => (1, TokenKind::Less),
        [b'>', ..] => (1, TokenKind::Greater),
        [b'=', ..] => (1, TokenKind::Assign),
        [b':', ..] => (1, TokenKind::Colon),
        [b'+', ..] => (1, TokenKind::Plus),
        [b'-', ..] => (1, TokenKind::Minus),
        [b'*', ..] => (1, TokenKind::Star),
        [b'/', ..] => (1, TokenKind::Slash),
        [b'%', ..] => (1, TokenKind::Percent),
        [b'.', ..] => (1, TokenKind::Dot),
        [b',', ..] => (1, TokenKind::Comma),
        [b';', ..] => (1, TokenKind::Semicolon),
        [b'(', ..] => (1, TokenKind::Open),
        [b')', ..] => (1, TokenKind::Close),
        [b'[', ..] => (1, TokenKind::OpenBracket),
        [b']', ..] => (1, TokenKind::CloseBracket),
        [b'{', ..] => (1, TokenKind::OpenBrace),
        [b'}', ..] => (1, TokenKind::CloseBrace),
        [b'|', ..] => (1, TokenKind::Bar),
        _ => return unknown(rest),
    };
    Found::right(kind, length)
}

fn unknown(rest: &str) -> Found {
    let Some(first) = rest.chars().next() else { return Found::right(TokenKind::End, 0) };
    let (length, problem) = match first {
        '“' | '”' | '„' | '‘' | '’' => return smart_quotes(rest),
        '_' | '@' => (1, Problem::LoneMark),
        '#' => (1, Problem::Hash),
        _ if first.is_alphanumeric() => {
            (length_while(rest, char::is_alphanumeric), Problem::ForeignLetters)
        }
        _ => (first.len_utf8(), Problem::Character),
    };
    Found::wrong(TokenKind::Unknown, length, problem)
}

/// `'text'`, which is known only to be refused.
fn single_quotes(rest: &str) -> Found {
    match quoted_length(rest, '\'') {
        Some(length) => {
            Found::wrong(TokenKind::Text(TextForm::Refused), length, Problem::SingleQuotes)
        }
        None => {
            let kind = TokenKind::Text(TextForm::Unclosed);
            Found::wrong(kind, line_length(rest), Problem::UnclosedText)
        }
    }
}

/// A text in the quotes that word processors put in.
fn smart_quotes(rest: &str) -> Found {
    let line = &rest[..line_length(rest)];
    let ends = ['“', '”', '‘', '’', '"', '\''];
    let close = line.char_indices().skip(1).find(|(_, c)| ends.contains(c));
    let length = close.map_or(line.len(), |(index, c)| index + c.len_utf8());
    let form = if close.is_some() { TextForm::Refused } else { TextForm::Unclosed };
    Found::wrong(TokenKind::Text(form), length, Problem::SmartQuotes)
}

/// An operator of another language.
struct Foreign {
    sign: &'static str,
    meant: TokenKind,
    help: &'static str,
}

/// Operators of other languages; the longer ones come first. None is a token of ES|QL, but `!` begins one.
///
/// `=~` is read by Elasticsearch's lexer too, but no rule of its grammar takes it.
static FOREIGN: &[Foreign] = &[
    Foreign { sign: "===", meant: TokenKind::Equal, help: "use `==` for equality" },
    Foreign { sign: "!==", meant: TokenKind::NotEqual, help: "use `!=` for inequality" },
    Foreign { sign: "&&", meant: TokenKind::And, help: "use `AND`" },
    Foreign { sign: "||", meant: TokenKind::Or, help: "use `OR`; a command follows a single `|`" },
    Foreign { sign: "<>", meant: TokenKind::NotEqual, help: "use `!=` for inequality" },
    Foreign {
        sign: "=~",
        meant: TokenKind::Equal,
        help: "compare without regard to case as in `TO_LOWER(name) == \"text\"`",
    },
    Foreign { sign: "!", meant: TokenKind::Not, help: "use `NOT` for negation" },
];

/// The finding on a problem at a place.
pub(crate) fn explain(problem: Problem, text: &str, span: Span) -> Diagnostic {
    let written = excerpt(text, span);
    let refused = |code, what: &str, help: &str| {
        Diagnostic::error(code, span, format!("{what} `{written}`")).help(help)
    };
    match problem {
        Problem::UnclosedText => {
            let help = "close the text with `\"` on the same line";
            refused(codes::UNCLOSED, "the text has no end:", help)
        }
        Problem::EscapedEnd => {
            let help = r#"`\"` is a quote inside the text; a backslash at its end is written `\\`"#;
            refused(codes::UNCLOSED, "the text has no end:", help)
        }
        Problem::UnclosedRaw => {
            let help = r#"close the text with `"""` on the same line"#;
            refused(codes::UNCLOSED, "the text has no end:", help)
        }
        Problem::UnclosedName => {
            refused(codes::UNCLOSED, "the name has no end:", "close the name with a backtick")
        }
        Problem::UnclosedComment => {
            let help = "close the comment with `*/`; a comment inside it needs its own `*/`";
            Diagnostic::error(codes::UNCLOSED, span, "the comment has no end").help(help)
        }
        Problem::EmptyName => {
            let help = "a name has at least one character between its backticks";
            Diagnostic::error(codes::CHARACTER, span, "the name is empty").help(help)
        }
        Problem::Escape(escape) => {
            let message = format!("unknown escape `{}`", excerpt(text, escape));
            let help = r#"the escapes are `\t`, `\n`, `\r`, `\"` and `\\`; between `"""` a backslash means itself"#;
            Diagnostic::error(codes::ESCAPE, escape, message).help(help)
        }
        Problem::SingleQuotes => explain_single_quotes(text, span),
        Problem::SmartQuotes => {
            let help = "use straight double quotes, as in `\"text\"`";
            refused(codes::QUOTES, "the text stands in typographic quotes:", help)
        }
        Problem::ForeignLetters => {
            let help = "a name with letters outside a-z stands between backticks, and a text between double quotes";
            refused(codes::CHARACTER, "letters that no name has without backticks:", help)
        }
        Problem::Invisible => {
            let help = "an invisible character stands here; replace it with a plain blank";
            Diagnostic::error(codes::CHARACTER, span, "a blank that is none").help(help)
        }
        Problem::Hash => {
            refused(codes::CHARACTER, "unknown character", "a comment begins with `//`")
        }
        Problem::LoneMark => {
            let help = "a name that is only this mark stands between backticks";
            refused(codes::CHARACTER, "a name needs more than", help)
        }
        Problem::Character => {
            let help = "remove it; a text stands between double quotes, and a name with such a character between backticks";
            refused(codes::CHARACTER, "unknown character", help)
        }
        Problem::Foreign(index) => {
            let help = FOREIGN.get(index).map_or("", |foreign| foreign.help);
            refused(codes::FOREIGN_OPERATOR, "unknown operator", help)
        }
    }
}

fn explain_single_quotes(text: &str, span: Span) -> Diagnostic {
    let written = text.get(span.range()).unwrap_or_default();
    let content = written.trim_start_matches('\'').trim_end_matches('\'');
    let message = format!("the text stands in single quotes: `{}`", excerpt(text, span));
    let help = if 40 < content.len() || content.contains(RAW_QUOTES) {
        "use double quotes".to_owned()
    } else if content.contains(['\\', '"']) {
        format!(r#"write `"""{content}"""`"#)
    } else {
        format!("write `\"{content}\"`")
    };
    Diagnostic::error(codes::QUOTES, span, message).help(help)
}

/// Blanks and marks that no reader can see, other than the four that ES|QL takes.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{a0}' | '\u{ad}' | '\u{1680}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}'
        | '\u{205f}'..='\u{206f}' | '\u{3000}' | '\u{feff}')
}

/// The bytes of `/* ... */` at the front, which may hold others; `None` if it does not end.
fn comment_length(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let (mut at, mut open) = (0, 0_usize);
    loop {
        at += bytes[at..].windows(2).position(|pair| matches!(pair, b"/*" | b"*/"))?;
        open = if bytes[at] == b'/' { open + 1 } else { open - 1 };
        at += 2;
        if open == 0 {
            return Some(at);
        }
    }
}

/// The bytes up to the end of the line.
fn line_length(rest: &str) -> usize {
    rest.bytes().position(|b| matches!(b, b'\r' | b'\n')).unwrap_or(rest.len())
}

fn length_while(rest: &str, holds: impl Fn(char) -> bool) -> usize {
    rest.find(|c| !holds(c)).unwrap_or(rest.len())
}

/// The bytes of a quoted text at the front, both quotes included; `None` if it does not end on its line.
fn quoted_length(rest: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (index, byte) in rest.bytes().enumerate().skip(1) {
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
        let letter = written[at + 1..].chars().next();
        let length = 1 + letter.map_or(0, char::len_utf8);
        match letter {
            Some('t') => text.push('\t'),
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some(c @ ('"' | '\\')) => text.push(c),
            _ => bad(at..at + length),
        }
        at += length;
    }
    text.push_str(&written[at..]);
    text
}
