//! Aggregates of our own as aggregate functions of DataFusion: groups, filters, partitions and memory settled around
//! what an aggregate does with the values of a row.
//!
//! DataFusion asks for one accumulator where there are no groups and for one object over all groups where there are.
//! Both are written here once, over [`Accumulate`]. A state travels between partitions as one list column per part.

use std::fmt::Debug;
use std::hash::{Hash, Hasher};
use std::mem::size_of;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray};
use datafusion::arrow::datatypes::{DataType as ArrowType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};

use crate::block::{Block, Builder};
use crate::types::DataType;
use crate::value::Value;
use crate::warnings::{Failure, Site};

/// What an aggregate does with the rows of one group.
///
/// A new group begins as a clone of the empty accumulator, which must not own memory beyond itself.
pub(super) trait Accumulate: Clone + Debug + Send + Sync + 'static {
    /// The types of the parts of a state, each a list of values.
    fn parts(&self) -> Vec<DataType>;

    /// Takes a row: the values of each argument. A row that fails adds nothing of what failed.
    fn update(&mut self, row: Row<'_, '_>) -> Result<(), Failure>;

    /// Pushes one list into each part.
    fn save(&self, parts: &mut [Builder]);

    /// Takes what [`Accumulate::save`] pushed for other rows of the group.
    fn merge(&mut self, state: Row<'_, '_>);

    /// Pushes the result as one row; nothing where it fails. May be asked for more than once.
    fn finish(&mut self, into: &mut Builder) -> Result<(), Failure>;

    /// The bytes owned beyond the accumulator itself. Asked before and after every row, so it must be quick.
    fn heap(&self) -> usize {
        0
    }
}

/// The values of one row: a list for each argument, empty for null.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'r, 'v> {
    values: &'r [Value<'v>],
    ends: &'r [usize],
}

impl<'r, 'v> Row<'r, 'v> {
    /// The values of the argument at a place; none where there is no such argument.
    pub(super) fn list(&self, at: usize) -> &'r [Value<'v>] {
        let start = at.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied());
        match (start, self.ends.get(at)) {
            (Some(start), Some(end)) => &self.values[start..*end],
            _ => &[],
        }
    }

    /// The first value of the argument at a place.
    pub(super) fn first(&self, at: usize) -> Option<Value<'v>> {
        self.list(at).first().copied()
    }
}

/// The columns of a batch, to be read row by row.
struct Reader<'a> {
    blocks: Vec<Block<'a>>,
    values: Vec<Value<'a>>,
    ends: Vec<usize>,
}

impl<'a> Reader<'a> {
    fn new(arrays: &'a [ArrayRef], types: &[DataType]) -> Result<Reader<'a>> {
        let blocks = arrays.iter().zip(types).map(|(array, ty)| Block::new(array, *ty));
        let blocks = blocks.collect::<Result<Vec<_>>>()?;
        Ok(Reader { blocks, values: Vec::new(), ends: Vec::new() })
    }

    fn row(&mut self, at: usize) -> Row<'_, 'a> {
        self.values.clear();
        self.ends.clear();
        for block in &self.blocks {
            block.read(at, &mut self.values);
            self.ends.push(self.values.len());
        }
        Row { values: &self.values, ends: &self.ends }
    }
}

/// What all groups of one aggregate share.
#[derive(Debug)]
pub(super) struct Shape {
    /// The types of the arguments.
    pub(super) types: Vec<DataType>,
    /// The type of the result.
    pub(super) returns: DataType,
    /// Whether the result may have several values.
    pub(super) multi: bool,
    /// Where failures are told.
    pub(super) site: Site,
}

impl Shape {
    fn tell(&self, result: Result<(), Failure>) -> bool {
        result.inspect_err(|failure| self.site.fail(failure)).is_ok()
    }

