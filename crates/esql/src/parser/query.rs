//! The frame of a query: settings, the source, and the commands behind it, each of which says itself how it goes on.

use brokerwatch_ecs::similar;
use brokerwatch_expr::Span;
use brokerwatch_expr::limits::DEPTH_MAX;

use super::expression::{JOINT, begins_value};
use super::{Parser, Within};
use crate::ast::{Query, Setting, Statement, Step};
use crate::codes;
use crate::commands::{self, COMMANDS, Command, Info, SOURCES, Source};
use crate::lexer::{Mode, Token, TokenKind};
use crate::limits::{COMMANDS_MAX, SUBQUERY_DEPTH_MAX};
use brokerwatch_expr::report::excerpt;

/// The sources that can begin a subquery.
const SUBQUERY_SOURCES: &[&str] = &["from", "row", "ts", "eql"];

/// What commands of other languages are called here.
static ELSEWHERE: &[(&str, &str)] = &[
    ("count", "STATS COUNT(*)"),
    ("dedup", "STATS BY"),
    ("distinct", "STATS BY"),
    ("extend", "EVAL"),
    ("fields", "KEEP"),
    ("filter", "WHERE"),
    ("group", "STATS ... BY"),
    ("having", "WHERE"),
    ("head", "LIMIT"),
    ("join", "LOOKUP JOIN"),
    ("order", "SORT"),
    ("project", "KEEP"),
    ("search", "WHERE"),
    ("select", "KEEP"),
    ("summarize", "STATS"),
    ("tail", "SORT ... DESC` and `LIMIT"),
    ("take", "LIMIT"),
    ("unique", "STATS BY"),
];

