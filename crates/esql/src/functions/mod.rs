//! The functions of ES|QL, one file each, and what a function is.
//!
//! A body sees present, well-typed values. What is missing or many is settled around it, in [`crate::call`], by the
//! function's [`Lists`]; so are failures, which become warnings.

use brokerwatch_expr::{Diagnostic, Span};

pub(crate) use date_pattern::Zone;

use crate::ast::Map;
use crate::types::{DataType, Types};
use crate::value::{Arena, Constant, Value};
use crate::warnings::Failure;

/// One function.
#[derive(Debug)]
pub struct Function {
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
    /// What becomes of rows with no value or several.
    pub lists: Lists,
    /// Examples for the reference, run as tests.
    pub examples: &'static [Example],
    /// Builds the body. Called once for each call in a query.
    pub compile: fn(&Call<'_>) -> Result<Body, Diagnostic>,
}

/// One parameter.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// The name in the reference.
    pub name: &'static str,
    /// The types that it takes. A literal text becomes a moment, an address, a version, a boolean or a timespan where
    /// the parameter takes no text but one of these. Null is always taken.
    pub takes: Types,
    /// Whether it may be left out or repeated.
    pub presence: Presence,
    /// Whether it must be a constant.
    pub constant: bool,
}

/// Whether an argument may be left out or repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It must be given.
    Required,
    /// It may be left out, and all behind it with it.
    Optional,
    /// The last one: it must be given, and may be repeated.
    Repeated,
    /// The last one: it may be left out or repeated.
    AnyCount,
}

/// The type of a result.
#[derive(Debug, Clone, Copy)]
pub enum Returns {
    /// Always this.
    Always(DataType),
    /// That of the argument at this place, text counting as keyword.
    Like(usize),
    /// The widest of all arguments; the body sees each of them in that type.
    Widest,
    /// Computed from the types of the arguments.
    From(fn(&[DataType]) -> DataType),
}

/// What becomes of rows in which an argument has no value, or several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lists {
    /// The body sees one value of each argument. Where one has none, the result is null; where one has several, it is
    /// null with a warning.
    Single,
    /// The body sees each value of the first argument in turn, with one value of each other; the result is the list of
    /// what it gives. A value that fails is left out with a warning.
    Each,
    /// The body ([`Body::Lists`]) sees all values of every argument and gives one value or none.
    One,
    /// The body ([`Body::Lists`]) sees all values of every argument and gives any count of values.
    Many,
}

/// An example: a query that begins with `ROW`, and its last column as ES|QL's own text (`null`, `[a, b]`, `text`).
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// The query.
    pub query: &'static str,
    /// The value of the last column in the only row.
    pub result: &'static str,
}

/// What `compile` sees of a call.
#[derive(Debug)]
pub struct Call<'a> {
    /// The arguments given, converted to what the parameters take.
    pub args: &'a [Arg],
    /// The type of the result.
    pub returns: DataType,
    /// `{ "option": value }` behind the arguments.
    pub options: Option<&'a Map>,
    /// The name of the function as written.
    pub span: Span,
    /// The zone whose clocks and calendar count.
    pub(crate) zone: Zone,
}

/// One argument of a call.
#[derive(Debug, Clone)]
pub struct Arg {
    /// Its type.
    pub ty: DataType,
    /// Its value, if it is a constant.
    pub constant: Option<Constant>,
    /// Where it stands.
    pub span: Span,
}

/// The body over single values: one per argument given.
pub type SingleBody = Box<
    dyn for<'v> Fn(&[Value<'v>], &'v Arena) -> Result<Option<Value<'v>>, Failure> + Send + Sync,
>;

/// The body over lists: all values of each argument given, none for null. Appends the result, nothing for null.
pub type ListBody = Box<
    dyn for<'v> Fn(&[&[Value<'v>]], &'v Arena, &mut Vec<Value<'v>>) -> Result<(), Failure>
        + Send
        + Sync,
>;

/// What a call does with its arguments.
pub enum Body {
    /// For [`Lists::Single`] and [`Lists::Each`].
    Single(SingleBody),
    /// For [`Lists::One`] and [`Lists::Many`].
    Lists(ListBody),
}

/// A body over single values.
pub fn single<F>(body: F) -> Result<Body, Diagnostic>
where
    F: for<'v> Fn(&[Value<'v>], &'v Arena) -> Result<Option<Value<'v>>, Failure>
        + Send
        + Sync
        + 'static,
{
    Ok(Body::Single(Box::new(body)))
}

