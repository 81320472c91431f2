//! A rank's whole simulation: its groups, and the `Epoch` schedule that advances them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bevy_ecs::schedule::{IntoScheduleConfigs, Schedule};
use bevy_ecs::world::World;
use components::{SourceId, Spike};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::communicator::Communicator;
use crate::epoch::{
    EpochClock, Exchanged, Failure, Groups, Outgoing, Ranks, Routes, SpikeLog, StopRequest, Threads,
    VoltageExchange, Waiting, advance, exchange, guard,
};
use crate::error::Error;
use crate::group::{self, CellPlan, CellState, Group, GroupOptions, StepPlugin};
use crate::partition::partition;
use crate::registry::Registry;
use crate::schedule::{
    self, Epoch, EpochSet, ScheduleDescription, Sequence, StepExecutor, Timings, introspection,
    strict_schedule,
};

/// Longest epoch (ms), where connections would allow a longer one; reports are flushed and voltages checked
/// at least this often.
pub const LONGEST_EPOCH: f64 = 4.0;

/// What a simulation needs to know beyond its cells.
#[derive(Clone)]
pub struct SimulationOptions {
    /// What all groups have in common.
    pub group: GroupOptions,
    /// Threads per rank.
    pub threads: usize,
    /// Cells per group; 0 lets the program choose.
    pub group_size: usize,
    /// Additions of plug-ins to every group.
    pub step_plugins: Vec<StepPlugin>,
    /// Where to collect the time of each system, if wanted.
    pub timings: Option<Timings>,
}

impl Default for SimulationOptions {
    fn default() -> Self {
        Self {
            group: GroupOptions::default(),
            threads: 1,
            group_size: 0,
            step_plugins: Vec::new(),
            timings: None,
        }
    }
}

/// A rank's simulation.
pub struct Simulation {
    /// The rank world.
    pub world: World,
    epoch: Schedule,
    steps_per_epoch: u64,
    dt: f64,
}

/// A rank's simulation while its groups are built: its cells come in one or more rounds, and what is only needed to build
/// them can go after each.
pub struct Construction {
    threads: Arc<rayon::ThreadPool>,
    groups: Vec<Group>,
    /// Shortest delay (ms) of connections that need an exchange.
    shortest: f64,
    /// Gids of the cells so far.
    own: BTreeSet<u64>,
    /// Connections too short for an exchange from cells that were not in the same round, by source: the target and the
    /// delay (ms).
    too_short: BTreeMap<u64, (u64, f64)>,
}

impl Construction {
    /// Nothing yet; groups are built and simulated on `threads`. What threads free they can use again, so that those which
    /// made the plans of cells had better put them into groups.
    pub fn new(threads: Arc<rayon::ThreadPool>) -> Self {
        Self {
            threads,
            groups: Vec::new(),
            shortest: f64::INFINITY,
            own: BTreeSet::new(),
            too_short: BTreeMap::new(),
        }
    }

    /// Builds the groups of some cells.
    ///
    /// # Errors
    ///
    /// If a cell cannot be built, see [`group::build`].
    pub fn add(
        &mut self,
        cells: Vec<CellPlan>,
        registry: &Registry,
        options: &SimulationOptions,
    ) -> Result<(), Error> {
        let dt = options.group.dt;
        self.shortest = self.shortest.min(shortest_delay(&cells, dt));
        let gids: BTreeSet<u64> = cells.iter().map(|cell| cell.gid).collect();
        for cell in &cells {
            for connection in short_connections(cell, dt) {
                let source = connection.source.gid();
                if !gids.contains(&source) {
                    self.too_short.entry(source).or_insert((cell.gid, connection.delay));
                }
            }
        }
        self.own.extend(gids);
        let parts = partition(cells, options.group_size, options.threads, dt);
        let build =
            |cells: Vec<CellPlan>| group::build(&cells, registry, &options.group, &options.step_plugins);
        let groups: Result<Vec<Group>, Error> =
            self.threads.install(|| parts.into_par_iter().map(build).collect());
        self.groups.extend(groups?);
        Ok(())
    }

