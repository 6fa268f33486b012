//! What paths name: files, the files of folders and patterns, the members of archives, standard input.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use brokerwatch_ecs::Timestamp;
use brokerwatch_ingest::archive::{self, Member};
use brokerwatch_ingest::limits::BLOCK_BYTES;
use brokerwatch_ingest::{Opening, ReadError, Reader, readers};
use globset::GlobBuilder;
use tempfile::NamedTempFile;
use thiserror::Error;
use walkdir::WalkDir;

use crate::import::day::Day;
use crate::import::journal;
use crate::import::kept::{self, KeptChunks, Spooled};
use crate::import::part::Part;

/// One thing to read.
#[derive(Debug, Clone)]
pub struct Input {
    path: PathBuf,
    source: Source,
    /// Its size as it is stored, in bytes; 0 if that is not known before it is read.
    pub stored_bytes: u64,
    reach: Reach,
}

/// How much of an input is read, and in what steps.
#[derive(Debug, Clone, Copy, Default)]
struct Reach {
    /// Bytes from the start, as stored; of a member of an archive as it comes out. All if not said.
    head_bytes: Option<u64>,
    /// Bytes of a block, if not the usual.
    block_bytes: Option<usize>,
}

#[derive(Debug, Clone)]
enum Source {
    File,
    Member(Member),
    /// A member of an archive that came by standard input and was put into a file that goes with the last input.
    Spooled(Arc<NamedTempFile>, Member),
    /// Standard input that was put into a file, so that it can be read again.
    Kept(Arc<NamedTempFile>),
    Standard,
    /// Bytes that a caller has.
    Memory(Arc<[u8]>),
    /// Events that an import holds.
    Events(Arc<Spooled>),
    /// Nothing could be found out about it.
    Broken(Arc<io::Error>),
    BrokenArchive(Arc<ReadError>),
}

/// Why an input, or the rest of it, cannot be read.
#[derive(Debug, Error)]
pub enum InputError {
    /// It cannot be opened.
    #[error("{0}")]
    Open(io::Error),
    /// Its content cannot be read.
    #[error("{0}")]
    Read(ReadError),
    /// It could not be looked at when the inputs were listed.
    #[error("{0}")]
    List(Arc<io::Error>),
    /// It is an archive whose list of members cannot be read.
    #[error("{0}")]
    Archive(Arc<ReadError>),
}

/// How much of the inputs has been read, as stored. Read by whoever shows progress.
#[derive(Debug, Default, Clone)]
pub struct Progress {
    read_bytes: Arc<AtomicU64>,
}

impl Progress {
    /// Bytes read so far.
    pub fn read_bytes(&self) -> u64 {
        self.read_bytes.load(Ordering::Relaxed)
    }
}

/// The name of the file in which a site says what it changes.
pub const SITE_FILE: &str = "brokerwatch.toml";

/// The inputs that paths name, in the order given; a folder's files and an archive's members sorted by name. `-` is
/// standard input. A path that does not exist and has `*`, `?`, `[` or `{` in it is a pattern; `**` crosses folders.
///
/// Hidden files and folders inside a named folder are passed over, parts that an import replaced, and a site's own file
/// ([`SITE_FILE`]), which is no telemetry. What cannot be listed is an input that fails when it is read, so that it is
/// reported in its place.
pub fn inputs(paths: &[PathBuf]) -> Vec<Input> {
    let mut found = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            standard_input(&mut found);
        } else if path.is_dir() {
            folder(path, &|_| true, &mut found);
        } else if !path.exists() && is_pattern(path) {
            pattern(path, &mut found);
        } else {
            match journal::is_hidden(path) {
                Ok(false) => file(path.clone(), &mut found),
                // An import replaced it, and others hold its events.
                Ok(true) => {}
                Err(error) => found.push(broken(path.clone(), error)),
            }
        }
    }
    found
}

/// The files that paths name, in the order given; a folder's files sorted by path, hidden ones passed over. Archives are
/// files like others. A path that cannot be listed comes with its error.
pub fn files(paths: &[PathBuf]) -> Vec<(PathBuf, Option<io::Error>)> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            found.extend(walk(path));
        } else {
            found.push((path.clone(), None));
        }
    }
    found
}

