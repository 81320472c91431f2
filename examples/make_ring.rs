//! Writes the HDF5 files of the example network in `examples/ring`: nodes, edges, and the spikes that drive it.
//!
//! Pyramidal cells are joined to a ring with some shortcuts, basket cells listen to neighbours in the ring and inhibit
//! cells further on, and four virtual nodes play recorded spikes. Everything is computed from node ids, so that the
//! files are the same everywhere.
//!
//! `cargo run --example make_ring [FOLDER]`

use std::error::Error;
use std::path::{Path, PathBuf};

use sonata::Column;
use sonata::edges::{EdgeTable, write_edges};
use sonata::nodes::{NodeTable, write_nodes};
use sonata::spikes::{Sorting, SpikePopulation, write_spikes};

const PYRAMIDAL_CELLS: u64 = 14;
const BASKET_CELLS: u64 = 6;
const DRIVE_NODES: u64 = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ring");
    write(&std::env::args_os().nth(1).map_or_else(default, PathBuf::from))
}

/// Writes the files into a folder.
pub fn write(folder: &Path) -> Result<(), Box<dyn Error>> {
    write_nodes(
        &folder.join("nodes.h5"),
        &[pyramidal_cells(PYRAMIDAL_CELLS), basket_cells(BASKET_CELLS), virtual_nodes("Drive", DRIVE_NODES)],
    )?;
    write_edges(&folder.join("edges.h5"), &[recurrent(), feed_forward(), inhibition(), drives()])?;
    write_spikes(&folder.join("drive.h5"), &[recorded_spikes()])?;
    Ok(())
}

/// Evenly spread over 0 to 1, without order: multiples of the golden ratio.
pub fn spread(number: u64) -> f64 {
    (0.25 + number as f64 * 0.618_033_988_749_895).fract()
}

/// Every second pyramidal cell is slender.
pub fn is_slender(node_id: u64) -> bool {
    node_id % 2 == 1
}

/// Pyramidal cells, slender and not in turn.
pub fn pyramidal_cells(len: u64) -> NodeTable {
    let ids = 0..len;
    let text = |of: fn(u64) -> &'static str| Column::library(&ids.clone().map(of).collect::<Vec<_>>());
    let attributes = [
        ("morphology", text(|id| if is_slender(id) { "pyramidal_slender" } else { "pyramidal" })),
        ("mtype", text(|id| if is_slender(id) { "L5_UPC" } else { "L5_TPC:A" })),
        ("etype", text(|_| "cADpyr")),
        ("synapse_class", text(|_| "EXC")),
        ("layer", text(|_| "5")),
    ];
    node_table("Pyramidal", len, 300.0, attributes)
}

/// Basket cells.
pub fn basket_cells(len: u64) -> NodeTable {
    let text = |value: &str| Column::library(&vec![value; len as usize]);
    let attributes = [
        ("morphology", text("basket")),
        ("mtype", text("L4_SBC")),
        ("etype", text("bNAC")),
        ("synapse_class", text("INH")),
        ("layer", text("4")),
    ];
    node_table("Basket", len, 150.0, attributes)
}

/// A table of cells on a circle of a radius (um), each turned about the vertical to look inwards.
fn node_table(name: &str, len: u64, radius: f64, attributes: [(&str, Column); 5]) -> NodeTable {
    let angles: Vec<f64> = (0..len).map(|id| std::f64::consts::TAU * id as f64 / len as f64).collect();
    let float = |of: &dyn Fn(f64) -> f64| Column::Float32(angles.iter().map(|a| of(*a) as f32).collect());
    let mut columns: Vec<(String, Column)> =
        attributes.into_iter().map(|(name, column)| (name.to_owned(), column)).collect();
    columns.push(("model_template".into(), Column::library(&vec!["hoc:RingCell"; len as usize])));
    columns.push(("model_type".into(), Column::library(&vec!["biophysical"; len as usize])));
    columns.push(("x".into(), float(&|angle| radius * angle.cos())));
    columns.push(("y".into(), float(&|angle| 20.0 * (3.0 * angle).sin())));
    columns.push(("z".into(), float(&|angle| radius * angle.sin())));
    columns.push(("orientation_w".into(), float(&|angle| (angle / 2.0).cos())));
    columns.push(("orientation_x".into(), float(&|_| 0.0)));
    columns.push(("orientation_y".into(), float(&|angle| -(angle / 2.0).sin())));
    columns.push(("orientation_z".into(), float(&|_| 0.0)));
    let holding = (0..len).map(|id| -0.02 + 0.015 * spread(id) as f32).collect();
    let threshold = (0..len).map(|id| 0.2 + 0.05 * spread(id + 7) as f32).collect();
    let resistance = (0..len).map(|id| 90.0 + 40.0 * spread(id + 11) as f32).collect();
    NodeTable {
        name: name.to_owned(),
        len,
        attributes: columns,
        dynamics: vec![
            ("holding_current".into(), Column::Float32(holding)),
            ("threshold_current".into(), Column::Float32(threshold)),
            ("input_resistance".into(), Column::Float32(resistance)),
        ],
    }
}

/// Nodes that are no cells, but sources of recorded spikes.
pub fn virtual_nodes(name: &str, len: u64) -> NodeTable {
    let attributes = vec![("model_type".into(), Column::library(&vec!["virtual"; len as usize]))];
    NodeTable { name: name.to_owned(), len, attributes, dynamics: Vec::new() }
}

/// One synapse.
struct Synapse {
    source: u64,
    target: u64,
    /// The section, counted as the cell templates count them.
    section: u32,
    /// The place along it, 0 to 1.
    position: f64,
    /// uS
    conductance: f64,
    /// ms
    delay: f64,
}

