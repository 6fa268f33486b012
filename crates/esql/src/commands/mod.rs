//! The commands, each in a file of its own: what it holds, how it is read, and how it is written.
//!
//! A new command is a file here and a word in one of the two lists below. The lists make the enums [`Source`] and
//! [`Command`], so that a pass over commands that has forgotten one does not compile.

use brokerwatch_expr::{Diagnostic, Span};

use crate::codes;
use crate::layout::{Doc, group, indent, row, text};
use crate::parser::Parser;
use crate::planner::{Planner, Rows};

/// What a command says of itself.
#[derive(Debug, Clone, Copy)]
pub struct Info {
    /// The words that name it, in lower case; the first is the one that is written.
    pub words: &'static [&'static str],
    /// What it does, as a sentence without its subject and full stop.
    pub summary: &'static str,
    /// A query that has it.
    pub example: &'static str,
}

impl Info {
    const fn of<T: Syntax>() -> Info {
        Info { words: T::WORDS, summary: T::SUMMARY, example: T::EXAMPLE }
    }
}

/// The syntax of one command.
trait Syntax: Sized {
    /// The words that name it, in lower case; the first is the one that is written.
    const WORDS: &'static [&'static str];
    /// What it does, as a sentence without its subject and full stop.
    const SUMMARY: &'static str;
    /// A query that has it.
    const EXAMPLE: &'static str;

    /// Reads what stands behind the words.
    fn read(parser: &mut Parser<'_>) -> Self;

    /// What is written behind the words.
    fn body(&self) -> Doc;
}

/// A method that every command of an enum has.
macro_rules! method {
    ($(#[$doc:meta])* fn $name:ident ($($params:tt)*) -> $result:ty { $($arms:tt)* }) => {
        $(#[$doc])*
        pub(crate) fn $name(&self, $($params)*) -> $result {
            match self { $($arms)* }
        }
    };
}

/// Declares the files of the commands and the enum of them, in the order written.
macro_rules! commands {
    (
        $(#[$table_doc:meta])* static $table:ident;
        $(#[$enum_doc:meta])* enum $enum:ident = [$($file:ident: $node:ident),* $(,)?];
        $(#[$plan_doc:meta])* fn plan $params:tt -> $plan:ty = $args:tt;
    ) => {
        $(
            mod $file;
            pub use $file::*;
        )*

        $(#[$table_doc])*
        pub static $table: &[Info] = &[$(Info::of::<$node>()),*];

        $(#[$enum_doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $enum {
            $(#[doc = concat!("See [`", stringify!($node), "`].")] $node($node)),*
        }

        impl $enum {
            /// The words that name it, in lower case.
            pub fn words(&self) -> &'static str {
                match self {
                    $($enum::$node(_) => <$node as Syntax>::WORDS[0]),*
                }
            }

            /// Reads the command at this place of the table; its words have been taken.
            pub(crate) fn read(index: usize, parser: &mut Parser<'_>) -> $enum {
                const READERS: &[fn(&mut Parser<'_>) -> $enum] =
                    &[$(|parser| $enum::$node(<$node as Syntax>::read(parser))),*];
                READERS[index](parser)
            }

            method! {
                $(#[$plan_doc])*
                fn plan $params -> $plan {
                    $($enum::$node(node) => node.plan $args),*
                }
            }

            /// The command as it is written.
            pub(crate) fn doc(&self) -> Doc {
                let body = match self {
                    $($enum::$node(node) => node.body()),*
                };
                command_doc(self.words(), body)
            }
        }
    };
}

commands! {
    /// The commands that begin a query.
    static SOURCES;
    /// A command that begins a query.
    enum Source = [
        eql: Eql,
        from: From,
        promql: Promql,
        row: Row,
        show: Show,
        ts: Ts,
    ];
    /// The rows that it begins with.
    fn plan(span: Span, planner: &mut Planner<'_>) -> Rows = (span, planner);
}

commands! {
    /// The commands that process rows.
    static COMMANDS;
    /// A command that processes rows.
    enum Command = [
        change_point: ChangePoint,
        completion: Completion,
        dissect: Dissect,
        drop: Drop,
        enrich: Enrich,
        eval: Eval,
        fork: Fork,
        fuse: Fuse,
        grok: Grok,
        inline_stats: InlineStats,
        ip_location: IpLocation,
        keep: Keep,
        limit: Limit,
        lookup_join: LookupJoin,
        metrics_info: MetricsInfo,
        mmr: Mmr,
        mv_expand: MvExpand,
        registered_domain: RegisteredDomain,
        rename: Rename,
        rerank: Rerank,
        sample: Sample,
        sort: Sort,
        stats: Stats,
        ts_collapse: TsCollapse,
        ts_info: TsInfo,
        uri_parts: UriParts,
        user_agent: UserAgent,
        r#where: Where,
    ];
    /// Changes the rows.
    fn plan(span: Span, rows: &mut Rows, planner: &mut Planner<'_>) -> () = (span, rows, planner);
}

impl Source {
    /// What takes the place of a source that could not be read.
    pub(crate) fn hole() -> Source {
        Source::Row(Row { columns: Vec::new() })
    }
}

/// The words of all commands.
pub(crate) fn words() -> impl Iterator<Item = &'static str> {
    SOURCES.iter().chain(COMMANDS).flat_map(|info| info.words.iter().copied())
}

/// Whether a command has this name, or the first word of it, in any case.
pub(crate) fn is_word(word: &str) -> bool {
    words().any(|phrase| {
        phrase.split(' ').next().is_some_and(|first| first.eq_ignore_ascii_case(word))
    })
}

impl Planner<'_> {
    /// Says why a command stops the query here.
    fn refuse(&mut self, span: Span, why: &str, help: &str) {
        self.error(Diagnostic::error(codes::NOT_IMPLEMENTED, span, why).help(help));
    }
}

fn command_doc(words: &'static str, body: Doc) -> Doc {
    let words = text(words.to_ascii_uppercase());
    match body {
        Doc::Empty => words,
        body => group(row([words, indent(4, row([Doc::Blank, body]))])),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{format, parse};

    #[test]
    fn no_two_commands_share_a_word() {
        let all: Vec<_> = words().collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert!(
            all.iter()
                .all(|words| words.bytes().all(|b| b.is_ascii_lowercase() || b"_ ".contains(&b)))
        );
    }

    #[test]
    fn every_command_has_words_and_an_example_with_it() {
        for info in SOURCES.iter().chain(COMMANDS) {
            let word = info.words[0];
            assert!(!info.summary.is_empty() && !info.summary.ends_with('.'), "{word}");
            let statement =
                parse(info.example).unwrap_or_else(|errors| panic!("{word}: {errors:?}"));
            let source = statement.query.source.node.words();
            let has_it = source == word
                || statement.query.commands.iter().any(|step| step.node.words() == word);
            assert!(has_it, "{word} is not in its example");
            assert_eq!(format(&statement), info.example, "{word}");
        }
    }

    #[test]
    fn every_word_names_its_command() {
        for info in COMMANDS {
            for words in &info.words[1..] {
                let query = info.example.replace(&info.words[0].to_ascii_uppercase(), words);
                assert_eq!(parse(&query), parse(info.example), "{words}");
            }
        }
    }
}
