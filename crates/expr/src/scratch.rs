//! Memory for the text that functions build, and what went wrong while they ran.

use std::cell::{Cell, RefCell};
use std::fmt::Write as _;

use brokerwatch_ecs::Value;
use bumpalo::Bump;

use crate::limits::TEXT_BYTES_MAX;

/// The working memory of one evaluator. Reset between events; nothing in it outlives one.
#[derive(Debug, Default)]
pub struct Scratch {
    arena: Bump,
    failure: RefCell<Option<String>>,
    /// Conditions whose choices were cut at [`crate::limits::CHOICES_MAX`].
    pub cut_choices: Cell<u64>,
}

impl Scratch {
    /// Empty working memory.
    pub fn new() -> Scratch {
        Scratch::default()
    }

    /// Copies text into the arena.
    pub fn text(&self, text: &str) -> &str {
        self.arena.alloc_str(text)
    }

    /// Writes into the arena; `None`, and a failure, if the text is longer than [`TEXT_BYTES_MAX`].
    pub fn format(&self, parts: std::fmt::Arguments<'_>) -> Option<&str> {
        let mut text = bumpalo::collections::String::new_in(&self.arena);
        text.write_fmt(parts).ok()?;
        if TEXT_BYTES_MAX < text.len() {
            self.fail(|| format!("a function built a text of more than {TEXT_BYTES_MAX} bytes"));
            return None;
        }
        Some(text.into_bump_str())
    }

    /// An empty list in the arena, with room for `count` values.
    pub(crate) fn values(&self, count: usize) -> bumpalo::collections::Vec<'_, Value<'_>> {
        bumpalo::collections::Vec::with_capacity_in(count, &self.arena)
    }

    /// Notes a failure; in a query it fails the whole query, in a rule it is counted. The first is kept.
    pub fn fail(&self, message: impl FnOnce() -> String) {
        let mut failure = self.failure.borrow_mut();
        if failure.is_none() {
            *failure = Some(message());
        }
    }

    /// Takes the failure, if there was one since the last call.
    pub fn take_failure(&self) -> Option<String> {
        self.failure.borrow_mut().take()
    }

    /// Frees the texts of the last event.
    pub fn reset(&mut self) {
        self.arena.reset();
    }
}