    fn results<A: Accumulate>(&self, groups: &mut [A]) -> Result<ArrayRef> {
        let mut results = Builder::new(self.returns, self.multi, groups.len());
        for group in groups {
            if !self.tell(group.finish(&mut results)) {
                results.push(&[]);
            }
        }
        results.finish()
    }
}

fn states<A: Accumulate>(empty: &A, groups: &[A]) -> Result<Vec<ArrayRef>> {
    let new = |ty| Builder::new(ty, true, groups.len());
    let mut parts: Vec<Builder> = empty.parts().into_iter().map(new).collect();
    for group in groups {
        group.save(&mut parts);
    }
    parts.into_iter().map(Builder::finish).collect()
}

/// An aggregate at one place of a query, as a function of DataFusion.
///
/// Two are never the same, even of one aggregate with the same arguments: each tells its own failures.
#[derive(Debug)]
pub(super) struct Udaf {
    id: u64,
    name: String,
    shape: Arc<Shape>,
    empty: Box<dyn Kind>,
    signature: Signature,
}

impl Udaf {
    pub(super) fn create<A: Accumulate>(name: &str, shape: Shape, empty: A) -> AggregateUDF {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        AggregateUDF::new_from_impl(Udaf {
            id,
            // DataFusion names columns after it, and two of one plan must differ.
            name: format!("{name}#{id}"),
            shape: Arc::new(shape),
            empty: Box::new(empty),
            signature: Signature::variadic_any(Volatility::Immutable),
        })
    }
}

/// [`Accumulate`] without its type.
trait Kind: Debug + Send + Sync {
    fn parts(&self) -> Vec<DataType>;
    fn one(&self, shape: &Arc<Shape>) -> Box<dyn Accumulator>;
    fn groups(&self, shape: &Arc<Shape>) -> Box<dyn GroupsAccumulator>;
}

impl<A: Accumulate> Kind for A {
    fn parts(&self) -> Vec<DataType> {
        Accumulate::parts(self)
    }

    fn one(&self, shape: &Arc<Shape>) -> Box<dyn Accumulator> {
        Box::new(One { shape: shape.clone(), empty: self.clone(), group: self.clone() })
    }

    fn groups(&self, shape: &Arc<Shape>) -> Box<dyn GroupsAccumulator> {
        Box::new(Groups { shape: shape.clone(), empty: self.clone(), each: Vec::new(), heap: 0 })
    }
}

impl AggregateUDFImpl for Udaf {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[ArrowType]) -> Result<ArrowType> {
        Ok(self.shape.returns.arrow_column(self.shape.multi))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let field = |(at, ty): (usize, DataType)| {
            let name = format_state_name(args.name, &at.to_string());
            Arc::new(Field::new(name, ty.arrow_column(true), true))
        };
        Ok(self.empty.parts().into_iter().enumerate().map(field).collect())
    }

    fn accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(self.empty.one(&self.shape))
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(
        &self,
        _: AccumulatorArgs<'_>,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(self.empty.groups(&self.shape))
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }
}

impl PartialEq for Udaf {
    fn eq(&self, other: &Udaf) -> bool {
        self.id == other.id
    }
}

impl Eq for Udaf {}

impl Hash for Udaf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

/// The only group where there is no `BY`.
#[derive(Debug)]
struct One<A> {
    shape: Arc<Shape>,
    empty: A,
    group: A,
}

impl<A: Accumulate> Accumulator for One<A> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let mut reader = Reader::new(values, &self.shape.types)?;
        for row in 0..rows(values) {
            self.shape.tell(self.group.update(reader.row(row)));
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let mut reader = Reader::new(states, &Accumulate::parts(&self.empty))?;
        for row in 0..rows(states) {
            self.group.merge(reader.row(row));
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let parts = states(&self.empty, std::slice::from_ref(&self.group))?;
        parts.iter().map(|part| ScalarValue::try_from_array(part, 0)).collect()
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let result = self.shape.results(std::slice::from_mut(&mut self.group))?;
        ScalarValue::try_from_array(&result, 0)
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.group.heap()
    }
}

