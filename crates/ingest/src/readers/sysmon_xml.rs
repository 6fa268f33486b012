//! Events as XML: Sysmon for Linux in lines of syslog, in the journal or in an export, and Windows events.
//!
//! Syslog lines of other programs, and what Sysmon itself says beside its events, hold no event and are passed over.

use brokerwatch_ecs::Event;
use bumpalo::Bump;
use serde_json::Value as Json;

use super::event_xml::{CUT, EventXml, find_event};
use super::{Item, Layout, OnItem, Raw, Source, SourcePlan, same_path};

/// Sysmon for Linux: lines with a header of syslog, or events alone.
pub(crate) static SYSMON_LINUX: Source = Source {
    name: "sysmon-linux",
    title: "Sysmon for Linux (syslog or XML)",
    mapping: "sysmon-linux",
    layout: Layout::Lines(is_sysmon_linux),
    items: line_items,
    path: same_path,
};

/// Sysmon for Linux inside of JSON: the journal, Azure's Syslog table, an agent's documents.
pub(crate) static SYSMON_LINUX_JSON: Source = Source {
    name: "sysmon-linux-json",
    title: "Sysmon for Linux (XML inside of JSON)",
    mapping: "sysmon-linux",
    layout: Layout::Json(is_sysmon_linux_json),
    items: wrapped_items,
    path: same_path,
};

/// Windows events as Windows renders them: what the Event Viewer exports, `wevtutil` and PowerShell print.
pub(crate) static WINDOWS_XML: Source = Source {
    name: "windows-xml",
    title: "Windows events (XML)",
    mapping: "windows",
    layout: Layout::Lines(is_windows_xml),
    items: line_items,
    path: same_path,
};

/// The provider that Sysmon for Linux names.
const PROVIDER: &str = "Linux-Sysmon";

/// Its name in the headers of syslog.
const PROGRAM: &str = "sysmon";

fn is_sysmon_linux(line: &str) -> bool {
    match find_event(line) {
        Some(start) => {
            line[start..].contains(PROVIDER) && !line.trim_start().starts_with(['{', '['])
        }
        None => header(line).is_some_and(|header| header.program == PROGRAM),
    }
}

fn is_windows_xml(line: &str) -> bool {
    find_event(line).is_some_and(|start| {
        let before = line[..start].trim_start_matches('\u{feff}').trim();
        (before.is_empty() || before.ends_with('>')) && !line[start..].contains(PROVIDER)
    })
}

fn is_sysmon_linux_json(document: &Json) -> bool {
    let document = source_of(document);
    match message(document) {
        Some(text) if find_event(text).is_some() => text.contains(PROVIDER),
        Some(_) => text_at(document, PROGRAM_KEYS) == Some(PROGRAM),
        None => false,
    }
}

/// An event with the syslog header that it stood behind.
struct Line<'c> {
    header: Header<'c>,
    event: EventXml<'c>,
}

/// What a header of syslog says, as far as it says it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Header<'c> {
    host: &'c str,
    program: &'c str,
    process_id: &'c str,
}

impl<'c> Item<'c> for Line<'c> {
    fn fill(
        &self,
        plan: &SourcePlan,
        arena: &'c Bump,
        fields: &mut Event<'c>,
    ) -> Result<(), String> {
        plan.push_text(fields, "Syslog.Hostname", self.header.host);
        plan.push_text(fields, "Syslog.AppName", self.header.program);
        plan.push_text(fields, "Syslog.ProcID", self.header.process_id);
        self.event.fill(plan, arena, fields)
    }
}

fn line_items<'c>(record: Raw<'c>, _: &'c Bump, on_item: &mut OnItem<'_, 'c>) {
    let line = match simdutf8::compat::from_utf8(record.bytes) {
        Ok(line) => line,
        Err(error) => {
            let at = error.valid_up_to();
            return on_item(0, Err(format!("invalid UTF-8 at byte {at}")));
        }
    };
    let Some(start) = find_event(line) else {
        if !holds_nothing(line) {
            on_item(0, Err("neither an event nor a line of syslog".to_owned()));
        }
        return;
    };
    let header = header(&line[..start]).unwrap_or_default();
    events(line, |at, event| match event {
        Some(event) => on_item(at, Ok(&Line { header, event })),
        None => on_item(at, Err(CUT.to_owned())),
    });
}

