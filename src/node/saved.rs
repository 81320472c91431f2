//! Cells and synapses from a saved model, or built and saved; and the state of a run, saved at its end and gone on from.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::{Node, no_cells};
use crate::build;
use crate::failure::Failure;
use crate::input::Input;
use crate::saved_model::{
    self, Building, CannotUse, Decision, Facts, INDEX, Loaded, Loading, Moment, NoModel, SavedState, Saving,
};

/// Until when (ms) spontaneous events go on in a run whose state is saved: longer than any run that goes on from it.
const FOR_EVER: f64 = 1e9;

/// A run that ends before the state that it goes on from.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("the state in `{}` is of {t} ms, but `run.tstop` is {stop} ms", folder.display())]
#[diagnostic(help("set `run.tstop` to a later time"))]
struct EndsBefore {
    folder: PathBuf,
    t: f64,
    stop: f64,
}

impl Node {
    /// The cells with their synapses, without stimuli and reports, at least those of the first round: from a saved model, or
    /// built and saved, as the options say.
    ///
    /// # Errors
    ///
    /// What can be wrong with building, a saved model that is needed and cannot be used, one that cannot be saved.
    pub fn create_model(&mut self) -> Result<(), Failure> {
        if self.cells.is_some() {
            return self.create_synapses();
        }
        self.load_targets()?;
        self.compute_load_balance()?;
        self.enable_modifications()?;
        self.wanted.synapses = true;
        let decision = Decision::of(&self.options);
        let folder = saved_model::folder(&self.options);
        let restored = saved_model::restored_folder(&self.options);
        let from = restored.as_ref().unwrap_or(&folder);
        let loaded = decision.loading != Loading::Never && self.load_model(from, decision)?;
        self.loaded_from = loaded.then(|| from.clone());
        let is_new = !loaded || restored.is_some_and(|restored| restored != folder);
        let replaces = decision.replaces && self.is_on_first(|| folder.join(INDEX).is_file())?;
        self.saving = (is_new && (decision.saves || replaces)).then(|| Saving::new(&folder));
        if !loaded {
            self.create_cells()?;
        }
        self.complete_model_of_round()
    }

    /// Builds the model without simulating it, and saves it if the options say so.
    ///
    /// # Errors
    ///
    /// As [`Node::create_model`].
    pub fn build_only(&mut self) -> Result<(), Failure> {
        self.create_model()?;
        for round in 1..self.compute_load_balance()?.len() {
            self.create_model_of(round)?;
        }
        self.finish_saving()
    }

    /// The cells of a round with their synapses.
    pub(super) fn create_model_of(&mut self, round: usize) -> Result<(), Failure> {
        match self.loaded_from.clone() {
            // It could be used in the first round
            Some(folder) => {
                self.load_round(&folder, round, Loading::Always)?;
            }
            None => self.create_cells_of(round)?,
        }
        self.complete_model_of_round()
    }

    /// Makes the synapses of the cells of the present round, unless they are there, and saves all if that is wanted.
    fn complete_model_of_round(&mut self) -> Result<(), Failure> {
        if self.wanted.synapses && self.loaded_from.is_none() {
            self.create_synapses()?;
        }
        if let (Some(saving), Some(cells)) = (&mut self.saving, &self.cells) {
            let (input, ranks) = (&self.input, self.ranks.as_ref());
            self.threads.install(|| saving.add(cells, input, ranks))?;
        }
        let stop = if self.options.save.is_some() { FOR_EVER } else { self.input.config.run.tstop };
        let cells = self.cells.iter_mut().flat_map(|cells| &mut cells.plans);
        cells.for_each(|cell| build::end_minis_at(cell, stop));
        Ok(())
    }

    /// Forgets what was saved of a model that is built once more.
    pub(super) fn restart_saving(&mut self) {
        self.saving = self.saving.take().map(|saving| Saving::new(saving.folder()));
    }

