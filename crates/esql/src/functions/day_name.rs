//! `DAY_NAME`: the name of the day of the week.

use super::{Example, Function, Lists, Returns, param, single};
use crate::types::{DataType, MOMENT};
use crate::value::Value;

pub(crate) const FUNCTION: Function = Function {
    name: "DAY_NAME",
    aliases: &[],
    doc: "The English name of the day of the week on which a moment falls, in UTC or the query's `time_zone`.",
    params: &[param("date", MOMENT)],
    returns: Returns::Always(DataType::Keyword),
    lists: Lists::Single,
    examples: &[
        Example {
            query: r#"ROW d = DAY_NAME("1953-09-02T00:00:00.000Z"::date)"#,
            result: "Wednesday",
        },
        Example { query: "ROW d = DAY_NAME(null)", result: "null" },
    ],
    compile: |call| {
        let zone = call.zone.clone();
        single(move |args, _| Ok(zone.civil(args[0]).map(|at| Value::Text(at.weekday_name()))))
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::call;
    use crate::types::DataType;
    use crate::value::{Constant, Scalar};

    #[test]
    fn days_have_names_on_both_sides_of_the_epoch() {
        for (nanos, expected) in
            [(0, "Thursday"), (-1, "Wednesday"), (3 * 86_400_000_000_000, "Sunday")]
        {
            let date = Constant::one(DataType::DateNanos, Scalar::DateNanos(nanos));
            let found = call("DAY_NAME", &[date], DataType::Keyword);
            assert_eq!(found.0, [Scalar::Text(expected.into())]);
        }
    }
}
