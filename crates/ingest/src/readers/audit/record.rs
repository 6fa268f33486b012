//! One audit record: `node=N type=T msg=audit(SECONDS.MILLIS:SERIAL): key=value ...`.
//!
//! The values are given as people read them: hexadecimal text is decoded, numbers of architectures, system calls and
//! errors become names. A body that is odd gives what can be read of it and never fails; only a head that is none does.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use bumpalo::Bump;
use memchr::memmem::Finder;
use memchr::{memchr, memchr_iter, memrchr};

use super::tables::{self, Arch};
use crate::limits::AUDIT_VALUES_MAX;

/// What stands before the body of a record, and says to which event it belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head<'l> {
    /// The machine, if the log names it; else empty.
    pub(super) node: &'l [u8],
    /// The type: `SYSCALL`.
    pub(super) kind: &'l [u8],
    /// Seconds since 1970 with their fraction, as written.
    pub(super) time: &'l [u8],
    pub(super) milliseconds: u64,
    pub(super) serial: u64,
    /// The rest of the line.
    pub(super) body: &'l [u8],
}

/// A record: its type and its values.
#[derive(Debug)]
pub(crate) struct Record<'c> {
    pub(crate) kind: &'c str,
    pub(crate) pairs: Vec<(&'c str, &'c str)>,
    /// The arguments of an `EXECVE`, each with its number; long ones come in parts and are put together here.
    pub(crate) arguments: Vec<(u32, Vec<u8>)>,
    /// It tells of another process than the event's: a log collector added it.
    pub(crate) is_context: bool,
    /// It has more values than are kept.
    pub(super) is_cut: bool,
    arch: Option<Arch>,
}

/// How a value was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// Between quotes, or by a program that decoded it: taken as it is.
    Plain,
    /// Without quotes: hexadecimal where the field can be.
    Bare,
}

/// The byte between what the kernel said and what the audit daemon knows of it.
const GROUP_SEPARATOR: char = '\u{1D}';

/// Reads the head of a line. Text in front of it, as syslog and the audit dispatcher write, is passed over.
pub(super) fn head(line: &[u8]) -> Option<Head<'_>> {
    const STAMP: &[u8] = b"audit(";
    static STAMPS: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(STAMP));
    let at = STAMPS.find(line)?;
    let before = line[..at].strip_suffix(b"msg=").unwrap_or(&line[..at]).trim_ascii_end();
    let kind = last_word(before);
    let before = before[..before.len() - kind.len()].trim_ascii_end();
    let kind = kind.strip_prefix(b"type=").filter(|kind| !kind.is_empty())?;
    let node = last_word(before).strip_prefix(b"node=").unwrap_or_default();
    let stamp = &line[at + STAMP.len()..];
    let end = memchr(b')', stamp)?;
    let (stamp, body) = (&stamp[..end], &stamp[end + 1..]);
    let colon = memrchr(b':', stamp)?;
    let (time, serial) = (&stamp[..colon], digits(&stamp[colon + 1..])?);
    let body = body.strip_prefix(b":").unwrap_or(body);
    Some(Head { node, kind, time, milliseconds: milliseconds(time)?, serial, body })
}

fn last_word(text: &[u8]) -> &[u8] {
    let start = text.iter().rposition(u8::is_ascii_whitespace).map_or(0, |blank| blank + 1);
    &text[start..]
}

fn digits(text: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(text).ok().filter(|text| !text.starts_with('+'))?;
    digits.parse().ok()
}

/// `SECONDS.MILLIS`; a fraction of another length is one all the same.
fn milliseconds(time: &[u8]) -> Option<u64> {
    let (seconds, fraction) = match memchr(b'.', time) {
        Some(point) => (&time[..point], &time[point + 1..]),
        None => (time, &[][..]),
    };
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digit = |place: usize| fraction.get(place).map_or(0, |byte| u64::from(byte - b'0'));
    let millis = digit(0) * 100 + digit(1) * 10 + digit(2);
    digits(seconds)?.checked_mul(1000)?.checked_add(millis)
}

/// Text of bytes that may not be UTF-8.
pub(super) fn text<'c>(bytes: &'c [u8], arena: &'c Bump) -> &'c str {
    match simdutf8::basic::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => arena.alloc_str(&String::from_utf8_lossy(bytes)),
    }
}