/// The whole text of a small file: a rule, a mapping.
#[expect(clippy::disallowed_methods, reason = "this is the library that opens files")]
pub fn text(path: &Path) -> io::Result<String> {
    std::fs::read_to_string(path)
}

/// Writes a file whole, and makes the folders above it.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, bytes)
}

/// Puts a file in the place of another: whoever reads it sees the old one or the new one, whole.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    // As any other new file: the mask of the process decides who reads it.
    #[cfg(unix)]
    let builder = builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    if let Ok(there) = std::fs::metadata(path) {
        std::fs::set_permissions(file.path(), there.permissions())?;
    }
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// The whole of a small file.
#[expect(clippy::disallowed_methods, reason = "this is the library that opens files")]
pub fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    std::fs::read(path)
}

#[expect(clippy::disallowed_methods, reason = "this is the library that opens files")]
pub(crate) fn open_file(path: &Path) -> io::Result<File> {
    File::open(path)
}

impl Input {
    /// Bytes in memory as an input, under a name that stands for their path.
    pub fn in_memory(name: impl Into<PathBuf>, bytes: impl Into<Arc<[u8]>>) -> Input {
        let bytes = bytes.into();
        let stored_bytes = bytes.len() as u64;
        let source = Source::Memory(bytes);
        Input { path: name.into(), source, stored_bytes, reach: Reach::default() }
    }

    /// The path; of a member of an archive `archive!member`.
    pub fn name(&self) -> String {
        match &self.source {
            Source::Member(member) | Source::Spooled(_, member) => {
                format!("{}!{}", self.path.display(), member.name)
            }
            _ => self.path.display().to_string(),
        }
    }

    /// Whether it can be read once only.
    pub fn is_standard(&self) -> bool {
        matches!(self.source, Source::Standard)
    }

    /// The same standard input, put into a temporary file in `folder` so that it can be read more than once. Anything
    /// else can be already, and stays as it is.
    pub fn kept(&self, folder: Option<&Path>) -> io::Result<Input> {
        if !self.is_standard() {
            return Ok(self.clone());
        }
        let mut file = match folder {
            Some(folder) => NamedTempFile::new_in(folder)?,
            None => NamedTempFile::new()?,
        };
        let stored_bytes = io::copy(&mut io::stdin(), &mut file)?;
        Ok(Input { source: Source::Kept(Arc::new(file)), stored_bytes, ..self.clone() })
    }

    /// Events that an import holds.
    pub(crate) fn spooled(events: &Arc<Spooled>) -> Input {
        Input {
            path: PathBuf::from("events"),
            source: Source::Events(Arc::clone(events)),
            stored_bytes: events.bytes,
            reach: Reach::default(),
        }
    }

    /// An input that fails with this error when it is read.
    pub(crate) fn failing(&self, error: io::Error) -> Input {
        broken(self.path.clone(), error)
    }

    /// The first so many bytes of it.
    pub(crate) fn head(&self, bytes: u64) -> Input {
        let mut head = self.clone();
        head.reach.head_bytes = Some(bytes);
        head
    }

    /// The same input, read in blocks of so many bytes.
    pub(crate) fn in_blocks_of(&self, bytes: usize) -> Input {
        let mut input = self.clone();
        input.reach.block_bytes = Some(bytes);
        input
    }

    /// The path, where it is a file of its own.
    pub(crate) fn file(&self) -> Option<&Path> {
        matches!(self.source, Source::File).then_some(&*self.path)
    }

    /// Whether an event of it may have a time at or after `since` and before `until`, as far as that shows without opening
    /// it: a part of an import says in its path of which day its events are, and whether they have a time at all.
    pub fn may_lie(&self, since: Option<Timestamp>, until: Option<Timestamp>) -> bool {
        self.file().and_then(Day::of).is_none_or(|day| day.may_lie(since, until))
    }

    /// A reader of its events, if it is a part of an import.
    fn part(&self, progress: &Progress) -> Result<Option<Reader>, InputError> {
        let Some(path) = self.file() else { return Ok(None) };
        let Some(part) = Part::open(path).map_err(InputError::Open)? else { return Ok(None) };
        let events = part.read(true).map_err(InputError::Open)?.counting(&progress.read_bytes);
        let (block_bytes, head_bytes) = (self.block_bytes(), self.reach.head_bytes);
        Ok(Some(KeptChunks { events, block_bytes, head_bytes, number: 0 }.reader()))
    }

