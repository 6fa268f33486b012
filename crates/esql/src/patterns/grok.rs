//! `GROK`'s patterns: regular expressions with named parts, such as `%{IP:client.ip}`.
//!
//! `%{NAME}` stands for a pattern of the bank, `%{NAME:column}` puts what it matches into a column, `%{NAME:column:int}`
//! as a number, and `(?<column>...)` is a part without a name in the bank. A pattern is searched for anywhere in the
//! text; of several patterns, the one that matches furthest to the left, and of those the first.

use std::ops::Range;

use fancy_regex::{CompileError, Error, Regex, RegexBuilder};

use super::oniguruma::{Translated, translate};
use super::{Extractor, Output, PatternError, grok_bank};
use crate::limits::{
    GROK_AUTOMATA_BYTES_MAX, GROK_BACKTRACKS_MAX, GROK_BYTES_MAX, GROK_INSTRUCTIONS_MAX,
    GROK_PART_BYTES_MIN,
};
use crate::types::DataType;
use crate::value::{Arena, Value};
use crate::warnings::Failure;

/// The patterns of a `GROK`, compiled together.
#[derive(Debug, Clone)]
pub struct Grok {
    regex: Regex,
    /// The groups of the expression that are columns, in order.
    groups: Vec<Group>,
    outputs: Vec<Output>,
}

#[derive(Debug, Clone)]
struct Group {
    index: usize,
    output: usize,
    kind: Kind,
}

/// What a part is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Int,
    Long,
    Float,
    Double,
    Boolean,
}

impl Grok {
    /// Reads patterns. The columns are in the order of their names, as in Elasticsearch.
    pub fn parse(patterns: &[&str]) -> Result<Grok, PatternError> {
        let mut expression = String::new();
        for (at, pattern) in patterns.iter().enumerate() {
            let in_pattern = |error| PatternError { pattern: at, ..error };
            let mut one = String::new();
            expand(pattern, &mut one, expression.len()).map_err(in_pattern)?;
            // Each pattern is tried on its own, so that an error is told of the one that has it.
            if 1 < patterns.len() {
                compile(&one).map_err(|message| in_pattern(refused(pattern, message)))?;
                expression.push_str(if at == 0 { "(?:" } else { "|(?:" });
                expression.push_str(&one);
                expression.push(')');
            } else {
                expression = one;
            }
        }
        let whole = patterns.first().copied().unwrap_or_default();
        let (regex, names) = compile(&expression).map_err(|message| refused(whole, message))?;
        let (groups, outputs) = columns(&regex, &names).map_err(|message| {
            refused(whole, message).help("extract into columns of different names")
        })?;
        Ok(Grok { regex, groups, outputs })
    }

    /// The columns, in order. One that several groups fill may have several values.
    pub fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    /// The values of each column, if a pattern is found in the text. What cannot be read as the number it should be is
    /// told and left out; so is a text on which the search takes too many steps.
    pub fn matches<'t>(
        &self,
        text: &'t str,
        fail: &mut dyn FnMut(Failure),
    ) -> Option<Vec<Vec<Value<'t>>>> {
        let mut columns = vec![Vec::new(); self.outputs.len()];
        self.search(text, &mut columns, fail).then_some(columns)
    }

    fn search<'t>(
        &self,
        text: &'t str,
        columns: &mut [Vec<Value<'t>>],
        fail: &mut dyn FnMut(Failure),
    ) -> bool {
        let captures = match self.regex.captures(text) {
            Ok(Some(captures)) => captures,
            Ok(None) => return false,
            Err(_) => {
                fail(Failure::argument("grok gave up on a text after too many steps back"));
                return false;
            }
        };
        for group in &self.groups {
            let Some(part) = captures.get(group.index) else { continue };
            match group.kind.read(&text[part.range()]) {
                Ok(value) => columns[group.output].push(value),
                Err(failure) => fail(failure),
            }
        }
        true
    }
}

impl Extractor for Grok {
    fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    fn extract<'v>(
        &self,
        text: &'v str,
        _: &'v Arena,
        columns: &mut [Vec<Value<'v>>],
        fail: &mut dyn FnMut(Failure),
    ) {
        self.search(text, columns, fail);
    }
}

