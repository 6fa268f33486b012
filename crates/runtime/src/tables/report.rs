//! What was read and what was not, for whoever tells the user after a run.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use brokerwatch_ingest::Defect;

use super::rows::Built;
use crate::events::{Counts, Piece};
use crate::limits::DEFECTS_REPORTED_MAX;
use crate::{Input, Item};

/// What was read of all sources in the last run of a query.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Report {
    /// What records were. A value that the type of its column cannot hold counts as ill typed.
    pub counts: Counts,
    /// Inputs that were read to their end.
    pub inputs: u64,
    /// Inputs that could not be opened, recognised or read to their end, with the reason.
    pub unread: Vec<(String, String)>,
    /// The first records that were malformed, each with the path of its input.
    pub defects: Vec<(String, Defect)>,
}

/// What was read of one source.
#[derive(Debug, Default)]
pub(super) struct SourceReport {
    report: Report,
    failed: bool,
}

impl SourceReport {
    /// Counts files that hold rows, not records.
    pub(super) fn count(&mut self, inputs: u64, events: u64, passed_over: u64) {
        self.report.inputs += inputs;
        self.report.counts.events += events;
        self.report.counts.passed_over += passed_over;
    }

    /// Counts values that the types of their columns cannot hold.
    pub(super) fn ill_typed(&mut self, values: u64) {
        self.report.counts.ill_typed += values;
    }

    /// Notes files that could not be read to their end, each with the reason.
    pub(super) fn unread(&mut self, files: impl IntoIterator<Item = (Arc<str>, String)>) {
        let named = files.into_iter().map(|(file, why)| (file.to_string(), why));
        self.report.unread.extend(named);
    }

    /// Takes in what came of an input.
    pub(super) fn take(&mut self, input: &Input, item: &Item<Piece<Built>>) {
        let report = &mut self.report;
        match item {
            Item::Output(piece) => {
                report.counts.add(piece.counts);
                report.counts.ill_typed += piece.output.ill_typed;
                let room = DEFECTS_REPORTED_MAX.saturating_sub(report.defects.len());
                let shown = piece.defects.iter().take(room);
                report.defects.extend(shown.map(|defect| (piece.path(input), defect.clone())));
            }
            Item::Failed(error) => {
                self.failed = true;
                report.unread.push((input.name(), error.to_string()));
            }
            Item::End => {
                report.inputs += u64::from(!self.failed);
                self.failed = false;
            }
        }
    }
}

/// The reports of the parts of sources, by the numbers of source and part.
#[derive(Debug, Default)]
pub(super) struct Reports(Mutex<BTreeMap<(usize, usize), Report>>);

impl Reports {
    /// Notes what was read of a part. A plan can read one several times; the reading that saw most counts.
    pub(super) fn set(&self, part: (usize, usize), new: SourceReport) {
        let seen = |report: &Report| {
            let counts = &report.counts;
            (report.inputs, counts.events + counts.passed_over + counts.malformed, counts.events)
        };
        let mut reports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = reports.entry(part).or_default();
        if seen(known) <= seen(&new.report) {
            *known = new.report;
        }
    }

    /// Gives what was read of all sources, and forgets it.
    pub(super) fn take(&self) -> Report {
        let mut reports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = Report::default();
        for (_, report) in std::mem::take(&mut *reports) {
            all.counts.add(report.counts);
            all.inputs += report.inputs;
            all.unread.extend(report.unread);
            all.defects.extend(report.defects);
        }
        all.defects.truncate(DEFECTS_REPORTED_MAX);
        all
    }
}
