//! Cells and synapses from a saved model, or built and saved.

use std::time::Instant;

use super::{Node, no_cells};
use crate::build;
use crate::failure::Failure;
use crate::saved_model::{self, Building, CannotUse, Decision, Facts, INDEX, Loaded, Loading, NoModel};

impl Node {
    /// The cells with their synapses, without stimuli and reports: from the saved model beside the config, or built and
    /// saved, as the options say.
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
        let decision = Decision::of(&self.options);
        let folder = saved_model::folder(&self.input.path);
        if decision.loading != Loading::Never && self.load_model(decision)? {
            return Ok(());
        }
        self.create_cells()?;
        self.create_synapses()?;
        let replaces = decision.replaces && self.is_on_first(|| folder.join(INDEX).is_file())?;
        if decision.saves || replaces {
            self.save_model()?;
        }
        Ok(())
    }

    /// Reads the cells of this rank from the saved model; whether it can be used.
    fn load_model(&mut self, decision: Decision) -> Result<bool, Failure> {
        let folder = saved_model::folder(&self.input.path);
        // Most runs have no saved model, and then nothing has to be compared
        if decision.loading == Loading::IfUsable && !self.is_on_first(|| folder.join(INDEX).is_file())? {
            return Ok(false);
        }
        let start = Instant::now();
        let specs = self.assigned.clone().unwrap_or_default();
        let facts = self.facts()?;
        let (registry, ranks) = (&self.input.registry, self.ranks.as_ref());
        let Some(plan) = &self.targets else { return Err(no_cells()) };
        let loaded =
            self.threads.install(|| saved_model::load(&folder, &specs, plan, &facts, registry, ranks));
        match loaded? {
            Loaded::Cells(mut cells) => {
                let stop = self.input.config.run.tstop;
                cells.plans.iter_mut().for_each(|cell| build::end_minis_at(cell, stop));
                self.cells = Some(*cells);
                if self.is_first() {
                    let seconds = start.elapsed().as_secs_f64();
                    tracing::info!("loaded the saved model in `{}` in {seconds:.2} s", folder.display());
                }
                Ok(true)
            }
            Loaded::Missing if decision.loading == Loading::IfUsable => Ok(false),
            Loaded::Missing => Err(Failure::bad_input(NoModel { folder })),
            Loaded::Unusable(reason) if decision.loading == Loading::IfUsable => {
                if self.is_first() {
                    tracing::warn!("the saved model in `{}` is not used: {reason}", folder.display());
                }
                Ok(false)
            }
            Loaded::Unusable(reason) => Err(Failure::bad_input(CannotUse { folder, reason })),
        }
    }

    /// Saves the cells of all ranks with their synapses.
    fn save_model(&self) -> Result<(), Failure> {
        let start = Instant::now();
        let folder = saved_model::folder(&self.input.path);
        let facts = self.facts()?;
        let Some(cells) = &self.cells else { return Err(no_cells()) };
        let (input, ranks) = (&self.input, self.ranks.as_ref());
        let saved = self.threads.install(|| saved_model::save(&folder, cells, facts, input, ranks));
        let bytes = saved?;
        if self.is_first() {
            let (megabytes, seconds) = (bytes as f64 / 1e6, start.elapsed().as_secs_f64());
            tracing::info!("saved the model in `{}`: {megabytes:.1} MB in {seconds:.2} s", folder.display());
        }
        Ok(())
    }

    /// What the model follows from.
    fn facts(&self) -> Result<Facts, Failure> {
        let Some(plan) = &self.targets else { return Err(no_cells()) };
        let building =
            Building { modified: self.modified, deleted: &self.deleted, crash_test: self.options.crash_test };
        saved_model::facts(&self.input, plan, building)
    }

    /// What the first rank says, on all ranks: files may come to light at different times.
    fn is_on_first(&self, asks: impl Fn() -> bool) -> Result<bool, Failure> {
        let own = u64::from(self.is_first() && asks());
        Ok(self.ranks.sum(&[own])?[0] > 0)
    }
}
