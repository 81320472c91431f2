//! The signals of inputs and their parameters.

use std::path::PathBuf;

use super::inputs::InputType;
use super::reader::{Bound, Section, choices};
use crate::diagnostics::{ProblemKind, Span, Spanned};

choices! {
    /// The names of the modules as they are written.
    ModuleName {
        /// A ramp
        Linear = "linear",
        /// A ramp relative to threshold
        RelativeLinear = "relative_linear",
        /// Square pulses
        Pulse = "pulse",
        /// A sine
        Sinusoidal = "sinusoidal",
        /// A constant below threshold
        Subthreshold = "subthreshold",
        /// The holding current
        Hyperpolarizing = "hyperpolarizing",
        /// Gaussian noise
        Noise = "noise",
        /// Filtered Poisson noise
        ShotNoise = "shot_noise",
        /// Filtered Poisson noise of given mean and deviation
        AbsoluteShotNoise = "absolute_shot_noise",
        /// The same, relative to threshold
        RelativeShotNoise = "relative_shot_noise",
        /// Ornstein-Uhlenbeck noise
        OrnsteinUhlenbeck = "ornstein_uhlenbeck",
        /// The same, relative to threshold
        RelativeOrnsteinUhlenbeck = "relative_ornstein_uhlenbeck",
        /// Voltage clamp
        Seclamp = "seclamp",
        /// A uniform electric field
        SpatiallyUniformEField = "spatially_uniform_e_field",
        /// Spikes of a file
        SynapseReplay = "synapse_replay",
        /// Currents of a report
        Replay = "replay",
        /// Poisson spikes
        Poisson = "poisson",
    }
}

/// The rise and decay of the impulses of shot noise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShotKinetics {
    /// Rise time constant, ms; shorter than the decay.
    pub rise_time: f64,
    /// Decay time constant, ms.
    pub decay_time: f64,
}

/// How a stochastic signal is sampled and injected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// Interval between samples, ms; default 0.25.
    pub dt: f64,
    /// Reversal potential of an injected conductance, mV; default 0.
    pub reversal: f64,
    /// A seed in place of the cell's gid: all cells then get the same signal.
    pub random_seed: Option<u32>,
}

/// The mean of `noise`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NoiseMean {
    /// nA
    Absolute(f64),
    /// Percent of the cell's threshold current; the variance is then relative, too.
    PercentOfThreshold(f64),
}

/// A component of an electric field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ElectricField {
    /// Along x, V/m.
    pub ex: f64,
    /// Along y, V/m.
    pub ey: f64,
    /// Along z, V/m.
    pub ez: f64,
    /// Hz, below the simulation's Nyquist frequency; default 0, a constant field.
    pub frequency: f64,
    /// Radians; default 0.
    pub phase: f64,
}

