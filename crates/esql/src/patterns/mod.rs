//! Patterns that take a text apart into columns, and how they run over the column of a batch.
//!
//! An [`Extraction`] gives a struct with a field for each column it extracts, so that a text is read once however many
//! columns come of it; [`field`] takes one of them out.

mod dissect;
mod grok;
mod grok_bank;
mod location;
mod oniguruma;
mod registered_domain;
mod uri;
mod user_agent;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StructArray, make_array};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::datatypes::{DataType as ArrowType, Field, Fields};
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::block::{Block, Builder};
use crate::types::DataType;
use crate::value::{Arena, Value};
use crate::warnings::{Failure, Site};

pub use dissect::Dissect;
pub use grok::Grok;
pub use location::Location;
pub use registered_domain::RegisteredDomain;
pub use uri::Uri;
pub use user_agent::{AgentPart, UserAgent};

/// Takes a text apart.
pub trait Extractor: fmt::Debug + Send + Sync + 'static {
    /// The columns, in order.
    fn outputs(&self) -> &[Output];

    /// Appends what is found to the values of each column, and nothing where the text does not match.
    fn extract<'v>(
        &'v self,
        text: &'v str,
        arena: &'v Arena,
        columns: &mut [Vec<Value<'v>>],
        fail: &mut dyn FnMut(Failure),
    );
}

/// A column that is extracted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// The type of its values.
    pub ty: DataType,
    /// Whether a row may have several values.
    pub multi: bool,
}

impl Output {
    /// A column.
    pub(crate) fn new(name: &str, ty: DataType, multi: bool) -> Output {
        Output { name: name.to_owned(), ty, multi }
    }

    /// A column of single values under the name that a command gives, `url.domain`.
    pub(crate) fn under(prefix: &str, part: &str, ty: DataType) -> Output {
        Output::new(&format!("{prefix}.{part}"), ty, false)
    }
}

/// What is wrong with a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    /// Which pattern, of those given.
    pub pattern: usize,
    /// The bytes of it that are meant.
    pub at: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl PatternError {
    pub(crate) fn new(at: Range<usize>, message: impl Into<String>) -> PatternError {
        PatternError { pattern: 0, at, message: message.into(), help: None }
    }

    #[must_use]
    pub(crate) fn help(self, help: impl Into<String>) -> PatternError {
        PatternError { help: Some(help.into()), ..self }
    }
}

/// A pattern at one place of a query, as a function of DataFusion from a text to a struct.
///
/// Two extractions are never the same, even with one pattern: each tells its own failures.
#[derive(Debug)]
pub struct Extraction {
    id: u64,
    name: &'static str,
    extractor: Box<dyn Extractor>,
    outputs: Vec<Output>,
    fields: Fields,
    /// Whether each of several texts of a row is taken apart.
    each: bool,
    site: Option<Site>,
    signature: Signature,
}

impl Extraction {
    /// The extraction from a column; `name` is for plans. A row with several texts has the parts of each of them if
    /// `each` says so, else it has none, with a warning.
    pub fn new(
        name: &'static str,
        extractor: impl Extractor,
        each: bool,
        site: Option<Site>,
    ) -> Extraction {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let widen = |output: &Output| Output { multi: output.multi || each, ..output.clone() };
        let outputs: Vec<Output> = extractor.outputs().iter().map(widen).collect();
        let field = |(at, output): (usize, &Output)| {
            Field::new(format!("f{at}"), output.ty.arrow_column(output.multi), true)
        };
        Extraction {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            name,
            fields: outputs.iter().enumerate().map(field).collect(),
            extractor: Box::new(extractor),
            outputs,
            each,
            site,
            signature: Signature::any(1, Volatility::Stable),
        }
    }

    /// The columns, in the order of the struct's fields.
    pub fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    /// The struct of a text.
    pub fn call(self, text: Expr) -> Expr {
        ScalarUDF::new_from_impl(self).call(vec![text])
    }

    fn fail(&self, failure: &Failure) {
        if let Some(site) = &self.site {
            site.fail(failure);
        }
    }

    fn evaluate(&self, texts: &ArrayRef) -> Result<StructArray> {
        let block = Block::new(texts, DataType::Keyword)?;
        let arena = Arena::default();
        let mut texts_of_row = Vec::new();
        let mut columns: Vec<Vec<Value<'_>>> = vec![Vec::new(); self.outputs.len()];
        let builder = |output: &Output| Builder::new(output.ty, output.multi, texts.len());
        let mut builders: Vec<Builder> = self.outputs.iter().map(builder).collect();
        for row in 0..texts.len() {
            texts_of_row.clear();
            block.read(row, &mut texts_of_row);
            columns.iter_mut().for_each(Vec::clear);
            if !self.each && 1 < texts_of_row.len() {
                self.fail(&Failure::argument("This command doesn't support multi-value input"));
                texts_of_row.clear();
            }
            for text in texts_of_row.iter().filter_map(Value::as_str) {
                self.extractor.extract(text, &arena, &mut columns, &mut |failure| {
                    self.fail(&failure);
                });
            }
            builders.iter_mut().zip(&columns).for_each(|(builder, values)| builder.push(values));
        }
        let arrays = builders.into_iter().map(Builder::finish).collect::<Result<Vec<_>>>()?;
        Ok(StructArray::try_new_with_length(self.fields.clone(), arrays, None, texts.len())?)
    }
}

