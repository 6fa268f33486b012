//! Times as the two rules of sequences compare them: `maxspan` to the nanosecond, missing events to the millisecond.

use brokerwatch_ecs::Timestamp;
use serde::{Deserialize, Serialize};

/// A moment, cut into milliseconds since 1970 and nanoseconds within the millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Moment {
    pub(super) millis: i64,
    nanos: u32,
}

impl Moment {
    pub(super) fn of(time: Timestamp) -> Moment {
        // Before 1970 the parts of a second are negative.
        let subsec_nanos = time.subsec_nanosecond();
        let millis = time.as_second() * 1_000 + i64::from(subsec_nanos.div_euclid(1_000_000));
        Moment { millis, nanos: subsec_nanos.rem_euclid(1_000_000).unsigned_abs() }
    }

    /// Whether this is more than `span_millis` after `first`.
    pub(super) fn exceeds(self, first: Moment, span_millis: i64) -> bool {
        let millis = self.millis.saturating_sub(first.millis);
        span_millis < millis || (span_millis == millis && first.nanos < self.nanos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: i128) -> Moment {
        Moment::of(Timestamp::from_nanosecond(nanos).unwrap())
    }

    #[test]
    fn moments_before_1970_count_on_without_a_seam() {
        assert_eq!(at(-1), Moment { millis: -1, nanos: 999_999 });
        assert_eq!(at(-1_000_000_000), Moment { millis: -1_000, nanos: 0 });
        assert_eq!(at(-1_500_000), Moment { millis: -2, nanos: 500_000 });
        assert_eq!(at(1_500_000), Moment { millis: 1, nanos: 500_000 });
    }

    #[test]
    fn a_span_is_inclusive_and_exact_to_the_nanosecond() {
        for (first, last, exceeds) in [
            (0, 2_000_000, false),
            (0, 2_000_001, true),
            (999_999, 2_999_999, false),
            (999_999, 3_000_000, true),
            (-1, 1_999_999, false),
            (-1, 2_000_000, true),
        ] {
            assert_eq!(at(last).exceeds(at(first), 2), exceeds, "{first} to {last}");
        }
    }
}