    /// The simulation of all cells that were added.
    ///
    /// # Errors
    ///
    /// A connection from another rank or another round that is shorter than a time step; voltages across gap junctions
    /// that do not fit together.
    pub fn finish(
        self,
        options: &SimulationOptions,
        communicator: Arc<dyn Communicator>,
    ) -> Result<Simulation, Error> {
        let dt = options.group.dt;
        self.check_short_delays(dt, communicator.as_ref())?;
        let shortest = communicator.minimum(self.shortest)?;
        let mut groups = self.groups;
        let voltages = VoltageExchange::new(&groups, communicator.as_ref())?;
        for (number, group) in groups.iter_mut().enumerate() {
            let pauses = voltages.is_coupled(number);
            if pauses || options.timings.is_some() {
                group.execute(options.timings.clone(), pauses);
            }
        }
        let mut steps_per_epoch = ((shortest.min(LONGEST_EPOCH) / dt + 1e-9) as u64).max(1);
        // Ranks that meet in every step need not, and see a failure at the end of the epoch
        let travels = communicator.size() > 1 && steps_per_epoch > 1 && !voltages.is_across_ranks();
        if travels {
            steps_per_epoch /= 2;
        }
        let mut world = World::new();
        world.insert_resource(voltages);
        world.insert_resource(routes(&mut groups));
        world.insert_resource(Groups(groups));
        world.insert_resource(Ranks(communicator));
        world.insert_resource(Threads(self.threads));
        world.insert_resource(EpochClock::default());
        world.insert_resource(Outgoing { travels, ..Outgoing::default() });
        world.init_resource::<Waiting>();
        world.insert_resource(Exchanged::default());
        world.init_resource::<StopRequest>();
        world.insert_resource(SpikeLog::default());
        world.insert_resource(Failure::default());
        let mut epoch = assemble_epoch();
        if let Some(timings) = &options.timings {
            epoch.set_executor(StepExecutor::new(Some((timings.epochs(), BTreeMap::new())), None));
        }
        Ok(Simulation { world, epoch, steps_per_epoch, dt })
    }

    /// Refuses connections between ranks or rounds that are too short for an exchange.
    fn check_short_delays(&self, dt: f64, ranks: &dyn Communicator) -> Result<(), Error> {
        let own = self.too_short.keys().filter(|gid| self.own.contains(gid)).copied();
        let mut found: Vec<u64> = own.collect();
        if ranks.size() > 1 {
            let wanted: Vec<u64> = self.too_short.keys().copied().collect();
            let wanted = gather_gids(&wanted, ranks)?;
            let known: Vec<u64> = wanted.into_iter().filter(|gid| self.own.contains(gid)).collect();
            found.extend(gather_gids(&known, ranks)?);
        }
        for from in found {
            if let Some(&(to, delay)) = self.too_short.get(&from) {
                return Err(Error::DelayTooShort { from, to, delay, dt });
            }
        }
        Ok(())
    }
}

/// The gids of all ranks, in the order of ranks.
fn gather_gids(gids: &[u64], ranks: &dyn Communicator) -> Result<Vec<u64>, Error> {
    let bytes: Vec<u8> = gids.iter().flat_map(|gid| gid.to_le_bytes()).collect();
    let parts = ranks.all_gather(&bytes)?;
    let gids = parts.iter().flat_map(|part| part.as_chunks::<8>().0);
    Ok(gids.map(|bytes| u64::from_le_bytes(*bytes)).collect())
}

impl Simulation {
    /// Builds the groups of this rank from its cells, in one round.
    ///
    /// # Errors
    ///
    /// If threads cannot be started; as [`Construction::add`] and [`Construction::finish`].
    pub fn new(
        cells: Vec<CellPlan>,
        registry: &Registry,
        options: &SimulationOptions,
        communicator: Arc<dyn Communicator>,
    ) -> Result<Self, Error> {
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(options.threads.max(1))
            .build()
            .map_err(|error| Error::Other(error.to_string()))?;
        let mut construction = Construction::new(Arc::new(threads));
        construction.add(cells, registry, options)?;
        construction.finish(options, communicator)
    }

