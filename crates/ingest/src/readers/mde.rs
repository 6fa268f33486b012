//! Microsoft Defender for Endpoint: the rows of its Device tables as Advanced Hunting, the streaming API and Sentinel
//! write them, and the CSV files that its portal exports.
//!
//! Which table a row is of is told by the export, by a column, or by what happened; the mapping finds it in `_table`, and
//! in `_side` who began: `in` or `out`. For connections that is said inside `AdditionalFields`, which is JSON in a text.

use std::cell::RefCell;
use std::sync::LazyLock;

use brokerwatch_ecs::{Event, Origin, Projection, Schema, Slot, Value};
use bumpalo::Bump;
use memchr::{memchr, memchr_iter, memmem};

use super::{Item, JsonItem, Layout, OnItem, Raw, Source, SourcePlan, same_path};
use crate::limits::TABLE_COLUMNS_MAX;

/// Advanced Hunting through an event hub or a storage account: the row in `properties`.
pub(crate) static HUNTING: Source = Source {
    name: "mde-hunting",
    title: "Microsoft Defender for Endpoint (Advanced Hunting)",
    mapping: "mde",
    layout: Layout::Json(is_hunting),
    items: hunting_items,
    path: hunting_path,
};

/// Rows alone, as the API answers and Sentinel keeps them.
pub(crate) static ROWS: Source = Source {
    name: "mde-rows",
    title: "Microsoft Defender for Endpoint (rows as JSON)",
    mapping: "mde",
    layout: Layout::Json(is_row),
    items: row_items,
    path: same_path,
};

/// Rows as CSV.
pub(crate) static CSV: Source = Source {
    name: "mde-csv",
    title: "Microsoft Defender for Endpoint (CSV)",
    mapping: "mde",
    layout: Layout::Table { tell: is_csv, is_header },
    items: csv_items,
    path: same_path,
};

/// In front of the name of the table in an export.
const CATEGORY_PREFIX: &str = "AdvancedHunting-";

/// Fields of the reader's own making.
const TABLE: &str = "_table";
const SIDE: &str = "_side";
const STATED_DIRECTION: &str = "AdditionalFields.direction";

/// Columns that name the table of a row.
const TABLE_COLUMNS: [&str; 3] = ["category", "Type", "TableName"];

// ---- JSON ----

fn is_hunting(value: &serde_json::Value) -> bool {
    let text = |name: &str| value.get(name).and_then(serde_json::Value::as_str);
    let is_object = value.get("properties").is_some_and(serde_json::Value::is_object);
    is_object && text("category").is_some_and(|category| category.starts_with(CATEGORY_PREFIX))
}

fn is_row(value: &serde_json::Value) -> bool {
    let is_text = |name: &str| value.get(name).is_some_and(serde_json::Value::is_string);
    is_text("ActionType") && is_text("DeviceId")
}

/// What the export adds stands beside the row.
fn hunting_path(name: &str) -> String {
    match name {
        "time" | "category" | "tenantId" | "operationName" => name.to_owned(),
        column => format!("properties.{column}"),
    }
}

fn hunting_items<'c>(record: Raw<'c>, _: &'c Bump, on_item: &mut OnItem<'_, 'c>) {
    on_item(0, Ok(&Object { bytes: record.bytes, facts: &HUNTING_FACTS }));
}

fn row_items<'c>(record: Raw<'c>, _: &'c Bump, on_item: &mut OnItem<'_, 'c>) {
    on_item(0, Ok(&Object { bytes: record.bytes, facts: &ROW_FACTS }));
}

struct Object<'c> {
    bytes: &'c [u8],
    facts: &'static LazyLock<SourcePlan>,
}

/// What the reader's own fields follow from, wherever a row has it.
static HUNTING_FACTS: LazyLock<SourcePlan> = LazyLock::new(|| facts_of(&HUNTING));
static ROW_FACTS: LazyLock<SourcePlan> = LazyLock::new(|| facts_of(&ROWS));

fn facts_of(source: &Source) -> SourcePlan {
    let mut projection = Projection::new();
    let own = ["ActionType", "AdditionalFields", STATED_DIRECTION];
    for name in TABLE_COLUMNS.into_iter().chain(own) {
        projection.want(name, &Schema::open());
    }
    SourcePlan::new(&projection, source)
}

