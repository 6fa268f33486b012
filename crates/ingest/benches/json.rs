//! How fast records are read and passed over: `cargo bench -p brokerwatch-ingest`.

use std::fmt::Write as _;
use std::hint::black_box;

use brokerwatch_ecs::{AnyOf, Event, Origin, Projection, Required, RequiredValue, Schema};
use brokerwatch_ingest::json::{Plan, RecordReader};
use brokerwatch_ingest::prefilter::Prefilter;
use bumpalo::Bump;
use divan::Bencher;
use divan::counter::BytesCount;

/// What a rule about connections to brokers reads.
const WANTED: [&str; 6] = [
    "event.category",
    "event.action",
    "host.id",
    "process.name",
    "destination.ip",
    "destination.port",
];

/// Records in a block, which together fill about what is read at a time.
const RECORDS: u64 = 320;

/// One record in so many goes to a broker.
const BROKER_EVERY: u64 = 320;

fn main() {
    divan::main();
}

/// A typical plan over keys that are nested or dotted.
#[divan::bench(args = [Layout::Nested, Layout::Dotted])]
fn read_records(bencher: Bencher<'_, '_>, layout: Layout) {
    read(bencher, layout, false);
}

/// The same with every key that stands twice noticed.
#[divan::bench(args = [Layout::Nested, Layout::Dotted])]
fn read_records_strictly(bencher: Bencher<'_, '_>, layout: Layout) {
    read(bencher, layout, true);
}

/// Lines that hold one of a few ports and an action, as rules require them.
#[divan::bench(args = [Layout::Nested, Layout::Dotted])]
fn candidate_lines_by_text_and_ports(bencher: Bencher<'_, '_>, layout: Layout) {
    let clauses = vec![
        AnyOf { values: vec![text("connection_attempted_by_client", false)] },
        AnyOf { values: [1883, 8883, 5222, 5671].map(RequiredValue::Long).to_vec() },
    ];
    candidate_lines(bencher, layout, clauses);
}

/// Lines that hold one of a few names whatever their case.
#[divan::bench(args = [Layout::Nested, Layout::Dotted])]
fn candidate_lines_by_names(bencher: Bencher<'_, '_>, layout: Layout) {
    let names = ["mosquitto_pub", "mosquitto_sub", "rundll32.exe", "zenohd"];
    let values = names.iter().map(|name| text(name, true)).collect();
    candidate_lines(bencher, layout, vec![AnyOf { values }]);
}

fn read(bencher: Bencher<'_, '_>, layout: Layout, strict: bool) {
    let schema = Schema::open();
    let mut projection = Projection::new();
    for name in WANTED {
        projection.want(name, &schema);
    }
    let plan = Plan::new(&projection);
    let block = block(layout);
    bencher.counter(BytesCount::of_slice(block.as_bytes())).bench_local(|| {
        let arena = Bump::new();
        let mut reader = RecordReader::new(&plan, strict);
        let mut event = Event::new(&projection);
        let mut values = 0;
        for line in block.lines() {
            event.reset(line.as_bytes(), Origin::default());
            let read = reader.read(line.as_bytes(), &arena, &mut event);
            black_box(read).expect("the records of this file are JSON");
            values += event.filled().len();
        }
        assert_eq!(values, block.lines().count() * WANTED.len(), "all wanted fields are there");
    });
}

fn candidate_lines(bencher: Bencher<'_, '_>, layout: Layout, all_of: Vec<AnyOf>) {
    let filter = Prefilter::new(&Required { all_of }).expect("these values can be searched");
    let block = block(layout);
    bencher.counter(BytesCount::of_slice(block.as_bytes())).bench(|| {
        let mut lines = 0;
        filter.candidate_lines(black_box(block.as_bytes()), |_| lines += 1);
        assert_eq!(lines, RECORDS / BROKER_EVERY, "the lines that go to a broker, and no others");
    });
}

fn text(text: &str, any_case: bool) -> RequiredValue {
    RequiredValue::Text { text: text.to_owned(), any_case }
}

/// How the keys of a record stand.
#[derive(Debug, Clone, Copy)]
enum Layout {
    Nested,
    Dotted,
}

fn block(layout: Layout) -> String {
    let mut noise = Noise(1);
    let mut block = String::new();
    for i in 0..RECORDS {
        let to_broker = i % BROKER_EVERY == BROKER_EVERY / 2;
        let fields = fields(&mut noise, to_broker);
        match layout {
            Layout::Nested => nested(&fields, &mut block),
            Layout::Dotted => dotted(&fields, &mut block),
        }
        block.push('\n');
    }
    block
}

