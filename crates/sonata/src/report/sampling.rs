//! When a report samples, and how many rows that makes: the arithmetic of neurodamus and libsonatareport.
//!
//! All of it is floating point and kept as it is there, surprises included: the period in steps is truncated
//! (0.3 ms every 0.1 ms is every 2 steps), rows are rounded up (0.30000000000000004 ms every 0.1 ms is 4 rows), and a clock that
//! counts more samples than there are rows drops the last ones.

use thiserror::Error;

/// The window and interval of a report.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    start: f64,
    end: f64,
    interval: f64,
    dt: f64,
}

/// A report window that cannot be sampled. Times are in ms.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SamplingError {
    /// A time is NaN or infinite, or a negative start, or a step that is not positive.
    #[error("`{key}` is {value}: expected {expected}")]
    BadTime {
        /// The key of the configuration.
        key: &'static str,
        /// Its value.
        value: f64,
        /// What it should be.
        expected: &'static str,
    },
    /// The window ends before it starts.
    #[error("`end_time` {end} ms is before `start_time` {start} ms")]
    EndBeforeStart {
        /// The start.
        start: f64,
        /// The end, at most that of the simulation.
        end: f64,
    },
    /// Samples would be closer than simulation steps.
    #[error("report `dt` {interval} ms is shorter than the simulation `dt` {dt} ms")]
    IntervalTooShort {
        /// The interval of the report.
        interval: f64,
        /// The step of the simulation.
        dt: f64,
    },
}

impl Sampling {
    /// Samples every `interval` ms from `start` to `end` (ms), the latter cut to the end `stop` of the simulation,
    /// which steps by `dt` ms.
    ///
    /// # Errors
    /// When a time is not a number, the window ends before it starts, or the interval is shorter than `dt`.
    pub fn new(start: f64, end: f64, interval: f64, dt: f64, stop: f64) -> Result<Self, SamplingError> {
        let positive = |key, value: f64| match value.is_finite() && value > 0.0 {
            true => Ok(()),
            false => Err(SamplingError::BadTime { key, value, expected: "a positive number of ms" }),
        };
        let not_negative = |key, value: f64| match value.is_finite() && value >= 0.0 {
            true => Ok(()),
            false => {
                Err(SamplingError::BadTime { key, value, expected: "a number of ms that is not negative" })
            }
        };
        not_negative("start_time", start)?;
        not_negative("end_time", end)?;
        not_negative("tstop", stop)?;
        positive("dt", dt)?;
        positive("dt", interval)?;
        let end = end.min(stop);
        if end < start {
            return Err(SamplingError::EndBeforeStart { start, end });
        }
        if interval < dt || (interval / dt) as u64 == 0 {
            return Err(SamplingError::IntervalTooShort { interval, dt });
        }
        Ok(Self { start, end, interval, dt })
    }

    /// The start, end and interval (ms) that the report file states; the start is rounded to the interval.
    pub fn time(&self) -> [f64; 3] {
        [(self.start / self.interval).round() * self.interval, self.end, self.interval]
    }

    /// Number of rows: `ceil((end - round(start / interval) interval) / interval)`.
    pub fn rows(&self) -> u64 {
        let [start, end, interval] = self.time();
        ((end - start) / interval).ceil().max(0.0) as u64
    }

    /// Steps between samples: `interval / dt`, truncated.
    pub fn period(&self) -> u64 {
        (self.interval / self.dt) as u64
    }

    /// The first step that is sampled: the first not before `start / dt`.
    pub fn first_step(&self) -> u64 {
        (self.start / self.dt).ceil() as u64
    }

    /// The last step that may be sampled: the last not after `end / dt`.
    pub fn last_step(&self) -> u64 {
        (self.end / self.dt).floor() as u64
    }

    /// A clock that tells, step by step, what is sampled.
    pub fn clock(&self) -> SampleClock {
        SampleClock { sampling: *self, last: self.start / self.dt, row: 0, rows: self.rows() }
    }
}

/// Tells at each step whether it is sampled, and into which row.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleClock {
    sampling: Sampling,
    last: f64,
    row: u64,
    rows: u64,
}

