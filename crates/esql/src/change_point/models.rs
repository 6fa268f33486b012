//! The models of a series, and how much of its variance each leaves.

use super::statistics::{Moments, f_survival, independent_trials};

/// The part of the variance that sums in doubles may leave of nothing.
const ROUNDING: f64 = 1e-13;

/// What a model is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One level.
    Level,
    /// One curve of degree two.
    Curve,
    /// Two levels.
    Step,
    /// Two curves of degree two.
    Curves,
}

impl Shape {
    /// How many numbers it has.
    fn parameters(self) -> f64 {
        match self {
            Shape::Level => 1.0,
            Shape::Step => 2.0,
            Shape::Curve => 3.0,
            Shape::Curves => 6.0,
        }
    }

    /// Whether it was the best of one for each point.
    fn is_chosen(self) -> bool {
        matches!(self, Shape::Step | Shape::Curves)
    }
}

/// A model that was fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Model {
    /// What it is made of.
    pub(super) kind: Shape,
    /// Where its second part begins, if it has one.
    pub(super) at: usize,
    /// The variance around it.
    rest: f64,
}

/// A series with what is known of it.
pub(super) struct Series<'a> {
    values: &'a [f64],
    weights: &'a [f64],
    candidates: Vec<usize>,
    whole: Moments,
}

impl<'a> Series<'a> {
    pub(super) fn new(
        values: &'a [f64],
        weights: &'a [f64],
        candidates: std::ops::Range<usize>,
    ) -> Series<'a> {
        let whole = Moments::of(values, weights);
        Series { values, weights, candidates: candidates.collect(), whole }
    }

    /// The points where a change may be.
    pub(super) fn candidates(&self) -> &[usize] {
        &self.candidates
    }

    /// Whether all that differs is how numbers are rounded.
    pub(super) fn is_flat(&self) -> bool {
        let rounding = 2.0 * self.whole.weight * self.whole.mean.abs() * f64::EPSILON;
        self.whole.variance.sqrt() <= rounding
    }

    /// One level.
    pub(super) fn level(&self) -> Model {
        Model { kind: Shape::Level, at: 0, rest: self.whole.variance }
    }

    /// One curve.
    pub(super) fn curve(&self) -> Model {
        Model { kind: Shape::Curve, at: 0, rest: self.exact(curve_rest(self.values, self.weights)) }
    }

    /// The two levels that leave least.
    pub(super) fn step(&self) -> Model {
        self.best(Shape::Step, |values, weights| Moments::of(values, weights).variance)
    }

    /// The two curves that leave least.
    pub(super) fn curves(&self) -> Model {
        self.best(Shape::Curves, curve_rest)
    }

    /// What is left by rounding alone is nothing.
    fn exact(&self, rest: f64) -> f64 {
        if rest < ROUNDING * self.whole.variance { 0.0 } else { rest }
    }

    fn best(&self, kind: Shape, rest: impl Fn(&[f64], &[f64]) -> f64) -> Model {
        let mut best = Model { kind, at: 0, rest: f64::INFINITY };
        for &at in &self.candidates {
            let (before, behind) = (&self.weights[..at], &self.weights[at..]);
            let (left, right): (f64, f64) = (before.iter().sum(), behind.iter().sum());
            let (low, high) = (rest(&self.values[..at], before), rest(&self.values[at..], behind));
            let both = self.exact((left * low + right * high) / (left + right));
            if both < best.rest {
                best = Model { kind, at, rest: both };
            }
        }
        best
    }

    /// The part of the variance that a model explains.
    pub(super) fn explained(&self, model: Model) -> f64 {
        1.0 - model.rest / self.whole.variance
    }

    /// How likely a model is this much better than a simpler one by chance.
    pub(super) fn test(&self, simple: Model, other: Model) -> f64 {
        let p_value = self.nested(simple, other);
        if other.kind.is_chosen() {
            independent_trials(p_value, self.candidates.len())
        } else {
            p_value
        }
    }

    /// How likely it is by chance that a model is as much better as it is than one level.
    pub(super) fn p_value(&self, model: Model) -> f64 {
        independent_trials(self.nested(self.level(), model), self.candidates.len())
    }

    /// The F test of a model that has another within it.
    fn nested(&self, simple: Model, other: Model) -> f64 {
        let (few, many) = (simple.kind.parameters(), other.kind.parameters());
        if simple.rest <= other.rest || many <= few {
            return 1.0;
        }
        if other.rest == 0.0 {
            return 0.0;
        }
        let freedom = self.whole.weight - many;
        let ratio = (simple.rest - other.rest) / (many - few) * freedom / other.rest;
        (2.0 * f_survival(many - few, freedom, ratio)).min(1.0)
    }
}

