//! A cell group: a world of columns for a few cells, and its own `Step` schedule.
//!
//! [`CellPlan`] is the immutable description of a cell with all that is attached to it; [`layout`] turns the
//! plans of a group into columns, and [`Group`] runs them. What a cell computes does not depend on the group
//! it is in.

mod build;
mod calls;
mod demand;
mod instances;
pub mod layout;
mod network;
mod pattern;
mod place;
mod pointers;
mod probes;
mod state;
mod voltages;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bevy_ecs::schedule::Schedule;
use bevy_ecs::world::World;
use cell::CellModel;
use cell::model::{Call, InstancePlace, Pointer};
use components::{
    ArrivedVoltages, Clock, Connections, EventQueue, MechanismName, OutgoingSpikes, Playback, SampleBuffer,
    SourceId, Spike, Voltage,
};
use nmodl::Description;
use random::Stream;

pub use build::{StepPlugin, build};
pub use demand::open_demand;
pub use network::is_shorter_than_step;
pub use pattern::inject_spikes;
pub use place::{Located, locate};
pub use probes::{CellProbe, CellProbePart, CellProbeSource, CellSums};
pub use state::{CellState, EventState, IonState, MechanismState};
pub use voltages::{GroupVoltages, PublishedVoltage};

use crate::Error;
use crate::schedule::TRANSFER;
use crate::schedule::{ScheduleDescription, StepExecutor, Timings, introspection};
use crate::step::{Complaints, GroupEntities};

/// A cell with all that is attached to it.
#[derive(Clone, Debug)]
pub struct CellPlan {
    /// Its number, unique over all populations.
    pub gid: u64,
    /// Its SONATA population.
    pub population: Arc<str>,
    /// Its SONATA node id.
    pub node_id: u64,
    /// Its compartments and mechanisms; shared between equal cells. Empty for an artificial cell.
    pub model: Arc<CellModel>,
    /// Point processes and artificial cells beyond the model's own, in creation order; their indices
    /// continue after those of the model's.
    pub point_processes: Vec<PointProcess>,
    /// What makes it spike; `None` for a cell that never does.
    pub spike_source: Option<SpikeSource>,
    /// Connections that end at its point processes, in creation order.
    pub connections: Vec<Connection>,
    /// How many of the point processes beyond the model's and of the connections it had after each set of edges that was
    /// connected: it tells where they stand in the order in which those of all cells are made.
    pub after_edges: Vec<(u32, u32)>,
    /// Signals played into its point processes.
    pub signals: Vec<Signal>,
    /// Voltages that variables of any cell may follow: the id of each, unique over all cells, and its node.
    pub published_voltages: Vec<(u64, u32)>,
    /// Variables of its mechanisms that follow voltages, as gap junctions need it.
    pub received_voltages: Vec<ReceivedVoltage>,
    /// What is sampled of it.
    pub probes: Vec<CellProbe>,
    /// Functions of its mechanisms that are called before the initialisation, in this order.
    pub calls: Vec<Call>,
    /// What the pointers of its mechanisms stand for; of several for one variable the last counts.
    pub pointers: Vec<Pointer>,
    /// Random streams of density mechanisms: the instance, the name that the mechanism gives the stream, and the stream.
    pub streams: Vec<(InstancePlace, String, Stream)>,
}

impl CellPlan {
    /// A cell with nothing attached to it.
    pub fn new(population: impl Into<Arc<str>>, node_id: u64, gid: u64, model: Arc<CellModel>) -> Self {
        Self {
            gid,
            population: population.into(),
            node_id,
            model,
            point_processes: Vec::new(),
            spike_source: None,
            connections: Vec::new(),
            after_edges: Vec::new(),
            signals: Vec::new(),
            published_voltages: Vec::new(),
            received_voltages: Vec::new(),
            probes: Vec::new(),
            calls: Vec::new(),
            pointers: Vec::new(),
            streams: Vec::new(),
        }
    }

    /// Number of its point processes, the model's and the added ones.
    pub fn point_process_count(&self) -> usize {
        self.model.point_processes.len() + self.point_processes.len()
    }

    /// Descriptions of its point processes, in the order of their indices.
    pub fn point_process_descriptions(&self) -> impl Iterator<Item = &Arc<Description>> {
        let own = self.model.point_processes.iter().map(|point| &point.description);
        own.chain(self.point_processes.iter().map(|point| &point.description))
    }