/// Sections of a pyramidal cell that excitation reaches: its basal and apical dendrites.
pub fn dendrite_of_pyramidal(cell: u64, number: u64) -> u32 {
    let (first, count) = if is_slender(cell) { (4, 7) } else { (4, 12) };
    first + (spread(number) * f64::from(count)) as u32
}

/// `count` synapses from one cell to another, spread over sections that `section` picks.
fn contacts(
    (source, target): (u64, u64),
    count: u64,
    (conductance, delay): (f64, f64),
    section: impl Fn(u64) -> u32,
) -> Vec<Synapse> {
    let contact = |k: u64| {
        let number = 97 * source + 31 * target + 5 * k;
        Synapse {
            source,
            target,
            section: section(number),
            position: 0.05 + 0.9 * spread(number + 2),
            conductance: conductance * (0.8 + 0.4 * spread(number + 3)),
            delay: delay + spread(number + 4),
        }
    };
    (0..count).map(contact).collect()
}

/// From each pyramidal cell to the next one in the ring, and from some across it.
fn recurrent() -> EdgeTable {
    let mut synapses = Vec::new();
    for cell in 0..PYRAMIDAL_CELLS {
        let next = (cell + 1) % PYRAMIDAL_CELLS;
        synapses.extend(contacts((cell, next), 6, (0.006, 2.5), |k| dendrite_of_pyramidal(next, k)));
        if cell % 3 == 0 {
            let across = (cell + 6) % PYRAMIDAL_CELLS;
            synapses.extend(contacts((cell, across), 3, (0.003, 5.0), |k| dendrite_of_pyramidal(across, k)));
        }
    }
    edge_table(("Pyramidal", PYRAMIDAL_CELLS), ("Pyramidal", PYRAMIDAL_CELLS), synapses, excitatory(2.0))
}

/// From three neighbouring pyramidal cells to each basket cell.
fn feed_forward() -> EdgeTable {
    let mut synapses = Vec::new();
    for basket in 0..BASKET_CELLS {
        for k in 0..3 {
            let cell = (2 * basket + k) % PYRAMIDAL_CELLS;
            let dendrite = |number| 6 + (spread(number) * 7.0) as u32;
            synapses.extend(contacts((cell, basket), 3, (0.002, 1.5), dendrite));
        }
    }
    edge_table(("Pyramidal", PYRAMIDAL_CELLS), ("Basket", BASKET_CELLS), synapses, excitatory(1.5))
}

/// From each basket cell to the soma and dendrites of four pyramidal cells further on in the ring.
fn inhibition() -> EdgeTable {
    let mut synapses = Vec::new();
    for basket in 0..BASKET_CELLS {
        for k in 0..4 {
            let cell = (2 * basket + 8 + k) % PYRAMIDAL_CELLS;
            let section = |number| if number % 2 == 0 { 0 } else { 4 + (number % 4) as u32 };
            synapses.extend(contacts((basket, cell), 2, (0.001, 1.0), section));
        }
    }
    let parameters = [("tau1", 0.5), ("tau2", 8.0), ("erev", -75.0)];
    edge_table(("Basket", BASKET_CELLS), ("Pyramidal", PYRAMIDAL_CELLS), synapses, parameters.to_vec())
}

/// From each virtual node to three pyramidal cells.
fn drives() -> EdgeTable {
    let mut synapses = Vec::new();
    for node in 0..DRIVE_NODES {
        for k in 0..3 {
            let cell = (4 * node + 2 + k) % PYRAMIDAL_CELLS;
            let ends = (node, cell);
            synapses.extend(contacts(ends, 4, (0.003, 1.0), |number| dendrite_of_pyramidal(cell, number)));
        }
    }
    edge_table(("Drive", DRIVE_NODES), ("Pyramidal", PYRAMIDAL_CELLS), synapses, excitatory(2.0))
}

/// Time constant (ms) and reversal potential (mV) of excitation.
fn excitatory(tau: f32) -> Vec<(&'static str, f32)> {
    vec![("tau", tau), ("erev", 0.0)]
}

fn edge_table(
    (source, source_count): (&str, u64),
    (target, target_count): (&str, u64),
    mut synapses: Vec<Synapse>,
    parameters: Vec<(&str, f32)>,
) -> EdgeTable {
    synapses.sort_by_key(|synapse| (synapse.target, synapse.source));
    let float = |of: fn(&Synapse) -> f64| Column::Float32(synapses.iter().map(|s| of(s) as f32).collect());
    let mut attributes = vec![
        ("afferent_section_id".to_owned(), Column::UInt32(synapses.iter().map(|s| s.section).collect())),
        ("afferent_section_pos".to_owned(), float(|synapse| synapse.position)),
        ("conductance".to_owned(), float(|synapse| synapse.conductance)),
        ("delay".to_owned(), float(|synapse| synapse.delay)),
    ];
    for (name, value) in parameters {
        attributes.push((name.to_owned(), Column::Float32(vec![value; synapses.len()])));
    }
    EdgeTable {
        name: format!("{source}__{target}__chemical"),
        source_population: source.to_owned(),
        target_population: target.to_owned(),
        source_count,
        target_count,
        sources: synapses.iter().map(|synapse| synapse.source).collect(),
        targets: synapses.iter().map(|synapse| synapse.target).collect(),
        attributes,
    }
}

/// Bursts of three spikes from one virtual node after the other.
fn recorded_spikes() -> SpikePopulation {
    let mut spikes = SpikePopulation { name: "Drive".into(), sorting: Sorting::ByTime, ..Default::default() };
    for burst in 0..6 {
        for k in 0..3 {
            spikes.timestamps.push(40.0 + 25.0 * burst as f64 + 4.0 * k as f64 + spread(3 * burst + k));
            spikes.node_ids.push(burst % DRIVE_NODES);
        }
    }
    spikes
}
