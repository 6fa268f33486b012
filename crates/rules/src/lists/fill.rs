//! A rule file filled with the values of lists, byte for byte as it was outside of the marked places.

use std::ops::Range;

use brokerwatch_expr::{Diagnostic, Span};
use toml::de::DeTable;

use super::marker::{self, Marker};
use super::{Change, Kind, List, Lists, Value, codes, literal};
use crate::fields::listed;
use crate::report::{excerpt, span_in};
use crate::{Language, limits, query};

/// A rule file with the values of lists in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Filled {
    /// The file.
    pub text: String,
    /// Its markers, in the order of the file, and what they stand for.
    pub uses: Vec<Use>,
    /// What is wrong with markers, told against the file as it was. A marker with an error keeps its values.
    pub diagnostics: Vec<Diagnostic>,
}

/// What a marker of a rule stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct Use {
    /// Where the marker stands in the file as it was.
    pub span: Span,
    /// The name of the list.
    pub list: String,
    /// The groups; none for the whole list.
    pub groups: Vec<String>,
    /// The values.
    pub values: Vec<Value>,
    /// What is written for them: of an empty list, a value that no event has.
    pub written: Vec<Value>,
    /// The values that stood there before, as they were written, if they were others.
    pub before: Option<Vec<String>>,
    /// The file of the list.
    pub path: String,
    /// What a site changed in these groups.
    pub changes: Vec<Change>,
}

/// Fills a rule file. Text that is no rule comes back as it is: what is wrong with it, loading says.
pub fn fill(text: &str, lists: &Lists) -> Filled {
    let Some(target) = Target::of(text) else {
        return Filled { text: text.to_owned(), uses: Vec::new(), diagnostics: Vec::new() };
    };
    let mut filling =
        Filling { target: &target, lists, edits: Vec::new(), uses: Vec::new(), found: Vec::new() };
    filling.run();
    let Filling { edits, uses, mut found, .. } = filling;
    let mut filled = text.to_owned();
    if !edits.is_empty() {
        match target.edited(&edits) {
            Some(edited) => filled = edited,
            None => {
                let message =
                    "a value of a list cannot be written between the quotes of this query";
                let place = target.value;
                found.push(
                    Diagnostic::error(codes::QUOTES, place, message)
                        .help("write the query between `'''`"),
                );
            }
        }
    }
    found.sort_by_key(Diagnostic::span);
    Filled { text: filled, uses, diagnostics: found }
}

/// Tells every marker of a rule file whose values are not those of its list, and whatever else is wrong with markers.
pub fn drift(text: &str, lists: &Lists) -> Vec<Diagnostic> {
    let filled = fill(text, lists);
    let mut found = filled.diagnostics;
    for used in &filled.uses {
        let Some(before) = &used.before else { continue };
        let name = used.named();
        let written: Vec<String> = used.written.iter().map(Value::to_string).collect();
        let bare: Vec<&str> = before.iter().map(|text| text.trim_matches('"')).collect();
        let missing: Vec<&str> =
            written.iter().map(String::as_str).filter(|value| !bare.contains(value)).collect();
        let more: Vec<&str> =
            bare.iter().copied().filter(|value| !written.iter().any(|own| own == value)).collect();
        let differences = [("lacks", &missing), ("adds", &more)]
            .into_iter()
            .filter(|(_, values)| !values.is_empty());
        let differences: Vec<String> =
            differences.map(|(verb, values)| format!("{verb} {}", few(values))).collect();
        let why = if differences.is_empty() {
            "writes them otherwise".to_owned()
        } else {
            differences.join(" and ")
        };
        let message = format!("the values are not those of `{name}`: the rule {why}");
        let found_here = Diagnostic::error(codes::DRIFT, used.span, message);
        found.push(found_here.help(format!("the list is in {}", used.path)));
    }
    found.sort_by_key(Diagnostic::span);
    found
}

/// The first few values of many.
fn few(values: &[&str]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> = values.iter().take(SHOWN).map(|value| excerpt(value)).collect();
    let names: Vec<&str> = shown.iter().map(String::as_str).collect();
    match values.len().checked_sub(SHOWN) {
        None | Some(0) => listed(&names),
        Some(more) => format!("{} and {more} more", names.join(", ")),
    }
}

impl Use {
    /// The marker as it is written: `$Name.group`.
    pub fn named(&self) -> String {
        let parts: Vec<&str> =
            [&self.list].into_iter().chain(&self.groups).map(String::as_str).collect();
        format!("${}", parts.join("."))
    }
}

