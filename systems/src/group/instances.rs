//! Columns of mechanisms and ions of a group, from the models of its cells.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use bevy_ecs::entity::Entity;
use bevy_ecs::world::World;
use cell::Ion;
use components::{
    Column, InstanceSource, Instances, IonBinding, IonColumns, IonName, NO_CONNECTIONS, NodeRun, SourceId,
};
use nmodl::{Description, IonUse, IonVariable, Kind};
use random::{Stream, Streams};

use super::{CellPlan, SpikeSource};
use crate::error::Error;
use crate::mechanism::Mechanism;
use crate::registry::Registry;
use crate::step::ions::STYLE_REVERSAL_ADVANCE;

/// Voltage (mV) that NEURON has before the initialisation.
const FIRST_VOLTAGE: f64 = -65.0;

/// One mechanism of a group.
pub struct Gathered {
    /// Its entity, once it has one.
    pub entity: Entity,
    /// The mechanism.
    pub mechanism: Arc<dyn Mechanism>,
    /// What it is.
    pub description: Arc<Description>,
    /// Its instances.
    pub instances: Instances,
    /// For point processes and artificial cells: the cell and index of each instance.
    pub owners: Vec<(usize, usize)>,
}

/// One ion of a group.
pub struct GatheredIon {
    /// Its name.
    pub name: String,
    /// Its entity.
    pub entity: Entity,
    /// Node of each instance, ascending.
    pub nodes: Vec<u32>,
}

/// One ion at one node.
struct AtNode {
    node: u32,
    style: u32,
    reversal: f64,
    inside: f64,
    outside: f64,
}

/// Spawns the ions of a group: those of the cells' models, and those that added point processes bring.
pub fn gather_ions(
    cells: &[CellPlan],
    starts: &[u32],
    registry: &Registry,
    globals: &BTreeMap<(String, String), f64>,
    world: &mut World,
) -> Vec<GatheredIon> {
    let mut names = registry.ions();
    for ion in cells.iter().flat_map(|cell| &cell.model.ions) {
        if !names.contains(&ion.name) {
            names.push(ion.name.clone());
        }
    }
    let mut gathered = Vec::new();
    for name in names {
        let places = ion_places(&name, cells, starts);
        if places.is_empty() {
            continue;
        }
        let global =
            |key: String, default| globals.get(&(format!("{name}_ion"), key)).copied().unwrap_or(default);
        let known = Ion::new(&name);
        let mut uses = registry.descriptions().flat_map(|description| &description.ions);
        let given = uses.find_map(|used| if used.ion == name { used.valence } else { None });
        let zeros = || Column::filled(places.len(), 0.0);
        let advances = |place: &(usize, &AtNode)| place.1.style & STYLE_REVERSAL_ADVANCE != 0;
        let nodes: Vec<u32> = places.iter().map(|place| place.node).collect();
        let columns = IonColumns {
            valence: known.valence.or(given).unwrap_or(0.0),
            style: places.iter().map(|place| place.style).collect(),
            advancing: ranges(places.iter().enumerate().filter(advances).map(|(index, _)| index as u32)),
            reversal: places.iter().map(|place| place.reversal).collect(),
            inside: places.iter().map(|place| place.inside).collect(),
            outside: places.iter().map(|place| place.outside).collect(),
            current: zeros(),
            derivative: zeros(),
            initial_inside: global(format!("{name}i0"), known.inside),
            initial_outside: global(format!("{name}o0"), known.outside),
            nodes: nodes.clone(),
        };
        let entity = world.spawn((IonName(name.clone()), columns)).id();
        gathered.push(GatheredIon { name, entity, nodes });
    }
    gathered
}

