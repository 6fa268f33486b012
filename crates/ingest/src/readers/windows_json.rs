//! Windows events as JSON, in the dialects of the programs that ship them.
//!
//! Each dialect is a table from the names of [`windows_event`](super::windows_event) to where its documents have them.
//! Two dialects need more than a table: Azure has the data as JSON inside a text, and renderings of the XML have lists
//! of named elements.

use brokerwatch_ecs::Event;
use bumpalo::Bump;
use serde_json::{Map, Value as Json};

use super::windows_event::{Part, Sink};
use super::{Item, JsonItem, Layout, OnItem, Raw, Source, SourcePlan, same_path};

/// What `NXLog` ships: flat, with fields of its own between those of the event.
pub(crate) static NXLOG: Source = Source {
    name: "windows-nxlog",
    title: "Windows events (JSON by NXLog)",
    mapping: "windows",
    layout: Layout::Json(|document| {
        let document = source_of(document);
        document.get("SourceModuleName").is_some() && document.get("EventID").is_some()
    }),
    items: |record, _, on_item| document(record, &NXLOG_TABLE, on_item),
    path: |name| NXLOG_TABLE.path(name),
};

/// What a collector behind Windows Event Forwarding writes: flat.
pub(crate) static FLAT: Source = Source {
    name: "windows-flat",
    title: "Windows events (flat JSON)",
    mapping: "windows",
    layout: Layout::Json(|document| {
        let document = source_of(document);
        let has = |key: &str| document.get(key).is_some();
        has("EventID") && has("Hostname") && has("Channel") && !has("SourceModuleName")
    }),
    items: |record, _, on_item| document(record, &FLAT_TABLE, on_item),
    path: |name| FLAT_TABLE.path(name),
};

/// What Winlogbeat shipped up to version 6.
pub(crate) static WINLOGBEAT_6: Source = Source {
    name: "windows-winlogbeat-6",
    title: "Windows events (Winlogbeat up to 6)",
    mapping: "windows",
    layout: Layout::Json(|document| {
        let document = source_of(document);
        document.get("log_name").is_some() && document.get("event_id").is_some()
    }),
    items: |record, _, on_item| document(record, &WINLOGBEAT_6_TABLE, on_item),
    path: |name| WINLOGBEAT_6_TABLE.path(name),
};

/// What Winlogbeat ships from version 7 on, and Elastic Agent before its pipelines.
pub(crate) static WINLOGBEAT: Source = Source {
    name: "windows-winlogbeat",
    title: "Windows events (Winlogbeat from 7 on)",
    mapping: "windows",
    layout: Layout::Json(|document| is_winlog(document) && !is_linux(document)),
    items: |record, _, on_item| document(record, &WINLOGBEAT_TABLE, on_item),
    path: |name| WINLOGBEAT_TABLE.path(name),
};

/// Sysmon for Linux as Elastic Agent ships it before its pipeline.
pub(crate) static SYSMON_LINUX: Source = Source {
    name: "sysmon-linux-winlog",
    title: "Sysmon for Linux (documents of Elastic Agent)",
    mapping: "sysmon-linux",
    layout: Layout::Json(|document| is_winlog(document) && is_linux(document)),
    items: |record, _, on_item| document(record, &WINLOGBEAT_TABLE, on_item),
    path: |name| WINLOGBEAT_TABLE.path(name),
};

/// Azure's table `WindowsEvent`.
pub(crate) static AZURE: Source = Source {
    name: "windows-azure",
    title: "Windows events (Azure table WindowsEvent)",
    mapping: "windows",
    layout: Layout::Json(|document| {
        let document = source_of(document);
        let is_text = |key: &str| document.get(key).is_some_and(Json::is_string);
        is_text("EventData") && is_text("Provider") && is_text("Computer")
    }),
    items: |record, _, on_item| on_item(0, Ok(&AzureDocument(record.bytes))),
    path: |name| AZURE_TABLE.path(name),
};

