//! To be replaced.
use super::*;
fn none() -> Body {
    Body::Single(Box::new(|_, _| Ok(None)))
}
pub(crate) fn like(_: &[&str]) -> Result<Body, Diagnostic> {
    Ok(none())
}
pub(crate) fn rlike(_: &[&str]) -> Result<Body, Diagnostic> {
    Ok(none())
}
