//! Puts the records of one event together: its lines come in any order, among those of other events.
//!
//! An event ends with an `EOE` record; where the log has none, when a record comes whose serial or whose time is far
//! enough past, or with the input. Events are given in the order in which they began, each once. Nothing is lost at a
//! bound: the oldest events end there, and what comes of them later is an event of its own.

use std::collections::VecDeque;

use brokerwatch_ecs::Origin;

use super::record::{Head, head};
use super::{Joins, joins};
use crate::limits::{
    JOINED_BYTES_MAX, JOINED_OPEN_MAX, JOINED_SERIAL_DISTANCE, JOINED_SERIAL_DISTANCE_CLOSE,
    JOINED_WAIT_MILLISECONDS,
};

/// The lines of one event, or a line that is no audit record.
#[derive(Debug)]
pub struct Joined {
    /// The lines, joined by newlines.
    pub bytes: Vec<u8>,
    /// Where the first line stands.
    pub origin: Origin,
}

/// Joins lines to events.
#[derive(Debug, Default)]
pub struct Joiner {
    /// In the order in which they began.
    open: VecDeque<Open>,
    bytes: usize,
    cut: u64,
}

/// An event, some of whose lines may yet come.
#[derive(Debug)]
struct Open {
    key: Option<Key>,
    joined: Joined,
    has_ended: bool,
}

#[derive(Debug, PartialEq, Eq)]
struct Key {
    node: Vec<u8>,
    milliseconds: u64,
    serial: u64,
}

impl Joiner {
    /// A joiner that holds nothing.
    pub fn new() -> Joiner {
        Joiner::default()
    }

    /// Takes the next line, and gives the events that ended with it. Lines that hold nothing (blank ones, and what
    /// `ausearch` writes between events) are passed over; a line that is no record is given as it is, in its turn.
    pub fn push_line(&mut self, line: &[u8], origin: Origin, give: &mut dyn FnMut(Joined)) {
        let line = line.trim_ascii_end();
        if is_nothing(line) {
            return;
        }
        match head(line) {
            Some(head) => self.push_record(line, &head, origin),
            None => self.begin(None, line, origin, true),
        }
        self.give_ended(give);
    }

    /// Gives what is still open: the input ended.
    pub fn finish(&mut self, give: &mut dyn FnMut(Joined)) {
        self.open.drain(..).for_each(|open| give(open.joined));
        self.bytes = 0;
    }

    /// How many events a bound ended.
    pub fn cut(&self) -> u64 {
        self.cut
    }

    fn push_record(&mut self, line: &[u8], head: &Head<'_>, origin: Origin) {
        let joins = joins(head.kind);
        self.end_those_before(head);
        // From the end: lines of one event mostly follow one another.
        let own = self
            .open
            .iter_mut()
            .rev()
            .find(|open| open.key.as_ref().is_some_and(|key| key.is_of(head)));
        match own {
            Some(open) if open.joined.bytes.len() + line.len() < JOINED_BYTES_MAX => {
                open.joined.bytes.push(b'\n');
                open.joined.bytes.extend_from_slice(line);
                open.has_ended |= joins != Joins::More;
                self.bytes += line.len() + 1;
            }
            own => {
                if let Some(full) = own {
                    (full.key, full.has_ended) = (None, true);
                    self.cut += 1;
                }
                let key = Key {
                    node: head.node.to_vec(),
                    milliseconds: head.milliseconds,
                    serial: head.serial,
                };
                self.begin(Some(key), line, origin, joins != Joins::More);
            }
        }
    }

    fn begin(&mut self, key: Option<Key>, line: &[u8], origin: Origin, has_ended: bool) {
        self.bytes += line.len();
        let joined = Joined { bytes: line.to_vec(), origin };
        self.open.push_back(Open { key, joined, has_ended });
    }

    /// Ends the events of the same machine that a record is too far past.
    fn end_those_before(&mut self, head: &Head<'_>) {
        for open in &mut self.open {
            open.has_ended |= open.key.as_ref().is_some_and(|key| key.is_long_before(head));
        }
    }

