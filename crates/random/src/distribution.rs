//! The distributions of the script-level `Random` object and how each turns uniforms into a deviate.
//!
//! The algorithms are those of the GNU C++ library's random classes, which NEURON uses; most follow Law and
//! Kelton, "Simulation Modeling and Analysis".

use thiserror::Error;

/// A distribution a [`crate::Random`] object can draw from. Parameters are the script's own arguments.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Distribution {
    /// Uniform between two numbers, given in any order.
    Uniform(f64, f64),
    /// Uniform over the integers between two numbers inclusive; arguments are cut to integers.
    DiscreteUniform(f64, f64),
    /// Normal with this mean and this **variance**.
    Normal(f64, f64),
    /// Log-normal with this mean and variance (of the deviate, not of its logarithm).
    LogNormal(f64, f64),
    /// Exponential with this mean.
    NegExp(f64),
    /// Poisson with this mean.
    Poisson(f64),
    /// Number of successes among this many trials of this probability.
    Binomial(f64, f64),
    /// One plus the number of leading uniforms below this number.
    Geometric(f64),
    /// Erlang with this mean and variance.
    Erlang(f64, f64),
    /// Weibull with this shape (alpha) and this factor (beta) inside the power.
    Weibull(f64, f64),
    /// Mixture of two exponentials with this mean and variance, which NEURON calls hypergeometric.
    HyperGeometric(f64, f64),
}

/// A parameter that a distribution refuses.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum DistributionError {
    /// A parameter lies outside the range NEURON accepts.
    #[error("`{distribution}` needs {parameter} from {low} to {high}, got {value}")]
    OutOfRange {
        /// Name of the distribution as scripts spell it.
        distribution: &'static str,
        /// Name of the parameter.
        parameter: &'static str,
        /// Smallest accepted value.
        low: f64,
        /// Largest accepted value.
        high: f64,
        /// What was given.
        value: f64,
    },
    /// The draw would never end.
    #[error("`{distribution}` with {parameter} {value} would draw forever")]
    Endless {
        /// Name of the distribution as scripts spell it.
        distribution: &'static str,
        /// Name of the parameter.
        parameter: &'static str,
        /// What was given.
        value: f64,
    },
}

impl Distribution {
    /// Refuses the parameters NEURON refuses, and those with which a draw would never end.
    pub fn check(&self) -> Result<(), DistributionError> {
        let within = |distribution, parameter, value: f64, high: f64| {
            let low = 0.0;
            // A NaN is refused as well
            if (low..=high).contains(&value) {
                return Ok(());
            }
            Err(DistributionError::OutOfRange { distribution, parameter, low, high, value })
        };
        match *self {
            Self::Binomial(trials, probability) => {
                within("binomial", "the number of trials", trials, 1e99)?;
                within("binomial", "the probability", probability, 1.0)
            }
            Self::Geometric(probability) => {
                within("geometric", "the probability", probability, 1.0)?;
                // The largest uniform a generator returns must still end the run
                if probability > 4294967295.0 / 4294967296.0 {
                    return Err(DistributionError::Endless {
                        distribution: "geometric",
                        parameter: "the probability",
                        value: probability,
                    });
                }
                Ok(())
            }
            Self::Poisson(mean) if (-mean).exp() == 0.0 => Err(DistributionError::Endless {
                distribution: "poisson",
                parameter: "the mean",
                value: mean,
            }),
            _ => Ok(()),
        }
    }

    /// One deviate from `uniform`, which returns uniform deviates. `cached` holds the second normal deviate
    /// of a pair between calls. The parameters must have passed [`Self::check`].
    pub(crate) fn draw(&self, cached: &mut Option<f64>, mut uniform: impl FnMut() -> f64) -> f64 {
        match *self {
            Self::Uniform(a, b) => {
                let (low, high) = if a < b { (a, b) } else { (b, a) };
                low + (high - low) * uniform()
            }
            Self::DiscreteUniform(a, b) => {
                let (a, b) = (a as i64, b as i64);
                let (low, high) = (a.min(b), a.max(b));
                let count = high.wrapping_sub(low).wrapping_add(1) as f64;
                low.wrapping_add((count * uniform()).floor() as i64) as f64
            }
            Self::Normal(mean, variance) => polar(cached, uniform) * variance.sqrt() + mean,
            Self::LogNormal(mean, variance) => {
                let squared = mean * mean;
                let location = (squared / (variance + squared).sqrt()).ln();
                let scale = ((variance + squared) / squared).ln().sqrt();
                std::f64::consts::E.powf(polar(cached, uniform) * scale + location)
            }
            Self::NegExp(mean) => -mean * uniform().ln(),
            Self::Poisson(mean) => {
                let bound = (-mean).exp();
                let mut count = 0;
                let mut product = 1.0;
                while product >= bound {
                    count += 1;
                    product *= uniform();
                }
                f64::from(count - 1)
            }
            Self::Binomial(trials, probability) => {
                f64::from((0..truncated(trials)).map(|_| u32::from(uniform() < probability)).sum::<u32>())
            }
            Self::Geometric(probability) => {
                let mut samples = 1;
                while uniform() < probability {
                    samples += 1;
                }
                f64::from(samples)
            }
            Self::Erlang(mean, variance) => {
                let k = truncated(mean * mean / variance + 0.5).max(1);
                let rate = f64::from(k) / mean;
                let product = (0..k).fold(1.0, |product, _| product * uniform());
                -f64::ln(product) / rate
            }
            Self::Weibull(alpha, beta) => (beta * -(1.0 - uniform()).ln()).powf(1.0 / alpha),
            Self::HyperGeometric(mean, variance) => {
                let z = variance / (mean * mean);
                let p = 0.5 * (1.0 - ((z - 1.0) / (z + 1.0)).sqrt());
                let d = if uniform() > p { 1.0 - p } else { p };
                -mean * uniform().ln() / (2.0 * d)
            }
        }
    }
}

/// Marsaglia's polar method: both deviates of a pair are used, the second by the next call.
fn polar(cached: &mut Option<f64>, mut uniform: impl FnMut() -> f64) -> f64 {
    if let Some(deviate) = cached.take() {
        return deviate;
    }
    loop {
        let x = 2.0 * uniform() - 1.0;
        let y = 2.0 * uniform() - 1.0;
        let w = x * x + y * y;
        if w <= 1.0 {
            let scale = ((-2.0 * w.ln()) / w).sqrt();
            *cached = Some(y * scale);
            return x * scale;
        }
    }
}

/// A C conversion to `int`, with the value x86-64 gives out of range.
fn truncated(value: f64) -> i32 {
    if value > -2147483649.0 && value < 2147483648.0 { value as i32 } else { i32::MIN }
}
