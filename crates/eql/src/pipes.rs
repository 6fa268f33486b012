//! Pipes that run: from the rows of a query, one after the other, to other rows or to a table of counts.
//!
//! `head` and `tail` are Elasticsearch's; the others are those of the older dialect of EQL, which an extension brings
//! back. A row is whatever the caller has: beside it stand only the values of the fields that pipes name, kept when the
//! event was read. Rows come in the order of the query's result, and a pipe that needs all of them holds them up to a
//! bound. What has no room is left out and counted.
//!
//! A pipe over sequences sees no fields of their events; the lowering refuses one that would.

mod columns;
mod item;
mod key;
mod program;

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use brokerwatch_ecs::Schema;
use brokerwatch_expr::{Diagnostic, Expr, Scratch};

pub(crate) use self::columns::Columns;
pub use self::item::{Added, Cell, Kept, Output, Row};
use self::item::{Counted, Item};
use self::key::Key;
use self::program::Program;
use crate::limits::{PIPE_KEYS_MAX, PIPE_ROWS_MAX};
use crate::lower::Pipe;

/// Pipes ready to run.
pub struct Pipeline {
    steps: Vec<Step>,
    fields: Vec<String>,
    /// The columns of what comes out.
    columns: Columns,
}

/// One pipe over the columns that it can name.
enum Step {
    Head(u64),
    Tail(u64),
    Filter(Program),
    Unique(Program),
    UniqueCount(Program),
    Count(Program),
    Sort(Program),
}

/// What became of the rows.
#[derive(Debug)]
pub struct Outcome<R> {
    /// The rows that are left, or the table.
    pub output: Output<R>,
    /// How many rows a pipe left out because it had no room for them.
    pub dropped: u64,
}

/// The event fields that pipes name, without the columns that pipes before them give.
pub fn fields(pipes: &[Pipe]) -> BTreeSet<String> {
    let mut columns = Columns::Events;
    let mut names = BTreeSet::new();
    for pipe in pipes {
        for expr in pipe.arguments() {
            expr.visit_fields(&mut |name| {
                if columns.is_of_event(name) {
                    names.insert(name.to_owned());
                }
            });
        }
        columns = columns.after(pipe);
    }
    names
}

/// Whether the order of rows changes nothing, because they are only counted. Then they need not be held and sorted
/// before they are pushed.
pub fn is_order_free(pipes: &[Pipe]) -> bool {
    let first = pipes.iter().find(|pipe| !matches!(pipe, Pipe::Filter(_)));
    matches!(first, Some(Pipe::Count(_)))
}

impl Pipe {
    /// Whether only an extension runs it.
    pub fn is_extension(&self) -> bool {
        !matches!(self, Pipe::Head(_) | Pipe::Tail(_))
    }

    fn arguments(&self) -> &[Expr] {
        match self {
            Pipe::Head(_) | Pipe::Tail(_) => &[],
            Pipe::Filter(condition) => std::slice::from_ref(condition),
            Pipe::Count(keys) | Pipe::Unique(keys) | Pipe::UniqueCount(keys) | Pipe::Sort(keys) => {
                keys
            }
        }
    }
}

impl Pipeline {
    /// Compiles pipes that were lowered with this schema.
    pub fn new(pipes: &[Pipe], schema: &Schema) -> Result<Pipeline, Diagnostic> {
        let fields: Vec<String> = fields(pipes).into_iter().collect();
        let mut columns = Columns::Events;
        let mut steps = Vec::with_capacity(pipes.len());
        for pipe in pipes {
            let named = columns.schema(schema);
            let keys = |keys: &[Expr]| Program::keys(keys, &columns, &named, &fields);
            steps.push(match pipe {
                Pipe::Head(most) => Step::Head(*most),
                Pipe::Tail(most) => Step::Tail(*most),
                Pipe::Filter(condition) => {
                    Step::Filter(Program::condition(condition, &columns, &named, &fields)?)
                }
                Pipe::Unique(by) => Step::Unique(keys(by)?),
                Pipe::UniqueCount(by) => Step::UniqueCount(keys(by)?),
                Pipe::Count(by) => Step::Count(keys(by)?),
                Pipe::Sort(by) => Step::Sort(keys(by)?),
            });
            columns = columns.after(pipe);
        }
        Ok(Pipeline { steps, fields, columns })
    }