impl Kind {
    fn of(name: &str) -> Kind {
        match name {
            "int" => Kind::Int,
            "long" => Kind::Long,
            "float" => Kind::Float,
            "double" => Kind::Double,
            "boolean" => Kind::Boolean,
            // Any other word means text, as in Elasticsearch.
            _ => Kind::Text,
        }
    }

    fn ty(self) -> DataType {
        match self {
            Kind::Text => DataType::Keyword,
            Kind::Int => DataType::Integer,
            Kind::Long => DataType::Long,
            Kind::Float | Kind::Double => DataType::Double,
            Kind::Boolean => DataType::Boolean,
        }
    }

    fn read(self, text: &str) -> Result<Value<'_>, Failure> {
        let value = match self {
            Kind::Text => Some(Value::Text(text)),
            Kind::Int => text.parse().ok().map(Value::Integer),
            Kind::Long => text.parse().ok().map(Value::Long),
            // Rounded to a float first: `0.1` becomes 0.10000000149011612.
            Kind::Float => java_decimal(text)
                .and_then(|text| text.parse::<f32>().ok())
                .map(|float| Value::Double(float.into())),
            Kind::Double => {
                java_decimal(text).and_then(|text| text.parse().ok()).map(Value::Double)
            }
            Kind::Boolean => Some(Value::Boolean(text.eq_ignore_ascii_case("true"))),
        };
        value.ok_or_else(|| Failure {
            class: "java.lang.NumberFormatException",
            message: match text {
                "" if matches!(self, Kind::Float | Kind::Double) => "empty String".to_owned(),
                _ => format!("For input string: \"{text}\""),
            },
        })
    }
}

/// The text of a decimal number that Java reads with blanks around it and a letter `d` or `f` behind it.
fn java_decimal(text: &str) -> Option<&str> {
    let text = text.trim_matches(|char| char <= ' ');
    let text = text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text);
    // Rust reads `inf` and `nan` too, in any case; Java reads `Infinity` and `NaN`.
    let is_word = matches!(text.trim_start_matches(['+', '-']), "Infinity" | "NaN");
    let is_number =
        text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'+' | b'-' | b'e' | b'E'));
    (is_word || is_number).then_some(text)
}

/// A part of a pattern that names another.
struct Reference<'p> {
    name: &'p str,
    /// `NAME:column:type`, if a column is given.
    group: Option<&'p str>,
    place: Range<usize>,
}

/// Writes a pattern with the patterns of the bank in the place of their names, behind `before` bytes of others.
fn expand(pattern: &str, into: &mut String, before: usize) -> Result<(), PatternError> {
    let mut done = 0;
    while let Some(start) = pattern[done..].find("%{").map(|at| done + at) {
        into.push_str(&pattern[done..start]);
        let Some(reference) = reference(pattern, start) else {
            // Not the shape of a reference: the text stands for itself, as in Elasticsearch.
            into.push('%');
            done = start + 1;
            continue;
        };
        let Some(named) = grok_bank::pattern(reference.name) else {
            return Err(unknown(&reference));
        };
        match reference.group {
            Some(group) => into.extend(["(?<", group, ">"]),
            None => into.push_str("(?:"),
        }
        // The bank names nothing that it does not have, and never in a circle: see the tests.
        expand(named, into, before)
            .map_err(|error| PatternError { at: reference.place.clone(), ..error })?;
        into.push(')');
        done = reference.place.end;
        if GROK_BYTES_MAX < before + into.len() {
            let message = format!(
                "the patterns come to more than {GROK_BYTES_MAX} bytes of regular expression"
            );
            return Err(PatternError::new(reference.place, message)
                .help("use fewer of the long patterns, such as `URI` or `IP`, in one `GROK`"));
        }
    }
    into.push_str(&pattern[done..]);
    if GROK_BYTES_MAX < before + into.len() {
        let message =
            format!("the patterns come to more than {GROK_BYTES_MAX} bytes of regular expression");
        return Err(PatternError::new(0..pattern.len(), message).help("shorten the pattern"));
    }
    Ok(())
}