impl<'c> Record<'c> {
    /// A record without values.
    pub(crate) fn new(kind: &'c str) -> Record<'c> {
        Record {
            kind,
            pairs: Vec::new(),
            arguments: Vec::new(),
            is_context: false,
            is_cut: false,
            arch: None,
        }
    }

    /// Reads the record of a line whose head was read.
    pub(super) fn parse(head: &Head<'c>, arena: &'c Bump) -> Record<'c> {
        let kind = text(head.kind, arena);
        let mut record = Record::new(tables::record_type(kind).unwrap_or(kind));
        let pairs = memchr_iter(b'=', head.body).count();
        record.pairs.reserve(pairs.min(AUDIT_VALUES_MAX));
        record.read(text(head.body, arena), Place::Body, arena);
        record
    }

    /// The first value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&'c str> {
        self.pairs.iter().find(|(own, _)| *own == key).map(|(_, value)| *value)
    }

    fn read(&mut self, body: &'c str, place: Place, arena: &'c Bump) {
        let mut rest = body;
        let mut word = "";
        if matches!(self.kind, "AVC" | "USER_AVC") {
            self.access_vector(body);
        }
        loop {
            rest = rest.trim_start_matches(is_blank);
            if AUDIT_VALUES_MAX <= self.pairs.len() && !rest.is_empty() {
                self.is_cut = true;
                return;
            }
            let ends = |byte: u8| byte == b'=' || is_blank_byte(byte);
            let Some(end) = rest.bytes().position(ends) else { return };
            let (key, after) = rest.split_at(end);
            let Some(after) = after.strip_prefix('=') else {
                (word, rest) = (key, after);
                continue;
            };
            // Old kernels: `login pid=1 uid=0 old auid=4294967295 new auid=0`.
            let key = match word {
                "old" | "new" if self.kind == "LOGIN" => arena.alloc_str(&format!("{word}_{key}")),
                _ => key,
            };
            word = "";
            rest = self.value(key, after, place, arena);
        }
    }

    /// Reads the value of a key, and gives what follows it.
    fn value(&mut self, key: &'c str, rest: &'c str, place: Place, arena: &'c Bump) -> &'c str {
        if let Some(quoted) = rest.strip_prefix('"') {
            // A closing quote that is missing was cut off with the rest of the line.
            let (value, rest) = quoted.split_once('"').unwrap_or((quoted, ""));
            self.add(key, value, Written::Plain, arena);
            return rest;
        }
        if let (Some(quoted), Place::Body) = (rest.strip_prefix('\''), place) {
            let kernel = quoted.find(GROUP_SEPARATOR).unwrap_or(quoted.len());
            let end = quoted[..kernel].rfind('\'').unwrap_or(kernel);
            self.read(&quoted[..end], Place::Message, arena);
            return quoted[end..].strip_prefix('\'').unwrap_or(&quoted[end..]);
        }
        if let Some((value, rest)) = rest.strip_prefix('{').and_then(|inner| inner.split_once('}'))
        {
            self.add(key, value.trim(), Written::Plain, arena);
            return rest;
        }
        let end = rest.bytes().position(is_blank_byte).unwrap_or(rest.len());
        let value = match place {
            Place::Body => &rest[..end],
            // `(hostname=?, addr=?, terminal=cron res=success)`
            Place::Message => rest[..end].trim_end_matches([',', ')']),
        };
        let key = key.trim_start_matches('(');
        self.add(key, value, Written::Bare, arena);
        &rest[end..]
    }

    /// `avc:  denied  { read } for  pid=..`: the words of an access vector before its values.
    fn access_vector(&mut self, body: &'c str) {
        let Some(rest) = body.trim_start().strip_prefix("avc:") else { return };
        let Some((result, rest)) = rest.split_once('{') else { return };
        let Some((permissions, _)) = rest.split_once('}') else { return };
        self.pairs.push(("seresult", result.trim()));
        self.pairs.push(("seperms", permissions.trim()));
    }

    /// Adds a value as it is meant.
    pub(crate) fn add(&mut self, key: &'c str, value: &'c str, written: Written, arena: &'c Bump) {
        if self.kind == "EXECVE"
            && let Some((number, is_part)) = argument(key)
        {
            let decoded_bytes = bytes_of_hex(value).filter(|_| written == Written::Bare);
            let bytes = decoded_bytes.unwrap_or_else(|| value.as_bytes().to_vec());
            match self.arguments.last_mut() {
                Some((last, argument)) if is_part && *last == number => argument.extend(bytes),
                _ => self.arguments.push((number, bytes)),
            }
            self.pairs.push((key, decoded(value, written, arena)));
            return;
        }
        let value = match key {
            "arch" => {
                let token = value.strip_prefix("0x").unwrap_or(value);
                self.arch = u32::from_str_radix(token, 16).ok().and_then(tables::arch);
                self.arch.map_or(value, |arch| arch.name)
            }
            "syscall" => {
                let named = |number| self.arch.and_then(|arch| arch.call(number));
                value.parse().ok().and_then(named).unwrap_or(value)
            }
            "exit" => {
                let number = value.strip_prefix('-').and_then(|number| number.parse().ok());
                number.and_then(tables::error).unwrap_or(value)
            }
            "success" | "res" | "result" => return self.result(value),
            "auid" | "old-auid" | "ses" | "uid" if matches!(value, "4294967295" | "-1") => "unset",
            "saddr" => {
                self.pairs.push((key, value));
                return self.socket_address(&bytes_of_hex(value).unwrap_or_default(), arena);
            }
            "subj" => return self.label(value, &SUBJECT),
            "obj" => return self.label(value, &OBJECT),
            "key" => return self.keys(decoded(value, written, arena)),
            "proctitle" => arena.alloc_str(&decoded(value, written, arena).replace('\0', " ")),
            _ if is_encoded(key) => decoded(value, written, arena),
            _ => value,
        };
        self.pairs.push((key, value));
    }

    fn result(&mut self, value: &'c str) {
        let result = match value {
            "yes" | "1" | "success" => "success",
            "no" | "0" | "fail" | "failed" => "fail",
            other => other,
        };
        self.pairs.push(("result", result));
    }

    /// The keys of the rules that caught the event, with a byte 1 between them.
    fn keys(&mut self, value: &'c str) {
        for key in value.split('\u{1}') {
            self.pairs.push(("key", key.strip_prefix("key=").unwrap_or(key)));
        }
    }

    /// A security label `user:role:domain:level:category`; its last parts may be missing.
    fn label(&mut self, value: &'c str, names: &Label) {
        self.pairs.push((names.whole, value));
        for (name, part) in names.parts.into_iter().zip(value.splitn(names.parts.len(), ':')) {
            self.pairs.push((name, part));
        }
    }

    /// An address as the kernel has it in memory (`struct sockaddr`).
    pub(crate) fn socket_address(&mut self, bytes: &[u8], arena: &'c Bump) {
        let [first, second, rest @ ..] = bytes else { return };
        // The family is in the order of the machine that wrote it; none has a number above 255.
        let family =
            if *second == 0 { u16::from(*first) } else { u16::from_be_bytes([*first, *second]) };
        let name = tables::family(family);
        let named = name.unwrap_or_else(|| arena.alloc_str(&family.to_string()));
        self.pairs.push(("family", named));
        match (name, rest) {
            (Some("ipv4"), [high, low, rest @ ..]) => {
                if let Some(octets) = rest.first_chunk::<4>() {
                    let port = u16::from_be_bytes([*high, *low]);
                    self.endpoint(&Ipv4Addr::from(*octets).to_string(), port, arena);
                }
            }
            // The port, four bytes of flow information, the address, the scope.
            (Some("ipv6"), [high, low, _, _, _, _, rest @ ..]) => {
                if let Some(octets) = rest.first_chunk::<16>() {
                    let port = u16::from_be_bytes([*high, *low]);
                    self.endpoint(&Ipv6Addr::from(*octets).to_string(), port, arena);
                }
            }
            (Some("unix"), path) => {
                // Abstract names begin with a zero byte; tools show an `@` there.
                let (mark, name) = match path.strip_prefix(&[0]) {
                    Some(name) if name.first().is_some_and(|byte| *byte != 0) => ("@", name),
                    _ => ("", path),
                };
                let end = memchr(0, name).unwrap_or(name.len());
                if 0 < end {
                    let path = format!("{mark}{}", String::from_utf8_lossy(&name[..end]));
                    self.pairs.push(("path", arena.alloc_str(&path)));
                }
            }
            _ => {}
        }
    }

    /// Adds an address and a port.
    pub(crate) fn endpoint(&mut self, address: &str, port: u16, arena: &'c Bump) {
        self.pairs.push(("addr", arena.alloc_str(address)));
        self.pairs.push(("port", arena.alloc_str(&port.to_string())));
    }
}

