//! What of the filters of a query Parquet files can be asked: which groups of rows their statistics rule out, and whether
//! rows are left out while they are read or after.

use std::path::Path;
use std::sync::Arc;

use brokerwatch_esql::texts_needed;
use brokerwatch_esql::types::DataType;
use datafusion::arrow::array::{AsArray as _, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType as ArrowType, Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::utils::conjunction;
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::utils::{collect_columns, reassign_expr_columns};

use super::convert::without_zone;
use crate::input::open_file;
use crate::limits::{EARLY_FILTER_FRACTION, FILTER_SAMPLE_ROWS};

/// What the column of a file holds of the column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// Its values as they are, of this type.
    Values(DataType),
    /// Something for each of its values.
    Something,
}

/// The part of the filters that can be asked of a file with this schema: every row that passes the filters passes it.
/// `holds` says what stands in the field of a name; `None` where it is no column of single values.
pub(super) fn predicate(
    state: &dyn Session,
    filters: &[Expr],
    schema: &SchemaRef,
    holds: &dyn Fn(&str) -> Option<Holds>,
) -> Result<Option<Arc<dyn PhysicalExpr>>> {
    let asked = filters.iter().filter(|filter| can_be_asked(filter, schema, holds));
    let asked = asked.filter_map(|filter| zoned_as(filter, schema));
    let Some(filter) = conjunction(asked) else {
        return Ok(None);
    };
    let schema = DFSchema::try_from(schema.as_ref().clone())?;
    Ok(Some(state.create_physical_expr(filter, &schema)?))
}

fn can_be_asked(filter: &Expr, schema: &Schema, holds: &dyn Fn(&str) -> Option<Holds>) -> bool {
    if let Expr::IsNotNull(inner) = filter
        && let Expr::Column(column) = inner.as_ref()
    {
        return holds(&column.name).is_some();
    }
    let as_they_are = |name: &str| match (holds(name), schema.field_with_name(name)) {
        (Some(Holds::Values(ty)), Ok(field)) => {
            *field.data_type() == read_as(field.data_type(), ty)
        }
        _ => false,
    };
    let foreign = filter.exists(|expr| {
        Ok(match expr {
            Expr::Column(column) => !as_they_are(&column.name),
            Expr::BinaryExpr(_)
            | Expr::Literal(..)
            | Expr::InList(_)
            | Expr::Between(_)
            | Expr::IsNull(_)
            | Expr::IsNotNull(_)
            | Expr::Not(_)
            | Expr::Alias(_) => false,
            // A search in single texts, which warns of nothing.
            Expr::ScalarFunction(_) => texts_needed(expr).is_none(),
            _ => true,
        })
    });
    foreign.is_ok_and(|foreign| !foreign)
}

/// Whether few rows of a file pass a predicate, as far as a sample tells. Then it pays to read what the predicate names
/// first and the other fields for the rows alone that pass; else picking these rows costs more than it saves.
pub(super) fn lets_few_through(
    predicate: &Arc<dyn PhysicalExpr>,
    schema: &Schema,
    path: &Path,
) -> bool {
    // A file that cannot be read says so when it is.
    sampled(predicate, schema, path)
        .is_some_and(|(passed, rows)| passed * EARLY_FILTER_FRACTION <= rows)
}

/// How many rows of a sample pass, and how many there are.
fn sampled(
    predicate: &Arc<dyn PhysicalExpr>,
    schema: &Schema,
    path: &Path,
) -> Option<(usize, usize)> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(open_file(path).ok()?).ok()?;
    let group = reader.metadata().num_row_groups() / 2;
    let columns = collect_columns(predicate);
    // By number, because a mask takes dots in names for paths.
    let roots = columns.iter().filter_map(|column| reader.schema().index_of(column.name()).ok());
    let mask = ProjectionMask::roots(reader.parquet_schema(), roots);
    let reader = reader
        .with_row_groups(vec![group])
        .with_projection(mask)
        .with_batch_size(FILTER_SAMPLE_ROWS)
        .with_limit(FILTER_SAMPLE_ROWS);
    let batch = reader.build().ok()?.next()?.ok()?;
    Some((passing(predicate, schema, &batch)?, batch.num_rows()))
}

/// How many rows of a batch pass, once its fields are as those of the schema.
fn passing(
    predicate: &Arc<dyn PhysicalExpr>,
    schema: &Schema,
    batch: &RecordBatch,
) -> Option<usize> {
    let own = batch.schema();
    let as_read = |at: usize| {
        let field = schema.field_with_name(own.field(at).name()).ok()?;
        Some((field.clone(), cast(batch.column(at), field.data_type()).ok()?))
    };
    let columns = (0..batch.num_columns()).map(as_read).collect::<Option<Vec<_>>>()?;
    let (fields, arrays): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    let schema = Arc::new(Schema::new(fields));
    let predicate = reassign_expr_columns(Arc::clone(predicate), &schema).ok()?;
    let batch = RecordBatch::try_new(schema, arrays).ok()?;
    let passed = predicate.evaluate(&batch).ok()?.into_array(batch.num_rows()).ok()?;
    Some(passed.as_boolean_opt()?.true_count())
}

/// The Arrow type that a field of a file is read as for a column of this type.
pub(super) fn read_as(own: &ArrowType, ty: DataType) -> ArrowType {
    let wanted = ty.arrow();
    match (own, without_zone(&wanted)) {
        (ArrowType::Timestamp(_, None), Some(plain)) => plain,
        _ => wanted,
    }
}

/// A filter whose moments have a zone where the columns that are read have one; `None` if some have and some do not.
fn zoned_as(filter: &Expr, schema: &Schema) -> Option<Expr> {
    let is_moment = |ty: &ArrowType| matches!(ty, ArrowType::Timestamp(..));
    let mut zones = filter.column_refs().into_iter().filter_map(|column| {
        let ty = schema.field_with_name(&column.name).ok()?.data_type();
        is_moment(ty).then(|| without_zone(ty).is_some())
    });
    let Some(has_zone) = zones.next() else { return Some(filter.clone()) };
    if zones.any(|other| other != has_zone) {
        return None;
    }
    if has_zone {
        return Some(filter.clone());
    }
    let plain = filter.clone().transform(|expr| {
        Ok(match expr {
            Expr::Literal(ScalarValue::TimestampMillisecond(at, Some(_)), note) => {
                let plain = ScalarValue::TimestampMillisecond(at, None);
                Transformed::yes(Expr::Literal(plain, note))
            }
            Expr::Literal(ScalarValue::TimestampNanosecond(at, Some(_)), note) => {
                let plain = ScalarValue::TimestampNanosecond(at, None);
                Transformed::yes(Expr::Literal(plain, note))
            }
            other => Transformed::no(other),
        })
    });
    plain.ok().map(|plain| plain.data)
}
