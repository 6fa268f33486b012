//! Writes `docs/reference/functions.md` from the registry of functions.

use std::fmt::Write as _;

use anyhow::Result;
use brokerwatch_expr::function::{Fallback, Function, Param, Presence, Returns, Takes};
use brokerwatch_expr::functions;

use super::{GENERATED, cell, code};

/// The text of the page.
pub(crate) fn page() -> Result<String> {
    let mut out = format!("# Functions of EQL\n\n{GENERATED}\n{INTRODUCTION}");
    // A function of another language only has no place in a query that runs today.
    let eql = functions::ALL.iter().filter_map(|function| Some((function.eql?, function)));
    for (name, function) in eql {
        section(&mut out, name, function)?;
    }
    Ok(out)
}

const INTRODUCTION: &str = "\
Names are read in any case: `cidrmatch` is `cidrMatch`.
Where a variant `name~` is listed, it ignores case.
Unless a parameter has a default, a missing field makes the result null, and a condition on null is not true.
Of a field with several values, a condition is true if it is true for one of them.
Positions and lengths count UTF-16 units, as in Elasticsearch.

The examples are run as tests.
";

fn section(out: &mut String, name: &str, function: &Function) -> Result<()> {
    let call = format!("{name}({})", parameters(function.params));
    write!(out, "\n## {name}\n\n```text\n{call}\n")?;
    if function.any_case {
        writeln!(out, "{name}~{}", &call[name.len()..])?;
    }
    writeln!(out, "```\n\n{}\n", function.doc)?;
    out.push_str("| parameter | takes | |\n| --- | --- | --- |\n");
    for param in function.params {
        writeln!(out, "| {} | {} | {} |", code(param.name), taken(param.takes), remark(param))?;
    }
    writeln!(out, "\nGives {}.\n", returned(function.returns))?;
    out.push_str("| expression | event | value |\n| --- | --- | --- |\n");
    for example in function.examples {
        let (query, event) = (cell(&code(example.query)), cell(&code(example.event)));
        writeln!(out, "| {query} | {event} | {} |", cell(&code(example.result)))?;
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
            Presence::Default(_) => ("[", "]"),
            Presence::Repeated => ("", "..."),
        };
        text.extend([open, comma, name, close]);
    }
    text
}

fn taken(takes: Takes) -> &'static str {
    match takes {
        Takes::Text => "text",
        Takes::Integer => "a whole number",
        Takes::Number => "a number",
        Takes::Boolean => "`true` or `false`",
        Takes::Ip => "an address",
        Takes::Any => "anything",
    }
}

fn remark(param: &Param) -> String {
    let presence = match param.presence {
        Presence::Required => String::new(),
        Presence::Repeated => "one or more".to_owned(),
        // The largest number stands for the end of whatever is counted.
        Presence::Default(Fallback::Long(i64::MAX)) => "may be left out: the end".to_owned(),
        Presence::Default(Fallback::Long(i64::MIN)) => "may be left out".to_owned(),
        Presence::Default(Fallback::Long(number)) => format!("may be left out: {number}"),
        Presence::Default(Fallback::Boolean(flag)) => format!("may be left out: `{flag}`"),
    };
    match (param.constant, presence.is_empty()) {
        (true, true) => "a constant".to_owned(),
        (true, false) => format!("a constant; {presence}"),
        (false, _) => presence,
    }
}

fn returned(returns: Returns) -> String {
    match returns {
        Returns::Always(ty) => format!("a value of type `{ty}`"),
        Returns::WidestNumber => {
            "a `long` if all arguments are whole numbers, else a `double`".to_owned()
        }
        Returns::Number => "a `long` or a `double`, as the value demands".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_has_its_section() {
        let page = page().unwrap();
        for name in functions::ALL.iter().filter_map(|function| function.eql) {
            assert!(page.contains(&format!("\n## {name}\n")), "{name}");
        }
        assert!(page.contains("\nbetween~(source, left, right[, greedy])\n"), "{page}");
        assert!(page.contains("\ncidrMatch(source, blocks...)\n"), "{page}");
    }
}
