//! Chemical edges as synapses and connections.
//!
//! Which edges become connections, and with which weight, delay and model, follows `connection_overrides`: an edge
//! population that overrides concern gets only the connections that they select, and of several overrides that
//! match a connection the last one counts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use components::SourceId;
use nmodl::Description;
use sonata::circuit::{EdgeEnds, EdgePopulation as CircuitEdges, EdgeRole, EdgeType, edge_roles};
use sonata::config::ConnectionOverride;
use sonata::edges::EdgePopulation;
use systems::Registry;
use systems::group::{CellPlan, Connection, PointProcess};

use super::Instance;
use super::replay::Replays;
use crate::failure::Failure;
use crate::input::Input;
use crate::plan::{Plan, Target};

/// What the overrides make of a connection.
#[derive(Clone, Debug, PartialEq)]
struct Settings<'a> {
    weight: f64,
    delay: Option<f64>,
    model: Option<&'a str>,
}

/// An override with its sources and targets.
struct Override<'a> {
    config: &'a ConnectionOverride,
    source: Target,
    target: Target,
}

/// One synapse as the edges file has it.
struct Edge {
    source: u64,
    target: u64,
    /// Its values of the columns in [`Columns`], in the same order.
    row: usize,
}

/// The attributes of edges that synapses are made of.
struct Columns {
    section: Vec<i64>,
    position: Vec<f64>,
    delay: Vec<f64>,
    conductance: Vec<f64>,
    parameters: BTreeMap<&'static str, Vec<f64>>,
}

/// The description of a built-in mechanism.
pub fn description(registry: &Registry, name: &str) -> Result<Arc<Description>, Failure> {
    let found = registry.get(name).map(|mechanism| Arc::clone(mechanism.description()));
    found.ok_or_else(|| Failure::from(systems::Error::UnknownMechanism { name: name.to_owned() }))
}

/// Attaches the synapses and connections of all edge populations to the cells of this rank.
///
/// # Errors
///
/// An edges file that cannot be read or lacks an attribute, a location that a cell does not have, a synapse model that
/// is not there.
pub fn connect(
    cells: &mut [CellPlan],
    instances: &[Instance],
    input: &Input,
    plan: &Plan,
    registry: &Registry,
) -> Result<(), Failure> {
    let connector = Connector {
        instances,
        input,
        plan,
        registry,
        overrides: overrides(input, plan)?,
        replays: Replays::load(input, plan)?,
    };
    for (circuit, population) in in_order(input)? {
        connector.connect(circuit, &population, cells)?;
    }
    Ok(())
}

/// Edge populations in the order in which neurodamus makes their synapses: first those within a population, by its
/// name, then all others as the circuit lists them.
fn in_order(input: &Input) -> Result<Vec<(&CircuitEdges, EdgePopulation)>, Failure> {
    let circuit = &input.circuit;
    let open = |edges: &CircuitEdges| EdgePopulation::open(&edges.file.value, &edges.name.value);
    let populations: Vec<EdgePopulation> =
        circuit.edges.iter().map(open).collect::<Result<_, _>>().map_err(Failure::bad_input)?;
    let ends = populations.iter().map(|population| EdgeEnds {
        source: population.source_population().to_owned(),
        target: population.target_population().to_owned(),
    });
    let roles = edge_roles(&circuit.nodes, &circuit.edges, &ends.collect::<Vec<_>>());
    let mut ordered: Vec<_> = roles.into_iter().zip(circuit.edges.iter().zip(populations)).collect();
    // The sort is stable, so that projections keep their order.
    ordered.sort_by_key(|(role, _)| match role {
        EdgeRole::Inner(name) => (false, name.clone()),
        _ => (true, String::new()),
    });
    Ok(ordered.into_iter().map(|(_, edges)| edges).collect())
}

fn overrides<'a>(input: &'a Input, plan: &Plan) -> Result<Vec<Override<'a>>, Failure> {
    let configs = input.config.connection_overrides.iter();
    configs
        .map(|config| {
            let source = plan.target(input, &config.source.value)?;
            let target = plan.target(input, &config.target.value)?;
            Ok(Override { config, source, target })
        })
        .collect()
}

/// What all edge populations are connected with.
struct Connector<'a> {
    instances: &'a [Instance],
    input: &'a Input,
    plan: &'a Plan,
    registry: &'a Registry,
    overrides: Vec<Override<'a>>,
    replays: Replays,
}

