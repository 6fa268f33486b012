//! Options of commands, `WITH { "name": value }`: each given once, of a name and a value that the command takes.

use brokerwatch_expr::{Diagnostic, Span};

use super::Planner;
use crate::ast::{Entry, Map, MapValue};
use crate::codes;
use crate::value::{Constant, Value};

/// The value of an option.
#[derive(Debug)]
pub(crate) enum Given<'a> {
    /// A constant, parameters filled in.
    Constant(Constant),
    /// Options of its own.
    Map(&'a Map),
}

impl Given<'_> {
    /// `true` or `false`.
    pub(crate) fn flag(&self) -> Option<bool> {
        self.one().and_then(|value| value.as_bool())
    }

    /// A number.
    pub(crate) fn number(&self) -> Option<f64> {
        self.one().and_then(|value| value.as_f64())
    }

    /// A text.
    pub(crate) fn text(&self) -> Option<&str> {
        self.one().and_then(|value| value.as_str())
    }

    /// One text or several.
    pub(crate) fn texts(&self) -> Option<Vec<&str>> {
        match self {
            Given::Constant(constant) => {
                constant.values.iter().map(|value| value.get().as_str()).collect()
            }
            Given::Map(_) => None,
        }
    }

    fn one(&self) -> Option<Value<'_>> {
        match self {
            Given::Constant(constant) => constant.single(),
            Given::Map(_) => None,
        }
    }
}

impl Planner<'_> {
    /// Hands each option to `take`, which gives what the option needs where the value is not that. An option that is not
    /// among `known` is an error, as is one that is given twice.
    pub(crate) fn read_options(
        &mut self,
        map: Option<&Map>,
        known: &[&str],
        mut take: impl FnMut(&str, &Given<'_>, Span) -> Result<(), String>,
    ) {
        let entries = map.map(|map| map.entries.as_slice()).unwrap_or_default();
        for (at, entry) in entries.iter().enumerate() {
            let key = entry.key.as_str();
            if !known.contains(&key) {
                self.no_option(entry, known);
            } else if entries[..at].iter().any(|before| before.key == key) {
                let message = format!("option `{key}` is given twice");
                self.wrong(codes::OPTION, entry.key_place.0, message);
            } else if let Some(given) = self.given(entry)
                && let Err(needs) = take(key, &given, entry.value_place.0)
            {
                let message = format!("option `{key}` needs {needs}");
                self.wrong(codes::OPTION, entry.value_place.0, message);
            }
        }
    }

    fn given<'m>(&mut self, entry: &'m Entry) -> Option<Given<'m>> {
        match &entry.value {
            MapValue::Map(map) => Some(Given::Map(map)),
            MapValue::Constant(constant) => {
                self.known(constant, entry.value_place.0).map(Given::Constant)
            }
        }
    }

    fn no_option(&mut self, entry: &Entry, known: &[&str]) {
        let message = format!("unknown option `{}`", entry.key);
        let help = match brokerwatch_ecs::similar(&entry.key, known.iter().copied()).as_slice() {
            [] => format!("there are `{}`", known.join("`, `")),
            close => format!("close are `{}`", close.join("`, `")),
        };
        self.error(Diagnostic::error(codes::OPTION, entry.key_place.0, message).help(help));
    }
}
