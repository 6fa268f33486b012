//! Threshold rules: how many events of a group there are in a stretch of time.
//!
//! A rule runs whenever its interval is over, in the time of the events, and looks back as far as its `from` says. What
//! is in the same runs is counted together, so that what is kept depends on the number of groups and runs and not on the
//! number of events. An event that an alert counted is not counted again, as in Elastic's history of a rule's signals.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::rc::Rc;

use brokerwatch_ecs::{Event, Slot};
use brokerwatch_eql::keys::{Key, KeyValue, combinations};
use brokerwatch_rules::Rule;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Hit;
use crate::limits::{THRESHOLD_CELLS_MAX, THRESHOLD_GROUPS_MAX, THRESHOLD_VALUES_MAX};

/// What a threshold rule counts.
#[derive(Debug, Clone)]
pub struct Threshold {
    /// Where the fields lie whose values make the groups.
    pub(crate) fields: Vec<Slot>,
    /// Where the fields lie whose different values are counted.
    pub(crate) distinct: Vec<Slot>,
    /// How many events make an alert.
    least: u64,
    /// How many different values of each of the fields `distinct` there must be.
    least_distinct: Vec<u64>,
    runs: Runs,
}

/// When a rule runs, and what it sees.
#[derive(Debug, Clone, Copy)]
struct Runs {
    interval_nanoseconds: i128,
    back_nanoseconds: i128,
}

const SECOND: i128 = 1_000_000_000;

impl Threshold {
    /// `fields` and `distinct` are where the fields of the rule's threshold lie.
    pub(crate) fn new(
        rule: &Rule,
        threshold: &brokerwatch_rules::Threshold,
        fields: Vec<Slot>,
        distinct: Vec<Slot>,
    ) -> Threshold {
        Threshold {
            fields,
            distinct,
            least: threshold.value,
            least_distinct: threshold.cardinality.iter().map(|each| each.value).collect(),
            runs: Runs {
                interval_nanoseconds: i128::from(rule.interval.seconds.max(1)) * SECOND,
                back_nanoseconds: i128::from(rule.from.seconds.max(1)) * SECOND,
            },
        }
    }

    /// The groups that an event is in: one for each combination of values, none if a field is missing.
    pub(crate) fn groups(&self, event: &Event<'_>) -> Vec<Key> {
        keys(&self.fields, event)
    }

    /// The values of an event of each field whose different values are counted.
    pub(crate) fn values(&self, event: &Event<'_>) -> Vec<Vec<KeyValue>> {
        let values = |slot: &Slot| event.values(*slot).iter().map(KeyValue::of).collect();
        self.distinct.iter().map(values).collect()
    }
}

/// The combinations of values of fields, all of which an event must have.
pub(crate) fn keys(fields: &[Slot], event: &Event<'_>) -> Vec<Key> {
    let values: Vec<_> = fields.iter().map(|slot| (event.values(*slot), false)).collect();
    combinations(&values).0
}

/// What a group had when it was enough.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// The events.
    pub count: u64,
    /// How many different values of each field that is counted so.
    pub distinct: Vec<u64>,
    /// When the first event was, in nanoseconds since 1970.
    pub first: i128,
    /// The record of the first event.
    pub first_digest: Uuid,
    /// What the run looked at, in nanoseconds since 1970; none if it was everything.
    pub window: Option<(i128, i128)>,
}

/// The groups of one rule.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counter {
    groups: HashMap<Key, Group>,
    /// The groups that got an event since the last run.
    touched: BTreeSet<Key>,
    /// The number of the next run, if there was an event.
    next: Option<i64>,
    cells: usize,
    values: usize,
    /// How many groups make a look for those that are over worth its time.
    sweep_at: usize,
    /// Events of groups, and values, that a bound left out.
    left_out: u64,
}

/// What a counter knows, to be written down and read back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CounterSnapshot {
    groups: Vec<(Key, Group)>,
    touched: Vec<Key>,
    next: Option<i64>,
    left_out: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Group {
    /// In the order of time.
    cells: VecDeque<Cell>,
    /// The last event.
    last: Rc<Hit>,
}

