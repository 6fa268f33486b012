//! The honest day: an invented fleet whose software speaks publish/subscribe protocols for good reasons.
//!
//! One day, and fourteen days before it in thinner form, so that rules which remember have learned. Everything follows from
//! the tables below and a hash: no clock and no chance, the same day every time. What it is good for, and what it does not
//! tell, is in docs/matrix.md.

use brokerwatch_ecs::date;
use serde_json::{Value, json};

mod fleet;
mod shapes;

use fleet::{HABITS, Habit, Host, Role, Sensor};

/// The name of the site's file among [`files`].
pub(super) const SITE: &str = brokerwatch_runtime::SITE_FILE;

/// 2026-03-16T00:00:00Z, in milliseconds.
const DAY: i64 = 1_773_619_200_000;
const MINUTE: i64 = 60_000;
const MINUTES_A_DAY: i64 = 24 * 60;

/// How many days of history there are.
const HISTORY_DAYS: i64 = 14;

/// When the day begins, in milliseconds since 1970; what is before it is history.
pub(super) fn begins() -> i64 {
    DAY
}

/// What the site changes: its brokers. The documentation ranges stand for the internet.
pub(super) fn site() -> String {
    fleet::SITE_TEXT.to_owned()
}

/// All files by name: telemetry by source, and the site's.
pub(super) fn files() -> Vec<(String, String)> {
    let mut files = vec![(SITE.to_owned(), site())];
    let fleet = fleet::fleet();
    for (sensor, name) in shapes::FILES {
        let mut moments: Vec<Moment<'_>> = Vec::new();
        for host in fleet.iter().filter(|host| host.sensor == *sensor) {
            for (number, habit) in
                HABITS.iter().enumerate().filter(|(_, habit)| habit.role == host.role)
            {
                moments.extend(times(host, habit, number));
            }
        }
        moments.sort_by(|one, two| (one.at, &one.host.name).cmp(&(two.at, &two.host.name)));
        let mut text = String::new();
        for (number, moment) in moments.iter().enumerate() {
            shapes::write(moment, number, &mut text);
        }
        files.push(((*name).to_owned(), text));
    }
    files
}

/// Something that a program does.
struct Moment<'a> {
    /// Milliseconds since 1970.
    at: i64,
    host: &'a Host,
    habit: &'a Habit,
    does: Does,
}

/// The kinds of events.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    Start,
    LookUp,
    Connect,
}

/// All that a habit does on a host: once a day in the history, and as often as it says on the day.
fn times<'a>(host: &'a Host, habit: &'a Habit, number: usize) -> Vec<Moment<'a>> {
    let mut moments = Vec::new();
    let mut add = |at, does| moments.push(Moment { at, host, habit, does });
    let mut connects = |day: i64, minute: i64, salt: u64, starts: bool| {
        let jitter = i64::try_from(spread(&[&host.name, habit.path], salt) % 60_000).unwrap_or(0);
        let at = DAY + (day * MINUTES_A_DAY + minute) * MINUTE + jitter;
        if starts {
            add(at - 4_000, Does::Start);
        }
        if habit.port == 0 {
            return;
        }
        if !habit.name.is_empty() {
            add(at - 300, Does::LookUp);
        }
        add(at, Does::Connect);
    };
    // Hosts do not all begin in the same minute.
    let shift = i64::try_from(spread(&[&host.name], number as u64) % 90).unwrap_or(0);
    let first = habit.first + shift;
    for day in -HISTORY_DAYS..0 {
        connects(day, first, day.unsigned_abs(), true);
    }
    let mut minute = first;
    let mut count = 0;
    while minute < habit.last.min(MINUTES_A_DAY - 1) {
        connects(0, minute, 1_000 + count, count == 0 || habit.short);
        count += 1;
        minute += habit.every.max(1);
    }
    moments
}

/// A number that follows from texts and a salt, the same on every machine (FNV-1a).
fn spread(texts: &[&str], salt: u64) -> u64 {
    let bytes = texts.iter().flat_map(|text| text.bytes()).chain(salt.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_the_same_every_time() {
        assert_eq!(files(), files());
        assert_eq!(
            date::from_millis(DAY).map(date::format).as_deref(),
            Some("2026-03-16T00:00:00.000Z")
        );
    }

    #[test]
    fn every_habit_has_a_host_and_every_host_a_habit() {
        let fleet = fleet::fleet();
        assert!(40 <= fleet.len(), "{}", fleet.len());
        for habit in HABITS {
            assert!(fleet.iter().any(|host| host.role == habit.role), "{}", habit.path);
        }
        for host in &fleet {
            assert!(HABITS.iter().any(|habit| habit.role == host.role), "{}", host.name);
        }
    }
}