    /// Adds systems to the `Epoch` schedule, before the first epoch.
    pub fn add_epoch_systems(&mut self, add: impl FnOnce(&mut Schedule, &mut World)) {
        add(&mut self.epoch, &mut self.world);
    }

    /// Brings all groups to their state at t = 0 and takes the first samples.
    ///
    /// # Errors
    ///
    /// If the `Epoch` schedule is ambiguous, or a kernel fails.
    pub fn initialize(&mut self) -> Result<(), Error> {
        schedule::finish(&mut self.epoch, &mut self.world, "Epoch")?;
        let threads = self.world.resource::<Threads>().0.clone();
        let groups = &mut self.world.resource_mut::<Groups>().0;
        threads.install(|| {
            use rayon::iter::IntoParallelRefMutIterator as _;
            groups.par_iter_mut().for_each(Group::initialize);
        });
        let mut failure = Failure::default();
        advance::note_failures(groups, &mut failure);
        if let Some(error) = failure.0 {
            return Err(error);
        }
        *self.world.resource_mut::<EpochClock>() = EpochClock::default();
        self.world.resource_mut::<SpikeLog>().0.clear();
        Ok(())
    }

    /// The state of all cells of this rank, by gid.
    ///
    /// # Errors
    ///
    /// A mechanism whose state belongs to no cell.
    pub fn states(&mut self) -> Result<BTreeMap<u64, CellState>, Error> {
        let mut states = BTreeMap::new();
        for group in self.groups_mut() {
            states.extend(group.states()?);
        }
        Ok(states)
    }

    /// Goes on from states at a time (ms), after so many steps: to be called after [`Simulation::initialize`].
    ///
    /// # Errors
    ///
    /// A cell that is not what its state is of.
    pub fn set_states(&mut self, t: f64, step: u64, states: &BTreeMap<u64, CellState>) -> Result<(), Error> {
        for group in self.groups_mut() {
            group.set_states(t, step, states)?;
        }
        *self.world.resource_mut::<EpochClock>() = EpochClock { t, step, ..EpochClock::default() };
        Ok(())
    }

    /// Advances to the time `stop` (ms).
    ///
    /// # Errors
    ///
    /// The first failure of this rank, or that another rank failed.
    pub fn run_until(&mut self, stop: f64) -> Result<(), Error> {
        let start = self.world.resource::<EpochClock>().step;
        let last_step = start + step_count(self.t(), stop, self.dt);
        while self.step() < last_step {
            let steps = self.steps_per_epoch.min(last_step - self.step());
            self.run_epoch(steps, last_step)?;
        }
        Ok(())
    }

    fn run_epoch(&mut self, steps: u64, last_step: u64) -> Result<(), Error> {
        let mut clock = self.world.resource_mut::<EpochClock>();
        clock.steps = steps;
        clock.step += steps;
        clock.last_step = last_step;
        for _ in 0..2 * steps {
            clock.t += 0.5 * self.dt;
        }
        self.epoch.run(&mut self.world);
        let failure = self.world.resource_mut::<Failure>().0.take();
        match failure {
            Some(error) => Err(error),
            None if self.step() < last_step && self.world.resource::<Exchanged>().stop => {
                Err(Error::Interrupted { t: self.t() })
            }
            None => Ok(()),
        }
    }

    /// Present time (ms).
    pub fn t(&self) -> f64 {
        self.world.resource::<EpochClock>().t
    }

    /// Completed steps.
    pub fn step(&self) -> u64 {
        self.world.resource::<EpochClock>().step
    }

    /// Steps between two exchanges of spikes.
    pub fn steps_per_epoch(&self) -> u64 {
        self.steps_per_epoch
    }

    /// Spikes of this rank's cells so far, by time and source within each epoch.
    pub fn spikes(&self) -> &[Spike] {
        &self.world.resource::<SpikeLog>().0
    }