    fn give_ended(&mut self, give: &mut dyn FnMut(Joined)) {
        while let Some(first) = self.open.front() {
            let is_over = JOINED_OPEN_MAX < self.open.len() || JOINED_BYTES_MAX < self.bytes;
            if !first.has_ended && !is_over {
                return;
            }
            self.cut += u64::from(!first.has_ended);
            self.bytes -= first.joined.bytes.len();
            self.open.pop_front().map(|open| open.joined).into_iter().for_each(&mut *give);
        }
    }
}

impl Key {
    fn is_of(&self, head: &Head<'_>) -> bool {
        (self.serial, self.milliseconds) == (head.serial, head.milliseconds)
            && self.node == head.node
    }

    fn is_long_before(&self, head: &Head<'_>) -> bool {
        // Serials have 32 bits and go on from zero; after a restart they begin anew, and the time tells.
        let distance = (head.serial as u32).wrapping_sub(self.serial as u32);
        let is_past = (JOINED_SERIAL_DISTANCE..u32::MAX / 2).contains(&distance);
        // On a quiet machine the next event is seconds away, and a last line may still be behind its first.
        let is_close = (1..JOINED_SERIAL_DISTANCE_CLOSE).contains(&distance);
        let waited = self.milliseconds.saturating_add(JOINED_WAIT_MILLISECONDS) < head.milliseconds;
        (is_past || (waited && !is_close)) && self.node == head.node
    }
}

