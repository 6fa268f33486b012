//! Tar archives, read as they come: one member after the other, none held.
//!
//! Read by hand, because the members have to own what they read from, which the iterators of the crates for tar do not
//! allow. Source: POSIX.1-2017, `pax`, section "ustar Interchange Format"; the GNU extension for long names.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use crate::limits::{ARCHIVE_MEMBERS_MAX, ARCHIVE_NAME_BYTES_MAX};
use crate::packed::Tally;
use crate::reader::{Chunk, Defect, Opening, ReadError, Reader};

const BLOCK_BYTES: usize = 512;

/// Where a header names its format.
const MAGIC: std::ops::Range<usize> = 257..262;

/// Whether a stream that begins so is a tar archive.
pub(crate) fn looks_like_one(head: &[u8]) -> bool {
    head.get(MAGIC) == Some(b"ustar")
}

/// Reads the members of an archive one after the other. A member that cannot be read is a defect; the next one is read.
pub(crate) struct Walk {
    archive: Arc<Mutex<Archive>>,
    opening: Opening,
    /// The compressed stream that it lies in.
    outer: Option<Arc<Tally>>,
    member: Option<(Arc<str>, Box<Reader>)>,
    members: u64,
}

impl Walk {
    pub(crate) fn new(
        input: Box<dyn Read + Send>,
        opening: Opening,
        outer: Option<Arc<Tally>>,
    ) -> Walk {
        let input = Counted { input, read_bytes: 0 };
        let archive = Archive { input, left: 0, padding: 0 };
        let archive = Arc::new(Mutex::new(archive));
        Walk { archive, opening, outer, member: None, members: 0 }
    }

    /// Fills `chunk` with the next records of the archive; false at its end.
    pub(crate) fn next_chunk(&mut self, chunk: &mut Chunk) -> Result<bool, ReadError> {
        loop {
            let Some((name, reader)) = &mut self.member else {
                if self.next_member(chunk)? {
                    continue;
                }
                return Ok(!chunk.defects.is_empty());
            };
            match reader.next_chunk(chunk) {
                Ok(true) => {
                    let inner = chunk.member.take();
                    let path = inner.map(|inner| format!("{name}!{inner}").into());
                    chunk.member = Some(path.unwrap_or_else(|| Arc::clone(name)));
                    return Ok(true);
                }
                Ok(false) => self.member = None,
                Err(error) => {
                    unreadable(chunk, name, &error);
                    self.member = None;
                    return Ok(true);
                }
            }
        }
    }

    /// Goes to the next member that is a file; false at the end of the archive. A member that cannot be opened is a defect
    /// of `chunk`, which ends the step.
    fn next_member(&mut self, chunk: &mut Chunk) -> Result<bool, ReadError> {
        chunk.clear();
        let entry = {
            let mut archive = lock(&self.archive);
            let entry = archive.next();
            let after_bytes = archive.input.read_bytes;
            entry.map_err(|cause| ReadError::Io { after_bytes, cause })?
        };
        let Some(name) = entry else { return Ok(false) };
        self.members += 1;
        if ARCHIVE_MEMBERS_MAX < self.members {
            let why = format!("the archive has more than {ARCHIVE_MEMBERS_MAX} members");
            return Err(ReadError::Archive(why));
        }
        // Hidden files are passed over, as in folders.
        if name.split('/').any(|part| part.starts_with('.') && part != ".") {
            return Ok(true);
        }
        let name: Arc<str> = name.into();
        let content = Box::new(Member(Arc::clone(&self.archive)));
        match Reader::open_inside(content, self.opening, self.outer.as_ref()) {
            Ok(reader) => {
                self.member = Some((name, Box::new(reader)));
                Ok(true)
            }
            Err(error) => {
                unreadable(chunk, &name, &error);
                chunk.member = Some(name);
                Ok(false)
            }
        }
    }
}

/// What is read of a member ends here; what it is may be known.
fn unreadable(chunk: &mut Chunk, name: &Arc<str>, error: &ReadError) {
    let source = chunk.source;
    chunk.clear();
    chunk.source = source;
    chunk.member = Some(Arc::clone(name));
    chunk
        .defects
        .push(Defect { origin: brokerwatch_ecs::Origin::default(), why: error.to_string() });
}

fn lock(archive: &Mutex<Archive>) -> std::sync::MutexGuard<'_, Archive> {
    archive.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The content of the member that an archive is at.
struct Member(Arc<Mutex<Archive>>);

impl Read for Member {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut archive = lock(&self.0);
        let most = usize::try_from(archive.left).unwrap_or(usize::MAX).min(buffer.len());
        let count = archive.input.read(&mut buffer[..most])?;
        if count == 0 && 0 < most {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the archive is cut"));
        }
        archive.left -= count as u64;
        Ok(count)
    }
}

/// A stream, and how much of it was read.
struct Counted {
    input: Box<dyn Read + Send>,
    read_bytes: u64,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.read_bytes += count as u64;
        Ok(count)
    }
}

/// An archive, at one of its members.
struct Archive {
    input: Counted,
    /// Bytes of the member that were not read.
    left: u64,
    /// Bytes between its end and the next header.
    padding: u64,
}

