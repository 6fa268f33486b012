//! The guide as a page of Markdown.

use std::fmt::Write as _;

use brokerwatch_rules::guide::{Button, Investigation, Osquery, Piece, code};

use super::search::{Found, Outcome};
use super::{Related, Told};
use crate::markdown::{fenced, row, safe};

/// The page.
pub(super) fn page(told: &Told<'_>) -> String {
    let mut page = String::new();
    let name = told.alert.values.first("rule.name");
    let name =
        told.rule.as_ref().map(|rule| rule.name.as_str()).or(name).unwrap_or("an unnamed rule");
    paragraph(&mut page, &format!("# Alert of {}", code(name)));
    summary(&mut page, told);
    guide(&mut page, told);
    related(&mut page, &told.related, told.rows);
    safe(page.trim_start())
}

fn paragraph(page: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(page, "{}\n", text.trim_end());
}

fn summary(page: &mut String, told: &Told<'_>) {
    for (heading, fields) in &told.summary.parts {
        paragraph(page, &format!("## {heading}"));
        let lines = fields.iter().map(|(word, values)| {
            let values: Vec<String> = values.iter().map(|value| code(value)).collect();
            format!("- {word}: {}", values.join(", "))
        });
        paragraph(page, &lines.collect::<Vec<_>>().join("\n"));
    }
    if !told.summary.missing.is_empty() {
        paragraph(page, &format!("The alert has no {}.", told.summary.missing.join(", ")));
    }
    if !told.summary.reasons.is_empty() {
        paragraph(page, "## Why it fired");
        let mut list = String::new();
        for (condition, fields) in &told.summary.reasons {
            let _ = writeln!(list, "- {}", code(condition));
            for (field, values) in fields {
                let values: Vec<String> = values.iter().map(|value| code(value)).collect();
                let values =
                    if values.is_empty() { "no value".to_owned() } else { values.join(", ") };
                let _ = writeln!(list, "  - {}: {values}", code(field));
            }
        }
        paragraph(page, &list);
    }
    if !told.summary.not_applied.is_empty() {
        let parts: Vec<String> = told.summary.not_applied.iter().map(|part| code(part)).collect();
        paragraph(
            page,
            &format!("Not applied, because this source lacks the fields: {}.", parts.join(", ")),
        );
    }
}

fn guide(page: &mut String, told: &Told<'_>) {
    match &told.rule {
        Some(rule) if rule.note.is_none() => {
            paragraph(page, "## Triage and analysis");
            paragraph(page, &format!("The rule {} has no investigation guide.", code(&rule.name)));
        }
        Some(_) => {}
        None => {
            paragraph(page, "## Triage and analysis");
            let id = told.alert.values.first("rule.id");
            paragraph(
                page,
                &match id {
                    Some(id) => format!(
                        "No rule with the id {} is among the built-in packs; `--rules PATH` says where it is.",
                        code(id)
                    ),
                    None => {
                        "The alert names no rule, so there is no investigation guide.".to_owned()
                    }
                },
            );
        }
    }
    for piece in &told.guide.pieces {
        match piece {
            Piece::Text(text) => page.push_str(text),
            Piece::Button { kind, number, indent } => {
                let text = match kind {
                    Button::Osquery => osquery(&told.guide.osquery[*number]),
                    Button::Investigate => investigation(
                        &told.guide.investigations[*number],
                        told.outcomes.get(*number),
                    ),
                };
                page.push_str(&indented(&text, *indent));
            }
        }
    }
    if !page.ends_with("\n\n") {
        page.push('\n');
    }
    if !told.guide.missing.is_empty() {
        let fields: Vec<String> = told.guide.missing.iter().map(|field| code(field)).collect();
        paragraph(
            page,
            &format!("The guide asks for what the alert lacks: {}.", fields.join(", ")),
        );
    }
    if told.guide.is_generic {
        paragraph(page, "## Searches around the alert");
        for (number, each) in told.guide.investigations.iter().enumerate() {
            paragraph(page, &format!("### {}", each.label));
            paragraph(page, &answered(each, told.outcomes.get(number)));
        }
    }
}

fn indented(text: &str, columns: usize) -> String {
    let blanks = " ".repeat(columns);
    let lines = text.trim_end().lines().map(|line| match line {
        "" => "\n".to_owned(),
        line => format!("{blanks}{line}\n"),
    });
    format!("\n{}\n", lines.collect::<String>())
}

