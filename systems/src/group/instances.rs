//! Columns of mechanisms and ions of a group, from the models of its cells.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use bevy_ecs::entity::Entity;
use bevy_ecs::world::World;
use components::{
    Column, InstanceSource, Instances, IonBinding, IonColumns, IonName, NO_CONNECTIONS, SourceId,
};
use nmodl::{Description, IonUse, IonVariable, Kind};
use random::Stream;

use super::{CellPlan, SpikeSource};
use crate::error::Error;
use crate::registry::Registry;
use crate::step::ions::STYLE_REVERSAL_ADVANCE;

/// One mechanism of a group.
pub struct Gathered {
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

/// Spawns the ions of a group.
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
        let mut columns = IonColumns::default();
        let (mut reversal, mut inside, mut outside) = (Vec::new(), Vec::new(), Vec::new());
        for (cell, &start) in cells.iter().zip(starts) {
            for ion in cell.model.ions.iter().filter(|ion| ion.name == name) {
                columns.valence = ion.valence;
                columns.nodes.extend(ion.nodes.iter().map(|node| start + node));
                columns.style.extend(&ion.style);
                reversal.extend(&ion.reversal);
                inside.extend(&ion.inside);
                outside.extend(&ion.outside);
            }
        }
        if columns.nodes.is_empty() {
            continue;
        }
        let (default_inside, default_outside) = default_concentrations(&name);
        let global = |variable: String, default| {
            globals.get(&(format!("{name}_ion"), variable)).copied().unwrap_or(default)
        };
        columns.initial_inside = global(format!("{name}i0"), default_inside);
        columns.initial_outside = global(format!("{name}o0"), default_outside);
        columns.current = Column::filled(columns.nodes.len(), 0.0);
        columns.derivative = Column::filled(columns.nodes.len(), 0.0);
        columns.reversal = Column::from(reversal.as_slice());
        columns.inside = Column::from(inside.as_slice());
        columns.outside = Column::from(outside.as_slice());
        let advances = |style: &u32| style & STYLE_REVERSAL_ADVANCE != 0;
        let advancing = columns.style.iter().enumerate().filter(|(_, style)| advances(style));
        columns.advancing = advancing.map(|(index, _)| index as u32).collect();
        let nodes = columns.nodes.clone();
        let entity = world.spawn((IonName(name.clone()), columns)).id();
        gathered.push(GatheredIon { name, entity, nodes });
    }
    gathered
}

/// Concentrations inside and outside (mM) that NEURON gives an ion.
fn default_concentrations(ion: &str) -> (f64, f64) {
    match ion {
        "na" => (10.0, 140.0),
        "k" => (54.4, 2.5),
        "ca" => (5e-5, 2.0),
        _ => (1.0, 1.0),
    }
}

