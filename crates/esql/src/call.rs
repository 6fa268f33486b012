//! A call of a function over the rows of a batch: nulls, lists and failures settled around the body.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

use brokerwatch_expr::Diagnostic;
use datafusion::arrow::array::{Array, ArrayRef, StringViewArray};
use datafusion::arrow::datatypes::DataType as ArrowType;
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::block::{Block, Builder};
use crate::functions::{Body, Call, Function, Lists};
use crate::limits::BATCH_TEXT_BYTES_MAX;
use crate::repeats::{Again, Repeats};
use crate::types::DataType;
use crate::value::{Arena, Constant, Scalar, Value};
use crate::warnings::{Failure, Site};

/// A call at one place of a query, as a function of DataFusion.
///
/// Two calls are never the same, even of one function with the same arguments: each tells its own failures.
pub(crate) struct CallUdf {
    id: u64,
    name: &'static str,
    body: Body,
    lists: Lists,
    types: Vec<DataType>,
    returns: DataType,
    multi: bool,
    site: Option<Site>,
    kernel: Option<Kernel>,
    needs: Vec<String>,
    signature: Signature,
}

/// The same as a body, over whole columns of single values at once.
pub(crate) type Kernel =
    Box<dyn Fn(&[ArrayRef], &mut dyn FnMut(Failure)) -> Result<ArrayRef> + Send + Sync>;

/// What a call is made of.
pub(crate) struct Parts {
    /// A name for plans.
    pub(crate) name: &'static str,
    /// What it does.
    pub(crate) body: Body,
    /// What becomes of nulls and lists.
    pub(crate) lists: Lists,
    /// The types of the arguments.
    pub(crate) types: Vec<DataType>,
    /// The type of the result.
    pub(crate) returns: DataType,
    /// Whether the result may have several values.
    pub(crate) multi: bool,
    /// Where failures are told; nowhere for what cannot fail.
    pub(crate) site: Option<Site>,
    /// What is done with whole columns where none of them has lists; the body otherwise.
    pub(crate) kernel: Option<Kernel>,
    /// Texts of which one stands in the first argument wherever the result is true; none if that is not known.
    pub(crate) needs: Vec<String>,
}

impl Parts {
    /// The call of these arguments.
    pub(crate) fn call(self, args: Vec<Expr>) -> Expr {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let udf = CallUdf {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            name: self.name,
            body: self.body,
            lists: self.lists,
            types: self.types,
            returns: self.returns,
            multi: self.multi,
            site: self.site,
            kernel: self.kernel,
            needs: self.needs,
            signature: Signature::variadic_any(Volatility::Stable),
        };
        ScalarUDF::new_from_impl(udf).call(args)
    }
}

/// The argument in which one of some texts stands wherever a call is true, and these texts, if that is known of it.
pub fn texts_needed(expr: &Expr) -> Option<(&Expr, &[String])> {
    let Expr::ScalarFunction(call) = expr else { return None };
    let udf = call.func.inner().downcast_ref::<CallUdf>()?;
    let first = call.args.first()?;
    (!udf.needs.is_empty()).then_some((first, &udf.needs))
}

impl CallUdf {
    fn evaluate(&self, args: &ScalarFunctionArgs) -> Result<ArrayRef> {
        let arrays = args.args.iter().map(one_array).collect::<Result<Vec<_>>>()?;
        let mut fail = |failure: Failure| {
            if let Some(site) = &self.site {
                site.fail(&failure);
            }
        };
        let is_list = |array: &ArrayRef| matches!(array.data_type(), ArrowType::List(_));
        let has_lists = arrays.iter().any(is_list);
        if let (Some(kernel), false) = (&self.kernel, has_lists) {
            return kernel(&arrays, &mut fail);
        }
        let blocks = arrays
            .iter()
            .zip(&args.args)
            .zip(&self.types)
            .map(|((array, arg), ty)| {
                let block = Block::new(array, *ty)?;
                Ok(if matches!(arg, ColumnarValue::Scalar(_)) { block.constant() } else { block })
            })
            .collect::<Result<Vec<_>>>()?;
        let rows = args.number_rows;
        match &self.body {
            Body::Single(body) if !has_lists && !self.multi => {
                let body = &**body;
                match only_texts(args) {
                    Some(texts) => self.each_text(body, &blocks, texts, &mut fail),
                    None => self.each_row(body, &blocks, rows, &mut fail),
                }
            }
            _ => self.lists(&blocks, rows, &mut fail),
        }
    }

