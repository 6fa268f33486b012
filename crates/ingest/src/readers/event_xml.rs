//! Events as XML: what Windows renders, and what Sysmon for Linux writes in the same form.
//!
//! Only wanted texts are kept, borrowed from the input where they have no entities. Namespaces are ignored: an event
//! has one, and programs leave it out.

use std::borrow::Cow;
use std::sync::LazyLock;

use brokerwatch_ecs::Event;
use bumpalo::Bump;
use bumpalo::collections::String as ArenaString;
use memchr::memmem::Finder;
use quick_xml::Reader;
use quick_xml::errors::{Error, IllFormedError, SyntaxError};
use quick_xml::events::{BytesRef, BytesStart, Event as Token};

use super::windows_event::{Part, Place, Sink, guid_in_upper_case};
use super::{Item, SourcePlan};
use crate::limits::XML_DEPTH_MAX;

/// Why an event without its end cannot be read: the daemons of syslog cut long messages.
pub(super) const CUT: &str = "the XML ends in the middle";

/// One `<Event>` element.
#[derive(Clone, Copy)]
pub(super) struct EventXml<'c> {
    /// Its text.
    pub(super) text: &'c str,
    /// Whether it was rendered from a log: then the case of GUIDs is the renderer's, and ours is upper case.
    pub(super) is_rendered: bool,
}

impl<'c> Item<'c> for EventXml<'c> {
    fn fill(
        &self,
        plan: &SourcePlan,
        arena: &'c Bump,
        fields: &mut Event<'c>,
    ) -> Result<(), String> {
        let mut reading = Reading {
            sink: Sink::new(plan, arena, fields),
            depth: 0,
            part: None,
            unnamed: 0,
            leaf: None,
            is_rendered: self.is_rendered,
        };
        let mut reader = Reader::from_str(self.text);
        // Programs on the way lose the semicolons of entities; the rest of such an event is good.
        reader.config_mut().allow_dangling_amp = true;
        while reading.token(reader.read_event().map_err(|error| reason(&error))?)? {}
        Ok(())
    }
}

/// Where the next `<Event>` begins.
pub(super) fn find_event(text: &str) -> Option<usize> {
    const BEGIN: &str = "<Event";
    static BEGINS: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(BEGIN));
    let mut from = 0;
    loop {
        let start = from + BEGINS.find(&text.as_bytes()[from..])?;
        let after = start + BEGIN.len();
        match text.as_bytes().get(after) {
            None | Some(b' ' | b'>' | b'\t' | b'\r' | b'\n') => return Some(start),
            _ => from = after,
        }
    }
}

/// An event that is being read.
struct Reading<'s, 'c> {
    sink: Sink<'s, 'c>,
    /// How many elements are open: 1 inside of `Event`, 2 inside of `System`, 3 inside of `EventID`.
    depth: usize,
    part: Option<Part>,
    /// How many data without a name there were.
    unnamed: usize,
    /// The innermost open element, until another begins or it ends.
    leaf: Option<Leaf<'c>>,
    is_rendered: bool,
}

struct Leaf<'c> {
    place: Place<'c>,
    text: Text<'c>,
}