/// Gathers all mechanisms of the cells, in the order of registration.
///
/// # Errors
///
/// If a cell uses a mechanism that is not registered, or puts a point process on a node it does not have.
pub fn gather_mechanisms(
    cells: &[CellPlan],
    starts: &[u32],
    area: &[f64],
    registry: &Registry,
    ions: &[GatheredIon],
) -> Result<Vec<Gathered>, Error> {
    check_names(cells, registry)?;
    let mut gathered = Vec::new();
    for description in registry.descriptions() {
        let mechanism = match description.kind {
            Kind::Density => density(description, cells, starts),
            Kind::PointProcess | Kind::ArtificialCell => points(description, cells, starts, area)?,
        };
        let Some(mut mechanism) = mechanism else { continue };
        let instances = &mut mechanism.instances;
        instances.voltage = Column::filled(instances.nodes.len(), 0.0);
        instances.current = Column::filled(instances.count, 0.0);
        instances.conductance = Column::filled(instances.count, 0.0);
        instances.ions = bind_ions(description, instances, ions);
        gathered.push(mechanism);
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

fn density(description: &Arc<Description>, cells: &[CellPlan], starts: &[u32]) -> Option<Gathered> {
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
    let instances = Instances {
        count: nodes.len(),
        nodes,
        columns: columns.iter().map(|column| Column::from(column.as_slice())).collect(),
        ..Instances::default()
    };
    let description = Arc::clone(description);
    (instances.count > 0).then_some(Gathered { description, instances, owners: Vec::new() })
}

/// What a point process is made of, whether it comes with the model or was added.
struct Point<'a> {
    node: Option<u32>,
    values: &'a [f64],
    stream: Option<Stream>,
    times: &'a [f64],
}

fn points(
    description: &Arc<Description>,
    cells: &[CellPlan],
    starts: &[u32],
    area: &[f64],
) -> Result<Option<Gathered>, Error> {
    let mut found: Vec<(Option<u32>, (usize, usize), Point)> = Vec::new();
    for (number, cell) in cells.iter().enumerate() {
        let own = cell.model.point_processes.iter().map(|point| {
            (&point.description, Point { node: point.node, values: &point.values, stream: None, times: &[] })
        });
        let added = cell.point_processes.iter().map(|point| {
            let (stream, times) = (point.stream, point.times.as_slice());
            (&point.description, Point { node: point.node, values: &point.values, stream, times })
        });
        let nodes = starts[number + 1] - starts[number];
        for (index, (known, point)) in own.chain(added).enumerate() {
            if known.name != description.name {
                continue;
            }
            if let Some(node) = point.node.filter(|&node| node >= nodes) {
                return Err(Error::OutOfRange { gid: cell.gid, what: "node", index: node as usize });
            }
            found.push((point.node.map(|node| starts[number] + node), (number, index), point));
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
    let columns = (0..description.variables.len())
        .map(|variable| {
            let default = description.variables[variable].default;
            found.iter().map(|(.., point)| point.values.get(variable).copied().unwrap_or(default)).collect()
        })
        .collect();
    let owners: Vec<(usize, usize)> = found.iter().map(|&(_, owner, _)| owner).collect();
    let draws = found.iter().any(|(.., point)| point.stream.is_some());
    let plays = found.iter().any(|(.., point)| !point.times.is_empty());
    let instances = Instances {
        count: found.len(),
        nodes,
        columns,
        per_area: node_area.iter().map(|area| 1e2 / area).collect(),
        area: Column::from(node_area.as_slice()),
        streams: if draws {
            found.iter().map(|(.., point)| point.stream.unwrap_or_else(|| Stream::new(0, 0, 0, 0))).collect()
        } else {
            Vec::new()
        },
        times: if plays {
            found.iter().map(|(.., point)| point.times.to_vec()).collect()
        } else {
            Vec::new()
        },
        sources: owners.iter().map(|&(cell, index)| source_of(&cells[cell], index)).collect(),
        ..Instances::default()
    };
    Ok(Some(Gathered { description: Arc::clone(description), instances, owners }))
}

/// What a point process is as a source of spikes.
fn source_of(cell: &CellPlan, index: usize) -> InstanceSource {
    let is_cell = cell.spike_source == Some(SpikeSource::PointProcess(index));
    let source =
        if is_cell { SourceId::cell(cell.gid) } else { SourceId::point_process(cell.gid, index as u32) };
    InstanceSource { source, is_cell, row: NO_CONNECTIONS, movable: None }
}

/// The range that ascending places make if they have neither gaps nor repetitions.
fn gapless(index: &[u32]) -> Option<Range<usize>> {
    let first = *index.first()? as usize;
    let is_gapless = index.iter().enumerate().all(|(offset, &place)| place as usize == first + offset);
    is_gapless.then(|| first..first + index.len())
}

fn bind_ions(description: &Description, instances: &Instances, ions: &[GatheredIon]) -> Vec<IonBinding> {
    let bind = |used: &IonUse| {
        let ion = ions.iter().find(|ion| ion.name == used.ion)?;
        let place = |node| ion.nodes.binary_search(node).ok().map(|place| place as u32);
        let index: Vec<u32> = instances.nodes.iter().map(place).collect::<Option<_>>()?;
        let column = |name: String, is_used: bool| if is_used { description.variable(&name) } else { None };
        let reads = |variable| used.reads.contains(&variable);
        let writes = |variable| used.writes.contains(&variable);
        let either = |variable| reads(variable) || writes(variable);
        let name = &used.ion;
        Some(IonBinding {
            ion: ion.entity,
            range: gapless(&index),
            index,
            reversal: column(format!("e{name}"), either(IonVariable::Reversal)),
            inside: column(format!("{name}i"), either(IonVariable::Inside)),
            outside: column(format!("{name}o"), either(IonVariable::Outside)),
            current_read: column(format!("i{name}"), reads(IonVariable::Current)),
            current_written: column(format!("i{name}"), writes(IonVariable::Current)),
            writes_inside: writes(IonVariable::Inside),
            writes_outside: writes(IonVariable::Outside),
            writes_reversal: writes(IonVariable::Reversal),
            derivative: Column::filled(instances.count, 0.0),
        })
    };
    description.ions.iter().filter_map(bind).collect()
}