    /// Description of the point process with this index.
    pub fn point_process_description(&self, index: usize) -> Option<&Arc<Description>> {
        match index.checked_sub(self.model.point_processes.len()) {
            None => self.model.point_processes.get(index).map(|point| &point.description),
            Some(added) => self.point_processes.get(added).map(|point| &point.description),
        }
    }

    /// Adds a point process, and returns its index.
    pub fn add_point_process(&mut self, point: PointProcess) -> usize {
        self.point_processes.push(point);
        self.point_process_count() - 1
    }
}

/// A point process or artificial cell.
#[derive(Clone, Debug)]
pub struct PointProcess {
    /// What it is.
    pub description: Arc<Description>,
    /// The node of its cell it sits on; `None` for an artificial cell.
    pub node: Option<u32>,
    /// The variables that have been set, ascending, and their values: a circuit has many synapses that have few.
    pub changed: Vec<(u32, f64)>,
    /// Its random streams, by the names that the mechanism gives them.
    pub streams: Vec<(String, Stream)>,
    /// Its vectors, by the names that the mechanism gives them.
    pub vectors: Vec<(String, Vec<f64>)>,
    /// For a synapse of a circuit: its number among the edges of its population that end at the cell.
    pub synapse_id: Option<u32>,
}

impl PointProcess {
    /// An instance with the defaults of its description.
    pub fn new(description: &Arc<Description>, node: Option<u32>) -> Self {
        let description = Arc::clone(description);
        let (streams, vectors) = (Vec::new(), Vec::new());
        Self { description, node, changed: Vec::new(), streams, vectors, synapse_id: None }
    }

    /// The value of a variable of the description, by its index.
    pub fn value(&self, variable: usize) -> f64 {
        match self.changed.binary_search_by_key(&(variable as u32), |(changed, _)| *changed) {
            Ok(place) => self.changed[place].1,
            Err(_) => self.description.variables.get(variable).map_or(0.0, |known| known.default),
        }
    }

    /// Sets a variable of the description, by its index.
    pub fn set(&mut self, variable: usize, value: f64) {
        let variable = variable as u32;
        match self.changed.binary_search_by_key(&variable, |(changed, _)| *changed) {
            Ok(place) => self.changed[place].1 = value,
            Err(place) => self.changed.insert(place, (variable, value)),
        }
    }

    /// The same with the variable `name` set; unknown names change nothing.
    #[must_use]
    pub fn with(mut self, name: &str, value: f64) -> Self {
        if let Some(index) = self.description.variable(name) {
            self.set(index, value);
        }
        self
    }
}

/// What makes a cell spike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SpikeSource {
    /// The voltage of a node rises above a threshold.
    Voltage {
        /// Node of the cell.
        node: u32,
        /// Threshold (mV).
        threshold: f64,
    },
    /// A point process or artificial cell spikes.
    PointProcess(usize),
}

/// A NetCon.
#[derive(Clone, Debug, PartialEq)]
pub struct Connection {
    /// Whose spikes it carries.
    pub source: SourceId,
    /// Index of the target among the cell's point processes.
    pub target: usize,
    /// Delay (ms).
    pub delay: f64,
    /// Weight vector; missing entries are 0.
    pub weights: Vec<f64>,
    /// Whether it passes spikes on.
    pub active: bool,
}

impl Connection {
    /// Whether spikes take effect within the group at once, so that both ends must be in it: those of sources inside a
    /// cell, and delays that leave no time for an exchange with time steps of `dt` (ms).
    pub fn is_direct(&self, dt: f64) -> bool {
        !self.source.is_cell() || is_shorter_than_step(self.delay, dt)
    }
}

/// A signal played into a variable.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// Index of the point process.
    pub target: usize,
    /// The variable's name.
    pub variable: String,
    /// Times (ms), not decreasing.
    pub times: Vec<f64>,
    /// Value at each time.
    pub values: Vec<f64>,
    /// What it does between its points.
    pub playback: Playback,
}

/// A variable that follows a voltage: it is set to it at the initialisation and after the voltage step of every time step.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceivedVoltage {
    /// The id under which the voltage is published.
    pub id: u64,
    /// The instance.
    pub place: InstancePlace,
    /// The variable's name.
    pub variable: String,
}

