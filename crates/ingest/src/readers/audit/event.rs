//! The records of one audit event, and the fields that they give.
//!
//! `KEY` is the value of a key in the first record that has it, the main record first and the system call next;
//! `TYPE.KEY` is the value in each record of a type. What takes several values to tell has a name of its own:
//!
//! | name | what it is |
//! |---|---|
//! | `time`, `serial`, `node` | of the head |
//! | `types` | the types of all records |
//! | `record_type` | the type of the record that says what the event is about, in lower case |
//! | `call` | the system call; what `socketcall` does by the name of what it does |
//! | `args`, `command_line` | of the program that was executed |
//! | `child` | the process that `fork`, `vfork` or `clone` made; not a thread |
//! | `exit_code` | what a process ended with |
//! | `script` | the name of a script that an interpreter runs, as the kernel has it |
//! | `data.KEY`, `data.*` | `KEY`, if it is not what Auditbeat tells in other fields; all of them, as pairs |
//! | `file.*` | of the path that the system call is about: `path`, `absolute`, `name`, `old`, `nametype`, `inode`, `mode`, `ouid`, `ogid`, `rdev`, `OUID`, `OGID` |

use std::collections::BTreeSet;
use std::fmt::Write as _;

use brokerwatch_ecs::{Event, Projection, Slot, Value};
use bumpalo::Bump;
use hashbrown::HashMap;

use super::record::Record;
use super::tables;
use crate::readers::{Item, SourcePlan};

/// An audit event.
#[derive(Debug)]
pub(crate) struct AuditEvent<'c> {
    /// The machine; empty if the log does not name it.
    pub(crate) node: &'c str,
    /// Seconds since 1970 with a fraction.
    pub(crate) time: &'c str,
    pub(crate) serial: u64,
    pub(crate) records: Vec<Record<'c>>,
}

impl<'c> Item<'c> for AuditEvent<'c> {
    fn fill(
        &self,
        plan: &SourcePlan,
        arena: &'c Bump,
        fields: &mut Event<'c>,
    ) -> Result<(), String> {
        let wanted = plan.prepared(Wanted::new).ok_or("a plan of another source")?;
        for (slot, what) in &wanted.told {
            self.values(what, arena, &mut |text| fields.push(*slot, Value::Keyword(text)));
        }
        self.keys(wanted, arena, fields);
        Ok(())
    }
}

/// The wanted fields, told apart by their names once.
struct Wanted {
    /// Fields that are the values of a key in the first record that has it, each with its number among them.
    keys: HashMap<String, Vec<(usize, Slot)>>,
    keyed: usize,
    told: Vec<(Slot, What)>,
}

/// A field that takes more than a key to tell; see the table above.
enum What {
    Time,
    Serial,
    Node,
    Types,
    RecordType,
    Call,
    Arguments,
    CommandLine,
    Child,
    ExitCode,
    Script,
    File(String),
    AllData,
    /// The values of a key in every record of a type.
    Of {
        kind: String,
        key: String,
    },
}

impl Wanted {
    fn new(projection: &Projection) -> Wanted {
        let mut wanted = Wanted { keys: HashMap::new(), keyed: 0, told: Vec::new() };
        for (slot, field) in projection.fields() {
            let name = field.name.as_str();
            if let Some(what) = What::of(name) {
                wanted.told.push((slot, what));
                continue;
            }
            let datum = name.strip_prefix("data.");
            if !datum.is_some_and(is_told_elsewhere) {
                let slots = wanted.keys.entry_ref(datum.unwrap_or(name)).or_default();
                slots.push((wanted.keyed, slot));
                wanted.keyed += 1;
            }
        }
        wanted
    }
}

impl What {
    /// What a name is; `None` if it is a key, or `data.` and a key.
    fn of(name: &str) -> Option<What> {
        Some(match name {
            "time" => What::Time,
            "serial" => What::Serial,
            "node" => What::Node,
            "types" => What::Types,
            "record_type" => What::RecordType,
            "call" => What::Call,
            "args" => What::Arguments,
            "command_line" => What::CommandLine,
            "child" => What::Child,
            "exit_code" => What::ExitCode,
            "script" => What::Script,
            _ => match name.split_once('.')? {
                ("file", part) => What::File(part.to_owned()),
                ("data", "*") => What::AllData,
                ("data", _) => return None,
                (kind, key) => What::Of { kind: kind.to_owned(), key: key.to_owned() },
            },
        })
    }
}

/// The bit of `clone` that makes a thread: it is no process of its own.
const CLONE_THREAD: u64 = 0x1_0000;

impl<'c> AuditEvent<'c> {
    /// The fields that are the values of a key in the first record that has it.
    fn keys(&self, wanted: &Wanted, arena: &'c Bump, fields: &mut Event<'c>) {
        // By field, the record that has it.
        let found = arena.alloc_slice_fill_copy(wanted.keyed, None);
        for (record_number, record) in self.in_order().enumerate() {
            for (key, value) in &record.pairs {
                for (number, slot) in wanted.keys.get(*key).into_iter().flatten() {
                    if *found[*number].get_or_insert(record_number) == record_number {
                        fields.push(*slot, Value::Keyword(value));
                    }
                }
            }
        }
    }

