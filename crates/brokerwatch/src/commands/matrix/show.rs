//! How the score is shown.

use std::io::Write;

use anstream::adapter::strip_str;
use anyhow::Result;
use brokerwatch_rules::matrix::{Case, Row, Verdict};
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::{Value, json};

use super::Format;
use super::run::{Outcome, Run};
use super::score::{self, Score, Totals};

/// Writes the scorecard.
pub(super) fn write(
    rows: &[Row],
    outcomes: &[Vec<Outcome>],
    scores: &[Score],
    format: Format,
) -> Result<()> {
    let mut out = anstream::stdout().lock();
    let card = Card { rows, outcomes, scores };
    match format {
        Format::Json => card.json(&mut out)?,
        Format::Csv => card.csv(&mut out)?,
        Format::Markdown => card.markdown(&mut out)?,
        Format::Auto | Format::People => card.people(&mut out)?,
    }
    out.flush()?;
    Ok(())
}

struct Card<'a> {
    rows: &'a [Row],
    outcomes: &'a [Vec<Outcome>],
    scores: &'a [Score],
}

/// What of a row is shown in a line.
struct Line<'a> {
    row: &'a Row,
    outcomes: &'a [Outcome],
    score: &'a Score,
}

impl Line<'_> {
    fn cells(&self) -> [String; 7] {
        [
            self.row.id.clone(),
            self.row.title.clone(),
            said(self.row.verdict).to_owned(),
            self.got(),
            self.score.letter.map(String::from).unwrap_or_default(),
            self.mark().to_owned(),
            score::rules(self.outcomes).join("; "),
        ]
    }

    fn mark(&self) -> &'static str {
        match self.score.everywhere {
            Some(true) => "right",
            Some(false) if self.score.on_hosts == Some(true) => "right on hosts",
            Some(false) => "wrong",
            None => "not shown",
        }
    }

    /// How many cases came as expected.
    fn got(&self) -> String {
        let all: usize = self.outcomes.iter().map(|outcome| outcome.runs.len()).sum();
        let wrong = score::wrong(self.row, self.outcomes).len();
        format!("{} of {all}", all - wrong)
    }
}

fn said(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fires => "fires",
        Verdict::Silent => "silent",
    }
}

const HEADER: [&str; 7] = ["row", "hides", "expected", "cases right", "letter", "row is", "rules"];