    fn block_bytes(&self) -> usize {
        self.reach.block_bytes.unwrap_or(BLOCK_BYTES)
    }

    /// Opens it for reading from its start, as records of a source if that is known.
    pub fn open(
        &self,
        progress: &Progress,
        source: Option<&'static readers::Source>,
    ) -> Result<Reader, InputError> {
        if let Some(reader) = self.part(progress)? {
            return Ok(reader);
        }
        let count = |input: File| Counted { input, read: Arc::clone(&progress.read_bytes) };
        let reader: Box<dyn Read + Send> = match &self.source {
            Source::Events(events) => {
                return kept::reader(events, self.block_bytes()).map_err(InputError::Open);
            }
            Source::File => Box::new(count(open_file(&self.path).map_err(InputError::Open)?)),
            Source::Standard => {
                Box::new(Counted { input: io::stdin(), read: Arc::clone(&progress.read_bytes) })
            }
            Source::Member(member) => {
                let file = open_file(&self.path).map_err(InputError::Open)?;
                member.open(count(file)).map_err(InputError::Read)?
            }
            Source::Memory(bytes) => Box::new(Cursor::new(Arc::clone(bytes))),
            Source::Kept(file) => Box::new(count(file.reopen().map_err(InputError::Open)?)),
            Source::Spooled(file, member) => {
                // Opened anew: members are read at the same time, each from its own place.
                let file = file.reopen().map_err(InputError::Open)?;
                member.open(count(file)).map_err(InputError::Read)?
            }
            Source::Broken(error) => return Err(InputError::List(Arc::clone(error))),
            Source::BrokenArchive(error) => return Err(InputError::Archive(Arc::clone(error))),
        };
        let reader = match self.reach.head_bytes {
            Some(bytes) => Box::new(reader.take(bytes)),
            None => reader,
        };
        let mut opening = Opening { source, ..Opening::default() };
        if let Some(bytes) = self.reach.block_bytes {
            opening.bounds.block_bytes = bytes;
        }
        Reader::open_as(reader, opening).map_err(InputError::Read)
    }
}

fn broken(path: PathBuf, error: io::Error) -> Input {
    Input {
        path,
        source: Source::Broken(Arc::new(error)),
        stored_bytes: 0,
        reach: Reach::default(),
    }
}

/// A file, or the members of the archive that it is.
fn file(path: PathBuf, found: &mut Vec<Input>) {
    if let Some(size) = part_bytes(&path) {
        let (source, reach) = (Source::File, Reach::default());
        return found.push(Input { path, source, stored_bytes: size, reach });
    }
    let looked = open_file(&path).and_then(|mut file| {
        let about = file.metadata()?;
        // A pipe or a device cannot be looked into twice.
        let members = if about.is_file() { archive::members(&mut file) } else { Ok(None) };
        Ok((about.len(), members))
    });
    match looked {
        Err(error) => found.push(broken(path, error)),
        Ok((size, Ok(None))) => {
            found.push(Input {
                path,
                source: Source::File,
                stored_bytes: size,
                reach: Reach::default(),
            });
        }
        Ok((_, Ok(Some(members)))) => {
            members_of(&path, members, &Source::Member, found);
        }
        Ok((size, Err(error))) => {
            let source = Source::BrokenArchive(Arc::new(error));
            found.push(Input { path, source, stored_bytes: size, reach: Reach::default() });
        }
    }
}

/// The size of a part of an import. What has such a name is no archive, so that of many parts those are opened alone that
/// are read.
fn part_bytes(path: &Path) -> Option<u64> {
    Day::of(path)?;
    let about = std::fs::metadata(path).ok()?;
    about.is_file().then_some(about.len())
}

fn members_of(
    path: &Path,
    mut members: Vec<Member>,
    source: &dyn Fn(Member) -> Source,
    found: &mut Vec<Input>,
) {
    members.sort_by(|a, b| a.name.cmp(&b.name));
    for member in members {
        let stored_bytes = member.stored_bytes;
        found.push(Input {
            path: path.to_owned(),
            source: source(member),
            stored_bytes,
            reach: Reach::default(),
        });
    }
}