    fn values(&self, what: &What, arena: &'c Bump, out: &mut dyn FnMut(&'c str)) {
        let text = |text: String| -> &'c str { arena.alloc_str(&text) };
        let one: Option<&'c str> = match what {
            What::Time => Some(self.time),
            What::Serial => Some(text(self.serial.to_string())),
            What::Node => Some(self.node).filter(|node| !node.is_empty()),
            What::Types => {
                self.records
                    .iter()
                    .filter(|record| !record.is_context)
                    .for_each(|record| out(record.kind));
                None
            }
            What::RecordType => self.main().map(|record| text(record.kind.to_ascii_lowercase())),
            What::Call => self.call(),
            What::Arguments => {
                self.arguments().for_each(|argument| out(text(argument)));
                None
            }
            What::CommandLine => self.command_line().map(text),
            What::Child => self.child(),
            What::ExitCode => self.exit_code().map(text),
            What::Script => self.script(),
            What::File(part) => self.file(part, arena),
            What::AllData => {
                self.data(out);
                None
            }
            What::Of { kind, key } => {
                let records = self.records.iter().filter(|record| record.kind == kind);
                let pairs = records.flat_map(|record| record.pairs.iter());
                pairs.filter(|(own, _)| own == key).for_each(|(_, value)| out(value));
                None
            }
        };
        one.into_iter().for_each(out);
    }

    /// The records in the order in which they are asked for a key, each once: the one that the event is about, the system
    /// call, the others.
    fn in_order(&self) -> impl Iterator<Item = &Record<'c>> {
        let (main, call) = (self.main(), self.of("SYSCALL"));
        let is = |one: Option<&Record<'c>>, record: &Record<'c>| {
            one.is_some_and(|one| std::ptr::eq(one, record))
        };
        let call_after = call.filter(|call| !is(main, call));
        let others = self.records.iter();
        let others = others
            .filter(move |record| !record.is_context && !is(main, record) && !is(call, record));
        main.into_iter().chain(call_after).chain(others)
    }

    /// The names and values of `data.*`, in turn.
    fn data(&self, out: &mut dyn FnMut(&'c str)) {
        let mut told = BTreeSet::new();
        let others = self.records.iter().filter(|record| {
            !record.is_context && !matches!(record.kind, "PATH" | "CWD" | "PROCTITLE" | "SOCKADDR")
        });
        for record in self.main().into_iter().chain(self.of("SYSCALL")).chain(others) {
            for (key, value) in &record.pairs {
                let is_interpretation = key.starts_with(|c: char| c.is_ascii_uppercase());
                let is_argument = record.kind == "EXECVE" && *key != "argc";
                let is_elsewhere = is_interpretation || is_argument || is_told_elsewhere(key);
                if !is_elsewhere && told.insert(*key) {
                    out(key);
                    out(value);
                }
            }
        }
    }

    fn get(&self, key: &str) -> Option<&'c str> {
        self.in_order().find_map(|record| record.get(key))
    }

    fn of(&self, kind: &str) -> Option<&Record<'c>> {
        self.records.iter().find(|record| record.kind == kind)
    }

    /// The record that says what the event is about: the system call, unless there is one that says more.
    fn main(&self) -> Option<&Record<'c>> {
        let mut own = self.records.iter().filter(|record| !record.is_context);
        let telling = own.clone().find(|record| !accompanies(record.kind));
        telling.or_else(|| self.of("SYSCALL")).or_else(|| own.next())
    }

    fn call(&self) -> Option<&'c str> {
        match self.get("syscall")? {
            "socketcall" => {
                let number = usize::from_str_radix(self.of("SYSCALL")?.get("a0")?, 16).ok()?;
                tables::socket_call(number)
            }
            // Numbers of an architecture without a table: the audit daemon of that machine knew the name.
            number if number.starts_with(|c: char| c.is_ascii_digit()) => {
                self.get("SYSCALL").or(Some(number))
            }
            name => Some(name),
        }
    }

    fn arguments(&self) -> impl Iterator<Item = String> {
        let records = self.records.iter().filter(|record| record.kind == "EXECVE");
        let mut all: Vec<_> = records.flat_map(|record| &record.arguments).collect();
        all.sort_by_key(|(number, _)| *number);
        all.into_iter().map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned())
    }

    fn command_line(&self) -> Option<String> {
        let mut line = String::new();
        for (number, argument) in self.arguments().enumerate() {
            let blank = if number == 0 { "" } else { " " };
            write!(line, "{blank}{argument}").expect("a string takes all text");
        }
        Some(line).filter(|line| !line.is_empty())
    }

    fn child(&self) -> Option<&'c str> {
        let call = self.of("SYSCALL")?;
        let made = match call.get("syscall")? {
            "fork" | "vfork" => true,
            // On every architecture with a table here the flags come first, but for s390x.
            "clone" => {
                let place = if call.get("arch") == Some("s390x") { "a1" } else { "a0" };
                let flags = u64::from_str_radix(call.get(place)?, 16).ok()?;
                flags & CLONE_THREAD == 0
            }
            // The flags of `clone3` lie in memory that no record shows.
            _ => false,
        };
        let child = call.get("exit").filter(|_| made && call.get("result") == Some("success"))?;
        Some(child).filter(|child| child.bytes().all(|byte| byte.is_ascii_digit()))
    }

    fn exit_code(&self) -> Option<String> {
        let call = self.of("SYSCALL")?;
        matches!(call.get("syscall")?, "exit" | "exit_group").then_some(())?;
        let status = u64::from_str_radix(call.get("a0")?, 16).ok()?;
        Some((status & 0xFF).to_string())
    }

    fn script(&self) -> Option<&'c str> {
        let executable = self.get("exe")?;
        let name = executable.rsplit('/').next().unwrap_or(executable);
        let interpreters = ["python", "perl", "ruby", "sh", "bash", "dash"];
        let is_interpreter = interpreters.into_iter().any(|interpreter| {
            let rest = name.strip_prefix(interpreter);
            rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphabetic()))
        });
        self.get("comm").filter(|command| is_interpreter && *command != name)
    }

    fn file(&self, part: &str, arena: &'c Bump) -> Option<&'c str> {
        if part == "old" {
            return self.is_rename().then(|| self.path("DELETE")).flatten()?.get("name");
        }
        let created = if self.is_rename() { self.path("CREATE") } else { None };
        let path = created.or_else(|| self.paths().find(|path| is_object(path)))?;
        match part {
            "path" => path.get("name"),
            "name" => path.get("name")?.rsplit('/').next().filter(|name| !name.is_empty()),
            "absolute" => {
                let name = path.get("name").filter(|name| *name != "(null)")?;
                if name.starts_with('/') {
                    return Some(name);
                }
                let folder = self.of("CWD")?.get("cwd")?.trim_end_matches('/');
                let name = name.strip_prefix("./").unwrap_or(name);
                Some(arena.alloc_str(&format!("{folder}/{name}")))
            }
            // `0100755`: the last four digits are the permissions.
            "mode" => {
                let mode = u32::from_str_radix(path.get("mode")?, 8).ok()?;
                Some(arena.alloc_str(&format!("{:04o}", mode & 0o7777)))
            }
            key => path.get(key),
        }
    }

    fn is_rename(&self) -> bool {
        matches!(self.get("syscall"), Some("rename" | "renameat" | "renameat2"))
    }

    fn path(&self, nametype: &str) -> Option<&Record<'c>> {
        self.paths().find(|path| path.get("nametype") == Some(nametype))
    }

    /// The paths, by their numbers: lines may have come out of order.
    fn paths(&self) -> impl Iterator<Item = &Record<'c>> {
        let mut paths: Vec<_> =
            self.records.iter().filter(|record| record.kind == "PATH").collect();
        let number =
            |path: &&Record<'c>| path.get("item").and_then(|item| item.parse::<u32>().ok());
        paths.sort_by_key(number);
        paths.into_iter()
    }
}