/// The signal of an input. Amplitudes are in nA for currents and uS for conductances; percentages refer to the cell's threshold
/// current, or to the inverse of its input resistance for conductances.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the variants document their fields")]
pub enum Module {
    /// From `amp_start` to `amp_end` (default: the same) over the duration.
    Linear { amp_start: f64, amp_end: f64 },
    /// From `percent_start` to `percent_end` (default: the same) of threshold.
    RelativeLinear { percent_start: f64, percent_end: f64 },
    /// Pulses of `amp_start`, `width` ms long, at `frequency` Hz.
    Pulse { amp_start: f64, width: f64, frequency: f64 },
    /// A sine of `amp_start` at `frequency` Hz, sampled every `dt` ms (default 0.025).
    Sinusoidal { amp_start: f64, frequency: f64, dt: f64 },
    /// `percent_less` percent below threshold.
    Subthreshold { percent_less: f64 },
    /// The cell's holding current.
    Hyperpolarizing,
    /// Gaussian noise of `mean` and `variance`.
    Noise { mean: NoiseMean, variance: f64 },
    /// Impulses at `rate` Hz with Gamma-distributed amplitudes of mean `amp_mean` and variance `amp_var`.
    ShotNoise { kinetics: ShotKinetics, rate: u32, amp_mean: f64, amp_var: f64, sampling: Sampling },
    /// Shot noise of given `mean` and standard deviation `sigma`; `relative_skew` between 0 and 1 (default 0.5).
    AbsoluteShotNoise {
        kinetics: ShotKinetics,
        mean: f64,
        sigma: f64,
        relative_skew: f64,
        sampling: Sampling,
    },
    /// The same relative to threshold.
    RelativeShotNoise {
        kinetics: ShotKinetics,
        mean_percent: f64,
        sd_percent: f64,
        relative_skew: f64,
        sampling: Sampling,
    },
    /// An Ornstein-Uhlenbeck process of time constant `tau` ms, `mean` and standard deviation `sigma`.
    OrnsteinUhlenbeck { tau: f64, mean: f64, sigma: f64, sampling: Sampling },
    /// The same relative to threshold.
    RelativeOrnsteinUhlenbeck { tau: f64, mean_percent: f64, sd_percent: f64, sampling: Sampling },
    /// A clamp to `voltage` mV through `series_resistance` megohm (default 0.01), then to each of `levels`: (duration of the level
    /// before it, ms; voltage, mV).
    Seclamp { voltage: f64, series_resistance: f64, levels: Vec<(f64, f64)> },
    /// The sum of fields, with linear ramps (ms, default 0) before and after the duration.
    SpatiallyUniformEField { fields: Vec<ElectricField>, ramp_up_time: f64, ramp_down_time: f64 },
    /// The spikes of a SONATA spikes file, sent to the synapses on the target cells.
    SynapseReplay { spike_file: Spanned<PathBuf> },
    /// The first element of each cell in a SONATA report, as a current in nA.
    Replay { path: Spanned<PathBuf>, interpolate: bool },
    /// Poisson spikes at `rate` Hz of the given `weight`: part of the grammar only.
    Poisson { rate: f64, weight: f64 },
}

/// The keys of each module besides the common ones, for messages.
pub(super) const MODULES: &[(ModuleName, &[&str])] = &[
    (ModuleName::Linear, &["amp_start", "amp_end"]),
    (ModuleName::RelativeLinear, &["percent_start", "percent_end"]),
    (ModuleName::Pulse, &["amp_start", "width", "frequency"]),
    (ModuleName::Sinusoidal, &["amp_start", "frequency", "dt"]),
    (ModuleName::Subthreshold, &["percent_less"]),
    (ModuleName::Noise, &["mean", "mean_percent", "variance"]),
    (
        ModuleName::ShotNoise,
        &["rise_time", "decay_time", "rate", "amp_mean", "amp_var", "dt", "reversal", "random_seed"],
    ),
    (
        ModuleName::AbsoluteShotNoise,
        &["rise_time", "decay_time", "mean", "sigma", "relative_skew", "dt", "reversal", "random_seed"],
    ),
    (
        ModuleName::RelativeShotNoise,
        &[
            "rise_time",
            "decay_time",
            "mean_percent",
            "sd_percent",
            "relative_skew",
            "dt",
            "reversal",
            "random_seed",
        ],
    ),
    (ModuleName::OrnsteinUhlenbeck, &["tau", "mean", "sigma", "dt", "reversal", "random_seed"]),
    (
        ModuleName::RelativeOrnsteinUhlenbeck,
        &["tau", "mean_percent", "sd_percent", "dt", "reversal", "random_seed"],
    ),
    (ModuleName::Seclamp, &["voltage", "series_resistance", "duration_levels", "voltage_levels"]),
    (ModuleName::SpatiallyUniformEField, &["fields", "ramp_up_time", "ramp_down_time"]),
    (ModuleName::SynapseReplay, &["spike_file"]),
    (ModuleName::Replay, &["path", "interpolate"]),
    (ModuleName::Poisson, &["rate", "weight"]),
];

impl ModuleName {
    pub(super) fn input_types(self) -> &'static [InputType] {
        match self {
            Self::ShotNoise
            | Self::AbsoluteShotNoise
            | Self::RelativeShotNoise
            | Self::OrnsteinUhlenbeck
            | Self::RelativeOrnsteinUhlenbeck => &[InputType::CurrentClamp, InputType::Conductance],
            Self::Seclamp => &[InputType::VoltageClamp],
            Self::SpatiallyUniformEField => &[InputType::ExtracellularStimulation],
            Self::SynapseReplay | Self::Poisson => &[InputType::Spikes],
            _ => &[InputType::CurrentClamp],
        }
    }

    pub(super) fn has_electrode(self) -> bool {
        use ModuleName::{Poisson, Replay, Seclamp, SpatiallyUniformEField, SynapseReplay};
        !matches!(self, Seclamp | SpatiallyUniformEField | SynapseReplay | Replay | Poisson)
    }
}