/// Where an ion is, by ascending node.
fn ion_places(name: &str, cells: &[CellPlan], starts: &[u32]) -> Vec<AtNode> {
    let mut places: Vec<AtNode> = Vec::new();
    for (cell, &start) in cells.iter().zip(starts) {
        for ion in cell.model.ions.iter().filter(|ion| ion.name == name) {
            places.extend(ion.nodes.iter().enumerate().map(|(index, node)| AtNode {
                node: start + node,
                style: ion.style[index],
                reversal: ion.reversal[index],
                inside: ion.inside[index],
                outside: ion.outside[index],
            }));
        }
    }
    let mut added: Vec<(u32, &IonUse)> = Vec::new();
    for (cell, &start) in cells.iter().zip(starts) {
        for point in &cell.point_processes {
            let used = point.description.ions.iter().find(|used| used.ion == name);
            added.extend(point.node.zip(used).map(|(node, used)| (start + node, used)));
        }
    }
    added.sort_by_key(|&(node, _)| node);
    let (known, default) = (places.len(), Ion::new(name));
    for (node, used) in added {
        let index = match places[..known].binary_search_by_key(&node, |place| place.node) {
            Ok(index) => index,
            Err(_) if places.len() > known && places.last().is_some_and(|last| last.node == node) => {
                places.len() - 1
            }
            Err(_) => {
                let Ion { reversal, inside, outside, .. } = default;
                places.push(AtNode { node, style: 0, reversal, inside, outside });
                places.len() - 1
            }
        };
        places[index].style = cell::style_with(places[index].style, used);
    }
    places.sort_by_key(|place| place.node);
    places
}

/// Gathers all mechanisms of the cells, in the order of registration.
///
/// # Errors
///
/// If a cell uses a mechanism that is not registered, puts a point process on a node it does not have, or gives one a
/// stream or vector that its mechanism does not know.
pub fn gather_mechanisms(
    cells: &[CellPlan],
    starts: &[u32],
    area: &[f64],
    registry: &Registry,
    ions: &[GatheredIon],
) -> Result<Vec<Gathered>, Error> {
    check_names(cells, registry)?;
    let mut gathered = Vec::new();
    for mechanism in registry.mechanisms() {
        let description = mechanism.description();
        let found = match description.kind {
            Kind::Density => density(mechanism, cells, starts),
            Kind::PointProcess | Kind::ArtificialCell => points(mechanism, cells, starts, area)?,
        };
        let Some(mut found) = found else { continue };
        let instances = &mut found.instances;
        instances.voltage = Column::filled(instances.nodes.len(), FIRST_VOLTAGE);
        instances.current = Column::filled(instances.count, 0.0);
        instances.conductance = Column::filled(instances.count, 0.0);
        instances.ion_derivatives = vec![Column::filled(instances.count, 0.0); description.ions.len()];
        if description.kind != Kind::ArtificialCell {
            let owner = |node: u32| cells[starts.partition_point(|&start| start <= node) - 1].gid;
            instances.ions = bind_ions(description, instances, ions, owner)?;
        }
        gathered.push(found);
    }
    let writes_reversal = |mechanism: &Gathered| -> Vec<Entity> {
        mechanism.instances.ions.iter().filter(|ion| ion.writes_reversal).map(|ion| ion.ion).collect()
    };
    let changing: Vec<Entity> = gathered.iter().flat_map(writes_reversal).collect();
    for binding in gathered.iter_mut().flat_map(|mechanism| &mut mechanism.instances.ions) {
        binding.reversal_changes = changing.contains(&binding.ion);
    }
    Ok(gathered)
}

fn check_names(cells: &[CellPlan], registry: &Registry) -> Result<(), Error> {
    for cell in cells {
        let density = cell.model.mechanisms.iter().map(|mechanism| &mechanism.description);
        for description in density.chain(cell.point_process_descriptions()) {
            if registry.get(&description.name).is_none() {
                return Err(Error::UnknownMechanism { name: description.name.clone() });
            }
        }
    }
    Ok(())
}

fn density(mechanism: &Arc<dyn Mechanism>, cells: &[CellPlan], starts: &[u32]) -> Option<Gathered> {
    let description = mechanism.description();
    let mut nodes = Vec::new();
    let mut columns = vec![Vec::new(); description.variables.len()];
    for (cell, &start) in cells.iter().zip(starts) {
        for mechanism in cell.model.mechanisms.iter().filter(|m| m.description.name == description.name) {
            nodes.extend(mechanism.nodes.iter().map(|node| start + node));
            for (column, values) in columns.iter_mut().zip(&mechanism.columns) {
                column.extend_from_slice(values);
            }
        }
    }
    let mut instances = Instances {
        count: nodes.len(),
        runs: NodeRun::of(&nodes),
        nodes,
        columns: columns.iter().map(|column| Column::from(column.as_slice())).collect(),
        ..Instances::default()
    };
    if instances.count == 0 {
        return None;
    }
    instances.own.streams = vec![Streams::none(instances.count); mechanism.streams().len()];
    instances.own.vectors = vec![vec![None; instances.count]; mechanism.vectors().len()];
    let (mechanism, description) = (Arc::clone(mechanism), Arc::clone(description));
    Some(Gathered { entity: Entity::PLACEHOLDER, mechanism, description, instances, owners: Vec::new() })
}

