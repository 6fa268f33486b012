//! Windows' binary XML (MS-EVEN6 2.2.12), read only as far as fields are wanted.
//!
//! Records of one kind share a template, and differ in the values that stand in it. A template is looked through once
//! in a chunk: what remains are the places of the wanted values. A record then costs its wanted values and no more; to
//! render it to XML and parse that costs several times as much.
//!
//! What is unusual is refused rather than guessed: a reader that renders takes such a record. The tests of the EVTX
//! reader hold the two to the same events.

use std::cell::RefCell;
use std::fmt::Write as _;

use brokerwatch_ecs::Event;
use bumpalo::Bump;
use bumpalo::collections::String as ArenaString;

use super::SourcePlan;
use super::windows_event::{Part, Place, Sink, guid_in_upper_case};
use crate::limits::{BINXML_COST_MAX, XML_DEPTH_MAX};

/// A record, or what it uses, is not of the usual kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused;

type Usual<T> = Result<T, Refused>;

/// A chunk with the templates that were looked through.
pub(super) struct Chunk<'c> {
    bytes: &'c [u8],
    templates: RefCell<Templates<'c>>,
}

/// The templates of a chunk, for the fields of one plan.
#[derive(Default)]
struct Templates<'c> {
    plan: Option<u64>,
    known: Vec<(Key, &'c [Step<'c>])>,
    /// The values of the record that is being read, kept for their memory. Those of a value that is binary XML stand
    /// behind those of what it lies in.
    values: Vec<Value<'c>>,
}

/// A template is known by where it is defined and by where in an event it stands.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Key {
    definition: usize,
    stands: Stands,
}

/// Where in an event a part of it stands: below how many elements, and in which part.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stands {
    depth: usize,
    part: Option<Part>,
}

/// What a template does with values.
#[derive(Clone, Copy)]
struct Step<'c> {
    /// Values without which it does nothing: those that its elements depend on.
    needs: &'c [u16],
    action: Action<'c>,
}

#[derive(Clone, Copy)]
enum Action<'c> {
    /// A text goes to a place.
    Text(Place<'c>, &'c [Piece<'c>]),
    /// A text goes to the next of the data without names.
    Unnamed(&'c [Piece<'c>]),
    /// A value that is binary XML stands here.
    Nested(u16, Stands),
}

#[derive(Clone, Copy)]
enum Piece<'c> {
    Literal(&'c str),
    Value(u16),
}

/// A value of a record.
#[derive(Clone, Copy)]
struct Value<'c> {
    ty: u8,
    at: usize,
    bytes: &'c [u8],
}

/// The types of values (MS-EVEN6 2.2.13).
mod ty {
    pub(super) const NULL: u8 = 0x00;
    pub(super) const STRING: u8 = 0x01;
    pub(super) const ANSI_STRING: u8 = 0x02;
    pub(super) const INT8: u8 = 0x03;
    pub(super) const UINT8: u8 = 0x04;
    pub(super) const INT16: u8 = 0x05;
    pub(super) const UINT16: u8 = 0x06;
    pub(super) const INT32: u8 = 0x07;
    pub(super) const UINT32: u8 = 0x08;
    pub(super) const INT64: u8 = 0x09;
    pub(super) const UINT64: u8 = 0x0A;
    pub(super) const BOOL: u8 = 0x0D;
    pub(super) const BINARY: u8 = 0x0E;
    pub(super) const GUID: u8 = 0x0F;
    pub(super) const FILETIME: u8 = 0x11;
    pub(super) const SID: u8 = 0x13;
    pub(super) const HEX_INT32: u8 = 0x14;
    pub(super) const HEX_INT64: u8 = 0x15;
    pub(super) const BINARY_XML: u8 = 0x21;
}

