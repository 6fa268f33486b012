//! The analytics of ATT&CK's detection strategy DET0002, *Behavioral Detection of Publish/Subscribe Protocol Misuse for
//! C2*, and which of them a rule implements.
//!
//! ATT&CK tells the analytics apart by platform. A rule belongs to the strategy if it names the technique, or speaks of one
//! of the protocols; its platforms are those that its tags, its list of systems, its indices and its query name.

use std::collections::BTreeMap;

use super::telemetry;
use crate::Rule;

/// The id of the detection strategy.
pub const STRATEGY: &str = "DET0002";

/// The technique that the strategy detects.
const TECHNIQUE: &str = "T1071.005";

/// An analytic of the strategy.
#[derive(Debug, PartialEq, Eq)]
pub struct Analytic {
    /// Such as `AN0002`.
    pub id: &'static str,
    /// The platform as ATT&CK names it.
    pub platform: &'static str,
    /// What it looks for, in short.
    pub title: &'static str,
}

/// The analytics of the strategy, in the order of their ids.
pub static ANALYTICS: &[Analytic] = &[
    Analytic {
        id: "AN0002",
        platform: "Windows",
        title: "unusual processes that connect outward with publish/subscribe protocols",
    },
    Analytic {
        id: "AN0003",
        platform: "Linux",
        title: "command line tools that talk to brokers, with unusual topics, rates or payloads",
    },
    Analytic {
        id: "AN0004",
        platform: "macOS",
        title: "scripts and custom programs that reach brokers at destinations that nobody approved",
    },
    Analytic {
        id: "AN0005",
        platform: "Network Devices",
        title: "publish/subscribe traffic on unusual ports, at high rates, or to brokers of bad repute",
    },
];

/// Words by which a rule speaks of the protocols, in small letters.
const WORDS: &[&str] = &[
    "mqtt",
    "xmpp",
    "amqp",
    "stomp",
    "nats",
    "redis",
    "kafka",
    "coap",
    "publish/subscribe",
    "pub/sub",
    "broker",
    "mosquitto",
];

/// What a tag, a system or a value of `host.os.type` says about the platform.
const SYSTEMS: &[(&str, usize)] = &[("windows", 0), ("linux", 1), ("macos", 2)];

/// The place of the analytic for network devices.
const NETWORK: usize = 3;

/// The analytics that a rule implements, each with the reasons.
pub(super) fn of(rule: &Rule) -> BTreeMap<usize, Vec<String>> {
    let Some(subject) = subject(rule) else { return BTreeMap::new() };
    let mut found = said(rule);
    if !found.keys().any(|analytic| *analytic != NETWORK) {
        // Where no system is named, an endpoint's events may come from each.
        if let Some(index) = super::indices(rule).iter().find(|index| is_of_endpoints(index)) {
            for (_, analytic) in SYSTEMS {
                let reason = format!("index `{index}` and no system is named");
                found.entry(*analytic).or_default().push(reason);
            }
        }
    }
    for reasons in found.values_mut() {
        reasons.insert(0, subject.clone());
    }
    found
}

/// Why a rule belongs to the strategy; none if it does not.
fn subject(rule: &Rule) -> Option<String> {
    let techniques = rule.threat.iter().flat_map(|threat| &threat.techniques);
    let mut subs = techniques.flat_map(|technique| &technique.subtechniques);
    if subs.any(|sub| sub.id == TECHNIQUE) {
        return Some(format!("technique {TECHNIQUE}"));
    }
    let query = super::bare(&rule.query_text, true);
    let places = [("name", &rule.name), ("description", &rule.description), ("query", &query)];
    places.iter().find_map(|(place, text)| {
        let text = text.to_lowercase();
        let word = WORDS.iter().find(|word| has_word(&text, word))?;
        Some(format!("`{word}` in its {place}"))
    })
}

/// Whether a text has a word, also in the plural and with a number behind it, such as `mqtts` and `mqtt5`.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let rest = text[at + word.len()..].trim_start_matches(|c: char| c.is_ascii_digit());
        let rest = rest.strip_prefix('s').unwrap_or(rest);
        !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric())
            && !rest.starts_with(|c: char| c.is_ascii_alphabetic())
    })
}

/// The platforms that a rule names.
fn said(rule: &Rule) -> BTreeMap<usize, Vec<String>> {
    let mut found: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut add = |analytic: usize, reason: String| found.entry(analytic).or_default().push(reason);
    for tag in &rule.tags {
        let system = tag.strip_prefix("OS: ").and_then(system);
        if let Some(analytic) = system.or((tag == "Domain: Network").then_some(NETWORK)) {
            add(analytic, format!("tag `{tag}`"));
        }
    }
    for name in &rule.metadata.os_type_list {
        if let Some(analytic) = system(name) {
            add(analytic, format!("`{name}` in `os_type_list`"));
        }
    }
    for index in super::indices(rule) {
        for analytic in telemetry::platforms(&index) {
            add(*analytic, format!("index `{index}`"));
        }
    }
    for (analytic, value) in systems_in(&rule.query_text) {
        add(analytic, format!("`host.os.type` is `{value}` in its query"));
    }
    found
}

fn system(name: &str) -> Option<usize> {
    let named = SYSTEMS.iter().find(|(system, _)| name.eq_ignore_ascii_case(system));
    named.map(|(_, analytic)| *analytic)
}

fn is_of_endpoints(index: &str) -> bool {
    index.starts_with("logs-endpoint.")
}

/// The systems that a query compares `host.os.type` with. What it rules out is left out.
fn systems_in(query: &str) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    for (at, field) in query.match_indices("host.os.type") {
        let rest = query[at + field.len()..].trim_start();
        let is_negated = rest.starts_with("!=") || rest.to_ascii_lowercase().starts_with("not ");
        // The comparison ends with its list, or where the next condition begins.
        let lower = rest.to_ascii_lowercase();
        let inside = lower.find(')').filter(|end| lower[..*end].contains('('));
        let end = inside.or_else(|| {
            [" and", " or", "\n", "|"].iter().filter_map(|next| lower.find(next)).min()
        });
        let comparison = &lower[..end.unwrap_or(lower.len())];
        if !is_negated {
            let named = SYSTEMS.iter().filter(|(system, _)| comparison.contains(system));
            found.extend(named.map(|(system, analytic)| (*analytic, *system)));
        }
    }
    found
}
