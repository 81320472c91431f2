//! Shot noise: a Poisson train of impulses with Gamma-distributed amplitudes, filtered by a difference of exponentials.

use random::{Distribution, Random};
use sonata::config::ShotKinetics;

use super::gamma::gamma;
use super::{MOST_SAMPLES, Points, Real, SignalError, Window, sample_count};

/// The impulses of shot noise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shots<T> {
    /// How many (Hz); positive.
    pub rate: T,
    /// Mean of their amplitudes; not 0. The signal of a negative one is that of a positive one, upside down.
    pub mean: T,
    /// Variance of their amplitudes; positive.
    pub variance: T,
}

impl<T: Real> Shots<T> {
    /// The impulses that give a signal of this mean and standard deviation. `relative_skew` is 0 for the smallest and
    /// 1 for the largest skewness that is possible.
    ///
    /// By Campbell's theorem as generalised by Rice, "Mathematical analysis of random noise", Bell System Technical
    /// Journal 23 (1944).
    ///
    /// # Errors
    ///
    /// [`SignalError::NoShots`], where there are none.
    pub fn from_moments(
        kinetics: ShotKinetics,
        mean: T,
        deviation: T,
        relative_skew: f64,
    ) -> Result<Self, SignalError> {
        let ShotKinetics { rise_time, decay_time } = kinetics;
        let peak_time = (decay_time / rise_time).ln() / (1.0 / rise_time - 1.0 / decay_time);
        let peak = (-peak_time / decay_time).exp() - (-peak_time / rise_time).exp();
        let xi = (decay_time - rise_time) / peak;
        let a = 1.0 / (decay_time + rise_time);
        let b = 1.0 / ((decay_time + 2.0 * rise_time) * (2.0 * decay_time + rise_time));
        let least_skew = T::of((8.0 / 3.0) * (b / a.squared())) * (deviation / mean);
        let skew = T::of(1.0 + relative_skew) * least_skew;
        // Ratios of the second cumulant to the first, and of the third to the second
        let second = deviation.squared() / mean;
        let third = deviation * skew;
        let theta_1 = T::of(2.0 / (a * xi)) * second;
        let theta_2 = T::of((3.0 * a) / (4.0 * b * xi)) * third;
        let amplitude = T::of(2.0) * theta_1 - theta_2;
        let shots = Self {
            rate: mean / (amplitude * T::of(xi)) * T::of(1000.0),
            mean: amplitude,
            variance: amplitude * (theta_2 - theta_1),
        };
        let is_possible = shots.rate.wide().is_finite()
            && shots.rate > T::of(0.0)
            && shots.mean.wide() != 0.0
            && shots.variance > T::of(0.0);
        let (mean, deviation) = (mean.wide(), deviation.wide());
        if is_possible { Ok(shots) } else { Err(SignalError::NoShots { mean, deviation }) }
    }
}

/// Shot noise, sampled every `interval` (ms), between points of the value `base`.
///
/// Impulses take place at the nearest sample. As many intervals between them are drawn as are almost certainly
/// enough; where they are not, at which neurodamus stops, more are drawn.
///
/// # Errors
///
/// Too many samples or impulses.
pub fn shot_noise<T: Real>(
    random: &mut Random,
    window: Window,
    (kinetics, interval): (ShotKinetics, f64),
    shots: Shots<T>,
    base: f64,
) -> Result<Points, SignalError> {
    let count = sample_count(window, interval)?;
    let places = impulse_places(random, window.duration, shots.rate, interval, count)?;
    let (sign, mean) = if shots.mean < T::of(0.0) { (-1.0, -shots.mean) } else { (1.0, shots.mean) };
    let scale = shots.variance / mean;
    let amplitudes = gamma(random, mean / scale, scale, places.len())?;
    let mut impulses = vec![0.0; count];
    for (place, amplitude) in places.into_iter().zip(amplitudes) {
        impulses[place] += sign * amplitude;
    }
    Ok(Points::sampled(window, interval, base, filtered(&impulses, kinetics, interval)))
}