/// The tokens of binary XML (MS-EVEN6 2.2.12). Bit 0x40 says that more of the kind follows.
mod token {
    pub(super) const END_OF_FRAGMENT: u8 = 0x00;
    pub(super) const OPEN_ELEMENT: u8 = 0x01;
    pub(super) const CLOSE_START: u8 = 0x02;
    pub(super) const CLOSE_EMPTY: u8 = 0x03;
    pub(super) const CLOSE_ELEMENT: u8 = 0x04;
    pub(super) const TEXT: u8 = 0x05;
    pub(super) const ATTRIBUTE: u8 = 0x06;
    pub(super) const TEMPLATE: u8 = 0x0C;
    pub(super) const VALUE: u8 = 0x0D;
    pub(super) const OPTIONAL_VALUE: u8 = 0x0E;
    pub(super) const FRAGMENT: u8 = 0x0F;
    pub(super) const MORE: u8 = 0x40;
}

/// The header of a chunk, and of a record in it.
const CHUNK_HEADER_BYTES: usize = 512;
const RECORD_HEADER_BYTES: usize = 24;
/// A record ends with its size, to be read from behind.
const RECORD_END_BYTES: usize = 4;
/// The header of a template's definition: where the next one is, its GUID, its size.
const DEFINITION_HEADER_BYTES: usize = 24;
const NO_DEPENDENCY: u16 = 0xFFFF;

impl<'c> Chunk<'c> {
    pub(super) fn new(bytes: &'c [u8]) -> Chunk<'c> {
        Chunk { bytes, templates: RefCell::default() }
    }

    /// Where the records of a chunk begin, if all of them are whole and follow each other.
    pub(super) fn records(&self) -> Usual<Vec<usize>> {
        let header = self.bytes.get(..CHUNK_HEADER_BYTES).ok_or(Refused)?;
        if !header.starts_with(b"ElfChnk\0") {
            return Err(Refused);
        }
        let mut cursor = Cursor { bytes: self.bytes, at: 32, end: self.bytes.len() };
        let last_number = cursor.u64()?;
        cursor.at = 48;
        let end = cursor.u32()? as usize;
        let mut starts = Vec::new();
        let mut at = CHUNK_HEADER_BYTES;
        while at < end {
            starts.push(at);
            cursor.at = at;
            let is_record = cursor.take(4)? == b"**\0\0";
            let (size, number, time) = (cursor.u32()? as usize, cursor.u64()?, cursor.u64()?);
            let next = at + size;
            let is_whole = RECORD_HEADER_BYTES + RECORD_END_BYTES <= size && next <= end;
            if !is_record || !is_whole || FILETIME_MAX < time {
                return Err(Refused);
            }
            at = if number == last_number { end } else { next };
        }
        Ok(starts)
    }

    /// Reads the wanted fields of the record that begins at `start`.
    pub(super) fn read(
        &self,
        start: usize,
        plan: &SourcePlan,
        arena: &'c Bump,
        fields: &mut Event<'c>,
    ) -> Usual<()> {
        let mut templates = self.templates.try_borrow_mut().map_err(|_| Refused)?;
        if templates.plan != Some(plan.id()) {
            *templates = Templates { plan: Some(plan.id()), ..Templates::default() };
        }
        templates.values.clear();
        let mut cursor = Cursor { bytes: self.bytes, at: start + 4, end: self.bytes.len() };
        let size = cursor.u32()? as usize;
        cursor.at = start + RECORD_HEADER_BYTES;
        cursor.end = (start + size).checked_sub(RECORD_END_BYTES).ok_or(Refused)?;
        let mut reading = Reading {
            bytes: self.bytes,
            templates: &mut templates,
            sink: Sink::new(plan, arena, fields),
            unnamed: 0,
            nesting: 0,
            cost: 0,
        };
        reading.fragment(cursor, Stands { depth: 0, part: None })
    }
}

/// A record that is being read.
struct Reading<'r, 'c> {
    bytes: &'c [u8],
    templates: &'r mut Templates<'c>,
    sink: Sink<'r, 'c>,
    /// How many data without a name there were.
    unnamed: usize,
    /// How many values that are binary XML the one that is being read lies in.
    nesting: usize,
    /// Steps done and bytes looked through or kept: a value may stand in many places, and in values again.
    cost: usize,
}

impl<'c> Reading<'_, 'c> {
    /// A fragment: a header, which a value may lack, one template with its values, and nothing else.
    fn fragment(&mut self, mut cursor: Cursor<'c>, stands: Stands) -> Usual<()> {
        let mut token = cursor.u8()?;
        if token == token::FRAGMENT {
            cursor.take(3)?;
            token = cursor.u8()?;
        }
        if token != token::TEMPLATE {
            return Err(Refused);
        }
        let first = self.templates.values.len();
        let definition = instance(&mut cursor, &mut self.templates.values)?;
        if cursor.at < cursor.end && cursor.u8()? != token::END_OF_FRAGMENT {
            return Err(Refused);
        }
        let key = Key { definition, stands };
        let known = self.templates.known.iter().find(|(known, _)| *known == key);
        let steps = match known {
            Some((_, steps)) => *steps,
            None => {
                let template = definition_of(self.bytes, definition)?;
                self.spend(template.end - template.at)?;
                let steps = compile(template, stands, &mut self.sink)?;
                self.templates.known.push((key, steps));
                steps
            }
        };
        self.run(steps, first)?;
        self.templates.values.truncate(first);
        Ok(())
    }

