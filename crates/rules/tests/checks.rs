//! The checks, each with rules that it finds fault with and rules that pass: `checks/NAME.in`, and what is said in
//! `checks/NAME.expected`.
//!
//! A file has sections, `# fault: title` and `# clean: title`. A section has one rule or several: `base:` names a rule under
//! `checks/bases/`, `file:` before it the path it is to have, and the lines behind it change it. `- line` takes a line away
//! that the rule has, whatever its indent, and `+ line` puts one in the place of the last that was taken.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test reads its files and stops at what it did not expect"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use brokerwatch_expr::{Diagnostic, Severity, line_column};
use brokerwatch_rules::{Rule, checks, load};
use brokerwatch_testkit::golden;

const DIR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/checks");

/// The path of a rule that is given none.
const PATH: &str = "rules/command_and_control_rule.toml";

#[test]
fn each_check_says_what_is_expected() {
    golden(DIR, |input| {
        let mut out = String::new();
        for section in sections(input) {
            writeln!(out, "# {}", section.title).unwrap();
            let findings = checks::check(&section.rules);
            for (rule, found) in section.rules.iter().zip(findings) {
                found.iter().for_each(|each| out.push_str(&shown(rule, each)));
            }
        }
        out
    });
}

#[test]
fn each_check_has_a_rule_for_each_code_and_one_that_passes() {
    let mut wrong = Vec::new();
    let checks = checks::ALL.iter().map(|check| (check.name, check.codes));
    let checks: BTreeMap<&str, &[&str]> =
        checks.chain(checks::SETS.iter().map(|check| (check.name, check.codes))).collect();
    for (name, codes) in &checks {
        let Ok(input) = fs::read_to_string(format!("{DIR}/{name}.in")) else {
            wrong.push(format!("{name}.in: missing"));
            continue;
        };
        let (mut given, mut passed) = (BTreeSet::new(), false);
        for section in sections(&input) {
            let found: Vec<Diagnostic> =
                checks::check(&section.rules).into_iter().flatten().collect();
            if section.clean {
                passed = true;
                wrong.extend(
                    found.iter().map(|each| format!("{name}: {}: {}", section.title, each.message)),
                );
            } else if found.is_empty() {
                wrong.push(format!("{name}: {}: nothing found", section.title));
            }
            given.extend(found.iter().map(|each| each.code));
        }
        if !passed {
            wrong.push(format!("{name}: no rule that passes"));
        }
        let never = codes.iter().filter(|code| !given.contains(*code));
        wrong.extend(never.map(|code| format!("{name}: no rule for {code}")));
    }
    for file in fs::read_dir(DIR).unwrap() {
        let path = file.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        if path.extension().is_some_and(|end| end == "in") && !checks.contains_key(stem) {
            wrong.push(format!("{stem}.in: no such check"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn codes_belong_to_checks() {
    let listed: BTreeSet<&str> = checks::codes::ALL.iter().map(|(code, ..)| *code).collect();
    let of_rules = checks::ALL.iter().flat_map(|check| check.codes);
    let given: BTreeSet<&str> =
        of_rules.chain(checks::SETS.iter().flat_map(|check| check.codes)).copied().collect();
    assert_eq!(given, listed);
    for holds in checks::ALL.iter().map(|check| check.holds) {
        assert!(!holds.is_empty() && !holds.ends_with('.'), "{holds}");
    }
}

#[test]
fn what_elastic_refuses_is_an_error_also_where_the_loader_warns() {
    let section = sections("# fault: risk\nbase: eql\n- risk_score = 47\n+ risk_score = 99\n");
    let found = checks::check(&section[0].rules).concat();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].code, found[0].severity), ("RULE011", Severity::Error));
}

struct Section {
    title: String,
    clean: bool,
    rules: Vec<Rule>,
}

fn sections(input: &str) -> Vec<Section> {
    let parts = input.strip_prefix("# ").unwrap().split("\n# ");
    parts
        .map(|part| {
            let (title, body) = part.split_once('\n').unwrap();
            let clean = title.starts_with("clean: ");
            assert!(clean || title.starts_with("fault: "), "{title}");
            let rules = rules(body).unwrap_or_else(|why| panic!("{title}: {why}"));
            Section { title: title.to_owned(), clean, rules }
        })
        .collect()
}

/// The rules of a section.
fn rules(body: &str) -> Result<Vec<Rule>, String> {
    let (mut rules, mut path) = (Vec::new(), PATH);
    let mut lines = body.lines().filter(|line| !line.is_empty()).peekable();
    while let Some(line) = lines.next() {
        if let Some(own) = line.strip_prefix("file: ") {
            path = own;
            continue;
        }
        let base = line.strip_prefix("base: ").ok_or(format!("`{line}` is no base"))?;
        let text = fs::read_to_string(format!("{DIR}/bases/{base}.toml")).unwrap();
        let mut text: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut place = 0;
        while let Some(line) = lines.next_if(|line| line.starts_with(['-', '+'])) {
            change(&mut text, &mut place, line)?;
        }
        let text = text.join("\n");
        rules.push(load(path, &text).map_err(|found| format!("{found:?}"))?);
        path = PATH;
    }
    Ok(rules)
}

/// Takes a line away, or puts one in behind the last change.
fn change(text: &mut Vec<String>, place: &mut usize, line: &str) -> Result<(), String> {
    let (sign, rest) = line.split_at(1);
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    if sign == "+" {
        text.insert(*place, rest.to_owned());
        *place += 1;
        return Ok(());
    }
    let found = text.iter().position(|own| own.trim() == rest.trim());
    *place = found.ok_or(format!("no line `{rest}`"))?;
    text.remove(*place);
    Ok(())
}

/// One line: the place, the code, the message, what the place covers, and the way out.
fn shown(rule: &Rule, found: &Diagnostic) -> String {
    let span = found.span();
    let (line, column) = line_column(&rule.text, span.start as usize);
    let grade = if found.severity == Severity::Error { "" } else { " (warning)" };
    let covered: String = rule.text[span.range()].chars().take(50).collect();
    let help = found.help.as_deref().unwrap_or("no help");
    let mut out =
        format!("{}:{line}:{column} {}{grade}: {}\n", rule.path, found.code, found.message);
    write!(out, "    `{}`\n    {help}\n", covered.replace('\n', "⏎")).unwrap();
    out
}