/// The events of a text, each with its place; none in place of one without an end.
fn events<'c>(text: &'c str, mut found: impl FnMut(usize, Option<EventXml<'c>>)) {
    const END: &str = "</Event>";
    let mut from = 0;
    while let Some(start) = find_event(&text[from..]).map(|at| from + at) {
        let Some(length) = text[start..].find(END) else { return found(start, None) };
        from = start + length + END.len();
        found(start, Some(EventXml { text: &text[start..from], is_rendered: false }));
    }
}

/// Whether a line without an event is one that may have none.
fn holds_nothing(line: &str) -> bool {
    let line = line.trim_start_matches('\u{feff}').trim();
    line.is_empty()
        || line.starts_with("<?xml")
        || line.starts_with("<!--")
        || matches!(line, "<Events>" | "</Events>")
        || header(line).is_some()
}

/// The header of a syslog line: RFC 3164, RFC 5424, or the traditional form with an ISO time.
fn header(line: &str) -> Option<Header<'_>> {
    let (had_priority, line) = match line.strip_prefix('<').and_then(|line| line.split_once('>')) {
        Some((digits, rest)) if digits.parse::<u16>().is_ok() => (true, rest),
        _ => (false, line),
    };
    if let Some(rest) = line.strip_prefix("1 ").filter(|_| had_priority) {
        let mut parts = rest.split(' ').skip(1).map(|part| if part == "-" { "" } else { part });
        let (host, program) = (parts.next()?, parts.next()?);
        return Some(Header { host, program, process_id: parts.next().unwrap_or_default() });
    }
    let (host, tag) = after_time(line)?.split_once(' ')?;
    let tag = tag.split(' ').next()?.strip_suffix(':')?;
    let (program, process_id) = match tag.split_once('[') {
        Some((program, id)) => (program, id.strip_suffix(']')?),
        None => (tag, ""),
    };
    Some(Header { host, program, process_id })
}

/// A line without its time: `Oct 24 17:05:38 ` or `2022-10-24T17:05:38.1+02:00 `.
fn after_time(line: &str) -> Option<&str> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    if MONTHS.iter().any(|month| line.starts_with(month)) {
        // Days below ten have a blank in front: the parts are by place, not by blanks.
        return line.get(15..)?.strip_prefix(' ');
    }
    let (time, rest) = line.split_once(' ')?;
    let is_iso = time.starts_with(|first: char| first.is_ascii_digit()) && time.contains('T');
    is_iso.then_some(rest)
}

/// Where documents keep the line, the host and the program. The first that is there counts.
const MESSAGE_KEYS: &[&[&str]] =
    &[&["SyslogMessage"], &["MESSAGE"], &["event", "original"], &["message"]];
const HOST_KEYS: &[&[&str]] =
    &[&["HostName"], &["_HOSTNAME"], &["log", "syslog", "hostname"], &["host", "hostname"]];
const PROGRAM_KEYS: &[&[&str]] =
    &[&["ProcessName"], &["SYSLOG_IDENTIFIER"], &["log", "syslog", "appname"]];
const PROCESS_ID_KEYS: &[&[&str]] = &[&["SYSLOG_PID"], &["log", "syslog", "procid"]];

