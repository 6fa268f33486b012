//! A map from keys to their state that knows which key has gone longest without being touched.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::keys::{Key, KeyValue};

/// States by key, in the order in which they were last touched.
///
/// The states lie in one vector, and a list runs through it from the oldest to the newest. A place stays the same as long as
/// its key has a state.
#[derive(Debug)]
pub(super) struct Keyed<S> {
    places: HashTable<usize>,
    hasher: DefaultHashBuilder,
    entries: Vec<Entry<S>>,
    vacant: Vec<usize>,
    oldest: usize,
    newest: usize,
}

#[derive(Debug)]
struct Entry<S> {
    key: Key,
    hash: u64,
    touched_millis: i64,
    older: usize,
    newer: usize,
    state: S,
}

/// The end of the list.
const NONE: usize = usize::MAX;

impl<S: Default> Keyed<S> {
    pub(super) fn new() -> Keyed<S> {
        Keyed {
            places: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            entries: Vec::new(),
            vacant: Vec::new(),
            oldest: NONE,
            newest: NONE,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn find(&self, key: &[KeyValue]) -> Option<usize> {
        let is_it = |&place: &usize| *self.entries[place].key == *key;
        self.places.find(self.hasher.hash_one(key), is_it).copied()
    }

    /// A key that has no state yet gets an empty one, as the newest.
    pub(super) fn insert(&mut self, key: Key, touched_millis: i64) -> usize {
        let hash = self.hasher.hash_one(&*key);
        let state = S::default();
        let entry = Entry { key, hash, touched_millis, older: NONE, newer: NONE, state };
        let place = match self.vacant.pop() {
            Some(place) => {
                self.entries[place] = entry;
                place
            }
            None => {
                self.entries.push(entry);
                self.entries.len() - 1
            }
        };
        let entries = &self.entries;
        self.places.insert_unique(hash, place, |&place| entries[place].hash);
        self.link(place);
        place
    }

    /// Makes a key the newest.
    pub(super) fn touch(&mut self, place: usize, millis: i64) {
        self.entries[place].touched_millis = millis;
        if self.newest != place {
            self.unlink(place);
            self.link(place);
        }
    }

    pub(super) fn remove(&mut self, place: usize) -> S {
        self.unlink(place);
        let hash = self.entries[place].hash;
        if let Ok(found) = self.places.find_entry(hash, |&other| other == place) {
            found.remove();
        }
        self.vacant.push(place);
        let entry = &mut self.entries[place];
        entry.key = Key::default();
        std::mem::take(&mut entry.state)
    }

    pub(super) fn key(&self, place: usize) -> &Key {
        &self.entries[place].key
    }

    pub(super) fn state(&self, place: usize) -> &S {
        &self.entries[place].state
    }

    pub(super) fn state_mut(&mut self, place: usize) -> &mut S {
        &mut self.entries[place].state
    }

    pub(super) fn touched_millis(&self, place: usize) -> i64 {
        self.entries[place].touched_millis
    }

    pub(super) fn oldest(&self) -> Option<usize> {
        (self.oldest != NONE).then_some(self.oldest)
    }

    /// The places from the oldest to the newest.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> {
        std::iter::successors(self.oldest(), |&place| {
            let newer = self.entries[place].newer;
            (newer != NONE).then_some(newer)
        })
    }

    fn link(&mut self, place: usize) {
        let older = std::mem::replace(&mut self.newest, place);
        self.entries[place].older = older;
        self.entries[place].newer = NONE;
        match self.entries.get_mut(older) {
            Some(entry) => entry.newer = place,
            None => self.oldest = place,
        }
    }

    fn unlink(&mut self, place: usize) {
        let Entry { older, newer, .. } = self.entries[place];
        match self.entries.get_mut(older) {
            Some(entry) => entry.newer = newer,
            None => self.oldest = newer,
        }
        match self.entries.get_mut(newer) {
            Some(entry) => entry.older = older,
            None => self.newest = older,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn key(number: i64) -> Key {
        Box::new([KeyValue::Long(number)])
    }

    proptest! {
        /// Against a list of pairs, oldest first.
        #[test]
        fn it_is_a_map_in_order_of_touch(steps in vec((0_i64..6, 0_u8..3), 0..60)) {
            let mut keyed = Keyed::<i64>::new();
            let mut list: Vec<(i64, i64)> = Vec::new();
            for (millis, (number, step)) in (0_i64..).zip(steps) {
                let listed = list.iter().position(|(other, _)| *other == number);
                let place = keyed.find(&key(number));
                prop_assert_eq!(listed.is_some(), place.is_some());
                match (listed, place, step) {
                    (Some(at), Some(place), 0) => {
                        prop_assert_eq!(keyed.remove(place), list.remove(at).1);
                    }
                    (Some(at), Some(place), 1) => {
                        keyed.touch(place, millis);
                        let entry = list.remove(at);
                        list.push(entry);
                    }
                    (Some(at), Some(place), _) => {
                        *keyed.state_mut(place) += 1;
                        list[at].1 += 1;
                    }
                    (None, None, _) => {
                        let place = keyed.insert(key(number), millis);
                        *keyed.state_mut(place) = millis;
                        list.push((number, millis));
                    }
                    _ => unreachable!("both or none have it"),
                }
                let all: Vec<_> =
                    keyed.places().map(|at| (keyed.key(at).clone(), *keyed.state(at))).collect();
                let expected: Vec<_> = list.iter().map(|(n, state)| (key(*n), *state)).collect();
                prop_assert_eq!(all, expected);
                prop_assert_eq!(keyed.len(), list.len());
            }
        }
    }
}
