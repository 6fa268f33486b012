//! From filters of a plan to the values without which no record can pass them, for the search of raw bytes.
//!
//! A clause is one of two kinds: the values that a column has to be one of, or the key that a record must have for a
//! column to be there at all. What another spelling could hide is left out: characters that JSON writers escape, and
//! text that may stand as a number or a flag.

use std::cmp::Reverse;

use brokerwatch_ecs::{AnyOf, Required, RequiredValue};
use brokerwatch_esql::texts_needed;
use brokerwatch_esql::types::DataType;
use datafusion::arrow::datatypes::DataType as ArrowType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{BinaryExpr, Cast, Expr, Operator, TryCast};

use super::column::{Binding, Place};
use super::mapping::Narrow;
use crate::limits::FILTER_VALUES_MAX;

/// Finds how documents hold the column of a name.
pub(super) type BindingOf<'a> = dyn Fn(&str) -> Option<&'a Binding> + 'a;

/// What every record that passes all filters holds; `None` if nothing is known.
pub(super) fn required(filters: &[Expr], binding: &BindingOf<'_>) -> Option<Required> {
    let mut clauses: Vec<Clause> = Vec::new();
    for filter in filters {
        clauses.extend(all_of(filter, binding));
    }
    clauses.sort_by_cached_key(Clause::rank);
    clauses.dedup();
    let all_of: Vec<AnyOf> =
        clauses.into_iter().map(|clause| AnyOf { values: clause.values }).collect();
    (!all_of.is_empty()).then_some(Required { all_of })
}

/// Values of which a record holds at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Clause {
    values: Vec<RequiredValue>,
    /// Whether they are keys, which more records have than have one value.
    keys: bool,
}

impl Clause {
    fn new(mut values: Vec<RequiredValue>, keys: bool) -> Option<Clause> {
        values.sort_unstable();
        values.dedup();
        let some = !values.is_empty() && values.len() <= FILTER_VALUES_MAX;
        some.then_some(Clause { values, keys })
    }

    /// The rarest first: values before keys, long texts before short ones and before numbers.
    fn rank(&self) -> (bool, Reverse<usize>, usize) {
        /// A number is looked for in several spellings.
        const NUMBER: usize = 5;
        let length = |value: &RequiredValue| match value {
            RequiredValue::Text { text, .. } => text.len(),
            RequiredValue::Long(_) => NUMBER,
        };
        let shortest = self.values.iter().map(length).min().unwrap_or_default();
        (self.keys, Reverse(shortest), self.values.len())
    }
}

/// The clauses that hold wherever an expression is true.
fn all_of(expr: &Expr, binding: &BindingOf<'_>) -> Vec<Clause> {
    match expr {
        Expr::Alias(alias) => all_of(&alias.expr, binding),
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => match op {
            Operator::And => {
                let mut clauses = all_of(left, binding);
                clauses.extend(all_of(right, binding));
                clauses
            }
            Operator::Or => either(&all_of(left, binding), &all_of(right, binding)),
            Operator::Eq => equal(left, std::slice::from_ref(right), binding)
                .or_else(|| equal(right, std::slice::from_ref(left), binding))
                .unwrap_or_else(|| present([&**left, &**right], binding)),
            Operator::NotEq | Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq => {
                present([&**left, &**right], binding)
            }
            _ => Vec::new(),
        },
        Expr::InList(InList { expr, list, negated }) => {
            let values = if *negated { None } else { equal(expr, list, binding) };
            values.unwrap_or_else(|| present([&**expr], binding))
        }
        Expr::ScalarFunction(_) => held(expr, binding).unwrap_or_default(),
        Expr::IsNotNull(expr) | Expr::IsTrue(expr) => present([&**expr], binding),
        _ => Vec::new(),
    }
}

/// Clauses that hold where one of two expressions is true: of the best of each, and of all pairs that is enough.
fn either(left: &[Clause], right: &[Clause]) -> Vec<Clause> {
    let best = |clauses: &[Clause]| clauses.iter().min_by_key(|clause| clause.rank()).cloned();
    let (Some(left), Some(right)) = (best(left), best(right)) else { return Vec::new() };
    let keys = left.keys || right.keys;
    Clause::new([left.values, right.values].concat(), keys).into_iter().collect()
}

