//! Assembly of the schedules of a cell group from what the group contains.

use std::sync::Arc;

use bevy_ecs::entity::Entity;
use bevy_ecs::schedule::{IntoScheduleConfigs, Schedule, SystemSet};

use super::{Initialize, Sequence, Step, StepSet, strict_schedule};
use crate::mechanism::{Kernels, Phases};
use crate::step::{
    axial, capacitance, currents, deliver, detect, hines, initialize, ions, play, sample, states, update,
};

/// One entry of the order of execution.
pub enum Entry {
    /// An ion.
    Ion(Entity, String),
    /// A mechanism: its index in the group, entity, name and kernels.
    Mechanism(usize, Entity, String, Arc<dyn Kernels>),
}

/// What a group contains, as far as its schedules depend on it.
#[derive(Default)]
pub struct Assembly {
    /// Ions and mechanisms in NEURON's order of execution.
    pub order: Vec<Entry>,
    /// Whether voltages are watched for spikes.
    pub has_thresholds: bool,
    /// Whether anything can receive events.
    pub has_events: bool,
    /// Whether waveforms are played.
    pub has_waveforms: bool,
    /// Whether something is sampled.
    pub has_probes: bool,
    /// Whether the membrane current is needed.
    pub has_membrane_current: bool,
    /// 0 implicit Euler, 1 and 2 Crank-Nicolson.
    pub second_order: u8,
}

/// The schedule of a time step, without the systems of plug-ins.
pub fn assemble_step(assembly: &Assembly) -> Schedule {
    let mut schedule = strict_schedule(Step);
    let [detect_set, deliver_set, play_set, currents_set, solve, update_set, transfer, state, report, arrive] =
        StepSet::ALL;
    schedule.configure_sets(
        (detect_set, deliver_set, play_set, currents_set, solve, update_set, transfer, state, report, arrive)
            .chain(),
    );
    let mut sequence = Sequence::new(&mut schedule);
    if assembly.has_thresholds {
        sequence.push(StepSet::Detect, "detect:threshold", detect::thresholds);
    }
    for (index, entity, name, kernels, phases) in mechanisms(assembly) {
        if phases.watch {
            let system = detect::watch_system(index as u32, entity, Arc::clone(kernels));
            sequence.push(StepSet::Detect, format!("detect:watch:{name}"), system);
        }
    }
    if assembly.has_events {
        sequence.push(StepSet::Deliver, "deliver:start", deliver::deliver_start);
    }
    sequence.push(StepSet::Play, "time:first-half", update::first_half);
    if assembly.has_waveforms {
        sequence.push(StepSet::Play, "play:waveforms", play::play);
    }
    push_matrix(&mut sequence, assembly, StepSet::Currents);
    sequence.push(StepSet::Solve, "solve:hines", hines::hines);
    if assembly.second_order == 2 {
        sequence.push(StepSet::Update, "update:ion-currents", update::ion_currents);
    }
    sequence.push(StepSet::Update, "update:voltage", update::voltage);
    if assembly.has_membrane_current {
        sequence.push(StepSet::Update, "update:membrane-current", update::membrane_current);
    }
    sequence.push(StepSet::Update, "time:second-half", update::second_half);
    if assembly.has_waveforms {
        sequence.push(StepSet::Transfer, "play:waveforms-again", play::play);
    }
    for (_, entity, name, kernels, phases) in mechanisms(assembly) {
        if phases.state {
            sequence.push(
                StepSet::State,
                format!("state:{name}"),
                states::state_system(entity, Arc::clone(kernels)),
            );
        }
    }
    if assembly.has_probes {
        sequence.push(StepSet::Report, "report:sample", sample::sample);
    }
    if assembly.has_events {
        sequence.push(StepSet::Arrive, "deliver:end", deliver::deliver_end);
    }
    schedule
}

/// The schedule that brings a group to its state at t = 0 with the voltage `v_init` (mV).
pub fn assemble_initialize(assembly: &Assembly, v_init: f64) -> Schedule {
    #[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
    struct All;

    let mut schedule = strict_schedule(Initialize);
    let mut sequence = Sequence::new(&mut schedule);
    sequence.push(All, "initialize:reset", initialize::reset_system(v_init));
    for entry in &assembly.order {
        match entry {
            Entry::Ion(entity, name) => {
                sequence.push(All, format!("initialize:{name}_ion"), ions::ion_initialize_system(*entity));
            }
            Entry::Mechanism(index, entity, name, kernels) => {
                let system = initialize::mechanism_system(*index, *entity, Arc::clone(kernels));
                sequence.push(All, format!("initialize:{name}"), system);
            }
        }
    }
    sequence.push(All, "initialize:connections", initialize::connections);
    sequence.push(All, "deliver:initial", deliver::deliver_end);
    push_matrix(&mut sequence, assembly, All);
    if assembly.has_membrane_current {
        sequence.push(All, "initialize:membrane-current", initialize::membrane_current);
    }
    sequence.push(All, "report:sample", sample::sample);
    schedule
}

fn mechanisms(
    assembly: &Assembly,
) -> impl Iterator<Item = (usize, Entity, &String, &Arc<dyn Kernels>, Phases)> {
    assembly.order.iter().filter_map(|entry| match entry {
        Entry::Ion(..) => None,
        Entry::Mechanism(index, entity, name, kernels) => {
            Some((*index, *entity, name, kernels, kernels.phases()))
        }
    })
}

/// The systems that fill the tree matrix.
fn push_matrix(sequence: &mut Sequence, assembly: &Assembly, set: impl SystemSet + Copy) {
    sequence.push(set, "current:clear", currents::clear);
    if assembly.has_membrane_current {
        sequence.push(set, "current:clear-electrodes", currents::clear_saved);
    }
    for entry in &assembly.order {
        match entry {
            Entry::Ion(entity, name) => {
                sequence.push(set, format!("current:{name}_ion"), ions::ion_system(*entity));
            }
            Entry::Mechanism(_, entity, name, kernels) => {
                let (phases, kernels) = (kernels.phases(), Arc::clone(kernels));
                let name = format!("current:{name}");
                match (phases.current, phases.electrode) {
                    (false, _) => {}
                    (true, false) => sequence.push(set, name, currents::membrane_system(*entity, kernels)),
                    (true, true) => sequence.push(set, name, currents::electrode_system(*entity, kernels)),
                }
            }
        }
    }
    if assembly.has_membrane_current {
        sequence.push(set, "current:save-right-hand-side", currents::save_right_hand_side);
    }
    sequence.push(set, "current:capacitance", capacitance::capacitance);
    if assembly.has_membrane_current {
        sequence.push(set, "current:save-diagonal", capacitance::save_diagonal);
    }
    sequence.push(set, "current:axial", axial::axial);
}
