//! Gaussian noise and the Ornstein-Uhlenbeck process.

use random::{Distribution, Random};

use super::{MOST_SAMPLES, NOISE_INTERVAL, Points, Real, SignalError, Window, sample_count};

/// Gaussian noise, sampled every [`NOISE_INTERVAL`]. `variance` is not negative.
///
/// # Errors
///
/// Too many samples.
pub fn gaussian(
    random: &mut Random,
    window: Window,
    mean: f64,
    variance: f64,
) -> Result<Points, SignalError> {
    let count = sample_count(window, NOISE_INTERVAL)?;
    random.select(Distribution::Normal(mean, variance))?;
    let values = (0..count).map(|_| random.repick()).collect();
    Ok(Points::sampled(window, NOISE_INTERVAL, 0.0, values))
}

/// How many numbers of its stream Gaussian noise passes over because it begins late: those that stimuli of the same
/// duration, one after the other with a pause of one time step `dt` (ms), would have used before it. `None` where
/// one of these would be shorter than the interval between samples, at which neurodamus stops, or where there are more
/// than [`MOST_SAMPLES`].
pub fn already_used(window: Window, dt: f64) -> Option<u64> {
    let stop = window.delay - dt;
    if stop / NOISE_INTERVAL > MOST_SAMPLES {
        return None;
    }
    let mut count: u64 = 0;
    let mut from = 0.0;
    while from < stop {
        let to = f64::min(from + (window.duration - dt), stop);
        if to - from < NOISE_INTERVAL {
            return None;
        }
        count += ((to - from) / NOISE_INTERVAL + 1e-9).floor() as u64 + 1;
        from = to + dt;
    }
    Some(count)
}

/// An Ornstein-Uhlenbeck process of time constant `tau` (ms) that starts at its mean, between points of the value
/// `base`; white noise where `tau` is 0.
///
/// The update is exact for any interval: Gillespie, "Exact numerical simulation of the Ornstein-Uhlenbeck process
/// and its integral", Physical Review E 54 (1996).
///
/// # Errors
///
/// Too many samples.
pub fn ornstein_uhlenbeck<T: Real>(
    random: &mut Random,
    window: Window,
    (tau, interval): (f64, f64),
    (mean, deviation): (T, T),
    base: f64,
) -> Result<Points, SignalError> {
    let count = sample_count(window, interval)?;
    random.select(Distribution::Normal(0.0, 1.0))?;
    let noise = (0..count).map(|_| random.repick());
    let mean = mean.wide();
    let values = if tau < 1e-9 {
        let deviation = deviation.wide();
        noise.map(|noise| noise * deviation + mean).collect()
    } else {
        let decay = (-interval / tau).exp();
        let amplitude = (deviation * T::of((1.0 - decay * decay).sqrt())).wide();
        let mut value = 0.0;
        let mut next = |(index, noise): (usize, f64)| {
            if index > 0 {
                value = value * decay + noise * amplitude;
            }
            value + mean
        };
        noise.enumerate().map(&mut next).collect()
    };
    Ok(Points::sampled(window, interval, base, values))
}

// Expected numbers in these tests are those of neurodamus 4.2.9.
#[cfg(test)]
mod tests {
    use super::*;
    use random::{Generator, Stream};

    fn random(id1: u32, id2: u32, id3: u32) -> Random {
        Random::with_generator(Generator::Random123(Stream::new(0, id1, id2, id3)))
    }

    fn window(delay: f64, duration: f64) -> Window {
        Window { delay, duration }
    }

    #[test]
    fn gaussian_noise() {
        let points = gaussian(&mut random(100, 500, 301), window(0.0, 2.0), 0.5, 0.1).expect("few samples");
        assert_eq!(points.times, [0.0, 0.0, 0.5, 1.0, 1.5, 2.0, 2.0]);
        let expected = [
            0.0,
            0.6960891314810373,
            0.09581420462934487,
            1.0390109566752566,
            0.5021829130627165,
            0.6822069942801678,
            0.0,
        ];
        assert_eq!(points.values, expected);
    }

    #[test]
    fn late_noise_passes_over_numbers_and_further_points_go_on_with_the_stream() {
        let mut stream = random(101, 507, 312);
        let used = already_used(Window { delay: 7.5, duration: 3.0 }, 0.025).expect("long enough");
        (0..used).for_each(|_| {
            stream.repick();
        });
        assert_eq!((used, stream.sequence()), (15, 20.0));
        let mut next = || gaussian(&mut stream, window(7.5, 1.0), 0.1, 0.02).expect("few samples");
        assert_eq!(next().values[2..5], [0.07090449908520843, 0.05061491977936154, 0.05526745266925128]);
        assert_eq!(next().values[2..5], [0.31152829160238904, 0.13388040812509147, -0.208721022358433]);
        assert_eq!(already_used(window(0.0, 3.0), 0.025), Some(0));
        assert_eq!(already_used(window(0.4, 3.0), 0.025), None);
        assert_eq!(already_used(window(3.2, 3.0), 0.025), None, "the second is too short");
        assert_eq!(already_used(window(3.0, 0.4), 1.0), None);
    }

    #[test]
    fn ornstein_uhlenbeck_process() {
        let mut stream = random(2997, 291204, 124);
        let points = ornstein_uhlenbeck(&mut stream, window(1.0, 1.0), (2.0, 0.25), (0.5, 0.1), 0.0);
        let points = points.expect("few samples");
        assert_eq!(points.times, [0.0, 1.0, 1.0, 1.25, 1.5, 1.75, 2.0, 2.0]);
        let expected = [
            0.0,
            0.0,
            0.5,
            0.4755114417303197,
            0.5479622898465187,
            0.4924431225351369,
            0.44898226478735903,
            0.0,
        ];
        assert_eq!(points.values, expected);
        let mut stream = random(2998, 291211, 7);
        let points = ornstein_uhlenbeck(&mut stream, window(0.1, 1.2), (3.7, 0.1), (-0.2, 0.05), 10.0);
        let points = points.expect("few samples");
        assert_eq!(points.values[..4], [10.0, 10.0, -0.2, -0.18592500741422988]);
        assert_eq!(points.values[13..], [-0.2542993678210203, -0.25781530359692767, 10.0]);
        assert_eq!(points.times[13..], [1.2000000000000002, 1.3000000000000003, 1.3]);
    }

    #[test]
    fn white_noise() {
        let mut stream = random(2997, 291204, 124);
        let points = ornstein_uhlenbeck(&mut stream, window(0.0, 1.0), (0.0, 0.25), (0.5, 0.1), 0.0);
        let expected = [
            0.6479846758744128,
            0.44793193662352976,
            0.6479282865534485,
            0.3939368095268136,
            0.4057046623178492,
        ];
        assert_eq!(points.expect("few samples").values[1..6], expected);
    }

    #[test]
    fn single_precision_of_an_attribute_shows() {
        let resistance = 137.3_f32;
        let inverse = f32::of(1.0) / resistance;
        let moments = (f32::of(30.0 / 100.0) * inverse, f32::of(7.0 / 100.0) * inverse);
        let mut stream = random(2997, 291204, 124);
        let points = ornstein_uhlenbeck(&mut stream, window(0.0, 1.0), (2.7, 0.25), moments, 0.0);
        let expected = [
            0.0021849963814020157,
            0.0020758508425897946,
            0.0023955917433794586,
            0.0021546370952552937,
            0.001959659196898826,
        ];
        assert_eq!(points.expect("few samples").values[1..6], expected);
    }
}
