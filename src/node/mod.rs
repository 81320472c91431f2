//! A simulation phase by phase: what neurodamus calls a `Node`.
//!
//! The program runs all phases one after the other ([`Node::build`], [`Node::initialize`], [`Node::run_to_end`],
//! [`Node::finish`]); a program of one's own may do something between them, such as switching connections on and off.
//!
//! ```no_run
//! use neurodamus::node::{Cells, Node, Pathway};
//!
//! let mut node = Node::open("simulation_config.json")?;
//! node.build()?;
//! node.solve(50.0)?;
//! node.disable_connections(&Pathway { target: Cells::from(62977), source: Cells::from(62698) })?;
//! node.run_to_end()?;
//! node.finish()?;
//! # Ok::<(), neurodamus::failure::Failure>(())
//! ```

mod assembly;
mod pathway;
mod saved;
mod settings;

use std::path::PathBuf;
use std::sync::Arc;

use bevy_ecs::schedule::{IntoScheduleConfigs, Schedule};
use bevy_ecs::world::World;
use components::Spike;
use systems::communicator::{Communicator, Solo};
use systems::schedule::{EpochSet, Timing, Timings};
use systems::{Simulation, SimulationOptions};

use crate::balance;
use crate::build::{self, CellsOfRank, Manner};
use crate::command_line::Options;
use crate::dry_run;
use crate::failure::Failure;
use crate::input::Input;
use crate::output::{self, CellStates, ReportOutput, SpikeOutput, flush_reports, write_spikes};
use crate::plan::{Plan, Target};
use crate::plugin::App;
use crate::saved_model::Saving;
use crate::statistics::Statistics;

pub use pathway::{Cells, Pathway, Resolved};

/// A simulation on one rank, in the phase it has reached.
///
/// A phase that needs an earlier one does that first, so that only those phases have to be asked for that are wanted.
pub struct Node {
    app: App,
    options: Options,
    input: Input,
    ranks: Arc<dyn Communicator>,
    settings: SimulationOptions,
    /// What everything runs on.
    threads: Arc<rayon::ThreadPool>,
    timings: Option<Timings>,
    /// Which cells exist.
    targets: Option<Plan>,
    /// The cells of this rank, in the rounds in which they are built.
    assigned: Option<Vec<Target>>,
    /// What is done with the cells of every round.
    wanted: Phases,
    /// The cells of the present round.
    cells: Option<CellsOfRank>,
    /// What is known of the cells of the rounds that are in groups.
    grouped: Option<CellsOfRank>,
    /// The folder of the saved model that cells come from.
    loaded_from: Option<PathBuf>,
    /// The model that is saved while it is built.
    saving: Option<Saving>,
    deleted: Vec<Pathway>,
    /// Connections that were switched before they were there.
    switched: Vec<(Pathway, bool)>,
    simulation: Option<Simulation>,
    /// The size of this rank's part of the model, if it is wanted.
    statistics: Option<Statistics>,
    /// Cells of this rank whose state is wanted.
    states: Option<CellStates>,
    is_initialised: bool,
}

/// Phases that every round of cells goes through.
#[derive(Clone, Copy, Debug, Default)]
struct Phases {
    modifications: bool,
    synapses: bool,
    stimuli: bool,
    reports: bool,
}

/// A request that comes too late or too early.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{what}")]
struct WrongPhase {
    what: &'static str,
    #[help]
    help: &'static str,
}

impl WrongPhase {
    fn failure(what: &'static str, help: &'static str) -> Failure {
        Failure::bad_input(Self { what, help })
    }
}

impl Node {
    /// Reads a simulation config and what it names, for one rank and without plug-ins.
    ///
    /// # Errors
    ///
    /// Every problem of the input files in one go.
    pub fn open(config: impl Into<PathBuf>) -> Result<Self, Failure> {
        Self::new(&App::new(), &Options::of(config), Arc::new(Solo))
    }

