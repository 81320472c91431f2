//! The signals that a stimulus sends into one cell.

use random::{Generator, Random, Stream};
use sonata::config::{Input as Stimulus, InputType, Module, NoiseMean, Run, Sampling};

use crate::plan::{CellSpec, InputResistance};
use crate::signals::{self, Points, Real, Shots, SignalError, Window};

/// A stimulus with what its signals are made from.
pub struct Waveforms<'a> {
    /// The stimulus.
    pub stimulus: &'a Stimulus,
    /// Time step and seeds.
    pub run: &'a Run,
    /// Its number in its family of random signals.
    pub number: u32,
}

/// What a stimulus sends into the points of a cell.
pub enum Signals {
    /// Nothing.
    None,
    /// A signal into the first point.
    First(Points),
    /// The same signal into all points.
    Alike(Points),
    /// A signal for each point.
    Each(Vec<Points>),
    /// A clamped voltage.
    Clamp,
}

impl Waveforms<'_> {
    /// The signals for a cell that has a number of points.
    ///
    /// # Errors
    ///
    /// What is wrong with the cell's attributes, or with the signal for it.
    pub fn signals(&self, spec: &CellSpec, point_count: usize) -> Result<Signals, String> {
        let window = Window { delay: self.stimulus.delay, duration: self.stimulus.duration };
        let alike = |signal: Result<Points, SignalError>| match signal {
            Ok(points) => Ok(Signals::Alike(points)),
            Err(error) => Err(error.to_string()),
        };
        let ramp = |from, to| Ok(Signals::Alike(signals::linear(window, from, to)));
        match self.stimulus.module {
            Module::Linear { amp_start, amp_end } => ramp(amp_start, amp_end),
            Module::RelativeLinear { percent_start, percent_end } => {
                let current = |percent: f64| spec.threshold_current * (percent / 100.0);
                ramp(current(percent_start), current(percent_end))
            }
            Module::Subthreshold { percent_less } => {
                let current = spec.threshold_current * (100.0 - percent_less) / 100.0;
                ramp(current, current)
            }
            Module::Hyperpolarizing => ramp(spec.holding_current, spec.holding_current),
            Module::Pulse { amp_start, width, frequency } => {
                alike(signals::pulse(window, amp_start, width, frequency))
            }
            Module::Sinusoidal { amp_start, frequency, dt } => {
                alike(signals::sinusoidal(window, amp_start, frequency, dt))
            }
            Module::Noise { mean, variance } => self.noise(mean, variance, window, spec, point_count),
            Module::ShotNoise { kinetics, rate, amp_mean, amp_var, sampling } => {
                let shots = Shots { rate: f64::from(rate), mean: amp_mean, variance: amp_var };
                let (mut random, base) = self.sampled(sampling, spec);
                alike(signals::shot_noise(&mut random, window, (kinetics, sampling.dt), shots, base))
            }
            Module::AbsoluteShotNoise { kinetics, mean, sigma, relative_skew, sampling } => {
                let (mut random, base) = self.sampled(sampling, spec);
                alike(Shots::from_moments(kinetics, mean, sigma, relative_skew).and_then(|shots| {
                    signals::shot_noise(&mut random, window, (kinetics, sampling.dt), shots, base)
                }))
            }
            Module::OrnsteinUhlenbeck { tau, mean, sigma, sampling } => {
                let (mut random, base) = self.sampled(sampling, spec);
                let moments = (mean, sigma);
                alike(signals::ornstein_uhlenbeck(&mut random, window, (tau, sampling.dt), moments, base))
            }
            Module::RelativeShotNoise { .. } | Module::RelativeOrnsteinUhlenbeck { .. } => {
                self.relative_to_cell(window, spec)
            }
            Module::Seclamp { .. } => Ok(Signals::Clamp),
            _ => Ok(Signals::None),
        }
    }

    /// Gaussian noise: all points of a cell share one stream, one after the other.
    fn noise(
        &self,
        mean: NoiseMean,
        variance: f64,
        window: Window,
        spec: &CellSpec,
        point_count: usize,
    ) -> Result<Signals, String> {
        let (mean, variance) = match mean {
            NoiseMean::Absolute(mean) => (mean, variance),
            // The variance is a percentage of the current, not of its square
            NoiseMean::PercentOfThreshold(percent) => {
                (spec.threshold_current * percent / 100.0, spec.threshold_current * variance / 100.0)
            }
        };
        if variance < 0.0 {
            return Err(format!("noise of the variance {variance} cannot be made{}", of_threshold(spec)));
        }
        let third = (spec.gid as u32).wrapping_add(301);
        let mut random = self.random((self.number.wrapping_add(100), 500), third);
        let too_short = || "its delay is shorter than an interval between samples".to_owned();
        for _ in 0..signals::already_used(window, self.run.dt).ok_or_else(too_short)? {
            random.repick();
        }
        let signals = (0..point_count).map(|_| signals::gaussian(&mut random, window, mean, variance));
        signals.collect::<Result<_, _>>().map(Signals::Each).map_err(|error| error.to_string())
    }

    /// A random signal whose mean and deviation are percentages of what the cell's attributes say, in the precision
    /// of these.
    fn relative_to_cell(&self, window: Window, spec: &CellSpec) -> Result<Signals, String> {
        let signal = if self.stimulus.input_type != InputType::Conductance {
            let is_process = matches!(self.stimulus.module, Module::RelativeOrnsteinUhlenbeck { .. });
            if is_process && spec.threshold_current <= 0.0 {
                return Err(format!("a standard deviation must be positive{}", of_threshold(spec)));
            }
            let signal = self.relative_to(spec.threshold_current, window, spec);
            signal.map_err(|error| format!("{error}{}", of_threshold(spec)))
        } else {
            let resistance = spec.input_resistance.map_or(0.0, InputResistance::megohms);
            let of_resistance = format!("; its `@dynamics:input_resistance` is {resistance}");
            if resistance.is_nan() || resistance <= 0.0 {
                return Err(format!("an input resistance must be positive{of_resistance}"));
            }
            let signal = match spec.input_resistance {
                Some(InputResistance::Single(resistance)) => {
                    self.relative_to(f32::of(1.0) / resistance, window, spec)
                }
                _ => self.relative_to(1.0 / resistance, window, spec),
            };
            signal.map_err(|error| format!("{error}{of_resistance}"))
        };
        signal.map(Signals::Alike)
    }

    /// The same relative to a current (nA) or conductance (uS).
    fn relative_to<T: Real>(&self, unit: T, window: Window, spec: &CellSpec) -> Result<Points, SignalError> {
        let part = |percent: f64| T::of(percent / 100.0) * unit;
        match self.stimulus.module {
            Module::RelativeShotNoise { kinetics, mean_percent, sd_percent, relative_skew, sampling } => {
                let (mut random, base) = self.sampled(sampling, spec);
                let (mean, deviation) = (part(mean_percent), part(sd_percent));
                let shots = Shots::from_moments(kinetics, mean, deviation, relative_skew)?;
                signals::shot_noise(&mut random, window, (kinetics, sampling.dt), shots, base)
            }
            Module::RelativeOrnsteinUhlenbeck { tau, mean_percent, sd_percent, sampling } => {
                let (mut random, base) = self.sampled(sampling, spec);
                let moments = (part(mean_percent), part(sd_percent));
                signals::ornstein_uhlenbeck(&mut random, window, (tau, sampling.dt), moments, base)
            }
            _ => Ok(Points::default()),
        }
    }

    /// The stream of shot noise or of an Ornstein-Uhlenbeck process for a cell, and the value around its samples,
    /// which for a conductance (uS) is the number of its reversal potential, as in neurodamus.
    fn sampled(&self, sampling: Sampling, spec: &CellSpec) -> (Random, f64) {
        let is_process = matches!(
            self.stimulus.module,
            Module::OrnsteinUhlenbeck { .. } | Module::RelativeOrnsteinUhlenbeck { .. }
        );
        let second = if is_process { 291_204 } else { 19_216 };
        let third = sampling.random_seed.unwrap_or((spec.gid as u32).wrapping_add(124));
        let random = self.random((self.number.wrapping_add(2997), second), third);
        let base = if self.stimulus.input_type == InputType::Conductance { sampling.reversal } else { 0.0 };
        (random, base)
    }

    fn random(&self, (first, second): (u32, u32), third: u32) -> Random {
        let second = self.run.stimulus_seed.wrapping_add(second);
        Random::with_generator(Generator::Random123(Stream::new(self.run.random_seed, first, second, third)))
    }
}

fn of_threshold(spec: &CellSpec) -> String {
    format!("; its `@dynamics:threshold_current` is {}", spec.threshold_current)
}