    /// Does the steps of a template with the values from `first` on, which are the last.
    fn run(&mut self, steps: &[Step<'c>], first: usize) -> Usual<()> {
        let is_nested = |value: &Value<'_>| value.ty == ty::BINARY_XML && !value.bytes.is_empty();
        let own = &self.templates.values[first..];
        let mut nested = own.iter().filter(|value| is_nested(value)).count();
        for step in steps {
            self.spend(1)?;
            if step.needs.iter().any(|id| self.value(first, *id).is_none_or(|v| v.is_null())) {
                continue;
            }
            match step.action {
                Action::Text(place, pieces) => {
                    let text = self.text(pieces, first)?;
                    self.sink.put(place, text);
                }
                Action::Unnamed(pieces) => {
                    let text = self.text(pieces, first)?;
                    self.unnamed += 1;
                    let place = self.sink.place(Part::EventData, &format!("param{}", self.unnamed));
                    self.sink.put(place, text);
                }
                Action::Nested(id, stands) => {
                    let value = self.value(first, id).ok_or(Refused)?;
                    if is_nested(&value) {
                        nested = nested.checked_sub(1).ok_or(Refused)?;
                        let end = value.at + value.bytes.len();
                        self.nesting += 1;
                        if XML_DEPTH_MAX < self.nesting {
                            return Err(Refused);
                        }
                        self.fragment(Cursor { bytes: self.bytes, at: value.at, end }, stands)?;
                        self.nesting -= 1;
                    } else if !value.is_null() && !value.bytes.is_empty() {
                        return Err(Refused);
                    }
                }
            }
        }
        // Binary XML at an unexpected place may hold fields that are wanted.
        if nested == 0 { Ok(()) } else { Err(Refused) }
    }

    /// A value of the template whose values begin at `first`.
    fn value(&self, first: usize, id: u16) -> Option<Value<'c>> {
        self.templates.values.get(first + usize::from(id)).copied()
    }