    /// Reads the simulation config of the options and what it names; the rank is one of `ranks`.
    ///
    /// # Errors
    ///
    /// Every problem of the input files in one go.
    pub fn new(app: &App, options: &Options, ranks: Arc<dyn Communicator>) -> Result<Self, Failure> {
        let output_path = options.output_path.as_deref();
        let mut input = Input::load(&options.config, output_path, &app.registry, &options.mechanisms)?;
        saved::begin_reports(options, &mut input)?;
        let timings = options.profile.then(Timings::default);
        let mut settings = settings::simulation_options(&input, options, app, timings.clone());
        settings.threads = settings::threads(options, ranks.as_ref())?;
        let threads = rayon::ThreadPoolBuilder::new().num_threads(settings.threads).build();
        let threads = threads.map_err(|error| systems::Error::Other(error.to_string()))?;
        Ok(Self {
            app: app.clone(),
            options: options.clone(),
            input,
            ranks,
            settings,
            threads: Arc::new(threads),
            timings,
            targets: None,
            assigned: None,
            wanted: Phases::default(),
            cells: None,
            grouped: None,
            loaded_from: None,
            saving: None,
            deleted: Vec::new(),
            switched: Vec::new(),
            simulation: None,
            statistics: None,
            states: None,
            is_initialised: false,
        })
    }

    /// The input files.
    pub fn input(&self) -> &Input {
        &self.input
    }

    /// Whether this is the rank that writes and tells.
    pub fn is_first(&self) -> bool {
        self.ranks.rank() == 0
    }

    /// Finds out which nodes of which populations are simulated.
    ///
    /// # Errors
    ///
    /// A nodes file that cannot be read, a node set that does not fit it, or nothing to simulate.
    pub fn load_targets(&mut self) -> Result<&Plan, Failure> {
        let plan = match self.targets.take() {
            Some(plan) => plan,
            None => Plan::new(&self.input)?,
        };
        Ok(self.targets.insert(plan))
    }

    /// Finds out which of the cells are this rank's; returns them by the rounds in which they are built.
    ///
    /// # Errors
    ///
    /// Files of an earlier run that cannot be read or are about other cells; what can be wrong with cells whose cost has
    /// to be found out.
    pub fn compute_load_balance(&mut self) -> Result<&[Target], Failure> {
        let assigned = match self.assigned.take() {
            Some(assigned) => assigned,
            None => {
                let assignment = self.on_threads(|node, plan| {
                    balance::assign(plan, &node.input, &node.options, node.ranks.as_ref())
                })?;
                let rank = self.ranks.rank();
                (0..assignment.rounds).map(|round| assignment.of(rank, round)).collect()
            }
        };
        Ok(self.assigned.insert(assigned))
    }

    /// Estimates what the simulation takes, on the first rank, and writes how its cells are best dealt out; returns what is
    /// to be told of it, nothing on other ranks.
    ///
    /// # Errors
    ///
    /// What can be wrong with the cells of which some are built; files that cannot be written.
    pub fn dry_run(&mut self) -> Result<String, Failure> {
        self.on_threads(|node, plan| {
            let told =
                balance::from_first(node.ranks.as_ref(), || dry_run::run(plan, &node.input, &node.options))?;
            Ok(if node.is_first() { told } else { String::new() })
        })
    }

    /// Lets the modifications of the config take part. Cells are modified while they are built.
    ///
    /// # Errors
    ///
    /// If the cells are there already.
    pub fn enable_modifications(&mut self) -> Result<(), Failure> {
        if self.cells.is_some() || self.simulation.is_some() {
            let help = "enable modifications before the cells are created";
            return Err(WrongPhase::failure("the cells exist already, unmodified", help));
        }
        self.wanted.modifications = true;
        Ok(())
    }

    /// Builds the cells of this rank from their templates and morphologies, at least those of its first round.
    ///
    /// # Errors
    ///
    /// Templates and morphologies that cannot be found or read, templates that fail.
    pub fn create_cells(&mut self) -> Result<(), Failure> {
        if self.cells.is_some() || self.simulation.is_some() { Ok(()) } else { self.create_cells_of(0) }
    }

    fn create_cells_of(&mut self, round: usize) -> Result<(), Failure> {
        let chosen = self.compute_load_balance()?.get(round).cloned().unwrap_or_default();
        let manner = Manner::new(self.wanted.modifications, self.options.crash_test);
        self.cells =
            Some(self.on_threads(|node, plan| {
                build::create_cells(plan.cells(&chosen)?, &node.input, plan, manner)
            })?);
        Ok(())
    }