/// A text that comes in pieces.
enum Text<'c> {
    Whole(&'c str),
    Joined(ArenaString<'c>),
}

impl<'c> Reading<'_, 'c> {
    /// Takes the next token; false at the end.
    fn token(&mut self, token: Token<'c>) -> Result<bool, String> {
        match token {
            Token::Start(tag) => self.begin(&tag)?,
            Token::Empty(tag) => {
                self.begin(&tag)?;
                self.end();
            }
            Token::End(_) => self.end(),
            Token::Text(text) => self.text(text.into_inner()),
            Token::CData(text) => self.text(text.into_inner()),
            Token::GeneralRef(entity) => self.text(resolve(&entity)),
            Token::Eof if self.depth == 0 => return Ok(false),
            Token::Eof => return Err(CUT.to_owned()),
            Token::DocType(_) => return Err("an event has no document type".to_owned()),
            Token::Comment(_) | Token::Decl(_) | Token::PI(_) => {}
        }
        Ok(true)
    }

    fn begin(&mut self, tag: &BytesStart<'c>) -> Result<(), String> {
        if XML_DEPTH_MAX <= self.depth {
            return Err(format!("elements are nested more than {XML_DEPTH_MAX} deep"));
        }
        self.depth += 1;
        let name = tag.local_name();
        let name: &str = name.as_ref();
        match (self.depth, self.part) {
            (1, _) => {}
            (2, _) => self.part = Part::of(name),
            (_, None) => {}
            (_, Some(part)) => {
                let place = self.element(part, name, tag)?;
                self.leaf = Some(Leaf { place, text: Text::Whole("") });
            }
        }
        Ok(())
    }

    /// The place of an element's text. Attributes are read on the way.
    fn element(
        &mut self,
        part: Part,
        name: &str,
        tag: &BytesStart<'c>,
    ) -> Result<Place<'c>, String> {
        match part {
            Part::System => {
                self.system_attributes(name, tag)?;
                Ok(self.sink.place(part, name))
            }
            Part::EventData if name == "Data" => {
                let attribute = tag.try_get_attribute("Name").map_err(|e| malformed(&e))?;
                match attribute {
                    Some(own) => Ok(self.sink.place(part, &unescaped(&own.value)?)),
                    None => {
                        self.unnamed += 1;
                        Ok(self.sink.place(part, &format!("param{}", self.unnamed)))
                    }
                }
            }
            Part::EventData | Part::UserData | Part::RenderingInfo => {
                Ok(self.sink.place(part, name))
            }
        }
    }

    fn system_attributes(&mut self, element: &str, tag: &BytesStart<'c>) -> Result<(), String> {
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| malformed(&error))?;
            let place = self.sink.system_attribute(element, attribute.key.as_ref());
            if place.is_wanted() {
                let value = self.sink.arena.alloc_str(&unescaped(&attribute.value)?);
                self.put(place, value);
            }
        }
        Ok(())
    }

    fn end(&mut self) {
        if let Some(leaf) = self.leaf.take() {
            let text = match leaf.text {
                Text::Whole(text) => text,
                Text::Joined(text) => text.into_bump_str(),
            };
            self.put(leaf.place, text);
        }
        self.depth = self.depth.saturating_sub(1);
        if self.depth < 2 {
            self.part = None;
        }
    }

    fn put(&mut self, place: Place<'c>, text: &'c str) {
        let text = if self.is_rendered { guid_in_upper_case(text, self.sink.arena) } else { text };
        self.sink.put(place, text);
    }

    fn text(&mut self, piece: Cow<'c, str>) {
        let Some(leaf) = self.leaf.as_mut().filter(|leaf| leaf.place.is_wanted()) else { return };
        match (&mut leaf.text, piece) {
            (Text::Whole(""), Cow::Borrowed(piece)) => leaf.text = Text::Whole(piece),
            (Text::Whole(before), piece) => {
                let mut joined = ArenaString::from_str_in(before, self.sink.arena);
                joined.push_str(&piece);
                leaf.text = Text::Joined(joined);
            }
            (Text::Joined(joined), piece) => joined.push_str(&piece),
        }
    }
}

/// What an entity stands for: a character by number, or one of the five that XML names. What looks like another entity is
/// an ampersand that was not escaped, and the text that follows it.
fn resolve<'c>(entity: &BytesRef<'c>) -> Cow<'c, str> {
    if let Ok(Some(character)) = entity.resolve_char_ref() {
        return Cow::Owned(character.to_string());
    }
    match &**entity {
        "lt" => Cow::Borrowed("<"),
        "gt" => Cow::Borrowed(">"),
        "amp" => Cow::Borrowed("&"),
        "quot" => Cow::Borrowed("\""),
        "apos" => Cow::Borrowed("'"),
        other => Cow::Owned(format!("&{other};")),
    }
}

fn unescaped(value: &str) -> Result<Cow<'_, str>, String> {
    quick_xml::escape::unescape(value).map_err(|error| malformed(&error))
}

fn reason(error: &Error) -> String {
    match error {
        Error::IllFormed(IllFormedError::MissingEndTag(_))
        | Error::Syntax(
            SyntaxError::UnclosedTag
            | SyntaxError::UnclosedCData
            | SyntaxError::UnclosedSingleQuotedAttributeValue
            | SyntaxError::UnclosedDoubleQuotedAttributeValue,
        ) => CUT.to_owned(),
        other => malformed(other),
    }
}

fn malformed(error: &dyn std::error::Error) -> String {
    format!("malformed XML: {error}")
}

#[cfg(test)]
mod tests {
    use brokerwatch_ecs::{Projection, Schema};
    use proptest::prelude::*;

    use super::*;
    use crate::readers::sysmon_xml::SYSMON_LINUX;

    /// What becomes of an event, `name=value` for each wanted field in their order.
    fn read(xml: &str, wanted: &[&str]) -> Result<Vec<String>, String> {
        let mut projection = Projection::new();
        for name in wanted {
            projection.want(name, &Schema::strict());
        }
        let plan = SourcePlan::new(&projection, &SYSMON_LINUX);
        let arena = Bump::new();
        let mut fields = Event::new(&plan.projection);
        EventXml { text: xml, is_rendered: false }.fill(&plan, &arena, &mut fields)?;
        let values = plan.projection.fields().flat_map(|(slot, field)| {
            fields
                .values(slot)
                .iter()
                .map(|value| format!("{}={value}", field.name))
                .collect::<Vec<_>>()
        });
        Ok(values.collect())
    }

