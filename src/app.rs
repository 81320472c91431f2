//! The application: from the options of a command line to finished outputs.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use bevy_ecs::resource::Resource;
use bevy_ecs::schedule::IntoScheduleConfigs;
use bevy_ecs::system::{Res, ResMut};
use sonata::config::IntegrationMethod;
use systems::communicator::{Communicator, Solo, run_on_simulated_ranks};
use systems::epoch::{EpochClock, Groups};
use systems::group::GroupOptions;
use systems::schedule::{EpochSet, Timings};
use systems::{Registry, Simulation, SimulationOptions};

use crate::command_line::{self, ManyProcesses, NoOptions, Options, Request, ScheduleFormat};
use crate::failure::{Exit, Failure};
use crate::input::Input;
use crate::output::{self, CellStates, ReportOutput, flush_reports};
use crate::plan::Plan;
use crate::plugin::App;
use crate::statistics::Statistics;
use crate::terminal::{self, Progress, Terminal};
use crate::{build, introspection};

impl App {
    /// Reads the command line of the process and does what it asks for.
    pub fn main(self) -> ExitCode {
        terminal::explain_panics();
        let options = match command_line::parse(std::env::args_os()) {
            Ok(Request::Run(options)) => options,
            Ok(Request::Mechanisms(question)) => return self.answer(&question),
            Err(NoOptions::CommandLine(error)) => {
                // Printing fails where nobody reads, as in `neurodamus --help | head -1`
                let _ = error.print();
                return if error.use_stderr() { Exit::BadInput.into() } else { ExitCode::SUCCESS };
            }
            Err(NoOptions::Refused(refusals)) => {
                let failure = Failure::bad_inputs(refusals);
                Terminal::without_log().report(&failure);
                return failure.exit.into();
            }
        };
        let terminal = Terminal::start(&options);
        match self.checked_run(&options, &terminal) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                terminal.report(&failure);
                failure.exit.into()
            }
        }
    }

    fn checked_run(&self, options: &Options, terminal: &Terminal) -> Result<(), Failure> {
        match command_line::launched_processes(|name| std::env::var(name).ok()) {
            Some((processes, variable)) if processes > 1 => {
                return Err(Failure::bad_input(ManyProcesses { processes, variable }));
            }
            _ => {}
        }
        command_line::check_config_file(&options.config).map_err(Failure::bad_input)?;
        for notice in &options.notices {
            tracing::warn!("{notice}");
        }
        self.run(options, terminal)
    }

    /// Does what the options ask for, on one rank.
    ///
    /// # Errors
    ///
    /// Every problem of the input files in one go, before anything runs; or what stopped the run.
    pub fn run(&self, options: &Options, terminal: &Terminal) -> Result<(), Failure> {
        let input = self.load(options)?;
        self.run_rank(&input, options, terminal, Arc::new(Solo))
    }

    /// Does what the options ask for on several ranks that are threads of this process: to test that results do
    /// not depend on their number.
    ///
    /// # Errors
    ///
    /// As [`App::run`]; the failure of the rank that failed first.
    pub fn run_on_ranks(&self, ranks: usize, options: &Options, terminal: &Terminal) -> Result<(), Failure> {
        let results = run_on_simulated_ranks(ranks, |communicator| {
            let input = self.load(options)?;
            self.run_rank(&input, options, terminal, Arc::new(communicator))
        });
        let mut failures: Vec<Failure> = results.into_iter().filter_map(Result::err).collect();
        failures.sort_by_key(Failure::is_of_another_rank);
        failures.into_iter().next().map_or(Ok(()), Err)
    }

    fn load(&self, options: &Options) -> Result<Input, Failure> {
        let output_path = options.output_path.as_deref();
        Input::load(&options.config, output_path, &self.registry, &options.mechanisms)
    }

    fn run_rank(
        &self,
        input: &Input,
        options: &Options,
        terminal: &Terminal,
        ranks: Arc<dyn Communicator>,
    ) -> Result<(), Failure> {
        let is_first = ranks.rank() == 0;
        let only_shows = options.schedule.is_some();
        if is_first && !only_shows {
            output::prepare(input).map_err(Failure::run_failed)?;
            let configured = input.config.output.log_file.as_deref().unwrap_or("");
            let path = terminal::log_file_path(configured, &input.output_dir, SystemTime::now());
            terminal.log_file.open(&path).map_err(Failure::run_failed)?;
        }
        let start = Instant::now();
        let plan = Plan::new(input)?;
        let timings = options.profile.then(Timings::default);
        let mut settings = simulation_options(input, options, self, timings.clone());
        let pool = rayon::ThreadPoolBuilder::new().num_threads(settings.threads).build();
        let pool = pool.map_err(|error| systems::Error::Other(error.to_string()))?;
        let place = (ranks.rank(), ranks.size());
        let choices =
            build::Choices { disable_reports: options.disable_reports, crash_test: options.crash_test };
        let built = pool.install(|| build::build(input, &plan, &input.registry, choices, place));
        let built = built.map_err(|failure| failure.with_reasons(&input.refused))?;
        // What the config says of a global counts more than what a template says.
        for (key, value) in built.globals {
            settings.group.globals.entry(key).or_insert(value);
        }
        // `synapse_configure` is done last.
        settings.group.globals.extend(built.configured_globals);
        let states = CellStates::new(&options.dump_cell_state.0, &built.cells, input, &plan)?;
        if !options.dump_cell_state.0.is_empty() {
            settings.group.observed.extend(all_variables(&input.registry));
        }
        let cell_count = built.cells.len();
        let mut statistics = options.model_stats.then(|| Statistics::of_cells(&built.cells));
        let mut simulation = Simulation::new(built.cells, &input.registry, &settings, Arc::clone(&ranks))?;
        for add in &self.epoch_plugins {
            simulation.add_epoch_systems(|schedule, world| add(schedule, world));
        }
        if let Some(format) = options.schedule {
            return if is_first { show_schedules(&mut simulation, format, terminal) } else { Ok(()) };
        }
        if let Some(statistics) = &mut statistics {
            statistics.add_groups(simulation.groups_mut());
            let all = statistics.over_all_ranks(ranks.as_ref())?;
            if is_first {
                terminal.print(&all.to_table()).map_err(Failure::run_failed)?;
            }
        }
        if is_first {
            let (groups, seconds) = (simulation.groups_mut().len(), start.elapsed().as_secs_f64());
            tracing::info!("built {cell_count} cells in {groups} groups in {seconds:.2} s");
        }
        self.simulate(simulation, built.reports, &states, input, &plan, options, terminal, ranks)?;
        if let (true, Some(timings)) = (is_first, timings) {
            terminal.print(&introspection::profile_table(&timings.collect())).map_err(Failure::run_failed)?;
        }
        if is_first {
            output::mark_success(input).map_err(Failure::run_failed)?;
        }
        Ok(())
    }

    #[allow(clippy::too_many_arguments)]
    fn simulate(
        &self,
        mut simulation: Simulation,
        reports: Vec<build::ReportPlan>,
        states: &CellStates,
        input: &Input,
        plan: &Plan,
        options: &Options,
        terminal: &Terminal,
        ranks: Arc<dyn Communicator>,
    ) -> Result<(), Failure> {
        let is_first = ranks.rank() == 0;
        let stop = input.config.run.tstop;
        if !reports.is_empty() {
            let groups = simulation.groups_mut();
            let size = options.report_buffer_size;
            let output = ReportOutput::create(&reports, groups, input, plan, size, ranks.as_ref())?;
            simulation.world.insert_resource(output);
            simulation.add_epoch_systems(|schedule, _| {
                schedule.add_systems(flush_reports.in_set(EpochSet::Flush));
            });
        }
        let progress = if is_first { terminal.progress(stop) } else { Progress::silent(stop) };
        simulation.world.insert_resource(ProgressOf(Mutex::new(Some(progress))));
        simulation.add_epoch_systems(|schedule, _| {
            schedule.add_systems(show_progress.in_set(EpochSet::Guard));
        });
        simulation.initialize()?;
        states.write(0.0, simulation.groups_mut())?;
        if let Err(error) = simulation.run_until(stop) {
            let mut output = simulation.world.get_resource_mut::<ReportOutput>();
            let told = output.as_mut().and_then(|output| output.take_failure());
            return Err(told.unwrap_or_else(|| error.into()));
        }
        if let Some(progress) = simulation.world.resource::<ProgressOf>().take() {
            progress.finish();
        }
        states.write(stop, simulation.groups_mut())?;
        if let Some(output) = simulation.world.remove_resource::<ReportOutput>() {
            output.close()?;
        }
        let with_offsets = !options.disable_reports;
        output::write(simulation.spikes(), input, plan, ranks.as_ref(), with_offsets)?;
        // The timings of the groups are complete when the groups are gone.
        simulation.world.remove_resource::<Groups>();
        Ok(())
    }
}