/// The XML of an event as JSON: by `evtx_dump`, or by programs that turn attributes into members.
pub(crate) static TREE: Source = Source {
    name: "windows-json",
    title: "Windows events (XML as JSON)",
    mapping: "windows",
    layout: Layout::Json(|document| {
        source_of(document).pointer("/Event/System").is_some_and(Json::is_object)
    }),
    items: tree_items,
    path: same_path,
};

/// Whether a document is an event that no pipeline has turned into ECS yet.
fn is_winlog(document: &Json) -> bool {
    let document = source_of(document);
    let Some(winlog) = document.get("winlog") else { return false };
    let is_ecs = document.pointer("/event/category").is_some();
    !is_ecs && (winlog.get("event_id").is_some() || winlog.get("event_data").is_some())
}

fn is_linux(document: &Json) -> bool {
    let channel = source_of(document).pointer("/winlog/channel").and_then(Json::as_str);
    channel.is_some_and(|channel| channel.starts_with("Linux-Sysmon"))
}

/// The document of a hit, or the document itself.
fn source_of(document: &Json) -> &Json {
    document.get("_source").unwrap_or(document)
}

/// Where the documents of a dialect have the fields of an event.
struct Table {
    /// Of fields that are not data.
    fields: &'static [(&'static str, &'static str)],
    data: Data,
}

/// Where a dialect has an event's data.
enum Data {
    /// Beside the other fields. These members are others still.
    Flat { besides: &'static [&'static str] },
    /// In objects of their own.
    Nested { event_data: &'static str, user_data: &'static str },
}

impl Table {
    fn path(&self, name: &str) -> String {
        if let Some((_, path)) = self.fields.iter().find(|(own, _)| *own == name) {
            return (*path).to_owned();
        }
        match (&self.data, name.split_once('.')) {
            (Data::Flat { .. }, Some(("EventData", datum))) => datum.to_owned(),
            (Data::Nested { event_data, .. }, Some(("EventData", datum))) => {
                format!("{event_data}.{datum}")
            }
            (Data::Nested { user_data, .. }, Some(("UserData", datum))) => {
                format!("{user_data}.{datum}")
            }
            _ => name.to_owned(),
        }
    }

    /// All data of a document.
    fn all_data(&self, document: &Json, sink: &mut Sink<'_, '_>) {
        let document = source_of(document);
        match &self.data {
            Data::Flat { besides } => {
                let is_datum = |key: &str| {
                    !besides.contains(&key) && !self.fields.iter().any(|(_, path)| *path == key)
                };
                let members = document.as_object().into_iter().flatten();
                for (name, value) in members.filter(|(key, _)| is_datum(key)) {
                    put_among_all(sink, Part::EventData, name, value);
                }
            }
            Data::Nested { event_data, user_data } => {
                for (part, path) in [(Part::EventData, event_data), (Part::UserData, user_data)] {
                    let members = path.split('.').try_fold(document, |inner, key| inner.get(key));
                    for (name, value) in members.and_then(Json::as_object).into_iter().flatten() {
                        put_among_all(sink, part, name, value);
                    }
                }
            }
        }
    }
}

const NXLOG_TABLE: Table = Table {
    fields: &[
        ("System.Provider.Name", "SourceName"),
        ("System.Provider.Guid", "ProviderGuid"),
        ("System.EventID", "EventID"),
        ("System.Version", "Version"),
        ("System.Level", "Severity"),
        ("System.Task", "Category"),
        ("System.TaskNumber", "Task"),
        ("System.Opcode", "Opcode"),
        ("System.OpcodeNumber", "OpcodeValue"),
        ("System.Keywords", "Keywords"),
        // The time at which the next program took the record: `EventTime` is local and does not say its zone.
        ("System.TimeCreated", "@timestamp"),
        ("System.TimeOtherwise", "EventTime"),
        ("System.EventRecordID", "RecordNumber"),
        ("System.Execution.ProcessID", "ExecutionProcessID"),
        // In its older versions, where it displaces the event's own `ProcessId`.
        ("System.Execution.ProcessIDOld", "ProcessID"),
        ("System.Execution.ThreadID", "ThreadID"),
        ("System.Channel", "Channel"),
        ("System.Computer", "Hostname"),
        ("System.Security.UserID", "UserID"),
        ("System.Security.UserName", "AccountName"),
        ("System.Security.UserDomain", "Domain"),
        ("System.Security.UserType", "AccountType"),
        ("RenderingInfo.Message", "Message"),
    ],
    data: Data::Flat {
        besides: &[
            "@version",
            "EventReceivedTime",
            "EventTypeOrignal",
            "SeverityValue",
            "SourceModuleName",
            "SourceModuleType",
            "host",
            "port",
            "tags",
            "type",
        ],
    },
};

