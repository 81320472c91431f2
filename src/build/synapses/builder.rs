//! The synapses and connections of one cell, in the order in which neurodamus makes them: sources from the highest to
//! the lowest, the synapses of a source as the edges list them, and for each synapse the connection of its source, its
//! spontaneous events and its replayed spikes.

use std::collections::BTreeMap;
use std::sync::Arc;

use cell::model::{At, Call, InstancePlace};
use components::SourceId;
use nmodl::Kind;
use nmodl::execute::Argument;
use sonata::circuit::ConnectionKind;
use systems::group::{CellPlan, Connection, PointProcess, SpikeSource};

use super::attributes::Attributes;
use super::hoc_helper::HocMaker;
use super::location::{Found, Site, find, soma};
use super::models::{self, BuiltIn, CannotMake, Made, Making, Model, Models, Setting};
use super::overrides::Settings;
use super::{SynapseProblem, Synapses};
use crate::build::Instance;
use crate::build::replay::Replays;
use crate::failure::Failure;
use crate::plan::Plan;

/// Delay (ms) of spontaneous events.
const MINI_DELAY: f64 = 0.1;

/// The mechanism that makes spontaneous events.
const MINIS: &str = "InhPoissonStim";

/// Its variable that says for how long it does (ms).
const MINIS_DURATION: &str = "duration";

/// Lets the spontaneous events of a cell go on until a time (ms).
pub fn end_minis_at(cell: &mut CellPlan, stop: f64) {
    for process in cell.point_processes.iter_mut().filter(|process| process.description.name == MINIS) {
        // Every synapse has a number, so that none is meant
        if let (None, Some(index)) = (process.synapse_id, process.description.variable(MINIS_DURATION)) {
            process.set(index, stop);
        }
    }
}

/// What a connection brings to its synapse, by the number that synapse models know it by.
#[derive(Clone, Copy)]
enum Signal {
    Spike = 0,
    Mini = 1,
    Replay = 2,
    Neuromodulation = 10,
}

/// A connection between two cells to be made.
pub struct Planned<'a> {
    /// Node id of the source.
    pub source: u64,
    /// What the overrides make of it.
    pub settings: Settings<'a>,
    /// Its edges: which of the edge populations, the row of its attributes, the number of the synapse.
    pub edges: Vec<(usize, usize, u32)>,
}

/// The edges that are worked on.
pub struct Batch<'a> {
    /// What they are.
    pub kind: ConnectionKind,
    /// Index of the source population in the plan.
    pub source: Option<usize>,
    /// Whether the sources are simulated, so that they may spike.
    pub has_real_source: bool,
    /// Attributes of the edges of each edge population.
    pub attributes: &'a [Attributes<'a>],
    /// Numbers of the populations in random streams.
    pub populations: (u32, u32),
    /// Rates (Hz) of spontaneous events that the cells have: inhibitory and excitatory.
    pub minis: &'a BTreeMap<u64, (f64, f64)>,
}

/// What all cells are connected with.
pub struct Context<'a> {
    /// Mechanisms and config.
    pub setting: Setting<'a>,
    /// The plan.
    pub plan: &'a Plan,
    /// The models of synapses that are used.
    pub models: &'a Models,
    /// Recorded spikes.
    pub replays: &'a Replays,
    /// Whether each connection has only one synapse, in the middle of the soma.
    pub crash_test: bool,
    /// Whether the synapses of each cell are to be remembered.
    pub remember: bool,
}

/// A synapse of a cell that neuromodulation may find.
#[derive(Clone, Debug)]
pub struct Remembered {
    /// The population of its source.
    pub source: Option<usize>,
    /// Node id of its source.
    pub source_id: u64,
    /// Where it is.
    pub site: Site,
    /// Its index among the point processes of the cell.
    pub process: usize,
}

/// Connects one cell.
pub struct Builder<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) batch: &'a Batch<'a>,
    pub(super) cell: &'a mut CellPlan,
    instance: &'a Instance,
    pub(super) synapses: &'a mut Synapses,
    makers: BTreeMap<&'a str, HocMaker>,
}

impl<'a> Builder<'a> {
    /// Begins to connect a cell.
    pub fn new(
        context: &'a Context<'a>,
        batch: &'a Batch<'a>,
        cell: &'a mut CellPlan,
        instance: &'a Instance,
        synapses: &'a mut Synapses,
    ) -> Self {
        Self { context, batch, cell, instance, synapses, makers: BTreeMap::new() }
    }