impl ScalarUDFImpl for Extraction {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[ArrowType]) -> Result<ArrowType> {
        Ok(ArrowType::Struct(self.fields.clone()))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Some(texts) = args.args.first() else {
            return internal_err!("{} takes one text", self.name);
        };
        if let ColumnarValue::Scalar(text) = texts {
            let extracted = self.evaluate(&text.to_array_of_size(1)?)?;
            return Ok(ColumnarValue::Scalar(ScalarValue::Struct(Arc::new(extracted))));
        }
        Ok(ColumnarValue::Array(Arc::new(self.evaluate(&texts.to_array(args.number_rows)?)?)))
    }
}

impl PartialEq for Extraction {
    fn eq(&self, other: &Extraction) -> bool {
        self.id == other.id
    }
}

impl Eq for Extraction {}

impl Hash for Extraction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

/// One field of a struct, by its place; null where the struct is.
pub fn field(at: usize, of: Expr) -> Expr {
    let signature = Signature::any(1, Volatility::Immutable);
    ScalarUDF::new_from_impl(FieldUdf { at, signature }).call(vec![of])
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct FieldUdf {
    at: usize,
    signature: Signature,
}

impl FieldUdf {
    fn of(&self, array: &StructArray) -> Result<ArrayRef> {
        let Some(child) = array.columns().get(self.at) else {
            return internal_err!(
                "a struct of {} fields has no field {}",
                array.num_columns(),
                self.at
            );
        };
        // An array of type null has no place for nulls and needs none.
        if array.null_count() == 0 || child.data_type() == &ArrowType::Null {
            return Ok(child.clone());
        }
        let nulls = NullBuffer::union(array.nulls(), child.nulls());
        Ok(make_array(child.to_data().into_builder().nulls(nulls).build()?))
    }
}

impl ScalarUDFImpl for FieldUdf {
    fn name(&self) -> &'static str {
        "field"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, args: &[ArrowType]) -> Result<ArrowType> {
        match args {
            [ArrowType::Struct(fields)] if self.at < fields.len() => {
                Ok(fields[self.at].data_type().clone())
            }
            other => internal_err!("{other:?} has no field {}", self.at),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match args.args.as_slice() {
            [ColumnarValue::Scalar(ScalarValue::Struct(one))] => {
                Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&self.of(one)?, 0)?))
            }
            [ColumnarValue::Array(array)] if matches!(array.data_type(), ArrowType::Struct(_)) => {
                Ok(ColumnarValue::Array(self.of(array.as_struct())?))
            }
            _ => internal_err!("field {} is taken of something that is no struct", self.at),
        }
    }
}

#[cfg(test)]
mod tests {
    use brokerwatch_expr::Span;
    use datafusion::arrow::datatypes::Schema;
    use datafusion::arrow::record_batch::RecordBatch;
    use datafusion::common::DFSchema;
    use datafusion::common::config::ConfigOptions;
    use datafusion::execution::context::ExecutionProps;
    use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
    use datafusion::logical_expr::{col, lit};
    use datafusion::physical_expr::create_physical_expr;

    use super::*;
    use crate::warnings::Warnings;

    /// The rows of each extracted column.
    fn run(extraction: Extraction, rows: &[&[&str]], multi: bool) -> Vec<Vec<String>> {
        let mut builder = Builder::new(DataType::Keyword, multi, rows.len());
        for row in rows {
            builder.push(&row.iter().map(|text| Value::Text(text)).collect::<Vec<_>>());
        }
        let schema = Arc::new(Schema::new(vec![Field::new(
            "text",
            DataType::Keyword.arrow_column(multi),
            true,
        )]));
        let batch = RecordBatch::try_new(schema, vec![builder.finish().unwrap()]).unwrap();
        columns(extraction, &batch, col("text"))
    }

    fn columns(extraction: Extraction, batch: &RecordBatch, text: Expr) -> Vec<Vec<String>> {
        let outputs = extraction.outputs().to_vec();
        let extracted = extraction.call(text);
        let schema = DFSchema::try_from(batch.schema()).unwrap();
        outputs
            .iter()
            .enumerate()
            .map(|(at, output)| {
                let expr = field(at, extracted.clone());
                let (props, context) = (ExecutionProps::new(), PhysicalPlanningContext::default());
                let expr = create_physical_expr(&expr, &schema, &props, &context).unwrap();
                let array = expr.evaluate(batch).unwrap().to_array(batch.num_rows()).unwrap();
                assert_eq!(array.data_type(), &output.ty.arrow_column(output.multi));
                let block = Block::new(&array, output.ty).unwrap();
                (0..batch.num_rows()).map(|row| shown(&block, row)).collect()
            })
            .collect()
    }