impl SampleClock {
    /// The row that step `n` (at time `n dt`) goes into, if it is sampled. To be called for every step, from 0 on.
    pub fn sample(&mut self, step: u64) -> Option<u64> {
        let n = step as f64;
        let Sampling { start, end, dt, .. } = self.sampling;
        let period = self.sampling.period();
        if n < start / dt || n > end / dt || (n - self.last) as i64 % period as i64 != 0 {
            return None;
        }
        self.last += period as f64;
        let row = self.row;
        self.row += 1;
        (row < self.rows).then_some(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn samples(sampling: &Sampling, steps: u64) -> Vec<u64> {
        let mut clock = sampling.clock();
        (0..=steps).filter(|&step| clock.sample(step).is_some()).collect()
    }

    #[test]
    fn usual_window_excludes_its_end() -> Result<(), SamplingError> {
        // start 0, end 40, every 1 ms: 40 rows at 0 ..= 39 ms
        let sampling = Sampling::new(0.0, 40.0, 1.0, 0.1, 50.0)?;
        assert_eq!((sampling.rows(), sampling.period()), (40, 10));
        assert_eq!(sampling.time(), [0.0, 40.0, 1.0]);
        let steps = samples(&sampling, 500);
        assert_eq!(steps, (0..40).map(|k| k * 10).collect::<Vec<_>>());
        Ok(())
    }

    #[test]
    fn rounding_is_that_of_the_floating_point_quotients() -> Result<(), SamplingError> {
        // 0.3 / 0.1 is just below 3
        assert_eq!(Sampling::new(0.0, 3.0, 0.3, 0.1, 3.0)?.period(), 2);
        // 3 * 0.1 is just above 0.3, and a fourth row holds the rest; 1.1 / 0.1 is exactly 11
        assert_eq!(Sampling::new(0.0, 3.0 * 0.1, 0.1, 0.1, 2.0)?.rows(), 4);
        assert_eq!(Sampling::new(0.0, 1.1, 0.1, 0.1, 2.0)?.rows(), 11);
        // The start counts from the nearest interval, while steps count from the start itself
        let off_grid = Sampling::new(0.6, 4.0, 1.0, 0.1, 4.0)?;
        assert_eq!((off_grid.time(), off_grid.rows()), ([1.0, 4.0, 1.0], 3));
        assert_eq!((off_grid.first_step(), off_grid.last_step()), (6, 40));
        assert_eq!(samples(&off_grid, 40), [6, 16, 26]);
        Ok(())
    }

    #[test]
    fn window_is_cut_to_the_simulation() -> Result<(), SamplingError> {
        let sampling = Sampling::new(5.0, 1e6, 0.5, 0.025, 20.0)?;
        assert_eq!((sampling.rows(), sampling.time()), (30, [5.0, 20.0, 0.5]));
        assert_eq!(samples(&sampling, 800).first(), Some(&200));
        assert_eq!(Sampling::new(0.0, 0.0, 0.1, 0.1, 1.0)?.rows(), 0);
        Ok(())
    }

    #[test]
    fn truncated_period_drops_extra_samples() -> Result<(), SamplingError> {
        let sampling = Sampling::new(0.0, 3.0, 0.3, 0.1, 3.0)?;
        assert_eq!(sampling.rows(), 10);
        assert_eq!(samples(&sampling, 30), [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
        Ok(())
    }

    #[test]
    fn impossible_windows_are_refused() {
        let message =
            |r: Result<Sampling, SamplingError>| r.map_or_else(|e| e.to_string(), |s| format!("{s:?}"));
        insta::assert_snapshot!(message(Sampling::new(5.0, 3.0, 1.0, 0.1, 10.0)), @"`end_time` 3 ms is before `start_time` 5 ms");
        insta::assert_snapshot!(message(Sampling::new(0.0, 3.0, 0.01, 0.1, 10.0)), @"report `dt` 0.01 ms is shorter than the simulation `dt` 0.1 ms");
        insta::assert_snapshot!(message(Sampling::new(f64::NAN, 3.0, 1.0, 0.1, 10.0)), @"`start_time` is NaN: expected a number of ms that is not negative");
        insta::assert_snapshot!(message(Sampling::new(0.0, 3.0, 0.0, 0.1, 10.0)), @"`dt` is 0: expected a positive number of ms");
    }

    proptest! {
        #[test]
        fn samples_stay_within_the_window_and_the_rows(
            start in 0.0..50.0f64, length in 0.0..50.0f64, interval in 0.025..5.0f64,
        ) {
            let sampling = Sampling::new(start, start + length, interval, 0.025, 80.0);
            prop_assume!(sampling.is_ok());
            if let Ok(sampling) = sampling {
                let steps = samples(&sampling, 3200);
                prop_assert!(steps.len() as u64 <= sampling.rows());
                prop_assert!(steps.iter().all(|s| (sampling.first_step()..=sampling.last_step()).contains(s)));
            }
        }
    }
}
