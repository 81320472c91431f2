//! From the plans of a few cells to a group.

use std::collections::BTreeMap;
use std::sync::Arc;

use bevy_ecs::schedule::Schedule;
use bevy_ecs::world::World;
use components::{
    Clock, Column, CompartmentRange, DistinctNodes, EventQueue, Gid, Instances, MechanismName,
    MembraneCurrent, NodeId, OutgoingSpikes, Population, SavedDiagonal, SavedRightHandSide, SectionTable,
    Target, Waveform,
};

use super::calls;
use super::demand::{Concerned, keep_columns};
use super::instances::{Gathered, gather_ions, gather_mechanisms};
use super::layout::lay_out;
use super::network::{connect, incoming, place, places, spike_sources};
use super::pointers::{self, Places};
use super::{CellPlan, CellProbeSource, Group, GroupOptions};
use super::{probes, voltages};
use crate::error::Error;
use crate::mechanism::{Environment, Kernels, Mechanism, Phase, Surroundings, VoltageOf};
use crate::registry::Registry;
use crate::schedule::{self, Assembly, assemble_initialize, assemble_step};
use crate::step::{Complaints, GroupEntities, MechanismTable};

/// Adds systems or components of a plug-in to a group after it is built, before its schedule is ordered.
pub type StepPlugin = Arc<dyn Fn(&mut Schedule, &mut World) + Send + Sync>;

/// Builds a group.
///
/// # Errors
///
/// If a plan names a mechanism, variable, node or point process that does not exist, or the schedule of the
/// group with the systems of plug-ins is ambiguous.
pub fn build(
    cells: &[CellPlan],
    registry: &Registry,
    options: &GroupOptions,
    plugins: &[StepPlugin],
) -> Result<Group, Error> {
    let mut world = World::new();
    let clock = Clock {
        t: 0.0,
        dt: options.dt,
        step: 0,
        celsius: options.celsius,
        cj: if options.second_order == 0 { 1.0 / options.dt } else { 2.0 / options.dt },
        second_order: options.second_order,
    };
    world.insert_resource(clock);
    world.insert_resource(Complaints::default());
    let compartments = lay_out(cells);
    let starts = compartments.starts;
    let (area, diameter) = (compartments.columns.4.0.clone(), compartments.columns.5.0.clone());
    let compartments = world.spawn(compartments.columns).id();
    let ions = gather_ions(cells, &starts, registry, &options.globals, &mut world);
    let mut gathered = gather_mechanisms(cells, &starts, &area, registry, &ions)?;
    for mechanism in &mut gathered {
        mechanism.entity = world.spawn_empty().id();
        mechanism.instances.own.random_seed = options.random_seed;
    }
    let mut assembly = Assembly { second_order: options.second_order, ..Assembly::default() };
    let places = places(&gathered, cells);
    let connections = connect(cells, &gathered, &places, options.dt)?;
    let sources = spike_sources(cells, &starts, &connections)?;
    assembly.has_thresholds = !sources.node.is_empty();
    assembly.has_events = gathered.iter().any(|mechanism| mechanism.description.event_arguments.is_some());

    let places_of_all = Places { cells, starts: &starts, points: &places };
    pointers::bind(&places_of_all, &mut gathered, &ions)?;
    let voltages = voltages::gather(&places_of_all, &gathered, compartments, &mut world)?;
    assembly.has_voltages = voltages.has_any(&mut world);
    let surroundings = Surroundings { clock, area: &area, diameter: &diameter };
    let environments: Vec<Environment> =
        gathered.iter().map(|own| environment(own.mechanism.as_ref(), options)).collect();
    let called = calls::call(&places_of_all, &mut gathered, &surroundings, &environments)?;
    let concerned = Concerned::new(cells, &gathered, &options.observed);
    let mut table = MechanismTable::default();
    for (index, mut own) in gathered.into_iter().enumerate() {
        let demand = concerned.demand(&own.description, &own.instances);
        let kernels = own.mechanism.kernels_for(&environments[index], &demand);
        if !called[index] {
            kernels.prepare(&mut own.instances);
        }
        gather_geometry(&mut own, &*kernels, &surroundings);
        let mut instances = own.instances;
        keep_columns(&mut instances, &*kernels);
        share_nodes(&mut instances, &*kernels);
        for source in &mut instances.sources {
            source.row = connections.row(source.source).map_or(components::NO_CONNECTIONS, |row| row as u32);
        }
        let sees_all = kernels.phases().other_connections;
        let alone = !sees_all && instances.pointers.is_empty();
        table.together.push(if alone { kernels.receives_all() } else { None });
        table.incoming.push(sees_all.then(|| incoming(index as u32, instances.count, &connections)));
        let name = own.description.name.clone();
        world.entity_mut(own.entity).insert((MechanismName(name.clone()), instances));
        table.entities.push(own.entity);
        table.kernels.push(kernels);
        table.names.push(name);
    }
    assembly.order = execution_order(registry, &table, &ions, &world);
    let network = world.spawn((connections, EventQueue::default(), OutgoingSpikes::default(), sources)).id();
    world.insert_resource(GroupEntities { compartments, network });
    spawn_cells(cells, &starts, &mut world);
    assembly.has_waveforms = spawn_waveforms(cells, &places, &mut world)?;
    let sampled =
        probes::Surroundings { cells, starts: &starts, points: &places, table: &table, ions: &ions };
    let probes = probes::spawn(&sampled, &mut world)?;
    assembly.has_probes = !probes.is_empty();
    let mut parts = cells.iter().flat_map(|cell| &cell.probes).flat_map(|probe| &probe.parts);
    assembly.has_membrane_current =
        options.keeps_state || parts.any(|part| part.source == CellProbeSource::MembraneCurrent);
    if assembly.has_membrane_current {
        let zeros = || Column::filled(area.len(), 0.0);
        let columns = (MembraneCurrent(zeros()), SavedRightHandSide(zeros()), SavedDiagonal(zeros()));
        world.entity_mut(compartments).insert(columns);
    }
    let mut names = table.names.clone();
    names.extend(ions.iter().map(|ion| format!("{}_ion", ion.name)));
    world.insert_resource(table);

    let mut step = assemble_step(&assembly);
    let mut initialize = assemble_initialize(&assembly, options.v_init);
    for plugin in plugins {
        plugin(&mut step, &mut world);
    }
    schedule::finish(&mut step, &mut world, "Step")?;
    schedule::finish(&mut initialize, &mut world, "Initialize")?;
    Ok(Group { world, step, initialize, probes, names, voltages })
}