/// `%{NAME}`, `%{NAME:column}` or `%{NAME:column:type}` at a place. A definition behind `=` is read and means nothing, as
/// in Elasticsearch.
fn reference(pattern: &str, start: usize) -> Option<Reference<'_>> {
    let inside = &pattern[start + 2..];
    let length =
        |text: &str, fits: fn(char) -> bool| text.find(|char| !fits(char)).unwrap_or(text.len());
    let name = &inside[..length(inside, |char| matches!(char, 'A'..='z' | '0'..='9'))];
    let column = inside[name.len()..].strip_prefix(':').map(|rest| {
        length(rest, |char| {
            char.is_alphanumeric() || matches!(char, '@' | '[' | ']' | '_' | ':' | '.' | '-')
        })
    });
    if name.is_empty() || column == Some(0) {
        return None;
    }
    let named = name.len() + column.map_or(0, |length| 1 + length);
    let definition = inside[named..]
        .strip_prefix('=')
        .map_or(0, |rest| 1 + length(rest, |char| !matches!(char, '{' | '}')));
    let end = named + definition;
    (definition != 1 && inside[end..].starts_with('}')).then(|| Reference {
        name,
        group: column.map(|_| &inside[..named]),
        place: start..start + 2 + end + 1,
    })
}

fn unknown(reference: &Reference<'_>) -> PatternError {
    let message = format!("unknown pattern `{}`", reference.name);
    let help = match grok_bank::close_to(reference.name).as_slice() {
        [] => "write the regular expression itself: `(?<column>...)`".to_owned(),
        [near] => format!("did you mean `{near}`?"),
        several => format!("did you mean one of `{}`?", several.join("`, `")),
    };
    PatternError::new(reference.place.clone(), message).help(help)
}

fn refused(pattern: &str, message: String) -> PatternError {
    PatternError::new(0..pattern.len(), message)
}

/// The expression compiled, and the names of its groups `n0`, `n1`, ...
fn compile(expression: &str) -> Result<(Regex, Vec<String>), String> {
    let Translated { regex, names } = translate(expression)?;
    // What needs no steps back is compiled to automata. Each repetition and each choice may begin another one.
    let parts = 1 + regex.bytes().filter(|b| matches!(b, b'*' | b'+' | b'?' | b'{' | b'|')).count();
    let part_bytes_max = (GROK_AUTOMATA_BYTES_MAX / parts).max(GROK_PART_BYTES_MIN);
    // `^` and `$` match at every line break, as always in Ruby.
    let built = RegexBuilder::new(&regex)
        .multi_line(true)
        .oniguruma_mode(true)
        .ignore_numbered_groups_when_named_groups_exist(true)
        .backtrack_limit(GROK_BACKTRACKS_MAX)
        .delegate_size_limit(part_bytes_max)
        .max_prog_size(GROK_INSTRUCTIONS_MAX)
        .build();
    built.map(|regex| (regex, names)).map_err(|error| reason(&error))
}

/// What the compiler says, without the place: that is a place in the rewritten expression.
fn reason(error: &Error) -> String {
    let text = match error {
        Error::ParseError(_, error) => error.to_string(),
        Error::CompileError(error) => match error.as_ref() {
            CompileError::InnerError(error) if error.size_limit().is_some() => {
                "a part of it is too large".to_owned()
            }
            CompileError::DfaBuildError(..) => "a look-behind is too large".to_owned(),
            CompileError::PatternTooComplex => "it is too large".to_owned(),
            other => other.to_string(),
        },
        Error::RuntimeError(error) => error.to_string(),
        other => other.to_string(),
    };
    let mut chars = text.chars();
    let first = chars.next().map(|char| char.to_ascii_lowercase());
    let rest: String = first.into_iter().chain(chars).collect();
    format!("the regular expression cannot be used: {rest}")
}