const FLAT_TABLE: Table = Table {
    fields: &[
        ("System.Provider.Name", "SourceName"),
        ("System.Provider.Guid", "ProviderGuid"),
        ("System.EventID", "EventID"),
        ("System.Version", "Version"),
        ("System.Level", "Level"),
        ("System.Task", "Task"),
        ("System.Opcode", "Opcode"),
        ("System.Keywords", "Keywords"),
        ("System.TimeCreated", "TimeCreated"),
        ("System.EventRecordID", "RecordNumber"),
        ("System.Channel", "Channel"),
        ("System.Computer", "Hostname"),
        ("RenderingInfo.Message", "Message"),
    ],
    data: Data::Flat { besides: &["@timestamp", "@version", "host", "port", "tags", "type"] },
};

const WINLOGBEAT_6_TABLE: Table = Table {
    fields: &[
        ("System.Provider.Name", "source_name"),
        ("System.Provider.Guid", "provider_guid"),
        ("System.EventID", "event_id"),
        ("System.Version", "version"),
        ("System.Level", "level"),
        ("System.Task", "task"),
        ("System.Opcode", "opcode"),
        ("System.Keywords", "keywords"),
        ("System.TimeCreated", "@timestamp"),
        ("System.EventRecordID", "record_number"),
        ("System.Execution.ProcessID", "process_id"),
        ("System.Execution.ThreadID", "thread_id"),
        ("System.Channel", "log_name"),
        ("System.Computer", "computer_name"),
        ("System.Security.UserID", "user.identifier"),
        ("System.Security.UserName", "user.name"),
        ("System.Security.UserDomain", "user.domain"),
        ("System.Security.UserType", "user.type"),
        ("RenderingInfo.Message", "message"),
    ],
    data: Data::Nested { event_data: "event_data", user_data: "user_data" },
};

const WINLOGBEAT_TABLE: Table = Table {
    fields: &[
        ("System.Provider.Name", "winlog.provider_name"),
        ("System.Provider.Guid", "winlog.provider_guid"),
        ("System.EventID", "winlog.event_id"),
        ("System.Version", "winlog.version"),
        ("System.Level", "log.level"),
        ("System.LevelUnmoved", "winlog.level"),
        ("System.Task", "winlog.task"),
        ("System.Opcode", "winlog.opcode"),
        ("System.Keywords", "winlog.keywords"),
        ("System.TimeCreated", "@timestamp"),
        ("System.TimeCreatedUnmoved", "winlog.time_created"),
        ("System.EventRecordID", "winlog.record_id"),
        ("System.Execution.ProcessID", "winlog.process.pid"),
        ("System.Execution.ThreadID", "winlog.process.thread.id"),
        ("System.Channel", "winlog.channel"),
        ("System.Computer", "winlog.computer_name"),
        ("System.Security.UserID", "winlog.user.identifier"),
        ("System.Security.UserName", "winlog.user.name"),
        ("System.Security.UserDomain", "winlog.user.domain"),
        ("System.Security.UserType", "winlog.user.type"),
        ("RenderingInfo.Message", "message"),
        ("Syslog.Hostname", "log.syslog.hostname"),
        ("Syslog.AppName", "log.syslog.appname"),
        ("Syslog.ProcID", "log.syslog.procid"),
    ],
    data: Data::Nested { event_data: "winlog.event_data", user_data: "winlog.user_data" },
};

