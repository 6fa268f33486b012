//! Members of zip archives, each read like a file of its own.
//!
//! The list at the end of an archive tells where its members are; it is read whole, within bounds, before anything is
//! decompressed. What it says of sizes is checked, never trusted. The format is PKWARE's APPNOTE, sections named where
//! they are read. What is left out: encryption, archives in several parts, and text in front of the archive, as in
//! programs that unpack themselves.

use std::io::{self, Read, Seek, SeekFrom};

use flate2::Crc;

use crate::ReadError;
use crate::limits::{ARCHIVE_MEMBERS_MAX, ARCHIVE_NAME_BYTES_MAX};
use crate::packed::{Packing, buffered, unpacked};

/// The smallest archive: one without members.
pub const BYTES_MIN: usize = END_BYTES;

/// The end record without its comment (4.3.16).
const END_BYTES: usize = 22;
const END: &[u8] = b"PK\x05\x06";

/// The end record of large archives, as far as it matters here, and what points to it (4.3.14, 4.3.15).
const END64_BYTES: usize = 56;
const END64: &[u8] = b"PK\x06\x06";
const LOCATOR_BYTES: usize = 20;
const LOCATOR: &[u8] = b"PK\x06\x07";

/// An entry of the list, and the header in front of a member's data, without what varies (4.3.12, 4.3.7).
const ENTRY_BYTES: usize = 46;
const ENTRY: &[u8] = b"PK\x01\x02";
const HEADER_BYTES: usize = 30;
const HEADER: &[u8] = b"PK\x03\x04";

/// In front of all, in archives that were once to be split.
const SPANNED: &[u8] = b"PK\x07\x08";

/// The extra field with sizes that do not fit into 32 bits (4.5.3).
const EXTRA64: u16 = 1;

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its path in the archive, with `/` between folders. Control characters and what is no UTF-8 are replaced.
    pub name: String,
    /// Its size as it is stored, in bytes, as the archive says.
    pub stored_bytes: u64,
    bytes: u64,
    crc: u32,
    header_at: u64,
    method: u16,
    is_encrypted: bool,
}

/// Whether a file that begins so is a zip archive.
pub fn looks_like_one(head: &[u8]) -> bool {
    [HEADER, END, SPANNED].iter().any(|magic| head.starts_with(magic))
}

/// The files in an archive, in the order of its list; `None` if the file is no zip archive.
///
/// Folders are left out, and so is what is hidden: a name, or a folder's name, that begins with a dot.
pub fn members(file: &mut (impl Read + Seek)) -> Result<Option<Vec<Member>>, ReadError> {
    let mut head = [0; 4];
    file.seek(SeekFrom::Start(0)).map_err(io_error)?;
    if !fill(file, &mut head).map_err(io_error)? || !looks_like_one(&head) {
        return Ok(None);
    }
    let list = find_list(file)?;
    if ARCHIVE_MEMBERS_MAX < list.members {
        let (count, most) = (list.members, ARCHIVE_MEMBERS_MAX);
        return Err(refused(format!("a zip archive of {count} members; {most} are the most")));
    }
    file.seek(SeekFrom::Start(list.at)).map_err(io_error)?;
    let mut entries = buffered(file.take(list.bytes));
    let mut members = Vec::new();
    for number in 1..=list.members {
        let member = entry(&mut entries)?;
        let member = member.ok_or_else(|| {
            damaged(&format!("its list ends before member {number} of {}", list.members))
        })?;
        if !member.name.ends_with('/') && !is_hidden(&member.name) {
            members.push(member);
        }
    }
    Ok(Some(members))
}

/// Where the list of members is.
struct List {
    at: u64,
    bytes: u64,
    members: u64,
}

