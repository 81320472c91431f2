//! Small cells to try mechanisms on, and the comparison of what they do with NEURON.

#![allow(dead_code)]

use std::sync::Arc;

use bevy_ecs::world::World;
use cell::{Catalogue, Cell, CellModel, SectionId, Selection};
use components::{Instances, SourceId, Voltage};
use nmodl::Description;
use systems::Registry;
use systems::group::{CellPlan, Connection, Group, GroupOptions, PointProcess, SpikeSource, build};
use systems::step::{GroupEntities, MechanismTable};

/// The description of a built-in mechanism.
pub fn mechanism(name: &str) -> Arc<Description> {
    Arc::clone(Registry::with_built_ins().get(name).expect("it is built in").description())
}

/// A point process at a node of the cell.
pub fn point(name: &str, node: u32, values: &[(&str, f64)]) -> PointProcess {
    values.iter().fold(PointProcess::new(&mechanism(name), Some(node)), |point, &(name, value)| {
        assert!(point.description.variable(name).is_some(), "{name}");
        point.with(name, value)
    })
}

/// An artificial cell.
pub fn artificial(name: &str, values: &[(&str, f64)]) -> PointProcess {
    PointProcess { node: None, ..point(name, 0, values) }
}

fn new_cell() -> Cell {
    let registry = Registry::with_built_ins();
    let catalogue = Catalogue::new(registry.descriptions().cloned()).expect("built-in names are unique");
    Cell::new(Arc::new(catalogue))
}

fn add_section(cell: &mut Cell, name: &str, (length, diameter): (f64, f64), mechanism: &str) -> SectionId {
    let section = cell.create_section(None, name);
    cell.set_length(section, length).expect("a length");
    cell.set_range(section, "diam", diameter).expect("a diameter");
    cell.insert(section, mechanism).expect("a built-in mechanism");
    section
}

/// One compartment of 20 um by 20 um with `hh`; its segment is node 1.
pub fn squid_soma() -> CellModel {
    let mut cell = new_cell();
    add_section(&mut cell, "soma", (20.0, 20.0), "hh");
    cell.to_model(&Selection::All, &[]).expect("a cell")
}

/// A soma of 20 um by 20 um (node 1) with a dendrite of 300 um by 2 um in three compartments (nodes 3 to 5), passive.
pub fn ball_and_stick() -> CellModel {
    let mut cell = new_cell();
    let soma = add_section(&mut cell, "soma", (20.0, 20.0), "pas");
    let dendrite = add_section(&mut cell, "dend", (300.0, 2.0), "pas");
    cell.set_nseg(dendrite, 3).expect("a number of segments");
    cell.connect(dendrite, 0.0, soma, 1.0).expect("two ends");
    for section in [soma, dendrite] {
        cell.set_axial_resistance(section, 100.0).expect("a resistance");
        cell.set_range(section, "g_pas", 1e-4).expect("a conductance");
        cell.set_range(section, "e_pas", -70.0).expect("a potential");
    }
    let model = cell.to_model(&Selection::All, &[]).expect("a cell");
    assert_eq!((model.sections[0].node(0.5), model.sections[1].segments.as_slice()), (1, &[3, 4, 5][..]));
    model
}

/// A cell with point processes.
pub fn plan(gid: u64, model: CellModel, point_processes: Vec<PointProcess>) -> CellPlan {
    CellPlan { point_processes, ..CellPlan::new("cells", gid, gid, Arc::new(model)) }
}

/// A cell whose spikes are those of its last artificial cell, which the others reach with a delay (ms) and a weight.
pub fn firing(cells: Vec<PointProcess>, delay: f64, weights: &[f64]) -> CellPlan {
    let target = cells.len() - 1;
    let mut plan = plan(1, CellModel::default(), cells);
    plan.spike_source = Some(SpikeSource::PointProcess(target));
    let connect = |(index, weight): (usize, &f64)| connection(index as u32, target, delay, *weight);
    plan.connections = weights.iter().enumerate().map(connect).collect();
    plan
}

/// A connection from a point process of cell 1 to another.
pub fn connection(from: u32, target: usize, delay: f64, weight: f64) -> Connection {
    let source = SourceId::point_process(1, from);
    Connection { source, target, delay, weights: vec![weight], active: true }
}

/// A group of these cells at t = 0, which keeps every variable.
pub fn group(cells: &[CellPlan], options: &GroupOptions) -> Group {
    let registry = Registry::with_built_ins();
    let names = |description: &Arc<Description>| {
        let of = |variable: &nmodl::Variable| (description.name.clone(), variable.name.clone());
        description.variables.iter().map(of).collect::<Vec<_>>()
    };
    let observed = registry.descriptions().flat_map(names).collect();
    let options = GroupOptions { observed, ..options.clone() };
    let mut group = build(cells, &registry, &options, &[]).expect("a group");
    group.initialize();
    group
}

/// The times at which the sources of a group spike until `stop` (ms).
pub fn spike_times(group: &mut Group, stop: f64) -> Vec<f64> {
    while group.clock().expect("a clock").t < stop {
        group.advance(1);
    }
    group.take_spikes().iter().map(|spike| spike.time).collect()
}

/// Voltage (mV) of a node.
pub fn voltage(world: &World, node: usize) -> f64 {
    let entity = world.resource::<GroupEntities>().compartments;
    world.get::<Voltage>(entity).expect("compartments").0[node]
}

/// A variable of an instance of a mechanism.
pub fn variable(world: &World, name: &str, instance: usize, variable: &str) -> f64 {
    let table = world.resource::<MechanismTable>();
    let index = table.names.iter().position(|known| known == name).expect("a mechanism of the group");
    let column = mechanism(name).variable(variable).expect("a variable of the mechanism");
    world.get::<Instances>(table.entities[index]).expect("instances").columns[column][instance]
}

/// Values at t = 0 and after each of a number of steps.
pub fn trace(group: &mut Group, steps: u64, probe: impl Fn(&World) -> Vec<f64>) -> Vec<Vec<f64>> {
    let mut rows = vec![probe(&group.world)];
    for _ in 0..steps {
        group.advance(1);
        rows.push(probe(&group.world));
    }
    rows
}

/// A number that depends on every bit of every value.
pub fn digest(rows: &[Vec<f64>]) -> u64 {
    let mix = |digest: u64, value: &f64| {
        (digest.rotate_left(5) ^ value.to_bits()).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    };
    rows.iter().flatten().fold(0, mix)
}
