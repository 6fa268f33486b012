//! What rules are worth: right or wrong row by row, and the letters of the matrix. docs/matrix.md explains it.

use brokerwatch_rules::matrix::{Case, Row, Verdict};

use super::run::{Outcome, Run};

/// What came of a row.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Score {
    /// Whether every case that was run came as expected, in the telemetry of every source; none where no telemetry of the run
    /// can show the row.
    pub(super) everywhere: Option<bool>,
    /// Whether the row is right on hosts, whatever the engine: its letter is Y. A row that no host tells of, and one without
    /// a letter, is taken as it is everywhere.
    pub(super) on_hosts: Option<bool>,
    /// The row's letter; vectors have none.
    pub(super) letter: Option<char>,
}

/// The score of a row.
pub(super) fn row(row: &Row, outcomes: &[Outcome]) -> Score {
    let ran = || row.cases.iter().zip(outcomes).filter(|(_, outcome)| !outcome.runs.is_empty());
    let right = ran().all(|(case, outcome)| outcome.runs.iter().all(|run| run.is_right(case)));
    let everywhere = ran().next().map(|_| right);
    let letter = (everywhere.is_some() && row.letter.is_some()).then(|| letter(row, outcomes));
    let on_hosts = match letter {
        Some(NO_HOST) | None => everywhere,
        Some(letter) => Some(letter == 'Y'),
    };
    Score { everywhere, on_hosts, letter }
}

/// The letter of a row that no host tells of.
const NO_HOST: char = '–';

/// A case as the letters see it.
struct Heard<'a> {
    case: &'a Case,
    fired: bool,
    /// Whether other engines give another verdict.
    differs: bool,
}

/// The letter is about host telemetry in the shape that Elastic gives it: Elastic Defend's where the row has any, else that
/// of other sensors on hosts in Elastic's own mapping.
fn letter(row: &Row, outcomes: &[Outcome]) -> char {
    let ran = || row.cases.iter().zip(outcomes).filter(|(_, outcome)| !outcome.runs.is_empty());
    let defend = ran().filter(|(case, _)| case.source == DEFEND);
    let mut heard: Vec<Heard<'_>> =
        defend.filter_map(|(case, outcome)| heard(case, outcome)).collect();
    // What Elastic has no mapping for counts only where nothing else is there.
    let is_elastic =
        |outcome: &Outcome| outcome.runs.iter().any(|run| run.mapping == Some(ELASTIC));
    for elastic in [true, false] {
        if heard.is_empty() {
            let hosts = ran().filter(|(case, outcome)| {
                is_of_host(&case.source) && is_elastic(outcome) == elastic
            });
            heard = hosts.filter_map(|(case, outcome)| self::heard(case, outcome)).collect();
        }
    }
    if heard.is_empty() {
        return NO_HOST;
    }
    if heard.iter().any(|one| one.differs) {
        return 'E';
    }
    let (attacks, honest): (Vec<_>, Vec<_>) =
        heard.iter().partition(|one| one.case.expected == Verdict::Fires);
    let loud = honest.iter().any(|one| one.fired);
    let caught = attacks.iter().filter(|one| one.fired).count();
    match (attacks.len(), caught, loud) {
        (0, _, true) => 'F',
        (all, caught, false) if caught == all => 'Y',
        (_, 0, false) => 'N',
        _ => 'P',
    }
}

fn heard<'a>(case: &'a Case, outcome: &Outcome) -> Option<Heard<'a>> {
    let elastic = outcome.runs.iter().find(|run| run.mapping == Some(ELASTIC));
    let run = elastic.or(outcome.runs.first());
    let fired = !run?.fired.is_empty();
    let readings = [outcome.readings.strict, outcome.readings.unmapped];
    let differs = readings.into_iter().flatten().any(|other| other != fired);
    Some(Heard { case, fired, differs })
}

/// The mapping that gives what Elastic's pipelines do.
const ELASTIC: &str = "elastic";

/// The name of Elastic Defend's documents in the pages.
const DEFEND: &str = "defend";

/// Whether a source is a sensor on hosts: it knows programs.
fn is_of_host(source: &str) -> bool {
    ["sysmon", "windows", "audit", "laurel", "mde", "osquery", "falco"]
        .iter()
        .any(|start| source.starts_with(start))
}

