//! Writes the pages of ES|QL under `docs/reference/` from the registries of commands, functions and aggregates.

use std::fmt::Write as _;

use anyhow::Result;
use brokerwatch_esql::aggregates;
use brokerwatch_esql::commands::{self, Info};
use brokerwatch_esql::functions::{self, Example, Lists, Param, Presence};
use brokerwatch_esql::types::{ANY, Types};

use super::{GENERATED, cell, code};

/// The page of the commands.
pub(crate) fn commands() -> Result<String> {
    let mut out = format!("# Commands of ES|QL\n\n{GENERATED}\n{COMMANDS}");
    for (title, table) in
        [("First commands", commands::SOURCES), ("Commands behind `|`", commands::COMMANDS)]
    {
        write!(out, "\n## {title}\n\n| command | | example |\n| --- | --- | --- |\n")?;
        for info in table {
            writeln!(out, "| {} | {} | {} |", words(info), info.summary, one_line(info.example))?;
        }
    }
    Ok(out)
}

/// The page of the functions.
pub(crate) fn functions() -> Result<String> {
    let mut out = format!("# Functions of ES|QL\n\n{GENERATED}\n{FUNCTIONS}");
    for function in functions::ALL {
        section(&mut out, function.name, function.aliases, function.doc, function.params)?;
        writeln!(out, "{}\n", listed(function.lists))?;
        examples(&mut out, function.examples)?;
    }
    out.push_str(FORMS);
    for form in functions::FORMS {
        write!(out, "\n### {}\n\n```text\n{}\n```\n\n{}\n\n", form.name, form.usage, form.doc)?;
        examples(&mut out, form.examples)?;
    }
    Ok(out)
}

/// The page of the aggregates.
pub(crate) fn aggregates() -> Result<String> {
    let mut out = format!("# Aggregates of ES|QL\n\n{GENERATED}\n{AGGREGATES}");
    for aggregate in aggregates::ALL {
        section(&mut out, aggregate.name, aggregate.aliases, aggregate.doc, aggregate.params)?;
        examples(&mut out, aggregate.examples)?;
    }
    Ok(out)
}

const COMMANDS: &str = "\
Names of commands are read in any case.
What each of them does is shown, with examples that run as tests, under [spec/esql](../../spec/esql/from.md).
Those that need what files do not have are read and say why they do not run: [known differences](../differences.md#not-all-commands-and-functions-run).
";

const FUNCTIONS: &str = "\
Names are read in any case.
The last column of an example is what its query gives; the examples are run as tests.
";

const FORMS: &str = "
## Calls of their own kind

These look at more than the values of their arguments: at conditions in turn, at whole events, at the time.
";

const AGGREGATES: &str = "\
Aggregates stand in `STATS` and `INLINE STATS`, and read every value of a list; null adds nothing.
The examples are run as tests.
";

/// The words of a command as they are written.
fn words(info: &Info) -> String {
    let words = info.words.iter().map(|words| code(&words.to_ascii_uppercase()));
    words.collect::<Vec<_>>().join(", ")
}

fn one_line(query: &str) -> String {
    cell(&code(&query.split_whitespace().collect::<Vec<_>>().join(" ")))
}

/// What a function or an aggregate is called, does and takes.
fn section(
    out: &mut String,
    name: &str,
    aliases: &[&str],
    doc: &str,
    params: &[Param],
) -> Result<()> {
    write!(out, "\n## {name}\n\n```text\n{name}({})\n```\n\n{doc}\n\n", parameters(params))?;
    if !aliases.is_empty() {
        let names: Vec<String> = aliases.iter().map(|alias| code(alias)).collect();
        writeln!(out, "Also called {}.\n", names.join(", "))?;
    }
    if !params.is_empty() {
        out.push_str("| parameter | takes | |\n| --- | --- | --- |\n");
        for param in params {
            let constant = if param.constant { "a constant" } else { "" };
            writeln!(out, "| {} | {} | {constant} |", code(param.name), taken(param.takes))?;
        }
        out.push('\n');
    }
    Ok(())
}

/// The parameters as a call has them; what may be left out stands in brackets.
fn parameters(params: &[Param]) -> String {
    let mut text = String::new();
    for (i, param) in params.iter().enumerate() {
        let (name, comma) = (param.name, if i == 0 { "" } else { ", " });
        let (open, close) = match param.presence {
            Presence::Required => ("", ""),
            Presence::Optional => ("[", "]"),
            Presence::Repeated => ("", "..."),
            Presence::AnyCount => ("[", "...]"),
        };
        text.extend([open, comma, name, close]);
    }
    text
}

fn taken(takes: Types) -> String {
    if takes == ANY {
        return "anything".to_owned();
    }
    takes.iter().map(brokerwatch_esql::types::DataType::name).collect::<Vec<_>>().join(", ")
}

fn listed(lists: Lists) -> &'static str {
    match lists {
        Lists::Single => "Of a list the result is null, with a warning; of null it is null.",
        Lists::Each => "Of a list it takes each value in turn; of null it is null.",
        Lists::One => "It takes lists whole, and gives one value.",
        Lists::Many => "It takes lists whole, and may give a list.",
    }
}

fn examples(out: &mut String, examples: &[Example]) -> Result<()> {
    out.push_str("| query | last column |\n| --- | --- |\n");
    for example in examples {
        writeln!(out, "| {} | {} |", one_line(example.query), cell(&code(example.result)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_has_its_place() {
        let page = functions().unwrap();
        for function in functions::ALL {
            assert!(page.contains(&format!("\n## {}\n", function.name)), "{}", function.name);
        }
        for form in functions::FORMS {
            assert!(page.contains(&format!("\n### {}\n", form.name)), "{}", form.name);
        }
        let page = aggregates().unwrap();
        for aggregate in aggregates::ALL {
            assert!(page.contains(&format!("\n## {}\n", aggregate.name)), "{}", aggregate.name);
        }
        let page = commands().unwrap();
        for info in commands::SOURCES.iter().chain(commands::COMMANDS) {
            assert!(page.contains(&words(info)), "{}", info.words[0]);
        }
        assert!(functions().unwrap().contains("\nCIDR_MATCH(ip, blockX...)\n"));
    }
}