impl Parser<'_> {
    /// `SET name = value; query`
    pub(super) fn statement(&mut self) -> Statement {
        let mut settings = Vec::new();
        while self.at_word("set") {
            settings.push(self.inside(Within::Setting, Parser::setting));
        }
        Statement { settings, query: self.query() }
    }

    fn setting(&mut self) -> Setting {
        let start = self.bump().span;
        let name = self.identifier("the name of a setting");
        self.expect(TokenKind::Assign, "`=`");
        let value = self.map_value();
        let place = self.since(start);
        if self.take(TokenKind::Semicolon).is_none() {
            let help = "a setting ends with `;`, and the query follows it".to_owned();
            self.unexpected(codes::UNEXPECTED, Within::Setting.expected(), Some(help));
            self.pass_setting();
        }
        Setting { name, value, place }
    }

    /// Passes tokens up to the end of a setting, or to a query that seems to begin.
    fn pass_setting(&mut self) {
        while !matches!(self.token.kind, TokenKind::Bar | TokenKind::End) {
            if self.take(TokenKind::Semicolon).is_some() || self.command_at(SOURCES).is_some() {
                return;
            }
            self.bump();
        }
    }

    /// `source | command | command`
    fn query(&mut self) -> Query {
        let start = self.token.span;
        let source = self.source();
        let commands = self.commands(source.is_none());
        let source = source.unwrap_or_else(|| Step {
            node: Source::hole(),
            word: self.since(start),
            place: self.since(start),
        });
        Query { source, commands, place: self.since(start) }
    }

    /// The source; `None` if there is none, and a command may stand in its place.
    fn source(&mut self) -> Option<Step<Source>> {
        let start = self.token.span;
        if let Some((index, words)) = self.command_at(SOURCES) {
            if self.within == Within::Nested && !SUBQUERY_SOURCES.contains(&SOURCES[index].words[0])
            {
                let message = format!("`{}` cannot begin a subquery", self.written(start));
                let help = "a subquery begins with `FROM`, `ROW`, `TS` or `EQL`";
                self.error(codes::COMMAND_PLACE, start, message, help);
            }
            let step = self.step(words, |parser| Source::read(index, parser));
            self.end_of_command();
            return Some(step);
        }
        if self.command_at(COMMANDS).is_some() {
            let message = format!("`{}` cannot begin a query", self.written(start));
            let help = "a query begins with a source, such as `FROM logs-*`";
            self.error(codes::COMMAND_PLACE, start, message, help);
            return None;
        }
        self.no_command("a source such as `FROM`", SOURCES);
        None
    }

    /// The commands of a query or a branch. `is_due` says that one stands here already, without a bar before it.
    fn commands(&mut self, is_due: bool) -> Vec<Step<Command>> {
        let mut commands = Vec::new();
        let mut is_due = is_due && self.command_at(COMMANDS).is_some();
        // The source counts as well, as it does in Elasticsearch.
        while is_due || self.take(TokenKind::Bar).is_some() {
            if COMMANDS_MAX <= commands.len() + 1 {
                self.too_many_commands();
                break;
            }
            commands.extend(self.command());
            is_due = self.end_of_command();
        }
        commands
    }

    fn too_many_commands(&mut self) {
        let message = format!("more than {COMMANDS_MAX} commands");
        let help = "put several columns or conditions into one command";
        self.error(codes::TOO_MANY_COMMANDS, self.token.span, message, help);
        while !self.at_end_of_commands() {
            self.pass_command();
            self.take(TokenKind::Bar);
        }
    }

    fn command(&mut self) -> Option<Step<Command>> {
        let start = self.token.span;
        if let Some((index, words)) = self.command_at(COMMANDS) {
            return Some(self.step(words, |parser| Command::read(index, parser)));
        }
        let Some((index, words)) = self.command_at(SOURCES) else {
            self.no_command("a command", COMMANDS);
            return None;
        };
        let message = format!("`{}` can only begin a query", self.written(start));
        let help =
            "sources stand in one list behind `FROM`; `LOOKUP JOIN` and `ENRICH` add columns";
        self.error(codes::COMMAND_PLACE, start, message, help);
        self.step(words, |parser| Source::read(index, parser));
        None
    }

    fn step<T>(&mut self, words: usize, read: impl FnOnce(&mut Self) -> T) -> Step<T> {
        let start = self.token.span;
        for _ in 0..words {
            self.bump();
        }
        let word = self.since(start);
        let node = read(self);
        Step { node, word, place: self.since(start) }
    }

    /// The command whose words stand here: its place in the table, and how many words it has.
    fn command_at(&self, table: &[Info]) -> Option<(usize, usize)> {
        let first = self.word()?;
        let matches = |phrase: &str| {
            let mut words = phrase.split(' ');
            let begins = words.next().is_some_and(|word| word.eq_ignore_ascii_case(first));
            begins && words.next().is_none_or(|second| self.follows(second))
        };
        table.iter().enumerate().find_map(|(index, info)| {
            let phrase = info.words.iter().find(|phrase| matches(phrase))?;
            Some((index, phrase.split(' ').count()))
        })
    }

    /// Whether the next token is this word.
    fn follows(&self, word: &str) -> bool {
        self.written(self.ahead().span).eq_ignore_ascii_case(word)
    }

    /// Reports that no command of the table is here, and passes what is.
    fn no_command(&mut self, expected: &str, table: &[Info]) {
        let span = self.token.span;
        let Some(word) = self.word() else {
            self.unexpected(codes::UNEXPECTED, expected, None);
            self.pass_command();
            return;
        };
        let second = table.iter().flat_map(|info| info.words).find_map(|phrase| {
            let (first, second) = phrase.split_once(' ')?;
            first.eq_ignore_ascii_case(word).then_some(second)
        });
        if let Some(second) = second {
            self.bump();
            let expected = format!("`{}`", second.to_ascii_uppercase());
            self.unexpected(codes::UNEXPECTED, &expected, None);
        } else {
            let message = format!("unknown command `{}`", excerpt(self.text, span));
            self.error(codes::UNKNOWN_COMMAND, span, message, command_help(word, table));
        }
        self.pass_command();
    }

    /// Passes tokens up to the next command.
    fn pass_command(&mut self) {
        self.switch(Mode::Expression);
        let mut open = 0_usize;
        loop {
            match self.token.kind {
                TokenKind::End => break,
                TokenKind::Bar if open == 0 => break,
                TokenKind::Close if open == 0 && self.within == Within::Nested => break,
                TokenKind::Open => open += 1,
                TokenKind::Close => open = open.saturating_sub(1),
                _ => {}
            }
            self.bump();
        }
        // What stands here is the end of something that was reported, and no error itself.
        if open != 0 {
            self.error_at = Some(self.token.span.start);
        }
    }

    /// Reports and passes what cannot follow a complete command. Says whether the next command stands here, with its bar
    /// missing.
    fn end_of_command(&mut self) -> bool {
        let joint = match self.mode {
            Mode::Source => "the names of indices are parted by commas",
            Mode::Pattern => "columns are parted by commas",
            Mode::Expression => JOINT,
        };
        self.switch(Mode::Expression);
        while !self.at(TokenKind::Bar) && !self.at_end_of_commands() {
            let habit = self.word().map(str::to_ascii_lowercase);
            self.unexpected_here(match habit.as_deref() {
                Some("group") => "rows are grouped by `BY` behind the aggregates, without `GROUP`",
                Some("order") => "rows are put in order by a command of their own: `| SORT ...`",
                Some("having") => "groups are filtered by a command of their own: `| WHERE ...`",
                _ => joint,
            });
            if self.command_at(COMMANDS).is_some() {
                return true;
            }
            self.resume();
            if matches!(
                self.token.kind,
                TokenKind::Comma | TokenKind::By | TokenKind::CloseBrace | TokenKind::Close
            ) && !self.at_end_of_commands()
            {
                let is_list = self.bump().kind != TokenKind::Close;
                if is_list && begins_value(self.token.kind) {
                    self.column();
                }
            }
        }
        false
    }

    fn at_end_of_commands(&self) -> bool {
        match self.token.kind {
            TokenKind::End => true,
            TokenKind::Close => self.within == Within::Nested,
            _ => false,
        }
    }

    /// Whether a subquery stands in the parentheses that open here, and not a list of values: `(FROM logs)`, but
    /// not `(from, to)`.
    pub(super) fn at_subquery(&self) -> bool {
        let first = self.ahead();
        let word = self.written(first.span);
        let is_source = SUBQUERY_SOURCES.iter().any(|source| source.eq_ignore_ascii_case(word));
        is_source && !continues_value(self.text, first, self.token_behind(first))
    }

    pub(super) fn token_behind(&self, token: Token) -> Token {
        let start = self.lexer.pass_blanks(token.span.end as usize, &mut |_, _| ());
        self.lexer.token(start, self.mode)
    }

    /// `(source | command)`, and the height of its tallest expression.
    pub(crate) fn subquery(&mut self) -> (Query, usize) {
        let start = self.token.span;
        let empty = |place| Query {
            source: Step { node: Source::hole(), word: place, place },
            commands: Vec::new(),
            place,
        };
        let outside = self.tallest;
        self.tallest = 0;
        let query = self.nested(Parser::query).unwrap_or_else(|| empty(self.since(start)));
        let tallest = std::mem::replace(&mut self.tallest, outside);
        (query, tallest)
    }

    /// `(command | command)`
    pub(crate) fn branch(&mut self) -> Option<Vec<Step<Command>>> {
        self.nested(|parser| {
            let is_due = parser.command_at(COMMANDS).is_some();
            if !is_due {
                parser.command();
                parser.end_of_command();
            }
            parser.commands(is_due)
        })
    }

    /// Runs a rule of commands between parentheses; `None` if they are nested too deep. What is around it goes on in its
    /// own mode.
    fn nested<T>(&mut self, rule: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let open = self.token.span;
        let (mode, column_start) = (self.mode, self.column_start.take());
        if DEPTH_MAX <= self.depth || SUBQUERY_DEPTH_MAX <= self.query_depth {
            self.pass_too_deep(open);
            return None;
        }
        self.switch(Mode::Expression);
        self.bump();
        self.query_depth += 1;
        let result = self.inside(Within::Nested, |parser| {
            let result = rule(parser);
            parser.close(open);
            result
        });
        self.query_depth -= 1;
        self.switch(mode);
        self.column_start = column_start;
        Some(result)
    }

    /// A subquery in the list of `FROM` makes the query as tall as itself and one more.
    pub(crate) fn source_subquery(&mut self) -> Query {
        let open = self.token.span;
        let (query, tallest) = self.subquery();
        self.raise(open, tallest + 1);
        query
    }

    /// Notes that the query is at least this tall.
    fn raise(&mut self, open: Span, height: usize) {
        self.tallest = self.tallest.max(height);
        if DEPTH_MAX < height {
            self.too_deep(open);
        }
    }
}