    /// Rows in which an argument may have several values.
    fn lists(
        &self,
        blocks: &[Block<'_>],
        number_rows: usize,
        mut fail: &mut dyn FnMut(Failure),
    ) -> Result<ArrayRef> {
        let mut builder = Builder::new(self.returns, self.multi, number_rows);
        // New texts are copied into the column, so that the arena has to hold those of a few rows only.
        for start in (0..number_rows).step_by(ARENA_ROWS) {
            let arena = Arena::default();
            let mut rows = Rows { blocks, values: Vec::new(), ends: Vec::new() };
            let mut out = Vec::new();
            for row in start..(start + ARENA_ROWS).min(number_rows) {
                rows.read(row);
                out.clear();
                apply(&self.body, self.lists, &rows, &arena, &mut out, &mut fail);
                builder.push(&out);
            }
            self.bounded(&builder)?;
        }
        builder.finish()
    }

    /// Rows of single values.
    fn each_row(
        &self,
        body: &SingleRow,
        blocks: &[Block<'_>],
        rows: usize,
        fail: &mut dyn FnMut(Failure),
    ) -> Result<ArrayRef> {
        let mut builder = Builder::new(self.returns, false, rows);
        let (mut values, mut arena) = (Vec::with_capacity(blocks.len()), Arena::default());
        for row in 0..rows {
            one_row(body, blocks, row, (&mut values, &arena), &mut builder, fail);
            arena.clear();
            self.bounded(&builder)?;
        }
        builder.finish()
    }

    /// Rows that differ in one text alone, of which those with the same text have the same result.
    fn each_text(
        &self,
        body: &SingleRow,
        blocks: &[Block<'_>],
        texts: &StringViewArray,
        fail: &mut dyn FnMut(Failure),
    ) -> Result<ArrayRef> {
        let mut builder = Builder::new(self.returns, false, 0);
        let (mut values, mut arena) = (Vec::with_capacity(blocks.len()), Arena::default());
        let repeats = Repeats::of(texts, |row| {
            let again = one_row(body, blocks, row, (&mut values, &arena), &mut builder, fail);
            arena.clear();
            self.bounded(&builder).map(|()| again)
        })?;
        repeats.spread(builder.finish()?)
    }

    fn bounded(&self, builder: &Builder) -> Result<()> {
        if builder.text_bytes() <= BATCH_TEXT_BYTES_MAX {
            return Ok(());
        }
        let bytes = BATCH_TEXT_BYTES_MAX >> 20;
        Err(DataFusionError::ResourcesExhausted(format!(
            "`{}` made more than {bytes} MB of text of one batch of rows",
            self.name
        )))
    }
}

/// A body over single values, without the box around it.
type SingleRow =
    dyn for<'v> Fn(&[Value<'v>], &'v Arena) -> Result<Option<Value<'v>>, Failure> + Send + Sync;

/// The texts of a call, if they are all that differs between its rows.
fn only_texts(args: &ScalarFunctionArgs) -> Option<&StringViewArray> {
    let mut columns = args.args.iter().filter_map(|arg| match arg {
        ColumnarValue::Array(array) => Some(array),
        ColumnarValue::Scalar(_) => None,
    });
    match (columns.next(), columns.next()) {
        (Some(column), None) => column.as_any().downcast_ref(),
        _ => None,
    }
}

/// Appends the result of a row whose arguments have one value or none. What fails is told for each row.
fn one_row<'b>(
    body: &SingleRow,
    blocks: &[Block<'b>],
    row: usize,
    (values, arena): (&mut Vec<Value<'b>>, &Arena),
    builder: &mut Builder,
    fail: &mut dyn FnMut(Failure),
) -> Again {
    values.clear();
    values.extend(blocks.iter().map_while(|block| block.one(row)));
    if values.len() < blocks.len() {
        builder.push(&[]);
        return Again::Yes;
    }
    match body(values, arena) {
        Ok(Some(value)) => builder.push(&[value]),
        Ok(None) => builder.push(&[]),
        Err(failure) => {
            fail(failure);
            builder.push(&[]);
            return Again::No;
        }
    }
    Again::Yes
}

/// Rows whose new texts share an arena.
const ARENA_ROWS: usize = 64;

fn one_array(arg: &ColumnarValue) -> Result<ArrayRef> {
    match arg {
        ColumnarValue::Array(array) => Ok(array.clone()),
        ColumnarValue::Scalar(scalar) => scalar.to_array_of_size(1),
    }
}

/// The values of a row, of one argument behind the other.
struct Rows<'b, 'v> {
    blocks: &'b [Block<'v>],
    values: Vec<Value<'v>>,
    ends: Vec<usize>,
}

impl Rows<'_, '_> {
    fn read(&mut self, row: usize) {
        self.values.clear();
        self.ends.clear();
        for block in self.blocks {
            block.read(row, &mut self.values);
            self.ends.push(self.values.len());
        }
    }
}

impl<'v> Rows<'_, 'v> {
    fn counts(&self) -> impl Iterator<Item = usize> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| end - start)
    }

    fn lists(&self) -> Vec<&[Value<'v>]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.values[start..*end]).collect()
    }
}

