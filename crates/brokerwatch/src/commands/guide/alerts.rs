//! Alerts from a file: which there are, and which one is meant.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use brokerwatch_rules::guide::Values;
use serde_json::Value;

use crate::commands::alerts::printable;
use crate::report;

/// Longest file of alerts, in bytes; a longer one is an error that tells the way out.
const ALERTS_BYTES_MAX: u64 = 256 << 20;

/// Most alerts that the list of those to choose from names; it says how many more there are.
const LISTED_MAX: usize = 40;

/// Most records that are no alerts which are shown one by one; more are counted.
const DEFECTS_SHOWN_MAX: usize = 5;

/// An alert of a file.
pub(super) struct Alert {
    /// Its place among the alerts of the file, from 1.
    pub(super) number: usize,
    /// The document.
    pub(super) document: Value,
    /// Its fields.
    pub(super) values: Values,
}

impl Alert {
    /// Its id; alerts of other products may have none.
    pub(super) fn id(&self) -> &str {
        self.values.first("brokerwatch.alert.id").unwrap_or_default()
    }

    fn is_building_block(&self) -> bool {
        let fields = ["brokerwatch.alert.building_block_type", "kibana.alert.building_block_type"];
        fields.iter().any(|field| self.values.first(field).is_some())
    }

    /// A line for a list.
    fn line(&self) -> String {
        let text = |field| self.values.first(field).unwrap_or("-").chars().take(60).collect();
        let parts: [String; 4] =
            ["brokerwatch.alert.id", "@timestamp", "host.name", "rule.name"].map(text);
        let block = if self.is_building_block() { "  (building block)" } else { "" };
        printable(&format!("{:>5}  {}{block}", self.number, parts.join("  ")))
    }
}

/// Reads the alerts of a file: one document a line, one document, or an array of them. What is none is told and left out.
pub(super) fn read(path: &Path) -> Result<Vec<Alert>> {
    let text = text(path).with_context(|| path.display().to_string())?;
    let (documents, defects) = documents(&text);
    for (line, why) in defects.iter().take(DEFECTS_SHOWN_MAX) {
        report::note(&format!("warning: {}:{line}: {}", path.display(), printable(why)));
    }
    if DEFECTS_SHOWN_MAX < defects.len() {
        report::note(&format!(
            "warning: {}: {} records are no alerts",
            path.display(),
            defects.len()
        ));
    }
    if documents.is_empty() {
        bail!(
            "{}: there are no alerts; `brokerwatch scan --format ndjson PATH > alerts.ndjson` writes some",
            path.display()
        );
    }
    Ok(documents
        .into_iter()
        .enumerate()
        .map(|(at, document)| Alert { number: at + 1, values: Values::of(&document), document })
        .collect())
}

#[expect(clippy::disallowed_methods, reason = "the binary opens the file that a person named")]
fn text(path: &Path) -> Result<String> {
    let mut text = Vec::new();
    if path.as_os_str() == "-" {
        io::stdin().lock().take(ALERTS_BYTES_MAX + 1).read_to_end(&mut text)?;
    } else {
        File::open(path)?.take(ALERTS_BYTES_MAX + 1).read_to_end(&mut text)?;
    }
    if ALERTS_BYTES_MAX < text.len() as u64 {
        let most = ALERTS_BYTES_MAX >> 20;
        bail!("more than {most} MiB of alerts; cut out the one that is meant, such as with `grep`");
    }
    String::from_utf8(text).context("not text in UTF-8")
}

/// The documents of a text, and what is none, with its line.
fn documents(text: &str) -> (Vec<Value>, Vec<(usize, String)>) {
    let text = text.trim_start_matches('\u{feff}');
    let (mut documents, mut defects) = (Vec::new(), Vec::new());
    let mut take = |line: usize, value: Value| match value {
        Value::Object(_) if is_alert(&value) => documents.push(value),
        Value::Object(_) => {
            defects.push((line, "no alert: it has neither `rule.id` nor `rule.name`".to_owned()));
        }
        _ => defects.push((line, "no alert: it is no JSON object".to_owned())),
    };
    match serde_json::from_str(text) {
        Ok(Value::Array(values)) => values.into_iter().for_each(|value| take(1, value)),
        Ok(value) => take(1, value),
        Err(_) => {
            let mut broken = Vec::new();
            for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
                match serde_json::from_str(line) {
                    Ok(value) => take(at + 1, value),
                    Err(error) => broken.push((at + 1, no_json(&error))),
                }
            }
            defects.extend(broken);
            defects.sort_by_key(|(line, _)| *line);
        }
    }
    (documents, defects)
}

