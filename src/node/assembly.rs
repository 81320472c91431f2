//! From what is built of cells to a simulation: round by round, so that what is only needed to build the cells of a round
//! is gone before the next one.

use std::sync::Arc;

use systems::step::record;
use systems::{Construction, Simulation};

use super::{Node, WrongPhase, no_cells, settings};
use crate::build::{self, CellsOfRank, Globals, Manner};
use crate::failure::Failure;
use crate::output::{self, CellStates};
use crate::plan::Plan;
use crate::statistics::Statistics;

impl Node {
    /// The model as a simulation, assembled from what was built so far. Cells of later rounds get what those of the first
    /// one got.
    ///
    /// # Errors
    ///
    /// A connection between ranks that is shorter than a time step, systems of plug-ins without an order.
    pub fn assemble(&mut self) -> Result<&mut Simulation, Failure> {
        if self.simulation.is_none() {
            let simulation = self.assemble_rounds()?;
            self.simulation = Some(simulation);
            self.tell_of_cells()?;
            for add in self.app.epoch_plugins.clone() {
                self.add_epoch_systems(|schedule, world| add(schedule, world))?;
            }
            for (pathway, active) in std::mem::take(&mut self.switched) {
                self.switch_connections(&pathway, active)?;
            }
        }
        self.simulation.as_mut().ok_or_else(no_cells)
    }

    /// Builds the rounds and their groups. A global that the templates of a round set holds for all cells, so that all is
    /// built once more where a round found globals which the groups before it did not know.
    fn assemble_rounds(&mut self) -> Result<Simulation, Failure> {
        let rounds = self.compute_load_balance()?.len();
        // A saved model knows the globals of all cells
        let saved = self.cells.as_ref().filter(|_| self.loaded_from.is_some());
        let mut known = saved.map(|cells| cells.globals.clone()).unwrap_or_default();
        loop {
            self.grouped = None;
            self.statistics = self.options.model_stats.then(Statistics::default);
            self.states = self.no_states()?;
            let mut construction = Construction::new(Arc::clone(&self.threads));
            for round in 0..rounds {
                if round > 0 || self.cells.is_none() {
                    self.build_round(round)?;
                }
                let Some(cells) = self.cells.take() else { return Err(no_cells()) };
                if rounds == 1 {
                    known = self.globals_of_all_ranks(&cells.globals)?;
                }
                self.group(cells, &known, &mut construction)?;
                if rounds > 1 && self.is_first() {
                    tracing::info!("built step {} of {rounds}", round + 1);
                }
            }
            let found = match &self.grouped {
                Some(grouped) if rounds > 1 => self.globals_of_all_ranks(&grouped.globals)?,
                _ => known.clone(),
            };
            if found == known {
                if let Some(states) = &mut self.states {
                    states.gather(self.ranks.as_ref())?;
                }
                self.finish_saving()?;
                break Ok(construction.finish(&self.settings, Arc::clone(&self.ranks))?);
            }
            tracing::info!("templates set variables that all cells share: building again with these");
            known = found;
            self.restart_saving();
        }
    }

    /// Builds the cells of a round with all that is wanted of them.
    fn build_round(&mut self, round: usize) -> Result<(), Failure> {
        self.create_model_of(round)?;
        let wanted = self.wanted;
        if wanted.stimuli {
            self.enable_stimuli()?;
        }
        if wanted.reports {
            self.enable_reports()?;
        }
        Ok(())
    }