    fn text(&mut self, pieces: &[Piece<'c>], first: usize) -> Usual<&'c str> {
        let text = match pieces {
            [] => "",
            [one] => self.piece(*one, first)?,
            several => {
                let mut joined = ArenaString::new_in(self.sink.arena);
                for piece in several {
                    joined.push_str(self.piece(*piece, first)?);
                }
                joined.into_bump_str()
            }
        };
        self.spend(text.len())?;
        Ok(guid_in_upper_case(text, self.sink.arena))
    }

    fn piece(&mut self, piece: Piece<'c>, first: usize) -> Usual<&'c str> {
        match piece {
            Piece::Literal(text) => Ok(text),
            Piece::Value(id) => self.value(first, id).ok_or(Refused)?.text(self.sink.arena),
        }
    }

    fn spend(&mut self, cost: usize) -> Usual<()> {
        self.cost += cost;
        if self.cost <= BINXML_COST_MAX { Ok(()) } else { Err(Refused) }
    }
}

/// Where the template of an instance is defined. Adds the instance's values.
fn instance<'c>(cursor: &mut Cursor<'c>, values: &mut Vec<Value<'c>>) -> Usual<usize> {
    cursor.take(1 + 4)?;
    let definition = cursor.u32()? as usize;
    if definition == cursor.at {
        // The first record that uses a template defines it.
        cursor.take(DEFINITION_HEADER_BYTES - 4)?;
        let size = cursor.u32()? as usize;
        cursor.take(size)?;
    }
    let count = cursor.u32()? as usize;
    let descriptors = cursor.take(count.checked_mul(4).ok_or(Refused)?)?;
    values.reserve(count);
    for descriptor in descriptors.chunks_exact(4) {
        let size = u16::from_le_bytes([descriptor[0], descriptor[1]]);
        let at = cursor.at;
        values.push(Value { ty: descriptor[2], at, bytes: cursor.take(usize::from(size))? });
    }
    Ok(definition)
}

/// An element of a template whose attributes are being read.
struct Opening<'c> {
    name: &'c str,
    depends_on: Option<u16>,
    attributes: Vec<(&'c str, Vec<Piece<'c>>)>,
}

/// The innermost element of a template, until another begins or it ends.
struct Leaf<'c> {
    /// None if it is a datum without a name.
    place: Option<Place<'c>>,
    pieces: Vec<Piece<'c>>,
}

/// A template that is being looked through.
struct Compiler<'s, 'r, 'c> {
    sink: &'s mut Sink<'r, 'c>,
    stands: Stands,
    /// The depth at which the template stands.
    outside: usize,
    opening: Option<Opening<'c>>,
    leaf: Option<Leaf<'c>>,
    /// What the open elements depend on.
    needs: Vec<Option<u16>>,
    steps: Vec<Step<'c>>,
}

/// The fragment that a template is.
fn definition_of(bytes: &[u8], definition: usize) -> Usual<Cursor<'_>> {
    let size_at = (definition + DEFINITION_HEADER_BYTES).checked_sub(4).ok_or(Refused)?;
    let mut cursor = Cursor { bytes, at: size_at, end: bytes.len() };
    let size = cursor.u32()? as usize;
    cursor.end = cursor.at.checked_add(size).filter(|end| *end <= bytes.len()).ok_or(Refused)?;
    Ok(cursor)
}

/// What a template does, as far as it is wanted.
fn compile<'c>(
    mut cursor: Cursor<'c>,
    stands: Stands,
    sink: &mut Sink<'_, 'c>,
) -> Usual<&'c [Step<'c>]> {
    let mut compiler = Compiler {
        sink,
        stands,
        outside: stands.depth,
        opening: None,
        leaf: None,
        needs: Vec::new(),
        steps: Vec::new(),
    };
    while cursor.at < cursor.end && compiler.token(&mut cursor)? {}
    if compiler.stands.depth != compiler.outside || compiler.opening.is_some() {
        return Err(Refused);
    }
    let arena = compiler.sink.arena;
    Ok(arena.alloc_slice_copy(&compiler.steps))
}

