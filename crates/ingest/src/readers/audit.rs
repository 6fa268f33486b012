//! The Linux audit log: text as `auditd` and `ausearch --raw` write it, also behind what syslog puts before a line.
//!
//! An event is several records, a line each, with the same machine, time and serial; [`Joiner`] puts them together.
//! What the fields are called is said in `event.rs`. Text that `ausearch -i` made for people is not read: it lacks what
//! it interpreted.

use bumpalo::Bump;
use memchr::memchr_iter;

use super::{Layout, OnItem, Raw, Source, same_path};
use crate::limits::AUDIT_VALUES_MAX;

pub(super) use event::AuditEvent;
pub use joiner::{Joined, Joiner};
pub(super) use record::{Record, Written};

mod event;
mod joiner;
mod record;
mod tables;

pub(crate) static SOURCE: Source = Source {
    name: "audit-log",
    title: "Linux audit log",
    mapping: "audit",
    layout: Layout::Joined(tell),
    items,
    path: same_path,
};

fn tell(line: &str) -> bool {
    record::head(line.as_bytes()).is_some()
}

/// What a line says about its event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Joins {
    /// There may be more lines.
    More,
    /// It is the last.
    Last,
    /// It is the only one.
    Alone,
}

/// Whether more records may come of the event of a record. Programs write theirs alone; those of the kernel come with
/// the system call that caused them.
fn joins(kind: &[u8]) -> Joins {
    const ALONE: [&[u8]; 22] = [
        b"USER_",
        b"CRED_",
        b"ADD_",
        b"DEL_",
        b"GRP_",
        b"ACCT_",
        b"DAEMON_",
        b"CRYPTO_",
        b"SERVICE_",
        b"SYSTEM_",
        b"VIRT_",
        b"ROLE_",
        b"RESP_",
        b"DEV_",
        b"LABEL_",
        b"ANOM_LOGIN_",
        b"CHGRP_ID",
        b"CHUSER_ID",
        b"USYS_CONFIG",
        b"SOFTWARE_UPDATE",
        b"TRUSTED_APP",
        b"TEST",
    ];
    match kind {
        // Nearly every line is of these: they need not be compared with each start.
        b"SYSCALL" | b"PATH" | b"CWD" | b"EXECVE" | b"SOCKADDR" | b"PROCTITLE" => Joins::More,
        b"EOE" | b"1320" => Joins::Last,
        b"USER" => Joins::Alone,
        _ if ALONE.iter().any(|start| kind.starts_with(start)) => Joins::Alone,
        _ => Joins::More,
    }
}

/// The event of a record's lines. A line that is no audit record is reported, and the others are read without it.
fn items<'c>(raw: Raw<'c>, arena: &'c Bump, on_item: &mut OnItem<'_, 'c>) {
    let mut event: Option<AuditEvent<'c>> = None;
    let mut begin = 0;
    let mut at = 0;
    let ends = memchr_iter(b'\n', raw.bytes).map(|newline| newline + 1);
    for end in ends.chain([raw.bytes.len()]) {
        let (start, line) = (at, &raw.bytes[at..end]);
        at = end;
        if joiner::is_nothing(line) {
            continue;
        }
        let Some(head) = record::head(line.trim_ascii_end()) else {
            on_item(
                start,
                Err("no audit record (`type=TYPE msg=audit(SECONDS.MILLIS:SERIAL): ..`)".to_owned()),
            );
            continue;
        };
        if joins(head.kind) == Joins::Last {
            continue;
        }
        let record = Record::parse(&head, arena);
        if record.is_cut {
            let why =
                format!("a record with more than {AUDIT_VALUES_MAX} values, read up to there");
            on_item(start, Err(why));
        }
        match &mut event {
            Some(event) => event.records.push(record),
            None => {
                begin = start;
                event = Some(AuditEvent {
                    node: record::text(head.node, arena),
                    time: record::text(head.time, arena),
                    serial: head.serial,
                    records: vec![record],
                });
            }
        }
    }
    if let Some(event) = event {
        on_item(begin, Ok(&event));
    }
}