/// The fields of a record of about 1.6 KB as an endpoint agent writes them, in order, each with its JSON.
fn fields(noise: &mut Noise, to_broker: bool) -> Vec<(&'static str, String)> {
    let (action, name, port) = if to_broker {
        ("connection_attempted_by_client", "mosquitto_pub", 1883)
    } else {
        ("connection_accepted_from_peer", "postgres", 5432)
    };
    let quoted = |text: &str| format!("\"{text}\"");
    let time = format!("\"2026-06-11T08:{:02}:{:02}.{}Z\"", noise.below(60), noise.below(60), 123);
    let [octet, process, sequence] = [250, 30_000, 90_000].map(|bound| noise.below(bound));
    let pid = (100_000 + process).to_string();
    vec![
        ("@timestamp", time.clone()),
        ("agent.id", quoted(&noise.hex(32))),
        ("agent.type", quoted("endpoint")),
        ("agent.version", quoted("8.14.1")),
        ("data_stream.dataset", quoted("endpoint.events.network")),
        ("data_stream.namespace", quoted("default")),
        ("data_stream.type", quoted("logs")),
        ("destination.address", format!("\"203.0.113.{octet}\"")),
        ("destination.ip", format!("\"203.0.113.{octet}\"")),
        ("destination.port", port.to_string()),
        ("ecs.version", quoted("8.11.0")),
        ("elastic.agent.id", quoted(&noise.hex(32))),
        ("event.action", quoted(action)),
        ("event.category", "[\"network\"]".to_owned()),
        ("event.created", time.clone()),
        ("event.dataset", quoted("endpoint.events.network")),
        ("event.id", quoted(&noise.hex(24))),
        ("event.ingested", time),
        ("event.kind", quoted("event")),
        ("event.module", quoted("endpoint")),
        ("event.outcome", quoted("unknown")),
        ("event.sequence", (100_000 + sequence).to_string()),
        ("event.type", "[\"start\"]".to_owned()),
        ("host.architecture", quoted("x86_64")),
        ("host.hostname", quoted("db-nyc-001")),
        ("host.id", quoted(&noise.hex(32))),
        ("host.ip", format!("[\"10.0.1.{octet}\",\"fe80::feb0:37ff:fe0c:8317\",\"127.0.0.1\"]")),
        ("host.mac", "[\"02-D9-27-CC-99-C1\"]".to_owned()),
        ("host.name", quoted("db-nyc-001")),
        ("host.os.family", quoted("debian")),
        ("host.os.kernel", quoted("5.15.0-107-generic #117-Ubuntu SMP")),
        ("host.os.name", quoted("Linux")),
        ("host.os.platform", quoted("ubuntu")),
        ("host.os.type", quoted("linux")),
        ("host.os.version", quoted("22.04.4 LTS")),
        ("message", quoted("Endpoint network event")),
        ("network.direction", quoted("egress")),
        ("network.transport", quoted("tcp")),
        ("network.type", quoted("ipv4")),
        ("process.args_count", "3".to_owned()),
        ("process.command_line", quoted(&format!("/usr/lib/postgresql/14/bin/{name} -D /var/lib"))),
        ("process.entity_id", quoted(&noise.hex(24))),
        ("process.executable", quoted(&format!("/usr/lib/postgresql/14/bin/{name}"))),
        ("process.hash.sha256", quoted(&noise.hex(64))),
        ("process.name", quoted(name)),
        ("process.parent.executable", quoted("/usr/lib/systemd/systemd")),
        ("process.parent.pid", "1".to_owned()),
        ("process.pid", pid),
        ("process.session_leader.same_as_process", "false".to_owned()),
        ("source.ip", format!("\"10.0.1.{octet}\"")),
        ("source.port", "49152".to_owned()),
        ("user.id", quoted("1000")),
        ("user.name", quoted("postgres")),
    ]
}

fn dotted(fields: &[(&str, String)], json: &mut String) {
    for (i, (name, value)) in fields.iter().enumerate() {
        let before = if i == 0 { '{' } else { ',' };
        write!(json, "{before}\"{name}\":{value}").expect("a string takes all that is written");
    }
    json.push('}');
}

fn nested(fields: &[(&str, String)], json: &mut String) {
    let mut open: Vec<&str> = Vec::new();
    json.push('{');
    for (name, value) in fields {
        let mut path: Vec<&str> = name.split('.').collect();
        let leaf = path.pop().unwrap_or_default();
        let shared = open.iter().zip(&path).take_while(|(a, b)| a == b).count();
        open.drain(shared..).for_each(|_| json.push('}'));
        if !json.ends_with('{') {
            json.push(',');
        }
        for object in &path[shared..] {
            write!(json, "\"{object}\":{{").expect("a string takes all that is written");
            open.push(object);
        }
        write!(json, "\"{leaf}\":{value}").expect("a string takes all that is written");
    }
    json.push_str(&"}".repeat(open.len() + 1));
}

/// Numbers without a pattern, the same on every run (xorshift).
struct Noise(u64);

impl Noise {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn hex(&mut self, digits: usize) -> String {
        (0..digits).map(|_| char::from(b"0123456789abcdef"[self.below(16) as usize])).collect()
    }
}