fn osquery(query: &Osquery) -> String {
    let mut text = fenced("sql", &query.sql);
    if !query.missing.is_empty() {
        let fields: Vec<String> = query.missing.iter().map(|field| code(field)).collect();
        let _ = write!(text, "\n\nFill in by hand what the alert lacks: {}.", fields.join(", "));
    }
    text
}

fn investigation(each: &Investigation, outcome: Option<&Outcome>) -> String {
    let mut text = String::new();
    if let Some(description) = &each.description {
        let _ = write!(text, "{}\n\n", words(description));
    }
    text + &answered(each, outcome)
}

/// Text of a rule's author, in one line.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What came of a search, and the query.
fn answered(each: &Investigation, outcome: Option<&Outcome>) -> String {
    let mut parts = Vec::new();
    match outcome {
        None if each.esql.is_some() => {
            parts.push(
                "Not run, because no telemetry was given. `brokerwatch query` runs it:".to_owned(),
            );
        }
        None | Some(Outcome::NotAsked) => {}
        Some(Outcome::Failed(why)) => parts.push(format!("**Could not be run**: {}", code(why))),
        Some(Outcome::Ran(found)) => parts.extend(results(found)),
    }
    let missing: Vec<String> = each.missing.iter().map(|field| code(field)).collect();
    if each.esql.is_none() {
        let why = if missing.is_empty() { "no condition".to_owned() } else { missing.join(", ") };
        parts.push(format!("Not asked: the alert lacks {why}."));
    } else if !missing.is_empty() {
        parts.push(format!(
            "Left out of the search, because the alert lacks it: {}.",
            missing.join(", ")
        ));
    }
    parts.extend(each.problems.iter().map(|problem| format!("Not understood: {}", code(problem))));
    if let Some(esql) = &each.esql {
        if !each.is_timed {
            parts.push("The alert has no time, so all of the telemetry is searched.".to_owned());
        }
        parts.push(fenced("esql", esql));
    }
    parts.join("\n\n")
}

fn results(found: &Found) -> Vec<String> {
    let noun = if found.count == 1 { "event" } else { "events" };
    let more = if found.is_cut { " or more" } else { "" };
    let shown = match found.cells.len() {
        shown if shown < found.count => format!("; the first {shown}:"),
        0 => ".".to_owned(),
        _ => ":".to_owned(),
    };
    let mut parts = vec![format!("**{}{more} {noun}**{shown}", found.count)];
    if !found.cells.is_empty() {
        parts.push(table(&found.columns, &found.cells));
    }
    parts.extend(found.remarks.iter().map(|remark| format!("Note: {}", safe_words(remark))));
    parts
}

/// A remark of the product, which may repeat names from data.
fn safe_words(text: &str) -> String {
    text.replace(['<', '[', '*', '|'], " ")
}

fn table(columns: &[String], cells: &[Vec<String>]) -> String {
    let header: Vec<String> = columns.iter().map(|column| code(column)).collect();
    let rule = vec!["---".to_owned(); columns.len()];
    let rows = cells.iter().map(|cells| {
        let cells =
            cells.iter().map(|cell| if cell.is_empty() { String::new() } else { code(cell) });
        row(&cells.collect::<Vec<_>>())
    });
    let lines: Vec<String> = [row(&header), row(&rule)].into_iter().chain(rows).collect();
    lines.join("\n")
}

/// The columns of related alerts, each with its field.
const RELATED_COLUMNS: [(&str, &str); 6] = [
    ("time", "@timestamp"),
    ("rule", "rule.name"),
    ("host", "host.name"),
    ("process", "process.name"),
    ("destination", "destination.ip"),
    ("alert", "brokerwatch.alert.id"),
];

fn related(page: &mut String, related: &[Related], most: usize) {
    if related.is_empty() {
        return;
    }
    let shown = if related.len() <= most { String::new() } else { format!("; the first {most}") };
    paragraph(page, "## Related alerts");
    let noun = if related.len() == 1 { "alert shares" } else { "alerts share" };
    paragraph(page, &format!("**{} other {noun} something with this one**{shown}:", related.len()));
    let mut names = vec!["shared".to_owned()];
    names.extend(RELATED_COLUMNS.map(|(name, _)| name.to_owned()));
    let cells: Vec<Vec<String>> = related
        .iter()
        .take(most)
        .map(|each| {
            let values = RELATED_COLUMNS
                .map(|(_, field)| each.values.first(field).unwrap_or_default().to_owned());
            [each.shares.join(", ")].into_iter().chain(values).collect()
        })
        .collect();
    paragraph(page, &table(&names, &cells));
}