#[cfg(test)]
mod tests {
    use brokerwatch_ecs::{Event, Projection, Schema};
    use proptest::prelude::*;

    use super::*;
    use crate::readers::SourcePlan;

    /// The fields of the only event of some lines: `name=value`, several values with `|` between them.
    #[track_caller]
    fn check(lines: &[&str], names: &[&str], expected: &str) {
        let text = lines.join("\n");
        let mut projection = Projection::new();
        for name in names {
            projection.want(name, &Schema::strict());
        }
        let plan = SourcePlan::new(&projection, &SOURCE);
        let arena = Bump::new();
        let mut found = Vec::new();
        items(Raw { bytes: text.as_bytes(), header: &[] }, &arena, &mut |at, item| match item {
            Err(why) => found.push(format!("! {why}")),
            Ok(item) => {
                assert_eq!(at, 0);
                let mut fields = Event::new(&projection);
                item.fill(&plan, &arena, &mut fields).unwrap();
                for (slot, field) in projection.fields() {
                    let values: Vec<_> =
                        fields.values(slot).iter().map(ToString::to_string).collect();
                    found.push(format!("{}={}", field.name, values.join("|")));
                }
            }
        });
        assert_eq!(found.join("\n"), expected);
    }

    const SYSCALL: &str = "type=SYSCALL msg=audit(1.0:2): arch=c000003e";

    #[test]
    fn the_record_that_says_most_comes_first() {
        check(
            &[
                &format!("{SYSCALL} syscall=0 success=yes pid=2 name=\"s\" exe=\"/b\""),
                "type=AVC msg=audit(1.0:2): apparmor=\"DENIED\" name=\"n\" pid=1",
            ],
            &[
                "record_type",
                "types",
                "name",
                "exe",
                "SYSCALL.pid",
                "nothing",
                "time",
                "serial",
                "node",
            ],
            "record_type=avc\ntypes=SYSCALL|AVC\nname=n\nexe=/b\nSYSCALL.pid=2\nnothing=\ntime=1.0\nserial=2\nnode=",
        );
    }

    #[test]
    fn a_key_has_the_values_of_one_record() {
        check(
            &[
                "type=CWD msg=audit(1.0:2): cwd=\"/d\" x=1 x=2",
                "type=PATH msg=audit(1.0:2): name=\"n\" x=3 pid=7",
                &format!("{SYSCALL} syscall=2 key=\"k\"\u{1D}ARCH=x"),
            ],
            &["x", "data.x", "data.pid", "data.name", "pid", "PATH.x", "key"],
            "x=1|2\ndata.x=1|2\ndata.pid=\ndata.name=n\npid=7\nPATH.x=3\nkey=k",
        );
    }

    #[test]
    fn arguments_are_put_together_from_their_parts() {
        check(
            &[
                "type=EXECVE msg=audit(1.0:2): argc=3 a0=\"sh\" a1=2D63 a2_len=9 a2[0]=61C3 a2[1]=A962",
                "type=EXECVE msg=audit(1.0:2): a10=\"k\" a3=\"j\"",
            ],
            &["args", "command_line"],
            "args=sh|-c|aéb|j|k\ncommand_line=sh -c aéb j k",
        );
    }

    #[test]
    fn processes_are_told_from_threads() {
        let child = |call: &str, expected| {
            check(&[&format!("{SYSCALL} {call}")], &["child"], &format!("child={expected}"));
        };
        child("syscall=56 success=yes exit=71505 a0=1200011", "71505");
        child("syscall=56 success=yes exit=71505 a0=3d0f00", "");
        child("syscall=56 success=no exit=-11 a0=1200011", "");
        child("syscall=57 success=yes exit=9 a0=0", "9");
        check(&[&format!("{SYSCALL} syscall=231 a0=ffffff01")], &["exit_code"], "exit_code=1");
    }

