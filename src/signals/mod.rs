//! Signals of stimuli as points in time, made in neurodamus's order of operations so that they agree bit for bit.
//!
//! A signal is what a current or a conductance does over time; who gets it, and how it gets into a cell, is decided
//! elsewhere.

mod gamma;
mod noise;
mod precision;
mod shot_noise;

pub use noise::{already_used, gaussian, ornstein_uhlenbeck};
pub use precision::Real;
pub use shot_noise::{Shots, shot_noise};

use random::DistributionError;

/// The most samples, pulses or events that one signal may have: more would not fit into memory for many cells.
pub const MOST_SAMPLES: f64 = 1e8;

/// Interval between the samples of Gaussian noise (ms).
pub const NOISE_INTERVAL: f64 = 0.5;

/// When a signal is there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Start (ms).
    pub delay: f64,
    /// Duration (ms).
    pub duration: f64,
}

/// A signal that cannot be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SignalError {
    /// It has too many points.
    #[error("the signal has more than {MOST_SAMPLES:e} samples or events")]
    TooLong,
    /// A distribution cannot be drawn from.
    #[error(transparent)]
    Distribution(#[from] DistributionError),
    /// There is no Gamma distribution of amplitudes that gives this mean and deviation.
    #[error(
        "no shot noise has the mean {mean} and the standard deviation {deviation} with this `relative_skew`"
    )]
    NoShots {
        /// The mean.
        mean: f64,
        /// The standard deviation.
        deviation: f64,
    },
}

/// A signal as points that are joined by straight lines.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Points {
    /// Times (ms), not decreasing.
    pub times: Vec<f64>,
    /// Value at each time.
    pub values: Vec<f64>,
}

impl Points {
    /// An empty signal that is `base` before `delay` (ms).
    fn after(delay: f64, base: f64) -> Self {
        let mut points = Self::default();
        if delay > 0.0 {
            points.push(0.0, base);
        }
        points
    }

    fn push(&mut self, time: f64, value: f64) {
        self.times.push(time);
        self.values.push(value);
    }

    /// Adds a ramp of `duration` (ms) from `start` (ms), between zeros.
    fn ramp(&mut self, start: f64, duration: f64, from: f64, to: f64) {
        self.push(start, 0.0);
        self.push(start, from);
        self.push(start + duration, to);
        self.push(start + duration, 0.0);
    }

    /// Samples every `interval` (ms) of the window, between two points of the value `base`.
    fn sampled(window: Window, interval: f64, base: f64, values: Vec<f64>) -> Self {
        let mut points = Self::after(window.delay, base);
        points.push(window.delay, base);
        points.times.extend(sample_times(window, interval));
        points.values.extend(values);
        points.push(window.delay + window.duration, base);
        points
    }

    /// The last time (ms), or 0.
    pub fn end(&self) -> f64 {
        self.times.last().copied().unwrap_or(0.0)
    }

    /// Leaves out the points after the first one that is later than `stop` (ms).
    pub fn cut_after(&mut self, stop: f64) {
        let kept = self.times.partition_point(|&time| time <= stop) + 1;
        self.times.truncate(kept);
        self.values.truncate(kept);
        self.times.shrink_to_fit();
        self.values.shrink_to_fit();
    }
}

/// Number of samples every `interval` (ms) of a window, both ends included, as NEURON's `Vector.indgen` counts them.
///
/// # Errors
///
/// More than [`MOST_SAMPLES`].
pub fn sample_count(window: Window, interval: f64) -> Result<usize, SignalError> {
    let range = (window.delay + window.duration) - window.delay;
    let count = (range / interval + 1e-9).floor() + 1.0;
    if count <= MOST_SAMPLES { Ok(count as usize) } else { Err(SignalError::TooLong) }
}

/// The times of samples; their number has been found to be possible.
fn sample_times(window: Window, interval: f64) -> impl Iterator<Item = f64> {
    let count = sample_count(window, interval).unwrap_or(0);
    (0..count).map(move |index| index as f64 * interval + window.delay)
}

/// From one value to another over a window.
pub fn linear(window: Window, from: f64, to: f64) -> Points {
    let mut points = Points::after(window.delay, 0.0);
    points.ramp(window.delay, window.duration, from, to);
    points
}

/// Pulses of `width` (ms) at `frequency` (Hz), both positive; the width must not exceed the period. The last pulse
/// may be cut off by the end of the window.
///
/// # Errors
///
/// More than [`MOST_SAMPLES`] pulses.
pub fn pulse(window: Window, amplitude: f64, width: f64, frequency: f64) -> Result<Points, SignalError> {
    let mut points = Points::after(window.delay, 0.0);
    let period = 1000.0 / frequency;
    let pause = period - width;
    let count = (window.duration / period).trunc();
    if count.is_nan() || count > MOST_SAMPLES {
        return Err(SignalError::TooLong);
    }
    let mut cursor = window.delay;
    for _ in 0..count as u64 {
        points.ramp(cursor, width, amplitude, amplitude);
        cursor = cursor + width + pause;
    }
    let rest = window.duration - count * period;
    if width <= rest {
        points.ramp(cursor, width, amplitude, amplitude);
        cursor = cursor + width + pause.min(rest - width);
    } else {
        points.ramp(cursor, rest, amplitude, amplitude);
        cursor += rest;
    }
    points.push(cursor, 0.0);
    Ok(points)
}