fn folder(path: &Path, wanted: &dyn Fn(&Path) -> bool, found: &mut Vec<Input>) {
    // The partition of an import whose live parts were found.
    let mut partition: Option<PathBuf> = None;
    for (path, error) in walk(path) {
        if error.is_none()
            && let Some(folder) = path.parent()
            && (partition.as_deref() == Some(folder) || journal::has_journal(folder))
        {
            if partition.as_deref() != Some(folder) {
                partition = Some(folder.to_owned());
                live_parts(folder, wanted, found);
            }
            continue;
        }
        match error {
            Some(error) => found.push(broken(path, error)),
            None if path.file_name().is_some_and(|name| name == SITE_FILE) => {}
            None if wanted(&path) => file(path, found),
            None => {}
        }
    }
}

/// The parts of a partition that are live.
fn live_parts(folder: &Path, wanted: &dyn Fn(&Path) -> bool, found: &mut Vec<Input>) {
    match journal::live(folder) {
        Ok(parts) => {
            for part in parts.into_iter().filter(|part| wanted(part)) {
                file(part, found);
            }
        }
        Err(error) => found.push(broken(folder.to_owned(), error)),
    }
}

/// The files below a folder in the order of their names, hidden ones and those in hidden folders passed over.
fn walk(path: &Path) -> impl Iterator<Item = (PathBuf, Option<io::Error>)> {
    let visible = |entry: &walkdir::DirEntry| {
        entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.')
    };
    let root = path.to_owned();
    let entries = WalkDir::new(path).sort_by_file_name().into_iter().filter_entry(visible);
    entries.filter_map(move |entry| match entry {
        Ok(entry) => entry.file_type().is_file().then(|| (entry.into_path(), None)),
        Err(error) => {
            let place = error.path().unwrap_or(&root).to_owned();
            Some((place, Some(error.into())))
        }
    })
}

fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '[', '{'])
}

/// The files that a pattern matches, looked for below its last part without a special character.
fn pattern(path: &Path, found: &mut Vec<Input>) {
    let glob = GlobBuilder::new(&path.to_string_lossy()).literal_separator(true).build();
    let matcher = match glob {
        Ok(glob) => glob.compile_matcher(),
        Err(error) => {
            let error = io::Error::new(io::ErrorKind::InvalidInput, error.to_string());
            return found.push(broken(path.to_owned(), error));
        }
    };
    let plain: PathBuf =
        path.components().take_while(|part| !is_pattern(Path::new(part.as_os_str()))).collect();
    let (root, below) = if plain.as_os_str().is_empty() {
        (Path::new("."), true)
    } else {
        (plain.as_path(), false)
    };
    let before = found.len();
    let wanted = |file: &Path| {
        let file = if below { file.strip_prefix(".").unwrap_or(file) } else { file };
        matcher.is_match(file)
    };
    folder(root, &wanted, found);
    if found.len() == before {
        let error = io::Error::new(io::ErrorKind::NotFound, "no file matches the pattern");
        found.push(broken(path.to_owned(), error));
    }
}

/// Standard input; an archive there is put into a temporary file first, because its list of members is at its end.
fn standard_input(found: &mut Vec<Input>) {
    let path = PathBuf::from("-");
    let plain = Input {
        path: path.clone(),
        source: Source::Standard,
        stored_bytes: 0,
        reach: Reach::default(),
    };
    // The buffered bytes of standard input stay in the process-wide buffer, so looking at them takes nothing away.
    let is_archive = {
        let mut locked = io::stdin().lock();
        matches!(io::BufRead::fill_buf(&mut locked), Ok(head) if archive::looks_like_one(head))
    };
    if !is_archive {
        return found.push(plain);
    }
    let spooled = NamedTempFile::new().and_then(|mut file| {
        io::copy(&mut io::stdin(), &mut file)?;
        Ok(file)
    });
    match spooled {
        Err(error) => found.push(broken(path, error)),
        Ok(mut file) => match archive::members(file.as_file_mut()) {
            Ok(Some(members)) => {
                let file = Arc::new(file);
                let source = |member| Source::Spooled(Arc::clone(&file), member);
                members_of(&path, members, &source, found);
            }
            Ok(None) => found.push(plain),
            Err(error) => {
                let source = Source::BrokenArchive(Arc::new(error));
                found.push(Input { path, source, stored_bytes: 0, reach: Reach::default() });
            }
        },
    }
}

/// Counts what passes through.
struct Counted<R> {
    input: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl<R: Seek> Seek for Counted<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.input.seek(to)
    }
}