/// Why a line is no JSON. What the parser calls line 1 is the line that is told anyway.
fn no_json(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let why = text.split(" at line ").next().unwrap_or(&text);
    format!("no JSON: {why} at column {}", error.column())
}

/// Whether a document is an alert: it names its rule.
fn is_alert(document: &Value) -> bool {
    let values = Values::of(document);
    ["rule.id", "rule.uuid", "rule.name"].iter().any(|field| values.first(field).is_some())
}

/// The alert that is meant: by its id or number, or the only one that is not a part of another.
pub(super) fn choose<'a>(alerts: &'a [Alert], id: Option<&str>) -> Result<&'a Alert> {
    let Some(id) = id else {
        let mut whole = alerts.iter().filter(|alert| !alert.is_building_block());
        return match (whole.next(), whole.next(), alerts) {
            (Some(only), None, _) | (None, None, [only]) => Ok(only),
            _ => bail!(
                "there are {} alerts; choose one with --id\n{}",
                alerts.len(),
                list(alerts.iter())
            ),
        };
    };
    let by_number = || id.parse().ok().and_then(|number: usize| alerts.get(number.checked_sub(1)?));
    // Scanning twice gives the same alert twice, with the same id.
    let begins = |alert: &&Alert| !id.is_empty() && alert.id().starts_with(id);
    let exact = alerts.iter().find(|alert| !id.is_empty() && alert.id() == id);
    if let Some(alert) = exact.or_else(by_number) {
        return Ok(alert);
    }
    let mut found = alerts.iter().filter(begins);
    match found.next() {
        None => bail!(
            "no alert has the id or number `{}`; there are\n{}",
            printable(id),
            list(alerts.iter())
        ),
        Some(first) if found.all(|other| other.id() == first.id()) => Ok(first),
        Some(_) => bail!(
            "several alerts have ids that begin with `{}`\n{}",
            printable(id),
            list(alerts.iter().filter(begins))
        ),
    }
}

fn list<'a>(alerts: impl Iterator<Item = &'a Alert>) -> String {
    let mut lines: Vec<String> = alerts.map(Alert::line).collect();
    let more = lines.len().saturating_sub(LISTED_MAX);
    lines.truncate(LISTED_MAX);
    if 0 < more {
        lines.push(format!("       and {more} more"));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alerts(text: &str) -> Vec<Alert> {
        let documents = documents(text).0.into_iter().enumerate();
        documents
            .map(|(at, document)| Alert { number: at + 1, values: Values::of(&document), document })
            .collect()
    }

    const TWO: &str = "{\"rule\":{\"id\":\"r\"},\"brokerwatch\":{\"alert\":{\"id\":\"ab1\"}}}\n\
                       {\"rule.name\":\"R\",\"brokerwatch\":{\"alert\":{\"id\":\"ac2\"}}}\n";

    #[test]
    fn alerts_are_lines_an_array_or_one_document() {
        assert_eq!(alerts(TWO).len(), 2);
        assert_eq!(alerts("[{\"rule.id\":\"r\"},\n {\"rule.id\":\"s\"}]").len(), 2);
        assert_eq!(alerts("{\n \"rule.id\": \"r\"\n}").len(), 1);
        assert_eq!(alerts("{\"kibana.alert.rule.rule_id\":\"r\"}").len(), 1);
    }

    #[test]
    fn what_is_no_alert_is_told_with_its_line_and_stops_nothing() {
        let (documents, defects) = documents("{\"rule.id\":\"r\"}\n{\"a\":1}\n{broken\n\n7\n");
        assert_eq!(documents.len(), 1);
        assert_eq!(defects.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 3, 5]);
    }

    #[test]
    fn an_alert_is_chosen_by_id_beginning_or_number() {
        let alerts = alerts(TWO);
        let number = |id| choose(&alerts, Some(id)).map(|alert| alert.number).ok();
        assert_eq!(number("ab1"), Some(1));
        assert_eq!(number("ac"), Some(2));
        assert_eq!(number("2"), Some(2));
        for id in ["a", "x", "0", "3", ""] {
            assert_eq!(number(id), None, "{id}");
        }
        let why = choose(&alerts, None).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(why.contains("ab1") && why.contains("ac2"), "{why}");
    }
}