/// The sample at which each impulse takes place.
fn impulse_places<T: Real>(
    random: &mut Random,
    duration: f64,
    rate: T,
    interval: f64,
    count: usize,
) -> Result<Vec<usize>, SignalError> {
    let expected = (T::of(duration) * (rate / T::of(1000.0))).wide();
    if expected.is_nan() || expected > MOST_SAMPLES {
        return Err(SignalError::TooLong);
    }
    let expected = 1.0 + expected.trunc();
    let drawn = (expected + 3.0 * expected.sqrt()) as u64;
    random.select(Distribution::NegExp((T::of(1.0) / rate).wide()))?;
    let mut places = Vec::new();
    let (mut seconds, mut time) = (0.0, 0.0);
    let mut number = 0;
    while number < drawn || time < duration {
        seconds += random.repick();
        time = seconds * 1000.0;
        // NEURON's `Vector.where` compares with a tolerance of 1e-11
        if time < duration - 1e-11 {
            let place = (time / interval).round_ties_even() as usize;
            if place < count {
                places.push(place);
            }
        }
        number += 1;
        if number as f64 > 2.0 * MOST_SAMPLES {
            return Err(SignalError::TooLong);
        }
    }
    Ok(places)
}

/// Impulses convolved with a difference of exponentials of peak 1, as two autoregressive processes in a row.
fn filtered(impulses: &[f64], kinetics: ShotKinetics, interval: f64) -> Vec<f64> {
    let a = (-interval / kinetics.decay_time).exp();
    let b = (-interval / kinetics.rise_time).exp();
    let (decay, rise) = (-a.ln(), -b.ln());
    let peak_time = (rise / decay).ln() / (rise - decay);
    let norm = (a / b - 1.0) / (a.powf(peak_time) - b.powf(peak_time));
    let mut values = Vec::with_capacity(impulses.len());
    let (mut outer, mut inner) = (0.0, 0.0);
    for (index, _) in impulses.iter().enumerate() {
        if index > 0 {
            outer = a * outer + b * inner;
            inner = b * inner + impulses[index - 1];
        }
        values.push(outer * norm);
    }
    values
}

// Expected numbers in these tests are those of neurodamus 4.2.9.
#[cfg(test)]
mod tests {
    use super::*;
    use random::{Generator, Stream};

    fn random(id1: u32, id2: u32, id3: u32) -> Random {
        Random::with_generator(Generator::Random123(Stream::new(0, id1, id2, id3)))
    }

    const KINETICS: ShotKinetics = ShotKinetics { rise_time: 0.4, decay_time: 4.0 };

    fn values<T: Real>(shots: Shots<T>, duration: f64, interval: f64) -> Vec<f64> {
        let window = Window { delay: 0.0, duration };
        let mut random = random(2997, 19216, 125);
        let points = shot_noise(&mut random, window, (KINETICS, interval), shots, 0.0).expect("few samples");
        points.values[1..points.values.len() - 1].to_vec()
    }

    #[test]
    fn shape_of_at_least_one() {
        let shots = Shots { rate: 2000.0, mean: 0.04, variance: 0.0016 };
        let expected = [0.0634649436993231, 0.09867113011954118, 0.1135956208320664, 0.11790160430993828];
        let found = values(shots, 2.0, 0.25);
        assert_eq!(found[..5], [0.0; 5]);
        assert_eq!(found[5..], expected);
    }

    #[test]
    fn shape_below_one() {
        let shots = Shots { rate: 2000.0, mean: 0.04, variance: 0.0032 };
        let expected = [0.04396633737658726, 0.08429567045875934, 0.10220101215462798, 0.10832670061989283];
        assert_eq!(values(shots, 2.0, 0.25)[5..], expected);
    }

    #[test]
    fn negative_amplitudes_late() {
        let kinetics = ShotKinetics { rise_time: 0.3, decay_time: 3.0 };
        let shots = Shots { rate: 1500.0, mean: -0.03, variance: 0.0002 };
        let window = Window { delay: 0.7, duration: 3.0 };
        let mut random = random(2999, 19217, 9);
        let points = shot_noise(&mut random, window, (kinetics, 0.1), shots, 0.0).expect("few samples");
        assert_eq!(points.values[..7], [0.0; 7]);
        assert_eq!(
            points.values[7..10],
            [-0.015460696718529657, -0.026031908072943137, -0.033116266981882254]
        );
        assert_eq!(points.values[31..], [-0.17955459105063346, -0.17746512920396912, 0.0]);
    }