fn apply<'v>(
    body: &Body,
    lists: Lists,
    rows: &Rows<'_, 'v>,
    arena: &'v Arena,
    out: &mut Vec<Value<'v>>,
    fail: &mut dyn FnMut(Failure),
) {
    match (body, lists) {
        (Body::Lists(body), _) => {
            if let Err(failure) = body(&rows.lists(), arena, out) {
                out.clear();
                fail(failure);
            }
        }
        (Body::Single(body), Lists::Each) => {
            let mut counts = rows.counts();
            let first = counts.next().unwrap_or_default();
            let rest: Vec<usize> = counts.collect();
            if rest.contains(&0) {
                return;
            }
            if rest.iter().any(|count| *count != 1) {
                return fail(Failure::several());
            }
            let mut args: Vec<Value<'v>> = Vec::with_capacity(1 + rest.len());
            for value in &rows.values[..first] {
                args.clear();
                args.push(*value);
                args.extend_from_slice(&rows.values[first..]);
                match body(&args, arena) {
                    Ok(value) => out.extend(value),
                    Err(failure) => fail(failure),
                }
            }
        }
        (Body::Single(body), _) => {
            // A null settles the row before several values are told, as Elasticsearch's evaluators read their blocks.
            if rows.counts().any(|count| count == 0) {
                if rows.counts().any(|count| 1 < count) {
                    fail(Failure::several());
                }
                return;
            }
            if rows.counts().any(|count| count != 1) {
                return fail(Failure::several());
            }
            match body(&rows.values, arena) {
                Ok(value) => out.extend(value),
                Err(failure) => fail(failure),
            }
        }
    }
}

/// The value of a call whose arguments are all constants, with its failures.
pub(crate) fn fold(
    function: &Function,
    call: &Call<'_>,
) -> Result<(Constant, Vec<Failure>), Diagnostic> {
    let body = (function.compile)(call)?;
    Ok(fold_body(&body, function.lists, call))
}

/// The value of a body over constants, with its failures.
pub(crate) fn fold_body(body: &Body, lists: Lists, call: &Call<'_>) -> (Constant, Vec<Failure>) {
    let arena = Arena::default();
    let mut rows = Rows { blocks: &[], values: Vec::new(), ends: Vec::new() };
    for arg in call.args {
        if let Some(constant) = &arg.constant {
            rows.values.extend(constant.values.iter().map(Scalar::get));
        }
        rows.ends.push(rows.values.len());
    }
    let (mut out, mut failures) = (Vec::new(), Vec::new());
    apply(body, lists, &rows, &arena, &mut out, &mut |failure| failures.push(failure));
    let values = out.into_iter().map(Value::to_owned).collect();
    (Constant { ty: call.returns, values }, failures)
}

impl ScalarUDFImpl for CallUdf {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[ArrowType]) -> Result<ArrowType> {
        Ok(self.returns.arrow_column(self.multi))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let all_constant = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        if all_constant && !args.args.is_empty() {
            let one = ScalarFunctionArgs { number_rows: 1, ..args };
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(
                &self.evaluate(&one)?,
                0,
            )?));
        }
        Ok(ColumnarValue::Array(self.evaluate(&args)?))
    }
}

impl fmt::Debug for CallUdf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.name, self.id)
    }
}

impl PartialEq for CallUdf {
    fn eq(&self, other: &CallUdf) -> bool {
        self.id == other.id
    }
}

impl Eq for CallUdf {}

impl Hash for CallUdf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}
