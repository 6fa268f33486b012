//! The fields of one Windows event, named in one way whatever layout the event comes in.
//!
//! Mappings read these names:
//!
//! - `System.` with the path of the element or attribute below `System`: `System.EventID`, `System.Provider.Name`,
//!   `System.Execution.ProcessID`, `System.Security.UserID`; and `System.TimeCreated`, which is its `SystemTime`;
//! - `EventData.` with the name of the datum; data without a name are `param1`, `param2` and so on;
//! - `UserData.` with the name of the innermost element;
//! - `RenderingInfo.` with the name of the element: `RenderingInfo.Message`.
//!
//! `EventData.*` and `UserData.*` are all of their fields, see [`pairs`].

use std::sync::LazyLock;

use brokerwatch_ecs::{Event, Slot, Value};
use bumpalo::Bump;

use super::SourcePlan;
use crate::normalise::pairs;

/// The parts of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    System,
    EventData,
    UserData,
    RenderingInfo,
}

impl Part {
    pub(super) fn of(name: &str) -> Option<Part> {
        match name {
            "System" => Some(Part::System),
            "EventData" => Some(Part::EventData),
            "UserData" => Some(Part::UserData),
            "RenderingInfo" => Some(Part::RenderingInfo),
            _ => None,
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Part::System => "System.",
            Part::EventData => EVENT_DATA,
            Part::UserData => USER_DATA,
            Part::RenderingInfo => "RenderingInfo.",
        }
    }
}

const EVENT_DATA: &str = "EventData.";
const USER_DATA: &str = "UserData.";

/// The fields that hold all of a part, which each record asks for: see [`pairs::all`].
static ALL_EVENT_DATA: LazyLock<String> = LazyLock::new(|| pairs::all(EVENT_DATA));
static ALL_USER_DATA: LazyLock<String> = LazyLock::new(|| pairs::all(USER_DATA));

/// Where the values of a field of an event go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'c> {
    slot: Option<Slot>,
    /// The field that holds all of the part, and the name in it.
    all: Option<(Slot, &'c str)>,
}

impl Place<'_> {
    pub(super) fn is_wanted(&self) -> bool {
        self.slot.is_some() || self.all.is_some()
    }
}

/// Takes the fields of one event as a reader finds them, and keeps the wanted ones.
pub(super) struct Sink<'s, 'c> {
    plan: &'s SourcePlan,
    fields: &'s mut Event<'c>,
    /// The arena that values live in.
    pub(super) arena: &'c Bump,
    all_event_data: Option<Slot>,
    all_user_data: Option<Slot>,
    /// Where full names are put together.
    name: String,
}

impl<'s, 'c> Sink<'s, 'c> {
    pub(super) fn new(
        plan: &'s SourcePlan,
        arena: &'c Bump,
        fields: &'s mut Event<'c>,
    ) -> Sink<'s, 'c> {
        let (all_event_data, all_user_data) =
            (plan.slot(&ALL_EVENT_DATA), plan.slot(&ALL_USER_DATA));
        Sink { plan, fields, arena, all_event_data, all_user_data, name: String::new() }
    }

    /// Whether all fields of the event's data are wanted, not just some that are named.
    pub(super) fn wants_all(&self) -> bool {
        self.all_event_data.is_some() || self.all_user_data.is_some()
    }

    /// Where a field goes.
    pub(super) fn place(&mut self, part: Part, name: &str) -> Place<'c> {
        let slot = self.slot(&[part.prefix(), name]);
        Place { slot, all: self.place_among_all(part, name).all }
    }

    /// Where a field goes that the wanted names were already looked up for.
    pub(super) fn place_among_all(&mut self, part: Part, name: &str) -> Place<'c> {
        let all = match part {
            Part::EventData => self.all_event_data,
            Part::UserData => self.all_user_data,
            Part::System | Part::RenderingInfo => None,
        };
        Place { slot: None, all: all.map(|slot| (slot, &*self.arena.alloc_str(name))) }
    }

    /// Where an attribute of an element of `System` goes.
    pub(super) fn system_attribute(&mut self, element: &str, attribute: &str) -> Place<'c> {
        match (element, attribute) {
            ("TimeCreated", "SystemTime") => self.place(Part::System, element),
            // Sysmon for Linux writes it so.
            ("Security", "UserId") => self.place(Part::System, "Security.UserID"),
            _ => {
                let slot = self.slot(&[Part::System.prefix(), element, ".", attribute]);
                Place { slot, all: None }
            }
        }
    }

    /// The slot of a name that comes in parts.
    fn slot(&mut self, name: &[&str]) -> Option<Slot> {
        self.name.clear();
        name.iter().for_each(|part| self.name.push_str(part));
        self.plan.slot(&self.name)
    }

    /// Adds a value to a field. An empty text says nothing.
    pub(super) fn put(&mut self, place: Place<'c>, text: &'c str) {
        if text.is_empty() {
            return;
        }
        if let Some(slot) = place.slot {
            self.fields.push(slot, Value::Keyword(text));
        }
        if let Some((slot, name)) = place.all {
            self.fields.push(slot, Value::Keyword(name));
            self.fields.push(slot, Value::Keyword(text));
        }
    }

    /// Adds a value to the field of a name.
    pub(super) fn add(&mut self, part: Part, name: &str, text: &str) {
        let place = self.place(part, name);
        if place.is_wanted() {
            let text = self.arena.alloc_str(text);
            self.put(place, text);
        }
    }
}

/// A text; if it is a GUID, in upper case. GUIDs are numbers in a log, and programs differ in how they write them: here as
/// the registry does.
pub(super) fn guid_in_upper_case<'c>(text: &'c str, arena: &'c Bump) -> &'c str {
    const LENGTH: usize = "{00000000-0000-0000-0000-000000000000}".len();
    let is_at_place = |(i, byte): (usize, &u8)| match i {
        0 => *byte == b'{',
        9 | 14 | 19 | 24 => *byte == b'-',
        37 => *byte == b'}',
        _ => byte.is_ascii_hexdigit(),
    };
    if text.len() != LENGTH || !text.as_bytes().iter().enumerate().all(is_at_place) {
        return text;
    }
    let upper = arena.alloc_str(text);
    upper.make_ascii_uppercase();
    upper
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_are_written_in_upper_case() {
        let arena = Bump::new();
        let guid = "{3f2504e0-4f89-11d3-9a0c-0305e82c330a}";
        assert_eq!(guid_in_upper_case(guid, &arena), guid.to_uppercase());
        for text in [
            "",
            "{abc}",
            "x{3f2504e0-4f89-11d3-9a0c-0305e82c330a",
            "{3f2504e0+4f89-11d3-9a0c-0305e82c330a}",
        ] {
            assert_eq!(guid_in_upper_case(text, &arena), text);
        }
    }
}
