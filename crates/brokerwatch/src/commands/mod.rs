//! One file per subcommand: its arguments, one call, and what is shown.

pub(crate) mod generate;
mod input;
pub(crate) mod query;
pub(crate) mod rules;
pub(crate) mod scan;