impl Connector<'_> {
    /// Attaches the synapses of one edge population.
    fn connect(
        &self,
        circuit: &CircuitEdges,
        population: &EdgePopulation,
        cells: &mut [CellPlan],
    ) -> Result<(), Failure> {
        let Self { instances, input, plan, registry, overrides, replays } = self;
        let Some((target, _)) = plan.population(population.target_population()) else { return Ok(()) };
        let source = plan.population(population.source_population());
        let own: BTreeMap<u64, usize> = instances
            .iter()
            .enumerate()
            .filter(|(_, instance)| instance.spec.population == target)
            .map(|(index, instance)| (instance.spec.node_id, index))
            .collect();
        let concerned: Vec<&Override> = overrides
            .iter()
            .filter(|entry| {
                let is_source =
                    source.is_some_and(|(index, _)| !entry.source.in_population(index).is_empty());
                is_source && !entry.target.in_population(target).is_empty()
            })
            .collect();
        if let [only] = concerned.as_slice()
            && only.config.weight.abs() <= 1e-8
        {
            tracing::warn!(
                "edges `{}` are not instantiated: their only override has weight 0",
                circuit.name.value
            );
            return Ok(());
        }
        let node_ids: Vec<u64> = own.keys().copied().collect();
        let (ids, targets) = population.edges_to_with_targets(&node_ids).map_err(Failure::bad_input)?;
        let sources = population.sources(&ids).map_err(Failure::bad_input)?;
        let source_index = source.map(|(index, _)| index);
        let mut edges: BTreeMap<u64, Vec<(Edge, Settings)>> = BTreeMap::new();
        for (row, (&from, &to)) in sources.iter().zip(&targets).enumerate() {
            if let Some(settings) = settings(&concerned, source_index, from, target, to, circuit) {
                edges.entry(to).or_default().push((Edge { source: from, target: to, row }, settings));
            }
        }
        if edges.is_empty() {
            return Ok(());
        }
        let models: BTreeSet<&str> =
            edges.values().flatten().map(|(_, settings)| settings.model.unwrap_or_default()).collect();
        require_models(&models, circuit, input)?;
        let columns = Columns::read(population, &ids, &models)?;
        for (node_id, mut edges) in edges {
            let Some(&index) = own.get(&node_id) else { continue };
            // neurodamus builds the connections of a cell from the highest source to the lowest.
            edges.sort_by_key(|(edge, _)| (std::cmp::Reverse(edge.source), edge.row));
            let (cell, instance) = (&mut cells[index], &instances[index]);
            let mut builder = Synapses { cell, instance, plan, registry, input, replays };
            builder.add(&edges, &columns, source_index)?;
        }
        Ok(())
    }
}

/// What becomes of a connection: `None` if it is not made.
fn settings<'a>(
    overrides: &[&Override<'a>],
    source: Option<usize>,
    from: u64,
    target: usize,
    to: u64,
    circuit: &CircuitEdges,
) -> Option<Settings<'a>> {
    let model = (circuit.edge_type == EdgeType::Exp2Syn).then_some("Exp2Syn");
    let mut settings = Settings { weight: 1.0, delay: None, model };
    if overrides.is_empty() {
        return Some(settings);
    }
    let mut is_selected = false;
    for entry in overrides {
        let matches = source.is_some_and(|source| entry.source.contains(source, from))
            && entry.target.contains(target, to);
        if !matches {
            continue;
        }
        is_selected = true;
        settings.weight = entry.config.weight;
        settings.delay = entry.config.synapse_delay_override.filter(|delay| *delay != 0.0);
        if let Some(model) = &entry.config.modoverride {
            settings.model = Some(&model.value);
        }
    }
    is_selected.then_some(settings)
}

/// Refuses connections for which no synapse model is chosen.
fn require_models(models: &BTreeSet<&str>, circuit: &CircuitEdges, input: &Input) -> Result<(), Failure> {
    if !models.contains("") {
        return Ok(());
    }
    let what = format!(
        "the synapse models `ProbAMPANMDA_EMS` and `ProbGABAAB_EMS`, which the edges `{}` select without `modoverride`",
        circuit.name.value
    );
    let remedy = "add a connection override with `modoverride` `ExpSyn` or `Exp2Syn`, or one with weight 0";
    Err(Failure::bad_input(input.config.document.refuse(&["connection_overrides"], &what, Some(remedy))))
}

impl Columns {
    fn read(
        edges: &EdgePopulation,
        ids: &sonata::edges::EdgeIds,
        models: &BTreeSet<&str>,
    ) -> Result<Self, Failure> {
        let float = |name: &str| edges.floats(name, ids).map_err(Failure::bad_input);
        let section =
            if edges.has("afferent_section_id") { "afferent_section_id" } else { "morpho_section_id_post" };
        let position = ["afferent_section_pos", "afferent_section_fraction", "morpho_section_fraction_post"]
            .into_iter()
            .find(|name| edges.has(name))
            .unwrap_or("afferent_section_pos");
        let mut parameters = BTreeMap::new();
        if models.contains("Exp2Syn") {
            for name in ["tau1", "tau2", "erev"] {
                parameters.insert(name, float(name)?);
            }
        }
        if models.contains("ExpSyn") {
            let tau = if edges.has("tau") { "tau" } else { "decay_time" };
            parameters.insert("tau", float(tau)?);
            if edges.has("erev") {
                parameters.insert("erev", float("erev")?);
            }
        }
        Ok(Self {
            section: edges.integers(section, ids).map_err(Failure::bad_input)?,
            position: float(position)?,
            delay: float("delay")?,
            conductance: float("conductance")?,
            parameters,
        })
    }

