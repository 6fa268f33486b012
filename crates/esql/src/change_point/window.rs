//! The detection as a window function of DataFusion: over the rows of a series, in order.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use datafusion::arrow::array::{ArrayRef, StructArray};
use datafusion::arrow::datatypes::{DataType as ArrowType, Field, FieldRef, Fields};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::function::{PartitionEvaluatorArgs, WindowUDFFieldArgs};
use datafusion::logical_expr::{
    Expr, PartitionEvaluator, Signature, Volatility, WindowUDF, WindowUDFImpl,
};

use super::{VALUES_MIN, detect};
use crate::block::{Block, Builder};
use crate::limits::CHANGE_POINT_VALUES_MAX;
use crate::types::DataType;
use crate::value::Value;
use crate::warnings::{Failure, Site};

/// A struct for each row: the type of the change in the row where it is, and its p-value.
pub(crate) fn detected(value: Expr, site: Site) -> Expr {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let udf = ChangePointUdf {
        id: NEXT.fetch_add(1, Ordering::Relaxed),
        site,
        signature: Signature::any(1, Volatility::Stable),
    };
    WindowUDF::new_from_impl(udf).call(vec![value])
}

fn fields() -> Fields {
    let field =
        |(at, ty): (usize, DataType)| Field::new(format!("f{at}"), ty.arrow_column(false), true);
    [DataType::Keyword, DataType::Double].into_iter().enumerate().map(field).collect()
}

/// Two are never the same: each tells its own failures.
#[derive(Debug)]
struct ChangePointUdf {
    id: u64,
    site: Site,
    signature: Signature,
}

impl PartialEq for ChangePointUdf {
    fn eq(&self, other: &ChangePointUdf) -> bool {
        self.id == other.id
    }
}

impl Eq for ChangePointUdf {}

impl Hash for ChangePointUdf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

impl WindowUDFImpl for ChangePointUdf {
    fn name(&self) -> &'static str {
        "change_point"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn partition_evaluator(
        &self,
        _: PartitionEvaluatorArgs,
    ) -> Result<Box<dyn PartitionEvaluator>> {
        Ok(Box::new(Evaluator { site: self.site.clone() }))
    }

    fn field(&self, args: WindowUDFFieldArgs) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(args.name(), ArrowType::Struct(fields()), true)))
    }
}

#[derive(Debug)]
struct Evaluator {
    site: Site,
}

impl PartitionEvaluator for Evaluator {
    fn evaluate_all(&mut self, values: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
        let Some(values) = values.first() else {
            return internal_err!("a change point needs a column of values");
        };
        let series = self.series(values, rows)?;
        let numbers: Vec<f64> = series.iter().map(|(_, number)| *number).collect();
        let change = detect(&numbers);
        if numbers.len() < VALUES_MIN {
            self.site.fail(&Failure::argument(format!(
                "not enough buckets to calculate change_point. Requires at least [{VALUES_MIN}]; found [{}]",
                numbers.len()
            )));
        }
        let at = change.map(|change| series[change.at].0);
        let mut kinds = Builder::new(DataType::Keyword, false, rows);
        let mut p_values = Builder::new(DataType::Double, false, rows);
        for row in 0..rows {
            let here = change.filter(|_| at == Some(row));
            kinds.push(here.map(|change| Value::Text(change.kind.name())).as_slice());
            p_values.push(here.map(|change| Value::Double(change.p_value)).as_slice());
        }
        let columns = vec![kinds.finish()?, p_values.finish()?];
        Ok(Arc::new(StructArray::try_new(fields(), columns, None)?))
    }
}

impl Evaluator {
    /// The rows with a number, and the numbers.
    fn series(&self, values: &ArrayRef, rows: usize) -> Result<Vec<(usize, f64)>> {
        let block = Block::new(values, DataType::Double)?;
        let (mut series, mut own) = (Vec::new(), Vec::new());
        let (mut nulls, mut lists) = (false, false);
        for row in 0..rows.min(CHANGE_POINT_VALUES_MAX) {
            own.clear();
            block.read(row, &mut own);
            match own.as_slice() {
                [] => nulls = true,
                [value] => {
                    series.extend(
                        value.as_f64().filter(|value| value.is_finite()).map(|value| (row, value)),
                    );
                }
                _ => lists = true,
            }
        }
        let told = [
            (CHANGE_POINT_VALUES_MAX < rows, "too many values; keeping only first 1000 values"),
            (nulls, "values contain nulls; skipping them"),
            (
                lists,
                "values contains multivalued entries; skipping them (please consider reducing them with e.g. MV_AVG or \
                 MV_SUM)",
            ),
        ];
        for (_, message) in told.into_iter().filter(|(is_so, _)| *is_so) {
            self.site.warn(&Failure::argument(message));
        }
        Ok(series)
    }
}