/// All variables of all mechanisms, by (mechanism, variable).
fn all_variables(registry: &Registry) -> impl Iterator<Item = (String, String)> {
    registry.descriptions().flat_map(|description| {
        let variables = description.variables.iter();
        variables.map(|variable| (description.name.clone(), variable.name.clone()))
    })
}

/// The progress of the run, as far as it is shown.
#[derive(Resource)]
struct ProgressOf(Mutex<Option<Progress>>);

impl ProgressOf {
    fn take(&self) -> Option<Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The system that shows how far the run is.
fn show_progress(clock: Res<EpochClock>, progress: ResMut<ProgressOf>) {
    if let Some(progress) = progress.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
        progress.advance_to(clock.t);
    }
}

/// What the config and the command line say of the simulation as a whole.
fn simulation_options(
    input: &Input,
    options: &Options,
    app: &App,
    timings: Option<Timings>,
) -> SimulationOptions {
    let (run, conditions) = (&input.config.run, &input.config.conditions);
    let globals = conditions.mechanisms.iter();
    let globals: BTreeMap<(String, String), f64> =
        globals.map(|global| ((global.mechanism.clone(), global.variable.clone()), global.value)).collect();
    SimulationOptions {
        group: GroupOptions {
            dt: run.dt,
            celsius: conditions.celsius,
            second_order: match run.integration_method {
                IntegrationMethod::Euler => 0,
                IntegrationMethod::CrankNicolson => 1,
                IntegrationMethod::CrankNicolsonIon => 2,
            },
            v_init: conditions.v_init,
            random_seed: run.random_seed,
            globals,
            observed: app.observed.clone(),
        },
        threads: match options.threads {
            Some(threads) => threads.get(),
            None => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        },
        group_size: options.group_size.map_or(0, std::num::NonZero::get),
        step_plugins: app.step_plugins.clone(),
        timings,
    }
}

fn show_schedules(
    simulation: &mut Simulation,
    format: ScheduleFormat,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let schedules = simulation.describe_schedules()?;
    let text = match format {
        ScheduleFormat::Text => {
            schedules.iter().map(|schedule| schedule.to_text()).collect::<Vec<_>>().join("\n")
        }
        ScheduleFormat::Dot => schedules.iter().map(|schedule| schedule.to_dot()).collect(),
        ScheduleFormat::Json => introspection::to_json(&schedules),
    };
    terminal.print(&text).map_err(Failure::run_failed)
}
