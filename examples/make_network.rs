//! Writes a network of any size with the synapses of the neocortex, to test and to measure with.
//!
//! Pyramidal and basket cells, those of `examples/ring`, excite and inhibit each other at random, virtual nodes play
//! recorded spikes, and neighbouring basket cells are joined by gap junctions. Edges carry every attribute that a
//! model of synapses takes. Everything is computed from node ids, so that the files are the same everywhere.
//!
//! `cargo run --example make_network FOLDER [CELLS [SYNAPSES]]`, of 10 cells with 40 synapses each if not told.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sonata::Column;
use sonata::edges::{EdgeTable, write_edges};
use sonata::nodes::write_nodes;
use sonata::spikes::{Sorting, SpikePopulation, write_spikes};

#[path = "make_ring.rs"]
#[allow(dead_code, reason = "the ring itself is another example")]
mod make_ring;

use make_ring::{basket_cells, dendrite_of_pyramidal, pyramidal_cells, spread, virtual_nodes};

/// Synapses of a connection.
const CONTACTS: u64 = 5;

/// How large a network is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Number of cells: of five, four are pyramidal cells and one is a basket cell.
    pub cells: u64,
    /// Number of synapses of each cell, in connections of five.
    pub synapses: u64,
}

impl Size {
    fn basket(self) -> u64 {
        (self.cells / 5).max(2)
    }

    fn pyramidal(self) -> u64 {
        self.cells.saturating_sub(self.basket()).max(2)
    }