/// Events that the same runs see.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Cell {
    seen_by: SeenBy,
    count: u64,
    distinct: Vec<BTreeSet<KeyValue>>,
    first: i128,
    first_digest: Uuid,
}

/// The numbers of the runs that see an event; none if the first is past the last, which is so where a rule looks back
/// less than its interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct SeenBy {
    first: i64,
    last: i64,
}

impl Runs {
    fn that_see(self, nanoseconds: i128, once: bool) -> SeenBy {
        if once {
            return SeenBy { first: 0, last: 0 };
        }
        // Run `n` is at `n` intervals since 1970, and sees what is before that.
        let number = |time: i128| {
            i64::try_from(time.div_euclid(self.interval_nanoseconds)).unwrap_or(i64::MAX - 1)
        };
        SeenBy {
            first: number(nanoseconds) + 1,
            last: number(nanoseconds.saturating_add(self.back_nanoseconds)),
        }
    }

    fn window(self, run: i64, once: bool) -> Option<(i128, i128)> {
        let now = i128::from(run).saturating_mul(self.interval_nanoseconds);
        (!once).then(|| (now.saturating_sub(self.back_nanoseconds), now))
    }
}

/// A group that was enough in a run.
pub(crate) struct Enough {
    pub(crate) group: Key,
    pub(crate) tally: Tally,
    pub(crate) last: Rc<Hit>,
}

impl Counter {
    /// The next event in the order of time, with the groups that it is in. What runs before it gives comes first.
    pub(crate) fn push(
        &mut self,
        threshold: &Threshold,
        once: bool,
        hit: &Rc<Hit>,
        (groups, values): (&[Key], &[Vec<KeyValue>]),
        found: &mut Vec<Enough>,
    ) {
        let seen_by = threshold.runs.that_see(hit.order.nanoseconds, once);
        if self.next.is_some_and(|next| next < seen_by.first) {
            self.run(threshold, once, found);
        }
        self.next = Some(seen_by.first);
        if seen_by.last < seen_by.first {
            return;
        }
        for group in groups {
            self.count(group, seen_by, hit, values);
        }
    }

    /// Nothing earlier than this will come: runs what is due.
    pub(crate) fn advance(
        &mut self,
        threshold: &Threshold,
        once: bool,
        watermark: i128,
        found: &mut Vec<Enough>,
    ) {
        let due = |next: i64| {
            i128::from(next).saturating_mul(threshold.runs.interval_nanoseconds) <= watermark
        };
        if !once && self.next.is_some_and(due) {
            self.run(threshold, once, found);
        }
    }

    /// The run that is next. A group without a new event has no more than it had in the run before, so that only those
    /// with one are looked at.
    pub(crate) fn run(&mut self, threshold: &Threshold, once: bool, found: &mut Vec<Enough>) {
        let Some(run) = self.next else { return };
        for key in std::mem::take(&mut self.touched) {
            let Some(group) = self.groups.get_mut(&key) else { continue };
            let over = group.cells.iter().take_while(|cell| cell.seen_by.last < run).count();
            let gone: Vec<Cell> = group.cells.drain(..over).collect();
            let tally = group.tally(threshold.runs.window(run, once));
            self.forget(gone.iter());
            let Some(tally) = tally.filter(|tally| tally.reaches(threshold)) else { continue };
            if let Some(group) = self.groups.remove(&key) {
                self.forget(group.cells.iter());
                found.push(Enough { group: key, tally, last: group.last });
            }
        }
    }