impl Archive {
    /// The name of the next member that is a file.
    fn next(&mut self) -> io::Result<Option<String>> {
        let mut long_name = None;
        loop {
            let rest = self.left + self.padding;
            if io::copy(&mut (&mut self.input).take(rest), &mut io::sink())? < rest {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the archive is cut"));
            }
            (self.left, self.padding) = (0, 0);
            let mut header = [0; BLOCK_BYTES];
            let count = read_all(&mut self.input, &mut header)?;
            if count == 0 || count == BLOCK_BYTES && header.iter().all(|byte| *byte == 0) {
                return Ok(None);
            }
            if count < BLOCK_BYTES {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the archive is cut"));
            }
            if !looks_like_one(&header) {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "a damaged header in the archive",
                ));
            }
            self.left = size(&header)?;
            self.padding = self.left.next_multiple_of(BLOCK_BYTES as u64) - self.left;
            match header[156] {
                b'0' | 0 | b'7' => {
                    return Ok(Some(long_name.unwrap_or_else(|| short_name(&header))));
                }
                b'L' => long_name = Some(text(&self.content()?)),
                b'x' => long_name = pax_path(&self.content()?).or(long_name),
                // Folders, links and what is not known here have no content for us.
                _ => long_name = None,
            }
        }
    }

    /// The content of a member that describes the next one.
    fn content(&mut self) -> io::Result<Vec<u8>> {
        let most = (ARCHIVE_NAME_BYTES_MAX * 4) as u64;
        let mut content = Vec::new();
        (&mut self.input).take(self.left.min(most)).read_to_end(&mut content)?;
        self.left -= content.len() as u64;
        Ok(content)
    }
}

fn read_all(input: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// The size of a member: octal digits, or a binary number where the first bit is set.
fn size(header: &[u8; BLOCK_BYTES]) -> io::Result<u64> {
    let field = &header[124..136];
    if field[0] & 0x80 != 0 {
        let number: [u8; 8] = std::array::from_fn(|at| field[4 + at]);
        return Ok(u64::from_be_bytes(number) & (u64::MAX >> 1));
    }
    let digits = String::from_utf8_lossy(field);
    let digits = digits.trim_matches(|c: char| c == '\0' || c == ' ');
    if digits.is_empty() {
        return Ok(0);
    }
    u64::from_str_radix(digits, 8)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "a damaged size in the archive"))
}

fn short_name(header: &[u8; BLOCK_BYTES]) -> String {
    let (prefix, name) = (text(&header[345..500]), text(&header[..100]));
    if prefix.is_empty() { name } else { format!("{prefix}/{name}") }
}

/// The `path` of a pax header: lines of `LENGTH KEY=VALUE`.
fn pax_path(content: &[u8]) -> Option<String> {
    let lines = content.split(|byte| *byte == b'\n');
    lines
        .filter_map(|line| line.splitn(2, |byte| *byte == b' ').nth(1))
        .find_map(|pair| pair.strip_prefix(b"path=").map(text))
}

/// Text up to a NUL, without control characters.
fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let bytes = &bytes[..end.min(ARCHIVE_NAME_BYTES_MAX)];
    String::from_utf8_lossy(bytes).replace(char::is_control, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = ::tar::Builder::new(Vec::new());
        for (name, content) in members {
            let mut header = ::tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, name, *content).unwrap();
        }
        builder.into_inner().unwrap()
    }

    /// Member and text of each chunk, and the reasons of defects.
    fn read(bytes: Vec<u8>) -> Result<Vec<(String, String)>, String> {
        let mut reader =
            Reader::open(Box::new(io::Cursor::new(bytes))).map_err(|error| error.to_string())?;
        let (mut chunk, mut found) = (Chunk::default(), Vec::new());
        loop {
            match reader.next_chunk(&mut chunk) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    found.push((String::new(), error.to_string()));
                    break;
                }
            }
            let member = chunk.member.as_deref().unwrap_or_default().to_owned();
            let content = match chunk.defects.first() {
                Some(defect) => defect.why.clone(),
                None => String::from_utf8_lossy(&chunk.bytes).into_owned(),
            };
            found.push((member, content));
        }
        Ok(found)
    }

    #[test]
    fn members_are_read_in_their_order() {
        let long = format!("{}/b.json", "folder".repeat(40));
        let bytes = archive(&[
            ("a.json", b"{\"a\":1}\n"),
            (&long, b"{\"b\":1}\n"),
            ("empty.json", b""),
            (".hidden/c.json", b"{}"),
            ("readme.txt", b"hello"),
            ("d.json", b"{\"d\":1}\n"),
        ]);
        let read = read(bytes).unwrap();
        let expected = [
            ("a.json", "{\"a\":1}\n"),
            (&long, "{\"b\":1}\n"),
            ("readme.txt", "not telemetry that is known here: it looks like plain text"),
            ("d.json", "{\"d\":1}\n"),
        ];
        assert_eq!(read, expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    }

    #[test]
    fn archives_in_archives_are_read_up_to_a_depth() {
        let inner = archive(&[("x.json", b"{}\n")]);
        let outer = archive(&[("inner.tar", &inner)]);
        assert_eq!(read(outer).unwrap(), [("inner.tar!x.json".to_owned(), "{}\n".to_owned())]);
        let mut deep = archive(&[("x.json", b"{}\n")]);
        for _ in 0..6 {
            deep = archive(&[("in.tar", &deep)]);
        }
        assert!(read(deep).unwrap()[0].1.contains("deep"));
    }

    #[test]
    fn a_cut_archive_is_an_error_and_what_was_whole_is_read() {
        let bytes = archive(&[("a.json", b"{\"a\":1}\n"), ("b.json", &[b'x'; 2000])]);
        let cut = bytes[..1700].to_vec();
        let read = read(cut).unwrap();
        assert_eq!(read[0].1, "{\"a\":1}\n");
        let (_, last) = &read[read.len() - 1];
        assert_eq!(last, "reading stopped after 1700 bytes: the archive is cut");
    }
}