impl Module {
    /// The name.
    #[must_use]
    pub fn name(&self) -> ModuleName {
        match self {
            Self::Linear { .. } => ModuleName::Linear,
            Self::RelativeLinear { .. } => ModuleName::RelativeLinear,
            Self::Pulse { .. } => ModuleName::Pulse,
            Self::Sinusoidal { .. } => ModuleName::Sinusoidal,
            Self::Subthreshold { .. } => ModuleName::Subthreshold,
            Self::Noise { .. } => ModuleName::Noise,
            Self::ShotNoise { .. } => ModuleName::ShotNoise,
            Self::AbsoluteShotNoise { .. } => ModuleName::AbsoluteShotNoise,
            Self::RelativeShotNoise { .. } => ModuleName::RelativeShotNoise,
            Self::OrnsteinUhlenbeck { .. } => ModuleName::OrnsteinUhlenbeck,
            Self::RelativeOrnsteinUhlenbeck { .. } => ModuleName::RelativeOrnsteinUhlenbeck,
            Self::Seclamp { .. } => ModuleName::Seclamp,
            Self::SpatiallyUniformEField { .. } => ModuleName::SpatiallyUniformEField,
            Self::SynapseReplay { .. } => ModuleName::SynapseReplay,
            Self::Replay { .. } => ModuleName::Replay,
            Self::Poisson { .. } => ModuleName::Poisson,
            Self::Hyperpolarizing => ModuleName::Hyperpolarizing,
        }
    }
}

pub(super) fn read_module(
    section: &mut Section<'_>,
    name: ModuleName,
    delay: f64,
    duration: f64,
    simulation_dt: f64,
) -> Module {
    match name {
        ModuleName::Linear => {
            let amp_start = section.required_number("amp_start", Bound::Any);
            let amp_end = section.number("amp_end", Bound::Any).unwrap_or(amp_start);
            Module::Linear { amp_start, amp_end }
        }
        ModuleName::RelativeLinear => {
            let percent_start = section.required_number("percent_start", Bound::Any);
            let percent_end = section.number("percent_end", Bound::Any).unwrap_or(percent_start);
            Module::RelativeLinear { percent_start, percent_end }
        }
        ModuleName::Pulse => read_pulse(section),
        ModuleName::Sinusoidal => Module::Sinusoidal {
            amp_start: section.required_number("amp_start", Bound::Any),
            frequency: section.required_number("frequency", Bound::NonNegative),
            dt: section.number("dt", Bound::Positive).unwrap_or(0.025),
        },
        ModuleName::Subthreshold => {
            Module::Subthreshold { percent_less: section.required_number("percent_less", Bound::Any) }
        }
        ModuleName::Hyperpolarizing => Module::Hyperpolarizing,
        ModuleName::Noise => read_noise(section),
        ModuleName::ShotNoise
        | ModuleName::AbsoluteShotNoise
        | ModuleName::RelativeShotNoise
        | ModuleName::OrnsteinUhlenbeck
        | ModuleName::RelativeOrnsteinUhlenbeck => read_stochastic(section, name),
        ModuleName::Seclamp => read_seclamp(section, delay, duration),
        ModuleName::SpatiallyUniformEField => Module::SpatiallyUniformEField {
            fields: read_fields(section, simulation_dt),
            ramp_up_time: section.number("ramp_up_time", Bound::NonNegative).unwrap_or(0.0),
            ramp_down_time: section.number("ramp_down_time", Bound::NonNegative).unwrap_or(0.0),
        },
        ModuleName::SynapseReplay => read_synapse_replay(section),
        ModuleName::Replay => {
            let interpolate = section.flag("interpolate");
            if interpolate.is_none() && section.get("interpolate").is_none() {
                section.missing("interpolate");
            }
            Module::Replay {
                path: section.required_path("path"),
                interpolate: interpolate.unwrap_or_default(),
            }
        }
        ModuleName::Poisson => Module::Poisson {
            rate: section.required_number("rate", Bound::NonNegative),
            weight: section.required_number("weight", Bound::NonNegative),
        },
    }
}