/// The query of a rule file.
struct Target<'t> {
    text: &'t str,
    query: String,
    language: Language,
    /// The value with its quotes.
    value: Span,
    /// Where the query stands byte for byte; none if it is written with escapes.
    place: Option<Span>,
    /// Where the key `query` begins.
    key: usize,
}

impl<'t> Target<'t> {
    fn of(text: &'t str) -> Option<Target<'t>> {
        let document = DeTable::parse(text).ok()?;
        let rule = document.get_ref().get("rule")?.get_ref().as_table()?;
        let (key, value) = rule.get_key_value("query")?;
        let query = value.get_ref().as_str()?;
        let said = |key| rule.get(key).and_then(|value| value.get_ref().as_str());
        let language = match (said("language"), said("type")) {
            (_, Some("eql")) => Language::Eql,
            (_, Some("esql")) => Language::Esql,
            (Some("lucene"), _) => Language::Lucene,
            _ => Language::Kuery,
        };
        let span = span_in(text, value.span());
        let place = query::verbatim(text, span, query);
        Some(Target {
            text,
            query: query.to_owned(),
            language,
            value: span,
            place,
            key: key.span().start,
        })
    }

    /// The file with edits of the query; `None` if TOML does not read the query from it as it was meant.
    fn edited(&self, edits: &[(Range<usize>, String)]) -> Option<String> {
        let start = self.place?.start as usize;
        let (mut text, mut query) = (self.text.to_owned(), self.query.clone());
        let mut edits: Vec<_> = edits.iter().collect();
        edits.sort_by_key(|(range, _)| range.start);
        for (range, value) in edits.into_iter().rev() {
            query.replace_range(range.clone(), value);
            text.replace_range(start + range.start..start + range.end, value);
        }
        let again = Target::of(&text)?;
        (again.query == query).then_some(text)
    }

    /// A place of the query as a place of the file.
    fn span(&self, range: &Range<usize>) -> Span {
        match self.place {
            Some(place) => {
                Span::new(place.start as usize + range.start..place.start as usize + range.end)
            }
            None => self.value,
        }
    }

    fn is_search(&self) -> bool {
        matches!(self.language, Language::Kuery | Language::Lucene)
    }
}

/// A rule under filling.
struct Filling<'f> {
    target: &'f Target<'f>,
    lists: &'f Lists,
    edits: Vec<(Range<usize>, String)>,
    uses: Vec<Use>,
    found: Vec<Diagnostic>,
}

/// What a marker fills.
enum Place {
    /// Values with commas between them.
    List(Range<usize>),
    /// One value.
    One(Range<usize>),
    /// Values in parentheses after a field, with `or` between them.
    Search(Range<usize>),
}

