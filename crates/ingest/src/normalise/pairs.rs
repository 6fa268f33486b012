//! All fields below a prefix as one field: pairs of a name and a value.
//!
//! Some sources have fields that no list names: a Windows provider calls its event data what it likes. A rule that wants
//! `winlog.event_data.Foo` asks for just that. A document with all of them asks for `winlog.event_data.*`, whose values
//! are the name and the value of each, in turn.

use brokerwatch_ecs::Value;

/// The name of the field that holds all fields below a prefix. The prefix ends with its dot.
pub fn all(prefix: &str) -> String {
    format!("{prefix}*")
}

/// The prefix, without its dot, of a field that holds all fields below it.
pub fn prefix(name: &str) -> Option<&str> {
    name.strip_suffix(".*")
}

/// The pairs that the values of such a field are.
pub fn of<'c>(values: &[Value<'c>]) -> impl Iterator<Item = (&'c str, Value<'c>)> {
    values.chunks_exact(2).filter_map(|pair| Some((pair[0].as_str()?, pair[1])))
}

#[cfg(test)]
mod tests {
    use brokerwatch_ecs::{Event, Projection};
    use bumpalo::Bump;
    use serde_json::{Value as Json, json};

    use crate::normalise::{Kind, Program, document, load};

    const MAPPING: &str = r#"
name = "x"
unset = ["-"]

[own]
"own.data.*" = "keyword"

[[group]]
when = { kind = "a" }

[[group.set]]
to = "own.data.*"
from = "Data.*"
except = ["Moved"]

[[group.set]]
to = "user.name"
from = "Data.Moved"
when = { extra = true }
"#;

    /// The document of the wanted fields, of a source that has `values`.
    fn run(wanted: &[&str], values: &[(&str, &'static str)]) -> Json {
        let mapping = load(MAPPING).expect("the mapping is right");
        let schema = mapping.schema();
        let mut target = Projection::new();
        wanted.iter().for_each(|name| {
            target.want(name, &schema);
        });
        let program = Program::new(&mapping, Kind::Defend, &target);
        let (arena, mut fields) = (Bump::new(), Event::new(program.source()));
        for (name, value) in values {
            if let Some(slot) = program.source().slot(name) {
                fields.push(slot, super::Value::Keyword(value));
            }
        }
        let mut event = Event::new(&target);
        assert_eq!(program.run(&fields, &arena, &mut event), 0);
        Json::Object(document(&event, &target))
    }

    #[test]
    fn a_field_below_a_prefix_is_wanted_by_its_name() {
        let values = [("kind", "a"), ("Data.One", "1"), ("Data.Moved", "2"), ("Data.Unset", "-")];
        let wanted = ["own.data.One", "own.data.Moved", "own.data.Unset", "own.data.Absent"];
        assert_eq!(run(&wanted, &values), json!({ "own": { "data": { "One": "1" } } }));
    }

    #[test]
    fn all_fields_below_a_prefix_are_an_object() {
        let mut values = vec![("kind", "a")];
        for text in ["One", "1", "Moved", "2", "Unset", "-", "a.b", "3", "One", "4"] {
            values.push(("Data.*", text));
        }
        let data = json!({ "One": ["1", "4"], "a.b": "3" });
        assert_eq!(run(&["own.data.*"], &values), json!({ "own": { "data": data } }));
        assert_eq!(run(&["own.data.*"], &[("kind", "a")]), json!({}));
    }

    #[test]
    fn conditions_of_a_group_hold_for_its_statements() {
        let wanted = ["user.name", "own.data.One"];
        let user = ("Data.Moved", "u");
        assert_eq!(run(&wanted, &[("kind", "b"), ("extra", "1"), user]), json!({}));
        assert_eq!(run(&wanted, &[("kind", "a"), user]), json!({}));
        let both = [("kind", "a"), ("extra", "1"), user];
        assert_eq!(run(&wanted, &both), json!({ "user": { "name": "u" } }));
    }

    #[test]
    fn what_cannot_be_filled_below_a_prefix_is_named() {
        let load_with = |line: &str| {
            let text = format!("name = \"x\"\n[own]\n\"own.*\" = \"keyword\"\n[[set]]\n{line}");
            load(&text).expect_err("the statement is wrong").to_string()
        };
        for line in ["to = \"own.*\"\nfrom = \"a\"", "to = \"own.*\"\nfrom = [\"a.*\", \"b.*\"]"] {
            assert!(load_with(line).contains("`.*` is filled from one `.*`"), "{line}");
        }
        let line = "to = \"user.name\"\nfrom = \"a\"\nexcept = [\"b\"]";
        assert!(load_with(line).contains("`except` is for `.*` only"));
    }
}
