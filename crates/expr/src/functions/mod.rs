//! The functions of both languages, one file each.
//!
//! A body sees present, single, well-typed values; what is missing or many is settled around it.

use crate::function::Function;
use crate::registry::registry;

mod arithmetic;
mod text;

registry! {
    /// Every function.
    pub static ALL: [Function; FUNCTION] = [
        add, between, cidr_match, concat, divide, ends_with, index_of, length, modulo, multiply, number,
        starts_with, string, string_contains, substring, subtract, wildcard,
    ];
}

pub(crate) use arithmetic::{compute, negate};

/// The EQL function of that name, in any case.
pub fn eql(name: &str) -> Option<&'static Function> {
    ALL.iter()
        .copied()
        .find(|function| function.eql.is_some_and(|own| own.eq_ignore_ascii_case(name)))
}