    /// Virtual nodes.
    fn thalamic(self) -> u64 {
        (self.cells / 2).max(4)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let folder =
        arguments.next().map(PathBuf::from).ok_or("say where: make_network FOLDER [CELLS [SYNAPSES]]")?;
    let mut number = |default: u64| match arguments.next() {
        Some(text) => text.to_string_lossy().parse().map_err(|_| format!("no number: {}", text.display())),
        None => Ok(default),
    };
    let size = Size { cells: number(10)?, synapses: number(40)? };
    write(&folder, size)
}

/// Writes all of the network into a folder: HDF5 files, configs, node sets, cell template and morphologies.
pub fn write(folder: &Path, size: Size) -> Result<(), Box<dyn Error>> {
    let ring = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ring");
    for name in ["templates", "morphologies"] {
        fs::create_dir_all(folder.join(name))?;
        for entry in fs::read_dir(ring.join(name))? {
            let entry = entry?;
            fs::copy(entry.path(), folder.join(name).join(entry.file_name()))?;
        }
    }
    let nodes = [
        pyramidal_cells(size.pyramidal()),
        basket_cells(size.basket()),
        virtual_nodes("Thalamus", size.thalamic()),
    ];
    write_nodes(&folder.join("nodes.h5"), &nodes)?;
    write_edges(&folder.join("edges.h5"), &chemical(size))?;
    write_edges(&folder.join("gap_junctions.h5"), &[gap_junctions(size.basket())])?;
    write_spikes(&folder.join("thalamus.h5"), &[recorded_spikes(size.thalamic())])?;
    for (name, value) in [
        ("circuit_config.json", circuit_config()),
        ("node_sets.json", node_sets()),
        ("simulation_config.json", simulation_config()),
    ] {
        fs::write(folder.join(name), format!("{value:#}\n"))?;
    }
    Ok(())
}

/// A projection: from which population to which, and what its synapses are.
struct Projection {
    source: (&'static str, u64),
    target: (&'static str, u64),
    /// Synapses of each target cell.
    synapses: u64,
    is_excitatory: bool,
    /// Mean peak conductance (nS).
    conductance: f64,
    /// Makes the numbers of one projection others than those of the next.
    salt: u64,
}

impl Projection {
    /// The sections of a target cell that the synapses reach: dendrites, and for inhibition also the soma.
    fn section(&self, cell: u64, number: u64) -> u32 {
        if !self.is_excitatory && number.is_multiple_of(3) {
            return 0;
        }
        match self.target.0 {
            "Pyramidal" => dendrite_of_pyramidal(cell, number),
            _ => 6 + (spread(number) * 7.0) as u32,
        }
    }

    /// Connects each target cell with sources that are spread over the population, none with itself.
    fn edges(&self) -> EdgeTable {
        let (mut ends, mut numbers) = (Vec::new(), Vec::new());
        for target in 0..self.target.1 {
            let connections = self.synapses.div_ceil(CONTACTS).min(self.source.1 - 1);
            let mut sources: Vec<u64> = (0..connections).map(|k| self.source_of(target, k)).collect();
            sources.sort_unstable();
            sources.dedup();
            for source in sources {
                for contact in 0..CONTACTS {
                    numbers.push(self.salt + 97 * source + 31 * target + 5003 * contact);
                    ends.push((source, target));
                }
            }
        }
        let float =
            |of: &dyn Fn(u64) -> f64| Column::Float32(numbers.iter().map(|n| of(*n) as f32).collect());
        let around = |mean: f64, salt: u64| move |n: u64| mean * (0.7 + 0.6 * spread(n + salt));
        let sections = ends.iter().zip(&numbers).map(|((_, target), number)| self.section(*target, *number));
        let mut attributes = vec![
            ("afferent_section_id", Column::UInt32(sections.collect())),
            ("afferent_section_pos", float(&|n| 0.05 + 0.9 * spread(n + 2))),
            ("conductance", float(&around(self.conductance, 3))),
            ("delay", float(&|n| 0.5 + 3.0 * spread(n + 4))),
            ("u_syn", float(&around(0.5, 5))),
            ("u_hill_coefficient", float(&around(2.5, 6))),
            (
                "n_rrp_vesicles",
                Column::UInt32(numbers.iter().map(|n| 1 + (spread(n + 7) * 4.0) as u32).collect()),
            ),
            ("syn_type_id", Column::UInt32(vec![if self.is_excitatory { 113 } else { 4 }; numbers.len()])),
        ];
        if self.is_excitatory {
            attributes.extend([
                ("decay_time", float(&around(1.7, 8))),
                ("depression_time", float(&around(200.0, 9))),
                ("facilitation_time", float(&around(40.0, 10))),
                ("conductance_scale_factor", float(&around(0.8, 11))),
            ]);
            attributes.extend(plasticity(&float));
        } else {
            attributes.extend([
                ("decay_time", float(&around(8.0, 8))),
                ("depression_time", float(&around(700.0, 9))),
                ("facilitation_time", float(&around(20.0, 10))),
                ("conductance_scale_factor", float(&around(0.1, 11))),
                ("tau1", float(&around(0.5, 12))),
                ("tau2", float(&around(8.0, 13))),
                ("erev", float(&|_| -80.0)),
            ]);
        }
        EdgeTable {
            name: format!("{}__{}__chemical", self.source.0, self.target.0),
            source_population: self.source.0.to_owned(),
            target_population: self.target.0.to_owned(),
            source_count: self.source.1,
            target_count: self.target.1,
            sources: ends.iter().map(|(source, _)| *source).collect(),
            targets: ends.iter().map(|(_, target)| *target).collect(),
            attributes: attributes.into_iter().map(|(name, column)| (name.to_owned(), column)).collect(),
        }
    }

    fn source_of(&self, target: u64, connection: u64) -> u64 {
        let source = (spread(self.salt + 131 * target + 7 * connection) * self.source.1 as f64) as u64;
        let is_itself = self.source.0 == self.target.0 && source == target;
        if is_itself { (source + 1) % self.source.1 } else { source }
    }
}

/// What `GluSynapse` takes beyond the attributes of other models (Chindemi et al. 2022).
fn plasticity(float: &dyn Fn(&dyn Fn(u64) -> f64) -> Column) -> [(&'static str, Column); 8] {
    [
        ("volume_CR", float(&|n| 0.05 + 0.1 * spread(n + 21))),
        ("rho0_GB", float(&|n| f64::from(u8::from(spread(n + 22) > 0.6)))),
        ("Use_d_TM", float(&|n| 0.2 + 0.2 * spread(n + 23))),
        ("Use_p_TM", float(&|n| 0.6 + 0.2 * spread(n + 24))),
        ("gmax_d_AMPA", float(&|n| 0.5 + 0.3 * spread(n + 25))),
        ("gmax_p_AMPA", float(&|n| 1.2 + 0.4 * spread(n + 26))),
        ("theta_d", float(&|n| 0.006 + 0.002 * spread(n + 27))),
        ("theta_p", float(&|n| 0.012 + 0.004 * spread(n + 28))),
    ]
}

fn chemical(size: Size) -> Vec<EdgeTable> {
    let pyramidal = ("Pyramidal", size.pyramidal());
    let basket = ("Basket", size.basket());
    let thalamus = ("Thalamus", size.thalamic());
    let projection = |source, target, percent: u64, (is_excitatory, conductance), salt| {
        let synapses = size.synapses * percent / 100;
        Projection { source, target, synapses, is_excitatory, conductance, salt }.edges()
    };
    vec![
        projection(pyramidal, pyramidal, 50, (true, 0.9), 1_000_003),
        projection(pyramidal, basket, 60, (true, 0.5), 2_000_003),
        projection(basket, pyramidal, 25, (false, 1.5), 3_000_017),
        projection(basket, basket, 20, (false, 0.8), 4_000_037),
        projection(thalamus, pyramidal, 25, (true, 1.2), 5_000_011),
        projection(thalamus, basket, 20, (true, 0.6), 6_000_003),
    ]
}

/// Joins each basket cell with the next, both ways, on their first dendrites.
fn gap_junctions(cells: u64) -> EdgeTable {
    let pairs = 0..if cells > 2 { cells } else { cells - 1 };
    let mut ends: Vec<(u64, u64, u64, u64)> = Vec::new();
    for pair in pairs {
        let next = (pair + 1) % cells;
        ends.push((pair, next, 2 * pair, 2 * pair + 1));
        ends.push((next, pair, 2 * pair + 1, 2 * pair));
    }
    ends.sort_unstable_by_key(|(source, target, ..)| (*target, *source));
    let junction = |of: fn(&(u64, u64, u64, u64)) -> u64| ends.iter().map(of).collect::<Vec<u64>>();
    let place = |id: u64| 0.2 + 0.6 * spread(id + 40);
    let positions = ends.iter().map(|(.., own)| place(*own) as f32).collect();
    let conductances = ends.iter().map(|(.., other, own)| (0.3 + 0.1 * spread(other / 2 + own / 2)) as f32);
    let attributes = vec![
        ("afferent_section_id".to_owned(), Column::UInt32(vec![6; ends.len()])),
        ("afferent_section_pos".to_owned(), Column::Float32(positions)),
        ("conductance".to_owned(), Column::Float32(conductances.collect())),
        ("efferent_junction_id".to_owned(), Column::UInt64(junction(|(.., other, _)| *other))),
        ("afferent_junction_id".to_owned(), Column::UInt64(junction(|(.., own)| *own))),
    ];
    EdgeTable {
        name: "Basket__Basket__electrical".into(),
        source_population: "Basket".into(),
        target_population: "Basket".into(),
        source_count: cells,
        target_count: cells,
        sources: junction(|(source, ..)| *source),
        targets: junction(|(_, target, ..)| *target),
        attributes,
    }
}

/// Thirty spikes in a second of each virtual node, for two seconds.
fn recorded_spikes(nodes: u64) -> SpikePopulation {
    let number = |k: u64| (spread(k), k);
    let mut spikes: Vec<(f64, u64)> = (0..60 * nodes).map(|k| (2000.0 * number(k).0, k % nodes)).collect();
    spikes.sort_by(|a, b| a.0.total_cmp(&b.0));
    SpikePopulation {
        name: "Thalamus".into(),
        sorting: Sorting::ByTime,
        timestamps: spikes.iter().map(|(time, _)| *time).collect(),
        node_ids: spikes.iter().map(|(_, node)| *node).collect(),
    }
}

fn circuit_config() -> Value {
    let chemical: serde_json::Map<String, Value> = [
        ("Pyramidal", "Pyramidal"),
        ("Pyramidal", "Basket"),
        ("Basket", "Pyramidal"),
        ("Basket", "Basket"),
        ("Thalamus", "Pyramidal"),
        ("Thalamus", "Basket"),
    ]
    .map(|(source, target)| (format!("{source}__{target}__chemical"), json!({ "type": "chemical" })))
    .into_iter()
    .collect();
    json!({
        "version": 2.4,
        "manifest": { "$CIRCUIT_DIR": "." },
        "node_sets_file": "$CIRCUIT_DIR/node_sets.json",
        "components": {
            "biophysical_neuron_models_dir": "$CIRCUIT_DIR/templates",
            "morphologies_dir": "$CIRCUIT_DIR/morphologies",
        },
        "networks": {
            "nodes": [{
                "nodes_file": "$CIRCUIT_DIR/nodes.h5",
                "populations": {
                    "Pyramidal": {
                        "type": "biophysical",
                        "alternate_morphologies": { "neurolucida-asc": "$CIRCUIT_DIR/morphologies" },
                    },
                    "Basket": { "type": "biophysical" },
                    "Thalamus": { "type": "virtual" },
                },
            }],
            "edges": [
                { "edges_file": "$CIRCUIT_DIR/edges.h5", "populations": chemical },
                {
                    "edges_file": "$CIRCUIT_DIR/gap_junctions.h5",
                    "populations": { "Basket__Basket__electrical": { "type": "electrical" } },
                },
            ],
        },
    })
}

fn node_sets() -> Value {
    json!({
        "All": ["Pyramidal", "Basket"],
        "Pyramidal": { "population": "Pyramidal" },
        "Basket": { "population": "Basket" },
        "Thalamus": { "population": "Thalamus" },
        "Slender": { "population": "Pyramidal", "mtype": "L5_UPC" },
        "First": { "population": "Pyramidal", "node_id": [0] },
    })
}

/// A simulation of 200 ms in which currents and thalamic spikes keep the network active.
fn simulation_config() -> Value {
    json!({
        "version": 2.4,
        "manifest": { "$CIRCUIT_DIR": "." },
        "network": "$CIRCUIT_DIR/circuit_config.json",
        "target_simulator": "NEURON",
        "node_set": "All",
        "run": { "tstop": 200.0, "dt": 0.025, "random_seed": 7 },
        "conditions": { "celsius": 16.0, "v_init": -65.0 },
        "output": { "output_dir": "output", "spikes_file": "spikes.h5" },
        "inputs": {
            "drive": {
                "module": "linear", "input_type": "current_clamp", "amp_start": 0.05, "amp_end": 0.2,
                "delay": 5.0, "duration": 190.0, "node_set": "All",
            },
            "excitation": {
                "module": "linear", "input_type": "current_clamp", "amp_start": 0.1, "amp_end": 0.3,
                "delay": 5.0, "duration": 190.0, "node_set": "Pyramidal",
            },
            "thalamus": {
                "module": "synapse_replay", "input_type": "spikes", "spike_file": "$CIRCUIT_DIR/thalamus.h5",
                "delay": 0.0, "duration": 2000.0, "node_set": "All",
            },
        },
    })
}
