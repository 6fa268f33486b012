//! The few that come first in an order, out of many, in bounded memory.

use std::collections::BinaryHeap;

/// Keeps the items with the least keys. Equal keys must not occur; callers put the place of an event into the key.
#[derive(Debug, Clone)]
pub struct Nearest<K: Ord, T> {
    most: usize,
    /// The last one kept is at the top.
    kept: BinaryHeap<Entry<K, T>>,
}

#[derive(Debug, Clone)]
struct Entry<K, T> {
    key: K,
    item: T,
}

impl<K: Ord, T> PartialEq for Entry<K, T> {
    fn eq(&self, other: &Entry<K, T>) -> bool {
        self.key == other.key
    }
}

impl<K: Ord, T> Eq for Entry<K, T> {}

impl<K: Ord, T> PartialOrd for Entry<K, T> {
    fn partial_cmp(&self, other: &Entry<K, T>) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<K: Ord, T> Ord for Entry<K, T> {
    fn cmp(&self, other: &Entry<K, T>) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

impl<K: Ord, T> Nearest<K, T> {
    /// Room for `most` items.
    pub fn new(most: usize) -> Nearest<K, T> {
        Nearest { most, kept: BinaryHeap::new() }
    }

    /// Whether an item of this key would be kept. Asked before an item is made, which costs more.
    pub fn takes(&self, key: &K) -> bool {
        self.kept.len() < self.most || self.kept.peek().is_some_and(|last| *key < last.key)
    }

    /// Adds an item, and drops the last one if there are too many.
    pub fn add(&mut self, key: K, item: T) {
        if !self.takes(&key) {
            return;
        }
        self.kept.push(Entry { key, item });
        if self.most < self.kept.len() {
            self.kept.pop();
        }
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// What is kept, in order, with its keys.
    pub fn into_sorted(self) -> Vec<(K, T)> {
        let sorted = self.kept.into_sorted_vec();
        sorted.into_iter().map(|entry| (entry.key, entry.item)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_least_whatever_the_order() {
        let mut nearest = Nearest::new(2);
        for key in [5, 1, 4, 2, 3] {
            nearest.add(key, key * 10);
        }
        assert!(!nearest.takes(&3));
        assert_eq!(nearest.into_sorted(), [(1, 10), (2, 20)]);
        let mut none = Nearest::new(0);
        none.add(1, ());
        assert!(none.is_empty());
    }
}
