//! The aggregates of ES|QL, one file each, and what an aggregate is.
//!
//! An aggregate reads every value of a list; null adds nothing. Where DataFusion has an aggregate that means exactly the
//! same, it is planned as that one; everything else is an [`accumulate::Accumulate`] of our own.

mod accumulate;
mod extreme;
mod gather;
mod hash;
mod hyperloglog;
mod moments;
mod pick;
mod presence;
mod quantiles;
mod ranking;
mod total;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use brokerwatch_expr::Diagnostic;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::{AggregateUDF, Expr};

use crate::codes;
use crate::functions::{Arg, Example, Param, Returns};
use crate::types::{DataType, Types};
use crate::value::Value;
use crate::warnings::Site;
use accumulate::{Accumulate, Shape, Udaf};

pub(crate) use gather::gather;

/// One aggregate.
#[derive(Debug)]
pub struct Aggregate {
    /// The name, in upper case.
    pub name: &'static str,
    /// Other names, in upper case.
    pub aliases: &'static [&'static str],
    /// One or two sentences for the reference.
    pub doc: &'static str,
    /// The parameters, in order.
    pub params: &'static [Param],
    /// The type of the result.
    pub returns: Returns,
    /// Whether the result may have several values.
    pub gives: Gives,
    /// Examples for the reference, run as tests.
    pub examples: &'static [Example],
    /// The call as an aggregate of DataFusion, its filter included. Its Arrow type is that of a column of
    /// [`AggregateCall::returns`], of lists where [`Aggregate::gives_lists`] says so.
    ///
    /// Two calls in one plan may have the same name, so each has to be given an alias.
    pub plan: fn(&AggregateCall<'_>) -> Result<Expr, Diagnostic>,
}

/// Whether the result of an aggregate may have several values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    /// One at most.
    One,
    /// Any count.
    Many,
    /// As many as the argument at this place may have in a row.
    Like(usize),
}

/// A call of an aggregate in a query.
#[derive(Debug)]
pub struct AggregateCall<'a> {
    /// The arguments given; none for `COUNT(*)`.
    pub args: &'a [Arg],
    /// The column of each argument.
    pub exprs: Vec<Expr>,
    /// Whether each of these is a column of lists.
    pub multi: Vec<bool>,
    /// The type of the result.
    pub returns: DataType,
    /// The condition of `WHERE`: rows count for which it is true.
    pub filter: Option<Expr>,
    /// Where failures are told.
    pub site: Site,
}

impl Aggregate {
    /// Whether the result is a column of lists, where `multi` says so of the arguments.
    pub fn gives_lists(&self, multi: &[bool]) -> bool {
        match self.gives {
            Gives::One => false,
            Gives::Many => true,
            Gives::Like(at) => multi.get(at).copied().unwrap_or_default(),
        }
    }
}

impl AggregateCall<'_> {
    /// An aggregate of DataFusion over these arguments.
    fn native(&self, udaf: Arc<AggregateUDF>, args: Vec<Expr>) -> Expr {
        let filter = self.filter.clone().map(Box::new);
        let call = AggregateFunction::new_udf(udaf, args, false, filter, Vec::new(), None);
        Expr::AggregateFunction(call)
    }

    /// An aggregate of our own over the arguments at these places.
    fn own<A: Accumulate>(&self, aggregate: &Aggregate, empty: A, places: &[usize]) -> Expr {
        let given = || places.iter().filter(|at| **at < self.args.len());
        let shape = Shape {
            types: given().map(|at| self.args[*at].ty).collect(),
            returns: self.returns,
            multi: aggregate.gives_lists(&self.multi),
            site: self.site.clone(),
        };
        let udaf = Udaf::create(aggregate.name, shape, empty);
        let args = given().filter_map(|at| self.exprs.get(*at).cloned()).collect();
        self.native(Arc::new(udaf), args)
    }

    /// The type of the argument at a place.
    fn ty(&self, at: usize) -> DataType {
        self.args.get(at).map_or(DataType::Null, |arg| arg.ty)
    }

    /// The argument at a place where it is a column of single values.
    fn single(&self, at: usize) -> Option<Expr> {
        let multi = self.multi.get(at).copied().unwrap_or_default();
        self.exprs.get(at).filter(|_| !multi).cloned()
    }

    /// The constant at a place, if it has one value.
    fn constant(&self, at: usize) -> Option<Value<'_>> {
        self.args.get(at)?.constant.as_ref()?.single()
    }

    /// The constant at a place, which has to be a whole number above 0.
    fn count(&self, at: usize, what: &str) -> Result<usize, Diagnostic> {
        match self.constant(at).and_then(|value| value.as_i64()) {
            Some(count) if 0 < count => Ok(usize::try_from(count).unwrap_or(usize::MAX)),
            Some(count) => {
                Err(self.reject(at, format!("{what} must be greater than 0, found {count}")))
            }
            None => Err(self.reject(at, format!("{what} must be a whole number greater than 0"))),
        }
    }

    /// A constant that cannot be used.
    fn reject(&self, at: usize, message: String) -> Diagnostic {
        let span = self.args.get(at).map_or(self.site.span, |arg| arg.span);
        Diagnostic::error(codes::AGGREGATE_ARGUMENT, span, message)
    }
}

/// The numbers that are added, averaged and ranked.
const NUMERIC: Types = Types::of(&[DataType::Integer, DataType::Long, DataType::Double]);

/// The types that have an order.
const ORDERED: Types = crate::types::NUMBER
    .or(crate::types::TEXT)
    .or(crate::types::MOMENT)
    .or(Types::of(&[DataType::Boolean, DataType::Ip, DataType::Version]));

/// Declares the files of the aggregates, each with a `pub(super) const AGGREGATE: Aggregate`.
macro_rules! aggregates {
    ($($file:ident),* $(,)?) => {
        $(mod $file;)*

        /// Every aggregate.
        pub static ALL: &[&Aggregate] = &[$(&$file::AGGREGATE),*];
    };
}

aggregates![
    absent,
    avg,
    count,
    count_distinct,
    first,
    last,
    max,
    median,
    median_absolute_deviation,
    min,
    percentile,
    present,
    sample,
    st_centroid_agg,
    st_extent_agg,
    std_dev,
    sum,
    top,
    values,
    variance,
    weighted_avg,
];

/// The aggregate of that name or alias, in any case.
pub fn by_name(name: &str) -> Option<&'static Aggregate> {
    let same = |own: &&str| own.eq_ignore_ascii_case(name);
    ALL.iter()
        .copied()
        .find(|aggregate| same(&aggregate.name) || aggregate.aliases.iter().any(same))
}