/// The weighted variance around the curve of degree two that fits best.
fn curve_rest(values: &[f64], weights: &[f64]) -> f64 {
    let moments = Moments::of(values, weights);
    if moments.variance <= 0.0 {
        return moments.variance;
    }
    // Places from -1 to 1 and values from about -1 to 1 keep the sums of one size.
    let middle = (values.len() - 1) as f64 / 2.0;
    let (scale, spread) = (middle.max(1.0), moments.variance.sqrt());
    let mut powers = [0.0; 5];
    let mut products = [0.0; 3];
    let mut squares = 0.0;
    for (at, (value, weight)) in values.iter().zip(weights).enumerate() {
        let place = (at as f64 - middle) / scale;
        let value = (value - moments.mean) / spread;
        let mut power = *weight;
        for (order, sum) in powers.iter_mut().enumerate() {
            *sum += power;
            if let Some(product) = products.get_mut(order) {
                *product += power * value;
            }
            power *= place;
        }
        squares += weight * value * value;
    }
    let Some(curve) = solved(&powers, &products) else { return moments.variance };
    let explained: f64 =
        curve.iter().zip(&products).map(|(factor, product)| factor * product).sum();
    let rest = ((squares - explained) / powers[0]).max(0.0);
    rest * moments.variance
}

/// The factors of a curve of degree two from the sums of its normal equations, by Cramer's rule.
fn solved(powers: &[f64; 5], products: &[f64; 3]) -> Option<[f64; 3]> {
    let [s0, s1, s2, s3, s4] = *powers;
    let rows = [[s0, s1, s2], [s1, s2, s3], [s2, s3, s4]];
    let whole = determinant(rows);
    if whole.abs() < 1e-12 {
        return None;
    }
    let replaced = |column: usize| {
        let mut rows = rows;
        for (row, product) in rows.iter_mut().zip(products) {
            row[column] = *product;
        }
        determinant(rows) / whole
    };
    Some([replaced(0), replaced(1), replaced(2)])
}

fn determinant(rows: [[f64; 3]; 3]) -> f64 {
    let [top, middle, bottom] = rows;
    // The rows below without a column.
    let minor =
        |left: usize, right: usize| middle[left] * bottom[right] - middle[right] * bottom[left];
    top[0] * minor(1, 2) - top[1] * minor(0, 2) + top[2] * minor(0, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_leaves_nothing_of_itself() {
        let values: Vec<f64> =
            (0..50).map(f64::from).map(|x| 3.0 - 2.0 * x + 0.5 * x * x).collect();
        assert!(curve_rest(&values, &[1.0; 50]).abs() < 1e-9);
    }

    #[test]
    fn a_curve_leaves_what_is_not_in_it() {
        // The best curve through 0, 1, 0, -1, 0 is the line -0.2 (x - 2): it explains 0.4 of 2.
        let rest = curve_rest(&[0.0, 1.0, 0.0, -1.0, 0.0], &[1.0; 5]);
        assert!((rest - 1.6 / 5.0).abs() < 1e-12, "{rest}");
    }
}
