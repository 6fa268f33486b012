//! `DISSECT` and `GROK`: the parts of a text as columns.

use brokerwatch_expr::{Diagnostic, Span};
use datafusion::prelude::ident;

use super::{Column, Planner, Rows, Typed};
use crate::ast::{Constant as Written, Expr, Name};
use crate::codes;
use crate::commands::{Dissect as WrittenDissect, Grok as WrittenGrok};
use crate::patterns::{
    Dissect, Extraction, Extractor, Grok, PatternError, RegisteredDomain, Uri, field,
};
use crate::types::DataType;

impl Planner<'_> {
    /// Adds the parts that a pattern of `DISSECT` names.
    pub(crate) fn dissect(&mut self, dissect: &WrittenDissect, rows: &mut Rows, span: Span) {
        let mut separator = String::new();
        for option in &dissect.options {
            match &option.value {
                Written::Text(text) => separator.clone_from(text),
                _ => {
                    self.wrong(codes::TYPE, option.name.place.0, "`append_separator` needs a text");
                }
            }
        }
        let text = self.extracted_text(&dissect.input, rows, "DISSECT");
        match Dissect::parse(&dissect.pattern, &separator) {
            Ok(pattern) => self.extract("dissect", pattern, text, rows, span),
            Err(error) => self.bad_pattern(error, &[dissect.pattern_place.0]),
        }
    }

    /// Adds the parts that patterns of `GROK` name.
    pub(crate) fn grok(&mut self, grok: &WrittenGrok, rows: &mut Rows, span: Span) {
        let text = self.extracted_text(&grok.input, rows, "GROK");
        let patterns: Vec<&str> =
            grok.patterns.iter().map(|(pattern, _)| pattern.as_str()).collect();
        let places: Vec<Span> = grok.patterns.iter().map(|(_, place)| place.0).collect();
        match Grok::parse(&patterns) {
            Ok(pattern) => self.extract("grok", pattern, text, rows, span),
            Err(error) => self.bad_pattern(error, &places),
        }
    }

    /// Adds the parts of a URI, behind a prefix.
    pub(crate) fn uri_parts(&mut self, prefix: &Name, input: &Expr, rows: &mut Rows, span: Span) {
        let text = self.extracted_text(input, rows, "URI_PARTS");
        let Some(prefix) = self.flat(prefix) else { return };
        self.extract("uri_parts", Uri::new(&prefix), text, rows, span);
    }

    /// Adds the parts of a domain name, behind a prefix.
    pub(crate) fn registered_domain(
        &mut self,
        prefix: &Name,
        input: &Expr,
        rows: &mut Rows,
        span: Span,
    ) {
        let text = self.extracted_text(input, rows, "REGISTERED_DOMAIN");
        let Some(prefix) = self.flat(prefix) else { return };
        self.extract("registered_domain", RegisteredDomain::new(&prefix), text, rows, span);
    }

    fn extracted_text(&mut self, input: &Expr, rows: &Rows, command: &str) -> Typed {
        let text = self.expression(input, &rows.scope);
        if text.hole || text.ty.is_text() {
            return text;
        }
        if text.ty == DataType::Null {
            let null = crate::value::Constant { ty: DataType::Keyword, values: Vec::new() };
            return Typed::constant(null, text.span);
        }
        let message = format!(
            "`{command}` needs text, `{}` is {}",
            self.text_at(text.span),
            text.ty.error_name()
        );
        self.error(
            Diagnostic::error(codes::TYPE, text.span, message)
                .help("make text of it first: `EVAL text = TO_STRING(...)`"),
        );
        Typed::hole(text.span)
    }

    /// Where in a pattern something is wrong: inside of its quotes, where its text is written as it is.
    fn bad_pattern(&mut self, error: PatternError, places: &[Span]) {
        let place = places.get(error.pattern).copied().unwrap_or_default();
        let written = self.text_at(place);
        let open = if written.starts_with("\"\"\"") { 3 } else { 1 };
        let exact = !written.contains('\\') || open == 3;
        let span = if exact && open + error.at.end <= written.len() {
            let start = place.start as usize + open;
            Span::new(start + error.at.start..start + error.at.end)
        } else {
            place
        };
        let diagnostic = Diagnostic::error(codes::PATTERN, span, error.message);
        self.error(match error.help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
    }

    fn extract(
        &mut self,
        name: &'static str,
        pattern: impl Extractor,
        text: Typed,
        rows: &mut Rows,
        span: Span,
    ) {
        let extraction = Extraction::new(name, pattern, text.multi, Some(self.site(text.span)));
        let outputs = extraction.outputs().to_vec();
        let whole = self.id();
        rows.extend(vec![(whole.clone(), extraction.call(text.expr))], self, span);
        let ids: Vec<String> = outputs.iter().map(|_| self.id()).collect();
        let fields = ids
            .iter()
            .cloned()
            .enumerate()
            .map(|(at, id)| (id, field(at, ident(&whole))))
            .collect();
        rows.extend(fields, self, span);
        for (output, id) in outputs.into_iter().zip(ids) {
            let column = Column {
                name: output.name,
                id,
                ty: output.ty,
                multi: output.multi,
                span,
                conflict: Vec::new(),
                constant: None,
            };
            rows.scope.put(column);
        }
    }
}
