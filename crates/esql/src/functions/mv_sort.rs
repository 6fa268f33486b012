//! `MV_SORT`: a list in order.

use brokerwatch_expr::Diagnostic;

use super::lists::order;
use super::{Body, Call, Example, Function, Lists, Returns, lists, optional, param};
use crate::codes;
use crate::types::{ORDERED, TEXT};

pub(crate) const FUNCTION: Function = Function {
    name: "MV_SORT",
    aliases: &[],
    doc: "The values of a list in ascending order, or in descending order with `\"desc\"`.",
    params: &[param("field", ORDERED), optional("order", TEXT).constant()],
    returns: Returns::Like(0),
    lists: Lists::Many,
    examples: &[
        Example { query: "ROW a = MV_SORT([4, 2, -3, 2])", result: "[-3, 2, 2, 4]" },
        Example { query: r#"ROW a = MV_SORT([4, 2, -3, 2], "desc")"#, result: "[4, 2, 2, -3]" },
    ],
    compile,
};

fn compile(call: &Call<'_>) -> Result<Body, Diagnostic> {
    let word = if call.args.len() < 2 { "asc" } else { call.text(1).unwrap_or("null") };
    let descending = word.eq_ignore_ascii_case("desc");
    if !descending && !word.eq_ignore_ascii_case("asc") {
        let message = format!("`MV_SORT` has no order `{word}`");
        return Err(Diagnostic::error(codes::ARGUMENT, call.span_of(1), message)
            .help("write \"asc\" or \"desc\""));
    }
    let ty = call.returns;
    lists(move |args, _, out| {
        out.extend_from_slice(args[0]);
        out.sort_by(|a, b| if descending { order(b, a, ty) } else { order(a, b, ty) });
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, text};
    use crate::types::DataType;
    use crate::value::{Constant, Scalar};

    #[test]
    fn every_order_sorts_by_the_type() {
        for (ty, order, expected) in [
            (DataType::Version, "ASC", ["1.9", "1.10"]),
            (DataType::Keyword, "asc", ["1.10", "1.9"]),
            (DataType::Version, "Desc", ["1.10", "1.9"]),
        ] {
            let texts = |texts: [&str; 2]| texts.map(|text| Scalar::Text(text.into())).to_vec();
            let list = Constant { ty, values: texts(["1.10", "1.9"]) };
            let found = call("MV_SORT", &[list, text(order)], ty);
            assert_eq!(found, (texts(expected), vec![]));
        }
    }

    #[test]
    fn numbers_that_are_none_have_a_place() {
        let doubles = [f64::NAN, 1.0, f64::NAN, -1.0, f64::INFINITY].map(Scalar::Double);
        let list = Constant { ty: DataType::Double, values: doubles.to_vec() };
        let (values, _) = call("MV_SORT", &[list], DataType::Double);
        let texts: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
        assert_eq!(
            texts,
            ["Double(-1.0)", "Double(1.0)", "Double(inf)", "Double(NaN)", "Double(NaN)"]
        );
    }
}
