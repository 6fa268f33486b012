//! Which Parquet files a query does not open, because the times of their rows cannot pass its filters.
//!
//! Months of events are many files, and a hunt asks for the time first. DataFusion leaves out groups of rows by all their
//! columns, but has to open a file for that.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray};
use datafusion::arrow::datatypes::{DataType, Schema, SchemaRef};
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column, Result, ScalarValue};
use datafusion::parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use datafusion::parquet::file::metadata::ParquetMetaData;
use datafusion::parquet::schema::types::SchemaDescriptor;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;

use super::parquet::ParquetFile;

/// The column that says when an event was.
const TIMESTAMP: &str = "@timestamp";

/// The least and the greatest time of the rows of a file, if its statistics say so of every group of rows.
pub(super) fn of(
    metadata: &ParquetMetaData,
    columns: &SchemaDescriptor,
    schema: &Schema,
) -> Option<(ScalarValue, ScalarValue)> {
    let converter = StatisticsConverter::try_new(TIMESTAMP, schema, columns).ok()?;
    let least = converter.row_group_mins(metadata.row_groups()).ok()?;
    let greatest = converter.row_group_maxes(metadata.row_groups()).ok()?;
    Some((outermost(&least, |a, b| a < b)?, outermost(&greatest, |a, b| b < a)?))
}

/// The value that is before all others; `None` if one is not known.
fn outermost(
    values: &ArrayRef,
    before: impl Fn(&ScalarValue, &ScalarValue) -> bool,
) -> Option<ScalarValue> {
    let mut found: Option<ScalarValue> = None;
    for row in 0..values.len() {
        let value =
            ScalarValue::try_from_array(values, row).ok().filter(|value| !value.is_null())?;
        if found.as_ref().is_none_or(|found| before(&value, found)) {
            found = Some(value);
        }
    }
    found
}

/// The files that may have rows of which the predicate is true.
pub(super) fn within<'f>(
    files: &'f [ParquetFile],
    predicate: &Arc<dyn PhysicalExpr>,
    schema: &SchemaRef,
) -> Result<Vec<&'f ParquetFile>> {
    let all = || files.iter().collect();
    let Ok(field) = schema.field_with_name(TIMESTAMP) else { return Ok(all()) };
    let pruning = PruningPredicateBuilder::new().with_file_schema(Arc::clone(schema));
    let Some(pruning) = pruning.build(Arc::clone(predicate)) else { return Ok(all()) };
    let kept = pruning.prune(&Times { files, ty: field.data_type() })?;
    Ok(files.iter().zip(kept).filter_map(|(file, kept)| kept.then_some(file)).collect())
}

/// What is known of files before they are opened.
struct Times<'f> {
    files: &'f [ParquetFile],
    /// The type that the column is read as.
    ty: &'f DataType,
}

impl Times<'_> {
    fn of(
        &self,
        column: &Column,
        end: impl Fn(&(ScalarValue, ScalarValue)) -> &ScalarValue,
    ) -> Option<ArrayRef> {
        if column.name != TIMESTAMP {
            return None;
        }
        let null = ScalarValue::try_from(self.ty).ok()?;
        let value = |file: &ParquetFile| {
            let known = file.times.as_ref().and_then(|times| end(times).cast_to(self.ty).ok());
            known.unwrap_or_else(|| null.clone())
        };
        ScalarValue::iter_to_array(self.files.iter().map(value)).ok()
    }
}

impl PruningStatistics for Times<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.of(column, |(least, _)| least)
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.of(column, |(_, greatest)| greatest)
    }

    fn num_containers(&self) -> usize {
        self.files.len()
    }

    fn null_counts(&self, _: &Column) -> Option<ArrayRef> {
        None
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        None
    }

    fn contained(&self, _: &Column, _: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}