    /// Brings to light the model that was saved round by round, if it was.
    pub(super) fn finish_saving(&mut self) -> Result<(), Failure> {
        let Some(saving) = self.saving.take() else { return Ok(()) };
        let start = Instant::now();
        let folder = saving.folder().to_owned();
        let facts = self.facts()?;
        let bytes = self.threads.install(|| saving.finish(facts, self.ranks.as_ref()))?;
        self.tell_saved("the model", &folder, bytes, start);
        Ok(())
    }

    /// Reads this rank's cells of the first round from the saved model in `folder`; whether it can be used.
    fn load_model(&mut self, folder: &Path, decision: Decision) -> Result<bool, Failure> {
        // Most runs have no saved model, and then nothing has to be compared
        if decision.loading == Loading::IfUsable && !self.is_on_first(|| folder.join(INDEX).is_file())? {
            return Ok(false);
        }
        self.load_round(folder, 0, decision.loading)
    }

    /// Reads this rank's cells of a round from the saved model in `folder`; whether it can be used.
    fn load_round(&mut self, folder: &Path, round: usize, loading: Loading) -> Result<bool, Failure> {
        let start = Instant::now();
        let chosen = self.compute_load_balance()?.get(round).cloned().unwrap_or_default();
        let facts = self.facts()?;
        let loaded = self.on_threads(|node, plan| {
            let (registry, ranks) = (&node.input.registry, node.ranks.as_ref());
            saved_model::load(folder, &plan.cells(&chosen)?, plan, &facts, registry, ranks)
        })?;
        match loaded {
            Loaded::Cells(cells) => {
                self.cells = Some(*cells);
                if self.is_first() && round == 0 {
                    let seconds = start.elapsed().as_secs_f64();
                    tracing::info!("loaded the saved model in `{}` in {seconds:.2} s", folder.display());
                }
                Ok(true)
            }
            Loaded::Missing if loading == Loading::IfUsable => Ok(false),
            Loaded::Missing => Err(Failure::bad_input(NoModel { folder: folder.to_owned() })),
            Loaded::Unusable(reason) if loading == Loading::IfUsable => {
                if self.is_first() {
                    tracing::warn!("the saved model in `{}` is not used: {reason}", folder.display());
                }
                Ok(false)
            }
            Loaded::Unusable(reason) => {
                Err(Failure::bad_input(CannotUse::model(folder, reason, self.options.restore.is_some())))
            }
        }
    }

    fn tell_saved(&self, what: &str, folder: &Path, bytes: u64, start: Instant) {
        if self.is_first() {
            let (megabytes, seconds) = (bytes as f64 / 1e6, start.elapsed().as_secs_f64());
            tracing::info!("saved {what} in `{}`: {megabytes:.1} MB in {seconds:.2} s", folder.display());
        }
    }

    /// What the model follows from.
    fn facts(&self) -> Result<Facts, Failure> {
        let Some(plan) = &self.targets else { return Err(no_cells()) };
        let building = Building {
            modified: self.wanted.modifications,
            deleted: &self.deleted,
            crash_test: self.options.crash_test,
        };
        saved_model::facts(&self.input, plan, building)
    }

    /// What the first rank says, on all ranks: files may come to light at different times.
    fn is_on_first(&self, asks: impl Fn() -> bool) -> Result<bool, Failure> {
        let own = u64::from(self.is_first() && asks());
        Ok(self.ranks.sum(&[own])?[0] > 0)
    }