/// What all groups of a simulation have in common.
#[derive(Clone, Debug)]
pub struct GroupOptions {
    /// Time step (ms).
    pub dt: f64,
    /// Temperature (degrees Celsius).
    pub celsius: f64,
    /// 0 implicit Euler, 1 Crank-Nicolson, 2 Crank-Nicolson with corrected ion currents.
    pub second_order: u8,
    /// Voltage at t = 0 (mV).
    pub v_init: f64,
    /// Global index of all random streams (`run.random_seed`, NEURON's `Random123_globalindex`).
    pub random_seed: u32,
    /// Values of globals that differ from their defaults, by (mechanism, variable).
    pub globals: BTreeMap<(String, String), f64>,
    /// Variables of mechanisms, by (mechanism, variable), that systems of plug-ins read or change: without it, a
    /// variable that nothing else needs may have no column, and one that is the same everywhere a single value.
    pub observed: BTreeSet<(String, String)>,
    /// Whether the state is to be kept, or was kept before, so that membrane currents belong to it.
    pub keeps_state: bool,
}

impl Default for GroupOptions {
    /// NEURON's defaults.
    fn default() -> Self {
        Self {
            dt: 0.025,
            celsius: 6.3,
            second_order: 0,
            v_init: -65.0,
            random_seed: 0,
            globals: BTreeMap::new(),
            observed: BTreeSet::new(),
            keeps_state: false,
        }
    }
}

/// A part of a report that comes from one group: which cells, how many values of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeLayout {
    /// Number of the report.
    pub report: usize,
    /// Cells in the order of the probe's values, with the number of values of each.
    pub cells: Vec<(u64, usize)>,
}

/// A cell group.
pub struct Group {
    /// Its columns.
    pub world: World,
    step: Schedule,
    initialize: Schedule,
    probes: Vec<(bevy_ecs::entity::Entity, ProbeLayout)>,
    names: Vec<String>,
    voltages: GroupVoltages,
}

impl Group {
    /// Brings the group to its state at t = 0.
    pub fn initialize(&mut self) {
        if let Some(mut clock) = self.world.get_resource_mut::<Clock>() {
            clock.t = 0.0;
            clock.step = 0;
        }
        self.initialize.run(&mut self.world);
        self.tell_messages();
    }

    /// Advances by a number of time steps, or until a kernel fails, if none has.
    pub fn advance(&mut self, steps: u64) {
        if steps > 0 && self.has_failed() {
            return;
        }
        for _ in 0..steps {
            if !self.advance_part() {
                break;
            }
        }
    }

    /// Advances by a time step, or by a half of one for a group that pauses; whether no kernel has failed.
    pub fn advance_part(&mut self) -> bool {
        self.step.run(&mut self.world);
        self.tell_messages();
        !self.has_failed()
    }

    fn has_failed(&self) -> bool {
        self.world.resource::<Complaints>().failure.is_some()
    }

    /// What the group publishes and receives of voltages.
    pub fn voltages(&self) -> &GroupVoltages {
        &self.voltages
    }

    /// Copies voltages (mV) of nodes, each to its place in `voltages`.
    pub fn read_voltages(&self, nodes: &[(u32, usize)], voltages: &mut [f64]) {
        let entity = self.world.resource::<GroupEntities>().compartments;
        if let Some(voltage) = self.world.get::<Voltage>(entity) {
            nodes.iter().for_each(|&(node, place)| voltages[place] = voltage.0[node as usize]);
        }
    }

    /// Takes the voltages (mV) that the group awaits, in their order.
    pub fn receive_voltages(&mut self, voltages: impl Iterator<Item = f64>) {
        let entity = self.world.resource::<GroupEntities>().compartments;
        if let Some(mut arrived) = self.world.get_mut::<ArrivedVoltages>(entity) {
            arrived.0.iter_mut().zip(voltages).for_each(|(place, voltage)| *place = voltage);
        }
    }

    /// The kernel that failed, if one did: when (ms), and the error that names it.
    pub fn failure(&mut self) -> Option<(f64, Error)> {
        let (t, mechanism, failure) = self.world.resource::<Complaints>().failure.clone()?;
        Some((t, place::explain(&mut self.world, t, mechanism, &failure)))
    }

    /// Hands messages of kernels on to the user.
    fn tell_messages(&mut self) {
        if self.world.resource::<Complaints>().messages.is_empty() {
            return;
        }
        let messages = std::mem::take(&mut self.world.resource_mut::<Complaints>().messages);
        for (mechanism, instance, message) in messages {
            let gid = place::gid_of(&mut self.world, mechanism, instance).unwrap_or_default();
            let name = self.world.get::<MechanismName>(mechanism).map_or("", |name| &name.0);
            for line in message.lines() {
                tracing::info!("{name} of gid {gid}: {line}");
            }
        }
    }

