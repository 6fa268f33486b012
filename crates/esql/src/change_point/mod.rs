//! Where a series of numbers changes, and how: the change point detection of Elasticsearch's machine learning.
//!
//! A change is told by models that explain the series: one level, a line, two levels, two curves, each against the
//! simpler one by an F test; where none explains enough, by the distributions of the values before and behind a point.
//! A spike or a dip is told by how far a value lies from all others. What is more significant is what is told.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "counts of values are small and never negative"
)]

mod models;
mod outlier;
mod statistics;
mod window;

use models::Model;
use statistics::{Moments, independent_trials, kolmogorov_smirnov};

pub(crate) use window::detected;

/// Values on either side that a change needs at least.
const SIDE_MIN: usize = 10;

/// Values that a series needs at least.
pub(crate) const VALUES_MIN: usize = 2 * SIDE_MIN + 2;

/// The greatest p-value of a change in the shortest series.
const P_VALUE_MAX: f64 = 0.01;

/// How fast that becomes smaller with each further value: the same effect is more certain in a longer series.
const P_VALUE_DECAY: f64 = 0.04;

/// The part of the variance that a model has to explain.
const EXPLAINED_MIN: f64 = 0.5;

/// Above this p-value a change of the distribution may explain the series better than a model.
const UNSURE: f64 = 1e-5;

/// What an outlier weighs in a fit.
const OUTLIER_WEIGHT: f64 = 0.01;

/// The share of the values on either end that may be outliers.
const OUTLIER_SHARE: f64 = 0.025;

/// What kind of change it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A value, or a few, far above all others.
    Spike,
    /// A value, or a few, far below all others.
    Dip,
    /// Another level.
    StepChange,
    /// Another slope.
    TrendChange,
    /// Other values, whatever their level.
    DistributionChange,
}

impl Kind {
    /// The name in the column of types.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Spike => "spike",
            Kind::Dip => "dip",
            Kind::StepChange => "step_change",
            Kind::TrendChange => "trend_change",
            Kind::DistributionChange => "distribution_change",
        }
    }
}

/// A change of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Change {
    /// What changes.
    pub(crate) kind: Kind,
    /// The first value that is changed.
    pub(crate) at: usize,
    /// How likely a series without a change looks like this.
    pub(crate) p_value: f64,
}

/// The change of a series of [`VALUES_MIN`] finite values at least; none where its level or its trend goes on, and none
/// of a shorter series.
pub(crate) fn detect(values: &[f64]) -> Option<Change> {
    if values.len() < VALUES_MIN {
        return None;
    }
    let values = scaled(values);
    let outlier = outlier::outlier(&values, P_VALUE_MAX);
    let change = lasting(&values);
    match (outlier, change) {
        (Some(outlier), Some(change)) if outlier.p_value < change.p_value => Some(outlier),
        (outlier, change) => change.or(outlier),
    }
}

/// The values from -1 to 1, so that no square of them is lost or beyond a number.
fn scaled(values: &[f64]) -> Vec<f64> {
    let greatest = values.iter().map(|value| value.abs()).fold(0.0, f64::max);
    if greatest == 0.0 {
        return values.to_vec();
    }
    values.iter().map(|value| value / greatest).collect()
}

/// A change that lasts.
fn lasting(values: &[f64]) -> Option<Change> {
    let weights = weights(values);
    let series = models::Series::new(values, &weights, candidates(values.len()));
    if series.is_flat() {
        return None;
    }
    let decay = -P_VALUE_DECAY * (values.len() - VALUES_MIN) as f64;
    let threshold = P_VALUE_MAX * decay.exp();
    let (best, tried) = best_model(&series, threshold);
    let p_value = series.p_value(best);
    if UNSURE < p_value {
        let (at, other) = distribution_change(values, &weights, &series, &tried);
        if other < threshold.min(0.1 * p_value) {
            return Some(Change { kind: Kind::DistributionChange, at, p_value: other });
        }
    }
    let kind = match best.kind {
        models::Shape::Step => Kind::StepChange,
        models::Shape::Curves => Kind::TrendChange,
        models::Shape::Level | models::Shape::Curve => return None,
    };
    Some(Change { kind, at: best.at, p_value })
}

/// The simplest model that no other is significantly better than, and the points that were tried.
fn best_model(series: &models::Series<'_>, threshold: f64) -> (Model, Vec<usize>) {
    let level = series.level();
    let curve = series.curve();
    let (step, curves) = (series.step(), series.curves());
    let better = |simple: Model, other: Model| {
        series.test(simple, other) < threshold && EXPLAINED_MIN <= series.explained(other)
    };
    if better(level, curve) {
        if !better(curve, curves) {
            return (curve, vec![curves.at]);
        }
        let tried = vec![curves.at, step.at];
        if better(level, step) && !better(step, curves) {
            return (step, tried);
        }
        return (curves, tried);
    }
    let tried = vec![step.at, curves.at];
    if better(level, step) {
        return (if better(step, curves) { curves } else { step }, tried);
    }
    (if better(level, curves) { curves } else { level }, tried)
}

