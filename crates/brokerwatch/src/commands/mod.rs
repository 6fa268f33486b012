//! One file per subcommand: its arguments, one call, and what is shown.

mod alerts;
mod answer;
pub(crate) mod coverage;
pub(crate) mod ecs;
pub(crate) mod explain;
pub(crate) mod generate;
pub(crate) mod guide;
pub(crate) mod import;
mod input;
pub(crate) mod inspect;
mod later;
pub(crate) mod matrix;
pub(crate) mod query;
pub(crate) mod rules;
pub(crate) mod scan;
mod session;
pub(crate) mod shell;
pub(crate) mod site;
pub(crate) mod test;
mod trial;
pub(crate) mod tune;

/// A whole number above zero, as a command line gives it.
fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if 0 < number => Ok(number),
        _ => Err("no whole number above zero".to_owned()),
    }
}
