//! Markdown for people: what pages are written with, and how a page looks on a terminal.
//!
//! Only what pages of this program and guides of rules use is laid out: headings, paragraphs, lists, tables, code, bold and
//! links. All else is shown as it stands.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use comfy_table::{ContentArrangement, LineStyle, Table, presets};

/// The width of text where the terminal does not say one, and the most that is comfortable to read.
const COLUMNS_MAX: usize = 100;

/// By how much code is indented.
const CODE_INDENT: usize = 4;

const HEADING: Style = AnsiColor::Cyan.on_default().bold();
const CODE: Style = AnsiColor::Green.on_default();
const BOLD: Style = Style::new().bold();

/// A block of code. The fence is longer than any in the code, which so cannot end it.
pub(crate) fn fenced(language: &str, code: &str) -> String {
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{code}\n{fence}")
}

/// A row of a table.
pub(crate) fn row(cells: &[String]) -> String {
    let cells: Vec<String> =
        cells.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
    format!("| {} |", cells.join(" | "))
}

/// Text without what steers a terminal or turns the direction of writing; lines stay.
pub(crate) fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => safe.push_str("    "),
            '\n' => safe.push('\n'),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => safe.push('\u{fffd}'),
            c if c.is_control() => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

/// A page as text with styles.
pub(crate) fn text(page: &str) -> String {
    let mut out = String::new();
    let lines: Vec<&str> = page.lines().collect();
    let mut at = 0;
    while at < lines.len() {
        at += block(&lines[at..], &mut out);
    }
    out
}

/// Lays out what begins with the first line; gives how many lines it took.
fn block(lines: &[&str], out: &mut String) -> usize {
    let line = lines[0];
    let inner = line.trim_start();
    let indent = line.len() - inner.len();
    if let Some(fence) = fence(inner) {
        return code(lines, fence, indent, out);
    }
    if inner.starts_with('|') {
        return table(lines, indent, out);
    }
    let level = inner.len() - inner.trim_start_matches('#').len();
    if 0 < level && inner[level..].starts_with(' ') {
        heading(&inner[level..], level, out);
        return 1;
    }
    if inner.is_empty() {
        // Several blank lines say no more than one.
        if !out.is_empty() && !out.ends_with("\n\n") {
            out.push('\n');
        }
        return 1;
    }
    paragraph(lines, indent, out)
}

/// The fence that a line opens.
fn fence(line: &str) -> Option<&str> {
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let run = line.len() - line.trim_start_matches(mark).len();
    (3 <= run).then(|| &line[..run])
}

fn code(lines: &[&str], fence: &str, indent: usize, out: &mut String) -> usize {
    let inside = lines[1..].iter().take_while(|line| !line.trim().starts_with(fence));
    let mut count = 0;
    for line in inside {
        count += 1;
        let blanks = line.len() - line.trim_start().len();
        let own = &line[blanks.min(indent)..];
        let _ = writeln!(out, "{}{CODE}{own}{CODE:#}", " ".repeat(indent + CODE_INDENT));
    }
    (count + 2).min(lines.len())
}

fn heading(text: &str, level: usize, out: &mut String) {
    let text = plain(text.trim());
    if !out.is_empty() && !out.ends_with("\n\n") {
        out.push('\n');
    }
    let _ = writeln!(out, "{HEADING}{text}{HEADING:#}");
    if level <= 2 {
        let line = if level == 1 { "═" } else { "─" };
        let width = text.chars().count().min(COLUMNS_MAX);
        let _ = writeln!(out, "{HEADING}{}{HEADING:#}", line.repeat(width));
    }
}

fn table(lines: &[&str], indent: usize, out: &mut String) -> usize {
    let rows: Vec<&str> =
        lines.iter().map(|line| line.trim()).take_while(|line| line.starts_with('|')).collect();
    let mut table = Table::new();
    let line = LineStyle::none().fill('─').junction('─');
    table.load_style(presets::NOTHING.header_separator(line));
    table.set_content_arrangement(ContentArrangement::Dynamic);
    let is_rule = |row: &str| row.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '));
    for (at, row) in rows.iter().enumerate() {
        let cells: Vec<String> = cells(row).iter().map(|cell| plain(cell)).collect();
        match at {
            0 => {
                table.set_header(cells);
            }
            1 if is_rule(row) => {}
            _ => {
                table.add_row(cells);
            }
        }
    }
    if let Some(width) = table.width().filter(|_| 0 < indent) {
        table.set_width(width.saturating_sub(u16::try_from(indent).unwrap_or(u16::MAX)).max(40));
    }
    for line in table.to_string().lines() {
        let _ = writeln!(out, "{}{line}", " ".repeat(indent));
    }
    rows.len()
}