    /// Makes the connections of the cell.
    ///
    /// # Errors
    ///
    /// A place that the cell does not have, a synapse that cannot be made.
    pub fn connect(&mut self, mut planned: Vec<Planned<'a>>) -> Result<(), Failure> {
        planned.sort_by_key(|connection| connection.source);
        let remembered = self.synapses.remembered.len();
        for connection in planned.iter().rev() {
            match self.batch.kind {
                ConnectionKind::NeuroModulation => self.modulate(connection)?,
                ConnectionKind::PointProcess => self.connect_point(connection)?,
                ConnectionKind::GapJunction => self.connect_junctions(connection)?,
                _ => self.connect_synapses(connection)?,
            }
        }
        // Neuromodulation looks through sources from the lowest to the highest.
        self.synapses.remembered[remembered..].sort_by_key(|synapse| synapse.source_id);
        Ok(())
    }

    fn connect_synapses(&mut self, connection: &Planned<'a>) -> Result<(), Failure> {
        let player = self.add_player(connection)?;
        let mut made = Vec::new();
        let count = if self.context.crash_test { 1 } else { connection.edges.len() };
        for &edge in connection.edges.iter().take(count) {
            let Some(site) = self.site(connection, edge)? else { continue };
            let explain = |builder: &Self, problem| builder.problem(connection, edge, problem);
            let process = self.add_synapse(connection, edge, site).map_err(|p| explain(self, p))?;
            made.push((process, edge));
            self.attach(connection, edge, process).map_err(|p| explain(self, p))?;
            self.add_minis(connection, edge, process).map_err(|p| explain(self, p))?;
            if let Some(player) = player {
                self.play(connection, edge, process, player);
            }
            self.delay_weights(connection, process).map_err(|p| explain(self, p))?;
            if self.context.remember {
                let (source, source_id) = (self.batch.source, connection.source);
                self.synapses.remembered.push(Remembered { source, source_id, site, process });
            }
        }
        for configuration in &connection.settings.configurations {
            for &(process, edge) in &made {
                let synapse = self.synapse(process);
                configuration.apply(synapse).map_err(|problem| self.problem(connection, edge, problem))?;
            }
        }
        self.synapses.count += made.len();
        Ok(())
    }

    /// The place of a synapse; `None` if the template removed its section.
    pub(super) fn site(
        &self,
        connection: &Planned,
        (population, row, synapse_id): (usize, usize, u32),
    ) -> Result<Option<Site>, Failure> {
        if self.context.crash_test {
            return Ok(soma(self.instance));
        }
        let attributes = &self.batch.attributes[population];
        let Some((section, position)) = attributes.place(row) else { return Ok(None) };
        let built = &self.instance.built;
        match find(built, section, position) {
            Found::At(site) => Ok(Some(site)),
            Found::Removed => {
                tracing::warn!(
                    "synapse {synapse_id} from node {} to node {} skipped: the template removed its section {section}",
                    connection.source,
                    self.instance.spec.node_id
                );
                Ok(None)
            }
            Found::NoSection => {
                let what = format!(
                    "it is on section {section}, but the cell has {} sections",
                    built.section_by_id.len()
                );
                let help = "the edges do not belong to this morphology: check `afferent_section_id`";
                let problem = CannotMake::new(what, help);
                Err(self.problem(connection, (population, row, synapse_id), problem))
            }
        }
    }

    /// Adds a synapse, and returns its index among the point processes of the cell.
    fn add_synapse(
        &mut self,
        connection: &Planned<'a>,
        (population, row, synapse_id): (usize, usize, u32),
        site: Site,
    ) -> Result<usize, CannotMake> {
        let attributes = &self.batch.attributes[population];
        let (gid, populations) = (self.cell.gid, self.batch.populations);
        let making = Making { attributes, row, site, synapse_id, gid, populations };
        let is_inhibitory = attributes.get("syn_type_id", row).is_some_and(|kind| kind < 100.0);
        let Made { mut process, calls } = match connection.settings.model {
            None => self.usual_model(attributes, row)?.make(&making, &self.context.setting)?,
            Some(name) => self.make_by(name, &making)?,
        };
        process.synapse_id = Some(synapse_id);
        if process.description.variable("conductance").is_some() {
            let conductance = attributes.get("conductance", row).unwrap_or_default();
            models::set(&mut process, "conductance", conductance)?;
        }
        let ratio = attributes.get("conductance_scale_factor", row);
        if let (None, Some(ratio)) = (connection.settings.model, ratio.filter(|ratio| *ratio >= 0.0))
            && self.batch.kind == ConnectionKind::Synaptic
        {
            models::set(&mut process, if is_inhibitory { "GABAB_ratio" } else { "NMDA_ratio" }, ratio)?;
        }
        let index = self.cell.add_point_process(process);
        for (function, arguments) in calls {
            self.call(index, &function, arguments);
        }
        Ok(index)
    }

