//! A bounded memory of what was found in values: telemetry says the same things over and over.

use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;

use crate::limits::{
    MEMO_CONDITIONS_MAX, MEMO_REST, MEMO_TRIAL, MEMO_VALUE_BYTES_MAX, MEMO_VALUES,
};

/// The conditions that the values of one field are candidates for, by value. Each place holds the last value that
/// fell on it.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    hasher: DefaultHashBuilder,
    /// Empty until something is remembered.
    places: Vec<Place>,
    tried: u32,
    found: u32,
    /// Look-ups to go until remembering is tried again.
    rest: u32,
}

#[derive(Debug, Default, Clone)]
struct Place {
    hash: u64,
    taken: bool,
    value: String,
    conditions: Vec<u32>,
}

/// A place where the answer for a value can be put.
pub(crate) struct Ticket {
    hash: u64,
}

impl Memo {
    /// What is remembered of a value, or else where to remember it, if it should be.
    pub(crate) fn look_up(&mut self, value: &str) -> Result<&[u32], Option<Ticket>> {
        if self.rests() || MEMO_VALUE_BYTES_MAX < value.len() {
            return Err(None);
        }
        let hash = self.hasher.hash_one(value);
        match self.places.get(place(hash)) {
            Some(known) if known.taken && known.hash == hash && known.value == value => {
                self.found += 1;
                Ok(&known.conditions)
            }
            _ => Err(Some(Ticket { hash })),
        }
    }

    fn rests(&mut self) -> bool {
        if 0 < self.rest {
            self.rest -= 1;
            return true;
        }
        if self.tried == MEMO_TRIAL {
            let repeats = MEMO_TRIAL / 4 <= self.found;
            (self.tried, self.found) = (0, 0);
            if !repeats {
                self.rest = MEMO_REST - 1;
                return true;
            }
        }
        self.tried += 1;
        false
    }

    pub(crate) fn remember(&mut self, ticket: &Ticket, value: &str, conditions: &[u32]) {
        if MEMO_CONDITIONS_MAX < conditions.len() {
            return;
        }
        if self.places.is_empty() {
            self.places.resize(MEMO_VALUES, Place::default());
        }
        let place = &mut self.places[place(ticket.hash)];
        place.hash = ticket.hash;
        place.taken = true;
        place.value.clear();
        place.value.push_str(value);
        place.conditions.clear();
        place.conditions.extend_from_slice(conditions);
    }
}

fn place(hash: u64) -> usize {
    hash as usize % MEMO_VALUES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_gives_back_its_own_conditions_however_many_others_came() {
        let mut memo = Memo::default();
        let mut repeated = 0;
        for number in 0..2 * MEMO_VALUES as u32 {
            for number in [number, number, number / 2] {
                let value = format!("value {number}");
                match memo.look_up(&value) {
                    Ok(known) => {
                        assert_eq!(known, [number], "{value}");
                        repeated += 1;
                    }
                    Err(Some(ticket)) => memo.remember(&ticket, &value, &[number]),
                    Err(None) => panic!("values that repeat are remembered"),
                }
            }
        }
        assert!(2 * MEMO_VALUES < repeated, "{repeated}");
        assert!(matches!(memo.look_up(&"x".repeat(MEMO_VALUE_BYTES_MAX + 1)), Err(None)));
    }

    #[test]
    fn values_that_never_come_twice_are_not_remembered_for_long() {
        let mut memo = Memo::default();
        let mut remembered = 0;
        for number in 0..MEMO_TRIAL + MEMO_REST - 1 {
            if let Err(Some(ticket)) = memo.look_up(&number.to_string()) {
                remembered += 1;
                memo.remember(&ticket, &number.to_string(), &[]);
            }
        }
        assert_eq!(remembered, MEMO_TRIAL);
        assert!(matches!(memo.look_up("again"), Err(None)));
        assert!(matches!(memo.look_up("again"), Err(Some(_))));
    }
}
