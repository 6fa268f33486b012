//! Values by rank, for `MEDIAN`, `PERCENTILE` and `MEDIAN_ABSOLUTE_DEVIATION`.
//!
//! All values are kept up to a bound, and ranks between two of them are interpolated. Beyond the bound a t-digest
//! (Dunning, 2019) takes their place, whose error is least near both ends.

use brokerwatch_expr::Diagnostic;
use datafusion::logical_expr::Expr;
use datafusion_functions_aggregate_common::tdigest::{Centroid, TDigest};

use super::accumulate::{Accumulate, Row};
use super::{Aggregate, AggregateCall};
use crate::block::Builder;
use crate::limits::{DIGEST_CENTROIDS_MAX, QUANTILE_EXACT_MAX};
use crate::types::DataType;
use crate::value::Value;
use crate::warnings::Failure;

/// What is computed from the ranks.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rank {
    /// The value below which this share of all values lies.
    Share(f64),
    /// The median of the distances from the median.
    Deviation,
    /// Nothing: no such rank.
    Nowhere,
}

pub(super) fn plan(
    call: &AggregateCall<'_>,
    aggregate: &Aggregate,
    rank: Rank,
) -> Result<Expr, Diagnostic> {
    let empty = Quantile { rank, values: Vec::new(), digest: None };
    Ok(call.own(aggregate, empty, &[0]))
}

#[derive(Debug, Clone)]
struct Quantile {
    rank: Rank,
    /// All values, or those that came after the digest was last made.
    values: Vec<f64>,
    digest: Option<Box<TDigest>>,
}

impl Quantile {
    /// Takes a number. What is not a number has no rank.
    fn add(&mut self, number: f64) {
        if number.is_nan() {
            return;
        }
        self.values.push(number);
        if QUANTILE_EXACT_MAX < self.values.len() {
            self.digest();
        }
    }

    /// All values as a digest.
    fn digest(&mut self) -> &TDigest {
        let values = std::mem::take(&mut self.values);
        let digest =
            self.digest.get_or_insert_with(|| Box::new(TDigest::new(DIGEST_CENTROIDS_MAX)));
        if !values.is_empty() {
            **digest = digest.merge_unsorted_f64(values);
        }
        digest
    }

    fn result(&mut self) -> Option<f64> {
        if self.digest.is_some() {
            let rank = self.rank;
            let digest = self.digest();
            return match rank {
                Rank::Share(share) => Some(digest.estimate_quantile(share)),
                Rank::Deviation => deviation_of_digest(digest),
                Rank::Nowhere => None,
            };
        }
        self.values.sort_unstable_by(f64::total_cmp);
        match self.rank {
            Rank::Share(share) => interpolate(&self.values, share),
            Rank::Deviation => deviation(&self.values),
            Rank::Nowhere => None,
        }
    }
}

/// The value at a share of the way through sorted values, between the closest two of them.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "ranks are bounded and positive"
)]
fn interpolate(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * (sorted.len().checked_sub(1)? as f64);
    let below = *sorted.get(place.floor() as usize)?;
    let above = *sorted.get(place.ceil() as usize)?;
    // Nothing is between two infinities of one sign.
    Some(if above.total_cmp(&below).is_eq() {
        below
    } else {
        below + place.fract() * (above - below)
    })
}

fn deviation(sorted: &[f64]) -> Option<f64> {
    let median = interpolate(sorted, 0.5)?;
    let mut distances: Vec<f64> = sorted.iter().map(|value| (value - median).abs()).collect();
    distances.sort_unstable_by(f64::total_cmp);
    interpolate(&distances, 0.5)
}

fn deviation_of_digest(digest: &TDigest) -> Option<f64> {
    let median = digest.estimate_quantile(0.5);
    let distance = |one: &Centroid| Centroid::new((one.mean() - median).abs(), one.weight());
    let mut distances: Vec<Centroid> = digest.centroids().iter().map(distance).collect();
    distances.sort_unstable_by(Centroid::cmp_mean);
    let sum = distances.iter().map(|one| one.mean() * one.weight()).sum();
    let least = distances.first()?.mean();
    let greatest = (digest.max() - median).max(median - digest.min());
    let count = digest.count();
    let distances =
        TDigest::try_from_parts(DIGEST_CENTROIDS_MAX, sum, count, greatest, least, distances);
    distances.ok().map(|distances| distances.estimate_quantile(0.5))
}

impl Accumulate for Quantile {
    /// The values, and the digest: sum, count, maximum, minimum, then mean and weight of each centroid.
    fn parts(&self) -> Vec<DataType> {
        vec![DataType::Double, DataType::Double]
    }

