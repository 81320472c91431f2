//! The application: from the options of a command line to finished outputs.

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bevy_ecs::resource::Resource;
use bevy_ecs::schedule::IntoScheduleConfigs;
use bevy_ecs::system::{Res, ResMut};
use systems::Simulation;
use systems::communicator::{Communicator, Solo, run_on_simulated_ranks};
use systems::epoch::{EpochClock, StopRequest};
use systems::schedule::EpochSet;

use crate::command_line::{self, Options, Request, ScheduleFormat};
use crate::failure::{Exit, Failure};
use crate::interruption;
use crate::node::Node;
use crate::plugin::App;
use crate::terminal::{self, Progress, Terminal};
use crate::{balance, introspection, machine, output};

impl App {
    /// Reads the command line of the process and does what it asks for.
    pub fn main(self) -> ExitCode {
        terminal::explain_panics();
        let options = match command_line::parse(std::env::args_os()) {
            Ok(Request::Run(options)) => options,
            Ok(Request::Mechanisms(question)) => return self.answer(&question),
            Ok(Request::Check(options)) => return self.check(&options),
            Err(error) => {
                // Printing fails where nobody reads, as in `neurodamus --help | head -1`
                let _ = error.print();
                return if error.use_stderr() { Exit::BadInput.into() } else { ExitCode::SUCCESS };
            }
        };
        let terminal = Terminal::start(&options);
        let ranks = match command_line::join_ranks() {
            Ok(ranks) => ranks,
            Err(failure) => {
                terminal.report(&failure);
                return failure.exit.into();
            }
        };
        terminal.speak_for(ranks.rank());
        match self.checked_run(&options, &terminal, &ranks) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) if failure.is_of_another_rank() => ranks.exit_code().into(),
            Err(failure) => {
                ranks.fail(failure.exit.code(), &mut || terminal.report(&failure));
                failure.exit.into()
            }
        }
    }

    fn checked_run(
        &self,
        options: &Options,
        terminal: &Terminal,
        ranks: &Arc<dyn Communicator>,
    ) -> Result<(), Failure> {
        command_line::check_config_file(&options.config).map_err(Failure::bad_input)?;
        for notice in &options.notices {
            tracing::warn!("{notice}");
        }
        self.run_rank(options, terminal, Arc::clone(ranks))
    }

    /// Does what the options ask for, on one rank.
    ///
    /// # Errors
    ///
    /// Every problem of the input files in one go, before anything runs; or what stopped the run.
    pub fn run(&self, options: &Options, terminal: &Terminal) -> Result<(), Failure> {
        self.run_rank(options, terminal, Arc::new(Solo))
    }

    /// Does what the options ask for on several ranks that are threads of this process: to test that results do
    /// not depend on their number.
    ///
    /// # Errors
    ///
    /// As [`App::run`]; the failure of the rank that failed first.
    pub fn run_on_ranks(&self, ranks: usize, options: &Options, terminal: &Terminal) -> Result<(), Failure> {
        let results = run_on_simulated_ranks(ranks, |communicator| {
            self.run_rank(options, terminal, Arc::new(communicator))
        });
        let mut failures: Vec<Failure> = results.into_iter().filter_map(Result::err).collect();
        failures.sort_by_key(Failure::is_of_another_rank);
        failures.into_iter().next().map_or(Ok(()), Err)
    }

    fn run_rank(
        &self,
        options: &Options,
        terminal: &Terminal,
        ranks: Arc<dyn Communicator>,
    ) -> Result<(), Failure> {
        let mut node = Node::new(self, options, Arc::clone(&ranks))?;
        let is_first = node.is_first();
        let only_shows = options.schedule.is_some() || options.dry_run;
        if !only_shows {
            let input = node.input();
            let configured = input.config.output.log_file.as_deref().unwrap_or("");
            let path = terminal::log_file_path(configured, &input.output_dir, agreed_time(ranks.as_ref())?);
            if is_first {
                output::prepare(input).map_err(Failure::run_failed)?;
                terminal.log_file.open(&path).map_err(Failure::run_failed)?;
            } else {
                terminal.log_file.join(&path);
            }
        }
        terminal.input_is_read();
        if options.dry_run {
            return terminal.print(&node.dry_run()?).map_err(Failure::run_failed);
        }
        let start = Instant::now();
        if !options.simulate_model && !only_shows {
            node.build_only()?;
            if is_first {
                tracing::info!("the model is not simulated (`--simulate-model=OFF`)");
                output::mark_success(node.input()).map_err(Failure::run_failed)?;
            }
            return Ok(());
        }
        node.build()?;
        let while_building = machine::peak();
        if let Some(format) = options.schedule {
            let simulation = node.assemble()?;
            return if is_first { show_schedules(simulation, format, terminal) } else { Ok(()) };
        }
        if let Some(statistics) = node.statistics()?
            && is_first
        {
            terminal.print(&statistics.to_table()).map_err(Failure::run_failed)?;
        }
        let own = [node.cell_count() as u64, node.assemble()?.groups_mut().len() as u64];
        if let (&[cells, groups], true) = (&ranks.sum(&own)?[..], is_first) {
            let seconds = start.elapsed().as_secs_f64();
            let on_ranks =
                if ranks.size() > 1 { format!(" on {} ranks", ranks.size()) } else { String::new() };
            tracing::info!("built {cells} cells in {groups} groups{on_ranks} in {seconds:.2} s");
        }
        let stop = node.input().config.run.tstop;
        let progress = if is_first { terminal.progress(stop) } else { Progress::silent(stop) };
        let stop = interruption::listen();
        node.add_epoch_systems(|schedule, world| {
            world.insert_resource(ProgressOf(Mutex::new(Some(progress))));
            world.insert_resource(StopRequest(stop));
            schedule.add_systems(show_progress.in_set(EpochSet::Guard));
        })?;
        let run = node.run_to_end();
        if run.as_ref().is_err_and(|failure| failure.exit == Exit::Interrupted) {
            node.finish()?;
        }
        run?;
        if let Some(progress) = node.assemble()?.world.resource::<ProgressOf>().take() {
            progress.finish();
        }
        node.finish()?;
        node.save_state()?;
        if let Some(timings) = node.take_timings() {
            let epochs = introspection::epoch_table(&timings.collect_epochs(), ranks.as_ref())?;
            if is_first {
                let timings = timings.collect();
                let tables = format!("{}\n{epochs}", introspection::profile_table(&timings));
                terminal.print(&tables).map_err(Failure::run_failed)?;
                if let Some(file) = &options.profile_file {
                    let costs =
                        balance::of_timings(&timings, &node.input().registry).format(&node.input().registry);
                    balance::Folder::new("").write(file, costs.as_bytes())?;
                }
            }
        }
        let most = |bytes: Option<u64>| -> Result<Option<f64>, systems::Error> {
            let mebibytes = bytes.map_or(f64::INFINITY, |bytes| -(bytes as f64) / f64::from(1 << 20));
            Ok(Some(-ranks.minimum(mebibytes)?).filter(|most| most.is_finite()))
        };
        if let (Some(building), Some(all), true) = (most(while_building)?, most(machine::peak())?, is_first) {
            tracing::info!(
                "memory of the fullest rank: {building:.1} MiB while building, {all:.1} MiB at most"
            );
        }
        if is_first {
            output::mark_success(node.input()).map_err(Failure::run_failed)?;
        }
        Ok(())
    }
}

/// The time, the same on all ranks.
fn agreed_time(ranks: &dyn Communicator) -> Result<SystemTime, Failure> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // Whole seconds are exact in f64
    let earliest = ranks.minimum(now.as_secs() as f64)?;
    Ok(UNIX_EPOCH + Duration::from_secs(earliest as u64))
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