/// Whether a value has a place of its own in documents of Auditbeat, and so is no part of its `auditd.data`.
fn is_told_elsewhere(key: &str) -> bool {
    matches!(
        key,
        "pid"
            | "ppid"
            | "comm"
            | "exe"
            | "cwd"
            | "proctitle"
            | "ses"
            | "result"
            | "key"
            | "addr"
            | "items"
    ) || key.starts_with("subj")
        || key.starts_with("obj_")
        || matches!(
            key,
            "auid" | "uid" | "gid" | "euid" | "egid" | "suid" | "sgid" | "fsuid" | "fsgid"
        )
}

/// Whether a path is what the system call is about, and not the folder of it.
fn is_object(path: &Record<'_>) -> bool {
    !matches!(path.get("nametype"), Some("PARENT" | "UNKNOWN"))
}

/// Whether a record goes with one that says more of the event.
fn accompanies(kind: &str) -> bool {
    matches!(
        kind,
        "SYSCALL"
            | "PATH"
            | "CWD"
            | "EXECVE"
            | "SOCKADDR"
            | "SOCKETCALL"
            | "PROCTITLE"
            | "FD_PAIR"
            | "IPC"
            | "IPC_SET_PERM"
            | "MMAP"
            | "OBJ_PID"
            | "BPRM_FCAPS"
            | "CAPSET"
            | "MQ_OPEN"
            | "MQ_SENDRECV"
            | "MQ_NOTIFY"
            | "MQ_GETSETATTR"
            | "OPENAT2"
            | "URINGOP"
            | "TIME_ADJNTPVAL"
            | "EOE"
    )
}