/// Finds the end record in the last bytes of the file: a comment of up to 64 KiB may follow it.
fn find_list(file: &mut (impl Read + Seek)) -> Result<List, ReadError> {
    let size = file.seek(SeekFrom::End(0)).map_err(io_error)?;
    let tail_bytes = size.min((END_BYTES + LOCATOR_BYTES) as u64 + u64::from(u16::MAX));
    let tail_at = size - tail_bytes;
    file.seek(SeekFrom::Start(tail_at)).map_err(io_error)?;
    let mut tail = vec![0; tail_bytes as usize];
    if !fill(file, &mut tail).map_err(io_error)? {
        return Err(damaged("it became shorter while it was read"));
    }
    let end = memchr::memmem::rfind_iter(&tail, END)
        .find(|&at| {
            let record = &tail[at..];
            END_BYTES <= record.len() && END_BYTES + usize::from(u16_at(record, 20)) <= record.len()
        })
        .ok_or_else(|| damaged("its end is missing, as after a download that broke off"))?;
    let record = &tail[end..];
    let list = List {
        members: u64::from(u16_at(record, 10)),
        bytes: u64::from(u32_at(record, 12)),
        at: u64::from(u32_at(record, 16)),
    };
    let locator = end.checked_sub(LOCATOR_BYTES).map(|at| &tail[at..end]);
    match locator.filter(|locator| locator.starts_with(LOCATOR)) {
        Some(locator) => find_list64(file, u64_at(locator, 8)),
        None if u16_at(record, 4) != 0 => {
            Err(refused("one part of a split zip archive; join the parts first".to_owned()))
        }
        None => Ok(list),
    }
}

fn find_list64(file: &mut (impl Read + Seek), at: u64) -> Result<List, ReadError> {
    let mut record = [0; END64_BYTES];
    file.seek(SeekFrom::Start(at)).map_err(io_error)?;
    if !fill(file, &mut record).map_err(io_error)? || !record.starts_with(END64) {
        return Err(damaged("its end points to no list of members"));
    }
    Ok(List { members: u64_at(&record, 32), bytes: u64_at(&record, 40), at: u64_at(&record, 48) })
}

/// The next entry of the list; `None` if it is none or is cut.
fn entry(list: &mut impl Read) -> Result<Option<Member>, ReadError> {
    let mut fixed = [0; ENTRY_BYTES];
    if !fill(list, &mut fixed).map_err(io_error)? || !fixed.starts_with(ENTRY) {
        return Ok(None);
    }
    let name_bytes = usize::from(u16_at(&fixed, 28));
    if ARCHIVE_NAME_BYTES_MAX < name_bytes {
        let most = ARCHIVE_NAME_BYTES_MAX;
        let why = format!("a zip archive with a name of {name_bytes} bytes; {most} are the most");
        return Err(refused(why));
    }
    let extra_bytes = usize::from(u16_at(&fixed, 30));
    let comment_bytes = usize::from(u16_at(&fixed, 32));
    let mut rest = vec![0; name_bytes + extra_bytes + comment_bytes];
    if !fill(list, &mut rest).map_err(io_error)? {
        return Ok(None);
    }
    let mut member = Member {
        name: readable(&rest[..name_bytes]),
        stored_bytes: u64::from(u32_at(&fixed, 20)),
        bytes: u64::from(u32_at(&fixed, 24)),
        crc: u32_at(&fixed, 16),
        header_at: u64::from(u32_at(&fixed, 42)),
        method: u16_at(&fixed, 10),
        is_encrypted: u16_at(&fixed, 8) & 1 != 0,
    };
    member.widen(&rest[name_bytes..name_bytes + extra_bytes]);
    Ok(Some(member))
}

fn readable(name: &[u8]) -> String {
    let shown = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    String::from_utf8_lossy(name).chars().map(shown).collect()
}

fn is_hidden(name: &str) -> bool {
    name.split('/').any(|part| part.starts_with('.'))
}