    /// Makes the synapses, gap junctions and connections of this rank's cells.
    ///
    /// # Errors
    ///
    /// An edges file that cannot be read or lacks an attribute, a location that a cell does not have, a synapse model
    /// that is not there.
    pub fn create_synapses(&mut self) -> Result<(), Failure> {
        self.wanted.synapses = true;
        // Once, not in every round and rank
        let review = self.grouped.is_none() && self.is_first();
        self.with_cells(|node, plan, cells| {
            build::create_synapses(cells, &node.input, plan, &node.deleted, node.options.crash_test, review)
        })
    }

    /// Attaches the stimuli of the config.
    ///
    /// # Errors
    ///
    /// A node set or compartment set that does not fit the cells, an attribute that nodes lack.
    pub fn enable_stimuli(&mut self) -> Result<(), Failure> {
        self.wanted.stimuli = true;
        self.with_cells(|node, plan, cells| build::enable_stimuli(cells, &node.input, plan))
    }

    /// Attaches the reports of the config.
    ///
    /// # Errors
    ///
    /// A node set that does not fit, variables that cells do not have.
    pub fn enable_reports(&mut self) -> Result<(), Failure> {
        self.wanted.reports = true;
        self.with_cells(|node, plan, cells| build::enable_reports(cells, &node.input, plan))
    }

    /// All phases that the config asks for, up to a model that is ready to be initialised.
    ///
    /// # Errors
    ///
    /// What can be wrong with any of them.
    pub fn build(&mut self) -> Result<(), Failure> {
        self.load_targets()?;
        self.compute_load_balance()?;
        self.create_model()?;
        self.enable_stimuli()?;
        if !self.options.disable_reports {
            self.enable_reports()?;
        }
        self.assemble()?;
        Ok(())
    }

    /// Adds systems to the `Epoch` schedule, before the initialisation.
    ///
    /// # Errors
    ///
    /// As [`Node::assemble`].
    pub fn add_epoch_systems(&mut self, add: impl FnOnce(&mut Schedule, &mut World)) -> Result<(), Failure> {
        self.assemble()?.add_epoch_systems(add);
        Ok(())
    }

    /// Brings the model to its state at t = 0, and creates the files of its reports.
    ///
    /// # Errors
    ///
    /// A file that cannot be made, a kernel that fails.
    pub fn initialize(&mut self) -> Result<(), Failure> {
        self.assemble()?;
        let is_first = self.is_first();
        if is_first {
            output::prepare(&self.input).map_err(Failure::run_failed)?;
        }
        let (Some(simulation), Some(cells), Some(plan)) =
            (&mut self.simulation, &self.grouped, &self.targets)
        else {
            return Err(no_cells());
        };
        if !cells.reports.is_empty() {
            let groups = simulation.groups_mut();
            let size = self.options.report_buffer_size;
            let output =
                ReportOutput::create(&cells.reports, groups, &self.input, plan, size, self.ranks.as_ref())?;
            simulation.world.insert_resource(output);
            simulation.add_epoch_systems(|schedule, _| {
                schedule.add_systems(flush_reports.in_set(EpochSet::Flush));
            });
        }
        if is_first {
            simulation.world.insert_resource(SpikeOutput::create(&self.input, plan)?);
            simulation.add_epoch_systems(|schedule, _| {
                schedule.add_systems(write_spikes.in_set(EpochSet::Flush).before(flush_reports));
            });
        }
        simulation.initialize()?;
        self.restore_state()?;
        let (Some(simulation), Some(cells)) = (&mut self.simulation, &self.grouped) else {
            return Err(no_cells());
        };
        if let Some(states) = &self.states {
            states.write(simulation.t(), simulation.groups_mut(), self.ranks.as_ref())?;
        }
        output::record_clamps(&cells.clamps, &self.input, simulation)?;
        self.is_initialised = true;
        Ok(())
    }

    /// Simulates until a time (ms), at most until the end of the simulation that the config names.
    ///
    /// # Errors
    ///
    /// What stops the run: a voltage that runs away, a kernel or a write that fails, another rank.
    pub fn solve(&mut self, until: f64) -> Result<(), Failure> {
        if !self.is_initialised {
            self.initialize()?;
        }
        let stop = until.min(self.input.config.run.tstop);
        let Some(simulation) = &mut self.simulation else { return Err(no_cells()) };
        if let Err(error) = simulation.run_until(stop) {
            let world = &mut simulation.world;
            let spikes = world.get_resource_mut::<SpikeOutput>();
            let told = spikes.and_then(|mut output| output.take_failure());
            let reports = world.get_resource_mut::<ReportOutput>();
            let told = told.or_else(|| reports.and_then(|mut output| output.take_failure()));
            return Err(told.unwrap_or_else(|| error.into()));
        }
        Ok(())
    }