impl<'c> Compiler<'_, '_, 'c> {
    /// Takes the next token; false at the end.
    fn token(&mut self, cursor: &mut Cursor<'c>) -> Usual<bool> {
        let token = cursor.u8()?;
        match token & !token::MORE {
            token::END_OF_FRAGMENT => return Ok(false),
            token::FRAGMENT => {
                cursor.take(3)?;
            }
            token::OPEN_ELEMENT => {
                let depends_on = Some(cursor.u16()?).filter(|id| *id != NO_DEPENDENCY);
                cursor.u32()?;
                let name = self.name(cursor)?;
                if token & token::MORE != 0 {
                    cursor.u32()?;
                }
                let before = Opening { name, depends_on, attributes: Vec::new() };
                if self.opening.replace(before).is_some() {
                    return Err(Refused);
                }
            }
            token::ATTRIBUTE => {
                let name = self.name(cursor)?;
                let opening = self.opening.as_mut().ok_or(Refused)?;
                opening.attributes.push((name, Vec::new()));
            }
            token::CLOSE_START => self.open()?,
            token::CLOSE_EMPTY => {
                self.open()?;
                self.close()?;
            }
            token::CLOSE_ELEMENT => self.close()?,
            token::TEXT => {
                if cursor.u8()? != ty::STRING {
                    return Err(Refused);
                }
                let length = usize::from(cursor.u16()?) * 2;
                let text = utf16(cursor.take(length)?, self.sink.arena)?;
                if text.len() < length / 2 {
                    return Err(Refused);
                }
                self.piece(Piece::Literal(text))?;
            }
            token::VALUE | token::OPTIONAL_VALUE => {
                let id = cursor.u16()?;
                if cursor.u8()? == ty::BINARY_XML {
                    self.nested(id)?;
                } else {
                    self.piece(Piece::Value(id))?;
                }
            }
            _ => return Err(Refused),
        }
        Ok(true)
    }

    /// The name of an element or attribute. It stands where it is used first.
    fn name(&self, cursor: &mut Cursor<'c>) -> Usual<&'c str> {
        const LINK_BYTES: usize = 6;
        let at = cursor.u32()? as usize;
        let mut name = Cursor { bytes: cursor.bytes, at, end: cursor.bytes.len() };
        name.take(LINK_BYTES)?;
        let length = usize::from(name.u16()?) * 2;
        let text = utf16(name.take(length)?, self.sink.arena)?;
        if at == cursor.at {
            cursor.take(LINK_BYTES + 2 + length + 2)?;
        }
        Ok(text)
    }

    fn piece(&mut self, piece: Piece<'c>) -> Usual<()> {
        match (&mut self.opening, &mut self.leaf) {
            (Some(opening), _) => opening.attributes.last_mut().ok_or(Refused)?.1.push(piece),
            (None, Some(leaf)) => leaf.pieces.push(piece),
            // Between the parts of an event there are values only that are binary XML by their type in the record.
            (None, None) => {
                if let Piece::Value(id) = piece {
                    self.nested(id)?;
                }
            }
        }
        Ok(())
    }

    fn nested(&mut self, id: u16) -> Usual<()> {
        if self.opening.is_some() {
            return Err(Refused);
        }
        self.leaf = None;
        self.push(Action::Nested(id, self.stands));
        Ok(())
    }

    /// Begins the element whose attributes were read.
    fn open(&mut self) -> Usual<()> {
        let Opening { name, depends_on, attributes } = self.opening.take().ok_or(Refused)?;
        if XML_DEPTH_MAX <= self.stands.depth {
            return Err(Refused);
        }
        self.stands.depth += 1;
        self.needs.push(depends_on);
        match (self.stands.depth, self.stands.part) {
            (1, _) => {}
            (2, _) => self.stands.part = Part::of(name),
            (_, None) => {}
            (_, Some(part)) => {
                let place = self.element(part, name, &attributes)?;
                self.leaf = Some(Leaf { place, pieces: Vec::new() });
            }
        }
        Ok(())
    }

    /// The place of an element's text. Attributes are looked through on the way.
    fn element(
        &mut self,
        part: Part,
        name: &str,
        attributes: &[(&'c str, Vec<Piece<'c>>)],
    ) -> Usual<Option<Place<'c>>> {
        match part {
            Part::System => {
                for (attribute, pieces) in attributes {
                    let place = self.sink.system_attribute(name, attribute);
                    self.push_text(place, pieces);
                }
            }
            Part::EventData if name == "Data" => {
                let own = attributes.iter().find(|(attribute, _)| *attribute == "Name");
                return match own.map(|(_, pieces)| &pieces[..]) {
                    Some([Piece::Literal(name)]) => Ok(Some(self.sink.place(part, name))),
                    Some(_) => Err(Refused),
                    None => Ok(None),
                };
            }
            Part::EventData | Part::UserData | Part::RenderingInfo => {}
        }
        Ok(Some(self.sink.place(part, name)))
    }