/// A sine of `frequency` (Hz), sampled every `interval` (ms).
///
/// # Errors
///
/// Too many samples.
pub fn sinusoidal(
    window: Window,
    amplitude: f64,
    frequency: f64,
    interval: f64,
) -> Result<Points, SignalError> {
    let count = sample_count(window, interval)?;
    let mut points = Points::after(window.delay, 0.0);
    let step = 2.0 * std::f64::consts::PI / 1000.0 * frequency * interval;
    points.times.extend(sample_times(window, interval));
    points.values.extend((0..count).map(|index| (step * index as f64).sin() * amplitude));
    points.push(window.delay + window.duration, 0.0);
    Ok(points)
}

/// Recorded samples, at times (ms) after `delay` (ms), between zeros. There must be some.
pub fn recorded(delay: f64, times: &[f64], values: &[f64]) -> Points {
    let mut points = Points::after(delay, 0.0);
    points.push(delay, 0.0);
    points.times.extend(times.iter().map(|time| delay + time));
    points.values.extend(values);
    points.push(delay + times.last().copied().unwrap_or(0.0), 0.0);
    points
}

// Expected points in these tests are those of neurodamus 4.2.9.
#[cfg(test)]
mod tests {
    use super::*;

    fn window(delay: f64, duration: f64) -> Window {
        Window { delay, duration }
    }

    #[test]
    fn ramp() {
        let points = linear(window(5.0, 10.0), 1.0, 2.0);
        assert_eq!(points.times, [0.0, 5.0, 5.0, 15.0, 15.0]);
        assert_eq!(points.values, [0.0, 0.0, 1.0, 2.0, 0.0]);
        assert_eq!(linear(window(0.0, 1.0), 1.0, 1.0).times, [0.0, 0.0, 1.0, 1.0]);
    }

    #[test]
    fn pulses() {
        let points = pulse(window(0.0, 25.0), 0.5, 2.0, 100.0).expect("few pulses");
        assert_eq!(points.times, [0.0, 0.0, 2.0, 2.0, 10.0, 10.0, 12.0, 12.0, 20.0, 20.0, 22.0, 22.0, 25.0]);
        assert_eq!(points.values, [0.0, 0.5, 0.5, 0.0, 0.0, 0.5, 0.5, 0.0, 0.0, 0.5, 0.5, 0.0, 0.0]);
        let points = pulse(window(0.0, 20.0), 0.5, 2.0, 100.0).expect("few pulses");
        assert_eq!(points.times[8..], [20.0, 20.0, 20.0, 20.0, 20.0]);
        let points = pulse(window(0.5, 20.0), 0.2, 3.3, 130.0).expect("few pulses");
        let expected = [
            0.0,
            0.5,
            0.5,
            3.8,
            3.8,
            8.192307692307693,
            8.192307692307693,
            11.492307692307694,
            11.492307692307694,
            15.884615384615387,
            15.884615384615387,
            19.184615384615388,
            19.184615384615388,
            20.500000000000004,
        ];
        assert_eq!(points.times, expected);
        assert_eq!(pulse(window(0.0, 1e9), 1.0, 1e-6, 1e6), Err(SignalError::TooLong));
    }

    #[test]
    fn sine_has_no_zero_before_its_first_sample() {
        let points = sinusoidal(window(1.3, 1.0), 0.3, 130.0, 0.1).expect("few samples");
        assert_eq!(points.times[..4], [0.0, 1.3, 1.4000000000000001, 1.5]);
        assert_eq!(points.times[10..], [2.2, 2.3, 2.3]);
        let expected = [
            0.0,
            0.0,
            0.024477183470447268,
            0.04879114955846508,
            0.07277976923862223,
            0.09628308294216285,
            0.1191443671904342,
            0.14121117964959976,
            0.16233637563806277,
            0.18237908930838165,
            0.20120567296101602,
            0.21869058822642345,
            0.0,
        ];
        assert_eq!(points.values, expected);
    }

    #[test]
    fn samples_are_counted_with_a_tolerance() {
        assert_eq!(sample_count(window(0.1, 0.3), 0.1), Ok(4), "0.4 - 0.1 is less than 0.3");
        assert_eq!(sample_count(window(0.0, 0.99), 0.25), Ok(4));
        assert_eq!(sample_count(window(0.0, 1e30), 0.25), Err(SignalError::TooLong));
    }

    #[test]
    fn recorded_samples_are_framed_by_zeros() {
        let points = recorded(2.0, &[0.0, 0.5, 1.0], &[1.0, 2.0, 3.0]);
        assert_eq!(points.times, [0.0, 2.0, 2.0, 2.5, 3.0, 3.0]);
        assert_eq!(points.values, [0.0, 0.0, 1.0, 2.0, 3.0, 0.0]);
    }

    #[test]
    fn points_after_the_end_are_left_out() {
        let mut points = linear(window(5.0, 10.0), 1.0, 2.0);
        points.cut_after(7.0);
        assert_eq!(points.times, [0.0, 5.0, 5.0, 15.0]);
        points.cut_after(100.0);
        assert_eq!(points.times.len(), 4);
    }
}