    /// The fields whose values have to be kept of each event, in the order in which [`Kept::of`] takes their slots.
    pub fn fields(&self) -> &[String] {
        &self.fields
    }

    /// A run over rows that are still to come.
    pub fn start<R>(&self) -> Run<'_, R> {
        Run {
            columns: self.columns,
            stages: self.steps.iter().map(Stage::new).collect(),
            out: Vec::new(),
            dropped: 0,
            scratch: Scratch::new(),
        }
    }

    /// Runs over rows that are all there. A computation that fails (a division by zero) fails the whole.
    pub fn run<R>(&self, rows: impl IntoIterator<Item = (R, Kept)>) -> Result<Outcome<R>, String> {
        let mut run = self.start();
        for (row, kept) in rows {
            run.push(row, kept)?;
        }
        run.finish()
    }
}

/// A run of pipes over the rows of one query.
pub struct Run<'p, R> {
    columns: Columns,
    /// The pipes that rows still have to pass, with what each remembers.
    stages: VecDeque<Stage<'p, R>>,
    out: Vec<Item<R>>,
    dropped: u64,
    scratch: Scratch,
}

/// A pipe with what it remembers of the rows before.
enum Stage<'p, R> {
    Filter(&'p Program),
    /// How many rows still pass.
    Head(u64),
    Tail {
        most: u64,
        last: VecDeque<Item<R>>,
        /// How many rows were pushed out by later ones.
        gone: u64,
    },
    Unique(&'p Program, HashSet<Box<[u8]>>),
    UniqueCount(&'p Program, Tally<Item<R>>),
    Count(&'p Program, Tally<Key>),
    Sort(&'p Program, Vec<(Key, Item<R>)>),
}

/// What a stage does with a row.
enum Fate<R> {
    /// It goes on to the next stage.
    Passes(Item<R>),
    /// It is part of what the stage remembers, or of no more use.
    Stays,
    /// There is no room for it.
    Dropped,
}

impl<R> Run<'_, R> {
    /// Takes the next row of the result. Fails if a computation on it does.
    pub fn push(&mut self, row: R, kept: Kept) -> Result<(), String> {
        self.feed(Item::Row { row, kept, added: None })
    }

    /// Ends the rows: what stages held back goes on, from the first stage to the last.
    pub fn finish(mut self) -> Result<Outcome<R>, String> {
        while let Some(stage) = self.stages.pop_front() {
            for item in stage.held() {
                self.feed(item)?;
            }
        }
        let output = match self.columns {
            Columns::Nothing | Columns::Events | Columns::Added => item::rows(self.out),
            Columns::Table { keys, percent, .. } => item::table(self.out, keys, percent),
        };
        Ok(Outcome { output, dropped: self.dropped })
    }

    /// Takes an item through the stages that are left.
    fn feed(&mut self, mut item: Item<R>) -> Result<(), String> {
        for stage in &mut self.stages {
            match stage.take(item, &mut self.scratch)? {
                Fate::Passes(on) => item = on,
                Fate::Stays => return Ok(()),
                Fate::Dropped => {
                    self.dropped += 1;
                    return Ok(());
                }
            }
        }
        if self.out.len() < PIPE_ROWS_MAX {
            self.out.push(item);
        } else {
            self.dropped += 1;
        }
        Ok(())
    }
}

impl<'p, R> Stage<'p, R> {
    fn new(step: &'p Step) -> Stage<'p, R> {
        match step {
            Step::Filter(condition) => Stage::Filter(condition),
            Step::Head(most) => Stage::Head(*most),
            Step::Tail(most) => Stage::Tail { most: *most, last: VecDeque::new(), gone: 0 },
            Step::Unique(keys) => Stage::Unique(keys, HashSet::new()),
            Step::UniqueCount(keys) => Stage::UniqueCount(keys, Tally::new(PIPE_ROWS_MAX)),
            Step::Count(keys) if keys.width() == 0 => Stage::Count(keys, Tally::of_all()),
            Step::Count(keys) => Stage::Count(keys, Tally::new(PIPE_KEYS_MAX)),
            Step::Sort(keys) => Stage::Sort(keys, Vec::new()),
        }
    }

    fn take(&mut self, item: Item<R>, scratch: &mut Scratch) -> Result<Fate<R>, String> {
        Ok(match self {
            Stage::Filter(condition) => {
                if condition.holds(&item, scratch)? {
                    Fate::Passes(item)
                } else {
                    Fate::Stays
                }
            }
            Stage::Head(0) => Fate::Stays,
            Stage::Head(left) => {
                *left -= 1;
                Fate::Passes(item)
            }
            Stage::Tail { most, last, gone } => push_last(last, gone, *most, item),
            Stage::Unique(keys, seen) => {
                let identity = keys.key(&item, scratch)?.identity();
                if seen.contains(&identity) {
                    Fate::Stays
                } else if seen.len() < PIPE_KEYS_MAX {
                    seen.insert(identity);
                    Fate::Passes(item)
                } else {
                    Fate::Dropped
                }
            }
            Stage::UniqueCount(keys, tally) => {
                let identity = keys.key(&item, scratch)?.identity();
                tally.add(identity, || item)
            }
            Stage::Count(keys, tally) => {
                let key = keys.key(&item, scratch)?;
                tally.add(key.identity(), || key)
            }
            Stage::Sort(keys, rows) => {
                if PIPE_ROWS_MAX <= rows.len() {
                    return Ok(Fate::Dropped);
                }
                rows.push((keys.key(&item, scratch)?, item));
                Fate::Stays
            }
        })
    }

    /// What was held back until the rows ended, in the order in which it goes on.
    fn held(self) -> Vec<Item<R>> {
        match self {
            Stage::Filter(_) | Stage::Head(_) | Stage::Unique(..) => Vec::new(),
            Stage::Tail { last, .. } => last.into(),
            Stage::UniqueCount(_, tally) => {
                let total = tally.total;
                let counted = |(item, count): (Item<R>, u64)| {
                    item.with(Added { count, percent: share(count, total) })
                };
                tally.entries.into_iter().map(counted).collect()
            }
            Stage::Count(_, tally) => counts(tally),
            Stage::Sort(_, mut rows) => {
                rows.sort_by(|(one, _), (other, _)| one.cmp(other));
                rows.into_iter().map(|(_, item)| item).collect()
            }
        }
    }
}

fn push_last<R>(last: &mut VecDeque<Item<R>>, gone: &mut u64, most: u64, item: Item<R>) -> Fate<R> {
    let room = most.min(PIPE_ROWS_MAX as u64);
    last.push_back(item);
    if (last.len() as u64) <= room {
        return Fate::Stays;
    }
    last.pop_front();
    *gone += 1;
    // The first that go are those for which the pipe asked and the bound has no room.
    if *gone <= most - room { Fate::Dropped } else { Fate::Stays }
}

/// The table of a count: the rarest key first, keys of one count in their own order.
fn counts<R>(tally: Tally<Key>) -> Vec<Item<R>> {
    let total = tally.total;
    let mut entries = tally.entries;
    entries.sort_by(|(one, one_count), (other, other_count)| {
        one_count.cmp(other_count).then_with(|| one.cmp(other))
    });
    let counted = |(key, count): (Key, u64)| {
        let percent = (!key.is_empty()).then(|| share(count, total));
        Item::Counted(Counted { count, percent, key })
    };
    entries.into_iter().map(counted).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a share is rounded whatever it is of")]
fn share(count: u64, total: u64) -> f64 {
    count as f64 / total as f64
}

/// How often each key came, in the order in which they first came.
struct Tally<T> {
    places: HashMap<Box<[u8]>, usize>,
    entries: Vec<(T, u64)>,
    /// How many rows came, also those for whose key there was no room.
    total: u64,
    keys_max: usize,
}

impl Tally<Key> {
    /// The tally of all rows together, which is there even if no row comes.
    fn of_all() -> Tally<Key> {
        let mut tally = Tally::new(1);
        tally.places.insert(Key::default().identity(), 0);
        tally.entries.push((Key::default(), 0));
        tally
    }
}

impl<T> Tally<T> {
    fn new(keys_max: usize) -> Tally<T> {
        Tally { places: HashMap::new(), entries: Vec::new(), total: 0, keys_max }
    }

    fn add<R>(&mut self, identity: Box<[u8]>, first: impl FnOnce() -> T) -> Fate<R> {
        self.total += 1;
        if let Some(&place) = self.places.get(&identity) {
            self.entries[place].1 += 1;
            return Fate::Stays;
        }
        if self.keys_max <= self.entries.len() {
            return Fate::Dropped;
        }
        self.places.insert(identity, self.entries.len());
        self.entries.push((first(), 1));
        Fate::Stays
    }
}
