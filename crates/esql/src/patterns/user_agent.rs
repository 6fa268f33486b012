//! `USER_AGENT`: a user agent in its parts, as Elasticsearch's processor `user_agent` names them.
//!
//! The expressions are those of uap-core (`data/user-agents.json`, converted from its `regexes.yaml`): of each list, the
//! first that matches decides. They are compiled once, when the first text is taken apart.

use std::sync::LazyLock;

use ua_parser::{Extractor as Known, Regexes};

use super::{Extractor, Output};
use crate::limits::USER_AGENT_BYTES_MAX;
use crate::types::DataType;
use crate::value::{Arena, Value};
use crate::warnings::Failure;

/// The expressions of uap-core; none if the file of this crate were broken, which a test holds.
static KNOWN: LazyLock<Option<Known<'static>>> = LazyLock::new(|| {
    let text = include_str!("../../data/user-agents.json");
    serde_json::from_str::<Regexes<'static>>(text).ok()?.try_into().ok()
});

/// What Elasticsearch calls what no expression knows.
const OTHER: &str = "Other";

/// A group of columns, as the option `properties` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentPart {
    /// `name`: the program.
    Name,
    /// `version`: its version.
    Version,
    /// `os`: `os.name`, `os.version` and `os.full`.
    Os,
    /// `device`: `device.name`, and `device.type` where it is asked for.
    Device,
}

impl AgentPart {
    /// All of them, in the order of the columns.
    pub const ALL: [AgentPart; 4] =
        [AgentPart::Name, AgentPart::Version, AgentPart::Os, AgentPart::Device];

    /// The name in the option.
    pub fn name(self) -> &'static str {
        match self {
            AgentPart::Name => "name",
            AgentPart::Version => "version",
            AgentPart::Os => "os",
            AgentPart::Device => "device",
        }
    }

    /// The columns of the group behind the prefix.
    fn columns(self, device_type: bool) -> &'static [&'static str] {
        match self {
            AgentPart::Name => &["name"],
            AgentPart::Version => &["version"],
            AgentPart::Os => &["os.name", "os.version", "os.full"],
            AgentPart::Device if device_type => &["device.name", "device.type"],
            AgentPart::Device => &["device.name"],
        }
    }
}

/// Takes user agents apart.
#[derive(Debug)]
pub struct UserAgent {
    properties: Vec<AgentPart>,
    device_type: bool,
    outputs: Vec<Output>,
}

impl UserAgent {
    /// Parts in columns whose names begin with `prefix` and a dot: those of `properties`, and whether the device is a
    /// phone or a desktop if `device_type` says so.
    pub fn new(prefix: &str, properties: &[AgentPart], device_type: bool) -> UserAgent {
        let properties: Vec<AgentPart> =
            AgentPart::ALL.into_iter().filter(|one| properties.contains(one)).collect();
        let columns = properties.iter().flat_map(|one| one.columns(device_type));
        let output = |part: &&str| Output::under(prefix, part, DataType::Keyword);
        let outputs = columns.map(output).collect();
        UserAgent { properties, device_type, outputs }
    }
}

impl Extractor for UserAgent {
    fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    fn extract<'v>(
        &self,
        text: &'v str,
        arena: &'v Arena,
        columns: &mut [Vec<Value<'v>>],
        fail: &mut dyn FnMut(Failure),
    ) {
        if USER_AGENT_BYTES_MAX < text.len() {
            let message = format!("a user agent of more than {USER_AGENT_BYTES_MAX} bytes");
            fail(Failure::argument(message));
            return;
        }
        let Some(known) = &*KNOWN else { return };
        let mut columns = columns.iter_mut();
        let mut put = |part: Option<String>| {
            if let Some(column) = columns.next() {
                column.extend(part.map(|part| arena.text(&part)));
            }
        };
        let program = Program::of(known, text);
        let system = System::of(known, text);
        let device = Device::of(known, text);
        for property in &self.properties {
            match property {
                AgentPart::Name => put(Some(program.name.clone())),
                AgentPart::Version => put(program.version.clone()),
                AgentPart::Os => {
                    let full = system.name.iter().zip(&system.version);
                    let full = full.map(|(name, version)| format!("{name} {version}")).next();
                    put(system.name.clone());
                    put(system.version.clone());
                    put(full);
                }
                AgentPart::Device => {
                    put(Some(device.name.clone()));
                    if self.device_type {
                        put(Some(device_type(text, &system, &device).to_owned()));
                    }
                }
            }
        }
    }
}

/// The program that speaks.
struct Program {
    name: String,
    version: Option<String>,
}

/// What it runs on.
struct System {
    name: Option<String>,
    version: Option<String>,
}

/// The machine.
struct Device {
    name: String,
}