/// What a point process is made of, whether it comes with the model or was added.
struct Point<'a> {
    values: PointValues<'a>,
    streams: &'a [(String, Stream)],
    vectors: &'a [(String, Vec<f64>)],
}

/// Values of a point process: of all its variables, or of those that do not have their defaults.
#[derive(Clone, Copy)]
enum PointValues<'a> {
    All(&'a [f64]),
    Changed(&'a [(u32, f64)]),
}

fn points(
    mechanism: &Arc<dyn Mechanism>,
    cells: &[CellPlan],
    starts: &[u32],
    area: &[f64],
) -> Result<Option<Gathered>, Error> {
    let description = mechanism.description();
    let mut found: Vec<(Option<u32>, (usize, usize), Point)> = Vec::new();
    for (number, cell) in cells.iter().enumerate() {
        let own = cell.model.point_processes.iter().map(|point| {
            let made = Point { values: PointValues::All(&point.values), streams: &[], vectors: &[] };
            (&point.description, point.node, made)
        });
        let added = cell.point_processes.iter().map(|point| {
            let values = PointValues::Changed(&point.changed);
            let made = Point { values, streams: &point.streams, vectors: &point.vectors };
            (&point.description, point.node, made)
        });
        let nodes = starts[number + 1] - starts[number];
        for (index, (known, node, point)) in own.chain(added).enumerate() {
            if known.name != description.name {
                continue;
            }
            if let Some(node) = node.filter(|&node| node >= nodes) {
                return Err(Error::OutOfRange { gid: cell.gid, what: "node", index: node as usize });
            }
            found.push((node.map(|node| starts[number] + node), (number, index), point));
        }
    }
    if found.is_empty() {
        return Ok(None);
    }
    if description.kind == Kind::PointProcess {
        // NEURON keeps the point processes of a node in a list that grows at its front.
        found.sort_by_key(|&(node, owner, _)| (node, Reverse(owner)));
    }
    let nodes: Vec<u32> = found.iter().filter_map(|&(node, ..)| node).collect();
    let node_area: Vec<f64> = nodes.iter().map(|&node| area[node as usize]).collect();
    let defaults = description.variables.iter().map(|variable| variable.default);
    let mut columns: Vec<Column> = defaults.map(|default| Column::filled(found.len(), default)).collect();
    for (instance, (.., point)) in found.iter().enumerate() {
        match point.values {
            PointValues::All(values) => {
                columns.iter_mut().zip(values).for_each(|(column, value)| column[instance] = *value);
            }
            PointValues::Changed(changed) => {
                for &(variable, value) in changed {
                    if let Some(column) = columns.get_mut(variable as usize) {
                        column[instance] = value;
                    }
                }
            }
        }
    }
    let owners: Vec<(usize, usize)> = found.iter().map(|&(_, owner, _)| owner).collect();
    let points = || found.iter().map(|(.., point)| point);
    let streams = by_name(mechanism.streams(), points().map(|point| point.streams));
    let vectors = by_name(mechanism.vectors(), points().map(|point| point.vectors));
    let unknown = |what, (name, index): (String, usize)| {
        let gid = cells[owners[index].0].gid;
        Error::UnknownHolding { gid, mechanism: description.name.clone(), what, name }
    };
    let mut instances = Instances {
        count: found.len(),
        runs: NodeRun::of(&nodes),
        nodes,
        columns,
        per_area: node_area.iter().map(|area| 1e2 / area).collect(),
        area: Column::from(node_area.as_slice()),
        sources: owners.iter().map(|&(cell, index)| source_of(&cells[cell], index)).collect(),
        ..Instances::default()
    };
    let streams = streams.map_err(|bad| unknown("random stream", bad))?;
    instances.own.streams = streams.into_iter().map(Streams::from_iter).collect();
    instances.own.vectors = vectors.map_err(|bad| unknown("vector", bad))?;
    let (mechanism, description) = (Arc::clone(mechanism), Arc::clone(description));
    Ok(Some(Gathered { entity: Entity::PLACEHOLDER, mechanism, description, instances, owners }))
}

/// What instances hold, in the order of `names`; else the name that is not among them, and the instance that has it.
fn by_name<'a, T: Clone + 'a>(
    names: &[String],
    held: impl Iterator<Item = &'a [(String, T)]>,
) -> Result<Vec<Vec<Option<T>>>, (String, usize)> {
    let mut columns = vec![Vec::new(); names.len()];
    for (instance, held) in held.enumerate() {
        columns.iter_mut().for_each(|column| column.push(None));
        for (name, value) in held {
            let Some(place) = names.iter().position(|known| known == name) else {
                return Err((name.clone(), instance));
            };
            columns[place][instance] = Some(value.clone());
        }
    }
    Ok(columns)
}

/// What a point process is as a source of spikes.
fn source_of(cell: &CellPlan, index: usize) -> InstanceSource {
    let is_cell = cell.spike_source == Some(SpikeSource::PointProcess(index));
    let source =
        if is_cell { SourceId::cell(cell.gid) } else { SourceId::point_process(cell.gid, index as u32) };
    InstanceSource { source, is_cell, row: NO_CONNECTIONS, movable: None }
}

/// The ranges that ascending places without repetitions make.
fn ranges(places: impl Iterator<Item = u32>) -> Vec<Range<usize>> {
    let runs = NodeRun::of(&places.collect::<Vec<u32>>());
    runs.iter().map(|run| run.node as usize..(run.node + run.count) as usize).collect()
}

fn bind_ions(
    description: &Description,
    instances: &Instances,
    ions: &[GatheredIon],
    owner: impl Fn(u32) -> u64,
) -> Result<Vec<IonBinding>, Error> {
    let bind = |used: &IonUse| {
        let missing = |&node: &u32| Error::NoInstance {
            gid: owner(node),
            mechanism: format!("{}_ion", used.ion),
            at: format!("where `{}` is", description.name),
        };
        let first = instances.nodes.first().unwrap_or(&0);
        let ion = ions.iter().find(|ion| ion.name == used.ion).ok_or_else(|| missing(first))?;
        let place = |node| ion.nodes.binary_search(node).map(|place| place as u32).map_err(|_| missing(node));
        let index: Vec<u32> = instances.nodes.iter().map(place).collect::<Result<_, _>>()?;
        let column = |variable: IonVariable, is_used: bool| {
            if is_used { description.variable(&variable.of(&used.ion)) } else { None }
        };
        let reads = |variable| used.reads.contains(&variable);
        let writes = |variable| used.writes.contains(&variable);
        let either = |variable| reads(variable) || writes(variable);
        let writes_state = [IonVariable::Inside, IonVariable::Outside, IonVariable::Reversal].map(writes);
        let accumulates = reads(IonVariable::Current) && writes(IonVariable::Current);
        if accumulates || writes_state != [false; 3] {
            // NEURON runs instances one after the other; here all of them read before any writes
            if let Some(pair) = instances.nodes.windows(2).find(|pair| pair[0] == pair[1]) {
                let (gid, mechanism) = (owner(pair[0]), description.name.clone());
                return Err(Error::DependentInstances { gid, mechanism, ion: used.ion.clone() });
            }
        }
        Ok(IonBinding {
            ion: ion.entity,
            runs: NodeRun::of(&index),
            index,
            reversal: column(IonVariable::Reversal, either(IonVariable::Reversal)),
            reads_reversal: reads(IonVariable::Reversal),
            reversal_changes: false,
            inside: column(IonVariable::Inside, either(IonVariable::Inside)),
            outside: column(IonVariable::Outside, either(IonVariable::Outside)),
            current_read: column(IonVariable::Current, reads(IonVariable::Current)),
            current_written: column(IonVariable::Current, writes(IonVariable::Current)),
            writes_inside: writes_state[0],
            writes_outside: writes_state[1],
            writes_reversal: writes_state[2],
        })
    };
    description.ions.iter().map(bind).collect()
}
