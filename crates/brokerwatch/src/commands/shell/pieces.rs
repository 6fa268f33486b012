//! The pieces of a query as far as an editor has to know them: where texts and comments end, and what stands between.
//!
//! The parser's own lexer is asked for one token at a time, by a parser that knows which command it reads; half a query
//! has no parser. So pieces are coarser than tokens, and a text that is no query at all has pieces too.

use std::ops::Range;

/// What a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or a keyword, with its dots.
    Word,
    /// A name in backticks.
    Quoted,
    Text,
    Number,
    Comment,
    /// An operator, a bracket or another sign.
    Sign,
}

/// A piece of a text; blanks belong to none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
    /// Whether it ends where the text does for want of its closing quote or sign.
    pub(super) is_open: bool,
}

/// Signs of two characters.
const PAIRS: &[&str] = &["==", "!=", "<=", ">=", "=~", "::"];

/// Cuts a text into its pieces.
pub(super) fn cut(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (kind, length, is_open) = piece(&text[at..], first);
        pieces.push(Piece { kind, range: at..at + length, is_open });
        at += length;
    }
    pieces
}

/// The piece in front of a text: what it is, how long, and whether it is open.
fn piece(rest: &str, first: char) -> (Kind, usize, bool) {
    if rest.starts_with("//") {
        return (Kind::Comment, rest.find('\n').unwrap_or(rest.len()), false);
    }
    if let Some(inside) = rest.strip_prefix("/*") {
        return closed(Kind::Comment, rest, inside.find("*/").map(|at| at + 4));
    }
    if let Some(inside) = rest.strip_prefix("\"\"\"") {
        return closed(Kind::Text, rest, inside.find("\"\"\"").map(|at| at + 6));
    }
    match first {
        '"' => closed(Kind::Text, rest, unescaped(rest)),
        '`' => closed(Kind::Quoted, rest, rest[1..].find('`').map(|at| at + 2)),
        '0'..='9' => (Kind::Number, run(rest, |c| c.is_ascii_alphanumeric() || c == '.'), false),
        c if is_name(c) => (Kind::Word, run(rest, |c| is_name(c) || c == '.'), false),
        _ if PAIRS.iter().any(|pair| rest.starts_with(pair)) => (Kind::Sign, 2, false),
        _ => (Kind::Sign, first.len_utf8(), false),
    }
}

/// A piece that ends at `end`, or is open.
fn closed(kind: Kind, rest: &str, end: Option<usize>) -> (Kind, usize, bool) {
    (kind, end.unwrap_or(rest.len()), end.is_none())
}

/// Where a text in quotes ends.
fn unescaped(rest: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

fn run(rest: &str, is_in: impl Fn(char) -> bool) -> usize {
    rest.find(|c| !is_in(c)).unwrap_or(rest.len())
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '@')
}

/// Whether a query goes on in the next line: something is open in it, or it ends with a pipe.
pub(super) fn goes_on(text: &str) -> bool {
    let pieces = cut(text);
    if pieces.last().is_some_and(|last| last.is_open) {
        return true;
    }
    let mut depth = 0_i64;
    for piece in pieces.iter().filter(|piece| piece.kind == Kind::Sign) {
        match &text[piece.range.clone()] {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
    }
    let last = pieces.iter().rev().find(|piece| piece.kind != Kind::Comment);
    0 < depth || last.is_some_and(|last| &text[last.range.clone()] == "|")
}

/// Whether what was typed is to run: it does not go on, or `;` or an empty line ends it.
pub(super) fn is_done(text: &str) -> bool {
    let ends_empty = text.rsplit_once('\n').is_some_and(|(_, last)| last.trim().is_empty());
    let ends_said = cut(text).last().is_some_and(|last| &text[last.range.clone()] == ";");
    ends_empty || ends_said || text.starts_with('.') || !goes_on(text)
}

/// The queries and commands of a text: a query ends with `;`, a command of the shell with its line. The `;` behind a
/// `SET` belongs to the query that follows.
pub(super) fn statements(text: &str) -> Vec<&str> {
    let mut statements = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let end = if rest.starts_with('.') {
            rest.find('\n').unwrap_or(rest.len())
        } else {
            query_end(rest)
        };
        let (statement, behind) = rest.split_at(end);
        let statement = statement.trim_end().trim_end_matches(';').trim_end();
        if cut(statement).iter().any(|piece| piece.kind != Kind::Comment) {
            statements.push(statement);
        }
        rest = behind.trim_start_matches(';').trim_start();
    }
    statements
}

/// Where the query in front of a text ends.
fn query_end(text: &str) -> usize {
    let pieces = cut(text);
    let mut is_setting = None;
    for piece in pieces.iter().filter(|piece| piece.kind != Kind::Comment) {
        let word = &text[piece.range.clone()];
        let setting = *is_setting.get_or_insert_with(|| word.eq_ignore_ascii_case("set"));
        match (word, setting) {
            (";", true) => is_setting = None,
            (";", false) => return piece.range.start,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_end_where_texts_and_comments_do() {
        let text = r#"FROM a | WHERE x.y == "q\"|" // | ;
            AND `b ;` >= 1.5 /* ( */ : """ " """ "#;
        let cut: Vec<&str> = cut(text).into_iter().map(|piece| &text[piece.range]).collect();
        assert_eq!(
            cut,
            [
                "FROM",
                "a",
                "|",
                "WHERE",
                "x.y",
                "==",
                r#""q\"|""#,
                "// | ;",
                "AND",
                "`b ;`",
                ">=",
                "1.5",
                "/* ( */",
                ":",
                r#"""" " """"#
            ]
        );
    }

    #[test]
    fn a_query_goes_on_while_something_is_open() {
        for (text, on) in [
            ("FROM a", false),
            ("FROM a |", true),
            ("FROM a | // why", true),
            ("FROM a // |", false),
            ("FROM a | WHERE (b == 1", true),
            ("sequence [any where true", true),
            ("ROW a = \"x", true),
            ("ROW a = \"\"\"x\"", true),
            ("ROW a = 1 /* b", true),
            ("ROW a = \"(\"", false),
            ("ROW a = \")\" | WHERE (", true),
            ("", false),
        ] {
            assert_eq!(goes_on(text), on, "{text}");
        }
    }

    #[test]
    fn a_sign_or_an_empty_line_ends_what_goes_on() {
        assert!(!is_done("FROM a |"));
        for done in ["FROM a |\n", "FROM a | ;", ".help (", "ROW a = (\n  "] {
            assert!(is_done(done), "{done}");
        }
        assert!(!is_done("ROW a = \"x;"));
    }

    #[test]
    fn queries_end_with_a_semicolon() {
        let text = "ROW a = \";\";; // none\n ; SET x = 1; FROM b\n| LIMIT 1;\n.tables\n.format csv\nany where true";
        assert_eq!(
            statements(text),
            [
                "ROW a = \";\"",
                "SET x = 1; FROM b\n| LIMIT 1",
                ".tables",
                ".format csv",
                "any where true"
            ]
        );
        assert_eq!(statements(" ; /* ; */ ;"), Vec::<&str>::new());
    }
}