impl Program {
    fn of(known: &Known<'_>, text: &str) -> Program {
        match known.ua.extract(text).filter(|found| !found.family.is_empty()) {
            Some(found) => Program {
                version: version([found.major, found.minor, found.patch, found.patch_minor]),
                name: found.family.into_owned(),
            },
            None => Program { name: OTHER.to_owned(), version: None },
        }
    }
}

impl System {
    fn of(known: &Known<'_>, text: &str) -> System {
        match known.os.extract(text).filter(|found| !found.os.is_empty()) {
            Some(found) => System {
                version: version([
                    found.major.as_deref(),
                    found.minor.as_deref(),
                    found.patch.as_deref(),
                    found.patch_minor.as_deref(),
                ]),
                name: Some(found.os.into_owned()),
            },
            None => System { name: None, version: None },
        }
    }
}

impl Device {
    fn of(known: &Known<'_>, text: &str) -> Device {
        let found = known.dev.extract(text).map(|found| found.device.into_owned());
        Device { name: found.filter(|name| !name.is_empty()).unwrap_or_else(|| OTHER.to_owned()) }
    }
}

/// The parts of a version up to the first that is missing.
fn version(parts: [Option<&str>; 4]) -> Option<String> {
    let parts: Vec<&str> = parts.into_iter().map_while(|part| part).collect();
    (!parts.is_empty()).then(|| parts.join("."))
}

/// The systems of desktops, as uap-core names them.
const DESKTOPS: [&str; 11] = [
    "Windows",
    "Mac OS X",
    "Linux",
    "Ubuntu",
    "Debian",
    "Fedora",
    "Chrome OS",
    "Red Hat",
    "SUSE",
    "FreeBSD",
    "OpenBSD",
];

/// Words of programs that ask by themselves.
const ROBOTS: [&str; 3] = ["bot", "crawl", "spider"];

/// What kind of device it is.
fn device_type(text: &str, system: &System, device: &Device) -> &'static str {
    let lower = text.to_ascii_lowercase();
    let has = |word: &str| lower.contains(word);
    let system = system.name.as_deref().unwrap_or_default();
    if device.name == "Spider" || ROBOTS.into_iter().any(has) {
        "Robot"
    } else if has("ipad") || has("tablet") || (system == "Android" && !has("mobile")) {
        "Tablet"
    } else if matches!(system, "Android" | "iOS" | "Windows Phone" | "BlackBerry OS") {
        "Phone"
    } else if DESKTOPS.contains(&system) {
        "Desktop"
    } else {
        OTHER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_expressions_compile() {
        let known = KNOWN.as_ref().expect("data/user-agents.json is whole");
        assert!(known.ua.extract("curl/8.5.0").is_some());
    }

    fn parts(text: &str) -> Vec<String> {
        let (arena, agent) = (Arena::default(), UserAgent::new("ua", &AgentPart::ALL, true));
        let mut columns = vec![Vec::new(); agent.outputs.len()];
        agent.extract(text, &arena, &mut columns, &mut |failure| panic!("{failure:?}"));
        let text = |column: &Vec<Value<'_>>| {
            column.first().and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        columns.iter().map(text).collect()
    }

    #[test]
    fn agents_come_apart() {
        for (text, expected) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
                ["Chrome", "131.0.0.0", "Windows", "10", "Windows 10", "Other", "Desktop"],
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
                ["Mobile Safari", "17.5", "iOS", "17.5", "iOS 17.5", "iPhone", "Phone"],
            ),
            (
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
                ["Googlebot", "2.1", "", "", "", "Spider", "Robot"],
            ),
            ("curl/8.5.0", ["curl", "8.5.0", "", "", "", "Other", "Other"]),
            ("python-requests/2.31.0", ["Python Requests", "2.31", "", "", "", "Other", "Other"]),
            ("Paho", ["Other", "", "", "", "", "Other", "Other"]),
            ("", ["Other", "", "", "", "", "Other", "Other"]),
        ] {
            assert_eq!(parts(text), expected, "{text}");
        }
    }

    #[test]
    fn columns_stand_in_one_order_whatever_the_option_says() {
        let agent = UserAgent::new("a", &[AgentPart::Device, AgentPart::Name], false);
        let names: Vec<&str> = agent.outputs.iter().map(|output| output.name.as_str()).collect();
        assert_eq!(names, ["a.name", "a.device.name"]);
    }

    #[test]
    fn a_long_text_is_told() {
        let (arena, agent) = (Arena::default(), UserAgent::new("a", &AgentPart::ALL, false));
        let text = "x".repeat(USER_AGENT_BYTES_MAX + 1);
        let mut columns = vec![Vec::new(); agent.outputs.len()];
        let mut failures = Vec::new();
        agent.extract(&text, &arena, &mut columns, &mut |failure| failures.push(failure));
        assert_eq!(failures.len(), 1);
        assert!(columns.iter().all(Vec::is_empty));
    }
}