    /// The model of a synapse that no override gives one.
    fn usual_model(&self, attributes: &Attributes, row: usize) -> Result<BuiltIn, CannotMake> {
        if self.batch.kind == ConnectionKind::Exp2Syn {
            return Ok(BuiltIn::Exp2Syn);
        }
        match attributes.get("syn_type_id", row) {
            Some(kind) if kind < 100.0 => Ok(BuiltIn::GabaAb),
            Some(_) => Ok(BuiltIn::AmpaNmda),
            None => {
                let help = "add the attribute (below 100: inhibitory), or choose a model by `modoverride`";
                Err(CannotMake::new("the edges lack attribute `syn_type_id`", help))
            }
        }
    }

    fn make_by(&mut self, name: &'a str, making: &Making) -> Result<Made, CannotMake> {
        match self.context.models.get(name) {
            Some(Model::BuiltIn(model)) => model.make(making, &self.context.setting),
            Some(Model::Hoc(helper)) => {
                if !self.makers.contains_key(name) {
                    self.makers.insert(name, helper.start()?);
                }
                let maker = self.makers.get_mut(name);
                let maker = maker.ok_or_else(|| CannotMake::new("there is no helper", ""))?;
                maker.make(helper, making, &self.context.setting)
            }
            None => Err(CannotMake::new(format!("there is no model `{name}`"), "")),
        }
    }

    fn synapse(&mut self, process: usize) -> &mut PointProcess {
        let first = self.cell.point_process_count() - self.cell.point_processes.len();
        &mut self.cell.point_processes[process - first]
    }

    fn call(&mut self, process: usize, function: &str, arguments: Vec<Argument>) {
        let description = Arc::clone(&self.synapse(process).description);
        // Most calls are like one of the last few, and share their names
        let recent = self.cell.calls.iter().rev().take(8);
        let shared = |name: &str, of: fn(&Call) -> &Arc<str>| {
            recent.clone().map(of).find(|known| ***known == *name).map_or_else(|| name.into(), Arc::clone)
        };
        let mechanism = shared(&description.name, |call| &call.place.mechanism);
        let function = shared(function, |call| &call.function);
        let place = InstancePlace { mechanism, at: At::PointProcess(process as u32) };
        self.cell.calls.push(Call { place, function, arguments });
    }

    /// The weights of a connection to a synapse: the conductance, and what kind of signal it brings.
    fn weights(&self, process: usize, weight: f64, signal: Signal) -> Vec<f64> {
        let config = self.context.setting.config;
        let description = self.cell.point_process_description(process);
        let place = description.and_then(|it| models::global(it, models::KIND_OF_SIGNAL, config));
        let mut weights = vec![weight];
        if let Some(place) = place.filter(|place| *place >= 1.0) {
            weights.resize(place as usize + 1, 0.0);
            weights[place as usize] = f64::from(signal as u8);
        }
        weights
    }

    fn delay(&self, connection: &Planned, (population, row, _): (usize, usize, u32)) -> Option<f64> {
        connection.settings.delay.or_else(|| self.batch.attributes[population].get("delay", row))
    }

    fn weight(&self, connection: &Planned, (population, row, _): (usize, usize, u32)) -> Option<f64> {
        let conductance = self.batch.attributes[population].get("conductance", row);
        conductance.map(|conductance| conductance * connection.settings.weight)
    }

    /// Connects the source of a synapse, if it is simulated.
    fn attach(
        &mut self,
        connection: &Planned,
        edge: (usize, usize, u32),
        process: usize,
    ) -> Result<(), CannotMake> {
        let missing = |name: &str| {
            CannotMake::new(
                format!("the edges lack attribute `{name}`"),
                "add the attribute to the edges file",
            )
        };
        let delay = self.delay(connection, edge).ok_or_else(|| missing("delay"))?;
        let weight = self.weight(connection, edge).ok_or_else(|| missing("conductance"))?;
        let offset = self.batch.source.and_then(|source| self.context.plan.populations[source].offset);
        let (true, Some(offset)) = (self.batch.has_real_source, offset) else { return Ok(()) };
        let weights = self.weights(process, weight, Signal::Spike);
        let source = SourceId::cell(offset + connection.source);
        self.cell.connections.push(Connection { source, target: process, delay, weights, active: true });
        Ok(())
    }