/// Where values stand: in the record, or in the message of a user-space program inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Body,
    Message,
}

/// The names of the parts of a security label.
struct Label {
    whole: &'static str,
    parts: [&'static str; 5],
}

static SUBJECT: Label = Label {
    whole: "subj",
    parts: ["subj_user", "subj_role", "subj_domain", "subj_level", "subj_category"],
};
static OBJECT: Label = Label {
    whole: "obj",
    parts: ["obj_user", "obj_role", "obj_domain", "obj_level", "obj_category"],
};

/// Whether a value is written in hexadecimal when it has blanks, quotes or control characters.
fn is_encoded(key: &str) -> bool {
    matches!(
        key,
        "acct"
            | "cmd"
            | "comm"
            | "cwd"
            | "data"
            | "dir"
            | "exe"
            | "file"
            | "name"
            | "ocomm"
            | "path"
            | "sw"
            | "vm"
            | "watch"
    )
}

/// The number of the argument that a key of an `EXECVE` holds, and whether it holds a part of it: `a1`, `a1[0]`.
fn argument(key: &str) -> Option<(u32, bool)> {
    let number = key.strip_prefix('a')?;
    match number.split_once('[') {
        Some((number, part)) => {
            part.strip_suffix(']')?.parse::<u32>().ok()?;
            Some((number.parse().ok()?, true))
        }
        None => Some((number.parse().ok()?, false)),
    }
}

fn is_blank(c: char) -> bool {
    u8::try_from(c).is_ok_and(is_blank_byte)
}

/// A byte that is one stands for itself in UTF-8: all are ASCII.
fn is_blank_byte(byte: u8) -> bool {
    byte.is_ascii_whitespace() || char::from(byte) == GROUP_SEPARATOR
}

/// The text of a value that may be hexadecimal.
fn decoded<'c>(value: &'c str, written: Written, arena: &'c Bump) -> &'c str {
    let bytes = if written == Written::Bare { bytes_of_hex(value) } else { None };
    bytes.map_or(value, |bytes| arena.alloc_str(&String::from_utf8_lossy(&bytes)))
}

/// The bytes of hexadecimal text as the kernel writes it: in upper case, two digits a byte.
pub(super) fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    };
    let text = text.as_bytes();
    if text.is_empty() || !text.len().is_multiple_of(2) {
        return None;
    }
    text.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &[(&str, &str)]) {
        let arena = Bump::new();
        let record = Record::parse(&head(line.as_bytes()).expect("the line has a head"), &arena);
        assert_eq!(record.pairs, expected, "{line}");
    }

    #[test]
    fn a_head_is_found_behind_what_loggers_put_before_it() {
        for line in [
            "node=web type=SYSCALL msg=audit(1500000000.25:7): a=b",
            "Oct 24 17:05:38 web audispd: node=web type=SYSCALL msg=audit(1500000000.25:7): a=b",
        ] {
            let head = head(line.as_bytes()).expect("a head");
            assert_eq!((head.node, head.kind, head.serial), (&b"web"[..], &b"SYSCALL"[..], 7));
            assert_eq!((head.milliseconds, head.body), (1_500_000_000_250, &b" a=b"[..]));
        }
        let kernel =
            head(b"kernel: [ 3.1] audit: type=1400 audit(1500000000.000:7): x=y").expect("a head");
        assert_eq!(kernel.kind, b"1400");
        for none in [
            "",
            "----",
            "time->Sat",
            "type=UNKNOWN[1329] msg=?",
            "type=CWD msg=audit(08/16/24 14:44:02.459:7) : cwd=/",
            "type= msg=audit(1.2:3): a=b",
            "type=A msg=audit(1.2:3",
            "type=A msg=audit(1.2)",
            "type=A msg=audit(:)",
            "type=A msg=audit(99999999999999999999.1:3): a=b",
            "type=A msg=audit(1.x:3): a=b",
            "audit(1.2:3)",
        ] {
            assert_eq!(head(none.as_bytes()), None, "{none}");
        }
    }

    #[test]
    fn values_are_given_as_they_are_meant() {
        check(
            "type=SYSCALL msg=audit(1.0:2): arch=c000003e syscall=42 success=no exit=-115 auid=4294967295 comm=\"a b\" exe=2F612062 key=(null)\u{1D}ARCH=x86_64 UID=\"root\"",
            &[
                ("arch", "x86_64"),
                ("syscall", "connect"),
                ("result", "fail"),
                ("exit", "EINPROGRESS"),
                ("auid", "unset"),
                ("comm", "a b"),
                ("exe", "/a b"),
                ("key", "(null)"),
                ("ARCH", "x86_64"),
                ("UID", "root"),
            ],
        );
        check("type=CWD msg=audit(1.0:2):  cwd=\"/ho", &[("cwd", "/ho")]);
        check("type=PROCTITLE msg=audit(1.0:2): proctitle=6C73002D6C", &[("proctitle", "ls -l")]);
        check(
            "type=X msg=audit(1.0:2): subj==docker-default (enforce) key=61016B65793D62",
            &[
                ("subj", "=docker-default"),
                ("subj_user", "=docker-default"),
                ("key", "a"),
                ("key", "b"),
            ],
        );
    }

    #[test]
    fn messages_of_programs_are_read_into_the_record() {
        check(
            "type=USER_LOGIN msg=audit(1.0:2): pid=1 uid=0 msg='op=login acct=28696E76616C6964207573657229 addr=192.0.2.1 res=failed'",
            &[
                ("pid", "1"),
                ("uid", "0"),
                ("op", "login"),
                ("acct", "(invalid user)"),
                ("addr", "192.0.2.1"),
                ("result", "fail"),
            ],
        );
        // The closing quote was cut off.
        check(
            "type=USER_CMD msg=audit(1.0:2): msg='cwd=\"/\" res=success",
            &[("cwd", "/"), ("result", "success")],
        );
        check(
            "type=CRED_DISP msg=audit(1.0:2): user pid=1 msg='PAM: setcred acct=root : exe=\"/x\" (hostname=?, res=success)'",
            &[
                ("pid", "1"),
                ("acct", "root"),
                ("exe", "/x"),
                ("hostname", "?"),
                ("result", "success"),
            ],
        );
        check(
            "type=LOGIN msg=audit(1.0:2): login pid=1 old auid=4294967295 new auid=0",
            &[("pid", "1"), ("old_auid", "4294967295"), ("new_auid", "0")],
        );
        check(
            "type=AVC msg=audit(1.0:2): avc:  denied  { read write } for  pid=1",
            &[("seresult", "denied"), ("seperms", "read write"), ("pid", "1")],
        );
    }

    #[test]
    #[rustfmt::skip]
    fn socket_addresses_are_those_of_the_kernel() {
        let address = |hex: &str| {
            let arena = Bump::new();
            let mut record = Record::new("SOCKADDR");
            record.socket_address(&bytes_of_hex(hex).unwrap_or_default(), &arena);
            record.pairs.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ")
        };
        // Family 2 little-endian, port 443, 203.0.113.9, padding.
        assert_eq!(address("020001BBCB0071090000000000000000"), "family=ipv4 addr=203.0.113.9 port=443");
        // The same of a big-endian machine.
        assert_eq!(address("000201BBCB007109"), "family=ipv4 addr=203.0.113.9 port=443");
        // Family 10, port 1883, flow label, 2001:db8::1, scope.
        assert_eq!(address("0A00075B0000000020010DB800000000000000000000000100000000"), "family=ipv6 addr=2001:db8::1 port=1883");
        assert_eq!(address("01002F72756E2F7300FF"), "family=unix path=/run/s");
        assert_eq!(address("01000061620000"), "family=unix path=@ab");
        assert_eq!(address("0100"), "family=unix");
        assert_eq!(address("100000000000"), "family=netlink");
        assert_eq!(address("0000"), "family=0");
        // Cut.
        assert_eq!(address("020001BBCB"), "family=ipv4");
        assert_eq!(address("02"), "");
    }
}