    fn close(&mut self) -> Usual<()> {
        match self.leaf.take() {
            Some(Leaf { place: Some(place), pieces }) => self.push_text(place, &pieces),
            Some(Leaf { place: None, pieces }) => {
                let pieces = self.sink.arena.alloc_slice_copy(&pieces);
                self.push(Action::Unnamed(pieces));
            }
            None => {}
        }
        self.needs.pop().ok_or(Refused)?;
        self.stands.depth = self.stands.depth.checked_sub(1).ok_or(Refused)?;
        if self.stands.depth < self.outside {
            return Err(Refused);
        }
        if self.stands.depth < 2 {
            self.stands.part = None;
        }
        Ok(())
    }

    fn push_text(&mut self, place: Place<'c>, pieces: &[Piece<'c>]) {
        if place.is_wanted() && !pieces.is_empty() {
            let pieces = self.sink.arena.alloc_slice_copy(pieces);
            self.push(Action::Text(place, pieces));
        }
    }

    fn push(&mut self, action: Action<'c>) {
        let needs: Vec<u16> = self.needs.iter().flatten().copied().collect();
        let needs = self.sink.arena.alloc_slice_copy(&needs);
        self.steps.push(Step { needs, action });
    }
}

impl<'c> Value<'c> {
    fn is_null(&self) -> bool {
        self.ty == ty::NULL
    }

    /// The value as Windows writes it into XML.
    fn text(&self, arena: &'c Bump) -> Usual<&'c str> {
        let written = |text: std::fmt::Arguments<'_>| {
            // No guess at the length: most are a few digits.
            let mut written = ArenaString::new_in(arena);
            written.write_fmt(text).expect("a string takes all text");
            written.into_bump_str()
        };
        Ok(match self.ty {
            ty::NULL => "",
            ty::BINARY_XML if self.bytes.is_empty() => "",
            ty::STRING => utf16(self.bytes, arena)?,
            ty::ANSI_STRING => ansi(self.bytes)?,
            ty::INT8 => written(format_args!("{}", i8::from_le_bytes(self.fixed()?))),
            ty::UINT8 => written(format_args!("{}", u8::from_le_bytes(self.fixed()?))),
            ty::INT16 => written(format_args!("{}", i16::from_le_bytes(self.fixed()?))),
            ty::UINT16 => written(format_args!("{}", u16::from_le_bytes(self.fixed()?))),
            ty::INT32 => written(format_args!("{}", i32::from_le_bytes(self.fixed()?))),
            ty::UINT32 => written(format_args!("{}", u32::from_le_bytes(self.fixed()?))),
            ty::INT64 => written(format_args!("{}", i64::from_le_bytes(self.fixed()?))),
            ty::UINT64 => written(format_args!("{}", u64::from_le_bytes(self.fixed()?))),
            ty::BOOL => match i32::from_le_bytes(self.fixed()?) {
                0 => "false",
                1 => "true",
                other => written(format_args!("{other}")),
            },
            ty::BINARY => hexadecimal(self.bytes, arena)?,
            ty::GUID => guid(self.fixed()?, arena)?,
            ty::FILETIME => arena.alloc_str(&filetime(u64::from_le_bytes(self.fixed()?))?),
            ty::SID => arena.alloc_str(&sid(self.bytes)?),
            ty::HEX_INT32 => written(format_args!("{:#x}", u32::from_le_bytes(self.fixed()?))),
            ty::HEX_INT64 => written(format_args!("{:#x}", u64::from_le_bytes(self.fixed()?))),
            // Arrays, which make several elements of one, and rare types.
            _ => return Err(Refused),
        })
    }

    fn fixed<const N: usize>(&self) -> Usual<[u8; N]> {
        self.bytes.try_into().map_err(|_| Refused)
    }
}

