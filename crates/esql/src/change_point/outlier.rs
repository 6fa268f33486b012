//! Spikes and dips: how far the greatest and the least value lie from all others.

use super::statistics::{Moments, independent_trials, normal_survival};
use super::{Change, Kind};

/// Values to either side of a spike that may belong to it.
const NEIGHBOURS: usize = 2;

/// How much wider than Silverman's the kernels are that the others are smoothed with: a spike is to be unlike all of
/// them, not only unlike each.
const SMOOTHING: f64 = 1.36;

/// The spike or the dip of a series, whichever is less likely by chance.
pub(super) fn outlier(values: &[f64], threshold: f64) -> Option<Change> {
    let mirrored: Vec<f64> = values.iter().map(|value| -value).collect();
    let spike = highest(values).map(|(at, p_value)| Change { kind: Kind::Spike, at, p_value });
    let dip = highest(&mirrored).map(|(at, p_value)| Change { kind: Kind::Dip, at, p_value });
    let found = spike.into_iter().chain(dip).filter(|change| change.p_value < threshold);
    found.min_by(|one, other| one.p_value.total_cmp(&other.p_value))
}

/// The greatest value, and how likely one is that great among so many.
fn highest(values: &[f64]) -> Option<(usize, f64)> {
    // The first of several that are equal.
    let at =
        (0..values.len()).rev().max_by(|one, other| values[*one].total_cmp(&values[*other]))?;
    let others = others(values, at);
    let own = Moments::of(&others, &vec![1.0; others.len()]);
    let deviation = own.variance.sqrt();
    if !deviation.is_finite() {
        return None;
    }
    let count = others.len() as f64;
    let width = SMOOTHING * deviation * count.powf(-0.2);
    let above = |other: &f64| match width {
        // Values that are all the same: any other is impossible among them.
        0.0 => f64::from(u8::from(values[at] <= *other)),
        width => normal_survival((values[at] - other) / width),
    };
    let tail = others.iter().map(above).sum::<f64>() / count;
    Some((at, independent_trials(tail, values.len())))
}

/// The values without those of a spike: the greatest, and those next to it that lie nearer to it than to the middle.
fn others(values: &[f64], at: usize) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted[sorted.len() / 2];
    let belongs = |near: &usize| (values[at] / 2.0 + middle / 2.0) < values[*near];
    let before = (at.saturating_sub(NEIGHBOURS)..at).rev().take_while(belongs).count();
    let behind = (at + 1..values.len().min(at + 1 + NEIGHBOURS)).take_while(belongs).count();
    let (left, right) = (&values[..at - before], &values[at + 1 + behind..]);
    left.iter().chain(right).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_neighbours_of_a_spike_belong_to_it() {
        assert_eq!(others(&[1.0, 1.0, 8.0, 9.0, 1.0, 1.0], 3), [1.0; 4]);
        assert_eq!(others(&[9.0, 1.0, 1.0, 1.0], 0), [1.0; 3]);
    }

    #[test]
    fn one_of_many_like_it_is_no_outlier() {
        let waves: Vec<f64> = (0..60).map(|at| f64::from(at % 5)).collect();
        assert_eq!(outlier(&waves, 0.01), None);
    }
}
