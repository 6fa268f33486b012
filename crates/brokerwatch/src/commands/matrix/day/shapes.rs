//! How each sensor tells of what a program does.

use std::fmt::Write as _;
use std::net::IpAddr;

use super::{Does, Moment, Role, Sensor, Value, date, json, spread};

/// The file of each sensor.
pub(super) const FILES: &[(Sensor, &str)] = &[
    (Sensor::Defend, "defend.ndjson"),
    (Sensor::SysmonWindows, "sysmon-windows.xml"),
    (Sensor::SysmonLinux, "sysmon-linux.syslog"),
    (Sensor::Audit, "audit.log"),
    (Sensor::Zeek, "zeek.json"),
];

/// Adds the record of a moment, if the sensor has one for it.
pub(super) fn write(moment: &Moment<'_>, number: usize, text: &mut String) {
    match moment.host.sensor {
        Sensor::Defend => line(text, &defend(moment, number).to_string()),
        Sensor::SysmonWindows | Sensor::SysmonLinux => {
            if let Some(event) = sysmon(moment, number) {
                line(text, &event);
            }
        }
        Sensor::Audit => audit(moment, number, text),
        Sensor::Zeek => {
            if let Some(document) = zeek(moment) {
                line(text, &document.to_string());
            }
        }
    }
}

fn line(text: &mut String, record: &str) {
    text.push_str(record);
    text.push('\n');
}

fn time(at: i64) -> String {
    date::from_millis(at).map(date::format).unwrap_or_default()
}

/// A name of so many hexadecimal digits that follows from texts.
fn mark(texts: &[&str], digits: usize) -> String {
    let mut mark = String::new();
    for salt in 0..digits.div_ceil(16) as u64 {
        let _ = write!(mark, "{:016x}", spread(texts, salt));
    }
    mark.truncate(digits);
    mark
}

fn base(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The process that does it: short programs have one for each time.
struct Who<'a> {
    pid: u64,
    id: String,
    name: &'a str,
    user: &'a str,
}

fn who<'a>(moment: &Moment<'a>) -> Who<'a> {
    let habit = moment.habit;
    let when = if habit.short { (moment.at / 10_000).to_string() } else { String::new() };
    let texts = [&moment.host.name, habit.path, habit.line, &when];
    let user = if habit.user.is_empty() { "kim" } else { habit.user };
    Who {
        pid: 1_000 + spread(&texts, 7) % 30_000,
        id: mark(&texts, 24),
        name: base(habit.path),
        user,
    }
}

fn local_port(moment: &Moment<'_>) -> u64 {
    let at = moment.at.to_string();
    40_000 + spread(&[&moment.host.name, &at, moment.habit.ip], 3) % 20_000
}

fn system(role: Role) -> &'static str {
    match role {
        Role::Windows => "windows",
        Role::Mac => "macos",
        _ => "linux",
    }
}

