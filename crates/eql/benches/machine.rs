//! What an event costs in a sequence: `cargo bench -p brokerwatch-eql`.

use brokerwatch_ecs::Schema;
use brokerwatch_eql::keys::{Key, KeyValue};
use brokerwatch_eql::lower::{Query, Settings, lower};
use brokerwatch_eql::sequence::{Arrival, Machine, Plan, Role, Timestamp};
use divan::Bencher;
use divan::counter::ItemsCount;

/// Hosts, each a key.
const KEYS: u64 = 100_000;

/// Events per round; ten rounds are ten million.
const EVENTS: u64 = 1_000_000;

const QUERIES: [&str; 4] = [
    "sequence by host.id [any where true] [any where true]",
    "sequence by host.id with maxspan=1m [any where true] [any where true] [any where true]",
    "sequence by host.id with maxspan=1m [any where true] ![any where true] [any where true]",
    "sequence by host.id with maxspan=1m [any where true] [any where true] ![any where true]",
];

fn main() {
    divan::main();
}

/// Each event meets one bracket, at random, of a random host; there are a thousand a second.
#[divan::bench(args = QUERIES, sample_count = 10, sample_size = 1)]
fn push(bencher: Bencher<'_, '_>, query: &str) {
    let plan = plan(query);
    let mut machine = Machine::<u64>::new(plan.clone());
    let (mut random, mut event) = (1, 0);
    let mut open_max = 0;
    bencher
        .counter(ItemsCount::new(EVENTS))
        .with_inputs(|| {
            let arrivals: Vec<_> =
                (0..EVENTS).map(|i| arrival(&plan, event + i, &mut random)).collect();
            event += EVENTS;
            arrivals
        })
        .bench_local_values(|arrivals| {
            let mut found = Vec::new();
            for (i, arrival) in arrivals.into_iter().enumerate() {
                let time = arrival.time;
                machine.push(arrival, &mut found);
                if i % 1_000 == 0 {
                    machine.advance(time, &mut found);
                    open_max = open_max.max(machine.open());
                }
            }
            found.len()
        });
    #[expect(clippy::print_stderr, reason = "the size of the state is half of the measurement")]
    {
        eprintln!("open at most {open_max}, now {} for {} keys", machine.open(), machine.keys());
    }
}

fn plan(query: &str) -> Plan {
    let statement = brokerwatch_eql::parse(query).expect("the queries of this file parse");
    let lowered = lower(&statement, &Schema::open(), &Settings::default());
    match lowered.expect("the queries of this file have no unknown fields").query {
        Query::Sequence(sequence) => Plan::of(&sequence),
        _ => unreachable!("the queries of this file are sequences"),
    }
}

fn arrival(plan: &Plan, event: u64, random: &mut u64) -> Arrival<u64> {
    // Knuth's MMIX generator; its high bits are the good ones.
    *random =
        random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    let host = format!("host-{}", (*random >> 33) % KEYS);
    let stage = (*random >> 20) as usize % plan.brackets();
    let key: Key = Box::new([KeyValue::Keyword(host.into())]);
    let time = Timestamp::from_millisecond(event as i64).expect("a million seconds are in range");
    Arrival { time, event, roles: vec![Role { stage, keys: vec![key] }] }
}