    #[track_caller]
    fn check(xml: &str, wanted: &[&str], expected: &[&str]) {
        assert_eq!(read(xml, wanted).unwrap(), expected, "{xml}");
    }

    #[test]
    fn the_parts_of_an_event_have_their_names() {
        let xml = r#"<?xml version="1.0"?><e:Event xmlns:e="x"><System><Provider Name="P" Guid='{1}'/>
            <EventID Qualifiers="0">3</EventID><TimeCreated SystemTime="2024-03-05T07:09:11Z"/>
            <Execution ProcessID="4" ThreadID="8"/><Security UserId="0"/></System>
            <EventData><Data Name="Image">/bin/sh</Data><Data>one</Data><Data>two</Data><Binary>00</Binary></EventData>
            <UserData><Outer><Inner a="b">deep</Inner></Outer></UserData>
            <RenderingInfo Culture="en-US"><Message>said</Message></RenderingInfo><Other>x</Other></e:Event>"#;
        let wanted = [
            "System.Provider.Name",
            "System.Provider.Guid",
            "System.EventID",
            "System.EventID.Qualifiers",
            "System.TimeCreated",
            "System.Execution.ThreadID",
            "System.Security.UserID",
            "EventData.Image",
            "EventData.param2",
            "EventData.Binary",
            "UserData.Inner",
            "RenderingInfo.Message",
        ];
        check(
            xml,
            &wanted,
            &[
                "System.Provider.Name=P",
                "System.Provider.Guid={1}",
                "System.EventID=3",
                "System.EventID.Qualifiers=0",
                "System.TimeCreated=2024-03-05T07:09:11Z",
                "System.Execution.ThreadID=8",
                "System.Security.UserID=0",
                "EventData.Image=/bin/sh",
                "EventData.param2=two",
                "EventData.Binary=00",
                "UserData.Inner=deep",
                "RenderingInfo.Message=said",
            ],
        );
        check(
            xml,
            &["EventData.*"],
            &[
                "EventData.*=Image",
                "EventData.*=/bin/sh",
                "EventData.*=param1",
                "EventData.*=one",
                "EventData.*=param2",
                "EventData.*=two",
                "EventData.*=Binary",
                "EventData.*=00",
            ],
        );
    }

    #[test]
    fn texts_are_decoded() {
        let datum = |text: &str| {
            format!("<Event><EventData><Data Name='a'>{text}</Data></EventData></Event>")
        };
        for (text, decoded) in [
            ("a &lt;b&gt; &amp;&quot;&apos;", "a <b> &\"'"),
            ("&#x41;&#66;", "AB"),
            ("<![CDATA[<x>]]>y", "<x>y"),
            ("a<!-- no -->b", "ab"),
            // What is not escaped stays as it is.
            ("sh -i >& /dev/tcp", "sh -i >& /dev/tcp"),
            ("a && b; c", "a && b; c"),
            ("&lt unknown process&gt ", "&lt unknown process&gt "),
        ] {
            check(&datum(text), &["EventData.a"], &[&format!("EventData.a={decoded}")]);
        }
        check(
            "<Event><EventData><Data Name='a&lt;'>1</Data></EventData></Event>",
            &["EventData.a<"],
            &["EventData.a<=1"],
        );
    }

    #[test]
    fn what_is_no_event_is_named() {
        let deep = format!("<Event><UserData>{}", "<a>".repeat(XML_DEPTH_MAX));
        for (xml, why) in [
            ("<Event><System>", CUT),
            ("<Event><EventData><Data Name=\"a", CUT),
            ("<Event></System></Event>", "malformed XML"),
            (&deep, "elements are nested more than 64 deep"),
            ("<!DOCTYPE x [<!ENTITY a \"b\">]><Event/>", "an event has no document type"),
        ] {
            let actual = read(xml, &["EventData.a"]).unwrap_err();
            assert!(actual.starts_with(why), "{xml}: {actual}");
        }
    }

    #[test]
    fn events_are_found_by_their_whole_name() {
        assert_eq!(find_event("<EventID>1</EventID><Event >"), Some(20));
        assert_eq!(find_event("<Event"), Some(0));
        assert_eq!(find_event("<EventData><EventID>"), None);
    }

    proptest! {
        /// Whatever the text is, it is an event or is named.
        #[test]
        fn nothing_panics(text in "(<Event>|</Event>|<EventData>|<Data Name=\"a\">|<a/>|&|;|lt|#|x|<!\\[CDATA\\[|\\]\\]>|<!--|-->|<\\?|\\?>|\"|'|.){0,40}") {
            let _ = read(&text, &["EventData.a", "EventData.*", "UserData.*"]);
        }
    }
}