impl<'c> Item<'c> for Object<'c> {
    fn fill(
        &self,
        plan: &SourcePlan,
        arena: &'c Bump,
        fields: &mut Event<'c>,
    ) -> Result<(), String> {
        JsonItem(self.bytes).fill(plan, arena, fields)?;
        if !Facts::are_wanted(plan) {
            return Ok(());
        }
        let mut read = Event::new(&self.facts.projection);
        read.reset(self.bytes, Origin::default());
        JsonItem(self.bytes).fill(self.facts, arena, &mut read)?;
        let text = |name: &str| {
            let slot = self.facts.slot(name)?;
            read.values(slot).first().and_then(Value::as_str)
        };
        let facts = Facts {
            table: TABLE_COLUMNS.into_iter().find_map(|name| text(name).and_then(table_name)),
            action: text("ActionType"),
            additional: text("AdditionalFields"),
            direction: text(STATED_DIRECTION),
        };
        facts.fill(plan, arena, fields);
        Ok(())
    }
}

// ---- what follows from a row ----

/// What the reader's own fields follow from.
#[derive(Default)]
struct Facts<'c> {
    table: Option<&'c str>,
    action: Option<&'c str>,
    additional: Option<&'c str>,
    direction: Option<&'c str>,
}

impl<'c> Facts<'c> {
    fn are_wanted(plan: &SourcePlan) -> bool {
        [TABLE, SIDE, STATED_DIRECTION].iter().any(|name| plan.slot(name).is_some())
    }

    fn fill(&self, plan: &SourcePlan, arena: &'c Bump, fields: &mut Event<'c>) {
        let action = self.action.unwrap_or_default();
        let stated = self.direction.or_else(|| direction_in(self.additional?, arena));
        if let (Some(slot), Some(stated)) = (plan.slot(STATED_DIRECTION), stated)
            && fields.values(slot).is_empty()
        {
            fields.push(slot, Value::Keyword(stated));
        }
        plan.push_text(fields, TABLE, self.table.unwrap_or_else(|| table_by_action(action)));
        plan.push_text(fields, SIDE, side(action, stated));
    }
}

/// The table that a text names, if it names one.
fn table_name(text: &str) -> Option<&str> {
    let name = text.strip_prefix(CATEGORY_PREFIX).unwrap_or(text);
    name.starts_with("Device").then_some(name)
}

fn table_by_action(action: &str) -> &'static str {
    match action {
        "ProcessCreated" => "DeviceProcessEvents",
        "FileCreated" | "FileModified" | "FileDeleted" | "FileRenamed" => "DeviceFileEvents",
        "ImageLoaded" => "DeviceImageLoadEvents",
        "LogonSuccess" | "LogonFailed" | "LogonAttempted" => "DeviceLogonEvents",
        "ListeningConnectionCreated" | "NetworkSignatureInspected" => "DeviceNetworkEvents",
        _ if action.starts_with("Registry") => "DeviceRegistryEvents",
        _ if action.starts_with("Connection")
            || action.starts_with("InboundConnection")
            || action.ends_with("ConnectionInspected") =>
        {
            "DeviceNetworkEvents"
        }
        _ => "DeviceEvents",
    }
}

/// Who began: what is stated, else what the action is called. A connection of which nothing is said is the device's own.
fn side(action: &str, stated: Option<&str>) -> &'static str {
    match stated {
        Some(stated) if stated.eq_ignore_ascii_case("in") => "in",
        Some(stated) if stated.eq_ignore_ascii_case("out") => "out",
        _ if action.starts_with("Inbound") || action == "ListeningConnectionCreated" => "in",
        _ => "out",
    }
}

/// The `direction` in the text of `AdditionalFields`.
fn direction_in<'c>(additional: &str, arena: &'c Bump) -> Option<&'c str> {
    let additional: serde_json::Value = serde_json::from_str(additional).ok()?;
    let direction = additional.get("direction").or_else(|| additional.get("Direction"))?;
    direction.as_str().map(|direction| &*arena.alloc_str(direction))
}

