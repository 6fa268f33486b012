//! What is kept for one key: its candidates, and when its forbidden events came.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::moment::Moment;

/// A sequence that has begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Candidate<H> {
    /// The positive stage that it has reached.
    pub(super) stage: usize,
    pub(super) first: Moment,
    pub(super) last: Moment,
    /// The ordinal of its last event.
    pub(super) order: u64,
    /// When the latest forbidden event before the first event came.
    pub(super) leading_millis: Option<i64>,
    /// When the first forbidden event after the last event came.
    pub(super) forbidden_millis: Option<i64>,
    /// A forbidden event came between two of its events. It still takes its place from older candidates, and gives no
    /// result in the end.
    pub(super) is_doomed: bool,
    /// One per positive stage reached.
    pub(super) events: Vec<H>,
}

impl<H> Candidate<H> {
    /// Moves one stage on.
    pub(super) fn extend(&mut self, moment: Moment, order: u64, event: H) {
        let forbidden = self.forbidden_millis.take();
        self.is_doomed |= forbidden.is_some_and(|forbidden| forbidden < moment.millis);
        self.stage += 1;
        self.last = moment;
        self.order = order;
        self.events.push(event);
    }

    /// Notes that an event came which must not come before the next stage is reached.
    pub(super) fn forbid(&mut self, millis: i64) {
        if self.last.millis < millis {
            self.forbidden_millis.get_or_insert(millis);
        }
    }
}

/// What is kept for one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State<H> {
    pub(super) leading: Latest,
    /// At most one per stage, lowest stage first. No candidate overtakes another, because it replaces the one that it
    /// catches up with; so a higher stage means an earlier first event.
    pub(super) pending: Vec<Candidate<H>>,
    /// Complete but for the missing events at the end, earliest first event first.
    pub(super) waiting: VecDeque<Candidate<H>>,
    /// Until when the first of them waits, as the machine has it in its list.
    #[serde(skip)]
    pub(super) due_millis: Option<i64>,
}

// Derived, it would ask that handles have a default.
impl<H> Default for State<H> {
    fn default() -> State<H> {
        State {
            leading: Latest::default(),
            pending: Vec::new(),
            waiting: VecDeque::new(),
            due_millis: None,
        }
    }
}

impl<H> State<H> {
    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty() && self.waiting.is_empty() && !self.leading.is_some()
    }

    /// Where the candidate that has reached `stage` stands in `pending`.
    pub(super) fn place(&self, stage: usize) -> Option<usize> {
        self.pending.binary_search_by_key(&stage, |candidate| candidate.stage).ok()
    }

    pub(super) fn candidates(&self) -> impl Iterator<Item = &Candidate<H>> {
        self.pending.iter().chain(&self.waiting)
    }
}

/// The two latest distinct times at which forbidden events came.
///
/// Two, because the latest may be that of the very event before which one is looked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Latest {
    latest: Option<i64>,
    earlier: Option<i64>,
}

impl Latest {
    pub(super) fn record(&mut self, millis: i64) {
        if self.latest < Some(millis) {
            self.earlier = self.latest.replace(millis);
        }
    }

    /// The latest time before `millis`.
    pub(super) fn before(self, millis: i64) -> Option<i64> {
        self.latest.filter(|latest| *latest < millis).or(self.earlier)
    }

    pub(super) fn is_some(self) -> bool {
        self.latest.is_some()
    }
}
