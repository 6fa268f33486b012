//! `TO_TIMEDURATION`: a text as a span of hours and the like.

use super::conversion::to_timespan;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, TEXT, Types};

pub(crate) const FUNCTION: Function = Function {
    name: "TO_TIMEDURATION",
    aliases: &[],
    doc: "A constant text such as `3 hours` as a span of milliseconds, seconds, minutes or hours.",
    params: &[param("field", TEXT.or(Types::of(&[DataType::TimeDuration]))).constant()],
    returns: Returns::Always(DataType::TimeDuration),
    lists: Lists::Single,
    examples: &[Example {
        query: r#"ROW d = "2024-01-31"::date + TO_TIMEDURATION("90 minutes")"#,
        result: "2024-01-31T01:30:00.000Z",
    }],
    compile: |call| to_timespan(call, DataType::TimeDuration),
};

#[cfg(test)]
mod tests {
    use brokerwatch_expr::Span;

    use super::super::testing::{call, text};
    use super::super::{Arg, Call};
    use super::*;
    use crate::value::{Constant, Scalar};

    #[test]
    fn a_text_and_a_span_of_the_same_kind() {
        let own = Scalar::Duration(3);
        for (value, expected) in [
            (text("2 HOURS"), Scalar::Duration(7_200_000)),
            (Constant::one(DataType::TimeDuration, own.clone()), own),
        ] {
            assert_eq!(
                call("TO_TIMEDURATION", &[value], DataType::TimeDuration),
                (vec![expected], vec![])
            );
        }
    }

    #[test]
    fn other_texts_are_errors() {
        for (written, expected) in [
            ("3 days", "`3 days` is a date_period, not a time_duration"),
            ("soon", "`soon` is no time_duration"),
        ] {
            let args = [Arg {
                ty: DataType::Keyword,
                constant: Some(text(written)),
                span: Span::default(),
            }];
            let call = Call {
                args: &args,
                returns: DataType::TimeDuration,
                options: None,
                span: Span::default(), zone: crate::functions::Zone::UTC };
            let error = (FUNCTION.compile)(&call).err().map(|error| error.message);
            assert_eq!(error.as_deref(), Some(expected));
        }
    }
}
