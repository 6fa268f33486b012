//! Statements: event queries, sequences and samples, and the checks of their structure.

use brokerwatch_expr::{Diagnostic, Span};

use super::{Node, Parser, Within};
use crate::ast::{
    Category, Expr, Field, Filter, Kind, Maxspan, Query, Sample, Sequence, Stage, Statement,
    TimeUnit,
};
use crate::codes;
use crate::lexer::{TokenKind, decode_name, decode_text};
use crate::limits::{MAXSPAN_MILLIS_MAX, RUNS_MAX, STAGES_MAX};
use brokerwatch_expr::report::excerpt;

impl Parser<'_> {
    pub(super) fn statement(&mut self) -> Statement {
        let query = self.query();
        self.end_of_query();
        let pipes = self.pipes();
        if let (Query::Sample(_), Some(pipe)) = (&query, pipes.first()) {
            let help = "remove the pipe; the number of samples is a setting of the search";
            self.error(codes::PIPE_ARGUMENT, pipe.span, "Samples do not support pipes", help);
        }
        Statement { query, pipes }
    }

    fn query(&mut self) -> Query {
        if self.ahead.kind != TokenKind::Where
            && self.kind_in_any_case(self.ahead) != TokenKind::Where
        {
            self.recognise_capitals(&[TokenKind::Sequence, TokenKind::Sample, TokenKind::Join]);
        }
        match self.token.kind {
            TokenKind::Sequence if !is_where(self.ahead.kind) => Query::Sequence(self.sequence()),
            TokenKind::Sample if !is_where(self.ahead.kind) => Query::Sample(self.sample()),
            TokenKind::Join if !is_where(self.ahead.kind) => {
                let help =
                    "use `sequence` for events in order, or `sample` for events in any order";
                self.error(codes::UNSUPPORTED, self.token.span, "Join is not supported", help);
                Query::Sequence(self.stages_unchecked())
            }
            TokenKind::OpenBracket | TokenKind::OpenMissing => {
                let help = "stages follow `sequence` or `sample`; a query for single events has no brackets";
                self.unexpected(codes::UNEXPECTED, "a query", Some(help.to_owned()));
                Query::Sequence(self.stages_unchecked())
            }
            _ => Query::Event(self.filter()),
        }
    }

    /// Reports and passes what stands between a query and its pipes.
    fn end_of_query(&mut self) {
        if matches!(self.token.kind, TokenKind::End | TokenKind::Bar) {
            return;
        }
        let (code, help) = match self.token.kind {
            TokenKind::By => (codes::UNEXPECTED, Some("keys belong to a `sequence` or a `sample`")),
            TokenKind::With => (codes::UNEXPECTED, Some("`with` belongs to a `sequence`")),
            TokenKind::Until => (codes::UNEXPECTED, Some("`until` belongs to a `sequence`")),
            TokenKind::CloseBracket => {
                (codes::UNBALANCED, Some("no bracket is open here; remove this one"))
            }
            TokenKind::OpenBracket | TokenKind::OpenMissing => {
                (codes::UNEXPECTED, Some("stages follow `sequence` or `sample`"))
            }
            _ => (codes::UNEXPECTED, None),
        };
        self.unexpected(code, self.within.expected(), help.map(str::to_owned));
        self.pass_to(&[TokenKind::Bar]);
    }

    /// `category where condition`
    fn filter(&mut self) -> Filter {
        let start = self.token.span;
        let (category, category_span, is_missing) = self.category();
        let condition = match self.take_keyword(TokenKind::Where) {
            Some(_)
                if matches!(
                    self.token.kind,
                    TokenKind::End | TokenKind::CloseBracket | TokenKind::Bar
                ) =>
            {
                let help = "a condition follows `where`; `where true` takes every event".to_owned();
                self.unexpected(codes::UNEXPECTED, "an expression", Some(help));
                Node::hole(self.token.span).expr
            }
            Some(_) => self.condition(),
            None => self.condition_without_where(is_missing),
        };
        let mut filter = Filter { category, category_span, condition, span: self.since(start) };
        self.flatten_chains(&mut filter.condition);
        filter
    }

    /// The category, its place, and whether it is missing.
    fn category(&mut self) -> (Category, Span, bool) {
        let token = self.token;
        let written = self.written(token.span);
        let category = match token.kind {
            TokenKind::Any => Category::Any,
            TokenKind::Identifier => Category::Named(written.to_owned()),
            TokenKind::Text(form) => Category::Named(decode_text(written, form)),
            TokenKind::Where => {
                let help = "a query begins with an event category; `any where` takes all";
                self.unexpected(codes::UNEXPECTED, "an event category", Some(help.to_owned()));
                return (Category::Any, token.span, true);
            }
            _ => {
                let is_name = self.misplaced_category();
                if !is_name {
                    return (Category::Any, token.span, true);
                }
                Category::Any
            }
        };
        self.bump();
        (category, token.span, false)
    }

    /// Reports something else where a category has to stand, and tells whether it was meant as one.
    fn misplaced_category(&mut self) -> bool {
        let before_where = is_where(self.kind_in_any_case(self.ahead));
        let written = excerpt(self.text, self.token.span);
        let help = match self.token.kind {
            TokenKind::QuotedIdentifier => {
                let name = decode_name(&written);
                Some(format!("a category that is no plain name is a text: `\"{name}\" where`"))
            }
            TokenKind::Star if before_where => Some("`any where` takes all categories".to_owned()),
            _ if before_where => Some(format!("write it as a text: `\"{written}\" where`")),
            TokenKind::End => Some("the shortest query is `any where true`".to_owned()),
            _ if self.within == Within::Stage => {
                Some("a filter is `category where condition`".to_owned())
            }
            _ => Some(
                "a query is `category where condition`, `sequence ...` or `sample ...`".to_owned(),
            ),
        };
        let expected = match self.within {
            Within::Query => "a query",
            _ => "an event category",
        };
        self.unexpected(codes::UNEXPECTED, expected, help);
        before_where
    }

    /// What a filter without `where` holds is read for its errors as far as it can be told.
    fn condition_without_where(&mut self, without_category: bool) -> Expr {
        let start = self.token.span;
        let help =
            "a filter is `category where condition`; for any category, `any where condition`";
        self.unexpected(codes::MISSING_WHERE, "'where'", Some(help.to_owned()));
        if matches!(
            self.token.kind,
            TokenKind::Identifier | TokenKind::QuotedIdentifier | TokenKind::Not
        ) && !without_category
        {
            return self.condition();
        }
        self.resume();
        while self.take(TokenKind::Close).is_some() || self.take(TokenKind::Comma).is_some() {
            self.resume();
        }
        Node::hole(start).expr
    }

    /// `sequence ...`
    fn sequence(&mut self) -> Sequence {
        let start = self.bump().span;
        let errors = self.report.len();
        let mut by = self.keys();
        let maxspan_at = self.token.span;
        let has_maxspan = self.take_keyword(TokenKind::With).is_some();
        let maxspan = if has_maxspan { self.maxspan(maxspan_at) } else { None };
        if has_maxspan && self.at(TokenKind::By) {
            by.extend(self.keys_after_maxspan());
        }
        let keys_are_known = self.report.len() == errors;
        let stages = self.stages();
        let until = self.until();
        self.after_stages(until.is_some());
        let sequence = Sequence { by, maxspan, stages, until, span: self.since(start) };
        if keys_are_known {
            self.check_key_counts(&sequence.stages, sequence.until.as_ref());
        }
        self.check_stage_count(&sequence.stages, "sequence", sequence.span);
        self.check_missing_events(&sequence, has_maxspan);
        if let Some(until) = &sequence.until {
            self.check_until(until);
        }
        sequence
    }

    fn keys_after_maxspan(&mut self) -> Vec<Field> {
        let place = self.token.span;
        let help = "write `sequence by ... with maxspan=...`";
        let message = "Please specify sequence [by] before [with] not after";
        self.error(codes::KEYS_AFTER_OPTION, place, message, help);
        self.keys()
    }

    /// `sample ...`
    fn sample(&mut self) -> Sample {
        let start = self.bump().span;
        let errors = self.report.len();
        let by = self.keys();
        let maxspan_at = self.token.span;
        if self.take_keyword(TokenKind::With).is_some() {
            self.maxspan(maxspan_at);
            let help = "events of a sample have no order and no time between them; use `sequence`";
            let place = self.since(maxspan_at);
            self.error(codes::SAMPLE, place, "a sample takes no maxspan", help);
        }
        let stages = self.stages();
        let keys_are_known = self.report.len() == errors;
        if let Some(until) = self.until() {
            let help = "events of a sample have no order; use `sequence`";
            self.error(codes::SAMPLE, until.span, "a sample takes no `until`", help);
        }
        self.after_stages(false);
        let sample = Sample { by, stages, span: self.since(start) };
        self.check_sample_stages(&sample.stages);
        if keys_are_known {
            self.check_key_counts(&sample.stages, None);
            self.check_sample_keys(&sample, start);
        }
        self.check_stage_count(&sample.stages, "sample", sample.span);
        sample
    }

    /// The rest of a query that is refused anyway, read for its errors.
    fn stages_unchecked(&mut self) -> Sequence {
        let start = self.token.span;
        self.take(TokenKind::Join);
        let by = self.keys();
        let stages = self.stages();
        let until = self.until();
        self.after_stages(until.is_some());
        Sequence { by, maxspan: None, stages, until, span: self.since(start) }
    }

    /// `by a, b`, if it stands here.
    fn keys(&mut self) -> Vec<Field> {
        if self.take_keyword(TokenKind::By).is_none() {
            return Vec::new();
        }
        self.inside(Within::Keys, |parser| {
            let mut keys = vec![parser.key()];
            while parser.take(TokenKind::Comma).is_some() {
                keys.push(parser.key());
            }
            keys
        })
    }

    fn key(&mut self) -> Field {
        let errors = self.report.len();
        let expr = self.expression().expr;
        if let Kind::Field(field) = expr.kind {
            return field;
        }
        if self.report.len() == errors {
            let message = format!("Unsupported join key {}", excerpt(self.text, expr.span));
            let help = match expr.kind {
                Kind::And(_) => "several keys are parted by commas",
                _ => "a key is a field, as in `by host.id, user.name`",
            };
            self.error(codes::JOIN_KEY, expr.span, message, help);
        }
        Field { name: String::new(), optional: false, span: expr.span }
    }

    /// `maxspan=5m`, behind its `with`.
    fn maxspan(&mut self, start: Span) -> Option<Maxspan> {
        if self.take_keyword(TokenKind::Maxspan).is_none() {
            let help = if self.written(self.token.span).eq_ignore_ascii_case("runs") {
                "`with runs=N` stands behind a stage"
            } else {
                "the only option of a sequence is `with maxspan=5m`"
            };
            self.unexpected(codes::MAXSPAN, "'maxspan'", Some(help.to_owned()));
            self.pass_option();
            return None;
        }
        self.assign("write `with maxspan=5m`");
        let number = self.token;
        match number.kind {
            TokenKind::Integer | TokenKind::Decimal => self.bump(),
            _ => {
                let help =
                    "write a whole number and a unit, such as `5m`, without quotes".to_owned();
                self.unexpected(codes::MAXSPAN, "a number", Some(help));
                self.pass_option();
                return None;
            }
        };
        let unit = self.take(TokenKind::Identifier).map(|token| token.span);
        let (count, unit) = self.time(number.kind, number.span, unit)?;
        Some(Maxspan { count, unit, span: self.since(start) })
    }

    /// A positive whole number with a unit.
    fn time(
        &mut self,
        kind: TokenKind,
        number: Span,
        unit: Option<Span>,
    ) -> Option<(u64, TimeUnit)> {
        let digits = excerpt(self.text, number);
        if kind == TokenKind::Decimal {
            let message = format!(
                "Decimal time interval [{digits}] not supported; please use an positive integer"
            );
            let help = "use a smaller unit: one of ms, s, m, h, d";
            self.error(codes::MAXSPAN, number, message, help);
            return None;
        }
        let count: Option<u64> = self.written(number).parse().ok();
        if count == Some(0) {
            let message = "A positive maxspan value is required; found [0]";
            self.error(codes::MAXSPAN, number, message, "leave `with maxspan` out for no bound");
            return None;
        }
        let Some(unit_span) = unit else {
            let message = format!("No time unit specified, did you mean [s] as in [{digits}s]?");
            self.error(codes::MAXSPAN, number, message, "the units are ms, s, m, h and d");
            return None;
        };
        let Some(unit) = unit_by_name(self.written(unit_span)) else {
            let name = excerpt(self.text, unit_span);
            let message = format!(
                "Unrecognized time unit [{name}] in [{digits}{name}], please specify one of [ms, s, m, h, d]"
            );
            self.error(codes::MAXSPAN, unit_span, message, "a week is `7d`");
            return None;
        };
        let count = count.filter(|&count| count <= MAXSPAN_MILLIS_MAX / milliseconds(unit));
        if count.is_none() {
            let message = format!("the maxspan [{digits}{}] is too long", self.written(unit_span));
            let help = "the longest is about 292 years; leave `with maxspan` out for no bound";
            self.error(codes::MAXSPAN, number.to(unit_span), message, help);
        }
        count.map(|count| (count, unit))
    }

    /// The `=` of an option.
    fn assign(&mut self, help: &str) {
        if self.take(TokenKind::Assign).is_none() {
            self.unexpected(codes::UNEXPECTED, "'='", Some(help.to_owned()));
            self.take(TokenKind::Equal);
        }
    }

    /// Passes what is left of an option that could not be read.
    fn pass_option(&mut self) {
        while matches!(
            self.token.kind,
            TokenKind::Identifier
                | TokenKind::Maxspan
                | TokenKind::Assign
                | TokenKind::Equal
                | TokenKind::Plus
                | TokenKind::Minus
                | TokenKind::Integer
                | TokenKind::Decimal
                | TokenKind::Text(_)
                | TokenKind::Unknown
        ) {
            self.bump();
        }
    }

    /// All stages, up to `until` or the end; what stands between them is reported and passed.
    fn stages(&mut self) -> Vec<Stage> {
        let mut stages = Vec::new();
        loop {
            match self.token.kind {
                TokenKind::OpenBracket | TokenKind::OpenMissing => stages.push(self.stage()),
                TokenKind::Bar | TokenKind::End | TokenKind::Until if !stages.is_empty() => {
                    return stages;
                }
                _ => {
                    self.recognise_capitals(&[TokenKind::Until]);
                    if self.at(TokenKind::Until) && !stages.is_empty() {
                        return stages;
                    }
                    self.between_stages(!stages.is_empty());
                    if matches!(self.token.kind, TokenKind::Bar | TokenKind::End | TokenKind::Until)
                    {
                        return stages;
                    }
                }
            }
        }
    }

    /// Reports what is no stage, and passes it up to one.
    fn between_stages(&mut self, after_stage: bool) {
        let word = self.written(self.token.span);
        if after_stage && self.at(TokenKind::Identifier) && matches!(word, "fork" | "as") {
            let (message, help) = match word {
                "fork" => ("fork is not supported", "remove it; write a sequence for each branch"),
                _ => ("stage aliases are not supported", "remove `as` and the name"),
            };
            self.error_at = Some(self.token.span.start);
            self.error(codes::UNSUPPORTED, self.token.span, message, help);
        } else {
            let expected =
                if after_stage { "{'[', '![', 'until', '|', <EOF>}" } else { "{'[', '!['}" };
            let (code, help) = match self.token.kind {
                TokenKind::CloseBracket => {
                    (codes::UNBALANCED, Some("no bracket is open here; remove this one"))
                }
                TokenKind::Comma => {
                    (codes::UNEXPECTED, Some("stages follow each other without commas"))
                }
                TokenKind::By => {
                    (codes::UNEXPECTED, Some("all keys stand in one `by`, parted by commas"))
                }
                TokenKind::And | TokenKind::Or => {
                    (codes::UNEXPECTED, Some("stages follow each other without `and`"))
                }
                TokenKind::Identifier if !after_stage => (
                    codes::UNEXPECTED,
                    Some(
                        "keys are parted by commas, and a stage stands in brackets: `[category where condition]`",
                    ),
                ),
                TokenKind::End => {
                    (codes::UNEXPECTED, Some("stages follow, such as `[category where condition]`"))
                }
                TokenKind::Identifier | TokenKind::Any => (
                    codes::UNEXPECTED,
                    Some("a stage stands in brackets: `[category where condition]`"),
                ),
                _ => (codes::UNEXPECTED, None),
            };
            self.unexpected(code, expected, help.map(str::to_owned));
        }
        self.pass_to(&STAGE_STOPS);
    }

    /// Reports and passes what follows the last stage.
    fn after_stages(&mut self, after_until: bool) {
        if matches!(self.token.kind, TokenKind::End | TokenKind::Bar) {
            return;
        }
        let help = after_until.then(|| "`until` is the last part of a sequence".to_owned());
        self.unexpected(codes::UNEXPECTED, "{'|', <EOF>}", help);
        self.pass_to(&[TokenKind::Bar]);
    }

    fn until(&mut self) -> Option<Stage> {
        self.take_keyword(TokenKind::Until)?;
        if matches!(self.token.kind, TokenKind::OpenBracket | TokenKind::OpenMissing) {
            return Some(self.stage());
        }
        let help = "`until` takes a stage: `until [category where condition]`";
        self.unexpected(codes::UNEXPECTED, "'['", Some(help.to_owned()));
        None
    }

    /// `[ ... ] by ... with runs=N`
    fn stage(&mut self) -> Stage {
        let start = self.token.span;
        let missing = self.at(TokenKind::OpenMissing);
        let filter = self.subquery();
        let mut by = self.keys();
        let mut runs = 1;
        if self.take_keyword(TokenKind::With).is_some() {
            runs = self.runs();
            if self.at(TokenKind::By) {
                let message = "keys stand before `with runs`, not after";
                let help = "write `[...] by ... with runs=N`";
                self.error(codes::KEYS_AFTER_OPTION, self.token.span, message, help);
                by.extend(self.keys());
            }
        }
        Stage { missing, filter, by, runs, span: self.since(start) }
    }

    /// `[ filter ]`
    pub(super) fn subquery(&mut self) -> Filter {
        let open = self.bump().span;
        let filter = self.inside(Within::Stage, Parser::filter);
        if self.take(TokenKind::CloseBracket).is_some() {
            return filter;
        }
        let help = "close the stage with `]`".to_owned();
        let since = Some((open, "opened here"));
        self.unexpected_since(codes::UNBALANCED, Within::Stage.expected(), Some(help), since);
        let [bar, until, bracket, missing] = STAGE_STOPS;
        self.pass_to(&[bar, until, bracket, missing, TokenKind::CloseBracket]);
        self.take(TokenKind::CloseBracket);
        filter
    }

    /// `runs=N`, behind its `with`; if it cannot be read, 2, so that a stage is not missing as well.
    fn runs(&mut self) -> u32 {
        let name = self.token;
        if self.written(name.span) != "runs" {
            let help = match name.kind {
                TokenKind::Maxspan => "`with maxspan` stands behind `sequence` and its keys",
                _ => "the only option of a stage is `with runs=N`",
            };
            self.unexpected(codes::RUNS, "'runs'", Some(help.to_owned()));
            self.pass_option();
            return RUNS_UNKNOWN;
        }
        self.bump();
        self.assign("write `with runs=3`");
        let number = self.token;
        let digits = excerpt(self.text, number.span);
        let help = format!("a stage runs 1 to {RUNS_MAX} times, a whole number");
        let message = match number.kind {
            TokenKind::Integer => match self.written(number.span).parse() {
                Ok(0) => format!("A positive runs value is required; found [{digits}]"),
                Ok(runs) if runs <= RUNS_MAX => {
                    self.bump();
                    return runs;
                }
                _ => format!("A stage cannot run more than [{RUNS_MAX}] times; found [{digits}]"),
            },
            TokenKind::Decimal => format!("A runs value must be a whole number; found [{digits}]"),
            _ => {
                self.unexpected(codes::RUNS, "a number", Some(help));
                self.pass_option();
                return RUNS_UNKNOWN;
            }
        };
        self.bump();
        self.error(codes::RUNS, number.span, message, &help);
        RUNS_UNKNOWN
    }

    /// All stages and `until` have as many keys of their own as the first stage.
    fn check_key_counts(&mut self, stages: &[Stage], until: Option<&Stage>) {
        let Some(first) = stages.first() else {
            return;
        };
        for stage in stages.iter().chain(until).filter(|stage| stage.by.len() != first.by.len()) {
            let message = format!(
                "Inconsistent number of join keys specified; expected [{}] but found [{}]",
                first.by.len(),
                stage.by.len()
            );
            let diagnostic = Diagnostic::error(codes::KEY_COUNT, place_of_keys(stage), message)
                .label(place_of_keys(first), format!("the first stage has {}", first.by.len()))
                .help("every stage takes the same number of keys, besides those that all share");
            self.report.push(diagnostic);
        }
    }

    fn check_stage_count(&mut self, stages: &[Stage], kind: &str, span: Span) {
        let count: usize = stages.iter().map(|stage| stage.runs as usize).sum();
        if count < 2 && !stages.is_empty() {
            let message = format!("A {kind} requires a minimum of 2 queries, found [{count}]");
            let help = match kind {
                "sequence" => {
                    "add a stage, repeat this one (`with runs=2`), or search for single events"
                }
                _ => "add a filter, or search for single events",
            };
            self.error(codes::STAGE_COUNT, span, message, help);
        }
        if STAGES_MAX < count {
            let message = format!("the {kind} has {count} stages, at most {STAGES_MAX} are taken");
            self.error(
                codes::STAGE_COUNT,
                span,
                message,
                "a stage counts once for each of its runs",
            );
        }
    }

    fn check_missing_events(&mut self, sequence: &Sequence, has_maxspan: bool) {
        let Some(missing) = sequence.stages.iter().find(|stage| stage.missing) else {
            return;
        };
        if !has_maxspan {
            let message =
                "[maxspan] is required for sequences with missing events queries; found none";
            let help = "write `sequence ... with maxspan=5m`";
            self.error(codes::MISSING_EVENT, missing.span, message, help);
        }
        if sequence.stages.iter().all(|stage| stage.missing) {
            let message = "a sequence needs at least one stage that is not missing";
            let help = "add a stage without `!`";
            self.error(codes::MISSING_EVENT, sequence.span, message, help);
        }
    }

    fn check_until(&mut self, until: &Stage) {
        if until.missing {
            let help = "write `until [...]`";
            self.error(codes::UNTIL, until.span, "`until` cannot be a missing event", help);
        }
        if until.runs != 1 {
            let help = "one event ends the sequence; remove `with runs`";
            self.error(codes::UNTIL, until.span, "`until` takes no `with runs`", help);
        }
    }

    fn check_sample_stages(&mut self, stages: &[Stage]) {
        for stage in stages {
            if stage.missing {
                let help = "missing events need an order; use `sequence`";
                self.error(codes::SAMPLE, stage.span, "a sample takes no missing events", help);
            }
            if stage.runs != 1 {
                let help = "repeat the filter instead";
                self.error(codes::SAMPLE, stage.span, "a sample takes no `with runs`", help);
            }
        }
    }

    fn check_sample_keys(&mut self, sample: &Sample, word: Span) {
        let has_own_keys = sample.stages.iter().any(|stage| !stage.by.is_empty());
        if sample.by.is_empty() && !has_own_keys {
            let message = "A sample must have at least one join key, found none";
            self.error(codes::KEY_COUNT, word, message, "write `sample by host.id ...`");
        }
    }
}