    /// A parameter of a synapse, where the edges have it.
    fn parameter(&self, name: &str, row: usize) -> Option<f64> {
        self.parameters.get(name).map(|column| column[row])
    }
}

/// Adds synapses to one cell.
struct Synapses<'a> {
    cell: &'a mut CellPlan,
    instance: &'a Instance,
    plan: &'a Plan,
    registry: &'a Registry,
    input: &'a Input,
    replays: &'a Replays,
}

impl Synapses<'_> {
    fn add(
        &mut self,
        edges: &[(Edge, Settings)],
        columns: &Columns,
        source: Option<usize>,
    ) -> Result<(), Failure> {
        // The source whose spikes are played, and the artificial cell that plays them.
        let mut player: Option<(u64, Option<usize>)> = None;
        for (edge, settings) in edges {
            let Some(node) = self.node(columns.section[edge.row], columns.position[edge.row], edge)? else {
                continue;
            };
            let target = self.cell.add_point_process(self.synapse(columns, edge, settings, node)?);
            let delay = settings.delay.unwrap_or_else(|| self.on_grid(columns.delay[edge.row]));
            let weights = vec![columns.conductance[edge.row] * settings.weight];
            let connect = |source: SourceId| Connection {
                source,
                target,
                delay,
                weights: weights.clone(),
                active: true,
            };
            if let Some(population) = source.map(|index| &self.plan.populations[index])
                && let (false, Some(offset)) = (population.is_virtual, population.offset)
            {
                self.cell.connections.push(connect(SourceId::cell(offset + edge.source)));
            }
            let player = match player {
                Some((of, player)) if of == edge.source => player,
                _ => {
                    let new = self.add_player(source, edge)?;
                    player = Some((edge.source, new));
                    new
                }
            };
            if let Some(index) = player {
                let connection = connect(SourceId::point_process(self.cell.gid, index as u32));
                self.cell.connections.push(connection);
            }
        }
        Ok(())
    }

    /// The node of a synapse; `None` if the template removed its section.
    fn node(&self, section: i64, position: f64, edge: &Edge) -> Result<Option<u32>, Failure> {
        let built = &self.instance.built;
        let place = usize::try_from(section).ok().and_then(|section| built.section_by_id.get(section));
        let Some(place) = place else {
            let what = format!(
                "the synapse from node {} is on section {section}, but the cell has {} sections",
                edge.source,
                built.section_by_id.len()
            );
            let population = &self.plan.populations[self.instance.spec.population].name;
            let help = "the edges do not belong to this morphology: check `afferent_section_id`";
            return Err(Failure::bad_input(super::CellProblem::new(
                &self.instance.spec,
                population,
                what,
                Some(help),
            )));
        };
        let Some(section) = place else {
            let spec = &self.instance.spec;
            tracing::warn!(
                "synapse from node {} to node {} skipped: the template removed its section {section}",
                edge.source,
                spec.node_id
            );
            return Ok(None);
        };
        let x = position.max(0.0).clamp(1e-7, 0.999_999_9);
        Ok(Some(built.model.sections[*section as usize].node(x)))
    }

    fn synapse(
        &self,
        columns: &Columns,
        edge: &Edge,
        settings: &Settings,
        node: u32,
    ) -> Result<PointProcess, Failure> {
        let model = settings.model.unwrap_or_default();
        let description = description(self.registry, model)?;
        let mut synapse = PointProcess::new(&description, Some(node));
        for (parameter, variable) in [("tau", "tau"), ("tau1", "tau1"), ("tau2", "tau2"), ("erev", "e")] {
            if let Some(value) = columns.parameter(parameter, edge.row) {
                synapse = synapse.with(variable, value);
            }
        }
        Ok(synapse)
    }

    /// Adds an artificial cell that plays the recorded spikes of an edge's source, if there are any.
    fn add_player(&mut self, source: Option<usize>, edge: &Edge) -> Result<Option<usize>, Failure> {
        let Some(source) = source else { return Ok(None) };
        let to = (self.instance.spec.population, edge.target);
        let times = self.replays.times((source, edge.source), to);
        if times.is_empty() {
            return Ok(None);
        }
        let mut player = PointProcess::new(&description(self.registry, "VecStim")?, None);
        player.vectors = vec![(self.times_name()?, times)];
        Ok(Some(self.cell.add_point_process(player)))
    }

    /// The name that `VecStim` gives the vector of its times: the one that it has.
    fn times_name(&self) -> Result<String, Failure> {
        let name = "VecStim";
        let names = self.registry.get(name).map(|mechanism| mechanism.vectors().to_vec()).unwrap_or_default();
        let unknown = || systems::Error::UnknownVariable {
            mechanism: name.to_owned(),
            variable: "vector of times".to_owned(),
        };
        names.into_iter().next().ok_or_else(|| Failure::from(unknown()))
    }

    /// A delay (ms) in whole time steps, rounded down as neurodamus does.
    fn on_grid(&self, delay: f64) -> f64 {
        let dt = self.input.config.run.dt;
        (delay / dt + 1e-5).trunc() * dt
    }
}