const AZURE_TABLE: Table = Table {
    fields: &[
        ("System.Provider.Name", "Provider"),
        ("System.EventID", "EventID"),
        ("System.Version", "Version"),
        ("System.Level", "EventLevelName"),
        ("System.Task", "Task"),
        ("System.Opcode", "Opcode"),
        ("System.Keywords", "Keywords"),
        ("System.TimeCreated", "TimeCreated"),
        // When the table took the record, where it has no better time.
        ("System.TimeOtherwise", "TimeGenerated"),
        ("System.EventRecordID", "EventRecordId"),
        ("System.Execution.ProcessID", "SystemProcessId"),
        ("System.Execution.ThreadID", "SystemThreadId"),
        ("System.Channel", "Channel"),
        ("System.Computer", "Computer"),
        ("System.Security.UserID", "SystemUserId"),
        ("RenderingInfo.Message", "RenderedDescription"),
    ],
    data: Data::Nested { event_data: "EventData", user_data: "UserData" },
};

fn document<'c>(record: Raw<'c>, table: &'static Table, on_item: &mut OnItem<'_, 'c>) {
    on_item(0, Ok(&Document { bytes: record.bytes, table }));
}

/// A document whose fields lie where a table says.
struct Document<'c> {
    bytes: &'c [u8],
    table: &'static Table,
}

impl<'c> Item<'c> for Document<'c> {
    fn fill(
        &self,
        plan: &SourcePlan,
        arena: &'c Bump,
        fields: &mut Event<'c>,
    ) -> Result<(), String> {
        JsonItem(self.bytes).fill(plan, arena, fields)?;
        let mut sink = Sink::new(plan, arena, fields);
        if sink.wants_all() {
            self.table.all_data(&parse(self.bytes)?, &mut sink);
        }
        Ok(())
    }
}

/// A document of Azure, whose data is JSON inside a text.
struct AzureDocument<'c>(&'c [u8]);

impl<'c> Item<'c> for AzureDocument<'c> {
    fn fill(
        &self,
        plan: &SourcePlan,
        arena: &'c Bump,
        fields: &mut Event<'c>,
    ) -> Result<(), String> {
        JsonItem(self.0).fill(plan, arena, fields)?;
        let mut sink = Sink::new(plan, arena, fields);
        let document = parse(self.0)?;
        match source_of(&document).get("EventData") {
            Some(Json::String(inner)) if !inner.trim().is_empty() => {
                let data: Map<String, Json> = serde_json::from_str(inner)
                    .map_err(|error| format!("`EventData` is no JSON object: {error}"))?;
                event_data(&data, &mut sink);
            }
            _ if sink.wants_all() => AZURE_TABLE.all_data(&document, &mut sink),
            _ => {}
        }
        Ok(())
    }
}

fn tree_items<'c>(record: Raw<'c>, _: &'c Bump, on_item: &mut OnItem<'_, 'c>) {
    match parse(record.bytes) {
        Ok(document) => on_item(0, Ok(&Tree(&document))),
        Err(why) => on_item(0, Err(why)),
    }
}

/// An event's XML as JSON. Attributes are under `#attributes`, marked with `@`, or members like elements.
struct Tree<'j>(&'j Json);

impl<'c> Item<'c> for Tree<'_> {
    fn fill(
        &self,
        plan: &SourcePlan,
        arena: &'c Bump,
        fields: &mut Event<'c>,
    ) -> Result<(), String> {
        let mut sink = Sink::new(plan, arena, fields);
        let Some(Json::Object(parts)) = source_of(self.0).get("Event") else {
            return Err("the document has no `Event`".to_owned());
        };
        for (name, content) in parts {
            let Json::Object(content) = content else { continue };
            match Part::of(name) {
                Some(Part::System) => system(content, &mut sink),
                Some(Part::EventData) => event_data(content, &mut sink),
                Some(part @ (Part::UserData | Part::RenderingInfo)) => {
                    leaves(part, content, &mut sink);
                }
                None => {}
            }
        }
        Ok(())
    }
}

