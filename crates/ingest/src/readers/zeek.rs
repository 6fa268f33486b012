//! Zeek's logs: tables with a header that names their columns, and JSON in three dialects.
//!
//! Columns go by their names, never by their place: Zeek's packages add columns, and a file may start anew with other
//! ones. What a log is (`conn`, `mqtt_publish`) is told by its header or by a field of the record, and where neither
//! says it, by fields that no other log has; the mapping finds it in `_path`.

use std::cell::RefCell;

use brokerwatch_ecs::{Event, Slot, Value, parse_ip};
use bumpalo::Bump;
use memchr::{memchr, memchr_iter, memmem};

use super::{Item, JsonItem, Layout, OnItem, Raw, Source, SourcePlan, same_path};
use crate::limits::{TABLE_COLUMNS_MAX, TABLE_TELL_LINES};

/// Tab-separated logs.
pub(crate) static TABLE: Source = Source {
    name: "zeek-table",
    title: "Zeek logs (tab-separated)",
    mapping: "zeek",
    layout: Layout::Table { tell: is_table, is_header },
    items: rows,
    path: same_path,
};

/// JSON logs as Zeek writes them: `id.orig_h` as a key, or `id` as an object.
pub(crate) static JSON: Source = Source {
    name: "zeek-json",
    title: "Zeek logs (JSON)",
    mapping: "zeek",
    layout: Layout::Json(is_plain),
    items: objects,
    path: same_path,
};

/// JSON logs of shippers that have no dots in keys: `id_orig_h`, with the log in `@stream`.
pub(crate) static STREAM: Source = Source {
    name: "zeek-json-stream",
    title: "Zeek logs (JSON with underscores)",
    mapping: "zeek",
    layout: Layout::Json(is_stream),
    items: objects,
    path: stream_path,
};

/// The field that says which log a record is of.
const LOG: &str = "_path";

/// A row of `conn.log` has at least as many columns in every version.
const CONN_COLUMNS_MIN: usize = 12;

/// Logs that are told by a field which no other log has. Zeek leaves unset fields out of JSON, so any one is enough.
static TOLD_BY: &[(&str, &[&str])] = &[
    ("conn", &["conn_state"]),
    ("mqtt_connect", &["connect_status", "will_topic", "proto_version"]),
    ("mqtt_publish", &["from_client", "payload_len"]),
    ("mqtt_subscribe", &["granted_qos_level", "qos_levels"]),
    ("dns", &["trans_id", "qtype_name"]),
    ("http", &["request_body_len", "response_body_len"]),
    ("websocket", &["subprotocol", "client_protocols"]),
    ("quic", &["client_initial_dcid", "client_protocol"]),
    ("redis", &["cmd.name"]),
    ("ssl", &["ssl_history", "cert_chain_fps", "cert_chain_fuids", "established"]),
];

fn log_told_by(has: impl Fn(&str) -> bool) -> Option<&'static str> {
    let told = TOLD_BY.iter().find(|(_, fields)| fields.iter().any(|field| has(field)));
    told.map(|(log, _)| *log)
}

// ---- JSON ----

fn is_plain(value: &serde_json::Value) -> bool {
    let has = |name: &str| value.get(name).is_some();
    let has_ends = has("id.orig_h") || value.get("id").is_some_and(|id| id.get("orig_h").is_some());
    let is_log = has_ends || has("_path") || has("fuid") || has("certificate.serial");
    has("ts") && is_log && !is_stream(value)
}

fn is_stream(value: &serde_json::Value) -> bool {
    let has = |name: &str| value.get(name).is_some();
    has("ts") && (has("id_orig_h") || has("@stream"))
}

fn stream_path(name: &str) -> String {
    match name {
        LOG => "@stream".to_owned(),
        "_system_name" => "@system".to_owned(),
        name => name.replace('.', "_"),
    }
}