/// A body over lists.
pub fn lists<F>(body: F) -> Result<Body, Diagnostic>
where
    F: for<'v> Fn(&[&[Value<'v>]], &'v Arena, &mut Vec<Value<'v>>) -> Result<(), Failure>
        + Send
        + Sync
        + 'static,
{
    Ok(Body::Lists(Box::new(body)))
}

/// A required parameter.
pub const fn param(name: &'static str, takes: Types) -> Param {
    Param { name, takes, presence: Presence::Required, constant: false }
}

/// A parameter that may be left out.
pub const fn optional(name: &'static str, takes: Types) -> Param {
    Param { presence: Presence::Optional, ..param(name, takes) }
}

/// A last parameter that may be repeated.
pub const fn repeated(name: &'static str, takes: Types) -> Param {
    Param { presence: Presence::Repeated, ..param(name, takes) }
}

impl Param {
    /// The same parameter, constants only.
    #[must_use]
    pub const fn constant(self) -> Param {
        Param { constant: true, ..self }
    }
}

impl Call<'_> {
    /// The constant text at a place, if it is one.
    pub fn text(&self, at: usize) -> Option<&str> {
        self.args.get(at)?.constant.as_ref()?.as_str()
    }

    /// The constant texts at a place, one or several.
    pub fn texts(&self, at: usize) -> Vec<&str> {
        let constant = self.args.get(at).and_then(|arg| arg.constant.as_ref());
        let values = constant.map(|constant| constant.values.as_slice()).unwrap_or_default();
        values.iter().filter_map(|value| value.get().as_str()).collect()
    }

    /// Where an argument stands, or the name of the function where it was left out.
    pub fn span_of(&self, at: usize) -> Span {
        self.args.get(at).map_or(self.span, |arg| arg.span)
    }
}

impl Function {
    /// Least and most arguments; `None` for any count.
    pub fn arity(&self) -> (usize, Option<usize>) {
        let required =
            |param: &&Param| matches!(param.presence, Presence::Required | Presence::Repeated);
        let least = self.params.iter().filter(required).count();
        let open = self
            .params
            .last()
            .is_some_and(|last| matches!(last.presence, Presence::Repeated | Presence::AnyCount));
        (least, (!open).then_some(self.params.len()))
    }

    /// The parameter of the argument at a place.
    pub fn param(&self, at: usize) -> Option<&'static Param> {
        self.params.get(at).or_else(|| self.params.last().filter(|_| self.arity().1.is_none()))
    }
}

/// Declares the files of the functions, each with a `pub(crate) const FUNCTION: Function`.
macro_rules! functions {
    ($($file:ident),* $(,)?) => {
        $(mod $file;)*

        /// Every function.
        pub static ALL: &[&Function] = &[$(&$file::FUNCTION),*];
    };
}

mod address_blocks;
mod base64;
pub(crate) mod calendar;
mod characters;
pub(crate) mod conversion;
pub(crate) mod date_pattern;
mod digest;
mod geometry;
mod java_regex;
mod json_path;
pub(crate) mod lists;
mod numeric;
pub(crate) mod operators;
mod pattern;
pub(crate) mod range;
mod rounding;
mod spatial;
mod url;
pub(crate) use operators::{arithmetic, compare, date_minus, date_plus, negate};
pub(crate) use pattern::{like, like_needs, rlike, rlike_needs};
pub(crate) use spatial::{bounds_of, box_text, box_type};

functions![
    abs,
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    bit_length,
    bucket,
    byte_length,
    categorize,
    cbrt,
    ceil,
    cidr_match,
    clamp,
    clamp_max,
    clamp_min,
    concat,
    contains,
    copy_sign,
    cos,
    cosh,
    date_diff,
    date_extract,
    date_format,
    date_parse,
    date_trunc,
    day_name,
    e,
    ends_with,
    exp,
    floor,
    from_base64,
    greatest,
    hash,
    hypot,
    ip_prefix,
    json_extract,
    least,
    left,
    length,
    locate,
    log,
    log10,
    ltrim,
    md5,
    month_name,
    mv_append,
    mv_avg,
    mv_concat,
    mv_contains,
    mv_count,
    mv_dedupe,
    mv_difference,
    mv_first,
    mv_in_range,
    mv_intersection,
    mv_intersects,
    mv_last,
    mv_like,
    mv_max,
    mv_median,
    mv_median_absolute_deviation,
    mv_min,
    mv_percentile,
    mv_pseries_weighted_sum,
    mv_rlike,
    mv_slice,
    mv_sort,
    mv_sum,
    mv_union,
    mv_zip,
    network_direction,
    pi,
    pow,
    repeat,
    replace,
    reverse,
    right,
    round,
    round_to,
    rtrim,
    scalb,
    sha1,
    sha256,
    signum,
    sin,
    sinh,
    space,
    split,
    sqrt,
    st_contains,
    st_disjoint,
    st_distance,
    st_envelope,
    st_geohash,
    st_geotile,
    st_intersects,
    st_npoints,
    st_within,
    st_x,
    st_xmax,
    st_xmin,
    st_y,
    st_ymax,
    st_ymin,
    starts_with,
    substring,
    tan,
    tanh,
    tau,
    to_base64,
    to_boolean,
    to_cartesianpoint,
    to_cartesianshape,
    to_date_nanos,
    to_dateperiod,
    to_datetime,
    to_degrees,
    to_double,
    to_geohash,
    to_geopoint,
    to_geoshape,
    to_geotile,
    to_integer,
    to_ip,
    to_long,
    to_lower,
    to_radians,
    to_string,
    to_text,
    to_timeduration,
    to_unsigned_long,
    to_upper,
    to_version,
    trim,
    url_decode,
    url_encode,
    url_encode_component,
];