/// All groups.
struct Groups<A> {
    shape: Arc<Shape>,
    empty: A,
    each: Vec<A>,
    /// What the groups own. Kept up to date, since DataFusion asks after each batch and there may be many groups.
    heap: usize,
}

impl<A: Accumulate> Groups<A> {
    fn grow(&mut self, count: usize) {
        if self.each.len() < count {
            self.each.resize(count, self.empty.clone());
        }
    }

    fn change<T>(&mut self, group: usize, change: impl FnOnce(&mut A) -> T) -> T {
        let group = &mut self.each[group];
        let before = group.heap();
        let changed = change(group);
        self.heap = (self.heap + group.heap()).saturating_sub(before);
        changed
    }

    fn take(&mut self, emit_to: EmitTo) -> Vec<A> {
        let taken = emit_to.take_needed(&mut self.each);
        let heap = taken.iter().map(Accumulate::heap).sum();
        self.heap = self.heap.saturating_sub(heap);
        taken
    }
}

impl<A: Accumulate> GroupsAccumulator for Groups<A> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.grow(total_num_groups);
        let shape = self.shape.clone();
        let mut reader = Reader::new(values, &shape.types)?;
        for (row, group) in group_indices.iter().enumerate() {
            if passes(filter, row) {
                let read = reader.row(row);
                shape.tell(self.change(*group, |group| group.update(read)));
            }
        }
        Ok(())
    }

    fn merge_batch(
        &mut self,
        states: &[ArrayRef],
        group_indices: &[usize],
        total_num_groups: usize,
    ) -> Result<()> {
        self.grow(total_num_groups);
        let mut reader = Reader::new(states, &Accumulate::parts(&self.empty))?;
        for (row, group) in group_indices.iter().enumerate() {
            let read = reader.row(row);
            self.change(*group, |group| group.merge(read));
        }
        Ok(())
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let mut reader = Reader::new(values, &self.shape.types)?;
        let mut groups = vec![self.empty.clone(); rows(values)];
        for (row, group) in groups.iter_mut().enumerate() {
            if passes(filter, row) {
                self.shape.tell(group.update(reader.row(row)));
            }
        }
        states(&self.empty, &groups)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let taken = self.take(emit_to);
        states(&self.empty, &taken)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let mut taken = self.take(emit_to);
        self.shape.results(&mut taken)
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.each.capacity() * size_of::<A>() + self.heap
    }
}

fn rows(arrays: &[ArrayRef]) -> usize {
    arrays.first().map_or(0, Array::len)
}