fn system(elements: &Map<String, Json>, sink: &mut Sink<'_, '_>) {
    for (element, content) in elements {
        let Json::Object(members) = content else {
            put(sink, Part::System, element, content);
            continue;
        };
        let attributes = members.get(ATTRIBUTES).and_then(Json::as_object);
        for (name, value) in attributes.into_iter().flatten().chain(members) {
            match (element.as_str(), name.trim_start_matches('@')) {
                (_, ATTRIBUTES) => {}
                (_, TEXT) | ("TimeCreated", "SystemTime") => {
                    put(sink, Part::System, element, value);
                }
                (_, name) => put(sink, Part::System, &format!("{element}.{name}"), value),
            }
        }
    }
}

const ATTRIBUTES: &str = "#attributes";
const TEXT: &str = "#text";

fn event_data(elements: &Map<String, Json>, sink: &mut Sink<'_, '_>) {
    let mut unnamed = 0;
    for (element, content) in elements {
        match (element.as_str(), content) {
            (ATTRIBUTES, _) => {}
            ("Data", Json::Array(list)) => {
                list.iter().for_each(|one| datum(one, &mut unnamed, sink));
            }
            ("Data", one) => datum(one, &mut unnamed, sink),
            (name, content) => put(sink, Part::EventData, name, text_of(content)),
        }
    }
}

/// One `Data` element: an object with its name and text, or the text of one without a name.
fn datum(data: &Json, unnamed: &mut usize, sink: &mut Sink<'_, '_>) {
    let member = |names: &[&str]| names.iter().find_map(|name| data.get(name));
    let attributes = data.get(ATTRIBUTES).unwrap_or(data);
    let name = ["Name", "@Name"].iter().find_map(|name| attributes.get(name)?.as_str());
    let text = if data.is_object() { member(&["text", TEXT]) } else { Some(data) };
    match (name, text) {
        (Some(name), Some(text)) => put(sink, Part::EventData, name, text),
        // `evtx_dump` gives the texts of all data without names as one list.
        (None, Some(Json::Array(list))) => list.iter().for_each(|one| datum(one, unnamed, sink)),
        (None, Some(text)) => {
            *unnamed += 1;
            put(sink, Part::EventData, &format!("param{unnamed}"), text);
        }
        (_, None) => {}
    }
}

/// The innermost elements, whatever they are in.
fn leaves(part: Part, elements: &Map<String, Json>, sink: &mut Sink<'_, '_>) {
    for (name, content) in elements {
        match text_of(content) {
            _ if name == ATTRIBUTES || name.starts_with('@') => {}
            // The parser of the document bounds how deep this goes.
            Json::Object(inner) => leaves(part, inner, sink),
            text => put(sink, part, name, text),
        }
    }
}

/// The text of an element that has attributes too, or the content as it is.
fn text_of(content: &Json) -> &Json {
    content.get(TEXT).unwrap_or(content)
}

/// Adds the values of a field: one, or each of a list.
fn put(sink: &mut Sink<'_, '_>, part: Part, name: &str, value: &Json) {
    if let Json::Array(list) = value {
        return list.iter().for_each(|one| put_scalar(sink, part, name, one));
    }
    put_scalar(sink, part, name, value);
}

fn put_scalar(sink: &mut Sink<'_, '_>, part: Part, name: &str, value: &Json) {
    match value {
        Json::String(text) => sink.add(part, name, text),
        Json::Number(_) | Json::Bool(_) => sink.add(part, name, &value.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => {}
    }
}

/// Adds the values of a field to all of a part only: those that are wanted by name were read before.
fn put_among_all(sink: &mut Sink<'_, '_>, part: Part, name: &str, value: &Json) {
    let place = sink.place_among_all(part, name);
    let values = match value {
        Json::Array(list) => &list[..],
        one => std::slice::from_ref(one),
    };
    for value in values {
        let text = match value {
            Json::String(text) => sink.arena.alloc_str(text),
            Json::Number(_) | Json::Bool(_) => sink.arena.alloc_str(&value.to_string()),
            Json::Null | Json::Array(_) | Json::Object(_) => continue,
        };
        sink.put(place, text);
    }
}

fn parse(bytes: &[u8]) -> Result<Json, String> {
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}
