//! What a test reads, as inputs in memory.

use brokerwatch_detect::{Conditions, Matcher};
use brokerwatch_ecs::{Projection, Schema};
use brokerwatch_expr::{Diagnostic, lift};
use brokerwatch_rules::rule_tests::{RuleTest, Telemetry, TestsFile};
use brokerwatch_runtime::Input;
use brokerwatch_runtime::events::{OnEvents, Seen};
use serde_json::Value;

use super::gather::Home;
use crate::commands::input::{self, ReadArgs, Summary};
use crate::commands::later;

/// The inputs of a test, in order; the error says what cannot be read.
pub(super) fn inputs(
    file: &TestsFile,
    test: &RuleTest,
    home: &Home,
    schema: &Schema,
) -> Result<Vec<Input>, String> {
    let mut inputs = Vec::new();
    for piece in &test.telemetry {
        inputs.push(match piece {
            Telemetry::Events(text) => Input::in_memory(&file.path, text.as_bytes()),
            Telemetry::Raw { line, text } => {
                Input::in_memory(format!("{}:{line}", file.path), text.as_bytes())
            }
            Telemetry::File { path, filter, .. } => {
                let bytes = home.bytes(path).map_err(|why| format!("{path}: {why}"))?;
                let whole = Input::in_memory(path, bytes);
                match filter {
                    Some(filter) => chosen(path, &whole, filter, schema)?,
                    None => whole,
                }
            }
        });
    }
    Ok(inputs)
}

/// The events of an input that meet a condition, as documents.
fn chosen(path: &str, input: &Input, filter: &str, schema: &Schema) -> Result<Input, String> {
    let wrong = |found: &[Diagnostic]| {
        let why: Vec<&str> = found.iter().map(|one| one.message.as_str()).collect();
        format!("the filter `{filter}` is no condition of EQL: {}", why.join("; "))
    };
    let parsed = brokerwatch_eql::parse_expression(filter).map_err(|found| wrong(&found))?;
    let lowered = brokerwatch_eql::lower::lower_expression(&parsed, schema);
    let lowered = lowered.map_err(|found| wrong(&found))?;
    let (mut conditions, mut projection) = (Conditions::default(), Projection::new());
    let added = conditions.add(&lift::eql(&lowered), &mut projection, schema);
    added.map_err(|found| wrong(&[found]))?;
    let kept = documents(input, &projection, &Choose { conditions: Some(&conditions) })?;
    if kept.is_empty() {
        return Err(format!("{path}: no event meets the filter `{filter}`"));
    }
    Ok(Input::in_memory(path, kept))
}

/// The events of inputs as documents of ECS, so that they can be read again and again without their mapping; the error
/// says what cannot be read.
pub(super) fn mapped(inputs: &[Input]) -> Result<Vec<Input>, String> {
    let projection = Projection::new();
    let each = inputs.iter().map(|input| {
        let kept = documents(input, &projection, &Choose { conditions: None })?;
        Ok(Input::in_memory(input.name(), kept))
    });
    each.collect()
}

/// The documents of the events that are chosen, one a line.
fn documents(input: &Input, projection: &Projection, work: &Choose<'_>) -> Result<Vec<u8>, String> {
    let (mut kept, mut summary) = (Vec::new(), Summary::silent());
    let read = ReadArgs::one_thread();
    let reading = read.reading(projection);
    let inputs = std::slice::from_ref(input);
    input::read(inputs, reading, &mut summary, work, &mut |found: Vec<u8>| {
        kept.extend(found);
        Ok(())
    })
    .map_err(|error| error.to_string())?;
    match summary.kept().first() {
        Some(why) => Err(why.clone()),
        None => Ok(kept),
    }
}

/// Chooses the events that meet the condition, or all of them.
struct Choose<'c> {
    conditions: Option<&'c Conditions>,
}

impl<'c> OnEvents for Choose<'c> {
    type Worker = Option<Matcher<'c>>;
    type Output = Vec<u8>;

    fn worker(&self) -> Option<Matcher<'c>> {
        self.conditions.map(Matcher::new)
    }

    fn event(&self, matcher: &mut Option<Matcher<'c>>, seen: &Seen<'_, '_>, kept: &mut Vec<u8>) {
        let mut holds = matcher.is_none();
        if let Some(matcher) = matcher {
            matcher.run(seen.event, |_, _| holds = true);
        }
        if holds {
            // A record may stand on several lines; as a document it has one.
            let record = later::record(seen);
            match serde_json::from_slice::<Value>(&record) {
                Ok(document) => kept.extend(document.to_string().into_bytes()),
                Err(_) => kept.extend(&record),
            }
            kept.push(b'\n');
        }
    }

    fn bytes(&self, kept: &Vec<u8>) -> usize {
        kept.len()
    }
}
