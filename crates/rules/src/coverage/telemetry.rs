//! What telemetry a rule reads: the sources that its indices name, and the kinds of events that its fields belong to.

use std::collections::BTreeMap;

use crate::Rule;

/// How a rule tells what it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// By an index: the sensor or product.
    Source,
    /// By a field: the kind of event.
    Events,
}

impl Kind {
    /// The word for it in tables.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Source => "source",
            Kind::Events => "events",
        }
    }
}

/// The indices of a source.
struct Source {
    /// How the patterns of its indices begin.
    begins: &'static str,
    /// The source.
    title: &'static str,
    /// The analytics whose platform it is of, by their place; none if it is of several or the rule has to say.
    platforms: &'static [usize],
}

const fn source(begins: &'static str, title: &'static str, platforms: &'static [usize]) -> Source {
    Source { begins, title, platforms }
}

const WINDOWS: &[usize] = &[0];
const LINUX: &[usize] = &[1];
const MACOS: &[usize] = &[2];
const DEVICES: &[usize] = &[3];

/// The sources by their indices. Of several that fit, the longest counts.
const SOURCES: &[Source] = &[
    source("apm-", "Elastic APM", &[]),
    source("auditbeat-", "Linux audit log", LINUX),
    source("endgame-", "Elastic Endgame", &[]),
    source("filebeat-", "Filebeat", &[]),
    source("logs-auditd", "Linux audit log", LINUX),
    source("logs-aws", "AWS audit logs", &[]),
    source("logs-azure", "Azure audit logs", &[]),
    source("logs-cisco", "Cisco devices", DEVICES),
    source("logs-cloud_defend", "Elastic Defend for containers", LINUX),
    source("logs-corelight", "Zeek", DEVICES),
    source("logs-crowdstrike", "CrowdStrike Falcon", &[]),
    source("logs-endpoint", "Elastic Defend", &[]),
    source("logs-endpoint.events.file", "Elastic Defend, file events", &[]),
    source("logs-endpoint.events.library", "Elastic Defend, library events", &[]),
    source("logs-endpoint.events.network", "Elastic Defend, network events", &[]),
    source("logs-endpoint.events.process", "Elastic Defend, process events", &[]),
    source("logs-endpoint.events.registry", "Elastic Defend, registry events", WINDOWS),
    source("logs-falco", "Falco", LINUX),
    source("logs-fortinet", "Fortinet devices", DEVICES),
    source("logs-gcp", "Google Cloud audit logs", &[]),
    source("logs-m365_defender", "Microsoft Defender for Endpoint", &[]),
    source("logs-mosquitto", "Mosquitto's log", &[]),
    source("logs-mqtt", "MQTT messages", DEVICES),
    source("logs-network_traffic", "network packets", DEVICES),
    source("logs-osquery", "osquery", &[]),
    source("logs-panw", "Palo Alto Networks devices", DEVICES),
    source("logs-sentinel_one", "SentinelOne", &[]),
    source("logs-suricata", "Suricata", DEVICES),
    source("logs-sysmon_linux", "Sysmon for Linux", LINUX),
    source("logs-system.auth", "Linux login log", LINUX),
    source("logs-system.security", "Windows event logs", WINDOWS),
    source("logs-unifiedlogs", "macOS unified log", MACOS),
    source("logs-windows", "Windows event logs", WINDOWS),
    source("logs-windows.sysmon_operational", "Sysmon", WINDOWS),
    source("logs-zeek", "Zeek", DEVICES),
    source("packetbeat-", "network packets", DEVICES),
    source("winlogbeat-", "Windows event logs", WINDOWS),
];

/// The kinds of events by the first part of the names of their fields.
const EVENTS: &[(&str, &str)] = &[
    ("amqp", "AMQP messages"),
    ("aws", "cloud audit"),
    ("azure", "cloud audit"),
    ("cloud", "cloud audit"),
    ("destination", "network connections"),
    ("dll", "libraries"),
    ("dns", "DNS"),
    ("file", "files"),
    ("gcp", "cloud audit"),
    ("http", "HTTP"),
    ("mqtt", "MQTT messages"),
    ("nats", "NATS messages"),
    ("network", "network connections"),
    ("process", "processes"),
    ("registry", "Windows registry"),
    ("source", "network connections"),
    ("stomp", "STOMP messages"),
    ("suricata", "Suricata"),
    ("tls", "TLS"),
    ("url", "HTTP"),
    ("xmpp", "XMPP messages"),
    ("zeek", "Zeek"),
];

/// The telemetry of a rule, each with the reason.
pub(super) fn of(rule: &Rule) -> BTreeMap<(Kind, &'static str), String> {
    let mut found = BTreeMap::new();
    for index in super::indices(rule) {
        if let Some(source) = by_index(&index) {
            let reason = || format!("index `{index}`");
            found.entry((Kind::Source, source.title)).or_insert_with(reason);
        }
    }
    for name in super::names(&rule.query_text) {
        let root = name.split('.').next().unwrap_or_default();
        if let Some((_, title)) = EVENTS.iter().find(|(known, _)| *known == root) {
            found.entry((Kind::Events, *title)).or_insert_with(|| format!("field `{name}`"));
        }
    }
    found
}

/// The analytics whose platform an index is of.
pub(super) fn platforms(index: &str) -> &'static [usize] {
    by_index(index).map_or(&[], |source| source.platforms)
}

fn by_index(index: &str) -> Option<&'static Source> {
    let fitting = SOURCES.iter().filter(|source| index.starts_with(source.begins));
    fitting.max_by_key(|source| source.begins.len())
}