fn objects<'c>(record: Raw<'c>, _: &'c Bump, on_item: &mut OnItem<'_, 'c>) {
    on_item(0, Ok(&Object(record.bytes)));
}

struct Object<'c>(&'c [u8]);

impl<'c> Item<'c> for Object<'c> {
    fn fill(
        &self,
        plan: &SourcePlan,
        arena: &'c Bump,
        fields: &mut Event<'c>,
    ) -> Result<(), String> {
        JsonItem(self.0).fill(plan, arena, fields)?;
        if let Some(slot) = plan.slot(LOG)
            && fields.values(slot).is_empty()
            && let Some(log) = log_told_by(|field| has_key(self.0, field))
        {
            fields.push(slot, Value::Keyword(log));
        }
        Ok(())
    }
}

/// Whether a key stands in a JSON object, at any depth.
///
/// A quote inside a JSON text is escaped, so a name between two quotes that a colon follows is a key.
fn has_key(object: &[u8], key: &str) -> bool {
    memmem::find_iter(object, key).any(|at| {
        let before = &object[..at];
        let after = &object[at + key.len()..];
        let Some(after) = after.strip_prefix(b"\"") else { return false };
        before.ends_with(b"\"") && after.trim_ascii_start().starts_with(b":")
    })
}

// ---- tables ----

/// A header, after what test baselines and editors put in front of it, or a row that can only be of `conn.log`.
///
/// Without a header the columns are not known, and each row is a defect that says so: better than guessing at them,
/// and better than passing the file over.
fn is_table(head: &str) -> bool {
    let lines = head.lines().map(str::trim_start).filter(|line| !line.is_empty());
    let mut lines = lines.take(TABLE_TELL_LINES).peekable();
    lines.peek().is_some_and(|line| is_conn_row(line))
        || lines
            .take_while(|line| line.starts_with('#'))
            .any(|line| line.starts_with("#separator ") || line.starts_with("#fields"))
}

fn is_conn_row(line: &str) -> bool {
    let cells: Vec<&str> = line.split('\t').collect();
    let is_port = |cell: &str| cell.parse::<u16>().is_ok();
    match cells[..] {
        [time, _, orig, orig_port, resp, resp_port, transport, ..] => {
            CONN_COLUMNS_MIN <= cells.len()
                && time.contains('.')
                && time.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
                && parse_ip(orig).is_some()
                && is_port(orig_port)
                && parse_ip(resp).is_some()
                && is_port(resp_port)
                && matches!(transport, "tcp" | "udp" | "icmp" | "unknown_transport")
        }
        _ => false,
    }
}

/// Some files have a blank in front of their header.
fn is_header(line: &[u8]) -> bool {
    line.trim_ascii_start().starts_with(b"#")
}

fn rows<'c>(record: Raw<'c>, _: &'c Bump, on_item: &mut OnItem<'_, 'c>) {
    let table = Table::of(record.header);
    let mut start = 0;
    for newline in memchr_iter(b'\n', record.bytes).chain([record.bytes.len()]) {
        let line = &record.bytes[start..newline];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if !line.trim_ascii().is_empty() && !is_header(line) {
            match &table {
                Ok(table) => on_item(start, Ok(&Row { table, line })),
                Err(why) => on_item(start, Err(why.clone())),
            }
        }
        start = newline + 1;
    }
}

/// The columns of a block of rows, and how its cells are written.
struct Table<'c> {
    separator: Vec<u8>,
    set_separator: String,
    empty: String,
    unset: String,
    log: Option<&'c str>,
    columns: Vec<Column<'c>>,
    /// What the columns are to the plan that the rows were read with last: one plan reads them all.
    resolved: RefCell<Option<Resolved>>,
}

struct Column<'c> {
    name: &'c str,
    kind: Kind,
}

/// How the cells of a column are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// As they stand.
    Plain,
    /// `T` and `F`.
    Flag,
    /// Several values.
    Many,
}