    /// Simulates until the end.
    ///
    /// # Errors
    ///
    /// As [`Node::solve`].
    pub fn run_to_end(&mut self) -> Result<(), Failure> {
        self.solve(self.input.config.run.tstop)
    }

    /// Present time (ms).
    pub fn t(&self) -> f64 {
        self.simulation.as_ref().map_or(0.0, Simulation::t)
    }

    /// Spikes of this rank's cells so far.
    pub fn spikes(&self) -> &[Spike] {
        self.simulation.as_ref().map_or(&[], Simulation::spikes)
    }

    /// Number of this rank's cells.
    pub fn cell_count(&self) -> usize {
        self.assigned
            .iter()
            .flatten()
            .flat_map(|round| &round.nodes)
            .map(|(_, node_ids)| node_ids.len())
            .sum()
    }

    /// How large the model is over all ranks, if the options ask for it.
    ///
    /// # Errors
    ///
    /// As [`Node::assemble`]; if another rank failed.
    pub fn statistics(&mut self) -> Result<Option<Statistics>, Failure> {
        self.assemble()?;
        let (Some(mut statistics), Some(simulation)) = (self.statistics.take(), &mut self.simulation) else {
            return Ok(None);
        };
        statistics.add_groups(simulation.groups_mut());
        Ok(Some(statistics.over_all_ranks(self.ranks.as_ref())?))
    }

    /// Closes the files of reports and spikes.
    ///
    /// # Errors
    ///
    /// A file that cannot be written.
    pub fn finish(&mut self) -> Result<(), Failure> {
        let (Some(simulation), Some(cells), Some(plan)) =
            (&mut self.simulation, &self.grouped, &self.targets)
        else {
            return Ok(());
        };
        if let Some(states) = &self.states {
            // Steps do not add up to the end exactly
            let t = (1e6 * simulation.t()).round() / 1e6;
            states.write(t, simulation.groups_mut(), self.ranks.as_ref())?;
        }
        if let Some(output) = simulation.world.remove_resource::<ReportOutput>() {
            output.close()?;
        }
        if let Some(output) = simulation.world.remove_resource::<SpikeOutput>() {
            output.close()?;
        }
        output::write_clamps(&cells.clamps, &self.input, simulation, self.ranks.rank())
            .map_err(Failure::run_failed)?;
        if self.ranks.rank() == 0 && !self.options.disable_reports {
            output::write_population_offsets(&self.input, plan)?;
        }
        Ok(())
    }

    /// Gives back the memory of the model. The node can be built again, from the same files.
    pub fn clear(&mut self) {
        self.simulation = None;
        self.statistics = None;
        self.states = None;
        self.cells = None;
        self.loaded_from = None;
        self.saving = None;
        self.grouped = None;
        self.wanted = Phases::default();
        self.assigned = None;
        self.targets = None;
        self.is_initialised = false;
    }

    /// The time of each system so far, if it is measured. The model is then gone, as its parts measure.
    pub fn take_timings(&mut self) -> Option<Timings> {
        let waiting = self.simulation.take().map(|simulation| simulation.waiting());
        let timings = self.timings.take()?;
        let total = waiting.unwrap_or_default();
        timings.epochs().add("exchange:waiting", Timing { runs: 1, total, items: 0 });
        Some(timings)
    }

    /// Works on the plan with this rank's threads.
    fn on_threads<T: Send>(
        &mut self,
        work: impl FnOnce(&Self, &Plan) -> Result<T, Failure> + Send,
    ) -> Result<T, Failure> {
        self.load_targets()?;
        let this = &*self;
        let Some(plan) = &this.targets else { return Err(no_cells()) };
        let done = this.threads.install(|| work(this, plan));
        done.map_err(|failure| failure.with_reasons(&self.input.refused))
    }
}

fn no_cells() -> Failure {
    WrongPhase::failure("there are no cells", "create the cells first")
}