/// Whether a word is a value, because this follows it. The name of an index may begin like an operator, but no blank
/// follows then: `(FROM <logs-{now/d}>)` is a subquery, and `(from < 3)` a list.
fn continues_value(text: &str, word: Token, next: Token) -> bool {
    let blank_follows =
        || text.as_bytes().get(next.span.end as usize).is_some_and(u8::is_ascii_whitespace);
    match next.kind {
        TokenKind::Dot | TokenKind::Open => next.span.start == word.span.end,
        TokenKind::End
        | TokenKind::Comma
        | TokenKind::Close
        | TokenKind::Cast
        | TokenKind::And
        | TokenKind::Or
        | TokenKind::In
        | TokenKind::Is
        | TokenKind::Like
        | TokenKind::Rlike => true,
        TokenKind::Equal
        | TokenKind::NotEqual
        | TokenKind::Less
        | TokenKind::LessOrEqual
        | TokenKind::Greater
        | TokenKind::GreaterOrEqual
        | TokenKind::Plus
        | TokenKind::Minus
        | TokenKind::Slash
        | TokenKind::Percent => blank_follows(),
        _ => false,
    }
}

/// What was probably meant by a word that is no command.
fn command_help(word: &str, table: &[Info]) -> String {
    let lower: String = word.chars().take(40).collect::<String>().to_ascii_lowercase();
    if let Some((_, here)) = ELSEWHERE.iter().find(|(elsewhere, _)| *elsewhere == lower) {
        return format!("write `{here}`");
    }
    let near = similar(&lower, commands::words());
    match near.first() {
        Some(near) => format!("did you mean `{}`?", near.to_ascii_uppercase()),
        None if std::ptr::eq(table, SOURCES) => {
            "a query begins with a source, such as `FROM logs-*`".to_owned()
        }
        None => "the most used commands are `WHERE`, `EVAL`, `STATS`, `KEEP`, `SORT` and `LIMIT`"
            .to_owned(),
    }
}
