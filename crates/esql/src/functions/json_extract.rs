//! `JSON_EXTRACT`: a part of a JSON text, by path.

use super::json_path::JsonPath;
use super::{Call, Example, Function, Lists, Returns, param, single};
use crate::types::{DataType, TEXT, Types};

pub(crate) const FUNCTION: Function = Function {
    name: "JSON_EXTRACT",
    aliases: &[],
    doc: "The part of a JSON text at a path such as `process.args[0]`, `$.a` or `['a.b']`: a text, a number or a boolean as \
          it reads, an object or an array as JSON. Null with a warning if there is nothing at the path.",
    params: &[param("string", TEXT.or(Types::of(&[DataType::Source]))), param("path", TEXT)],
    returns: Returns::Always(DataType::Keyword),
    lists: Lists::Single,
    examples: &[
        Example {
            query: r#"ROW j = """{"process": {"args": ["-c", 7]}}""" | EVAL a = JSON_EXTRACT(j, "process.args[1]")"#,
            result: "7",
        },
        Example {
            query: r#"ROW j = """{"a.b": {"c": true}}""" | EVAL a = JSON_EXTRACT(j, "$['a.b']")"#,
            result: r#"{"c":true}"#,
        },
        Example { query: r#"ROW a = JSON_EXTRACT("{}", "b")"#, result: "null" },
    ],
    compile: |call: &Call<'_>| {
        let constant = call.text(1).map(JsonPath::parse);
        single(move |args, arena| {
            let (Some(json), Some(path)) = (args[0].as_str(), args[1].as_str()) else {
                return Ok(None);
            };
            let found = match &constant {
                Some(known) => known.as_ref().map_err(Clone::clone)?.extract(json)?,
                None => JsonPath::parse(path)?.extract(json)?,
            };
            Ok(found.map(|text| arena.text(&text)))
        })
    },
};

#[cfg(test)]
mod tests {
    use crate::functions::testing::{call, text, texts};
    use crate::types::DataType;
    use crate::value::{Constant, Scalar};

    #[test]
    fn one_text_and_one_path_are_needed() {
        for (path, values, messages) in [
            (text("a"), vec![Scalar::Text("1".into())], vec![]),
            (text("b"), vec![], vec!["path [b] does not exist"]),
            (texts(&["a", "b"]), vec![], vec!["single-value function encountered multi-value"]),
            (Constant::null(), vec![], vec![]),
        ] {
            let messages = messages.into_iter().map(str::to_owned).collect();
            let args = [text(r#"{"a":1}"#), path];
            assert_eq!(call("JSON_EXTRACT", &args, DataType::Keyword), (values, messages));
        }
    }
}