impl Filling<'_> {
    fn run(&mut self) {
        self.comments_above();
        if self.target.is_search() {
            return;
        }
        let (markers, found) = marker::find(&self.target.query);
        let target = self.target;
        self.found.extend(found.into_iter().map(|diagnostic| match target.place {
            Some(place) => diagnostic.shifted(place.start as usize),
            None => Diagnostic { labels: vec![(target.value, String::new())], ..diagnostic },
        }));
        if target.place.is_none() && !markers.is_empty() {
            let message = "a query that is written with escapes cannot be filled from lists";
            let found = Diagnostic::error(codes::QUOTES, target.value, message);
            self.found.push(found.help("write the query between `'''`"));
            return;
        }
        for marker in markers {
            let span = target.span(&marker.span);
            if let Err(found) = self.marked(&marker, span) {
                self.found.push(found);
            }
        }
    }

    /// A marker in the query.
    fn marked(&mut self, marker: &Marker, span: Span) -> Result<(), Diagnostic> {
        let list = self.lists.named(&marker.name, span)?;
        let place = match (&marker.list, &marker.one) {
            (Some(values), _) if !list.kind.is_scalar() => Place::List(values.clone()),
            (_, Some(one)) => Place::One(one.clone()),
            _ => return Err(misplaced(span)),
        };
        self.put(list, &marker.groups, span, &place)
    }

    /// The markers in comments directly above the key `query`, which is where searches have them.
    fn comments_above(&mut self) {
        let text = self.target.text;
        let mut end = text[..self.target.key].rfind('\n').unwrap_or(0);
        let mut comments = Vec::new();
        while 0 < end {
            let start = text[..end].rfind('\n').map_or(0, |at| at + 1);
            let line = text[start..end].trim_end();
            let Some(comment) = line.trim_start().strip_prefix('#') else { break };
            comments.push((Span::new(start..start + line.len()), comment.trim()));
            end = start.saturating_sub(1);
        }
        comments.reverse();
        let named: Vec<(Span, &str)> = comments
            .into_iter()
            .filter_map(|(span, comment)| Some((span, comment.strip_prefix('$')?)))
            .collect();
        for (number, (span, text)) in named.iter().enumerate() {
            let field = text.split_whitespace().last();
            let same = |(_, other): &&(Span, &str)| other.split_whitespace().last() == field;
            let turn = Turn {
                number: named[..number].iter().filter(same).count(),
                of: named.iter().filter(same).count(),
            };
            if let Err(found) = self.above(text, *span, turn) {
                self.found.push(found);
            }
        }
    }

    /// `Name.group fills FIELD`
    fn above(&mut self, named: &str, span: Span, turn: Turn) -> Result<(), Diagnostic> {
        let words: Vec<&str> = named.split_whitespace().collect();
        let [marker, "fills", field] = words.as_slice() else {
            let message = format!("`${}` is no marker", excerpt(named));
            let found = Diagnostic::error(codes::SYNTAX, span, message);
            return Err(
                found.help("above a query in KQL or Lucene, write `# $Name.group fills FIELD`")
            );
        };
        let Some((name, groups)) = marker::name_and_groups(marker) else {
            return Err(marker::no_marker(span, marker));
        };
        if !self.target.is_search() {
            let found =
                Diagnostic::error(codes::PLACE, span, "this language has its markers in the query");
            return Err(found.help("write `/* $Name */` before the values"));
        }
        let list = self.lists.named(&name, span)?;
        let values = values_of(&self.target.query, field, turn).ok_or_else(|| {
            let message = format!(
                "the query has not {} `{field}:(...)` with values that `or` joins",
                if turn.of == 1 { "one".to_owned() } else { turn.of.to_string() }
            );
            Diagnostic::error(codes::PLACE, span, message).help(
                "write the values in parentheses, `FIELD:(a or b)`; of a field that has several such places, each needs \
                 its comment, in their order",
            )
        })?;
        if self.target.place.is_none() {
            let message = "a query that is written with escapes cannot be filled from lists";
            return Err(Diagnostic::error(codes::QUOTES, span, message)
                .help("write the query between `'''`"));
        }
        self.put(list, &groups, span, &Place::Search(values))
    }

    /// Writes the values of a list in their place, unless they stand there already.
    fn put(
        &mut self,
        list: &List,
        groups: &[String],
        span: Span,
        place: &Place,
    ) -> Result<(), Diagnostic> {
        if list.kind == Kind::Software {
            let message = format!("list `{}` is of software, which has no values", list.name);
            let found = Diagnostic::error(codes::PLACE, span, message);
            return Err(found.help("name its exceptions in the rule's `exceptions_list`"));
        }
        let values = list.select(groups, span)?;
        if let (Place::One(_), count) = (place, values.len())
            && count != 1
        {
            let message = format!("one value belongs here, and the marker stands for {count}");
            return Err(Diagnostic::error(codes::NOT_ONE, span, message)
                .help("name a group that has one value"));
        }
        let written =
            if values.is_empty() { vec![literal::nothing(list.kind)] } else { values.clone() };
        let query = &self.target.query;
        let present = match place {
            Place::List(range) => marker::elements(query, range.clone()),
            Place::One(range) => vec![range.clone()],
            Place::Search(range) => alternatives(query, range.clone()).unwrap_or_default(),
        };
        let mut before = None;
        if !self.says(&present, &written, list.kind) {
            before = Some(present.iter().map(|range| query[range.clone()].to_owned()).collect());
            self.edits.push(self.edit(&present, place, &written, list.kind));
        }
        let touched = |change: &&Change| {
            groups.is_empty() || change.group.as_ref().is_some_and(|group| groups.contains(group))
        };
        self.uses.push(Use {
            span,
            list: list.name.clone(),
            groups: groups.to_vec(),
            values,
            written,
            before,
            path: list.path.clone(),
            changes: list.changes.iter().filter(touched).cloned().collect(),
        });
        Ok(())
    }

    /// Whether what stands in the query are these values, in any order.
    fn says(&self, present: &[Range<usize>], values: &[Value], kind: Kind) -> bool {
        let read = present
            .iter()
            .map(|range| literal::read(&self.target.query[range.clone()], self.target.language));
        let Some(read) = read.collect::<Option<Vec<Value>>>() else { return false };
        let is_in = |value: &Value, all: &[Value]| {
            all.iter().any(|other| literal::same(value, other, kind))
        };
        read.len() == values.len()
            && read.iter().all(|value| is_in(value, values))
            && values.iter().all(|value| is_in(value, &read))
    }

    fn edit(
        &self,
        present: &[Range<usize>],
        place: &Place,
        values: &[Value],
        kind: Kind,
    ) -> (Range<usize>, String) {
        let query = &self.target.query;
        let language = self.target.language;
        let (separator, whole) = match place {
            Place::Search(whole) if language == Language::Lucene => (" OR ", whole),
            Place::Search(whole) => (" or ", whole),
            Place::List(whole) | Place::One(whole) => (", ", whole),
        };
        let like = present.first().map_or("", |range| &query[range.clone()]);
        let texts: Vec<String> =
            values.iter().map(|value| literal::write(value, kind, language, like)).collect();
        match (present.first(), present.last()) {
            (Some(first), Some(last)) => {
                let range = first.start..last.end;
                let text = wrapped(query, range.start, &texts, separator);
                (range, text)
            }
            // Nothing stands between the marker and the bracket but perhaps spaces.
            _ => {
                let space =
                    if whole.start == 0 || query[..whole.start].ends_with('(') { "" } else { " " };
                (
                    whole.clone(),
                    format!(
                        "{space}{}",
                        wrapped(query, whole.start + space.len(), &texts, separator)
                    ),
                )
            }
        }
    }
}