/// The column that an expression is, whatever it is cast to without a loss.
fn column(expr: &Expr) -> Option<&str> {
    let wide = |ty: &ArrowType| {
        matches!(ty, ArrowType::Int64 | ArrowType::Float64 | ArrowType::Utf8 | ArrowType::Utf8View)
    };
    match expr {
        Expr::Column(column) => Some(&column.name),
        Expr::Cast(Cast { expr, field }) | Expr::TryCast(TryCast { expr, field })
            if wide(field.data_type()) =>
        {
            column(expr)
        }
        _ => None,
    }
}

/// The clause of a column that equals one of these.
fn equal<E: AsExpr>(expr: &Expr, list: &[E], binding: &BindingOf<'_>) -> Option<Vec<Clause>> {
    let binding = binding(column(expr)?)?;
    binding.written_path()?;
    let values = list.iter().map(|item| match item.as_expr() {
        Expr::Literal(literal, _) => value(literal, binding),
        _ => None,
    });
    Clause::new(values.collect::<Option<_>>()?, false).map(|clause| vec![clause])
}

/// The clause of a column of texts that hold one of some.
fn held(expr: &Expr, binding: &BindingOf<'_>) -> Option<Vec<Clause>> {
    let (text, needs) = texts_needed(expr)?;
    let known = binding(column(text)?)?;
    known.written_path()?;
    if !matches!(known.ty, DataType::Keyword | DataType::Text) {
        return None;
    }
    let values: Option<Vec<_>> = needs.iter().map(|need| required_text(need)).collect();
    match values.and_then(|values| Clause::new(values, false)) {
        Some(clause) => Some(vec![clause]),
        None => Some(present([text], binding)),
    }
}

/// What is an expression, in a box or not.
trait AsExpr {
    fn as_expr(&self) -> &Expr;
}

impl AsExpr for Expr {
    fn as_expr(&self) -> &Expr {
        self
    }
}

impl AsExpr for Box<Expr> {
    fn as_expr(&self) -> &Expr {
        self
    }
}

/// How a literal stands in a record whose column is equal to it.
fn value(literal: &ScalarValue, binding: &Binding) -> Option<RequiredValue> {
    match binding.ty {
        DataType::Keyword | DataType::Text => match literal {
            ScalarValue::Utf8(Some(text))
            | ScalarValue::Utf8View(Some(text))
            | ScalarValue::LargeUtf8(Some(text)) => required_text(text),
            _ => None,
        },
        DataType::Integer | DataType::Long => whole(literal),
        DataType::Double if binding.narrow == Narrow::Nothing => whole(literal),
        // An address can be written in many ways.
        _ => None,
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::float_cmp,
    reason = "the way back shows whether anything was lost"
)]
fn whole(literal: &ScalarValue) -> Option<RequiredValue> {
    let whole = match literal {
        ScalarValue::Int32(Some(number)) => i64::from(*number),
        ScalarValue::Int64(Some(number)) => *number,
        ScalarValue::Float64(Some(number)) if (*number as i64) as f64 == *number => *number as i64,
        _ => return None,
    };
    Some(RequiredValue::Long(whole))
}

/// The clause of columns that are there: each has a key in the record.
fn present<'e>(exprs: impl IntoIterator<Item = &'e Expr>, binding: &BindingOf<'_>) -> Vec<Clause> {
    let clause = |expr: &Expr| {
        let binding = binding(column(expr)?)?;
        let path = match &binding.place {
            Place::Nowhere => return None,
            Place::Field { .. } => binding.written_path()?,
            Place::Point { path } => path,
        };
        let key = path.rsplit('.').next().unwrap_or(path);
        let plain = SHORTEST <= key.len() && key.chars().all(is_plain);
        let key = RequiredValue::Text { text: key.to_owned(), any_case: false };
        plain.then(|| Clause::new(vec![key], true))?
    };
    exprs.into_iter().filter_map(clause).collect()
}

/// Shorter texts are in nearly every record.
const SHORTEST: usize = brokerwatch_ingest::limits::PREFILTER_TEXT_BYTES_MIN;