    /// Adds a source of spontaneous events to a synapse, if it has any.
    fn add_minis(
        &mut self,
        connection: &Planned,
        edge: (usize, usize, u32),
        process: usize,
    ) -> Result<(), CannotMake> {
        let (population, row, _) = edge;
        let rate = connection.settings.minis.or_else(|| {
            let &(inhibitory, excitatory) = self.batch.minis.get(&self.instance.spec.node_id)?;
            let kind = self.batch.attributes[population].get("syn_type_id", row)?;
            Some(if kind < 100.0 { inhibitory } else { excitatory })
        });
        let (Some(rate), Some(weight)) = (rate.filter(|rate| *rate > 0.0), self.weight(connection, edge))
        else {
            return Ok(());
        };
        let synapse = self.synapse(process);
        let Some(synapse_id) = synapse.description.variable("synapseID").map(|index| synapse.value(index))
        else {
            let what =
                format!("`{}` has no `synapseID`, which spontaneous events need", synapse.description.name);
            return Err(CannotMake::new(what, "set `spont_minis` to 0 for these connections"));
        };
        let node = synapse.node;
        let Setting { registry, config } = self.context.setting;
        let mechanism = models::mechanism(MINIS, registry)?;
        for function in ["setTbins", "setRate", "setRNGs"] {
            models::require_function(MINIS, function, registry)?;
        }
        let node = if mechanism.kind == Kind::PointProcess { node } else { None };
        let mut source = PointProcess::new(&mechanism, node);
        models::set(&mut source, MINIS_DURATION, config.run.tstop)?;
        let index = self.cell.add_point_process(source);
        self.call(index, "setTbins", vec![Argument::Vector(vec![0.0])]);
        self.call(index, "setRate", vec![Argument::Vector(vec![rate])]);
        let (source, target) = self.batch.populations;
        let seed = source.wrapping_mul(65536).wrapping_add(target).wrapping_add(config.run.minis_seed);
        let (synapse_id, gid) = (synapse_id + 200.0, self.cell.gid as f64 + 251.0);
        let stream = |kind: u32| [synapse_id, gid, f64::from(seed.wrapping_add(kind))];
        let ids = stream(300).into_iter().chain(stream(350)).map(Argument::Number).collect();
        self.call(index, "setRNGs", ids);
        let weights = self.weights(process, weight, Signal::Mini);
        let source = SourceId::point_process(self.cell.gid, index as u32);
        self.cell.connections.push(Connection {
            source,
            target: process,
            delay: MINI_DELAY,
            weights,
            active: true,
        });
        Ok(())
    }

    /// Adds an artificial cell that plays the recorded spikes of a connection, if there are any.
    fn add_player(&mut self, connection: &Planned) -> Result<Option<usize>, Failure> {
        let Some(source) = self.batch.source else { return Ok(None) };
        let spec = &self.instance.spec;
        let times = self.context.replays.times((source, connection.source), (spec.population, spec.node_id));
        let Some(&edge) = connection.edges.first().filter(|_| !times.is_empty()) else { return Ok(None) };
        let registry = self.context.setting.registry;
        let found = models::mechanism("VecStim", registry)
            .and_then(|mechanism| models::require_function("VecStim", "play", registry).map(|()| mechanism));
        let mechanism = found.map_err(|problem| self.problem(connection, edge, problem))?;
        let index = self.cell.add_point_process(PointProcess::new(&mechanism, None));
        self.call(index, "play", vec![Argument::Vector(times)]);
        Ok(Some(index))
    }

    /// Connects the player of recorded spikes with a synapse.
    fn play(&mut self, connection: &Planned, edge: (usize, usize, u32), process: usize, player: usize) {
        let (Some(delay), Some(weight)) = (self.delay(connection, edge), self.weight(connection, edge))
        else {
            return;
        };
        let weights = self.weights(process, weight, Signal::Replay);
        let source = SourceId::point_process(self.cell.gid, player as u32);
        self.cell.connections.push(Connection { source, target: process, delay, weights, active: true });
    }

