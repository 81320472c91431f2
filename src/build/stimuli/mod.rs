//! `inputs` of the simulation config, as point processes with signals played into them.
//!
//! What a stimulus does to a cell depends on the cell's gid, its attributes and the number of earlier stimuli of the
//! same family, never on other cells or on ranks.

mod attach;
mod points;
mod recording;
mod waveforms;

use sonata::config::{Input as Stimulus, Module};
use systems::Registry;
use systems::group::CellPlan;

use super::{CellProblem, Instance};
use crate::failure::Failure;
use crate::input::Input;
use crate::plan::Plan;
use attach::Injection;
use recording::Recording;
use waveforms::{Signals, Waveforms};

/// Attaches all stimuli but replayed spikes, in the order of the config.
///
/// # Errors
///
/// A node set or compartment set that does not fit the cells, a signal that cannot be made for a cell, a report that
/// cannot be read.
pub fn apply(
    cells: &mut [CellPlan],
    instances: &[Instance],
    input: &Input,
    plan: &Plan,
    registry: &Registry,
) -> Result<(), Failure> {
    let mut families = Families::default();
    for stimulus in input.config.inputs.iter().filter(|stimulus| acts(stimulus)) {
        let waveforms =
            Waveforms { stimulus, run: &input.config.run, number: families.next(&stimulus.module) };
        let recording = match &stimulus.module {
            Module::Replay { path, .. } => Some(Recording::open(&path.value, stimulus.duration, plan)?),
            _ => None,
        };
        let injection = Injection::new(stimulus, input.config.run.tstop, registry)?;
        for (index, nodes) in points::of_stimulus(stimulus, instances, input, plan)? {
            let spec = &instances[index].spec;
            let cell = &mut cells[index];
            let signals = match &recording {
                Some(recording) => {
                    recording.signal(spec, stimulus.delay)?.map_or(Signals::None, Signals::First)
                }
                None => waveforms.signals(spec, nodes.len()).map_err(|what| {
                    let population = &plan.populations[spec.population].name;
                    let what = format!("stimulus `{}`: {what}", stimulus.name.value);
                    let help = "change the parameters of the stimulus, or the attributes of the cell";
                    Failure::bad_input(CellProblem::new(spec, population, what, Some(help)))
                })?,
            };
            match signals {
                Signals::None => {}
                Signals::First(points) => injection.attach(cell, nodes.into_iter().take(1), &points),
                Signals::Alike(points) => injection.attach(cell, nodes, &points),
                Signals::Each(all) => {
                    for (node, points) in nodes.into_iter().zip(all) {
                        injection.attach(cell, [node], &points);
                    }
                }
                Signals::Clamp => injection.attach_clamp(cell, nodes, &stimulus.module, stimulus.duration),
            }
        }
    }
    Ok(())
}

/// Whether a stimulus does anything here: spikes are replayed elsewhere, and some parameters stand for no signal.
/// Such stimuli do not count among those of their family.
fn acts(stimulus: &Stimulus) -> bool {
    match stimulus.module {
        Module::SynapseReplay { .. } => false,
        Module::Linear { amp_start, amp_end } => amp_start != 0.0 || amp_end != 0.0,
        Module::RelativeLinear { percent_start, percent_end } => percent_start != 0.0 || percent_end != 0.0,
        Module::Pulse { width, frequency, .. } => width > 0.0 && frequency > 0.0,
        Module::Sinusoidal { frequency, .. } => frequency > 0.0,
        Module::ShotNoise { rate, sampling, .. } => rate > 0 && stimulus.duration >= sampling.dt,
        Module::AbsoluteShotNoise { sampling, .. } => stimulus.duration >= sampling.dt,
        Module::RelativeShotNoise { mean_percent, sampling, .. } => {
            mean_percent != 0.0 && stimulus.duration >= sampling.dt
        }
        _ => true,
    }
}

/// How many stimuli of each family of random signals there were: the families of neurodamus, each with its streams.
#[derive(Default)]
struct Families {
    noise: u32,
    shot_noise: u32,
    ornstein_uhlenbeck: u32,
}

impl Families {
    /// The number of a stimulus in its family, from 0.
    fn next(&mut self, module: &Module) -> u32 {
        let counter = match module {
            Module::Noise { .. } => &mut self.noise,
            Module::ShotNoise { .. }
            | Module::AbsoluteShotNoise { .. }
            | Module::RelativeShotNoise { .. } => &mut self.shot_noise,
            Module::OrnsteinUhlenbeck { .. } | Module::RelativeOrnsteinUhlenbeck { .. } => {
                &mut self.ornstein_uhlenbeck
            }
            _ => return 0,
        };
        let number = *counter;
        *counter += 1;
        number
    }
}
