//! `TO_DATEPERIOD`: a text as a span of days and the like.

use super::conversion::to_timespan;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, TEXT, Types};

pub(crate) const FUNCTION: Function = Function {
    name: "TO_DATEPERIOD",
    aliases: &[],
    doc: "A constant text such as `3 days` as a span of days, weeks, months, quarters or years.",
    params: &[param("field", TEXT.or(Types::of(&[DataType::DatePeriod]))).constant()],
    returns: Returns::Always(DataType::DatePeriod),
    lists: Lists::Single,
    examples: &[Example {
        query: r#"ROW d = "2024-01-31"::date + TO_DATEPERIOD("1 month")"#,
        result: "2024-02-29T00:00:00.000Z",
    }],
    compile: |call| to_timespan(call, DataType::DatePeriod),
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
        let own = Scalar::Period { months: 0, days: 3 };
        for (value, expected) in [
            (text("2 QUARTERS"), Scalar::Period { months: 6, days: 0 }),
            (Constant::one(DataType::DatePeriod, own.clone()), own),
        ] {
            assert_eq!(
                call("TO_DATEPERIOD", &[value], DataType::DatePeriod),
                (vec![expected], vec![])
            );
        }
    }

    #[test]
    fn other_texts_are_errors() {
        for (written, expected) in [
            ("3 hours", "`3 hours` is a time_duration, not a date_period"),
            ("soon", "`soon` is no date_period"),
        ] {
            let args = [Arg {
                ty: DataType::Keyword,
                constant: Some(text(written)),
                span: Span::default(),
            }];
            let call = Call {
                args: &args,
                returns: DataType::DatePeriod,
                options: None,
                span: Span::default(), zone: crate::functions::Zone::UTC };
            let error = (FUNCTION.compile)(&call).err().map(|error| error.message);
            assert_eq!(error.as_deref(), Some(expected));
        }
    }
}
