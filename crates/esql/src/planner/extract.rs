//! `DISSECT` and `GROK`: the parts of a text as columns.

use brokerwatch_expr::{Diagnostic, Span};
use datafusion::prelude::ident;

use super::options::Given;
use super::{Column, Planner, Rows, Typed};
use crate::ast::{Constant as Written, Expr, Name};
use crate::catalog::CatalogError;
use crate::codes;
use crate::commands::{
    Dissect as WrittenDissect, Grok as WrittenGrok, IpLocation, UserAgent as WrittenUserAgent,
};
use crate::functions::{Lists, lists};
use crate::locations::{Locations, Property};
use crate::patterns::{
    AgentPart, Dissect, Extraction, Extractor, Grok, Location, PatternError, RegisteredDomain, Uri,
    UserAgent, field,
};
use crate::types::DataType;
use crate::value::Value;

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

    /// Adds the parts of a user agent, behind a prefix.
    pub(crate) fn user_agent(&mut self, agent: &WrittenUserAgent, rows: &mut Rows, span: Span) {
        let text = self.extracted_text(&agent.input, rows, "USER_AGENT");
        let (mut properties, mut device_type) = (AgentPart::ALL.to_vec(), false);
        let mut file = None;
        self.read_options(
            agent.options.as_ref(),
            &["extract_device_type", "properties", "regex_file"],
            |key, given, place| {
                match key {
                    "extract_device_type" => {
                        device_type = given.flag().ok_or("`true` or `false`")?;
                    }
                    "properties" => properties = user_agent_properties(given)?,
                    _ => file = Some(place),
                }
                Ok(())
            },
        );
        if let Some(place) = file {
            let message =
                "`USER_AGENT` has its expressions in the program and reads no `regex_file`";
            self.error(
                Diagnostic::error(codes::NOT_IMPLEMENTED, place, message)
                    .help("leave the option out, or take the text apart with `GROK`"),
            );
        }
        let Some(prefix) = self.flat(&agent.prefix) else { return };
        let pattern = UserAgent::new(&prefix, &properties, device_type);
        self.extract("user_agent", pattern, text, rows, span);
    }

    /// Adds what a database says of an address, behind a prefix.
    pub(crate) fn ip_location(&mut self, written: &IpLocation, rows: &mut Rows, span: Span) {
        let address = self.address_text(&written.input, rows);
        let (mut database, mut names, mut first_only) = (None, None, false);
        self.read_options(
            written.options.as_ref(),
            &["database_file", "first_only", "properties"],
            |key, given, place| {
                match key {
                    "database_file" => {
                        database = Some(given.text().ok_or("the name of a database")?.to_owned());
                    }
                    "first_only" => first_only = given.flag().ok_or("`true` or `false`")?,
                    _ => {
                        let texts = given.texts().filter(|texts| !texts.is_empty());
                        let texts = texts.ok_or("a list of names")?;
                        let lower: Vec<String> =
                            texts.iter().map(|name| name.to_ascii_lowercase()).collect();
                        names = Some((lower, place));
                    }
                }
                Ok(())
            },
        );
        let locations = match self.catalog.locations(database.as_deref()) {
            Ok(locations) => locations,
            Err(error) => {
                self.no_locations(error, span);
                rows.scope.open = true;
                return;
            }
        };
        let properties = match names {
            Some((names, place)) => self.location_properties(&locations, &names, place),
            None => locations.default_properties(),
        };
        let Some(prefix) = self.flat(&written.prefix) else { return };
        let address = if first_only { self.first_of(address, span) } else { address };
        let pattern = Location::new(&prefix, locations, properties);
        self.extract("ip_location", pattern, address, rows, span);
    }

    fn location_properties(
        &mut self,
        locations: &Locations,
        names: &[String],
        place: Span,
    ) -> Vec<&'static Property> {
        let mut chosen = Vec::new();
        for name in names {
            match locations.properties().find(|property| property.name == name) {
                Some(property) => chosen.push(property),
                None => {
                    let known: Vec<&str> = locations.properties().map(|one| one.name).collect();
                    let message = format!("the database has no property `{name}`");
                    let help = format!("there are `{}`", known.join("`, `"));
                    self.error(Diagnostic::error(codes::OPTION, place, message).help(help));
                }
            }
        }
        chosen
    }

    fn no_locations(&mut self, error: CatalogError, span: Span) {
        let (message, help) = match error {
            CatalogError::Unknown { name, .. } if name.is_empty() => (
                "`IP_LOCATION` needs a database of locations".to_owned(),
                "give a file in MaxMind's format: `--lookup city=GeoLite2-City.mmdb`".to_owned(),
            ),
            CatalogError::Unknown { name, similar } => (
                format!("unknown database of locations `{name}`"),
                match similar.as_slice() {
                    [] => format!("`--lookup {name}=FILE.mmdb` gives one in MaxMind's format"),
                    close => format!("close are `{}`", close.join("`, `")),
                },
            ),
            CatalogError::Unreadable(why) => {
                (why, "a database of locations is a file in MaxMind's format, `.mmdb`".to_owned())
            }
            CatalogError::Query(errors) => {
                errors.into_iter().for_each(|error| self.error(error));
                return;
            }
        };
        self.error(Diagnostic::error(codes::UNKNOWN_TABLE, span, message).help(help));
    }

    /// Addresses as texts.
    fn address_text(&mut self, input: &Expr, rows: &Rows) -> Typed {
        let address = self.expression(input, &rows.scope);
        if address.ty != DataType::Ip {
            return self.extracted_text(input, rows, "IP_LOCATION");
        }
        let (multi, span) = (address.multi, address.span);
        let body = lists(|args, arena, out| {
            for value in args.iter().copied().flatten() {
                if let Value::Ip(address) = value {
                    out.push(arena.text(&address.to_canonical().to_string()));
                }
            }
            Ok(())
        });
        let keep = if multi { Lists::Many } else { Lists::One };
        let text = self.made("address", body, keep, DataType::Keyword, vec![address], span);
        Typed { multi, ..text }
    }

    /// The first of several values.
    fn first_of(&mut self, value: Typed, span: Span) -> Typed {
        let ty = value.ty;
        let body = lists(|args, _, out| {
            out.extend(args.iter().copied().flatten().next().copied());
            Ok(())
        });
        self.made("first", body, Lists::One, ty, vec![value], span)
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
        let each = text.multi && matches!(name, "dissect" | "grok");
        let extraction = Extraction::new(name, pattern, each, Some(self.site(text.span)));
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

fn user_agent_properties(given: &Given<'_>) -> Result<Vec<AgentPart>, String> {
    let known = AgentPart::ALL.map(AgentPart::name);
    let needs = || format!("a list of `{}`", known.join("`, `"));
    let property = |name: &str| AgentPart::ALL.into_iter().find(|one| one.name() == name);
    let names = given.texts().filter(|names| !names.is_empty()).ok_or_else(needs)?;
    names.into_iter().map(|name| property(name).ok_or_else(needs)).collect()
}