/// What an unreadable number of runs counts as.
const RUNS_UNKNOWN: u32 = 2;

/// Where a sequence can be read on from.
const STAGE_STOPS: [TokenKind; 4] =
    [TokenKind::Bar, TokenKind::Until, TokenKind::OpenBracket, TokenKind::OpenMissing];

fn is_where(kind: TokenKind) -> bool {
    kind == TokenKind::Where
}

/// The keys of a stage, or the stage if it has none.
fn place_of_keys(stage: &Stage) -> Span {
    match (stage.by.first(), stage.by.last()) {
        (Some(first), Some(last)) => first.span.to(last.span),
        _ => stage.span,
    }
}

fn unit_by_name(name: &str) -> Option<TimeUnit> {
    Some(match name {
        "ms" => TimeUnit::Millisecond,
        "s" => TimeUnit::Second,
        "m" => TimeUnit::Minute,
        "h" => TimeUnit::Hour,
        "d" => TimeUnit::Day,
        _ => return None,
    })
}

fn milliseconds(unit: TimeUnit) -> u64 {
    match unit {
        TimeUnit::Millisecond => 1,
        TimeUnit::Second => 1_000,
        TimeUnit::Minute => 60_000,
        TimeUnit::Hour => 3_600_000,
        TimeUnit::Day => 86_400_000,
    }
}