fn wrapped_items<'c>(record: Raw<'c>, arena: &'c Bump, on_item: &mut OnItem<'_, 'c>) {
    let document: Json = match serde_json::from_slice(record.bytes) {
        Ok(document) => document,
        Err(error) => return on_item(0, Err(error.to_string())),
    };
    let document = source_of(&document);
    let Some(text) = message(document) else {
        return on_item(0, Err("the document holds no message".to_owned()));
    };
    let text: &'c str = arena.alloc_str(text);
    let inner = find_event(text).and_then(|start| header(&text[..start])).unwrap_or_default();
    let or = |own: &'c str, keys| match text_at(document, keys) {
        Some(text) if own.is_empty() => &*arena.alloc_str(text),
        _ => own,
    };
    let header = Header {
        host: or(inner.host, HOST_KEYS),
        program: or(inner.program, PROGRAM_KEYS),
        process_id: or(inner.process_id, PROCESS_ID_KEYS),
    };
    events(text, |_, event| match event {
        Some(event) => on_item(0, Ok(&Line { header, event })),
        None => on_item(0, Err(CUT.to_owned())),
    });
}

/// The document of a hit, or the document itself.
fn source_of(document: &Json) -> &Json {
    document.get("_source").unwrap_or(document)
}

/// The text that may hold an event: the first that does, else the first there is.
fn message(document: &Json) -> Option<&str> {
    let texts = || MESSAGE_KEYS.iter().filter_map(|path| at(document, path)?.as_str());
    texts().find(|text| find_event(text).is_some()).or_else(|| texts().next())
}

fn text_at<'j>(document: &'j Json, paths: &[&[&str]]) -> Option<&'j str> {
    paths.iter().find_map(|path| at(document, path)?.as_str())
}

fn at<'j>(document: &'j Json, path: &[&str]) -> Option<&'j Json> {
    let nested = path.iter().try_fold(document, |inner, key| inner.get(key));
    nested.or_else(|| document.get(path.join(".")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_header(line: &str, host: &str, program: &str, process_id: &str) {
        assert_eq!(header(line), Some(Header { host, program, process_id }), "{line}");
    }

    #[test]
    fn headers_of_syslog_come_in_three_forms() {
        check_header("Oct 24 17:05:38 web-1 sysmon: <Event>", "web-1", "sysmon", "");
        check_header(
            "<14>Nov  4 17:05:38 web-1 sysmon[3041]: Running...",
            "web-1",
            "sysmon",
            "3041",
        );
        check_header("2024-03-05T07:09:11.25+01:00 web-1 sysmon: x", "web-1", "sysmon", "");
        check_header("<14>1 2024-03-05T07:09:11Z web-1 sysmon 77 - - x", "web-1", "sysmon", "77");
        for line in
            ["", "Oct", "Oct 24 17:05:38", "<14>1 ", "Ocü 24 17:05:38ü web", "nothing of it"]
        {
            assert_eq!(header(line), None, "{line}");
        }
    }

    #[track_caller]
    fn check_items(line: &str, expected: &[(usize, Result<&str, &str>)]) {
        let arena = Bump::new();
        let mut found = Vec::new();
        let raw = Raw { bytes: line.as_bytes(), header: &[] };
        line_items(raw, &arena, &mut |at, item| found.push((at, item.map(|_| ()))));
        let expected: Vec<_> = expected
            .iter()
            .map(|(at, one)| (*at, one.map(|_| ()).map_err(str::to_owned)))
            .collect();
        assert_eq!(found, expected, "{line}");
    }

    #[test]
    fn a_line_holds_events_or_nothing() {
        check_items("<Event><System/></Event>", &[(0, Ok(""))]);
        check_items("Oct 24 17:05:38 h sysmon: <Event></Event>\r", &[(26, Ok(""))]);
        check_items("<Event></Event><Event xmlns='x'></Event>", &[(0, Ok("")), (15, Ok(""))]);
        check_items("Oct 24 17:05:38 h sysmon[3]: Running...", &[]);
        check_items("Oct 24 17:05:38 h sshd[3]: Accepted publickey", &[]);
        check_items("<Events>", &[]);
    }

    #[test]
    fn what_is_wrong_with_a_line_is_said() {
        check_items("Oct 24 17:05:38 h sysmon: <Event><System>", &[(26, Err(CUT))]);
        check_items("\"?", &[(0, Err("neither an event nor a line of syslog"))]);
    }
}
