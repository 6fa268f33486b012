//! Moments, and the tails of the distributions that tests need.

/// The weight, the mean and the variance of some values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Moments {
    /// The sum of the weights.
    pub(super) weight: f64,
    /// The weighted mean.
    pub(super) mean: f64,
    /// The weighted variance, over the weight.
    pub(super) variance: f64,
}

impl Moments {
    /// Those of values with a weight each; all 0 of no values.
    pub(super) fn of(values: &[f64], weights: &[f64]) -> Moments {
        let weight: f64 = weights.iter().sum();
        if weight <= 0.0 {
            return Moments { weight: 0.0, mean: 0.0, variance: 0.0 };
        }
        let pairs = || values.iter().zip(weights);
        let mean = pairs().map(|(value, own)| value * (own / weight)).sum::<f64>();
        let variance = pairs().map(|(value, own)| (value - mean).powi(2) * (own / weight)).sum();
        Moments { weight, mean, variance }
    }
}

/// How likely the least of some independent p-values is as small as this.
pub(super) fn independent_trials(p_value: f64, trials: usize) -> f64 {
    let trials = trials as f64;
    // Below, the power would be rounded to 1.
    if 1e-10 < p_value { 1.0 - (1.0 - p_value).powf(trials) } else { (trials * p_value).min(1.0) }
}

/// How likely a value of the F distribution is above `x`.
pub(super) fn f_survival(numerator: f64, denominator: f64, x: f64) -> f64 {
    if x <= 0.0 || denominator <= 0.0 {
        return 1.0;
    }
    if !x.is_finite() {
        return 0.0;
    }
    let share = denominator / (denominator + numerator * x);
    incomplete_beta(0.5 * denominator, 0.5 * numerator, share)
}

/// The regularised incomplete beta function (Abramowitz and Stegun, 26.5.8).
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if 1.0 <= x {
        return 1.0;
    }
    let front = a * x.ln() + b * (-x).ln_1p() + ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b);
    // The fraction converges fast on one side of the middle only.
    if x < (a + 1.0) / (a + b + 2.0) {
        front.exp() * beta_fraction(a, b, x) / a
    } else {
        1.0 - front.exp() * beta_fraction(b, a, 1.0 - x) / b
    }
}

/// The continued fraction of the incomplete beta function, by Lentz's method.
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const STEPS_MAX: u32 = 300;
    let held = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let (mut above, mut below) = (1.0, 1.0 / held(1.0 - (a + b) * x / (a + 1.0)));
    let mut whole = below;
    for step in (1..=STEPS_MAX).map(f64::from) {
        let even = step * (b - step) * x / ((a + 2.0 * step - 1.0) * (a + 2.0 * step));
        let odd = -(a + step) * (a + b + step) * x / ((a + 2.0 * step) * (a + 2.0 * step + 1.0));
        let mut factor = 1.0;
        for term in [even, odd] {
            below = 1.0 / held(1.0 + term * below);
            above = held(1.0 + term / above);
            factor = below * above;
            whole *= factor;
        }
        if (factor - 1.0).abs() < 1e-15 {
            break;
        }
    }
    whole
}

