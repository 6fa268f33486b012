//! `IP_LOCATION`: what a database of locations says of an address.

use std::net::IpAddr;

use super::{Extractor, Output};
use crate::locations::{Locations, Property};
use crate::value::{Arena, Value};
use crate::warnings::Failure;

/// Looks addresses up.
#[derive(Debug)]
pub struct Location {
    locations: Locations,
    properties: Vec<&'static Property>,
    outputs: Vec<Output>,
}

impl Location {
    /// What `locations` says, in columns whose names begin with `prefix` and a dot.
    pub fn new(prefix: &str, locations: Locations, properties: Vec<&'static Property>) -> Location {
        let output = |one: &&'static Property| Output::under(prefix, one.name, one.ty);
        let outputs = properties.iter().map(output).collect();
        Location { locations, properties, outputs }
    }
}

impl Extractor for Location {
    fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    fn extract<'v>(
        &'v self,
        text: &'v str,
        arena: &'v Arena,
        columns: &mut [Vec<Value<'v>>],
        fail: &mut dyn FnMut(Failure),
    ) {
        let Ok(address) = text.parse::<IpAddr>() else {
            fail(Failure::argument(format!("'{text}' is not an IP string literal.")));
            return;
        };
        let put = |at: usize, value: Value<'v>| {
            if let Some(column) = columns.get_mut(at) {
                column.push(value);
            }
        };
        if let Err(why) =
            self.locations.look_up(address.to_canonical(), &self.properties, arena, put)
        {
            fail(Failure::argument(format!("the database of locations is broken: {why}")));
        }
    }
}