    /// Lets the weight of a synapse change during the run.
    fn delay_weights(&mut self, connection: &Planned, process: usize) -> Result<(), CannotMake> {
        let delayed = &connection.settings.delayed;
        if delayed.is_empty() {
            return Ok(());
        }
        let mechanism = self.synapse(process).description.name.clone();
        models::require_function(&mechanism, "setup_delay_vecs", self.context.setting.registry)?;
        let (times, factors) = delayed.iter().copied().unzip();
        self.call(process, "setup_delay_vecs", vec![Argument::Vector(times), Argument::Vector(factors)]);
        Ok(())
    }

    /// Connects a point neuron: its events go to its point process itself.
    fn connect_point(&mut self, connection: &Planned<'a>) -> Result<(), Failure> {
        let Some(&edge) = connection.edges.first() else { return Ok(()) };
        let explain = |builder: &Self, problem| builder.problem(connection, edge, problem);
        if connection.edges.len() > 1 {
            let what = format!("the connection has {} synapses", connection.edges.len());
            let help = "point neurons have one edge from each source";
            return Err(explain(self, CannotMake::new(what, help)));
        }
        let Some(SpikeSource::PointProcess(process)) = self.cell.spike_source else {
            let help = "use edges of type `chemical` for cells with compartments";
            return Err(explain(self, CannotMake::new("its target is no point neuron", help)));
        };
        let player = self.add_player(connection)?;
        self.attach(connection, edge, process).map_err(|problem| explain(self, problem))?;
        if let Some(player) = player {
            self.play(connection, edge, process, player);
        }
        self.synapses.count += 1;
        Ok(())
    }

    /// Sends the events of a neuromodulatory source to the synapses near its edges.
    ///
    /// There is nothing to send without replayed spikes. An edge without a synapse near it ends the connection, as in
    /// neurodamus.
    fn modulate(&mut self, connection: &Planned<'a>) -> Result<(), Failure> {
        let Some(player) = self.add_player(connection)? else { return Ok(()) };
        for &edge in &connection.edges {
            let (population, row, synapse_id) = edge;
            let Some(site) = self.site(connection, edge)? else { continue };
            let Some(process) = self.nearest(site) else {
                tracing::warn!(
                    "neuromodulatory connection from node {} to node {}: there is no synapse near its edge {synapse_id}, \
                     so that it and the further ones have no effect",
                    connection.source,
                    self.instance.spec.node_id
                );
                break;
            };
            let attributes = &self.batch.attributes[population];
            let get = |name: &str| {
                attributes.get(name, row).ok_or_else(|| {
                    let help = "add the attribute to the neuromodulatory edges";
                    let problem = CannotMake::new(format!("the edges lack attribute `{name}`"), help);
                    self.problem(connection, edge, problem)
                })
            };
            let settings = &connection.settings;
            let strength = settings.neuromodulation_strength.map_or_else(|| get("neuromod_strength"), Ok)?;
            let decay = settings.neuromodulation_dtc.map_or_else(|| get("neuromod_dtc"), Ok)?;
            let delay = settings.delay.map_or_else(|| get("delay"), Ok)?;
            let is_on = f64::from(settings.weight > 0.0);
            let mut weights = self.weights(process, is_on, Signal::Neuromodulation);
            if weights.len() < 3 {
                weights.resize(3, 0.0);
            }
            (weights[1], weights[2]) = (strength, decay);
            let source = SourceId::point_process(self.cell.gid, player as u32);
            self.cell.connections.push(Connection { source, target: process, delay, weights, active: true });
        }
        Ok(())
    }

    /// The synapse nearest to a place in its section, if one of another source population is near enough.
    fn nearest(&self, site: Site) -> Option<usize> {
        const NEAR: f64 = 0.05;
        let mut found = None;
        let mut least = NEAR;
        for synapse in &self.synapses.remembered {
            let distance = (synapse.site.x - site.x).abs();
            let is_other = synapse.source != self.batch.source;
            if is_other && synapse.site.section_id == site.section_id && distance < least {
                (found, least) = (Some(synapse.process), distance);
            }
        }
        found
    }

    /// The failure to make a synapse.
    pub(super) fn problem(
        &self,
        connection: &Planned,
        (population, _, synapse_id): (usize, usize, u32),
        CannotMake { what, help }: CannotMake,
    ) -> Failure {
        let edges = self.batch.attributes[population].population;
        Failure::bad_input(SynapseProblem {
            edges: edges.name().to_owned(),
            file: edges.file().to_owned(),
            synapse_id,
            source_node: connection.source,
            target_node: self.instance.spec.node_id,
            what,
            help: Some(help).filter(|help| !help.is_empty()),
        })
    }
}