/// The logarithm of the gamma function above 0 (Lanczos, g = 7).
fn ln_gamma(x: f64) -> f64 {
    const FACTORS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        return (std::f64::consts::PI / (std::f64::consts::PI * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let terms = FACTORS.iter().zip(1..).map(|(factor, at)| factor / (x + f64::from(at)));
    let sum: f64 = 0.999_999_999_999_809_9 + terms.sum::<f64>();
    let base = x + 7.5;
    0.5 * std::f64::consts::TAU.ln() + (x + 0.5) * base.ln() - base + sum.ln()
}

/// How likely a value of the normal distribution is above `x`: the upper tail in its relative precision, by the fraction
/// of Abramowitz and Stegun, 26.2.14, and the middle by the series 26.2.10.
pub(super) fn normal_survival(x: f64) -> f64 {
    if x < 0.0 {
        return 1.0 - normal_survival(-x);
    }
    let density = (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt();
    if x < 3.0 {
        let (mut term, mut sum) = (x, x);
        for step in (1..60).map(f64::from) {
            term *= x * x / (2.0 * step + 1.0);
            sum += term;
        }
        return 0.5 - density * sum;
    }
    let fraction = (1..=60).rev().map(f64::from).fold(x, |rest, step| x + step / rest);
    density / fraction
}

/// How likely two samples of one distribution are as unlike each other as these: the test of Kolmogorov and Smirnov.
pub(super) fn kolmogorov_smirnov(one: &[f64], other: &[f64]) -> f64 {
    /// Products of counts up to which the probability is exact.
    const EXACT_MAX: usize = 10_000;
    if one.is_empty() || other.is_empty() {
        return 1.0;
    }
    let distance = distance(one, other);
    let (n, m) = (one.len(), other.len());
    if n * m < EXACT_MAX {
        return exact(n, m, distance);
    }
    let (n, m) = (n as f64, m as f64);
    limiting(distance * (n * m / (n + m)).sqrt())
}

/// The greatest distance between the shares of values up to each.
fn distance(one: &[f64], other: &[f64]) -> f64 {
    let sorted = |values: &[f64]| {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted
    };
    let (one, other) = (sorted(one), sorted(other));
    let (mut i, mut j, mut widest) = (0, 0, 0.0_f64);
    while i < one.len() && j < other.len() {
        let value = one[i].min(other[j]);
        while i < one.len() && one[i] <= value {
            i += 1;
        }
        while j < other.len() && other[j] <= value {
            j += 1;
        }
        let apart = i as f64 / one.len() as f64 - j as f64 / other.len() as f64;
        widest = widest.max(apart.abs());
    }
    widest
}

/// The probability of a distance of at least this, by the paths through a grid (Marsaglia, Tsang and Wang's order of it).
fn exact(n: usize, m: usize, distance: f64) -> f64 {
    let (rows, columns) = (n as f64, m as f64);
    let border = (0.5 + (distance * rows * columns - 1e-7).floor()) / (rows * columns);
    let inside = |i: usize, j: usize| (i as f64 / rows - j as f64 / columns).abs() <= border;
    let mut paths: Vec<f64> = (0..=m).map(|j| f64::from(u8::from(inside(0, j)))).collect();
    for i in 1..=n {
        let weight = i as f64 / (i as f64 + columns);
        paths[0] = if inside(i, 0) { weight * paths[0] } else { 0.0 };
        for j in 1..=m {
            paths[j] = if inside(i, j) { weight * paths[j] + paths[j - 1] } else { 0.0 };
        }
    }
    (1.0 - paths[m]).clamp(0.0, 1.0)
}

/// The probability of a scaled distance of at least `x` where samples are large.
fn limiting(x: f64) -> f64 {
    if x < 0.2 {
        return 1.0;
    }
    let (mut sum, mut sign) = (0.0, 1.0);
    for step in (1..100).map(f64::from) {
        let term = (-2.0 * step * step * x * x).exp();
        sum += sign * term;
        if term < 1e-300 {
            break;
        }
        sign = -sign;
    }
    (2.0 * sum).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn close(found: f64, expected: f64) {
        assert!((found / expected - 1.0).abs() < 1e-9, "{found} {expected}");
    }

    /// Values of R: `pf(..., lower.tail = FALSE)`, `pnorm`, `lgamma`.
    #[test]
    fn tails_are_those_of_tables() {
        close(f_survival(1.0, 10.0, 4.964_602_743_730_711), 0.05);
        close(f_survival(2.0, 20.0, 3.492_828_476_735_635), 0.05);
        // With two degrees of freedom the tail is a power: (1 + 2x/d)^(-d/2).
        close(f_survival(2.0, 50.0, 30.0), (1.0_f64 + 60.0 / 50.0).powf(-25.0));
        close(f_survival(2.0, 1_000.0, 500.0), 2.0_f64.powf(-500.0));
        close(normal_survival(1.959_963_984_540_054), 0.025);
        close(normal_survival(-1.0), 0.841_344_746_068_542_9);
        close(normal_survival(10.0), 7.619_853_024_160_527e-24);
        close(normal_survival(2.999_999), normal_survival(3.0) + 1e-6 * 0.004_431_848_411_938);
        close(ln_gamma(10.0), 362_880.0_f64.ln());
        close(ln_gamma(0.5), 0.5 * std::f64::consts::PI.ln());
    }

    #[test]
    fn samples_that_differ_are_unlikely() {
        // Of two samples of three and three, all of one below the other: 2 ways of 20.
        close(kolmogorov_smirnov(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]), 0.1);
        close(kolmogorov_smirnov(&[1.0, 3.0], &[1.0, 3.0]), 1.0);
        let (low, high): (Vec<f64>, Vec<f64>) =
            ((0..200).map(f64::from).collect(), (300..500).map(f64::from).collect());
        assert!(kolmogorov_smirnov(&low, &high) < 1e-80);
        close(limiting(1.0), 0.269_999_671_677_353_7);
    }

    #[test]
    fn many_trials_make_small_p_values_likely() {
        close(independent_trials(0.01, 10), 1.0 - 0.99_f64.powi(10));
        close(independent_trials(1e-12, 10), 1e-11);
    }
}