struct Resolved {
    plan: u64,
    log: Option<Slot>,
    /// By column, up to the last that is wanted.
    slots: Vec<Option<Slot>>,
}

impl<'c> Table<'c> {
    /// Reads the header of a block. A file that starts anew has several in a row, and the last word counts.
    fn of(header: &'c [u8]) -> Result<Table<'c>, String> {
        let header = std::str::from_utf8(header).map_err(|_| "the header is not UTF-8")?;
        let mut table = Table {
            separator: b"\t".to_vec(),
            set_separator: ",".to_owned(),
            empty: "(empty)".to_owned(),
            unset: "-".to_owned(),
            log: None,
            columns: Vec::new(),
            resolved: RefCell::new(None),
        };
        for line in header.lines() {
            if let Some(line) = line.trim_start().strip_prefix('#') {
                table.read_header_line(line)?;
            }
        }
        if table.columns.is_empty() {
            return Err("no `#fields` line before the row: its columns are not known".to_owned());
        }
        if table.log.is_none() {
            let has = |field: &str| table.columns.iter().any(|column| column.name == field);
            table.log = log_told_by(has);
        }
        Ok(table)
    }

    fn read_header_line(&mut self, line: &'c str) -> Result<(), String> {
        // This line says what separates the words of the others.
        if let Some(separator) = line.strip_prefix("separator ") {
            self.separator = unescaped_bytes(separator.trim_end());
            if self.separator.is_empty() {
                return Err("`#separator` names no separator".to_owned());
            }
            self.log = None;
            return Ok(());
        }
        let separator = std::str::from_utf8(&self.separator)
            .map_err(|_| "the separator is not UTF-8".to_owned())?;
        let (key, rest) = line.split_once(separator).unwrap_or((line, ""));
        match key {
            "set_separator" => rest.clone_into(&mut self.set_separator),
            "empty_field" => rest.clone_into(&mut self.empty),
            "unset_field" => rest.clone_into(&mut self.unset),
            "path" => self.log = Some(rest),
            "fields" => {
                let names = rest.split(separator);
                self.columns = names
                    .take(TABLE_COLUMNS_MAX + 1)
                    .map(|name| Column { name, kind: Kind::Plain })
                    .collect();
                if TABLE_COLUMNS_MAX < self.columns.len() {
                    return Err(format!("the header names more than {TABLE_COLUMNS_MAX} columns"));
                }
            }
            "types" => {
                for (column, ty) in self.columns.iter_mut().zip(rest.split(separator)) {
                    column.kind = Kind::of(ty);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn resolve(&self, plan: &SourcePlan) -> Resolved {
        let mut slots: Vec<Option<Slot>> =
            self.columns.iter().map(|column| plan.slot(column.name)).collect();
        let wanted = slots.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        slots.truncate(wanted);
        Resolved { plan: plan.id(), log: plan.slot(LOG), slots }
    }

    #[inline]
    fn cell_end(&self, rest: &[u8]) -> Option<usize> {
        match self.separator[..] {
            [byte] => memchr(byte, rest),
            _ => memmem::find(rest, &self.separator),
        }
    }

    fn count_separators(&self, rest: &[u8]) -> usize {
        match self.separator[..] {
            [byte] => memchr_iter(byte, rest).count(),
            _ => memmem::find_iter(rest, &self.separator).count(),
        }
    }

    #[inline]
    fn push_cell(
        &self,
        cell: &'c str,
        kind: Kind,
        slot: Slot,
        arena: &'c Bump,
        fields: &mut Event<'c>,
    ) {
        if cell == self.unset || cell == self.empty {
            return;
        }
        match kind {
            Kind::Plain => fields.push(slot, Value::Keyword(unescaped(cell, arena))),
            Kind::Flag => fields.push(
                slot,
                Value::Keyword(match cell {
                    "T" => "true",
                    "F" => "false",
                    other => other,
                }),
            ),
            Kind::Many if self.set_separator.is_empty() => {
                fields.push(slot, Value::Keyword(unescaped(cell, arena)));
            }
            Kind::Many => {
                for part in cell.split(self.set_separator.as_str()) {
                    if part != self.unset && part != self.empty {
                        fields.push(slot, Value::Keyword(unescaped(part, arena)));
                    }
                }
            }
        }
    }
}

impl Kind {
    fn of(ty: &str) -> Kind {
        match ty {
            "bool" => Kind::Flag,
            ty if ty.starts_with("set[") || ty.starts_with("vector[") => Kind::Many,
            _ => Kind::Plain,
        }
    }
}

struct Row<'t, 'c> {
    table: &'t Table<'c>,
    line: &'c [u8],
}

impl<'c> Item<'c> for Row<'_, 'c> {
    fn fill(
        &self,
        plan: &SourcePlan,
        arena: &'c Bump,
        fields: &mut Event<'c>,
    ) -> Result<(), String> {
        let table = self.table;
        let Ok(line) = simdutf8::basic::from_utf8(self.line) else {
            return Err("the row is not UTF-8".to_owned());
        };
        let mut resolved = table.resolved.borrow_mut();
        let resolved = match &mut *resolved {
            Some(resolved) if resolved.plan == plan.id() => resolved,
            other => other.insert(table.resolve(plan)),
        };
        let mut rest = Some(line);
        for (slot, column) in resolved.slots.iter().zip(&table.columns) {
            let Some(text) = rest else { break };
            let end = table.cell_end(text.as_bytes());
            if let Some(slot) = slot {
                let cell = &text[..end.unwrap_or(text.len())];
                table.push_cell(cell, column.kind, *slot, arena, fields);
            }
            rest = end.map(|end| &text[end + table.separator.len()..]);
        }
        self.check_columns()?;
        if let (Some(slot), Some(log)) = (resolved.log, table.log) {
            fields.push(slot, Value::Keyword(log));
        }
        Ok(())
    }
}

impl Row<'_, '_> {
    /// A row that was cut, or two that were joined, would put values under the wrong names.
    fn check_columns(&self) -> Result<(), String> {
        let found = self.table.count_separators(self.line) + 1;
        let named = self.table.columns.len();
        if found == named {
            return Ok(());
        }
        Err(format!("the row has {found} columns, its header names {named}"))
    }
}

/// A text with its `\xNN` replaced by the bytes that they stand for. If these are no UTF-8, the text as it was written.
#[inline]
fn unescaped<'c>(text: &'c str, arena: &'c Bump) -> &'c str {
    if memchr(b'\\', text.as_bytes()).is_none() || !text.contains("\\x") {
        return text;
    }
    let bytes = unescaped_bytes(text);
    std::str::from_utf8(&bytes).map_or(text, |plain| arena.alloc_str(plain))
}

fn unescaped_bytes(text: &str) -> Vec<u8> {
    let mut rest = text.as_bytes();
    let mut plain = Vec::with_capacity(rest.len());
    while let [first, behind @ ..] = rest {
        match rest {
            [b'\\', b'x', high, low, behind @ ..]
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                plain.push(hex(*high) << 4 | hex(*low));
                rest = behind;
            }
            _ => {
                plain.push(*first);
                rest = behind;
            }
        }
    }
    plain
}

/// The value of a hexadecimal digit; of anything else, zero.
fn hex(digit: u8) -> u8 {
    char::from(digit).to_digit(16).unwrap_or_default() as u8
}

#[cfg(test)]
mod tests {
    use brokerwatch_ecs::{Origin, Projection, Schema};

    use super::super::source;
    use super::*;

    const HEADER: &str = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n\
                          #fields\tts\tuid\tlocal_orig\tservice\tparents\n#types\ttime\tstring\tbool\tstring\tset[string]\n";

    /// The fields of each row as `ts|uid|local_orig|service|parents|_path`, or why the row cannot be read.
    fn read(header: &str, rows: &str) -> Vec<Result<String, String>> {
        let mut projection = Projection::new();
        let names = ["ts", "uid", "local_orig", "service", "parents", LOG];
        let slots = names.map(|name| projection.want(name, &Schema::open()));
        let plan = SourcePlan::new(&projection, &TABLE);
        let arena = Bump::new();
        let mut read = Vec::new();
        let raw = Raw { bytes: rows.as_bytes(), header: header.as_bytes() };
        super::rows(raw, &arena, &mut |_, item| {
            let mut fields = Event::new(&projection);
            fields.reset(&[], Origin::default());
            let filled = item.and_then(|item| item.fill(&plan, &arena, &mut fields));
            read.push(filled.map(|()| {
                let text = |slot: &Slot| {
                    let texts: Vec<_> = fields.values(*slot).iter().map(Value::to_string).collect();
                    texts.join(",")
                };
                slots.iter().map(text).collect::<Vec<_>>().join("|")
            }));
        });
        read
    }

    #[test]
    fn cells_are_read_as_the_header_says() {
        assert_eq!(
            read(HEADER, "1.5\tCa\tT\tdns\tx,y\n2.5\tCb\t-\t-\t(empty)\n#close\t2020\n"),
            [Ok("1.5|Ca|true|dns|x,y|conn".to_owned()), Ok("2.5|Cb||||conn".to_owned())]
        );
    }

    #[test]
    fn separators_and_markers_may_be_others() {
        let header =
            HEADER.replace("\\x09", "|").replace('\t', "|").replace("field|-", "field|NULL");
        assert_eq!(read(&header, "1.5|Ca|F|NULL|-\r\n"), [Ok("1.5|Ca|false||-|conn".to_owned())]);
    }

    #[test]
    fn escapes_stand_for_bytes() {
        assert_eq!(
            read(HEADER, "1.5\tCa\tT\ta\\x09b\tx\\x2cy,\\xc3\\xa9,\\xff\n"),
            [Ok("1.5|Ca|true|a\tb|x,y,é,\\xff|conn".to_owned())]
        );
    }

    #[test]
    fn a_row_of_another_length_is_no_row() {
        assert_eq!(
            read(HEADER, "1.5\tCa\tT\n"),
            [Err("the row has 3 columns, its header names 5".to_owned())]
        );
        assert!(read("#close\t2020\n", "1.5\tCa\n")[0].as_ref().unwrap_err().contains("#fields"));
        assert!(read("", "1.5\tCa\n")[0].is_err());
    }

    #[test]
    fn tables_are_told_by_their_header_or_by_rows_of_connections() {
        for head in [
            HEADER,
            "\t#separator \\x09\n",
            "### a baseline\n#separator \\x09\n#path\tx\n",
            "1517336042.090842\tC1\t192.0.2.1\t14291\t192.0.2.2\t80\ttcp\t-\t3.0\t0\t0\tS0\tT\tT\n",
        ] {
            assert!(is_table(head), "{head}");
        }
        for head in ["", "# a comment\nkey = 1\n", "1.5\tCa\tT\n", "a\tb\tc\n#separator \\x09\n"] {
            assert!(!is_table(head), "{head}");
        }
    }

    #[test]
    fn the_log_is_told_by_its_fields_where_nothing_says_it() {
        assert!(has_key(br#"{"a":"conn_state","conn_state" : "SF"}"#, "conn_state"));
        assert!(!has_key(br#"{"a":"conn_state","b":"\"conn_state\":"}"#, "conn_state"));
        assert_eq!(log_told_by(|field| field == "payload_len"), Some("mqtt_publish"));
        assert_eq!(log_told_by(|_| false), None);
    }

    #[test]
    fn sources_are_registered() {
        for name in [TABLE.name, JSON.name, STREAM.name] {
            assert!(source(name).is_some(), "{name}");
        }
    }
}