/// Copies area and diameter of nodes to instances whose kernels read them.
pub(super) fn gather_geometry(own: &mut Gathered, kernels: &dyn Kernels, surroundings: &Surroundings) {
    if kernels.reads_geometry() {
        let instances = &mut own.instances;
        let at = |column: &[f64]| instances.nodes.iter().map(|&node| column[node as usize]).collect();
        (instances.area, instances.diameter) = (at(surroundings.area), at(surroundings.diameter));
    }
}

/// Lists the nodes of instances once where kernels gain by it.
fn share_nodes(instances: &mut Instances, kernels: &dyn Kernels) {
    let phases = [Phase::Current, Phase::State];
    if phases.iter().any(|&phase| kernels.voltage(phase) == VoltageOf::Nodes) {
        let distinct = DistinctNodes::of(&instances.nodes);
        // below, it takes longer to give each instance the numbers of its node than to compute them
        let is_worth_it = instances.nodes.len() >= 2 * distinct.nodes.len();
        instances.distinct = is_worth_it.then_some(distinct);
    }
}

/// What is fixed for a mechanism during a run.
fn environment(mechanism: &dyn Mechanism, options: &GroupOptions) -> Environment {
    let description = mechanism.description();
    let globals = description.globals.iter().map(|global| {
        let key = (description.name.clone(), global.name.clone());
        options.globals.get(&key).copied().unwrap_or(global.default)
    });
    Environment {
        dt: options.dt,
        celsius: options.celsius,
        second_order: options.second_order,
        random_seed: options.random_seed,
        globals: globals.collect(),
    }
}

/// Ions and mechanisms of a group in NEURON's order of execution.
fn execution_order(
    registry: &Registry,
    table: &MechanismTable,
    ions: &[super::instances::GatheredIon],
    world: &World,
) -> Vec<schedule::Entry> {
    let mut order = Vec::new();
    for name in registry.execution_order() {
        let ion = ions.iter().find(|ion| name.strip_suffix("_ion") == Some(ion.name.as_str()));
        if let Some(ion) = ion {
            order.push(schedule::Entry::Ion(ion.entity, ion.name.clone()));
        } else if let Some(index) = table.names.iter().position(|known| *known == name) {
            let (entity, kernels) = (table.entities[index], Arc::clone(&table.kernels[index]));
            let pointers = match world.get::<Instances>(entity).map(|instances| &*instances.pointers) {
                None | Some([]) => schedule::Pointers::None,
                Some(pointers) if pointers.iter().any(|pointer| pointer.written) => {
                    schedule::Pointers::Written
                }
                Some(_) => schedule::Pointers::Read,
            };
            let phases = kernels.phases();
            let entry = schedule::MechanismEntry { index, entity, name, kernels, phases, pointers };
            order.push(schedule::Entry::Mechanism(entry));
        }
    }
    order
}

fn spawn_cells(cells: &[CellPlan], starts: &[u32], world: &mut World) {
    // Cells with the same model share the names of its sections.
    let mut tables: BTreeMap<usize, SectionTable> = BTreeMap::new();
    for (cell, range) in cells.iter().zip(starts.windows(2)) {
        let table = tables.entry(Arc::as_ptr(&cell.model) as usize).or_insert_with(|| SectionTable {
            names: cell.model.sections.iter().map(|section| section.name.clone()).collect(),
            section: cell.model.nodes.section.as_slice().into(),
        });
        world.spawn((
            Gid(cell.gid),
            Population(Arc::clone(&cell.population)),
            NodeId(cell.node_id),
            CompartmentRange { start: range[0], end: range[1] },
            table.clone(),
        ));
    }
}

fn spawn_waveforms(cells: &[CellPlan], places: &[Vec<Target>], world: &mut World) -> Result<bool, Error> {
    let mut any = false;
    for (number, cell) in cells.iter().enumerate() {
        for signal in &cell.signals {
            let target = place(places, cells, number, signal.target)?;
            let description = cell.point_process_description(signal.target);
            let variable = description.and_then(|description| description.variable(&signal.variable));
            let variable = variable.ok_or_else(|| Error::UnknownVariable {
                mechanism: description.map(|description| description.name.clone()).unwrap_or_default(),
                variable: signal.variable.clone(),
            })?;
            let (times, values) = (signal.times.clone(), signal.values.clone());
            world.spawn(Waveform { times, values, playback: signal.playback, target, variable, next: 0 });
            any = true;
        }
    }
    Ok(any)
}