/// The longest run of plain characters of a text.
fn required_text(text: &str) -> Option<RequiredValue> {
    if may_be_no_text(text) {
        return None;
    }
    let longest = text.split(|c| !is_plain(c)).max_by_key(|run| run.len())?;
    let long = SHORTEST <= longest.len();
    long.then(|| RequiredValue::Text { text: longest.to_owned(), any_case: false })
}

/// Whether documents could write a value with this text as a number, `true` or `false` instead of text.
fn may_be_no_text(text: &str) -> bool {
    let number = |byte: u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    text.bytes().all(number) || text == "true" || text == "false"
}

/// Whether all JSON writers write the character as it is.
fn is_plain(c: char) -> bool {
    let escaped = matches!(c, '"' | '\\' | '/' | '<' | '>' | '&' | '\'' | '=' | '+' | '`');
    (c == ' ' || c.is_ascii_graphic()) && !escaped
}

#[cfg(test)]
mod tests {
    use datafusion::prelude::{col, lit};

    use super::*;

    /// The clauses of a filter over a keyword `name`, a long `number`, a double `ratio`, an address `ip`.
    #[track_caller]
    fn check(filter: &Expr, expected: &[&[&str]]) {
        let bindings = [
            ("name", DataType::Keyword),
            ("host.name", DataType::Keyword),
            ("number", DataType::Long),
            ("ratio", DataType::Double),
            ("address", DataType::Ip),
        ]
        .map(|(name, ty)| (name, Binding::open(name, ty, false, false)));
        let of = |name: &str| {
            bindings.iter().find(|(known, _)| *known == name).map(|(_, binding)| binding)
        };
        let found = required(std::slice::from_ref(filter), &of).unwrap_or_default();
        let shown: Vec<Vec<String>> = found
            .all_of
            .iter()
            .map(|clause| {
                let show = |value: &RequiredValue| match value {
                    RequiredValue::Text { text, .. } => text.clone(),
                    RequiredValue::Long(number) => number.to_string(),
                };
                clause.values.iter().map(show).collect()
            })
            .collect();
        assert_eq!(shown, expected, "{filter}");
    }

    fn field(name: &str) -> Expr {
        Expr::Column(datafusion::common::Column::new_unqualified(name))
    }

    #[test]
    fn what_every_record_holds_is_found() {
        check(&col("name").eq(lit("curl.exe")), &[&["curl.exe"]]);
        check(&lit("curl.exe").eq(col("name")), &[&["curl.exe"]]);
        check(&col("number").eq(lit(1883_i64)), &[&["1883"]]);
        check(&col("ratio").eq(lit(1883.0)), &[&["1883"]]);
        check(&col("name").in_list(vec![lit("curl"), lit("wget")], false), &[&["curl", "wget"]]);
        let both = col("name").eq(lit("curl")).and(col("number").eq(lit(1883_i64)));
        check(&both, &[&["1883"], &["curl"]]);
        let one = col("name").eq(lit("curl")).or(col("number").eq(lit(1883_i64)));
        check(&one, &[&["curl", "1883"]]);
        check(&field("host.name").is_not_null(), &[&["name"]]);
        check(&col("number").gt(lit(5_i64)), &[&["number"]]);
    }

    #[test]
    fn what_may_stand_otherwise_is_not_required() {
        check(&col("name").eq(lit("12")), &[&["name"]]);
        check(&col("name").eq(lit("true")), &[&["name"]]);
        check(&col("name").eq(lit("C:\\Windows\\a")), &[&["Windows"]]);
        check(&col("ratio").eq(lit(0.5)), &[&["ratio"]]);
        check(&col("address").eq(lit("10.0.0.1")), &[&["address"]]);
        check(&col("name").is_null(), &[]);
        check(&col("other").eq(lit("curl")), &[]);
        check(&col("name").eq(lit("curl")).or(col("other").is_null()), &[]);
        check(&Expr::Not(Box::new(col("name").eq(lit("curl")))), &[]);
        check(&col("name").in_list(vec![lit("curl")], true), &[&["name"]]);
    }
}
