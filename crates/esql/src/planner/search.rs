//! Queries of other languages inside of a condition: `KQL("...")` and `QSTR("...")`.

use brokerwatch_expr::Span;

use super::{Planner, Scope, Typed};
use crate::ast::Map;

impl Planner<'_> {
    /// A condition in KQL, or in Lucene's query string.
    pub(crate) fn search(
        &mut self,
        lucene: bool,
        text: &str,
        place: Span,
        options: Option<&Map>,
        span: Span,
        scope: &Scope,
    ) -> Typed {
        let _ = (lucene, text, place, options, scope);
        self.wrong(crate::codes::NOT_IMPLEMENTED, span, "not yet");
        Typed::hole(span)
    }
}