impl Card<'_> {
    fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let each = self.rows.iter().zip(self.outcomes).zip(self.scores);
        each.map(|((row, outcomes), score)| Line { row, outcomes, score })
    }

    fn of(&self, start: char) -> impl Iterator<Item = &Score> + Clone {
        let each = self.rows.iter().zip(self.scores);
        each.filter(move |(row, _)| row.id.starts_with(start)).map(|(_, score)| score)
    }

    fn totals(&self) -> (Totals, Totals) {
        (Totals::of(self.of('E')), Totals::of(self.of('V')))
    }

    fn people(&self, out: &mut dyn Write) -> Result<()> {
        let mut table = Table::new();
        table.load_style(presets::UTF8_HORIZONTAL_ONLY);
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(HEADER);
        for line in self.lines() {
            table.add_row(line.cells());
        }
        writeln!(out, "{table}")?;
        for line in self.lines() {
            for (case, run) in score::wrong(line.row, line.outcomes) {
                reason(out, line.row, case, run)?;
            }
        }
        writeln!(out, "{}", self.summary())?;
        Ok(())
    }

    fn summary(&self) -> String {
        let (rows, vectors) = self.totals();
        let mut parts = Vec::new();
        for (totals, noun) in [(rows, "rows"), (vectors, "vectors")] {
            if 0 < totals.all() {
                let unseen = match totals.unseen {
                    0 => String::new(),
                    unseen => format!(", {unseen} not shown by this telemetry"),
                };
                let shown = totals.everywhere + totals.wrong;
                let (hosts, everywhere) = (totals.on_hosts, totals.everywhere);
                parts.push(if hosts == everywhere {
                    format!("{everywhere} of {shown} {noun} right{unseen}")
                } else {
                    format!(
                        "{hosts} of {shown} {noun} right on hosts in any engine, {everywhere} of {shown} in all telemetry in \
                         this engine{unseen}"
                    )
                });
            }
        }
        let letters = score::letters(self.of('E')).into_iter().filter(|(_, count)| 0 < *count);
        let letters: Vec<String> =
            letters.map(|(letter, count)| format!("{letter} {count}")).collect();
        if !letters.is_empty() {
            parts.push(format!("letters: {}", letters.join(", ")));
        }
        parts.join("; ")
    }

    fn csv(&self, out: &mut dyn Write) -> Result<()> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(HEADER)?;
        for line in self.lines() {
            writer.write_record(line.cells())?;
        }
        writer.flush()?;
        Ok(())
    }

    fn markdown(&self, out: &mut dyn Write) -> Result<()> {
        writeln!(out, "| {} |\n|{}", HEADER.join(" | "), " --- |".repeat(HEADER.len()))?;
        for line in self.lines() {
            let cells = line.cells().map(|cell| cell.replace('|', "\\|"));
            writeln!(out, "| {} |", cells.join(" | "))?;
        }
        writeln!(out, "\n{}", self.summary())?;
        Ok(())
    }

    fn json(&self, out: &mut dyn Write) -> Result<()> {
        for line in self.lines() {
            let each = line.row.cases.iter().zip(line.outcomes);
            let cases: Vec<Value> = each
                .flat_map(|(case, outcome)| {
                    outcome.runs.iter().map(move |run| described(case, outcome, run))
                })
                .collect();
            let blind: Vec<Value> = line
                .row
                .blind
                .iter()
                .map(|blind| json!({ "telemetry": blind.telemetry, "reason": blind.reason }))
                .collect();
            let document = json!({
                "row": line.row.id,
                "title": line.row.title,
                "expected": said(line.row.verdict),
                "letter": line.score.letter,
                "right_on_hosts": line.score.on_hosts,
                "right_everywhere": line.score.everywhere,
                "rules": score::rules(line.outcomes),
                "cases": cases,
                "cannot_show": blind,
            });
            writeln!(out, "{document}")?;
        }
        let (rows, vectors) = self.totals();
        let totals = |totals: &Totals| {
            json!({
                "right_on_hosts": totals.on_hosts,
                "right_everywhere": totals.everywhere,
                "wrong": totals.wrong,
                "not_shown": totals.unseen,
            })
        };
        let letters: serde_json::Map<String, Value> = score::letters(self.of('E'))
            .into_iter()
            .map(|(letter, count)| (letter.to_string(), json!(count)))
            .collect();
        let whole =
            json!({ "rows": totals(&rows), "vectors": totals(&vectors), "letters": letters });
        writeln!(out, "{}", json!({ "totals": whole }))?;
        Ok(())
    }
}

fn described(case: &Case, outcome: &Outcome, run: &Run) -> Value {
    let word = |fired: bool| if fired { "fires" } else { "silent" };
    // The reason is written for people, in colours.
    let reason = run.reason.as_ref();
    let reason =
        reason.map(|(rule, told)| json!({ "rule": rule, "told": strip_str(told).to_string() }));
    json!({
        "case": case.title,
        "source": case.source,
        "mapping": run.mapping,
        "expected": said(case.expected),
        "got": word(!run.fired.is_empty()),
        "strict": outcome.readings.strict.map(word),
        "unmapped": outcome.readings.unmapped.map(word),
        "right": run.is_right(case),
        "rules": run.fired,
        "error": run.error,
        "reason": reason,
    })
}

fn reason(out: &mut dyn Write, row: &Row, case: &Case, run: &Run) -> Result<()> {
    let mapping = run.mapping.map(|name| format!(", mapping {name}")).unwrap_or_default();
    writeln!(
        out,
        "\n{} {} ({}{mapping}), {}:{}",
        row.id, case.title, case.source, row.path, case.line
    )?;
    if let Some(error) = &run.error {
        writeln!(out, "  error: {error}")?;
        return Ok(());
    }
    let (what, of) = match case.expected {
        Verdict::Fires => ("no rule fires", "the nearest"),
        Verdict::Silent => ("fires, and must not", "it"),
    };
    writeln!(out, "  {what}")?;
    if let Some((rule, told)) = &run.reason {
        writeln!(out, "  {of}: {rule}")?;
        for line in told.lines().filter(|line| !line.trim().is_empty()) {
            writeln!(out, "    {line}")?;
        }
    }
    Ok(())
}