// ---- CSV ----

fn is_csv(head: &str) -> bool {
    head.lines().find(|line| !line.trim().is_empty()).is_some_and(|line| is_header(line.as_bytes()))
}

/// A line of names of columns, among them two that every Device table has.
fn is_header(line: &[u8]) -> bool {
    if memmem::find(line, b"ActionType").is_none() || memmem::find(line, b"DeviceId").is_none() {
        return false;
    }
    let Ok(line) = std::str::from_utf8(line) else { return false };
    let arena = Bump::new();
    let Ok(names) = cells(line.trim_end(), &arena) else { return false };
    let is_name = |name: &&str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let names: Vec<&str> = names.into_iter().map(column_name).collect();
    names.contains(&"ActionType") && names.contains(&"DeviceId") && names.iter().all(is_name)
}

/// The portal marks columns of times with their zone, and some programs begin the file with a byte order mark.
fn column_name(cell: &str) -> &str {
    let name = cell.trim().trim_start_matches('\u{feff}');
    name.strip_suffix(" [UTC]").unwrap_or(name)
}

fn csv_items<'c>(record: Raw<'c>, arena: &'c Bump, on_item: &mut OnItem<'_, 'c>) {
    let table = Table::of(record.header, arena);
    let mut start = 0;
    for newline in memchr_iter(b'\n', record.bytes).chain([record.bytes.len()]) {
        let line = &record.bytes[start..newline];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if !line.trim_ascii().is_empty() {
            match &table {
                Ok(table) => on_item(start, Ok(&Row { table, line })),
                Err(why) => on_item(start, Err(why.clone())),
            }
        }
        start = newline + 1;
    }
}

/// The columns of a block of rows.
struct Table<'c> {
    columns: Vec<&'c str>,
    /// By column, where its cells go; and the plan that says so.
    slots: RefCell<(Option<u64>, Vec<Option<Slot>>)>,
}

impl<'c> Table<'c> {
    /// Reads a header. The last line counts: a file may have been put together of several.
    fn of(header: &'c [u8], arena: &'c Bump) -> Result<Table<'c>, String> {
        let header = std::str::from_utf8(header).map_err(|_| "the header is not UTF-8")?;
        let line = header.lines().rfind(|line| !line.trim().is_empty());
        let line = line.ok_or("no header before the row: its columns are not known")?;
        let columns: Vec<&str> = cells(line, arena)?.into_iter().map(column_name).collect();
        if TABLE_COLUMNS_MAX < columns.len() {
            return Err(format!("the header names more than {TABLE_COLUMNS_MAX} columns"));
        }
        Ok(Table { columns, slots: RefCell::new((None, Vec::new())) })
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
        let line = std::str::from_utf8(self.line).map_err(|_| "the row is not UTF-8")?;
        let cells = cells(line, arena)?;
        let columns = &self.table.columns;
        if cells.len() != columns.len() {
            let (found, named) = (cells.len(), columns.len());
            return Err(format!("the row has {found} columns, its header names {named}"));
        }
        let mut resolved = self.table.slots.borrow_mut();
        if resolved.0 != Some(plan.id()) {
            let slots = columns.iter().map(|column| plan.slot(column)).collect();
            *resolved = (Some(plan.id()), slots);
        }
        let mut facts = Facts::default();
        for ((column, slot), cell) in columns.iter().zip(&resolved.1).zip(cells) {
            if cell.is_empty() {
                continue;
            }
            match *column {
                "ActionType" => facts.action = Some(cell),
                "AdditionalFields" => facts.additional = Some(cell),
                name if TABLE_COLUMNS.contains(&name) => {
                    facts.table = facts.table.or_else(|| table_name(cell));
                }
                _ => {}
            }
            if let Some(slot) = slot {
                fields.push(*slot, Value::Keyword(cell));
            }
        }
        if Facts::are_wanted(plan) {
            facts.fill(plan, arena, fields);
        }
        Ok(())
    }
}

