//! Tells the source of an input from its first documents or lines.

use serde_json::Value;

use super::{ALL, Layout, Source};
use crate::framing::elements;
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
    if let Some(start) = elements::first(head.as_bytes()) {
        let rest = &head[start..];
        let event = rest.find("</Event>").map_or(rest, |end| &rest[..end]);
        return ALL.iter().copied().find(|source| match source.layout {
            Layout::Lines(tell) => tell(event),
            _ => false,
        });
    }
    // Comments say nothing of what follows them.
    let says_something = |line: &&str| !line.trim().is_empty() && !line.starts_with('#');
    let lines = || head.lines().filter(says_something).take(HEAD_LINES);
    ALL.iter().copied().find(|source| match source.layout {
        Layout::Lines(tell) | Layout::Joined(tell) => lines().any(tell),
        Layout::Table { tell, .. } => tell(head),
        Layout::Json(_) | Layout::Evtx => false,
    })
}