fn read_pulse(section: &mut Section<'_>) -> Module {
    section.without_effect("amp_end", "pulses have one amplitude, `amp_start`");
    let amp_start = section.required_number("amp_start", Bound::Any);
    let width = section.required_number("width", Bound::NonNegative);
    let frequency = section.required_number("frequency", Bound::NonNegative);
    if frequency > 0.0 && width > 1000.0 / frequency {
        let bound = format!("at most the period, {} ms", 1000.0 / frequency);
        section.context.out_of_range("width", section.span_of("width"), bound, width.to_string());
    }
    Module::Pulse { amp_start, width, frequency }
}

fn read_noise(section: &mut Section<'_>) -> Module {
    let absolute = section.number("mean", Bound::Any);
    let percent = section.number("mean_percent", Bound::Any);
    let given = (section.get("mean").is_some(), section.get("mean_percent").is_some());
    let (first, second) = ("mean", "mean_percent");
    let path = section.path.clone();
    match given {
        (true, true) => {
            let span = section.span_of(first).max(section.span_of(second));
            section.context.error(span, ProblemKind::Exclusive { first, second, section: path });
        }
        (false, false) => {
            section.context.error(section.label, ProblemKind::NeitherGiven { first, second, section: path });
        }
        _ => {}
    }
    let mean = match percent {
        Some(percent) => NoiseMean::PercentOfThreshold(percent),
        None => NoiseMean::Absolute(absolute.unwrap_or_default()),
    };
    Module::Noise { mean, variance: section.required_number("variance", Bound::Positive) }
}

fn read_sampling(section: &mut Section<'_>) -> Sampling {
    Sampling {
        dt: section.number("dt", Bound::Positive).unwrap_or(0.25),
        reversal: section.number("reversal", Bound::Any).unwrap_or(0.0),
        random_seed: section.integer("random_seed"),
    }
}

fn read_kinetics(section: &mut Section<'_>) -> ShotKinetics {
    let kinetics = ShotKinetics {
        rise_time: section.required_number("rise_time", Bound::Positive),
        decay_time: section.required_number("decay_time", Bound::Positive),
    };
    // Times that are as good as equal would divide by zero
    if kinetics.decay_time > 0.0 && kinetics.rise_time >= kinetics.decay_time * (1.0 - 1e-9) {
        let bound = format!("less than `decay_time`, {}", kinetics.decay_time);
        let found = kinetics.rise_time.to_string();
        section.context.out_of_range("rise_time", section.span_of("rise_time"), bound, found);
    }
    kinetics
}

fn read_stochastic(section: &mut Section<'_>, name: ModuleName) -> Module {
    match name {
        ModuleName::ShotNoise => Module::ShotNoise {
            kinetics: read_kinetics(section),
            rate: section.required_integer("rate"),
            amp_mean: section.required_number("amp_mean", Bound::NonZero),
            amp_var: section.required_number("amp_var", Bound::Positive),
            sampling: read_sampling(section),
        },
        ModuleName::AbsoluteShotNoise => Module::AbsoluteShotNoise {
            kinetics: read_kinetics(section),
            mean: section.required_number("mean", Bound::Positive),
            sigma: section.required_number("sigma", Bound::Positive),
            relative_skew: section.number("relative_skew", Bound::UnitInterval).unwrap_or(0.5),
            sampling: read_sampling(section),
        },
        ModuleName::RelativeShotNoise => Module::RelativeShotNoise {
            kinetics: read_kinetics(section),
            mean_percent: section.required_number("mean_percent", Bound::NonNegative),
            sd_percent: read_deviation(section),
            relative_skew: section.number("relative_skew", Bound::UnitInterval).unwrap_or(0.5),
            sampling: read_sampling(section),
        },
        ModuleName::OrnsteinUhlenbeck => Module::OrnsteinUhlenbeck {
            tau: section.required_number("tau", Bound::NonNegative),
            mean: section.required_number("mean", Bound::Any),
            sigma: section.required_number("sigma", Bound::Positive),
            sampling: read_sampling(section),
        },
        _ => Module::RelativeOrnsteinUhlenbeck {
            tau: section.required_number("tau", Bound::NonNegative),
            mean_percent: section.required_number("mean_percent", Bound::Any),
            sd_percent: section.required_number("sd_percent", Bound::Positive),
            sampling: read_sampling(section),
        },
    }
}