/// Whether a line is there for people only.
pub(super) fn is_nothing(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.is_empty() || line == b"----" || line.starts_with(b"time->") || line.starts_with(b"#")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The events of lines, each as the letters of its lines.
    fn joined(lines: &[String]) -> (Vec<String>, u64) {
        let mut joiner = Joiner::new();
        let mut events = Vec::new();
        let mut give = |joined: Joined| {
            let text = String::from_utf8(joined.bytes).unwrap();
            events.push(text.lines().map(|line| line.rsplit(' ').next().unwrap()).collect());
        };
        for (number, line) in lines.iter().enumerate() {
            let origin = Origin { offset_bytes: 0, line: number as u64 + 1 };
            joiner.push_line(line.as_bytes(), origin, &mut give);
        }
        joiner.finish(&mut give);
        (events, joiner.cut())
    }

    fn line(kind: &str, time: &str, serial: u64, letter: &str) -> String {
        format!("type={kind} msg=audit({time}:{serial}): {letter}")
    }

    #[track_caller]
    fn check(lines: &[String], events: &[&str]) {
        assert_eq!(joined(lines), (events.iter().map(ToString::to_string).collect(), 0));
    }

    #[test]
    fn events_that_run_through_one_another_are_told_apart() {
        check(
            &[
                line("SYSCALL", "1.0", 60, "a"),
                line("SYSCALL", "1.1", 61, "x"),
                line("PATH", "1.0", 60, "b"),
                line("SOCKADDR", "1.1", 61, "y"),
                line("EOE", "1.1", 61, "z"),
                line("CWD", "1.0", 60, "c"),
            ],
            &["abc", "xyz"],
        );
    }

    #[test]
    fn serials_may_have_gaps_and_begin_anew() {
        check(
            &[
                line("SYSCALL", "1.0", 4_294_967_295, "a"),
                line("SYSCALL", "1.0", 0, "x"),
                line("CWD", "1.0", 4_294_967_295, "b"),
                line("CWD", "1.0", 0, "y"),
                line("SYSCALL", "1.0", 40_000, "p"),
                line("CWD", "1.0", 40_000, "q"),
            ],
            &["ab", "xy", "pq"],
        );
    }

    #[test]
    fn a_serial_that_comes_again_is_another_event() {
        check(
            &[
                line("SYSCALL", "1.0", 5, "a"),
                line("SYSCALL", "9.0", 5, "x"),
                line("CWD", "9.0", 5, "y"),
            ],
            &["a", "xy"],
        );
        check(
            &[
                format!("node=b {}", line("SYSCALL", "1.0", 5, "a")),
                format!("node=c {}", line("SYSCALL", "1.0", 5, "x")),
                format!("node=b {}", line("CWD", "1.0", 5, "b")),
            ],
            &["ab", "x"],
        );
    }

    #[test]
    fn records_of_programs_stand_alone_and_keep_their_turn() {
        check(
            &[
                line("SYSCALL", "1.0", 5, "a"),
                line("USER_LOGIN", "1.0", 6, "u"),
                line("EOE", "1.0", 5, "b"),
                "----".to_owned(),
                "time->Sat Apr 22 21:25:01 2017".to_owned(),
                String::new(),
                "no record ?".to_owned(),
            ],
            &["ab", "u", "?"],
        );
    }

    /// What `push_line` gives before the input ends.
    fn given_early(lines: &[String]) -> usize {
        let mut joiner = Joiner::new();
        let mut count = 0;
        for line in lines {
            joiner.push_line(line.as_bytes(), Origin::default(), &mut |_| count += 1);
        }
        count
    }

    #[test]
    fn an_event_without_an_end_waits_for_a_serial_or_a_time() {
        let far = 5 + u64::from(JOINED_SERIAL_DISTANCE);
        let first = line("SYSCALL", "1.0", 5, "a");
        assert_eq!(given_early(&[first.clone(), line("SYSCALL", "1.0", far - 1, "x")]), 0);
        assert_eq!(given_early(&[first.clone(), line("SYSCALL", "1.0", far, "x")]), 1);
        let close = 5 + u64::from(JOINED_SERIAL_DISTANCE_CLOSE);
        assert_eq!(given_early(&[first.clone(), line("SYSCALL", "3.0", close, "x")]), 0);
        assert_eq!(given_early(&[first.clone(), line("SYSCALL", "3.001", close, "x")]), 1);
        assert_eq!(given_early(&[first.clone(), line("SYSCALL", "9.0", close - 1, "x")]), 0);
        // The machine was started again.
        assert_eq!(given_early(&[first, line("SYSCALL", "9.0", 1, "x")]), 1);
    }

    proptest! {
        #[test]
        fn every_line_is_given_once(lines in prop::collection::vec((0..3_u8, 0..4_u64, 0..200_u64, 0..3_usize), 0..200)) {
            let mut expected = Vec::new();
            let mut log = Vec::new();
            for (number, (node, second, serial, kind)) in lines.into_iter().enumerate() {
                let kind = ["SYSCALL", "USER_AUTH", "EOE"][kind];
                log.push(format!("node={node} {}", line(kind, &format!("{second}.0"), serial, &number.to_string())));
                expected.push(number.to_string());
            }
            let mut joiner = Joiner::new();
            let mut given = Vec::new();
            let mut give = |joined: Joined| {
                let text = String::from_utf8(joined.bytes).unwrap();
                let stamps: std::collections::BTreeSet<_> = text.lines().map(|line| line.split("msg=").nth(1).unwrap().split(' ').next().unwrap().to_owned()).collect();
                assert_eq!(stamps.len(), 1, "lines of one event have one stamp");
                given.extend(text.lines().map(|line| line.rsplit(' ').next().unwrap().to_owned()));
            };
            for line in &log {
                joiner.push_line(line.as_bytes(), Origin::default(), &mut give);
            }
            joiner.finish(&mut give);
            given.sort_by_key(|number| number.parse::<usize>().unwrap());
            prop_assert_eq!(given, expected);
        }
    }

    #[test]
    fn what_is_held_has_a_bound_and_is_cut_visibly() {
        let nodes = JOINED_OPEN_MAX as u64 + 10;
        let lines: Vec<_> = (0..nodes)
            .map(|node| format!("node={node} {}", line("SYSCALL", "1.0", 1, "a")))
            .collect();
        let (events, cut) = joined(&lines);
        assert_eq!((events.len() as u64, cut), (nodes, 10));

        let long = "x".repeat(JOINED_BYTES_MAX / 3);
        let lines: Vec<_> =
            (0..4).map(|_| line("EXECVE", "1.0", 1, &format!("{long} a"))).collect();
        let (events, cut) = joined(&lines);
        assert_eq!((events, cut), (vec!["aa".to_owned(), "aa".to_owned()], 1));
    }
}