    /// Where the group is in time.
    pub fn clock(&self) -> Option<Clock> {
        self.world.get_resource::<Clock>().copied()
    }

    /// Measures every system from now on, if there are `timings`: they get the results when the group is dropped. A group
    /// that pauses runs its time steps in two halves: up to the transfer of voltages, and from there on.
    pub fn execute(&mut self, timings: Option<Timings>, pauses: bool) {
        let profile = timings.map(|timings| (timings.steps(), self.items_per_system()));
        self.step.set_executor(StepExecutor::new(profile, pauses.then_some(TRANSFER)));
    }

    /// Number of instances or nodes that each system works on; of the delivery of events, instances that any can reach.
    fn items_per_system(&mut self) -> BTreeMap<String, u64> {
        let mut items = BTreeMap::new();
        let nodes =
            self.world.query::<&components::Voltage>().iter(&self.world).map(|v| v.0.len()).sum::<usize>();
        for name in [
            "current:clear",
            "current:capacitance",
            "current:axial",
            "solve:hines",
            "update:voltage",
            "update:membrane-current",
        ] {
            items.insert(name.to_owned(), nodes as u64);
        }
        let mut mechanisms = self.world.query::<(&components::MechanismName, &components::Instances)>();
        for (name, instances) in mechanisms.iter(&self.world) {
            items.insert(format!("current:{}", name.0), instances.count as u64);
            items.insert(format!("state:{}", name.0), instances.count as u64);
        }
        let mut targets =
            self.with_network(|connections, _, _| connections.target.clone()).unwrap_or_default();
        targets.sort_unstable();
        targets.dedup();
        for name in ["deliver:start", "deliver:end"] {
            items.insert(name.to_owned(), targets.len() as u64);
        }
        items
    }

    /// The group's `Step` schedule as assembled.
    pub fn describe_step(&self) -> ScheduleDescription {
        introspection::describe_step(&self.step, &self.world, &self.names)
    }

    /// Takes the spikes of the group's own sources since the last call.
    pub fn take_spikes(&mut self) -> Vec<Spike> {
        self.with_network(|_, _, outgoing| std::mem::take(&mut outgoing.0)).unwrap_or_default()
    }

    /// Sources that the group has indirect connections from, ascending.
    pub fn remote_sources(&mut self) -> Vec<SourceId> {
        self.with_network(|connections, _, _| {
            let rows = connections.sources.iter().enumerate();
            rows.filter(|&(row, _)| connections.in_row(row).any(|c| !connections.direct[c]))
                .map(|(_, &s)| s)
                .collect()
        })
        .unwrap_or_default()
    }

    /// Puts the events of a spike that reached the group with an exchange into its queue.
    pub fn receive(&mut self, spike: Spike) {
        self.with_network(|connections, queue, _| {
            if let Some(row) = connections.row(spike.source) {
                crate::step::deliver::enqueue_spike(spike, row, false, connections, queue);
            }
        });
    }

    /// Hands the samples of all probes since the last call to `take`: the number of the probe, and rows of elements.
    pub fn take_samples(&mut self, mut take: impl FnMut(usize, &[f32])) {
        for (number, (entity, _)) in self.probes.iter().enumerate() {
            if let Some(mut buffer) = self.world.get_mut::<SampleBuffer>(*entity) {
                take(number, &buffer.rows);
                buffer.rows.clear();
            }
        }
    }

    /// What the group samples.
    pub fn probe_layouts(&self) -> impl Iterator<Item = &ProbeLayout> {
        self.probes.iter().map(|(_, layout)| layout)
    }

    fn with_network<T>(
        &mut self,
        work: impl FnOnce(&mut Connections, &mut EventQueue, &mut OutgoingSpikes) -> T,
    ) -> Option<T> {
        let entity = self.world.get_resource::<GroupEntities>()?.network;
        let mut query = self.world.query::<(&mut Connections, &mut EventQueue, &mut OutgoingSpikes)>();
        let (mut connections, mut queue, mut outgoing) = query.get_mut(&mut self.world, entity).ok()?;
        Some(work(&mut connections, &mut queue, &mut outgoing))
    }
}