/// Text up to its first NUL. Refuses what XML cannot hold.
fn utf16<'c>(bytes: &[u8], arena: &'c Bump) -> Usual<&'c str> {
    if !bytes.len().is_multiple_of(2) {
        return Err(Refused);
    }
    if is_plain(bytes) {
        return narrow(bytes, arena);
    }
    let end = bytes.chunks_exact(2).position(|unit| *unit == [0, 0]);
    let bytes = end.map_or(bytes, |end| &bytes[..end * 2]);
    if end.is_some() && is_plain(bytes) {
        return narrow(bytes, arena);
    }
    let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    let mut text = ArenaString::with_capacity_in(bytes.len() / 2, arena);
    for character in char::decode_utf16(units) {
        let character = character.map_err(|_| Refused)?;
        let is_blank = matches!(character, '\t' | '\n' | '\r');
        if matches!(character, '\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}') && !is_blank {
            return Err(Refused);
        }
        text.push(character);
    }
    Ok(text.into_bump_str())
}

/// Whether text is ASCII that is seen. Looks at all of it, which is faster for short texts than to stop early.
fn is_plain(bytes: &[u8]) -> bool {
    let is_plain = |unit: &[u8]| unit[1] == 0 && unit[0].wrapping_sub(b' ') < 0x7F - b' ';
    bytes.chunks_exact(2).fold(true, |all, unit| all & is_plain(unit))
}

/// Text that is ASCII, one byte a character.
fn narrow<'c>(bytes: &[u8], arena: &'c Bump) -> Usual<&'c str> {
    let text = arena.alloc_slice_fill_iter(bytes.chunks_exact(2).map(|unit| unit[0]));
    std::str::from_utf8(text).map_err(|_| Refused)
}

/// Text in a code page that nothing names: what all of them share.
fn ansi(bytes: &[u8]) -> Usual<&str> {
    let text = std::str::from_utf8(bytes).map_err(|_| Refused)?;
    if text.bytes().all(|byte| (b' '..0x7F).contains(&byte)) { Ok(text) } else { Err(Refused) }
}

const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

fn high_digit(byte: u8) -> u8 {
    DIGITS[usize::from(byte >> 4)]
}

fn low_digit(byte: u8) -> u8 {
    DIGITS[usize::from(byte & 0xF)]
}

fn hexadecimal<'c>(bytes: &[u8], arena: &'c Bump) -> Usual<&'c str> {
    let digit = |at: usize| {
        let byte = bytes[at / 2];
        if at.is_multiple_of(2) { high_digit(byte) } else { low_digit(byte) }
    };
    let text = arena.alloc_slice_fill_with(bytes.len() * 2, digit);
    std::str::from_utf8(text).map_err(|_| Refused)
}

/// A GUID: its first three numbers have their lowest byte first.
fn guid(bytes: [u8; 16], arena: &Bump) -> Usual<&str> {
    /// Where the digits of each byte stand.
    const PLACES: [usize; 16] = [7, 5, 3, 1, 12, 10, 17, 15, 20, 22, 25, 27, 29, 31, 33, 35];
    let text = arena.alloc_slice_copy(b"{00000000-0000-0000-0000-000000000000}");
    for (byte, place) in bytes.into_iter().zip(PLACES) {
        text[place] = high_digit(byte);
        text[place + 1] = low_digit(byte);
    }
    std::str::from_utf8(text).map_err(|_| Refused)
}

/// Steps of 100 nanoseconds in a second.
const TICKS: u64 = 10_000_000;
/// Seconds from 1601, where Windows counts from, to 1970.
const SECONDS_TO_1970: i64 = 11_644_473_600;
/// The last moment of the year 9999.
const FILETIME_MAX: u64 = 2_650_467_743_999_999_999;

fn filetime(ticks: u64) -> Usual<String> {
    if FILETIME_MAX < ticks {
        return Err(Refused);
    }
    let seconds = (ticks / TICKS) as i64 - SECONDS_TO_1970;
    let moment = brokerwatch_ecs::Timestamp::from_second(seconds).map_err(|_| Refused)?;
    let text = moment.to_string();
    let seconds = text.strip_suffix('Z').ok_or(Refused)?;
    Ok(format!("{seconds}.{:07}Z", ticks % TICKS))
}