    fn count(&mut self, key: &Key, seen_by: SeenBy, hit: &Rc<Hit>, values: &[Vec<KeyValue>]) {
        if !self.groups.contains_key(key) && !self.has_room(seen_by.first) {
            self.left_out += 1;
            return;
        }
        let group = self
            .groups
            .entry(key.clone())
            .or_insert_with(|| Group { cells: VecDeque::new(), last: Rc::clone(hit) });
        if group.cells.back().is_none_or(|cell| cell.seen_by != seen_by) {
            if THRESHOLD_CELLS_MAX <= self.cells {
                self.left_out += 1;
                return;
            }
            self.cells += 1;
            group.cells.push_back(Cell {
                seen_by,
                count: 0,
                distinct: vec![BTreeSet::new(); values.len()],
                first: hit.order.nanoseconds,
                first_digest: hit.digest,
            });
        }
        group.last = Rc::clone(hit);
        self.touched.insert(key.clone());
        let Some(cell) = group.cells.back_mut() else { return };
        cell.count += 1;
        for (distinct, values) in cell.distinct.iter_mut().zip(values) {
            for value in values {
                if distinct.contains(value) {
                    continue;
                }
                if THRESHOLD_VALUES_MAX <= self.values {
                    self.left_out += 1;
                    continue;
                }
                self.values += 1;
                distinct.insert(value.clone());
            }
        }
    }

    /// Whether one more group can be kept. Groups that no run from `next` on sees make room.
    fn has_room(&mut self, next: i64) -> bool {
        if self.groups.len() < self.sweep_at.clamp(1024, THRESHOLD_GROUPS_MAX) {
            return true;
        }
        let (mut cells, mut values) = (0, 0);
        self.groups.retain(|_, group| {
            let over = group.cells.iter().take_while(|cell| cell.seen_by.last < next).count();
            group.cells.drain(..over);
            cells += group.cells.len();
            values += group.cells.iter().map(Cell::values).sum::<usize>();
            !group.cells.is_empty()
        });
        (self.cells, self.values) = (cells, values);
        self.sweep_at = 2 * self.groups.len();
        self.groups.len() < THRESHOLD_GROUPS_MAX
    }

    fn forget<'c>(&mut self, cells: impl Iterator<Item = &'c Cell>) {
        for cell in cells {
            self.cells -= 1;
            self.values -= cell.values();
        }
    }

    /// Events of groups, and values, that a bound left out.
    pub(crate) fn left_out(&self) -> u64 {
        self.left_out
    }

    /// What the counter knows.
    pub(crate) fn snapshot(&self) -> CounterSnapshot {
        let groups = self.groups.iter().map(|(key, group)| (key.clone(), group.clone()));
        let mut groups: Vec<(Key, Group)> = groups.collect();
        groups.sort_by(|a, b| a.0.cmp(&b.0));
        CounterSnapshot {
            groups,
            touched: self.touched.iter().cloned().collect(),
            next: self.next,
            left_out: self.left_out,
        }
    }

    /// Takes up what another counter knew.
    pub(crate) fn restore(snapshot: CounterSnapshot) -> Counter {
        let CounterSnapshot { groups, touched, next, left_out } = snapshot;
        let cells = groups.iter().map(|(_, group)| group.cells.len()).sum();
        let all = groups.iter().flat_map(|(_, group)| &group.cells);
        let values = all.map(Cell::values).sum();
        Counter {
            cells,
            values,
            groups: groups.into_iter().collect(),
            touched: touched.into_iter().collect(),
            next,
            sweep_at: 0,
            left_out,
        }
    }
}

impl Cell {
    fn values(&self) -> usize {
        self.distinct.iter().map(BTreeSet::len).sum()
    }
}

impl Group {
    /// What its cells are together; `None` if there are none.
    fn tally(&self, window: Option<(i128, i128)>) -> Option<Tally> {
        let first = self.cells.front()?;
        let distinct = (0..first.distinct.len()).map(|field| {
            let values = self.cells.iter().filter_map(|cell| cell.distinct.get(field)).flatten();
            values.collect::<BTreeSet<_>>().len() as u64
        });
        Some(Tally {
            count: self.cells.iter().map(|cell| cell.count).sum(),
            distinct: distinct.collect(),
            first: first.first,
            first_digest: first.first_digest,
            window,
        })
    }
}

impl Tally {
    fn reaches(&self, threshold: &Threshold) -> bool {
        threshold.least <= self.count
            && threshold.least_distinct.iter().zip(&self.distinct).all(|(least, has)| least <= has)
    }
}
