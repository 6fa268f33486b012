//! Facts about the current event that are all forgotten at once.

/// What is known by number. Forgetting everything costs the same however much could be known.
#[derive(Debug)]
pub(crate) struct Known<T> {
    epoch: u32,
    facts: Vec<(u32, T)>,
}

impl<T: Copy + Default> Known<T> {
    /// Knows nothing about any number below `count`.
    pub(crate) fn new(count: usize) -> Known<T> {
        Known { epoch: 1, facts: vec![(0, T::default()); count] }
    }

    pub(crate) fn forget(&mut self) {
        self.epoch = self.epoch.checked_add(1).unwrap_or_else(|| {
            // Once in four billion events, facts of the first could be taken for new ones.
            self.facts.fill((0, T::default()));
            1
        });
    }

    pub(crate) fn get(&self, number: usize) -> Option<T> {
        let (epoch, fact) = self.facts[number];
        (epoch == self.epoch).then_some(fact)
    }

    pub(crate) fn set(&mut self, number: usize, fact: T) {
        self.facts[number] = (self.epoch, fact);
    }
}

impl Known<()> {
    /// Notes a number; false if it was noted before.
    pub(crate) fn insert(&mut self, number: usize) -> bool {
        let new = self.get(number).is_none();
        self.set(number, ());
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_known_is_forgotten_also_when_the_count_turns_over() {
        let mut known = Known::new(2);
        known.set(0, true);
        assert_eq!((known.get(0), known.get(1)), (Some(true), None));
        known.forget();
        assert_eq!(known.get(0), None);
        known.epoch = u32::MAX;
        known.set(1, true);
        known.forget();
        assert_eq!((known.get(0), known.get(1)), (None, None));
    }
}