/// The groups that fill columns, and the columns by name.
fn columns(regex: &Regex, names: &[String]) -> Result<(Vec<Group>, Vec<Output>), String> {
    let mut found: Vec<(usize, &str, Kind)> = Vec::new();
    for (index, group) in regex.capture_names().enumerate() {
        let group = group.and_then(|name| name.strip_prefix('n')?.parse::<usize>().ok());
        if let Some(name) = group.and_then(|at| names.get(at)) {
            let (column, kind) = column(name);
            found.push((index, column, kind));
        }
    }
    let mut outputs: Vec<Output> = Vec::new();
    for (_, name, kind) in &found {
        match outputs.iter_mut().find(|output| output.name == *name) {
            None => outputs.push(Output::new(name, kind.ty(), false)),
            Some(output) if output.ty == kind.ty() => output.multi = true,
            Some(output) => {
                return Err(format!("`{name}` would be {} and {}", output.ty, kind.ty()));
            }
        }
    }
    outputs.sort_by(|a, b| a.name.encode_utf16().cmp(b.name.encode_utf16()));
    let output = |name: &str| outputs.iter().position(|output| output.name == name);
    let group = |(index, name, kind): &(usize, &str, Kind)| {
        Some(Group { index: *index, output: output(name)?, kind: *kind })
    };
    let groups = found.iter().filter_map(group).collect();
    Ok((groups, outputs))
}