    /// Saves the state that the run has reached, if the options ask for it.
    ///
    /// # Errors
    ///
    /// A mechanism whose state cannot be saved, a file that cannot be written, another rank that fails.
    pub fn save_state(&mut self) -> Result<(), Failure> {
        if self.options.save.is_none() {
            return Ok(());
        }
        let start = Instant::now();
        let folder = saved_model::folder(&self.options);
        let (Some(simulation), Some(plan)) = (&mut self.simulation, &self.targets) else {
            return Err(no_cells());
        };
        let facts = saved_model::facts_of_run(&self.input, plan)?;
        let moment = Moment::new(simulation.t(), simulation.step(), facts);
        let states = simulation.states()?;
        let ranks = self.ranks.as_ref();
        let save = || saved_model::save_states(&folder, &states, &moment, ranks);
        let bytes = self.threads.install(save)?;
        self.tell_saved("the state", &folder, bytes, start);
        Ok(())
    }

    /// Goes on from a saved state, if the options ask for it: at the end of the initialisation.
    pub(super) fn restore_state(&mut self) -> Result<(), Failure> {
        let Some((folder, saved)) = restored_state(&self.options)? else { return Ok(()) };
        let (Some(simulation), Some(plan)) = (&mut self.simulation, &self.targets) else {
            return Err(no_cells());
        };
        let unusable = |reason: String| Failure::bad_input(CannotUse::state(&folder, reason));
        let now = saved_model::facts_of_run(&self.input, plan)?;
        let differences = saved_model::differences(&saved.moment.facts, &now, "the state was saved");
        if !differences.is_empty() {
            return Err(unusable(differences.join("; ")));
        }
        let own = self.assigned.iter().flatten().flat_map(|round| &round.nodes);
        let gids: Vec<u64> = own
            .flat_map(|(population, node_ids)| {
                let offset = plan.populations[*population].offset.unwrap_or(0);
                node_ids.iter().map(move |node_id| offset + node_id)
            })
            .collect();
        let states =
            self.threads.install(|| saved.read(&gids)).map_err(|reason| unusable(reason.to_string()))?;
        simulation.set_states(saved.moment.t(), saved.moment.step, &states)?;
        if self.is_first() {
            tracing::info!(
                "going on from the state of {} ms in `{}`",
                rounded(saved.moment.t()),
                folder.display()
            );
        }
        Ok(())
    }
}

/// A time (ms) as it is meant: steps do not add up to it exactly.
fn rounded(t: f64) -> f64 {
    (1e6 * t).round() / 1e6
}

/// The state that a run goes on from, and its folder.
fn restored_state(options: &crate::command_line::Options) -> Result<Option<(PathBuf, SavedState)>, Failure> {
    let Some(folder) = saved_model::restored_folder(options) else { return Ok(None) };
    match SavedState::open(&folder) {
        Ok(saved) => Ok(Some((folder, saved))),
        Err(reason) => Err(Failure::bad_input(CannotUse::state(&folder, reason.to_string()))),
    }
}

/// Lets the reports of a run that goes on from a state begin there.
///
/// # Errors
///
/// A state that cannot be used, or that is not before the end of the run.
pub(super) fn begin_reports(
    options: &crate::command_line::Options,
    input: &mut Input,
) -> Result<(), Failure> {
    let Some((folder, saved)) = restored_state(options)? else { return Ok(()) };
    let (t, step) = (saved.moment.t(), saved.moment.step);
    let (dt, stop) = (input.config.run.dt, input.config.run.tstop);
    if stop <= t {
        return Err(Failure::bad_input(EndsBefore { folder, t: rounded(t), stop }));
    }
    for report in input.config.reports.iter_mut().filter(|report| report.enabled) {
        // As reports count steps; each row keeps its step
        let (first, period) = ((report.start_time / dt).ceil() as u64, (report.dt / dt) as u64);
        if report.end_time <= t {
            let t = rounded(t);
            tracing::info!("report `{}` is not written: it ends before {t} ms", report.name.value);
            report.enabled = false;
        } else if first < step && period > 0 {
            let next = first + (step - first).div_ceil(period) * period;
            // Rounded up to a step, this is the one that is meant
            report.start_time = (next as f64 - 0.25) * dt;
            report.enabled = report.start_time <= report.end_time.min(stop);
        }
    }
    Ok(())
}