    #[test]
    fn given_moments() {
        let inverse = 1.0 / 137.3;
        let (mean, deviation) = (40.0 / 100.0 * inverse, 11.0 / 100.0 * inverse);
        let shots = Shots::from_moments(KINETICS, mean, deviation, 0.4).expect("possible");
        let expected =
            Shots { rate: 2504.382669671925, mean: 0.00022517369883071677, variance: 3.3802129763404205e-08 };
        assert_eq!(shots, expected);
        let found = values(shots, 5.0, 0.25);
        assert_eq!(found[4..7], [0.0003046485934403046, 0.0008860156811951901, 0.0011533977910128893]);
        assert_eq!(found[20], 0.0013583173347934958);
    }

    #[test]
    fn moments_of_single_precision() {
        let inverse = f32::of(1.0) / 137.3_f32;
        let moments = |mean: f64, deviation: f64| {
            (f32::of(mean / 100.0) * inverse, f32::of(deviation / 100.0) * inverse)
        };
        let (mean, deviation) = moments(40.0, 11.0);
        let shots = Shots::from_moments(KINETICS, mean, deviation, 0.4).expect("possible");
        let wide = [shots.rate.wide(), shots.mean.wide(), shots.variance.wide()];
        assert_eq!(wide, [2504.383056640625, 0.00022517365869134665, 3.3802120213977105e-08]);
        let found = values(shots, 5.0, 0.25);
        assert_eq!(found[4..7], [0.00030464854286585207, 0.000886015519304019, 0.0011533975777065408]);
        let (mean, deviation) = moments(40.0, 60.0);
        let shots = Shots::from_moments(KINETICS, mean, deviation, 0.95).expect("possible");
        let found = values(shots, 40.0, 2.5);
        assert_eq!(found[3..6], [0.0024350235450493036, 0.0013082406000359049, 0.0007611808629867289]);
        assert_eq!(found[16], 0.002389414508391961);
    }

    #[test]
    fn moments_are_those_of_long_signals() {
        let shots = Shots::from_moments(KINETICS, 0.3, 0.05, 0.5).expect("possible");
        let found = values(shots, 20_000.0, 0.25);
        let found = &found[400..];
        let mean = found.iter().sum::<f64>() / found.len() as f64;
        let variance = found.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / found.len() as f64;
        assert!((mean - 0.3).abs() < 0.006, "{mean}");
        assert!((variance.sqrt() - 0.05).abs() < 0.003, "{}", variance.sqrt());
    }

    #[test]
    fn impossible_moments() {
        for (mean, deviation, skew) in [(0.0, 0.1, 0.5), (0.3, 0.0, 0.5), (0.3, f64::NAN, 0.5)] {
            let found = Shots::from_moments(KINETICS, mean, deviation, skew);
            assert!(matches!(found, Err(SignalError::NoShots { .. })), "{mean} {deviation} {skew}");
        }
        let shots = Shots { rate: 1e12, mean: 1.0, variance: 1.0 };
        let window = Window { delay: 0.0, duration: 1000.0 };
        let found = shot_noise(&mut random(1, 2, 3), window, (KINETICS, 0.25), shots, 0.0);
        assert_eq!(found, Err(SignalError::TooLong));
    }

    /// Short signals of few impulses, for which neurodamus may have drawn too few.
    #[test]
    fn there_are_always_enough_impulses() {
        for id in 0..200 {
            let window = Window { delay: 0.0, duration: 100.0 };
            let shots = Shots { rate: 30.0, mean: 1.0, variance: 1.0 };
            assert!(shot_noise(&mut random(id, 2, 3), window, (KINETICS, 0.25), shots, 0.0).is_ok());
        }
    }
}
