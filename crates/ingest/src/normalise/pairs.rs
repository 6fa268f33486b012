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