    /// Puts the cells of a round into groups, and remembers what is needed of them later.
    fn group(
        &mut self,
        mut cells: CellsOfRank,
        known: &Globals,
        construction: &mut Construction,
    ) -> Result<(), Failure> {
        let plans = cells.take_plans();
        let mut settings = self.settings.clone();
        // What the config says of a global counts more than what a template says; `synapse_configure` is done last.
        for (key, value) in known {
            settings.group.globals.entry(key.clone()).or_insert(*value);
        }
        settings.group.globals.extend(cells.configured_globals.clone());
        if !cells.clamps.is_empty() {
            let (mechanism, variable) = output::CLAMP_CURRENT;
            settings.group.observed.insert((mechanism.to_owned(), variable.to_owned()));
            settings.step_plugins.push(Arc::new(|step, _| record::add_to(step)));
        }
        let registry = &self.input.registry;
        if settings.group.keeps_state {
            settings.group.observed.extend(settings::all_variables(registry));
        }
        if let (Some(states), Some(plan)) = (&mut self.states, &self.targets) {
            states.remember(&plans, &self.input, plan)?;
            settings.group.observed.extend(settings::all_variables(registry));
        }
        if let Some(statistics) = &mut self.statistics {
            statistics.add_cells(&plans);
        }
        construction.add(plans, registry, &settings)?;
        match &mut self.grouped {
            Some(grouped) => grouped.absorb(cells),
            None => self.grouped = Some(cells),
        }
        Ok(())
    }

    /// What the states of chosen cells are written from, if any are chosen.
    fn no_states(&mut self) -> Result<Option<CellStates>, Failure> {
        self.load_targets()?;
        match (self.options.dump_cell_state.0.as_slice(), &self.targets) {
            ([], _) | (_, None) => Ok(None),
            (chosen, Some(plan)) => {
                let manner = Manner::new(self.wanted.modifications, self.options.crash_test);
                Ok(Some(CellStates::new(chosen, manner, &self.input, plan)?))
            }
        }
    }

    /// Globals of mechanisms that the templates of any rank set.
    fn globals_of_all_ranks(&self, own: &Globals) -> Result<Globals, Failure> {
        let lines = own
            .iter()
            .map(|((mechanism, variable), value)| format!("{mechanism}\t{variable}\t{}\n", value.to_bits()));
        let mut all = own.clone();
        for part in self.ranks.all_gather(lines.collect::<String>().as_bytes())? {
            for line in String::from_utf8_lossy(&part).lines() {
                if let [mechanism, variable, bits] = line.split('\t').collect::<Vec<_>>()[..] {
                    let value = f64::from_bits(bits.parse().unwrap_or(0));
                    all.entry((mechanism.to_owned(), variable.to_owned())).or_insert(value);
                }
            }
        }
        Ok(all)
    }

    /// Tells how many synapses there are, and warns of modifications and variables of reports that found nothing.
    fn tell_of_cells(&self) -> Result<(), Failure> {
        let Some(cells) = &self.grouped else { return Ok(()) };
        if let (true, &[synapses]) = (cells.has_synapses, &self.ranks.sum(&[cells.synapse_count as u64])?[..])
            && self.is_first()
        {
            let count = self.targets.as_ref().map_or(0, Plan::cell_count);
            tracing::info!("{synapses} synapses on {count} cells");
        }
        if self.wanted.modifications && !self.input.modifications.is_empty() {
            let applications = self.ranks.sum(&cells.applications)?;
            if self.is_first() {
                build::warn_of_idle(&self.input, &applications);
            }
        }
        cells.reports.iter().for_each(build::ReportPlan::warn_of_unknown);
        Ok(())
    }

    /// Works on the cells of the present round, before they become a simulation.
    pub(super) fn with_cells(
        &mut self,
        work: impl FnOnce(&Self, &Plan, &mut CellsOfRank) -> Result<(), Failure> + Send,
    ) -> Result<(), Failure> {
        if self.simulation.is_some() {
            let help = "attach everything before the model is initialised";
            return Err(WrongPhase::failure("the model is assembled already", help));
        }
        self.create_cells()?;
        let Some(mut cells) = self.cells.take() else { return Err(no_cells()) };
        let done = self.on_threads(|node, plan| work(node, plan, &mut cells));
        self.cells = Some(cells);
        done
    }
}