/// A deviation below one percent is probably a fraction that was meant as percent.
fn read_deviation(section: &mut Section<'_>) -> f64 {
    let percent = section.required_number("sd_percent", Bound::Positive);
    if percent > 0.0 && percent < 1.0 {
        let kind =
            ProblemKind::Doubtful { key: "sd_percent".into(), reason: format!("it is {percent} percent") };
        section.context.warn(section.span_of("sd_percent"), kind);
    }
    percent
}

fn read_seclamp(section: &mut Section<'_>, delay: f64, duration: f64) -> Module {
    let context = section.context;
    let voltage = section.required_number("voltage", Bound::Any);
    let series_resistance = section.number("series_resistance", Bound::Positive).unwrap_or(0.01);
    let durations = section.numbers("duration_levels", Bound::NonNegative);
    let voltages = section.numbers("voltage_levels", Bound::Any);
    if delay > 0.0 {
        let bound = "zero: a voltage clamp starts at once".into();
        context.out_of_range("delay", section.span_of("delay"), bound, delay.to_string());
    }
    let lengths = (section.list("duration_levels").len(), section.list("voltage_levels").len());
    if lengths.0 != lengths.1 {
        let kind = ProblemKind::LengthMismatch {
            key: "duration_levels",
            other: "voltage_levels",
            length: lengths.0,
            other_length: lengths.1,
        };
        context.error(section.span_of("duration_levels"), kind);
    }
    let sum: f64 = durations.iter().sum();
    if sum > duration + f64::EPSILON * sum.max(duration) {
        let bound = format!("at most `duration`, {duration}, in sum");
        context.out_of_range("duration_levels", section.span_of("duration_levels"), bound, sum.to_string());
    }
    Module::Seclamp { voltage, series_resistance, levels: durations.into_iter().zip(voltages).collect() }
}

fn read_fields(section: &mut Section<'_>, simulation_dt: f64) -> Vec<ElectricField> {
    let context = section.context;
    let items = section.list("fields");
    if items.is_empty() {
        section.missing("fields");
    }
    let nyquist = 1000.0 / (2.0 * simulation_dt);
    let mut fields = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let label = Span { offset: item.span.offset, length: 1 };
        let mut entry = context.section(format!("{}.fields[{index}]", section.path), label, item);
        let field = ElectricField {
            ex: entry.required_number("Ex", Bound::Any),
            ey: entry.required_number("Ey", Bound::Any),
            ez: entry.required_number("Ez", Bound::Any),
            frequency: entry.number("frequency", Bound::NonNegative).unwrap_or(0.0),
            phase: entry.number("phase", Bound::Any).unwrap_or(0.0),
        };
        if simulation_dt > 0.0 && field.frequency >= nyquist {
            let bound = format!("below the simulation's Nyquist frequency, {nyquist} Hz");
            context.out_of_range("frequency", entry.span_of("frequency"), bound, field.frequency.to_string());
        }
        entry.finish();
        fields.push(field);
    }
    fields
}

fn read_synapse_replay(section: &mut Section<'_>) -> Module {
    section.without_effect("source", "spikes go to all synapses of the target cells");
    let spike_file = section.required_path("spike_file");
    let is_given = !spike_file.as_os_str().is_empty();
    if is_given && spike_file.extension().is_none_or(|extension| extension != "h5") {
        let found = section.text("spike_file").map(|text| text.value).unwrap_or_default();
        section.context.out_of_range(
            "spike_file",
            spike_file.span,
            "a SONATA file that ends in `.h5`".into(),
            found,
        );
    }
    Module::SynapseReplay { spike_file }
}
