//! New terms rules: values that were not there before.
//!
//! A term is new if no event of the rule had it in the stretch of time before. What was before the first event, nobody
//! knows: alerts tell since when there are events, so that one can see how much of the history that is.

use std::collections::HashMap;

use brokerwatch_ecs::{Event, Slot};
use brokerwatch_eql::keys::Key;
use serde::{Deserialize, Serialize};

use crate::limits::TERMS_MAX;
use crate::threshold;

/// What a new terms rule looks at.
#[derive(Debug, Clone)]
pub struct NewTerms {
    /// Where the fields lie whose values together are a term.
    pub(crate) fields: Vec<Slot>,
    /// For how long a term that was seen is known.
    pub(crate) history_nanoseconds: i128,
    /// Where the fields lie by which alerts are grouped.
    pub(crate) grouped: Vec<Slot>,
}

impl NewTerms {
    /// The terms of an event: one for each combination of values, none if a field is missing.
    pub(crate) fn terms(&self, event: &Event<'_>) -> Vec<Key> {
        threshold::keys(&self.fields, event)
    }
}

/// The terms that one rule has seen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Terms {
    /// When each was seen last.
    last: HashMap<Key, i128>,
    /// When the first event was.
    since: Option<i128>,
    /// Terms that a bound forgot.
    forgotten: u64,
}

/// What is known of terms, to be written down and read back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TermsSnapshot {
    last: Vec<(Key, i128)>,
    since: Option<i128>,
    forgotten: u64,
}

impl Terms {
    /// Notes a term at a time no earlier than those before; gives whether it is new.
    pub(crate) fn is_new(&mut self, term: &Key, now: i128, history_nanoseconds: i128) -> bool {
        self.since.get_or_insert(now);
        let known_since = now.saturating_sub(history_nanoseconds);
        if let Some(last) = self.last.get_mut(term) {
            let is_new = *last < known_since;
            *last = now;
            return is_new;
        }
        if TERMS_MAX <= self.last.len() {
            self.make_room(known_since);
        }
        self.last.insert(term.clone(), now);
        true
    }

    /// Forgets the terms that are new again anyway, and if that is too little, the half that was seen longest ago.
    fn make_room(&mut self, known_since: i128) {
        self.last.retain(|_, last| known_since <= *last);
        if self.last.len() <= TERMS_MAX / 2 {
            return;
        }
        let mut times: Vec<i128> = self.last.values().copied().collect();
        let middle = times.len() / 2;
        let (_, median, _) = times.select_nth_unstable(middle);
        let (median, before) = (*median, self.last.len());
        // Terms of one moment go together, so that what is kept does not depend on the order of a table.
        self.last.retain(|_, last| median < *last);
        self.forgotten += (before - self.last.len()) as u64;
    }

    /// When the first event of the rule was.
    pub(crate) fn since(&self) -> Option<i128> {
        self.since
    }

    /// Terms that a bound forgot.
    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// What is known.
    pub(crate) fn snapshot(&self) -> TermsSnapshot {
        let mut last: Vec<(Key, i128)> =
            self.last.iter().map(|(term, last)| (term.clone(), *last)).collect();
        last.sort_by(|a, b| a.0.cmp(&b.0));
        TermsSnapshot { last, since: self.since, forgotten: self.forgotten }
    }

    /// Takes up what was known.
    pub(crate) fn restore(snapshot: TermsSnapshot) -> Terms {
        let TermsSnapshot { last, since, forgotten } = snapshot;
        Terms { last: last.into_iter().collect(), since, forgotten }
    }
}

#[cfg(test)]
mod tests {
    use brokerwatch_eql::keys::KeyValue;

    use super::*;

    #[test]
    fn a_term_is_new_again_when_its_history_is_over() {
        let mut terms = Terms::default();
        let mut is_new =
            |text: &str, now| terms.is_new(&[KeyValue::Keyword(text.into())].into(), now, 100);
        assert!(is_new("a", 0));
        assert!(!is_new("a", 100));
        assert!(!is_new("a", 200));
        assert!(is_new("b", 250));
        assert!(is_new("a", 301));
        assert_eq!(terms.since(), Some(0));
    }

    #[test]
    fn at_the_bound_the_terms_seen_longest_ago_are_forgotten() {
        let mut terms = Terms::default();
        let term = |number: usize| -> Key { [KeyValue::Long(number as i64)].into() };
        for number in 0..=TERMS_MAX {
            assert!(terms.is_new(&term(number), number as i128, i128::MAX));
        }
        assert_eq!(terms.forgotten(), TERMS_MAX as u64 / 2 + 1);
        assert!(terms.is_new(&term(0), TERMS_MAX as i128 + 1, i128::MAX));
        assert!(!terms.is_new(&term(TERMS_MAX - 1), TERMS_MAX as i128 + 1, i128::MAX));
    }
}