    /// The time that the run has spent with other ranks so far: messages, and waiting for those that are late.
    pub fn waiting(&self) -> Duration {
        self.world.resource::<Waiting>().0
    }

    /// The groups of this rank.
    pub fn groups_mut(&mut self) -> &mut [Group] {
        &mut self.world.resource_mut::<Groups>().into_inner().0
    }

    /// Both schedules as assembled; the `Step` schedules of groups are shown as one list of those that differ.
    ///
    /// # Errors
    ///
    /// If the `Epoch` schedule is ambiguous.
    pub fn describe_schedules(&mut self) -> Result<Vec<ScheduleDescription>, Error> {
        schedule::finish(&mut self.epoch, &mut self.world, "Epoch")?;
        let mut described =
            vec![introspection::describe("Epoch", &self.epoch, &self.world, &EpochSet::ALL, &[])];
        for group in &self.world.resource::<Groups>().0 {
            let step = group.describe_step();
            if !described.contains(&step) {
                described.push(step);
            }
        }
        Ok(described)
    }
}

/// The `Epoch` schedule without the systems of the application.
fn assemble_epoch() -> Schedule {
    let mut schedule = strict_schedule(Epoch);
    let [advance_set, exchange_set, route, flush, guard_set] = EpochSet::ALL;
    schedule.configure_sets((advance_set, exchange_set, route, flush, guard_set).chain());
    let mut sequence = Sequence::new(&mut schedule);
    sequence.push(EpochSet::Advance, "advance:groups", advance::groups);
    sequence.push(EpochSet::Exchange, "exchange:spikes", exchange::exchange);
    sequence.push(EpochSet::Route, "route:spikes", exchange::route);
    sequence.push(EpochSet::Guard, "guard:voltage", guard::voltages);
    schedule
}

/// Number of time steps that NEURON's `psolve` takes from `t` to `stop` (ms).
pub fn step_count(t: f64, stop: f64, dt: f64) -> u64 {
    let stop = stop * (1.0 + 1e-11);
    let count = ((stop - t) / dt + 1e-9) as i64;
    if count > 3 {
        return count as u64;
    }
    let (mut t, mut count) = (t, 0);
    while t <= stop - dt {
        t += 0.5 * dt;
        t += 0.5 * dt;
        count += 1;
    }
    count
}

/// Shortest delay (ms) of the connections that need an exchange.
fn shortest_delay(cells: &[CellPlan], dt: f64) -> f64 {
    let connections = cells.iter().flat_map(|cell| &cell.connections);
    let remote = connections.filter(|connection| !connection.is_direct(dt));
    remote.map(|connection| connection.delay).fold(f64::INFINITY, f64::min)
}

/// Connections of other cells' spikes that are too short for an exchange.
pub(crate) fn short_connections(cell: &CellPlan, dt: f64) -> impl Iterator<Item = &group::Connection> {
    let connections = cell.connections.iter();
    connections.filter(move |connection| connection.is_direct(dt) && connection.source.gid() != cell.gid)
}

/// Which groups each source's spikes concern.
fn routes(groups: &mut [Group]) -> Routes {
    let mut routes: BTreeMap<SourceId, Vec<u32>> = BTreeMap::new();
    for (index, group) in groups.iter_mut().enumerate() {
        for source in group.remote_sources() {
            routes.entry(source).or_default().push(index as u32);
        }
    }
    let (sources, groups) = routes.into_iter().unzip();
    Routes { sources, groups }
}

#[cfg(test)]
mod tests {
    use super::step_count;

    /// Counts that NEURON 9.0.2's `psolve` takes.
    #[test]
    fn counts_steps_as_neuron_does() {
        assert_eq!(step_count(0.0, 6.0, 0.025), 240);
        assert_eq!(step_count(0.0, 0.05, 0.025), 2);
        assert_eq!(step_count(0.0, 0.0, 0.025), 0);
        assert_eq!(step_count(0.0, 1.0, 0.1), 10);
    }
}
