//! How signals get into cells: point processes of a mechanism, and the variable that is played.

use std::sync::Arc;

use components::Playback;
use nmodl::Description;
use sonata::config::{Input as Stimulus, InputType, Module, Sampling};
use systems::Registry;
use systems::group::{CellPlan, PointProcess, Signal};

use crate::build::synapses::description;
use crate::failure::Failure;
use crate::signals::Points;

/// Resistance (megohm) that stands for no conductance.
const OPEN: f64 = 1e9;

/// The way in which a stimulus acts on a cell.
pub struct Injection {
    mechanism: Arc<Description>,
    kind: Kind,
    /// End of the simulation (ms).
    stop: f64,
}

#[derive(Clone, Copy)]
enum Kind {
    /// `amp` (nA) is played.
    Current(Playback),
    /// `rs` (megohm) is played; the reversal potential is given in mV.
    Conductance(f64),
}

impl Injection {
    /// The way of a stimulus: through an electrode, or as a current of the membrane, which differ in whether it counts
    /// as membrane current.
    ///
    /// # Errors
    ///
    /// A mechanism that is not there.
    pub fn new(stimulus: &Stimulus, stop: f64, registry: &Registry) -> Result<Self, Failure> {
        let electrode = stimulus.represents_physical_electrode;
        let (name, kind) = match (stimulus.input_type, &stimulus.module) {
            (InputType::VoltageClamp, _) => ("SEClamp", Kind::Conductance(0.0)),
            (InputType::Conductance, module) => {
                let name = if electrode { "SEClamp" } else { "ConductanceSource" };
                (name, Kind::Conductance(sampling(module).map_or(0.0, |sampling| sampling.reversal)))
            }
            (_, module) => {
                let playback = match module {
                    Module::Replay { interpolate: false, .. } => Playback::Stepwise,
                    _ => Playback::Linear,
                };
                (if electrode { "IClamp" } else { "MembraneCurrentSource" }, Kind::Current(playback))
            }
        };
        Ok(Self { mechanism: description(registry, name)?, kind, stop })
    }

    /// Sends a signal into nodes of a cell.
    pub fn attach(&self, cell: &mut CellPlan, nodes: impl IntoIterator<Item = u32>, points: &Points) {
        for node in nodes {
            let source = PointProcess::new(&self.mechanism, Some(node));
            let (source, variable, playback, points) = match self.kind {
                Kind::Current(playback) => {
                    (source.with("dur", points.end()), "amp", playback, points.clone())
                }
                Kind::Conductance(reversal) => {
                    let source = source.with("dur1", points.end()).with("amp1", reversal);
                    (source, "rs", Playback::Linear, resistances(points))
                }
            };
            self.play(cell, source, variable, playback, points);
        }
    }

    /// Clamps the voltage of nodes for a duration (ms): a `seclamp` module.
    pub fn attach_clamp(&self, cell: &mut CellPlan, nodes: Vec<u32>, module: &Module, duration: f64) {
        let Module::Seclamp { voltage, series_resistance, levels } = module else { return };
        let mut points = Points::default();
        let mut time = 0.0;
        for &(duration, level) in levels {
            time += duration;
            points.times.push(time);
            points.values.push(level);
        }
        for node in nodes {
            let clamp = PointProcess::new(&self.mechanism, Some(node))
                .with("rs", *series_resistance)
                .with("dur1", duration)
                .with("amp1", *voltage);
            if levels.is_empty() {
                cell.add_point_process(clamp);
            } else {
                self.play(cell, clamp, "amp1", Playback::Stepwise, points.clone());
            }
        }
    }

    fn play(
        &self,
        cell: &mut CellPlan,
        source: PointProcess,
        variable: &str,
        playback: Playback,
        mut points: Points,
    ) {
        points.cut_after(self.stop);
        let Points { times, values } = points;
        let target = cell.add_point_process(source);
        cell.signals.push(Signal { target, variable: variable.to_owned(), times, values, playback });
    }
}

fn sampling(module: &Module) -> Option<&Sampling> {
    match module {
        Module::ShotNoise { sampling, .. }
        | Module::AbsoluteShotNoise { sampling, .. }
        | Module::RelativeShotNoise { sampling, .. }
        | Module::OrnsteinUhlenbeck { sampling, .. }
        | Module::RelativeOrnsteinUhlenbeck { sampling, .. } => Some(sampling),
        _ => None,
    }
}

/// Conductances (uS) as resistances (megohm), after one that is 0: what is not positive, or too large, is open.
fn resistances(conductances: &Points) -> Points {
    let resistance = |&g: &f64| if g > 1e-9 && g < 1e9 { 1.0 / g } else { OPEN };
    Points {
        times: std::iter::once(0.0).chain(conductances.times.iter().copied()).collect(),
        values: std::iter::once(OPEN).chain(conductances.values.iter().map(resistance)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::{Window, ornstein_uhlenbeck};
    use random::{Generator, Random, Stream};

    /// What neurodamus 4.2.9 plays for a process of conductances whose reversal potential is 10 mV.
    #[test]
    fn resistances_of_a_conductance() {
        let mut random = Random::with_generator(Generator::Random123(Stream::new(0, 2997, 291204, 124)));
        let window = Window { delay: 1.0, duration: 1.0 };
        let points = ornstein_uhlenbeck(&mut random, window, (2.0, 0.25), (0.5, 0.1), 10.0);
        let found = resistances(&points.expect("few samples"));
        assert_eq!(found.times, [0.0, 0.0, 1.0, 1.0, 1.25, 1.5, 1.75, 2.0, 2.0]);
        let expected = [1e9, 0.1, 0.1, 2.0, 2.102999, 1.824943, 2.030691, 2.227259, 0.1];
        for (found, expected) in found.values.iter().zip(expected) {
            assert!((found - expected).abs() < 5e-7, "{found} {expected}");
        }
        let points = Points { times: vec![0.0; 3], values: vec![1e-9, -1.0, 1e9] };
        assert_eq!(resistances(&points).values, [OPEN; 4]);
    }
}