/// A row whose filter is null does not pass.
fn passes(filter: Option<&BooleanArray>, row: usize) -> bool {
    filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row))
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::Int64Array;

    use super::*;
    use crate::value::Scalar;
    use crate::warnings::Warnings;
    use brokerwatch_expr::Span;

    /// The values of a group as they came, and where a failure is provoked.
    #[derive(Debug, Clone, Default)]
    struct Log(Vec<i64>);

    impl Accumulate for Log {
        fn parts(&self) -> Vec<DataType> {
            vec![DataType::Long]
        }

        fn update(&mut self, row: Row<'_, '_>) -> Result<(), Failure> {
            let values = row.list(0).iter().filter_map(Value::as_i64);
            self.0.extend(values.clone());
            if values.clone().any(|value| value < 0) {
                return Err(Failure::argument("negative"));
            }
            Ok(())
        }

        fn save(&self, parts: &mut [Builder]) {
            let values: Vec<Value<'_>> = self.0.iter().copied().map(Value::Long).collect();
            parts[0].push(&values);
        }

        fn merge(&mut self, state: Row<'_, '_>) {
            self.0.extend(state.list(0).iter().filter_map(Value::as_i64));
        }

        fn finish(&mut self, into: &mut Builder) -> Result<(), Failure> {
            if self.0.contains(&99) {
                return Err(Failure::arithmetic("too many"));
            }
            self.save(std::slice::from_mut(into));
            Ok(())
        }

        fn heap(&self) -> usize {
            self.0.capacity() * size_of::<i64>()
        }
    }

    fn groups() -> (Groups<Log>, Arc<Warnings>) {
        let warnings = Warnings::new("");
        let site = Site { warnings: warnings.clone(), span: Span::default() };
        let (types, returns) = (vec![DataType::Long], DataType::Long);
        let shape = Arc::new(Shape { types, returns, multi: true, site });
        let empty = Log::default();
        (Groups { shape, empty, each: Vec::new(), heap: 0 }, warnings)
    }

    fn longs(values: &[Option<i64>]) -> [ArrayRef; 1] {
        [Arc::new(Int64Array::from(values.to_vec()))]
    }

    fn read(array: &ArrayRef) -> Vec<Vec<i64>> {
        let block = Block::new(array, DataType::Long).unwrap();
        let row = |row| {
            let mut values = Vec::new();
            block.read(row, &mut values);
            values.iter().filter_map(Value::as_i64).collect()
        };
        (0..array.len()).map(row).collect()
    }

    #[test]
    fn the_first_groups_leave_and_the_others_move_up() {
        let (mut groups, _) = groups();
        let empty = groups.size();
        let values = longs(&[Some(1), None, Some(3), Some(4), Some(5)]);
        groups.update_batch(&values, &[0, 0, 1, 2, 0], None, 4).unwrap();
        assert!(groups.size() >= empty + 4 * size_of::<Log>() + 4 * size_of::<i64>());
        assert_eq!(read(&groups.evaluate(EmitTo::First(1)).unwrap()), [vec![1, 5]]);
        // What was group 1 is group 0 now.
        groups.update_batch(&longs(&[Some(6)]), &[0], None, 3).unwrap();
        let state = groups.state(EmitTo::First(2)).unwrap();
        assert_eq!(read(&state[0]), [vec![3, 6], vec![4]]);
        groups.merge_batch(&state, &[1, 0], 2).unwrap();
        assert_eq!(read(&groups.evaluate(EmitTo::All).unwrap()), [vec![4], vec![3, 6]]);
        assert_eq!(groups.heap, 0, "groups that left own nothing");
    }

    #[test]
    fn only_rows_whose_filter_is_true_count() {
        let (mut groups, _) = groups();
        let filter = BooleanArray::from(vec![Some(true), Some(false), None]);
        let values = longs(&[Some(1), Some(2), Some(3)]);
        let state = groups.convert_to_state(&values, Some(&filter)).unwrap();
        assert_eq!(read(&state[0]), [vec![1], vec![], vec![]]);
        groups.update_batch(&values, &[0, 0, 0], Some(&filter), 1).unwrap();
        assert_eq!(read(&groups.evaluate(EmitTo::All).unwrap()), [vec![1]]);
    }

    #[test]
    fn failures_are_told_and_leave_no_value() {
        let (mut groups, warnings) = groups();
        groups.update_batch(&longs(&[Some(-1), Some(99)]), &[0, 1], None, 2).unwrap();
        assert_eq!(read(&groups.evaluate(EmitTo::All).unwrap()), [vec![-1], vec![]]);
        let all = warnings.all();
        assert_eq!(all.len(), 3);
        assert!(all[1].ends_with("java.lang.IllegalArgumentException: negative"));
        assert!(all[2].ends_with("java.lang.ArithmeticException: too many"));
    }

    #[test]
    fn a_row_without_an_argument_has_no_values_of_it() {
        let values = [Scalar::Long(1), Scalar::Long(2)];
        let values: Vec<Value<'_>> = values.iter().map(Scalar::get).collect();
        let row = Row { values: &values, ends: &[0, 2] };
        assert_eq!((row.list(0).len(), row.list(1).len(), row.list(2).len()), (0, 2, 0));
        assert_eq!((row.first(0), row.first(1)), (None, Some(Value::Long(1))));
    }
}