fn misplaced(span: Span) -> Diagnostic {
    Diagnostic::error(codes::PLACE, span, "nothing that a marker could fill follows").help(
        "put it after the opening parenthesis or a comma of a list of values, or before one value",
    )
}

/// The texts with separators, broken into lines that are as far in as the first one.
fn wrapped(query: &str, start: usize, texts: &[String], separator: &str) -> String {
    let line = query[..start].rfind('\n').map_or(0, |at| at + 1);
    let before = &query[line..start.min(query.len())];
    let blank = &before[..before.len() - before.trim_start().len()];
    // Values that begin a line go on below each other; others a little further in than their line.
    let indent = if blank.len() == before.len() { blank.to_owned() } else { format!("{blank}  ") };
    let mut out = String::new();
    let mut column = before.chars().count();
    for (i, text) in texts.iter().enumerate() {
        let length = text.chars().count() + separator.len();
        if 0 < i {
            out.push_str(separator);
            if limits::FILLED_COLUMNS_MAX < column + length {
                out.truncate(out.trim_end().len());
                out.push('\n');
                out.push_str(&indent);
                column = indent.chars().count();
            }
        }
        out.push_str(text);
        column += length;
    }
    out
}

/// Which of the comments above a query that fill the same field.
#[derive(Debug, Clone, Copy)]
struct Turn {
    /// Its number, from 0.
    number: usize,
    /// How many there are.
    of: usize,
}

/// The inside of the `FIELD:(...)` whose turn it is, if the query has as many as there are comments and this one holds
/// values that `or` joins.
fn values_of(query: &str, field: &str, turn: Turn) -> Option<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = query[at..].chars().next() {
        if c == '"' {
            at += marker::text_length(&query[at..]);
            continue;
        }
        let begins = !query[..at]
            .ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '@' | '-'));
        let after = query[at..].strip_prefix(field).filter(|_| begins).map(str::trim_start);
        let inside = after
            .and_then(|rest| rest.strip_prefix(':'))
            .and_then(|rest| rest.trim_start().strip_prefix('('));
        if let Some(inside) = inside {
            found.push(query.len() - inside.len());
        }
        at += c.len_utf8();
    }
    if found.len() != turn.of {
        return None;
    }
    let start = *found.get(turn.number)?;
    let mut at = start;
    while let Some(c) = query[at..].chars().next() {
        match c {
            '"' => at += marker::text_length(&query[at..]),
            '\\' => at += 1 + query[at + 1..].chars().next().map_or(0, char::len_utf8),
            ')' => return alternatives(query, start..at).map(|_| start..at),
            '(' => return None,
            _ => at += c.len_utf8(),
        }
    }
    None
}

/// The values between `or`; `None` if something else joins them.
fn alternatives(query: &str, range: Range<usize>) -> Option<Vec<Range<usize>>> {
    let mut values = Vec::new();
    let mut at = range.start;
    let mut wants_or = false;
    while at < range.end {
        let rest = &query[at..range.end];
        let c = rest.chars().next()?;
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let length = if c == '"' { marker::text_length(rest) } else { word_length(rest) };
        let word = &rest[..length];
        if word.eq_ignore_ascii_case("or") != wants_or
            || ["and", "not"].iter().any(|no| word.eq_ignore_ascii_case(no))
        {
            return None;
        }
        if !wants_or {
            values.push(at..at + length);
        }
        wants_or = !wants_or;
        at += length;
    }
    Some(values)
}

/// The length of a bare value, in which a backslash takes the next sign along.
fn word_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c.is_whitespace() => return at,
            _ => {}
        }
    }
    text.len()
}
