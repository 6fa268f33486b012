//! The commands of the shell itself, which begin with a dot.

use std::io::{self, Write};

use anyhow::Result;

use super::{Next, Shell};

/// A command: its name without the dot, what it takes, and what it does.
pub(super) struct Dot {
    pub(super) name: &'static str,
    argument: &'static str,
    doc: &'static str,
    run: fn(&mut Shell<'_>, &str) -> Result<Next>,
}

/// Every command, in the order of the help.
pub(super) static ALL: &[Dot] = &[
    Dot { name: "help", argument: "", doc: "list these commands", run: help },
    Dot {
        name: "tables",
        argument: "",
        doc: "list what FROM, LOOKUP JOIN and ENRICH find",
        run: tables,
    },
    Dot {
        name: "fields",
        argument: "[PATTERN]",
        doc: "list the fields of the events and their types; `*` stands for any text",
        run: fields,
    },
    Dot {
        name: "format",
        argument: "[FORMAT]",
        doc: "show answers as table, ndjson, json, csv or tsv",
        run: format,
    },
    Dot { name: "quit", argument: "", doc: "leave; so does the end of the input", run: quit },
];

/// Runs a command, written without its dot.
pub(super) fn run(shell: &mut Shell<'_>, text: &str) -> Result<Next> {
    let (name, argument) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let argument = argument.trim();
    match ALL.iter().find(|dot| dot.name.eq_ignore_ascii_case(name)) {
        Some(dot) if dot.argument.is_empty() && !argument.is_empty() => {
            shell.refuse(&format!("`.{}` takes nothing", dot.name));
            Ok(Next::More)
        }
        Some(dot) => (dot.run)(shell, argument),
        None => {
            shell.refuse(&format!("unknown command `.{name}`; `.help` lists the commands"));
            Ok(Next::More)
        }
    }
}

fn help(_: &mut Shell<'_>, _: &str) -> Result<Next> {
    let mut out = io::stdout().lock();
    for dot in ALL {
        let usage = format!(".{} {}", dot.name, dot.argument);
        writeln!(out, "{usage:<18}{}", dot.doc)?;
    }
    Ok(Next::More)
}

fn tables(shell: &mut Shell<'_>, _: &str) -> Result<Next> {
    let mut out = io::stdout().lock();
    let known = shell.known.borrow();
    let kinds =
        [("source", &known.sources), ("lookup", &known.lookups), ("policy", &known.policies)];
    for (kind, names) in kinds {
        for name in names {
            writeln!(out, "{kind}\t{name}")?;
        }
    }
    if !shell.args.paths.is_empty() {
        writeln!(out, "source\t*")?;
    }
    Ok(Next::More)
}

fn fields(shell: &mut Shell<'_>, pattern: &str) -> Result<Next> {
    let Some(answer) = shell.answer("FROM * | LIMIT 0")? else {
        shell.code = crate::ERROR;
        return Ok(Next::More);
    };
    shell.known.borrow_mut().see(&answer)?;
    let mut out = io::stdout().lock();
    for column in &answer.columns {
        if pattern.is_empty() || matches(pattern.as_bytes(), column.name.as_bytes()) {
            let name = crate::commands::alerts::printable(&column.name);
            writeln!(out, "{name}\t{}", column.ty.name())?;
        }
    }
    Ok(Next::More)
}

fn format(shell: &mut Shell<'_>, name: &str) -> Result<Next> {
    if name.is_empty() {
        writeln!(io::stdout(), "{}", format!("{:?}", shell.format).to_ascii_lowercase())?;
        return Ok(Next::More);
    }
    match super::format(name) {
        Ok(format) => shell.format = format,
        Err(why) => shell.refuse(&format!("`{name}`: {why}")),
    }
    Ok(Next::More)
}

fn quit(_: &mut Shell<'_>, _: &str) -> Result<Next> {
    Ok(Next::Quit)
}

/// Whether a name has the form of a pattern with `*`: goes back to the last `*` alone, so it is never slow.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut in_pattern, mut in_name, mut back) = (0, 0, None);
    while in_name < name.len() {
        if pattern.get(in_pattern) == Some(&b'*') {
            back = Some((in_pattern + 1, in_name));
            in_pattern += 1;
        } else if pattern.get(in_pattern) == name.get(in_name) {
            in_pattern += 1;
            in_name += 1;
        } else if let Some((star, from)) = back {
            back = Some((star, from + 1));
            (in_pattern, in_name) = (star, from + 1);
        } else {
            return false;
        }
    }
    pattern[in_pattern..].iter().all(|sign| *sign == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        let mut names: Vec<&str> = ALL.iter().map(|dot| dot.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
    }

    #[test]
    fn patterns_have_stars() {
        for (pattern, name, is) in [
            ("host.*", "host.name", true),
            ("*.name", "host.name", true),
            ("*o*.*e", "host.name", true),
            ("host", "host.name", false),
            ("*.ip", "host.name", false),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), is, "{pattern} {name}");
        }
    }
}