/// How many of some rows are right, wrong, and not shown by any telemetry of the run.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    /// In the telemetry of every source.
    pub(super) everywhere: usize,
    /// On hosts, whatever the engine.
    pub(super) on_hosts: usize,
    /// Not right everywhere.
    pub(super) wrong: usize,
    pub(super) unseen: usize,
}

impl Totals {
    pub(super) fn of<'s>(scores: impl Iterator<Item = &'s Score>) -> Totals {
        let mut totals = Totals::default();
        for score in scores {
            totals.on_hosts += usize::from(score.on_hosts == Some(true));
            match score.everywhere {
                Some(true) => totals.everywhere += 1,
                Some(false) => totals.wrong += 1,
                None => totals.unseen += 1,
            }
        }
        totals
    }

    pub(super) fn all(&self) -> usize {
        self.everywhere + self.wrong + self.unseen
    }
}

/// The letters in their order, with how many rows have each.
pub(super) fn letters<'s>(scores: impl Iterator<Item = &'s Score>) -> Vec<(char, usize)> {
    let given: Vec<char> = scores.filter_map(|score| score.letter).collect();
    let count = |letter| given.iter().filter(|own| **own == letter).count();
    "YPNFE–".chars().map(|letter| (letter, count(letter))).collect()
}

/// The names of the rules that fired on a row, each once, in order.
pub(super) fn rules(outcomes: &[Outcome]) -> Vec<&str> {
    let mut names: Vec<&str> = outcomes
        .iter()
        .flat_map(|outcome| &outcome.runs)
        .flat_map(|run| &run.fired)
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The runs of a row that are wrong, with their cases.
pub(super) fn wrong<'a>(row: &'a Row, outcomes: &'a [Outcome]) -> Vec<(&'a Case, &'a Run)> {
    let each = row.cases.iter().zip(outcomes);
    each.flat_map(|(case, outcome)| outcome.runs.iter().map(move |run| (case, run)))
        .filter(|(case, run)| !run.is_right(case))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt::Write as _;

    use brokerwatch_rules::matrix::read;

    use super::*;
    use crate::commands::matrix::run::Readings;

    /// A row whose cases are given as source, expectation, whether a rule fired, and whether one fires in strict logic.
    fn scored(cases: &[(&str, &str, bool, bool)]) -> Score {
        let mut page = "# E01 t\n\nw\n\nVerdict: fires\nSeed: Y\n".to_owned();
        for (source, expected, ..) in cases {
            let _ =
                write!(page, "\n## c\n\nw\n\n```raw {source}\n{{}}\n```\n\nExpected: {expected}\n");
        }
        let outcomes: Vec<Outcome> =
            cases.iter().map(|(source, _, fired, other)| outcome(source, *fired, *other)).collect();
        row(&read("E01.md", &page).unwrap(), &outcomes)
    }

    fn outcome(source: &str, fired: bool, other: bool) -> Outcome {
        let mapping = (source != "defend").then_some("elastic");
        let names: BTreeSet<String> = fired.then(|| "A rule".to_owned()).into_iter().collect();
        let readings = if source == "defend" {
            Readings { strict: Some(other), unmapped: None }
        } else {
            Readings::default()
        };
        Outcome { runs: vec![Run { mapping, fired: names, error: None, reason: None }], readings }
    }

    #[test]
    fn letters_follow_the_verdicts() {
        let (hit, miss) = (("defend", "alert", true, true), ("defend", "alert", false, false));
        let (loud, calm) = (("defend", "silence", true, true), ("defend", "silence", false, false));
        let elsewhere = ("sysmon-linux", "alert", false, false);
        for (cases, letter, right) in [
            (&[hit, hit][..], 'Y', true),
            (&[hit, elsewhere], 'Y', false),
            (&[hit, miss], 'P', false),
            (&[hit, loud], 'P', false),
            (&[hit, calm], 'Y', true),
            (&[miss, calm], 'N', false),
            (&[loud], 'F', false),
            (&[calm], 'Y', true),
            (&[("defend", "alert", false, true)], 'E', false),
            (&[elsewhere], 'N', false),
            (&[("zeek-json", "alert", true, true)], '–', true),
        ] {
            let on_hosts = if letter == '–' { right } else { letter == 'Y' };
            let expected =
                Score { everywhere: Some(right), on_hosts: Some(on_hosts), letter: Some(letter) };
            assert_eq!(scored(cases), expected, "{cases:?}");
        }
    }
}