    fn update(&mut self, row: Row<'_, '_>) -> Result<(), Failure> {
        row.list(0).iter().filter_map(Value::as_f64).for_each(|number| self.add(number));
        Ok(())
    }

    fn save(&self, parts: &mut [Builder]) {
        let values: Vec<Value<'_>> = self.values.iter().copied().map(Value::Double).collect();
        parts[0].push(&values);
        let digest = self.digest.as_ref().map(|digest| {
            let head = [digest.sum(), digest.count(), digest.max(), digest.min()];
            let centroids = digest.centroids().iter();
            let centroids = centroids.flat_map(|one| [one.mean(), one.weight()]);
            head.into_iter().chain(centroids).map(Value::Double).collect::<Vec<_>>()
        });
        parts[1].push(&digest.unwrap_or_default());
    }

    fn merge(&mut self, state: Row<'_, '_>) {
        let digest: Vec<f64> = state.list(1).iter().filter_map(Value::as_f64).collect();
        if let Some(([sum, count, max, min], centroids)) = digest.split_first_chunk() {
            let (pairs, _) = centroids.as_chunks::<2>();
            let centroids = pairs.iter().map(|[mean, weight]| Centroid::new(*mean, *weight));
            let (bound, centroids) = (DIGEST_CENTROIDS_MAX, centroids.collect());
            let theirs = TDigest::try_from_parts(bound, *sum, *count, *max, *min, centroids);
            if let Ok(theirs) = theirs {
                let merged = match &self.digest {
                    Some(mine) => TDigest::merge_digests([mine, &theirs]),
                    None => theirs,
                };
                self.digest = Some(Box::new(merged));
            }
        }
        state.list(0).iter().filter_map(Value::as_f64).for_each(|number| self.add(number));
    }

    fn finish(&mut self, into: &mut Builder) -> Result<(), Failure> {
        into.push(self.result().map(Value::Double).as_slice());
        Ok(())
    }

    fn heap(&self) -> usize {
        let digest = self.digest.as_ref().map_or(0, |digest| digest.size());
        self.values.capacity() * size_of::<f64>() + digest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantile(rank: Rank, numbers: impl IntoIterator<Item = f64>) -> Option<f64> {
        let mut quantile = Quantile { rank, values: Vec::new(), digest: None };
        numbers.into_iter().for_each(|number| quantile.add(number));
        quantile.result()
    }

    #[test]
    fn ranks_between_two_values_are_interpolated() {
        let cases = [(0.0, 1.0), (1.0, 4.0), (0.5, 2.5), (0.25, 1.75), (0.9, 3.7)];
        for (share, expected) in cases {
            let found = quantile(Rank::Share(share), [4.0, 1.0, 3.0, f64::NAN, 2.0]).unwrap();
            assert!((found - expected).abs() < 1e-12, "{share}: {found}");
        }
        assert_eq!(quantile(Rank::Share(0.5), [f64::INFINITY; 2]), Some(f64::INFINITY));
        for rank in [Rank::Share(0.5), Rank::Deviation, Rank::Nowhere] {
            assert_eq!(quantile(rank, []), None);
        }
        assert_eq!(quantile(Rank::Nowhere, [1.0]), None);
        assert_eq!(quantile(Rank::Deviation, [1.0, 1.0, 2.0, 2.0, 4.0, 6.0, 9.0]), Some(1.0));
    }

    /// Beyond the bound, ranks are off by a thousandth of all values at most.
    #[expect(clippy::cast_precision_loss, reason = "the numbers are small")]
    #[test]
    fn many_values_are_close() {
        let count = 10 * QUANTILE_EXACT_MAX;
        // In an order that is neither up nor down: 7919 shares no factor with the count.
        let numbers = || (0..count).map(|at| (at * 7919 % count) as f64);
        let exact = |share: f64| share * (count - 1) as f64;
        for share in [0.0, 0.001, 0.1, 0.5, 0.99, 1.0] {
            let found = quantile(Rank::Share(share), numbers()).unwrap();
            assert!((found - exact(share)).abs() <= count as f64 / 1e3, "{share}: {found}");
        }
        let deviation = quantile(Rank::Deviation, numbers()).unwrap();
        assert!((deviation - exact(0.25)).abs() <= count as f64 / 1e3, "{deviation}");
        let mut infinite =
            numbers().map(|number| if number < 9.0 { f64::INFINITY } else { number });
        assert!(quantile(Rank::Share(0.1), infinite.by_ref()).is_some());
    }
}