/// The point behind which the values are most unlike those before, and how likely that is by chance.
fn distribution_change(
    values: &[f64],
    weights: &[f64],
    series: &models::Series<'_>,
    tried: &[usize],
) -> (usize, f64) {
    let mut widest = (0, 0.0);
    for &at in series.candidates() {
        let (before, behind) = (
            Moments::of(&values[..at], &weights[..at]),
            Moments::of(&values[at..], &weights[at..]),
        );
        let apart = (before.mean - behind.mean).abs()
            + (before.variance.sqrt() - behind.variance.sqrt()).abs();
        let scaled = at.min(values.len() - at) as f64 * apart;
        if widest.1 <= scaled {
            widest = (at, scaled);
        }
    }
    let mut best = (widest.0, 1.0);
    for at in tried.iter().copied().chain([widest.0]) {
        let p_value = kolmogorov_smirnov(&values[..at], &values[at..]);
        if p_value < best.1 {
            best = (at, p_value);
        }
    }
    // The points that are tried are no independent trials: about one in fifty values is.
    (best.0, independent_trials(best.1, values.len().div_ceil(50)))
}

/// The points where a change may be: far enough from both ends.
fn candidates(count: usize) -> std::ops::Range<usize> {
    let side = ((0.1 * count as f64 + 0.5) as usize).max(SIDE_MIN);
    side..count - side
}

/// 1 for most values, next to nothing for the few on either end, so that they shape no model.
fn weights(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let outside = (OUTLIER_SHARE * values.len() as f64).ceil() as usize;
    // A value that occurs often is no outlier, even where the border lies among its occurrences.
    let (least, greatest) = (sorted[outside], sorted[values.len() - outside - 1]);
    let weight = |value: &f64| {
        if least <= *value && *value <= greatest { 1.0 } else { OUTLIER_WEIGHT }
    };
    values.iter().map(weight).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers from -1 up to 1 that look like chance, the same ones each time.
    fn noise(count: usize) -> Vec<f64> {
        let mut state = 42_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as f64 / f64::from(1_u32 << 30) - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    fn series(count: usize, of: impl Fn(usize) -> f64) -> Vec<f64> {
        noise(count).into_iter().enumerate().map(|(at, noise)| of(at) + noise).collect()
    }

    #[track_caller]
    fn check(values: &[f64], expected: Option<(Kind, usize)>) {
        let change = detect(values);
        assert_eq!(change.map(|change| (change.kind, change.at)), expected, "{change:?}");
        assert!(change.is_none_or(|change| (0.0..=0.01).contains(&change.p_value)), "{change:?}");
    }

    #[test]
    fn what_goes_on_is_no_change() {
        check(&vec![5.0; 100], None);
        check(&series(100, |_| 5.0), None);
        check(&series(30, |_| 0.0), None);
        check(&series(100, |at| at as f64), None);
        check(&series(1_000, |at| -0.5 * at as f64), None);
    }

    #[test]
    fn another_level_is_a_step() {
        check(&series(100, |at| if at < 60 { 5.0 } else { 15.0 }), Some((Kind::StepChange, 60)));
        check(&series(40, |at| if at < 15 { 15.0 } else { 5.0 }), Some((Kind::StepChange, 15)));
        let exact: Vec<f64> = (0..50).map(|at| if at < 25 { 0.0 } else { 1.0 }).collect();
        check(&exact, Some((Kind::StepChange, 25)));
    }

    #[test]
    fn another_slope_is_a_trend_change() {
        let bent = series(100, |at| if at < 50 { 0.0 } else { 2.0 * (at - 50) as f64 });
        let change = detect(&bent).expect("a change");
        assert_eq!(change.kind, Kind::TrendChange);
        assert!(change.at.abs_diff(50) < 5, "{change:?}");
    }

    #[test]
    fn a_value_far_from_the_others_is_a_spike_or_a_dip() {
        check(&series(100, |at| if at == 40 { 60.0 } else { 5.0 }), Some((Kind::Spike, 40)));
        check(&series(100, |at| if at == 3 { -60.0 } else { 5.0 }), Some((Kind::Dip, 3)));
        let mut exact = vec![1.0; 40];
        exact[22] = 7.0;
        check(&exact, Some((Kind::Spike, 22)));
    }

    #[test]
    fn a_wider_spread_is_a_change_of_the_distribution() {
        let spread = noise(200).into_iter().enumerate();
        let wide: Vec<f64> =
            spread.map(|(at, noise)| if at < 100 { noise } else { noise * 40.0 }).collect();
        let change = detect(&wide).expect("a change");
        assert_eq!(change.kind, Kind::DistributionChange);
        assert!(change.at.abs_diff(100) < 15, "{change:?}");
    }

    #[test]
    fn a_short_series_has_no_change() {
        assert_eq!(detect(&[1.0; VALUES_MIN - 1]), None);
        assert_eq!(detect(&[]), None);
    }

    #[test]
    fn great_and_small_numbers_are_no_trouble() {
        for scale in [1e-300, 1e-9, 1e9, 1e300] {
            let stepped = series(60, |at| if at < 30 { 5.0 } else { 25.0 });
            let scaled: Vec<f64> = stepped.iter().map(|value| value * scale).collect();
            check(&scaled, Some((Kind::StepChange, 30)));
        }
        let widest: Vec<f64> =
            (0..60).map(|at| if at < 30 { f64::MAX } else { f64::MIN }).collect();
        check(&widest, Some((Kind::StepChange, 30)));
        check(&[f64::MIN_POSITIVE; 60], None);
    }
}