/// The cells of a row; `\|` stands for a bar.
fn cells(row: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut chars = row.trim().trim_start_matches('|').chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek() == Some(&'|') => {
                chars.next();
                cells.last_mut().expect("there is a first cell").push('|');
            }
            '|' => cells.push(String::new()),
            c => cells.last_mut().expect("there is a first cell").push(c),
        }
    }
    // Behind the last bar is no cell.
    cells.pop();
    cells.iter().map(|cell| cell.trim().to_owned()).collect()
}

/// A paragraph, or an item of a list with the lines that go on with it.
fn paragraph(lines: &[&str], indent: usize, out: &mut String) -> usize {
    let first = lines[0].trim();
    let marker = marker(first);
    let goes_on = |line: &&&str| {
        let inner = line.trim();
        let is_text = !inner.is_empty() && !inner.starts_with(['|', '#']) && fence(inner).is_none();
        is_text && self::marker(inner).is_empty()
    };
    let rest: Vec<&str> = lines[1..].iter().take_while(goes_on).map(|line| line.trim()).collect();
    let text = [&[&first[marker.len()..]], rest.as_slice()].concat().join(" ");
    let shown = if marker.starts_with(['-', '*', '+']) { "• " } else { marker };
    let hang = " ".repeat(indent + shown.chars().count());
    let begin = format!("{}{shown}", " ".repeat(indent));
    wrap(&pieces(&text), &begin, &hang, out);
    1 + rest.len()
}

/// What makes a line an item of a list: `- `, or `1. `.
fn marker(line: &str) -> &str {
    if line.starts_with("- ") || line.starts_with("* ") || line.starts_with("+ ") {
        return &line[..2];
    }
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let is_numbered = (1..=3).contains(&digits) && line[digits..].starts_with(". ");
    if is_numbered { &line[..digits + 2] } else { "" }
}

/// A piece of text with one style.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Styled {
    text: String,
    style: Style,
}

/// The text of a line without its marks.
fn plain(text: &str) -> String {
    pieces(text).into_iter().map(|piece| piece.text).collect()
}

/// A text in pieces of one style.
fn pieces(text: &str) -> Vec<Styled> {
    let mut pieces: Vec<Styled> = Vec::new();
    let (mut rest, mut style) = (text, Style::new());
    let mut push = |text: &str, style: Style| match pieces.last_mut() {
        Some(last) if last.style == style => last.text.push_str(text),
        _ => pieces.push(Styled { text: text.to_owned(), style }),
    };
    while let Some(c) = rest.chars().next() {
        let taken = if c == '`' {
            let (text, taken) = span(rest);
            push(text, if text.len() < taken { CODE } else { style });
            taken
        } else if rest.starts_with("**") {
            style = if style == BOLD { Style::new() } else { BOLD };
            2
        } else if let Some((text, target, taken)) = link(rest) {
            push(text, style);
            push(&format!(" ({target})"), Style::new());
            taken
        } else if c == '\\' && rest[1..].starts_with(|c: char| c.is_ascii_punctuation()) {
            push(&rest[1..2], style);
            2
        } else {
            push(&rest[..c.len_utf8()], style);
            c.len_utf8()
        };
        rest = &rest[taken..];
    }
    pieces
}

/// A span of code at the beginning of a text: what is in it, and how many bytes it takes. Backticks that open none are
/// text.
fn span(text: &str) -> (&str, usize) {
    let run = text.len() - text.trim_start_matches('`').len();
    let mut at = run;
    while let Some(next) = text[at..].find('`') {
        let begin = at + next;
        let length = text[begin..].len() - text[begin..].trim_start_matches('`').len();
        if length == run {
            let inside = &text[run..begin];
            let is_padded = inside.starts_with(" `") || inside.ends_with("` ");
            let inside = if is_padded { inside.trim_matches(' ') } else { inside };
            return (inside, begin + length);
        }
        at = begin + length;
    }
    (&text[..run], run)
}

