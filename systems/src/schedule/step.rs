//! Assembly of the schedules of a cell group from what the group contains.

use std::sync::Arc;

use bevy_ecs::entity::Entity;
use bevy_ecs::schedule::{IntoScheduleConfigs, Schedule, SystemSet};
use bevy_ecs::system::SystemParamFunction;

use super::{Initialize, Sequence, Step, StepSet, strict_schedule};
use crate::mechanism::{Kernels, Phase, Phases};
use crate::step::{
    axial, blocks, capacitance, currents, deliver, detect, hines, initialize, ions, play, pointers, sample,
    states, transfer, update,
};

/// One entry of the order of execution.
pub enum Entry {
    /// An ion.
    Ion(Entity, String),
    /// A mechanism.
    Mechanism(MechanismEntry),
}

/// A mechanism in the order of execution.
pub struct MechanismEntry {
    /// Its index in the group.
    pub index: usize,
    /// Its entity.
    pub entity: Entity,
    /// Its name.
    pub name: String,
    /// Its kernels.
    pub kernels: Arc<dyn Kernels>,
    /// What they take part in.
    pub phases: Phases,
    /// Whether it has variables that stand for others, and whether its kernels write one of them.
    pub pointers: Pointers,
}

/// Whether a mechanism has variables that stand for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointers {
    /// It has none.
    None,
    /// Its kernels read them.
    Read,
    /// Its kernels read and write them.
    Written,
}

impl MechanismEntry {
    /// Adds a system that runs kernels, between those that refresh pointers and write them back.
    fn push<Marker, F>(&self, sequence: &mut Sequence, set: impl SystemSet + Copy, phase: &str, system: F)
    where
        Marker: 'static,
        F: SystemParamFunction<Marker, In = (), Out = ()> + 'static,
    {
        let name = &self.name;
        if self.pointers != Pointers::None {
            let refresh = pointers::refresh_system(self.entity);
            sequence.push(set, format!("pointers:before-{phase}:{name}"), refresh);
        }
        sequence.push(set, format!("{phase}:{name}"), system);
        if self.pointers == Pointers::Written {
            let write_back = pointers::write_back_system(self.entity);
            sequence.push(set, format!("pointers:after-{phase}:{name}"), write_back);
        }
    }
}

/// Adds a block of all mechanisms that have it.
fn push_blocks(
    sequence: &mut Sequence,
    assembly: &Assembly,
    set: impl SystemSet + Copy,
    block: Phase,
    name: &str,
) {
    for entry in mechanisms(assembly).filter(|entry| entry.phases.blocks.contains(&block)) {
        let system = blocks::block_system(entry.entity, Arc::clone(&entry.kernels), block);
        entry.push(sequence, set, name, system);
    }
}

/// Name of the system that transfers voltages across gap junctions: groups that are coupled to others pause before it.
pub const TRANSFER: &str = "transfer:voltages";

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
    /// Whether voltages are published or received across gap junctions.
    pub has_voltages: bool,
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
    for pair in StepSet::ALL.windows(2) {
        schedule.configure_sets((pair[0], pair[1]).chain());
    }
    let mut sequence = Sequence::new(&mut schedule);
    if assembly.has_thresholds {
        sequence.push(StepSet::Detect, "detect:threshold", detect::thresholds);
    }
    for entry in mechanisms(assembly).filter(|entry| entry.phases.watch) {
        let system = detect::watch_system(entry.index as u32, entry.entity, Arc::clone(&entry.kernels));
        entry.push(&mut sequence, StepSet::Detect, "detect:watch", system);
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
    if assembly.has_voltages {
        sequence.push(StepSet::Transfer, TRANSFER, transfer::transfer);
    }
    for entry in mechanisms(assembly).filter(|entry| entry.phases.state) {
        let system = states::state_system(entry.entity, Arc::clone(&entry.kernels));
        entry.push(&mut sequence, StepSet::State, "state", system);
    }
    push_blocks(&mut sequence, assembly, StepSet::State, Phase::AfterSolve, "after-solve");
    push_blocks(&mut sequence, assembly, StepSet::State, Phase::BeforeStep, "before-step");
    if assembly.has_events {
        sequence.push(StepSet::Arrive, "deliver:end", deliver::deliver_end);
    }
    if assembly.has_probes {
        sequence.push(StepSet::Report, "report:sample", sample::sample);
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
    if assembly.has_voltages {
        sequence.push(All, TRANSFER, transfer::first_transfer_system(v_init));
    }
    push_blocks(&mut sequence, assembly, All, Phase::BeforeInitial, "before-initial");
    for entry in &assembly.order {
        match entry {
            Entry::Ion(entity, name) => {
                sequence.push(All, format!("initialize:{name}_ion"), ions::ion_initialize_system(*entity));
            }
            Entry::Mechanism(entry) => {
                let kernels = Arc::clone(&entry.kernels);
                let system = initialize::mechanism_system(entry.index, entry.entity, kernels);
                entry.push(&mut sequence, All, "initialize", system);
            }
        }
    }
    sequence.push(All, "initialize:connections", initialize::connections);
    push_blocks(&mut sequence, assembly, All, Phase::AfterInitial, "after-initial");
    sequence.push(All, "deliver:initial", deliver::deliver_end);
    // The first row of a report has the currents that were there before any was computed
    sequence.push(All, "report:sample", sample::sample);
    push_matrix(&mut sequence, assembly, All);
    if assembly.has_membrane_current {
        sequence.push(All, "initialize:membrane-current", initialize::membrane_current);
    }
    push_blocks(&mut sequence, assembly, All, Phase::BeforeStep, "before-step");
    schedule
}

fn mechanisms(assembly: &Assembly) -> impl Iterator<Item = &MechanismEntry> {
    assembly.order.iter().filter_map(|entry| match entry {
        Entry::Ion(..) => None,
        Entry::Mechanism(entry) => Some(entry),
    })
}

/// The systems that fill the tree matrix.
fn push_matrix(sequence: &mut Sequence, assembly: &Assembly, set: impl SystemSet + Copy) {
    sequence.push(set, "current:clear", currents::clear);
    if assembly.has_membrane_current {
        sequence.push(set, "current:clear-electrodes", currents::clear_saved);
    }
    push_blocks(sequence, assembly, set, Phase::BeforeBreakpoint, "before-breakpoint");
    for entry in &assembly.order {
        match entry {
            Entry::Ion(entity, name) => {
                sequence.push(set, format!("current:{name}_ion"), ions::ion_system(*entity));
            }
            Entry::Mechanism(entry) => {
                let (entity, kernels) = (entry.entity, Arc::clone(&entry.kernels));
                match (entry.phases.current, entry.phases.electrode) {
                    (false, _) => {}
                    (true, false) => {
                        entry.push(sequence, set, "current", currents::membrane_system(entity, kernels));
                    }
                    (true, true) => {
                        entry.push(sequence, set, "current", currents::electrode_system(entity, kernels));
                    }
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
