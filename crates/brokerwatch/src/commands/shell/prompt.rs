//! The prompt: a line editor that knows the language, and a history that outlives it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::env;
use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;

use anstyle::{AnsiColor, Style};
use anyhow::{Context as _, Result};
use brokerwatch_esql::commands::{COMMANDS, SOURCES};
use brokerwatch_esql::{aggregates, functions};
use rustyline::completion::Completer;
use rustyline::config::Builder;
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{ColorMode, CompletionType, Context, Editor, Helper};

use super::complete::{KEYWORDS, Known};
use super::pieces::{self, Kind, Piece};
use super::{Next, Shell};
use crate::report;

const PROMPT: &str = "brokerwatch> ";

/// Most queries that the history holds; the oldest go first.
const HISTORY_MAX: usize = 10_000;

/// Asks until the person leaves.
pub(super) fn run(shell: &mut Shell<'_>, has_history: bool) -> Result<()> {
    let mut editor = editor(&shell.known).context("the terminal")?;
    let mut history = if has_history { history_file() } else { None };
    if let Some(path) = &history {
        // That there is none yet is no error; what is broken shows when it is written.
        let _ = editor.load_history(path);
    }
    loop {
        let text = match editor.readline(PROMPT) {
            Ok(text) => text,
            // What was typed is thrown away, the shell is not.
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => return Ok(()),
            Err(error) => return Err(error).context("the terminal"),
        };
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        let kept = editor.add_history_entry(text).and_then(|_| match &history {
            Some(path) => editor.append_history(path),
            None => Ok(()),
        });
        if let Err(why) = kept {
            report::note(&format!("warning: the history is not kept: {why}"));
            history = None;
        }
        if shell.take(text)? == Next::Quit {
            return Ok(());
        }
    }
}

fn editor(known: &Rc<RefCell<Known>>) -> rustyline::Result<Editor<Assistant, DefaultHistory>> {
    let choice = anstream::AutoStream::choice(&io::stdout());
    let colours = if choice == anstream::ColorChoice::Never {
        ColorMode::Disabled
    } else {
        ColorMode::Enabled
    };
    let config = Builder::new()
        .max_history_size(HISTORY_MAX)?
        .color_mode(colours)
        .completion_type(CompletionType::List)
        .auto_add_history(false)
        .build();
    let mut editor = Editor::with_config(config)?;
    editor.set_helper(Some(Assistant { known: Rc::clone(known) }));
    Ok(editor)
}

/// The file of the history, in the folder that the system has for what programs remember. Its folder is made.
fn history_file() -> Option<PathBuf> {
    let absolute =
        |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
        .or_else(|| absolute("LOCALAPPDATA"))?;
    let folder = state.join("brokerwatch");
    if let Err(why) = std::fs::create_dir_all(&folder) {
        report::note(&format!("warning: the history is not kept: {}: {why}", folder.display()));
        return None;
    }
    Some(folder.join("history"))
}

/// What helps while a person types.
struct Assistant {
    known: Rc<RefCell<Known>>,
}

impl Helper for Assistant {}

impl Hinter for Assistant {
    type Hint = String;
}

impl Validator for Assistant {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(if pieces::is_done(context.input()) {
            ValidationResult::Valid(None)
        } else {
            ValidationResult::Incomplete
        })
    }
}

impl Completer for Assistant {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.known.borrow().complete(&line[..position]))
    }
}

impl Highlighter for Assistant {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        Cow::Owned(coloured(line))
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        kind != CmdKind::MoveCursor
    }
}

/// A query with the colours of its pieces.
fn coloured(line: &str) -> String {
    let mut out = String::with_capacity(line.len() * 2);
    let mut at = 0;
    for piece in pieces::cut(line) {
        let style = style(line, &piece);
        out.push_str(&line[at..piece.range.start]);
        let word = &line[piece.range.clone()];
        // A text takes all that is written to it.
        let _ = write!(out, "{style}{word}{style:#}");
        at = piece.range.end;
    }
    out.push_str(&line[at..]);
    out
}

fn style(line: &str, piece: &Piece) -> Style {
    match piece.kind {
        Kind::Comment => Style::new().dimmed(),
        Kind::Text => AnsiColor::Green.on_default(),
        Kind::Number => AnsiColor::Magenta.on_default(),
        Kind::Word => word_style(&line[piece.range.clone()]),
        Kind::Quoted | Kind::Sign => Style::new(),
    }
}

fn word_style(word: &str) -> Style {
    let same = |name: &str| name.eq_ignore_ascii_case(word);
    let mut commands = SOURCES.iter().chain(COMMANDS).flat_map(|info| info.words);
    if KEYWORDS.iter().any(|name| same(name)) || commands.any(|words| words.split(' ').any(same)) {
        return AnsiColor::Blue.on_default().bold();
    }
    let forms = functions::FORMS.iter().map(|form| form.name);
    let mut functions = functions::ALL.iter().map(|function| function.name).chain(forms);
    if functions.any(same) || aggregates::ALL.iter().any(|aggregate| same(aggregate.name)) {
        return AnsiColor::Cyan.on_default();
    }
    Style::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_leave_the_text_as_it_is() {
        for line in
            ["FROM a | WHERE x == \"é\" // b", "  row  a = abs(1.5) ", "\"open", "", "∀ `b`"]
        {
            let plain = anstream::adapter::strip_str(&coloured(line)).to_string();
            assert_eq!(plain, line);
        }
    }

    #[test]
    fn words_of_the_language_differ_from_others() {
        assert_eq!(word_style("where"), word_style("FROM"));
        assert_ne!(word_style("where"), word_style("to_long"));
        assert_eq!(word_style("host.name"), Style::new());
    }
}
