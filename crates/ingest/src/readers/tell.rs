//! Tells the source of an input from its first documents or lines.

use serde_json::Value;

use super::{ALL, Layout, Source};
use crate::limits::HEAD_LINES;

/// The source of an input whose first records are these JSON documents; `None` for ECS.
pub(crate) fn of_documents(documents: &[Value]) -> Option<&'static Source> {
    ALL.iter().copied().find(|source| match source.layout {
        Layout::Json(tell) => documents.iter().any(tell),
        _ => false,
    })
}

/// The source of an input that begins with this text, which is no JSON.
pub(crate) fn of_text(head: &str) -> Option<&'static Source> {
    let lines = || head.lines().filter(|line| !line.trim().is_empty()).take(HEAD_LINES);
    ALL.iter().copied().find(|source| match source.layout {
        Layout::Lines(tell) | Layout::Joined(tell) => lines().any(tell),
        Layout::Table { tell, .. } => tell(head),
        Layout::Json(_) | Layout::Evtx => false,
    })
}