/// The column and the type in the name of a group: `NAME:column:type`, `NAME:column` or `column`.
fn column(group: &str) -> (&str, Kind) {
    let parts: Vec<&str> = group.trim_end_matches(':').split(':').collect();
    match parts.as_slice() {
        [_, column, kind] => (column, Kind::of(kind)),
        [_, column, ..] => (column, Kind::Text),
        _ => (parts.first().copied().unwrap_or_default(), Kind::Text),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `a=1 b=[2, 3]`, or `-` without a match; failures behind it.
    fn run(patterns: &[&str], text: &str) -> String {
        let grok = Grok::parse(patterns).unwrap_or_else(|error| panic!("{patterns:?}: {error:?}"));
        let mut failures = Vec::new();
        let found = grok.matches(text, &mut |failure| failures.push(failure.message));
        let mut shown = match found {
            None => "-".to_owned(),
            Some(columns) => grok
                .outputs()
                .iter()
                .zip(columns)
                .map(|(output, values)| format!("{}={}", output.name, values_text(&values)))
                .collect::<Vec<_>>()
                .join(" "),
        };
        shown.extend(failures.iter().map(|failure| format!(" !{failure}")));
        shown
    }

    fn values_text(values: &[Value<'_>]) -> String {
        let one = |value: &Value<'_>| match value {
            Value::Text(text) => (*text).to_owned(),
            other => format!("{other:?}"),
        };
        match values {
            [] => "null".to_owned(),
            [single] => one(single),
            several => format!("[{}]", several.iter().map(one).collect::<Vec<_>>().join(", ")),
        }
    }

    #[test]
    fn parts_become_columns() {
        for (pattern, text, expected) in [
            ("%{WORD:b} .*", "foo bar", "b=foo"),
            ("%{NUMBER:b:int} .*", "foo bar", "-"),
            ("%{WORD:b} %{WORD:b}", "foo bar", "b=[foo, bar]"),
            ("(?<b>[0-9a-z]{4,11}) (?<c>[0-9a-z]{1,11})", "asdf bar", "b=asdf c=bar"),
            ("%{WORD:z} %{WORD:a}", "1 2", "a=2 z=1"),
            ("%{WORD:Z}%{SPACE}%{WORD:a.b}", "1  2", "Z=1 a.b=2"),
            ("%{WORD:@t} (?<é-x>.)", "1 2", "@t=1 é-x=2"),
            ("%{WORD}", "foo", ""),
            ("%{WORD:a}( %{WORD:b})?", "foo", "a=foo b=null"),
            ("%{DATA:a} x", " x", "a="),
            ("%{NUMBER:n} (?:%{WORD:n})", "1 x", "n=[1, x]"),
            ("%{WORD:a:keyword}", "x", "a=x"),
            ("%{WORD:a:b:int}", "1", "a=1"),
            ("%{WORD=unused}", "1", ""),
            ("(?<a:b>x)", "x", "b=x"),
            ("(?'a'x)", "x", "a=x"),
            // Not references: these stand for themselves.
            ("%{} %{WORD:a}", "%{} x", "a=x"),
            ("100% %{WORD:a}", "100% x", "a=x"),
            ("%{WORD:a }", "%{WORD:a }", ""),
        ] {
            assert_eq!(run(&[pattern], text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn parts_are_read_as_their_types() {
        for (pattern, text, expected) in [
            ("%{NUMBER:n:int}", "42", "n=Integer(42)"),
            ("%{NUMBER:n:int}", "+42", "n=Integer(42)"),
            ("%{NUMBER:n:int}", "4.2", "n=null !For input string: \"4.2\""),
            ("%{NUMBER:n:int}", "2147483648", "n=null !For input string: \"2147483648\""),
            ("%{NUMBER:n:long}", "2147483648", "n=Long(2147483648)"),
            ("%{NUMBER:n:float}", "0.1", "n=Double(0.10000000149011612)"),
            ("%{NUMBER:n:double}", ".5", "n=Double(0.5)"),
            ("(?<x:n:double>.*)", " 1e3f ", "n=Double(1000.0)"),
            ("(?<x:n:double>.*)", "-Infinity", "n=Double(-inf)"),
            ("(?<x:n:double>.*)", "inf", "n=null !For input string: \"inf\""),
            ("(?<x:n:double>.*)", "", "n=null !empty String"),
            (
                "%{WORD:n:boolean} %{WORD:n:boolean}",
                "TRUE yes",
                "n=[Boolean(true), Boolean(false)]",
            ),
            ("%{NUMBER:n:int} %{NUMBER:n:int}", "1 2.5", "n=Integer(1) !For input string: \"2.5\""),
        ] {
            assert_eq!(run(&[pattern], text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn of_several_patterns_the_leftmost_match_counts() {
        for (patterns, text, expected) in [
            (["ABC %{WORD:foo}", "XYZ %{WORD:bar}"], "XYZ extractme", "bar=extractme foo=null"),
            (["%{INT:n:int}$", "^%{WORD:w}"], "ab 7", "n=null w=ab"),
            (["%{WORD:a}", "%{NUMBER:a}"], "x", "a=x"),
            (["(?i)abc (?<a>x)|y", "(?<b>Q)"], "q Q", "a=null b=Q"),
        ] {
            assert_eq!(run(&patterns, text), expected, "{patterns:?} on {text}");
        }
    }

    #[test]
    fn expressions_mean_what_they_mean_to_oniguruma() {
        for (pattern, text, expected) in [
            // Anchors are those of lines, and the dot stops at a line break.
            ("^(?<a>.)$", "xy\nz", "a=z"),
            (r"\A(?<a>.+)\z", "x\ny", "-"),
            (r"(?m)\A(?<a>.+)\z", "x\ny", "a=x\ny"),
            (r"(?<a>.)\Z", "x\n", "a=x"),
            (r"(?<a>.)\Z", "x\n\n", "-"),
            // Escapes are ASCII, named classes are not.
            (r"(?<a>\w+)", "éab", "a=ab"),
            (r"(?<a>[[:alpha:]]+)", "éa1", "a=éa"),
            (r"(?<a>[^[:alpha:]]+)", "éa1", "a=1"),
            (r"(?<a>[[:^digit:]]+)", "1a٣", "a=a"),
            (r"(?<a>\d+)", "٣3", "a=3"),
            (r"(?<a>\p{Nd}+)", "٣3", "a=٣3"),
            (r"(?<a>\p{^Nd}+)", "3x", "a=x"),
            (r"(?<a>[\W]+)", "x, y", "a=, "),
            (r"(?<a>\h+)", "xyzAf09", "a=Af09"),
            (r"(?<a>\s\S)", "x\x0By", "a=\x0By"),
            // Classes.
            ("(?<a>[]x]+)", "a]x]", "a=]x]"),
            ("(?<a>[^]]+)", "]ab]", "a=ab"),
            ("(?<a>[+--]+)", "*+,-.", "a=+,-"),
            ("(?<a>[a-c-e]+)", "d-bde", "a=-b"),
            (r"(?<a>[a-\d]+)", "b-a1", "a=-a1"),
            ("(?<a>[a&~]+)", "x&~a", "a=&~a"),
            ("(?<a>[a-z&&[^b-y]]+)", "bcazd", "a=az"),
            (r"(?<a>[\x41-\x{43}\u0064]+)", "zABCdD", "a=ABCd"),
            ("(?<a>[[ab]c]+)", "xabc", "a=abc"),
            // Groups.
            ("(?<a>x)(?i)Y|(?<b>q)Z", "xY", "a=x b=null"),
            ("(?:(?i)A)(?<a>B)", "aB", "a=B"),
            ("(?i-m:A)(?<a>b)", "ab", "a=b"),
            ("(?x) (?<a> x ) [ ] y # a comment with (\n$", "x y", "a=x"),
            ("(?#(?<no>x)(?<a>y)", "y", "a=y"),
            (r"(?<a>x|y)\k<a>", "xyy", "a=y"),
            (r"(?<a.b>x|y)-\k<a.b>", "x-y y-y", "a.b=y"),
            ("(?>a+)(?<b>a)?", "aaa", "b=null"),
            ("(?<a>(?<=\\$)[0-9]+(?!€))", "12€ $34", "a=34"),
            ("(?<a>x)?(?(<a>)y|z)", "z", "a=null"),
            (r"\<(?<a>.)\>", "<x>", "a=x"),
            (r"(?<a>\j\101\0)", "jA\0", "a=jA\0"),
            ("(?<a>x{,2}y)", "xxxy", "a=xxy"),
            ("(x)(?<a>y)", "xy", "a=y"),
            (r"(x)\1", "axx", ""),
        ] {
            assert_eq!(run(&[pattern], text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn the_bank_knows_the_usual_shapes() {
        for (name, text, expected) in [
            ("USERNAME", "<j.doe-1_x>", "j.doe-1_x"),
            ("EMAILADDRESS", "to some.email@foo.com.", "some.email@foo.com."),
            ("INT", "x-12", "-12"),
            ("NUMBER", "x 3.14", "3.14"),
            ("BASE16NUM", "is 0xfF", "0xfF"),
            ("POSINT", "0 10", "10"),
            ("NONNEGINT", "07", "07"),
            ("QUOTEDSTRING", r#"say "a \" b" now"#, r#""a \" b""#),
            ("QS", "''", "''"),
            (
                "UUID",
                "id 5dfa171a-70c4-f989-668c-cc342d8aefd5",
                "5dfa171a-70c4-f989-668c-cc342d8aefd5",
            ),
            ("URN", "urn:isbn:0451450523 x", "urn:isbn:0451450523"),
            ("MAC", "01:23:45:67:89:ab", "01:23:45:67:89:ab"),
            ("MAC", "0123.4567.89ab", "0123.4567.89ab"),
            ("IP", "at ::1 ", "::1"),
            ("IP", "2001:db8::8a2e:370:7334,", "2001:db8::8a2e:370:7334"),
            ("IP", "fe80::1%eth0", "fe80::1%eth0"),
            ("IP", "from 10.1.2.3:80", "10.1.2.3"),
            ("HOSTNAME", "host-1.example.org:80", "host-1.example.org"),
            ("IPORHOST", "www.example.org", "www.example.org"),
            ("HOSTPORT", "x.org:8080", "x.org:8080"),
            ("PATH", "in /var/log/a.log now", "/var/log/a.log"),
            ("PATH", r"run C:\Windows\cmd.exe?", r"C:\Windows\cmd.exe"),
            ("TTY", "/dev/pts/1", "/dev/pts/1"),
            ("URI", "see https://u:p@x.org:8443/a/b?c=d#e <", "https://u:p@x.org:8443/a/b?c=d#e"),
            ("URIPATHPARAM", "GET /a?b=c HTTP", "/a?b=c"),
            ("MONTH", "in März", "März"),
            ("DAY", "Tuesday", "Tuesday"),
            ("YEAR", "2026-01", "2026"),
            ("TIME", "at 12:15:00.5", "12:15:00.5"),
            ("TIMESTAMP_ISO8601", "1953-01-23T12:15:00Z x", "1953-01-23T12:15:00Z"),
            ("TIMESTAMP_ISO8601", "2023-01-23 12:15:00,123+0200", "2023-01-23 12:15:00,123+0200"),
            ("DATE", "on 12/31/2026", "12/31/2026"),
            ("DATE_EU", "31.12.2026", "31.12.2026"),
            ("DATESTAMP", "12-31-26 10:00:00", "12-31-26 10:00:00"),
            ("DATESTAMP_RFC822", "Tue Nov 24 2026 12:00:00 UTC", "Tue Nov 24 2026 12:00:00 UTC"),
            (
                "DATESTAMP_RFC2822",
                "Tue, 24 Nov 2026 12:00:00 +0100",
                "Tue, 24 Nov 2026 12:00:00 +0100",
            ),
            ("DATESTAMP_EVENTLOG", "20261124120000", "20261124120000"),
            ("SYSLOGTIMESTAMP", "Nov  4 07:50:46 host", "Nov  4 07:50:46"),
            ("HTTPDATE", "[30/Apr/1998:22:00:52 +0000]", "30/Apr/1998:22:00:52 +0000"),
            ("LOGLEVEL", "12 WARNING x", "WARNING"),
            ("JAVACLASS", "at org.x.Y$Z!", "at"),
        ] {
            let grok = Grok::parse(&[&format!("%{{{name}:x}}")]).unwrap();
            let found = grok.matches(text, &mut |failure| panic!("{failure:?}"));
            let values = found.unwrap_or_else(|| panic!("{name} on {text}")).remove(0);
            assert_eq!(values, [Value::Text(expected)], "{name} on {text}");
        }
    }

    #[test]
    fn lines_of_logs_are_taken_apart() {
        let line = r#"127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326 "http://x.org/" "Mozilla/4.08""#;
        assert_eq!(
            run(&["%{COMBINEDAPACHELOG}"], line),
            "apache.access.user.identity=null http.request.method=GET http.request.referrer=http://x.org/ \
             http.response.body.bytes=Integer(2326) http.response.status_code=Integer(200) http.version=1.0 \
             source.address=127.0.0.1 timestamp=10/Oct/2000:13:55:36 -0700 url.original=/a.gif user.name=frank \
             user_agent.original=Mozilla/4.08"
        );
        assert_eq!(
            run(&["%{SYSLOGLINE}"], "Nov 24 12:28:31 web-1 sshd[814]: Failed password for root"),
            "host.hostname=web-1 log.syslog.facility.code=null log.syslog.priority=null \
             message=Failed password for root process.name=sshd process.pid=Integer(814) timestamp=Nov 24 12:28:31"
        );
    }

    #[test]
    fn every_pattern_of_the_bank_compiles() {
        for name in grok_bank::names() {
            if let Err(error) = Grok::parse(&[&format!("%{{{name}:x}}")]) {
                panic!("{name}: {error:?}");
            }
        }
    }

    /// Holds what `expand` relies on: following references never comes back to where it began.
    #[test]
    fn the_bank_has_no_circle() {
        fn depth(name: &str, above: &[&str]) -> usize {
            assert!(!above.contains(&name), "{above:?} {name}");
            let pattern = grok_bank::pattern(name).unwrap_or_else(|| panic!("{above:?} {name}"));
            let path: Vec<&str> = above.iter().copied().chain([name]).collect();
            let starts = pattern.match_indices("%{").filter_map(|(at, _)| reference(pattern, at));
            starts.map(|one| 1 + depth(one.name, &path)).max().unwrap_or(0)
        }
        assert!(grok_bank::names().map(|name| depth(name, &[])).max() < Some(12));
    }

    #[test]
    fn what_cannot_be_a_pattern_is_told() {
        for (patterns, pattern, at, message, help) in [
            (&["%{WROD:a}"][..], 0, 0..9, "unknown pattern `WROD`", "did you mean `WORD`?"),
            (
                &["%{WORD:a}", "x %{_invalid_:x}"],
                1,
                2..16,
                "unknown pattern `_invalid_`",
                "write the regular expression itself: `(?<column>...)`",
            ),
            (
                &["%{INT:a:int} %{INT:a:long}"],
                0,
                0..26,
                "`a` would be integer and long",
                "extract into columns of different names",
            ),
            (&["a("], 0, 0..2, "a parenthesis is not closed", ""),
            (&["a)"], 0, 0..2, "a parenthesis is closed that was never opened", ""),
            (&["x", "[a"], 1, 0..2, "the class `[a` is not closed", ""),
            (&["[]"], 0, 0..2, "a class is empty", ""),
            (&["[z-a]"], 0, 0..5, "the range `z-a` of a class is empty", ""),
            (&["(?P<a>.+)"], 0, 0..9, "`(?P` begins no group that is known", ""),
            (&["(*FAIL)"], 0, 0..7, "nothing stands before the `*`", ""),
            (&[r"\k<a>"], 0, 0..5, "no group has the name `a`", ""),
            (&["a\\"], 0, 0..2, "nothing stands behind the last backslash", ""),
            (&[r"\x{110000}"], 0, 0..10, "`110000` is no code of a character", ""),
            (&["(?<>x)"], 0, 0..6, "no group has the name ``", ""),
        ] {
            let error = Grok::parse(patterns).unwrap_err();
            assert_eq!(
                (
                    error.pattern,
                    error.at,
                    error.message.as_str(),
                    error.help.as_deref().unwrap_or("")
                ),
                (pattern, at, message, help),
                "{patterns:?}"
            );
        }
        let error = Grok::parse(&["*a"]).unwrap_err();
        assert!(error.message.starts_with("the regular expression cannot be used: "), "{error:?}");
        for (pattern, reason) in [
            ("a{1000}{1000}{1000}", "a part of it is too large"),
            ("(?<=[[:word:]]{1,3000})x", "a look-behind is too large"),
            (r"(?<a>x\g<a>?\g<a>?\g<a>?)", "it is too large"),
        ] {
            let error = Grok::parse(&[pattern]).unwrap_err();
            assert!(error.message.ends_with(reason), "{error:?}");
        }
        let parts = (0..500).map(|n| format!(r"(?=\p{{L}}{{20}}a{n})(?>\p{{L}}{{20}}b{n})"));
        let many_parts = parts.collect::<Vec<_>>().concat();
        assert!(Grok::parse(&[&many_parts]).unwrap_err().message.ends_with("too large"));
        let many = "%{COMBINEDAPACHELOG}".repeat(50);
        assert!(Grok::parse(&[&many]).unwrap_err().message.contains("bytes of regular expression"));
        assert!(Grok::parse(&[&"(".repeat(5000)]).is_err());
        assert!(Grok::parse(&[&("(".repeat(5000) + &")".repeat(5000))]).is_err());
        assert!(Grok::parse(&[&("[".repeat(5000) + "a" + &"]".repeat(5000))]).is_err());
    }

    #[test]
    fn a_search_that_goes_back_too_often_is_given_up() {
        let text = "a".repeat(64) + "!";
        let expected = "- !grok gave up on a text after too many steps back";
        assert_eq!(run(&[r"^(?<x>(?:a|a(?=a)|aa)+)+b\k<x>$"], &text), expected);
    }

    proptest! {
        #[test]
        fn any_pattern_and_text_are_answered(
            pattern in r"(a|b|é|\.|\*|\+|\?|\||\(|\)|\[|\]|\{|\}|\\|\^|\$|-|&&|:|<|>|\(\?|\(\?<n>|%\{WORD:x\}|%\{INT:n:int\}|\{1,3\}|\\k<n>|\\b|\\w|\[:alpha:\]|\(\?i\)|\(\?=){0,12}",
            text in "[ab1é \n-]{0,12}",
        ) {
            if let Ok(grok) = Grok::parse(&[&pattern])
                && let Some(columns) = grok.matches(&text, &mut |_| {})
            {
                prop_assert_eq!(columns.len(), grok.outputs().len());
            }
        }

        /// An expression of the plain kind finds what the `regex-automata` engine finds.
        #[test]
        fn plain_expressions_find_what_they_always_find(
            pattern in "(a|b|[ab]|a\\*|b\\?|\\.|\\||ab\\+){1,6}",
            text in "[abc]{0,10}",
        ) {
            let expected = fancy_regex::Regex::new(&pattern).unwrap().find(text.as_str()).unwrap();
            let grok = Grok::parse(&[&format!("(?<x>{pattern})")]).unwrap();
            let found = grok.matches(&text, &mut |_| {}).map(|mut columns| columns.remove(0));
            prop_assert_eq!(found, expected.map(|found| vec![Value::Text(found.as_str())]));
        }
    }
}