    fn shown(block: &Block<'_>, row: usize) -> String {
        let mut values = Vec::new();
        block.read(row, &mut values);
        let texts: Vec<String> = values
            .into_iter()
            .map(|value| match value {
                Value::Text(text) => text.to_owned(),
                other => format!("{other:?}"),
            })
            .collect();
        texts.join("|")
    }

    #[test]
    fn a_column_is_taken_apart_row_by_row() {
        let dissect = Dissect::parse("%{a} %{b}", "").unwrap();
        let extraction = Extraction::new("dissect", dissect, false, None);
        let rows: [&[&str]; 4] =
            [&["x y"], &[], &["nothing"], &["long enough to lie outside the view"]];
        assert_eq!(
            run(extraction, &rows, false),
            [["x", "", "", "long"], ["y", "", "", "enough to lie outside the view"]]
        );
    }

    #[test]
    fn each_value_of_a_list_is_taken_apart() {
        let dissect = Dissect::parse("%{+a} %{b} %{+a}", "").unwrap();
        let extraction = Extraction::new("dissect", dissect, true, None);
        let rows: [&[&str]; 3] = [&["x y z", "no", "u v w"], &[], &["1 2 3"]];
        assert_eq!(run(extraction, &rows, true), [["xz|uw", "", "13"], ["y|v", "", "2"]]);
    }

    #[test]
    fn failures_are_told_and_the_rest_of_the_row_stays() {
        let warnings = Warnings::new("GROK a");
        let site = Site { warnings: warnings.clone(), span: Span::new(0..6) };
        let grok = Grok::parse(&["%{NUMBER:n:int} %{WORD:w}"]).unwrap();
        let extraction = Extraction::new("grok", grok, false, Some(site));
        let rows: [&[&str]; 2] = [&["1.5 x"], &["7 y"]];
        assert_eq!(run(extraction, &rows, false), [["", "Integer(7)"], ["x", "y"]]);
        assert_eq!(
            warnings.all(),
            [
                "Line 1:1: evaluation of [GROK a] failed, treating result as null. Only first 20 failures recorded.",
                "Line 1:1: java.lang.NumberFormatException: For input string: \"1.5\"",
            ]
        );
    }

    #[test]
    fn a_constant_and_a_null_are_taken_apart() {
        let schema = Arc::new(Schema::new(vec![Field::new("x", ArrowType::Null, true)]));
        let nulls = datafusion::arrow::array::new_null_array(&ArrowType::Null, 2);
        let batch = RecordBatch::try_new(schema, vec![nulls]).unwrap();
        let extraction = || {
            let grok = Grok::parse(&["%{WORD:a} %{WORD:a}"]).unwrap();
            Extraction::new("grok", grok, false, None)
        };
        assert_eq!(columns(extraction(), &batch, lit("x y")), [["x|y", "x|y"]]);
        assert_eq!(columns(extraction(), &batch, col("x")), [["", ""]]);
        assert_eq!(columns(extraction(), &batch, lit(ScalarValue::Null)), [["", ""]]);
    }

    #[test]
    fn a_pattern_without_columns_gives_empty_structs() {
        let extraction =
            Extraction::new("dissect", Dissect::parse("%{} %{}", "").unwrap(), false, None);
        assert!(extraction.outputs().is_empty());
        let texts: ArrayRef =
            Arc::new(datafusion::arrow::array::StringViewArray::from(vec!["x y"; 3]));
        assert_eq!(extraction.evaluate(&texts).unwrap().len(), 3);
    }

    #[test]
    fn a_null_struct_has_null_fields() {
        let child: ArrayRef =
            Arc::new(datafusion::arrow::array::Int32Array::from(vec![Some(1), Some(2), None]));
        let fields = Fields::from(vec![Field::new("f0", ArrowType::Int32, true)]);
        let nulls = NullBuffer::from(vec![true, false, true]);
        let array = StructArray::new(fields.clone(), vec![child], Some(nulls));
        let udf = FieldUdf { at: 0, signature: Signature::any(1, Volatility::Immutable) };
        let taken = udf.of(&array).unwrap();
        assert_eq!((taken.is_null(0), taken.is_null(1), taken.is_null(2)), (false, true, true));
        assert!(FieldUdf { at: 1, ..udf }.of(&array).is_err());
        let struct_type = ArrowType::Struct(fields);
        let udf = FieldUdf { at: 0, signature: Signature::any(1, Volatility::Immutable) };
        assert_eq!(udf.return_type(std::slice::from_ref(&struct_type)).unwrap(), ArrowType::Int32);
        let args = ScalarFunctionArgs {
            args: vec![ColumnarValue::Scalar(ScalarValue::Int32(Some(1)))],
            arg_fields: vec![Arc::new(Field::new("x", ArrowType::Int32, true))],
            number_rows: 1,
            return_field: Arc::new(Field::new("y", ArrowType::Int32, true)),
            config_options: Arc::new(ConfigOptions::default()),
        };
        assert!(udf.invoke_with_args(args).is_err());
    }
}
