//! What goes through pipes: rows with the values that pipes read of them, and the lines of a table.

use std::fmt;

use brokerwatch_ecs::{Event, Slot, Value};
use brokerwatch_expr::Literal;

use super::columns::{Column, key_name};
use super::key::Key;

/// What pipes give.
#[derive(Debug)]
pub enum Output<R> {
    /// Rows that were pushed, with what pipes added to them.
    Rows(Vec<Row<R>>),
    /// What was counted.
    Table {
        /// The names of the columns: `count`, `percent` where there are keys, and `key`, or `keys` for several.
        columns: Vec<&'static str>,
        /// The lines, a cell for each column.
        rows: Vec<Vec<Cell>>,
    },
}

/// A row that came through all pipes.
#[derive(Debug)]
pub struct Row<R> {
    /// The row as it was pushed.
    pub row: R,
    /// What `unique_count` added.
    pub added: Option<Added>,
}

/// How many rows had the key of this one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Added {
    /// How many there were.
    pub count: u64,
    /// Their part of all rows, from 0 to 1.
    pub percent: f64,
}

/// One value of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// One value, or null.
    One(Literal),
    /// The keys, or the values of a field that has several.
    List(Vec<Cell>),
}

/// The values of the fields that pipes name, kept of one event.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Kept(Box<[Box<[Literal]>]>);

/// What a step takes and gives.
pub(super) enum Item<R> {
    Row { row: R, kept: Kept, added: Option<Added> },
    Counted(Counted),
}

/// One line of a count.
pub(super) struct Counted {
    pub(super) count: u64,
    pub(super) percent: Option<f64>,
    /// Empty if everything was counted together.
    pub(super) key: Key,
}

impl Kept {
    /// The values of an event in these slots, one for each of [`super::Pipeline::fields`] and in their order.
    pub fn of(event: &Event<'_>, slots: &[Slot]) -> Kept {
        let values = |&slot: &Slot| event.values(slot).iter().copied().map(Literal::of).collect();
        Kept(slots.iter().map(values).collect())
    }

    /// About how much memory they take.
    pub fn bytes(&self) -> usize {
        let text = |value: &Literal| match value {
            Literal::Keyword(text) | Literal::Version(text) => text.len(),
            _ => 0,
        };
        let field = |values: &[Literal]| -> usize {
            size_of_val(values) + values.iter().map(text).sum::<usize>()
        };
        size_of_val(&*self.0) + self.0.iter().map(|values| field(values)).sum::<usize>()
    }
}

impl<R> Item<R> {
    /// Calls `visit` with each value of a column.
    pub(super) fn values<'i>(&'i self, column: Column, visit: &mut dyn FnMut(Value<'i>)) {
        match (self, column) {
            (Item::Row { kept, .. }, Column::Field(place)) => {
                let values = kept.0.get(place).into_iter().flatten();
                values.filter_map(Literal::value).for_each(visit);
            }
            (Item::Counted(counted), Column::Key) if counted.key.is_empty() => {
                visit(Value::Keyword(TOTALS));
            }
            (Item::Counted(counted), Column::Key) => counted.key.values().for_each(visit),
            (_, Column::Count) => self.count().map(long).into_iter().for_each(visit),
            (_, Column::Percent) => self.percent().map(Value::Double).into_iter().for_each(visit),
            (Item::Row { .. }, Column::Key)
            | (Item::Counted(_), Column::Field(_))
            | (_, Column::Nothing) => {}
        }
    }

    fn count(&self) -> Option<u64> {
        match self {
            Item::Row { added, .. } => added.map(|added| added.count),
            Item::Counted(counted) => Some(counted.count),
        }
    }

    fn percent(&self) -> Option<f64> {
        match self {
            Item::Row { added, .. } => added.map(|added| added.percent),
            Item::Counted(counted) => counted.percent,
        }
    }

    /// The item with another count.
    pub(super) fn with(self, added: Added) -> Item<R> {
        match self {
            Item::Row { row, kept, .. } => Item::Row { row, kept, added: Some(added) },
            Item::Counted(Counted { key, .. }) => {
                Item::Counted(Counted { count: added.count, percent: Some(added.percent), key })
            }
        }
    }
}

/// The key of the one line of a count without keys.
const TOTALS: &str = "totals";

fn long(count: u64) -> Value<'static> {
    Value::Long(i64::try_from(count).unwrap_or(i64::MAX))
}

/// The rows of pipes without a count.
pub(super) fn rows<R>(items: Vec<Item<R>>) -> Output<R> {
    let row = |item| match item {
        Item::Row { row, added, .. } => Some(Row { row, added }),
        Item::Counted(_) => None,
    };
    Output::Rows(items.into_iter().filter_map(row).collect())
}

/// The table of pipes whose last count has so many keys.
pub(super) fn table<R>(items: Vec<Item<R>>, keys: usize, percent: bool) -> Output<R> {
    let mut columns = vec!["count"];
    if percent {
        columns.push("percent");
    }
    columns.push(key_name(keys));
    let line = |item: Item<R>| match item {
        Item::Counted(counted) => Some(counted.cells(percent)),
        Item::Row { .. } => None,
    };
    Output::Table { columns, rows: items.into_iter().filter_map(line).collect() }
}

impl Counted {
    fn cells(self, percent: bool) -> Vec<Cell> {
        let mut cells = vec![Cell::One(Literal::of(long(self.count)))];
        if percent {
            cells.push(Cell::One(self.percent.map_or(Literal::Null, Literal::Double)));
        }
        cells.push(if self.key.is_empty() {
            Cell::One(Literal::Keyword(TOTALS.into()))
        } else {
            self.key.cell()
        });
        cells
    }
}

/// The value as a table shows it: text as it is, lists with commas, and lists in lists in brackets.
impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cell::One(literal) => match literal.value() {
                Some(value) => value.fmt(f),
                None => f.write_str("null"),
            },
            Cell::List(cells) => {
                for (i, cell) in cells.iter().enumerate() {
                    if 0 < i {
                        f.write_str(", ")?;
                    }
                    match cell {
                        Cell::One(_) => cell.fmt(f)?,
                        Cell::List(_) => write!(f, "[{cell}]")?,
                    }
                }
                Ok(())
            }
        }
    }
}
