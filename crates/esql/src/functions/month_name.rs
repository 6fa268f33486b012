//! `MONTH_NAME`: the name of the month.

use super::{Example, Function, Lists, Returns, param, single};
use crate::types::{DataType, MOMENT};
use crate::value::Value;

pub(crate) const FUNCTION: Function = Function {
    name: "MONTH_NAME",
    aliases: &[],
    doc: "The English name of the month in which a moment falls, in UTC or the query's `time_zone`.",
    params: &[param("date", MOMENT)],
    returns: Returns::Always(DataType::Keyword),
    lists: Lists::Single,
    examples: &[
        Example {
            query: r#"ROW d = MONTH_NAME("1996-03-21T00:00:00.000Z"::date)"#,
            result: "March",
        },
        Example { query: "ROW d = MONTH_NAME(null)", result: "null" },
    ],
    compile: |call| {
        let zone = call.zone.clone();
        single(move |args, _| Ok(zone.civil(args[0]).map(|at| Value::Text(at.month_name()))))
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::call;
    use crate::types::DataType;
    use crate::value::{Constant, Scalar};

    #[test]
    fn months_have_names_on_both_sides_of_the_epoch() {
        for (millis, expected) in [(0, "January"), (-1, "December"), (i64::MAX, "August")] {
            let date = Constant::one(DataType::Date, Scalar::Date(millis));
            let found = call("MONTH_NAME", &[date], DataType::Keyword);
            assert_eq!(found.0, [Scalar::Text(expected.into())]);
        }
    }
}
