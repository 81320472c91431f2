//! Signals of stimuli as points in time, as neurodamus plays them.

/// A piecewise linear signal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Points {
    /// Times (ms), not decreasing.
    pub times: Vec<f64>,
    /// Value at each time.
    pub values: Vec<f64>,
}

impl Points {
    /// An empty signal that is 0 before `delay` (ms).
    fn after(delay: f64) -> Self {
        let mut points = Self::default();
        if delay > 0.0 {
            points.push(0.0, 0.0);
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

    /// The last time (ms), or 0.
    pub fn end(&self) -> f64 {
        self.times.last().copied().unwrap_or(0.0)
    }
}

/// From one value to another over `duration` (ms) after `delay` (ms); `None` if both are 0.
pub fn linear(delay: f64, duration: f64, from: f64, to: f64) -> Option<Points> {
    if from == 0.0 && to == 0.0 {
        return None;
    }
    let mut points = Points::after(delay);
    points.ramp(delay, duration, from, to);
    Some(points)
}

/// Pulses of `width` (ms) at `frequency` (Hz) over `duration` (ms) after `delay` (ms); `None` without frequency
/// or width. The last pulse may be cut off by the end. The width must not exceed the period.
pub fn pulse(delay: f64, duration: f64, amplitude: f64, width: f64, frequency: f64) -> Option<Points> {
    if !(frequency > 0.0 && width > 0.0) {
        return None;
    }
    let mut points = Points::after(delay);
    let period = 1000.0 / frequency;
    let pause = period - width;
    let count = (duration / period) as u64;
    let mut cursor = delay;
    for _ in 0..count {
        points.ramp(cursor, width, amplitude, amplitude);
        cursor = cursor + width + pause;
    }
    let rest = duration - count as f64 * period;
    if width <= rest {
        points.ramp(cursor, width, amplitude, amplitude);
        cursor = cursor + width + pause.min(rest - width);
    } else {
        points.ramp(cursor, rest, amplitude, amplitude);
        cursor += rest;
    }
    points.push(cursor, 0.0);
    Some(points)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points that neurodamus 4.2.9 makes.
    #[test]
    fn points_are_those_of_neurodamus() {
        let points = linear(5.0, 10.0, 1.0, 2.0).expect("not zero");
        assert_eq!(points.times, [0.0, 5.0, 5.0, 15.0, 15.0]);
        assert_eq!(points.values, [0.0, 0.0, 1.0, 2.0, 0.0]);
        let points = pulse(0.0, 25.0, 0.5, 2.0, 100.0).expect("it has pulses");
        assert_eq!(points.times, [0.0, 0.0, 2.0, 2.0, 10.0, 10.0, 12.0, 12.0, 20.0, 20.0, 22.0, 22.0, 25.0]);
        assert_eq!(points.values, [0.0, 0.5, 0.5, 0.0, 0.0, 0.5, 0.5, 0.0, 0.0, 0.5, 0.5, 0.0, 0.0]);
        let points = pulse(0.0, 20.0, 0.5, 2.0, 100.0).expect("it has pulses");
        assert_eq!(points.times[8..], [20.0, 20.0, 20.0, 20.0, 20.0]);
        assert_eq!(linear(0.0, 10.0, 0.0, 0.0), None);
        assert_eq!(pulse(0.0, 10.0, 1.0, 0.0, 10.0), None);
    }
}