    #[test]
    fn socketcall_is_what_it_does() {
        check(
            &["type=SYSCALL msg=audit(1.0:2): arch=40000003 syscall=102 a0=3"],
            &["syscall", "call"],
            "syscall=socketcall\ncall=connect",
        );
    }

    #[test]
    fn the_file_of_a_call_is_not_its_folder() {
        let parent = "type=PATH msg=audit(1.0:2): item=0 name=\"/d/\" nametype=PARENT";
        check(
            &[
                &format!("{SYSCALL} syscall=82"),
                "type=CWD msg=audit(1.0:2): cwd=\"/d\"",
                parent,
                "type=PATH msg=audit(1.0:2): item=1 name=\"./a\" nametype=DELETE",
                "type=PATH msg=audit(1.0:2): item=2 name=\"b\" nametype=CREATE mode=0100644",
            ],
            &["file.path", "file.old", "file.absolute", "file.name", "file.mode"],
            "file.path=b\nfile.old=./a\nfile.absolute=/d/b\nfile.name=b\nfile.mode=0644",
        );
        check(&[&format!("{SYSCALL} syscall=82"), parent], &["file.path"], "file.path=");
    }

    #[test]
    fn a_line_that_is_none_is_reported_and_the_others_are_read() {
        check(
            &[&format!("{SYSCALL} syscall=42"), "type=UNKNOWN[1329] msg=?"],
            &["syscall"],
            "! no audit record (`type=TYPE msg=audit(SECONDS.MILLIS:SERIAL): ..`)\nsyscall=connect",
        );
        check(&["type=EOE msg=audit(1.0:2): "], &["syscall"], "");
    }

    #[test]
    fn scripts_are_known_by_their_own_names() {
        let script = |exe: &str, comm: &str, expected| {
            let line = format!("{SYSCALL} syscall=42 comm=\"{comm}\" exe=\"{exe}\"");
            check(&[&line], &["script"], &format!("script={expected}"));
        };
        script("/usr/bin/python3.5", "google_ip_forwa", "google_ip_forwa");
        script("/usr/bin/bash", "bash", "");
        script("/usr/bin/shred", "x", "");
    }

    #[test]
    fn a_record_has_a_bound() {
        let line = format!("{SYSCALL} {}", "a=b ".repeat(AUDIT_VALUES_MAX));
        let why = format!("! a record with more than {AUDIT_VALUES_MAX} values, read up to there");
        check(&[&line], &["arch"], &format!("{why}\narch=x86_64"));
    }

    proptest! {
        #[test]
        fn any_text_gives_an_event_or_a_reason(body in "[ =\"'{}(),a0-9A-F\u{1D}é\\[\\]-]{0,60}", kind in 0..4_usize) {
            let kind = ["EXECVE", "SOCKADDR", "USER_CMD", "AVC"][kind];
            let text = format!("type={kind} msg=audit(1.0:2): {body}\n{body}\ntype=SYSCALL msg=audit(1.0:2): a0={body} saddr={body}");
            let names = ["args", "command_line", "child", "exit_code", "call", "script", "file.absolute", "data.*", "SOCKADDR.addr"];
            let mut projection = Projection::new();
            for name in names {
                projection.want(name, &Schema::strict());
            }
            let plan = SourcePlan::new(&projection, &SOURCE);
            let arena = Bump::new();
            let mut count = 0;
            items(Raw { bytes: text.as_bytes(), header: &[] }, &arena, &mut |_, item| {
                if let Ok(item) = item {
                    item.fill(&plan, &arena, &mut Event::new(&projection)).unwrap();
                    count += 1;
                }
            });
            prop_assert_eq!(count, 1);
        }
    }

    #[test]
    fn the_type_says_whether_more_lines_may_come() {
        assert_eq!(joins(b"SYSCALL"), Joins::More);
        assert_eq!(joins(b"AVC"), Joins::More);
        assert_eq!(joins(b"EOE"), Joins::Last);
        assert_eq!(joins(b"USER_AUTH"), Joins::Alone);
    }
}
