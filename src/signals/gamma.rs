//! Gamma-distributed numbers: Marsaglia and Tsang, "A simple method for generating gamma variables", ACM Transactions
//! on Mathematical Software 26 (2000).

use random::{Distribution, DistributionError, Random};

use super::Real;

/// `count` numbers of the Gamma distribution of this shape and scale, both positive, with the draws that neurodamus
/// makes: each normal deviate is the first of a new pair.
///
/// # Errors
///
/// None with positive parameters.
pub fn gamma<T: Real>(
    random: &mut Random,
    shape: T,
    scale: T,
    count: usize,
) -> Result<Vec<f64>, DistributionError> {
    if shape < T::of(1.0) {
        random.select(Distribution::Uniform(0.0, 1.0))?;
        let exponent = (T::of(1.0) / shape).wide();
        let factors: Vec<f64> = (0..count).map(|_| power(random.repick(), exponent)).collect();
        let larger = at_least_one(random, T::of(1.0) + shape, scale, count)?;
        return Ok(larger.iter().zip(factors).map(|(value, factor)| value * factor).collect());
    }
    at_least_one(random, shape, scale, count)
}

/// The same for shapes of at least 1.
fn at_least_one<T: Real>(
    random: &mut Random,
    shape: T,
    scale: T,
    count: usize,
) -> Result<Vec<f64>, DistributionError> {
    let d = shape - T::of(1.0 / 3.0);
    let c = 1.0 / 3.0 / d.wide().sqrt();
    let mut values = Vec::with_capacity(count);
    while values.len() < count {
        let x = random.select(Distribution::Normal(0.0, 1.0))?;
        let v = 1.0 + c * x;
        if v <= 0.0 {
            continue;
        }
        let v = v * v * v;
        let u = random.select(Distribution::Uniform(0.0, 1.0))?;
        let is_surely_accepted = u < 1.0 - 0.0331 * x * x * x * x;
        if is_surely_accepted || T::of(u.ln()) < T::of(0.5 * x * x) + d * T::of(1.0 - v + v.ln()) {
            values.push((scale * d * T::of(v)).wide());
        }
    }
    Ok(values)
}

/// NEURON's `Vector.pow`, which squares without the library's `pow`.
fn power(base: f64, exponent: f64) -> f64 {
    if exponent == 2.0 { base * base } else { base.powf(exponent) }
}

// Expected numbers in these tests are those of neurodamus 4.2.9.
#[cfg(test)]
mod tests {
    use super::gamma;
    use random::{Generator, Random, Stream};

    fn random() -> Random {
        Random::with_generator(Generator::Random123(Stream::new(0, 7, 8, 9)))
    }

    #[test]
    fn numbers_are_those_of_neurodamus() {
        let values = gamma(&mut random(), 2.5, 1.0, 3).expect("it is drawn");
        assert_eq!(values, [1.3659190385954838, 1.5817343655227465, 1.6458902916578095]);
        let values = gamma(&mut random(), 0.3, 2.0, 3).expect("it is drawn");
        assert_eq!(values, [0.018861748748516285, 2.235234032918542e-5, 0.01680553262084927]);
        let values = gamma(&mut random(), 0.5, 2.0, 2).expect("it is drawn");
        assert_eq!(values, [0.08802733190358011, 0.005341708880264148]);
    }

    #[test]
    fn the_mean_is_shape_times_scale() {
        for (shape, scale) in [(0.4, 1.5), (3.0, 0.2)] {
            let values = gamma(&mut random(), shape, scale, 20_000).expect("it is drawn");
            let mean: f64 = values.iter().sum::<f64>() / values.len() as f64;
            assert!((mean / (shape * scale) - 1.0).abs() < 0.03, "{mean}");
        }
    }
}