mod forms;
mod full_text;
pub(crate) use forms::is_form;
pub use forms::{FORMS, Form};
pub(crate) use full_text::{Search, full_text};

/// The function of that name or alias, in any case.
pub fn by_name(name: &str) -> Option<&'static Function> {
    let same = |own: &&str| own.eq_ignore_ascii_case(name);
    ALL.iter().copied().find(|function| same(&function.name) || function.aliases.iter().any(same))
}

#[cfg(test)]
pub(crate) mod testing {
    //! Bodies over constants, as a query folds them.

    use super::*;
    use crate::call::fold;
    use crate::value::Scalar;

    /// A keyword argument.
    pub(crate) fn text(text: &str) -> Constant {
        Constant::text(text)
    }

    /// An integer argument.
    pub(crate) fn integer(number: i32) -> Constant {
        Constant::one(DataType::Integer, Scalar::Integer(number))
    }

    /// A long argument.
    pub(crate) fn long(number: i64) -> Constant {
        Constant::one(DataType::Long, Scalar::Long(number))
    }

    /// A double argument.
    pub(crate) fn double(number: f64) -> Constant {
        Constant::one(DataType::Double, Scalar::Double(number))
    }

    /// A list of keywords.
    pub(crate) fn texts(texts: &[&str]) -> Constant {
        let values = texts.iter().map(|text| Scalar::Text((*text).into())).collect();
        Constant { ty: DataType::Keyword, values }
    }

    /// Holds a call to its one value, or to its one failure.
    #[track_caller]
    pub(crate) fn check(
        name: &str,
        args: &[Constant],
        returns: DataType,
        expected: Result<Scalar, &str>,
    ) {
        let found = call(name, args, returns);
        let expected = match expected {
            Ok(value) => (vec![value], vec![]),
            Err(message) => (vec![], vec![message.to_owned()]),
        };
        assert_eq!(found, expected, "{name}({args:?})");
    }

    /// The values of a call, and the messages of its failures.
    pub(crate) fn call(
        name: &str,
        args: &[Constant],
        returns: DataType,
    ) -> (Vec<Scalar>, Vec<String>) {
        call_in(&Zone::UTC, name, args, returns)
    }

    /// The same, where clocks and calendar are those of a zone.
    pub(crate) fn call_in(
        zone: &Zone,
        name: &str,
        args: &[Constant],
        returns: DataType,
    ) -> (Vec<Scalar>, Vec<String>) {
        let function = by_name(name).unwrap_or_else(|| panic!("no function {name}"));
        let args: Vec<Arg> = args
            .iter()
            .map(|constant| Arg {
                ty: constant.ty,
                constant: Some(constant.clone()),
                span: Span::default(),
            })
            .collect();
        let call =
            Call { args: &args, returns, options: None, span: Span::default(), zone: zone.clone() };
        let (constant, failures) =
            fold(function, &call).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        (constant.values, failures.into_iter().map(|failure| failure.message).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_functions_share_a_name() {
        let names: Vec<&str> = ALL
            .iter()
            .flat_map(|one| std::iter::once(one.name).chain(one.aliases.iter().copied()))
            .collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        assert!(names.iter().all(|name| {
            name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        }));
    }

    #[test]
    fn every_function_is_documented() {
        for function in ALL {
            assert!(
                function.doc.ends_with('.') && !function.examples.is_empty(),
                "{}",
                function.name
            );
            let inner = function.params.split_last().map(|(_, inner)| inner).unwrap_or_default();
            let open =
                |param: &Param| matches!(param.presence, Presence::Repeated | Presence::AnyCount);
            assert!(
                !inner.iter().any(open),
                "{}: only the last parameter is repeated",
                function.name
            );
        }
    }
}
