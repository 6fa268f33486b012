//! The shape of a sequence: what the machine has to know of the query.

use serde::{Deserialize, Serialize};

use crate::lower::Sequence;

/// The shape of a sequence, without its conditions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    brackets: Vec<Bracket>,
    /// Stages that wait for an event.
    positives: usize,
    maxspan_millis: Option<i64>,
    has_until: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Bracket {
    runs: usize,
    part: Part,
}

/// What a bracket is to the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Part {
    /// Waits for an event in each of these positive stages.
    Positive { first: usize, end: usize },
    /// Forbids events before the first positive stage.
    Leading,
    /// Forbids events between this positive stage and the next.
    After(usize),
    /// Forbids events after the last positive stage.
    Trailing,
    /// Ends what is pending.
    Until,
}

impl Plan {
    /// The shape of a query's sequence.
    pub fn of(sequence: &Sequence) -> Plan {
        let positive = |missing: bool, runs: usize| if missing { 0 } else { runs };
        let stages = sequence.stages.iter().map(|stage| (stage.missing, stage.runs as usize));
        let positives: usize = stages.clone().map(|(missing, runs)| positive(missing, runs)).sum();
        assert!(0 < positives, "the parser refuses a sequence that waits for no event");
        let mut before = 0;
        let brackets = stages.map(|(missing, runs)| {
            let first = before;
            before += positive(missing, runs);
            let part = match (missing, first) {
                (false, _) => Part::Positive { first, end: before },
                (true, 0) => Part::Leading,
                (true, first) if first == positives => Part::Trailing,
                (true, first) => Part::After(first - 1),
            };
            Bracket { runs, part }
        });
        Plan {
            brackets: brackets.collect(),
            positives,
            maxspan_millis: sequence.maxspan_ms.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX)),
            has_until: sequence.until.is_some(),
        }
    }

    /// How many brackets the query has, without `until`; also the number of `until` in a [`super::Role`].
    pub fn brackets(&self) -> usize {
        self.brackets.len()
    }

    /// How many entries a result has: a bracket counts once for each of its runs.
    pub fn stages(&self) -> usize {
        self.brackets.iter().map(|bracket| bracket.runs).sum()
    }

    /// The number of the bracket that gives the entry of a result at `place`.
    pub fn bracket_of(&self, place: usize) -> usize {
        let mut end = 0;
        let ends = self.brackets.iter().map(|bracket| {
            end += bracket.runs;
            end
        });
        ends.take_while(|end| *end <= place).count()
    }

    /// The longest time from the first to the last event, in milliseconds.
    pub fn maxspan_millis(&self) -> Option<i64> {
        self.maxspan_millis
    }

    /// Whether the query ends with a missing event, so that a result has to wait until none can come any more.
    pub fn waits(&self) -> bool {
        self.brackets.last().is_some_and(|bracket| bracket.part == Part::Trailing)
    }

    /// The last positive stage.
    pub(super) fn last(&self) -> usize {
        self.positives - 1
    }

    /// Whether the query begins with a missing event.
    pub(super) fn looks_back(&self) -> bool {
        self.brackets.first().is_some_and(|bracket| bracket.part == Part::Leading)
    }

    /// No `maxspan` is longer than all time.
    pub(super) fn span_millis(&self) -> i64 {
        self.maxspan_millis.unwrap_or(i64::MAX)
    }

    /// What the bracket with this number is.
    pub(super) fn part(&self, bracket: usize) -> Part {
        let until = self.has_until.then_some(Part::Until).filter(|_| bracket == self.brackets());
        let part = self.brackets.get(bracket).map(|bracket| bracket.part).or(until);
        part.expect("roles name brackets of the query that the plan is of")
    }

    /// The entries of a result with these positive events.
    pub(super) fn spread<H>(&self, events: Vec<H>) -> Vec<Option<H>> {
        let mut events = events.into_iter();
        let mut entries = Vec::with_capacity(self.stages());
        for bracket in &self.brackets {
            match bracket.part {
                Part::Positive { .. } => {
                    entries.extend(events.by_ref().take(bracket.runs).map(Some));
                }
                _ => entries.extend((0..bracket.runs).map(|_| None)),
            }
        }
        entries
    }
}
