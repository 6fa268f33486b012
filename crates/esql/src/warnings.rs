//! Warnings: failures of single rows, and remarks on the query, with their places.
//!
//! A row that fails does not fail the query: the value is null and the failure is told
//! (Elasticsearch, "ES|QL: warnings").

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use brokerwatch_expr::{Span, line_column};

use crate::limits::FAILURES_MAX;

/// What a result is treated as that is computed in spite of failures.
const COMPUTED: &str = "";

/// Why a function has no value for a row, in the words of Elasticsearch: a Java class and a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The class, such as `java.lang.IllegalArgumentException`.
    pub class: &'static str,
    /// What is wrong.
    pub message: String,
}

impl Failure {
    /// `java.lang.IllegalArgumentException`
    pub fn argument(message: impl Into<String>) -> Failure {
        Failure { class: "java.lang.IllegalArgumentException", message: message.into() }
    }

    /// `java.lang.ArithmeticException`
    pub fn arithmetic(message: impl Into<String>) -> Failure {
        Failure { class: "java.lang.ArithmeticException", message: message.into() }
    }

    /// `org.elasticsearch.xpack.esql.core.InvalidArgumentException`
    pub fn invalid(message: impl Into<String>) -> Failure {
        let class = "org.elasticsearch.xpack.esql.core.InvalidArgumentException";
        Failure { class, message: message.into() }
    }

    /// What is said where one value is needed and there are several.
    pub(crate) fn several() -> Failure {
        Failure::argument("single-value function encountered multi-value")
    }
}

/// All warnings of one query, by place.
#[derive(Debug, Default)]
pub struct Warnings {
    query: Arc<str>,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    remarks: Vec<String>,
    failures: BTreeMap<(Span, &'static str), Vec<String>>,
}

/// A place in the query whose failures are told.
#[derive(Debug, Clone)]
pub struct Site {
    /// The warnings of the query.
    pub(crate) warnings: Arc<Warnings>,
    /// The expression.
    pub(crate) span: Span,
}

impl Warnings {
    /// No warnings yet for this query.
    pub fn new(query: &str) -> Arc<Warnings> {
        Arc::new(Warnings { query: query.into(), inner: Mutex::default() })
    }

    /// The place of an expression, to tell its failures.
    pub fn site(self: &Arc<Warnings>, span: Span) -> Site {
        Site { warnings: self.clone(), span }
    }

    /// Adds a remark at a place: `Line 1:24: ...`. The same remark is told once.
    pub fn remark(&self, span: Span, message: &str) {
        let text = format!("{}: {message}", self.place(span));
        let mut inner = self.lock();
        if !inner.remarks.contains(&text) {
            inner.remarks.push(text);
        }
    }

    /// Adds a remark on the whole query. The same remark is told once.
    pub fn note(&self, message: &str) {
        let mut inner = self.lock();
        if !inner.remarks.iter().any(|known| known == message) {
            inner.remarks.push(message.to_owned());
        }
    }

    /// `Line 1:24` of the beginning of a place.
    pub fn place(&self, span: Span) -> String {
        let (line, column) = line_column(&self.query, span.start as usize);
        format!("Line {line}:{column}")
    }

    /// Every warning so far: remarks as they came, then failures in the order of the query.
    pub fn all(&self) -> Vec<String> {
        let inner = self.lock();
        let mut all = inner.remarks.clone();
        for ((span, treated_as), messages) in &inner.failures {
            let place = self.place(*span);
            let text = self.query.get(span.range()).unwrap_or_default();
            let what = match *treated_as {
                COMPUTED => format!("warnings during evaluation of [{text}]"),
                _ => format!("evaluation of [{text}] failed, treating result as {treated_as}"),
            };
            all.push(format!("{place}: {what}. Only first {FAILURES_MAX} failures recorded."));
            all.extend(messages.iter().map(|message| format!("{place}: {message}")));
        }
        all
    }

    /// Takes back the failures of everything at a place.
    pub(crate) fn forget(&self, span: Span) {
        let inside = |one: Span| span.start <= one.start && one.end <= span.end;
        self.lock().failures.retain(|(one, _), _| !inside(*one));
    }

    fn fail(&self, span: Span, treated_as: &'static str, failure: &Failure) {
        let message = format!("{}: {}", failure.class, failure.message);
        let mut inner = self.lock();
        let known = inner.failures.entry((span, treated_as)).or_default();
        if known.len() < FAILURES_MAX && !known.contains(&message) {
            known.push(message);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A thread that panicked while it held the lock left at worst a warning out.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Site {
    /// A row has no value here.
    pub fn fail(&self, failure: &Failure) {
        self.warnings.fail(self.span, "null", failure);
    }

    /// Rows are left out here, and what there is is computed of the others.
    pub(crate) fn warn(&self, failure: &Failure) {
        self.warnings.fail(self.span, COMPUTED, failure);
    }

    /// A row's condition counts as false here.
    pub fn fail_as_false(&self, failure: &Failure) {
        self.warnings.fail(self.span, "false", failure);
    }
}