fn sid(bytes: &[u8]) -> Usual<String> {
    let [revision, count, rest @ ..] = bytes else { return Err(Refused) };
    let (authority, rest) = rest.split_first_chunk::<6>().ok_or(Refused)?;
    let authority = authority.iter().fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte));
    let mut text = format!("S-{revision}-{authority}");
    for part in rest.chunks_exact(4).take(usize::from(*count)) {
        let part = u32::from_le_bytes([part[0], part[1], part[2], part[3]]);
        write!(text, "-{part}").expect("a string takes all text");
    }
    Ok(text)
}

/// A place in a chunk, and where the part of it that is being read ends.
#[derive(Clone, Copy)]
struct Cursor<'c> {
    bytes: &'c [u8],
    at: usize,
    end: usize,
}

impl<'c> Cursor<'c> {
    fn take(&mut self, count: usize) -> Usual<&'c [u8]> {
        let next = self.at.checked_add(count).filter(|next| *next <= self.end).ok_or(Refused)?;
        let taken = self.bytes.get(self.at..next).ok_or(Refused)?;
        self.at = next;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Usual<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| Refused)
    }

    fn u8(&mut self) -> Usual<u8> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    fn u16(&mut self) -> Usual<u16> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    fn u32(&mut self) -> Usual<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Usual<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(ty: u8, bytes: &[u8], expected: &str) {
        let arena = Bump::new();
        assert_eq!(Value { ty, at: 0, bytes }.text(&arena), Ok(expected));
    }

    #[test]
    fn values_are_written_as_windows_writes_them() {
        check(ty::NULL, &[1, 2], "");
        check(ty::STRING, b"a\0\xE9\0\0\0b\0", "a\u{E9}");
        check(ty::STRING, b"\x3D\xD8\x00\xDE", "\u{1F600}");
        check(ty::STRING, b"a\0b\0\0\0\xE9\0", "ab");
        check(ty::STRING, b"~\0\t\0 \0", "~\t ");
        check(ty::STRING, b"", "");
        check(ty::ANSI_STRING, b"abc", "abc");
        check(ty::INT8, &[0xFF], "-1");
        check(ty::UINT16, &[0x5B, 0x07], "1883");
        check(ty::INT64, &[0xFE; 8], "-72340172838076674");
        check(ty::BOOL, &[1, 0, 0, 0], "true");
        check(ty::BOOL, &[2, 0, 0, 0], "2");
        check(ty::BINARY, &[0x0A, 0xFF], "0AFF");
        check(
            ty::GUID,
            &[0xE0, 4, 0x25, 0x3F, 0x89, 0x4F, 0xD3, 0x11, 0x9A, 0x0C, 3, 5, 0xE8, 0x2C, 0x33, 1],
            "{3F2504E0-4F89-11D3-9A0C-0305E82C3301}",
        );
        check(
            ty::FILETIME,
            &132_539_028_123_456_789_u64.to_le_bytes(),
            "2020-12-31T15:40:12.3456789Z",
        );
        check(ty::FILETIME, &0_u64.to_le_bytes(), "1601-01-01T00:00:00.0000000Z");
        check(ty::SID, &[1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0], "S-1-5-32-544");
        check(ty::HEX_INT32, &[0xE7, 3, 0, 0], "0x3e7");
        check(ty::HEX_INT64, &[0; 8], "0x0");
    }

    #[test]
    fn unusual_values_are_refused() {
        let arena = Bump::new();
        for (ty, bytes) in [
            (ty::STRING, &b"a"[..]),
            (ty::STRING, b"\x01\0"),
            (ty::STRING, b"\x00\xD8"),
            (ty::ANSI_STRING, b"\xE9"),
            (ty::UINT16, &[1]),
            (ty::GUID, &[0; 15]),
            (ty::FILETIME, &[0xFF; 8]),
            (ty::SID, &[1, 1]),
            (0x81, b"a\0\0\0"),
            (0x99, b""),
        ] {
            assert_eq!(Value { ty, at: 0, bytes }.text(&arena), Err(Refused), "{ty:#x}");
        }
    }
}