/// A link at the beginning of a text: its text, its address, and how many bytes it takes.
fn link(text: &str) -> Option<(&str, &str, usize)> {
    let (label, rest) = text.strip_prefix('[')?.split_once("](")?;
    let (target, _) = rest.split_once(')')?;
    let is_simple = !label.contains(['[', ']', '`']);
    is_simple.then(|| (label, target, label.len() + target.len() + 4))
}

/// Writes words in lines of a readable width. A word that is longer stands alone and is not cut, so that it can be copied.
fn wrap(pieces: &[Styled], begin: &str, hang: &str, out: &mut String) {
    out.push_str(begin);
    let mut column = begin.chars().count();
    let mut is_first = true;
    for (word, glued) in words(pieces) {
        let width = word.iter().map(|piece| piece.text.chars().count()).sum::<usize>();
        if !is_first && !glued {
            if COLUMNS_MAX < column + 1 + width {
                out.push('\n');
                out.push_str(hang);
                column = hang.chars().count();
            } else {
                out.push(' ');
                column += 1;
            }
        }
        for piece in &word {
            let style = piece.style;
            let _ = write!(out, "{style}{}{style:#}", piece.text);
        }
        column += width;
        is_first = false;
    }
    out.push('\n');
}

/// The words of styled text, each with whether it belongs to the one before.
fn words(pieces: &[Styled]) -> Vec<(Vec<Styled>, bool)> {
    let mut words: Vec<(Vec<Styled>, bool)> = Vec::new();
    let mut is_open = false;
    for piece in pieces {
        for (at, part) in piece.text.split(' ').enumerate() {
            is_open &= at == 0;
            if part.is_empty() {
                continue;
            }
            let styled = Styled { text: part.to_owned(), style: piece.style };
            match words.last_mut() {
                Some((word, _)) if is_open => word.push(styled),
                _ => words.push((vec![styled], false)),
            }
            is_open = true;
        }
        is_open &= !piece.text.ends_with(' ');
    }
    words
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(page: &str, expected: &Expect) {
        let text = anstream::adapter::strip_str(&text(page)).to_string();
        expected.assert_eq(&text);
    }

    #[test]
    fn a_page_has_headings_lists_tables_and_code() {
        let page = "# Title\n\nA line\nand **more** `co|de`.\n\n## Part\n\n- one\n  goes on\n  - [two](https://x.example/)\n\n    \
                    ```sql\n    SELECT 1\n      FROM a\n    ```\n\n| a | b |\n| --- | --- |\n| `x\\|y` | 2 |\n";
        check(
            page,
            &expect![[r"
            Title
            ═════

            A line and more co|de.

            Part
            ────

            • one goes on
              • two (https://x.example/)

                    SELECT 1
                      FROM a

             a     b 
            ─────────
             x|y   2 
        "]],
        );
    }

    #[test]
    fn long_lines_are_wrapped_at_words() {
        let page = format!("- {}\n", "word ".repeat(30));
        let text = text(&page);
        assert!(text.lines().all(|line| line.chars().count() <= COLUMNS_MAX), "{text}");
        assert_eq!(text.lines().count(), 2);
        assert!(text.lines().nth(1).is_some_and(|line| line.starts_with("  word")));
    }

    #[test]
    fn code_cannot_be_ended_from_inside() {
        assert_eq!(fenced("", "a\n```\nb"), "````\na\n```\nb\n````");
        // The line before it keeps the indent of the code in what is expected.
        let page = format!("It says\n\n{}", fenced("", "a\n```\n# b"));
        check(
            &page,
            &expect![[r"
                It says

                    a
                    ```
                    # b
            "]],
        );
    }

    #[test]
    fn what_steers_a_terminal_is_taken_out() {
        assert_eq!(safe("a\u{1b}[31m\r\nb\u{202e}c\td"), "a\u{fffd}[31m\u{fffd}\nb\u{fffd}c    d");
    }
}