/// The cells of a line of CSV (RFC 4180). A cell that goes on behind the end of the line is refused.
fn cells<'c>(line: &'c str, arena: &'c Bump) -> Result<Vec<&'c str>, String> {
    let mut cells = Vec::new();
    let mut rest = line;
    loop {
        let behind = match rest.strip_prefix('"') {
            Some(inside) => {
                let (cell, behind) = quoted(inside, arena)?;
                cells.push(cell);
                behind
            }
            None => {
                let end = memchr(b',', rest.as_bytes()).unwrap_or(rest.len());
                cells.push(&rest[..end]);
                &rest[end..]
            }
        };
        match behind.strip_prefix(',') {
            Some(next) => rest = next,
            None if behind.is_empty() => return Ok(cells),
            None => return Err("text after the closing quote of a cell".to_owned()),
        }
    }
}

/// A cell from behind its opening quote, and what comes after its closing one. Two quotes stand for one.
fn quoted<'c>(inside: &'c str, arena: &'c Bump) -> Result<(&'c str, &'c str), String> {
    let mut has_quotes = false;
    let mut at = 0;
    loop {
        let Some(quote) = memchr(b'"', &inside.as_bytes()[at..]) else {
            return Err(
                "a quoted cell does not end on its line, and cells of several lines are not read"
                    .to_owned(),
            );
        };
        let quote = at + quote;
        if inside.as_bytes().get(quote + 1) != Some(&b'"') {
            let cell = &inside[..quote];
            let cell = if has_quotes { arena.alloc_str(&cell.replace("\"\"", "\"")) } else { cell };
            return Ok((cell, &inside[quote + 1..]));
        }
        has_quotes = true;
        at = quote + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_cells(line: &str, expected: &[&str]) {
        assert_eq!(cells(line, &Bump::new()).unwrap(), expected, "{line}");
    }

    #[test]
    fn cells_follow_the_rules_of_csv() {
        check_cells("a,,c", &["a", "", "c"]);
        check_cells(r#""a,b","say ""hi""",c"#, &["a,b", "say \"hi\"", "c"]);
        check_cells(r#""{""direction"":""In""}","#, &[r#"{"direction":"In"}"#, ""]);
        check_cells("", &[""]);
        for line in [r#"a,"b"#, r#""a"b,c"#, "\"\"\""] {
            assert!(cells(line, &Bump::new()).is_err(), "{line}");
        }
    }

    #[test]
    fn headers_are_lines_of_names() {
        assert!(is_header(b"Timestamp [UTC],DeviceId,\"ActionType\",RemoteIP\r\n"));
        assert!(is_header("\u{feff}Timestamp,DeviceId,ActionType".as_bytes()));
        assert!(!is_header(b"2024-01-01T00:00:00Z,\"DeviceId, ActionType\",x"));
        assert!(!is_header(b"DeviceId,ActionType,C:\\Users\\x"));
        assert!(!is_header(b"Timestamp,DeviceName"));
    }

    #[test]
    fn tables_are_told_by_what_happened() {
        assert_eq!(table_name("AdvancedHunting-DeviceNetworkEvents"), Some("DeviceNetworkEvents"));
        assert_eq!(table_name("AdvancedHunting-EmailEvents"), None);
        for (action, table) in [
            ("ConnectionSuccess", "DeviceNetworkEvents"),
            ("InboundConnectionAccepted", "DeviceNetworkEvents"),
            ("DnsConnectionInspected", "DeviceNetworkEvents"),
            ("ProcessCreated", "DeviceProcessEvents"),
            ("RegistryValueSet", "DeviceRegistryEvents"),
            ("PnpDeviceConnected", "DeviceEvents"),
        ] {
            assert_eq!(table_by_action(action), table, "{action}");
        }
    }

    #[test]
    fn who_began_is_stated_or_told_by_the_action() {
        assert_eq!(side("ConnectionAttempt", Some("In")), "in");
        assert_eq!(side("ConnectionAttempt", None), "out");
        assert_eq!(side("InboundConnectionAccepted", None), "in");
        let arena = Bump::new();
        assert_eq!(direction_in(r#"{"direction":"In"}"#, &arena), Some("In"));
        assert_eq!(direction_in(r#"{"x":"\"direction\":\"In\""}"#, &arena), None);
        assert_eq!(direction_in("{", &arena), None);
    }
}