fn parent(moment: &Moment<'_>) -> &'static str {
    match (moment.habit.parent, moment.host.role) {
        ("", Role::Windows) => r"C:\Windows\explorer.exe",
        ("", Role::Mac) => "/sbin/launchd",
        ("", _) => "/usr/lib/systemd/systemd",
        (parent, _) => parent,
    }
}

fn defend(moment: &Moment<'_>, number: usize) -> Value {
    let (host, habit, who) = (moment.host, moment.habit, who(moment));
    let system = system(host.role);
    let (category, action, types) = match moment.does {
        Does::Start if system == "windows" => ("process", "start", json!(["start"])),
        Does::Start => ("process", "exec", json!(["start"])),
        Does::LookUp => ("network", "lookup_result", json!(["connection", "protocol", "info"])),
        Does::Connect if habit.inbound => {
            ("network", "connection_accepted", json!(["start", "connection"]))
        }
        Does::Connect => ("network", "connection_attempted", json!(["start", "connection"])),
    };
    let mut document = json!({
        "@timestamp": time(moment.at),
        "agent": { "id": mark(&["agent", &host.name], 32), "type": "endpoint", "version": "8.14.3" },
        "event": {
            "kind": "event", "category": [category], "type": types, "action": action, "module": "endpoint",
            "dataset": format!("endpoint.events.{category}"), "id": mark(&[&host.name, &number.to_string()], 20),
            "outcome": "unknown",
        },
        "host": { "name": host.name, "id": mark(&["host", &host.name], 32), "ip": [host.ip], "os": { "type": system } },
        "process": { "entity_id": who.id, "executable": habit.path, "name": who.name, "pid": who.pid },
        "user": { "name": who.user },
    });
    if !habit.signer.is_empty() {
        document["process"]["code_signature"] = json!({ "exists": true, "status": "trusted", "subject_name": habit.signer, "trusted": true });
    }
    match moment.does {
        Does::Start => {
            document["process"]["command_line"] = json!(habit.line);
            document["process"]["args"] = json!(habit.line.split(' ').collect::<Vec<_>>());
            document["process"]["hash"] = json!({ "sha256": mark(&["file", habit.path], 64) });
            let parent = parent(moment);
            document["process"]["parent"] = json!({ "executable": parent, "name": base(parent), "pid": 1 + spread(&[parent], 1) % 900 });
        }
        Does::LookUp => {
            document["dns"] = json!({ "question": { "name": habit.name, "type": "A" }, "resolved_ip": [habit.ip] });
            document["network"] = json!({ "protocol": "dns" });
        }
        Does::Connect => {
            let own = json!({ "ip": host.ip, "address": host.ip, "port": local_port(moment) });
            let other = json!({ "ip": habit.ip, "address": habit.ip, "port": habit.port });
            let direction = if habit.inbound { "ingress" } else { "egress" };
            document["network"] =
                json!({ "direction": direction, "transport": transport(moment), "type": "ipv4" });
            if habit.inbound {
                document["source"] =
                    json!({ "ip": habit.ip, "address": habit.ip, "port": local_port(moment) });
                document["destination"] =
                    json!({ "ip": host.ip, "address": host.ip, "port": habit.port });
            } else {
                document["source"] = own;
                document["destination"] = other;
            }
        }
    }
    document
}

fn transport(moment: &Moment<'_>) -> &'static str {
    if moment.habit.udp { "udp" } else { "tcp" }
}

fn sysmon(moment: &Moment<'_>, number: usize) -> Option<String> {
    let (host, habit, who) = (moment.host, moment.habit, who(moment));
    let windows = host.sensor == Sensor::SysmonWindows;
    let stamp = time(moment.at);
    let utc = stamp.replace('T', " ").replace('Z', "");
    let guid = format!(
        "{{{}-{}-{}-{}-{}}}",
        &who.id[..8],
        &who.id[8..12],
        &who.id[12..16],
        &who.id[16..20],
        mark(&[&who.id], 12)
    );
    let user = if windows { format!("CORP\\{}", who.user) } else { who.user.to_owned() };
    let mut data = vec![
        ("RuleName", "-".to_owned()),
        ("UtcTime", utc),
        ("ProcessGuid", guid),
        ("ProcessId", who.pid.to_string()),
    ];
    let image = ("Image", habit.path.to_owned());
    let id = match moment.does {
        Does::Start => {
            data.push(image);
            let own = base(habit.path).to_owned();
            data.extend([
                ("OriginalFileName", if windows { own } else { "-".to_owned() }),
                ("CommandLine", habit.line.to_owned()),
                ("User", user),
                ("Hashes", format!("SHA256={}", mark(&["file", habit.path], 64))),
                ("ParentImage", parent(moment).to_owned()),
            ]);
            1
        }
        Does::LookUp if windows => {
            data.extend([("QueryName", habit.name.to_owned()), ("QueryStatus", "0".to_owned())]);
            data.extend([("QueryResults", format!("::ffff:{};", habit.ip)), image, ("User", user)]);
            22
        }
        // Sysmon for Linux does not tell of names.
        Does::LookUp => return None,
        Does::Connect => {
            data.push(image);
            let (own, other) = (
                (host.ip.clone(), local_port(moment).to_string()),
                (habit.ip.to_owned(), habit.port.to_string()),
            );
            data.extend([
                ("User", user),
                ("Protocol", transport(moment).to_owned()),
                ("Initiated", (!habit.inbound).to_string()),
                ("SourceIsIpv6", "false".to_owned()),
                ("SourceIp", own.0),
                ("SourcePort", own.1),
                ("DestinationIsIpv6", "false".to_owned()),
                ("DestinationIp", other.0),
                ("DestinationPort", other.1),
            ]);
            3
        }
    };
    Some(envelope(moment, number, &stamp, id, &data))
}

fn envelope(
    moment: &Moment<'_>,
    number: usize,
    stamp: &str,
    id: u8,
    data: &[(&str, String)],
) -> String {
    let windows = moment.host.sensor == Sensor::SysmonWindows;
    let escaped =
        |value: &str| value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut fields = String::new();
    for (name, value) in data {
        let _ = write!(fields, "<Data Name=\"{name}\">{}</Data>", escaped(value));
    }
    let (space, provider, channel) = if windows {
        (
            " xmlns=\"http://schemas.microsoft.com/win/2004/08/events/event\"",
            "Microsoft-Windows-Sysmon\" Guid=\"{5770385F-C22A-43E0-BF4C-06F5698FFBD9}",
            "Microsoft-Windows-Sysmon/Operational",
        )
    } else {
        (
            "",
            "Linux-Sysmon\" Guid=\"{ff032593-a8d3-4f13-b0d6-01fc615a0f97}",
            "Linux-Sysmon/Operational",
        )
    };
    let event = format!(
        "<Event{space}><System><Provider Name=\"{provider}\"/><EventID>{id}</EventID><Version>5</Version><Level>4</Level>\
<Task>{id}</Task><Opcode>0</Opcode><Keywords>0x8000000000000000</Keywords><TimeCreated SystemTime=\"{stamp}\"/>\
<EventRecordID>{}</EventRecordID><Correlation/><Execution ProcessID=\"612\" ThreadID=\"700\"/><Channel>{channel}</Channel>\
<Computer>{}</Computer><Security UserId=\"0\"/></System><EventData>{fields}</EventData></Event>",
        1_000 + number,
        moment.host.name
    );
    if windows {
        return event;
    }
    // The whole of the day and its history is in March.
    format!(
        "Mar {:>2} {} {} sysmon: {event}",
        stamp[8..10].trim_start_matches('0'),
        &stamp[11..19],
        moment.host.name
    )
}

fn audit(moment: &Moment<'_>, number: usize, text: &mut String) {
    let (host, habit, who) = (moment.host, moment.habit, who(moment));
    let id = format!(
        "audit({}.{:03}:{})",
        moment.at.div_euclid(1000),
        moment.at.rem_euclid(1000),
        40_000 + number
    );
    let (call, success, exit) = match moment.does {
        Does::Start => (59, "yes", 0),
        Does::LookUp => return,
        Does::Connect if habit.inbound => (288, "yes", 5),
        Does::Connect => (42, "no", -115),
    };
    let node = &host.name;
    let name: String = who.name.chars().take(15).collect();
    let call = format!(
        "node={node} type=SYSCALL msg={id}: arch=c000003e syscall={call} success={success} exit={exit} a0=3 a1=7ffc12ac3ab0 \
a2=10 a3=0 items=0 ppid=1 pid={} auid=1000 uid=1000 gid=1000 euid=1000 suid=1000 fsuid=1000 egid=1000 sgid=1000 fsgid=1000 \
tty=(none) ses=4 comm=\"{name}\" exe=\"{}\" key=\"net\"",
        who.pid, habit.path
    );
    line(text, &call);
    if moment.does == Does::Start {
        let parts: Vec<&str> = habit.line.split(' ').collect();
        let mut record = format!("node={node} type=EXECVE msg={id}: argc={}", parts.len());
        for (place, part) in parts.iter().enumerate() {
            let _ = write!(record, " a{place}=\"{part}\"");
        }
        line(text, &record);
    } else {
        let port = if habit.inbound { local_port(moment) } else { u64::from(habit.port) };
        let address = match habit.ip.parse() {
            Ok(IpAddr::V4(address)) => address.octets(),
            _ => [0; 4],
        };
        let address = u32::from_be_bytes(address);
        line(
            text,
            &format!(
                "node={node} type=SOCKADDR msg={id}: saddr=0200{port:04X}{address:08X}0000000000000000"
            ),
        );
    }
    line(text, &format!("node={node} type=EOE msg={id}: "));
}

fn zeek(moment: &Moment<'_>) -> Option<Value> {
    let (host, habit) = (moment.host, moment.habit);
    let seconds = format!("{}.{:03}000", moment.at.div_euclid(1000), moment.at.rem_euclid(1000));
    let uid = format!("C{}", mark(&[&host.name, habit.ip, &moment.at.to_string()], 17));
    match moment.does {
        Does::Start => None,
        Does::LookUp => Some(json!({
            "_path": "dns", "ts": seconds, "uid": uid, "id.orig_h": host.ip, "id.orig_p": local_port(moment),
            "id.resp_h": "10.0.0.53", "id.resp_p": 53, "proto": "udp", "query": habit.name, "qtype_name": "A",
            "qclass_name": "C_INTERNET", "rcode_name": "NOERROR", "answers": [habit.ip], "rejected": false,
        })),
        Does::Connect => {
            let service = match habit.port {
                1883 => json!("mqtt"),
                443 | 5222 | 8883 => json!("ssl"),
                _ => Value::Null,
            };
            let inside = habit.ip.starts_with("10.");
            Some(json!({
                "_path": "conn", "ts": seconds, "uid": uid, "id.orig_h": host.ip, "id.orig_p": local_port(moment),
                "id.resp_h": habit.ip, "id.resp_p": habit.port, "proto": transport(moment), "service": service,
                "duration": 35.5, "orig_bytes": 1800, "resp_bytes": 1400, "conn_state": "SF", "local_orig": true,
                "local_resp": inside, "missed_bytes": 0, "history": "ShADadFf", "orig_pkts": 14, "orig_ip_bytes": 2500,
                "resp_pkts": 12, "resp_ip_bytes": 2000,
            }))
        }
    }
}