impl Member {
    /// Takes the numbers that do not fit into 32 bits from the extra fields, where they stand in this order.
    fn widen(&mut self, mut extra: &[u8]) {
        while 4 <= extra.len() {
            let (kind, length) = (u16_at(extra, 0), usize::from(u16_at(extra, 2)));
            let Some(mut field) = extra.get(4..4 + length) else { return };
            if kind == EXTRA64 {
                for number in [&mut self.bytes, &mut self.stored_bytes, &mut self.header_at] {
                    if *number == u64::from(u32::MAX) && 8 <= field.len() {
                        *number = u64_at(field, 0);
                        field = &field[8..];
                    }
                }
            }
            extra = &extra[4 + length..];
        }
    }

    /// The content, decompressed while it is read. `file` is the archive, of which the reader has its own place.
    ///
    /// Reading ends with an error if the content is not what the archive says it is.
    pub fn open(
        &self,
        mut file: impl Read + Seek + Send + 'static,
    ) -> Result<Box<dyn Read + Send>, ReadError> {
        if self.is_encrypted {
            let why = "is encrypted; unpack the archive with its password first";
            return Err(refused(format!("`{}` {why}", self.name)));
        }
        self.seek_to_data(&mut file)?;
        let stored = file.take(self.stored_bytes);
        let packing = match self.method {
            0 => None,
            8 => Some(Packing::Deflate),
            93 => Some(Packing::Zstd),
            method => {
                let why = format!("is compressed with {}", method_name(method));
                let way_out = "unpack the archive first, or pack it with deflate";
                return Err(refused(format!("`{}` {why}; {way_out}", self.name)));
            }
        };
        let content: Box<dyn Read + Send> = match packing {
            None => Box::new(buffered(stored)),
            Some(packing) => unpacked(stored, packing, None).map_err(io_error)?.0,
        };
        Ok(Box::new(Checked {
            content,
            expected_bytes: self.bytes,
            expected_crc: self.crc,
            crc: Crc::new(),
            bytes: 0,
            is_told: false,
        }))
    }

    /// The header in front of the data says again what the list says; only its length matters.
    fn seek_to_data(&self, file: &mut (impl Read + Seek)) -> Result<(), ReadError> {
        let mut header = [0; HEADER_BYTES];
        file.seek(SeekFrom::Start(self.header_at)).map_err(io_error)?;
        if !fill(file, &mut header).map_err(io_error)? || !header.starts_with(HEADER) {
            return Err(damaged(&format!("`{}` is not where its list says", self.name)));
        }
        let varying = i64::from(u16_at(&header, 26)) + i64::from(u16_at(&header, 28));
        file.seek(SeekFrom::Current(varying)).map_err(io_error)?;
        Ok(())
    }
}

/// The names of methods (4.4.5) that are met in practice.
fn method_name(method: u16) -> String {
    let name = match method {
        9 => "Deflate64",
        12 => "bzip2",
        14 => "LZMA",
        95 => "xz",
        98 => "PPMd",
        _ => return format!("method {method}"),
    };
    name.to_owned()
}

/// Content that is held against what the archive says of it, once it has been read.
struct Checked<R> {
    content: R,
    expected_bytes: u64,
    expected_crc: u32,
    crc: Crc,
    bytes: u64,
    /// Whether the end was reached and damage told.
    is_told: bool,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.content.read(buffer)?;
        self.crc.update(&buffer[..count]);
        self.bytes += count as u64;
        let ends = count == 0 && !buffer.is_empty() && !std::mem::replace(&mut self.is_told, true);
        if ends && (self.bytes, self.crc.sum()) != (self.expected_bytes, self.expected_crc) {
            let why = "damaged: size and checksum are not those that the archive gives";
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        Ok(count)
    }
}

/// Fills the buffer; false if there is not so much.
fn fill(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match input.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn io_error(cause: io::Error) -> ReadError {
    ReadError::Io { after_bytes: 0, cause }
}

fn refused(why: String) -> ReadError {
    ReadError::Archive(why)
}

fn damaged(why: &str) -> ReadError {
    ReadError::Archive(format!("a damaged zip archive: {why}"))
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
