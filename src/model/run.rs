//! A model runs.

use std::sync::Arc;

use components::Recording;
use sonata::spikes::by_time;
use systems::communicator::{Communicator, Solo};
use systems::group::GroupOptions;
use systems::step::record::{self, Lookup};
use systems::{Simulation, SimulationOptions};

use super::plans::{Plans, Wanted};
use super::{Error, Model, Recordings};

/// How a model is run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunOptions {
    /// Time step (ms); 0.025 by default.
    pub dt: f64,
    /// End of the run (ms); 5 by default.
    pub tstop: f64,
    /// Voltage (mV) of every compartment at t = 0; -65 by default.
    pub v_init: f64,
    /// Temperature (degrees Celsius); 6.3 by default.
    pub celsius: f64,
    /// 0 for the implicit Euler method (the default), 1 or 2 for Crank-Nicolson.
    pub second_order: u8,
    /// Global index of all random streams, `Random123_globalindex`; 0 by default.
    pub random_index: u32,
    /// Threads to run on; results do not depend on it.
    pub threads: usize,
    /// Cells per group, 0 (the default) to let the program choose; results do not depend on it.
    pub group_size: usize,
}

impl Default for RunOptions {
    /// NEURON's defaults, on one thread.
    fn default() -> Self {
        Self {
            dt: 0.025,
            tstop: 5.0,
            v_init: -65.0,
            celsius: 6.3,
            second_order: 0,
            random_index: 0,
            threads: 1,
            group_size: 0,
        }
    }
}

impl RunOptions {
    fn check(&self) -> Result<(), Error> {
        let bad = |option, value, expected| Err(Error::BadOption { option, value, expected });
        if !(self.dt > 0.0 && self.dt.is_finite()) {
            return bad("dt", self.dt, "the time step (ms) is a positive number");
        }
        if !(self.tstop >= 0.0 && self.tstop.is_finite()) {
            return bad("tstop", self.tstop, "the end of the run (ms) is 0 or a positive number");
        }
        if !self.v_init.is_finite() {
            return bad("v_init", self.v_init, "the initial voltage (mV) is a number");
        }
        if !self.celsius.is_finite() {
            return bad("celsius", self.celsius, "the temperature (degrees Celsius) is a number");
        }
        if self.second_order > 2 {
            return bad("second_order", self.second_order.into(), "choose 0, 1 or 2");
        }
        Ok(())
    }
}

impl Model {
    /// Runs the model from t = 0. It stays as it is and can be changed and run again.
    ///
    /// # Errors
    ///
    /// If options or dimensions make no simulation, a cell has two sources of spikes, or a voltage runs away.
    pub fn run(&mut self, options: &RunOptions) -> Result<Recordings, Error> {
        self.run_on(options, Arc::new(Solo))
    }

    /// Runs the model on several ranks, each of which builds it and calls this: a rank runs the cells whose gid,
    /// modulo the number of ranks, is its own number, and records what belongs to them.
    ///
    /// # Errors
    ///
    /// As for [`Model::run`]; if another rank failed; delays between ranks below the time step.
    pub fn run_on(
        &mut self,
        options: &RunOptions,
        communicator: Arc<dyn Communicator>,
    ) -> Result<Recordings, Error> {
        options.check()?;
        let mut plans = self.plans(options.random_index)?;
        let wanted = self.wanted(&mut plans)?;
        let (rank, size) = (communicator.rank() as u64, communicator.size() as u64);
        let own = std::mem::take(&mut plans.cells).into_iter();
        let own: Vec<_> = own.filter(|cell| cell.gid % size == rank).collect();
        let has_own = |wanted: &Wanted| wanted.gid() % size == rank;

        let mut simulation =
            Simulation::new(own, &self.registry, &self.simulation_options(options), communicator)?;
        for (number, wanted) in wanted.iter().enumerate().filter(|(_, wanted)| has_own(wanted)) {
            self.attach(number, wanted, &mut simulation)?;
        }
        simulation.initialize()?;
        for group in simulation.groups_mut() {
            record::record_now(&mut group.world);
        }
        simulation.run_until(options.tstop)?;
        self.collect(&plans, &mut simulation, options.dt)
    }

    fn simulation_options(&self, options: &RunOptions) -> SimulationOptions {
        let mut step_plugins = self.step_plugins.clone();
        if !self.requests.is_empty() {
            step_plugins.push(Arc::new(|step, _| record::add_to(step)));
        }
        SimulationOptions {
            group: GroupOptions {
                dt: options.dt,
                celsius: options.celsius,
                second_order: options.second_order,
                v_init: options.v_init,
                random_seed: options.random_index,
                globals: self.globals(),
                ..GroupOptions::default()
            },
            threads: options.threads,
            group_size: options.group_size,
            step_plugins,
            ..SimulationOptions::default()
        }
    }

    /// Adds a recording to the group that has its variable.
    fn attach(&self, number: usize, wanted: &Wanted, simulation: &mut Simulation) -> Result<(), Error> {
        for group in simulation.groups_mut() {
            if let Some(from) = wanted.locate(&mut Lookup(&mut group.world)) {
                group.world.spawn(Recording { number, from, values: Vec::new() });
                return Ok(());
            }
        }
        let name = match wanted {
            Wanted::Voltage(..) => "v".to_owned(),
            Wanted::MembraneCurrent(..) => "i_membrane_".to_owned(),
            Wanted::Density(_, _, name, _) | Wanted::Ion(_, _, name, _) | Wanted::Point(_, _, name, _) => {
                name.clone()
            }
        };
        Err(Error::NotRecordable { name })
    }

    fn collect(&self, plans: &Plans, simulation: &mut Simulation, dt: f64) -> Result<Recordings, Error> {
        let mut traces = vec![Vec::new(); self.requests.len()];
        for group in simulation.groups_mut() {
            let mut recordings = group.world.query::<&mut Recording>();
            for mut recording in recordings.iter_mut(&mut group.world) {
                traces[recording.number] = std::mem::take(&mut recording.values);
            }
        }
        let mut times = vec![0.0];
        let mut t = 0.0;
        for _ in 0..simulation.step() {
            t += 0.5 * dt;
            t += 0.5 * dt;
            times.push(t);
        }
        let mut all_spikes: Vec<(f64, u64)> =
            simulation.spikes().iter().map(|spike| (spike.time, spike.source.gid())).collect();
        all_spikes.sort_by(by_time);
        let mut spikes = Vec::with_capacity(self.recorded_spikes.len());
        for &source in &self.recorded_spikes {
            let gid = plans.gid_of(source)?;
            spikes.push(all_spikes.iter().filter(|spike| spike.1 == gid).map(|spike| spike.0).collect());
        }
        Ok(Recordings { times, traces, spikes, all_spikes })
    }
}
