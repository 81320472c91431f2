//! A network simulated here and by the real neurodamus, and what both found compared.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::make_network::{self, Size};
use crate::simulation::Simulation;
use crate::support::neuron;

/// The models of mechanisms that neurodamus runs with, by package and path: its own, and the synapses of the neocortex.
const MODELS: [(&str, &[&str]); 3] = [
    (
        "neurodamus/neurodamus/data/mod",
        &[
            "ALU",
            "ConductanceSource",
            "CoreNEURONArtificialCell",
            "InhPoissonStim",
            "MembraneCurrentSource",
            "SonataReportHelper",
            "SonataReports",
            "TTXDynamicsSwitch",
            "efield_integrator",
            "vecevent",
        ],
    ),
    (
        "obi-one/obi_one/scientific/blocks/synaptic_models/tsodyks_markram/mod",
        &["ProbAMPANMDA_EMS", "ProbGABAAB_EMS"],
    ),
    (
        "emodelrunner/examples/synplas_sample_dir/mechanisms",
        &["DetAMPANMDA", "DetGABAAB", "GluSynapse", "gap"],
    ),
];

/// The reference environment's models and the library that they compile to.
struct Reference {
    python: PathBuf,
    models: Vec<PathBuf>,
    library: PathBuf,
}

fn reference() -> Option<Reference> {
    let python = neuron::python()?;
    let environment = python.parent().and_then(Path::parent).expect("Python lies in its environment's `bin`");
    let models: Vec<PathBuf> = MODELS
        .iter()
        .flat_map(|(folder, names)| names.iter().map(move |name| format!("models/{folder}/{name}.mod")))
        .map(|path| environment.join(path))
        .collect();
    let library = neuron::compile(&models, &environment.join("compiled"));
    Some(Reference { models, library, python })
}

/// What one side found.
#[derive(Debug, PartialEq)]
struct Found {
    /// Spikes as (population, time in ms, node id).
    spikes: Vec<(String, f64, u64)>,
    /// The somatic voltage (mV) of each cell at every step, as the nearest `f32`, in which reports are.
    voltages: Vec<((String, u64), Vec<f32>)>,
}

/// The network of a case.
pub struct Network(Simulation);

impl std::ops::Deref for Network {
    type Target = Simulation;

    fn deref(&self) -> &Simulation {
        &self.0
    }
}

impl Network {
    /// Eight cells with forty synapses each, without gap junctions.
    pub fn new() -> Self {
        let size = Size { cells: 8, synapses: 40 };
        let network = Self(Simulation::new(|folder| make_network::write(folder, size).expect("its files")));
        network.change_json("circuit_config.json", |config| {
            let edges = config["networks"]["edges"].as_array_mut().expect("edges");
            edges.retain(|edges| edges["edges_file"] == "$CIRCUIT_DIR/edges.h5");
        });
        network.configure(|config| config["run"]["tstop"] = 100.0.into());
        network
    }

    /// Joins neighbouring basket cells by gap junctions.
    pub fn add_gap_junctions(&self) {
        self.change_json("circuit_config.json", |config| {
            let edges = config["networks"]["edges"].as_array_mut().expect("edges");
            edges.push(json!({
                "edges_file": "$CIRCUIT_DIR/gap_junctions.h5",
                "populations": { "Basket__Basket__electrical": { "type": "electrical" } },
            }));
        });
    }

    /// Sets what the simulation config has under a path such as `conditions/celsius`.
    pub fn set(&self, path: &str, value: impl Into<Value>) {
        self.configure(|config| {
            let place = path.split('/').fold(config, |place, key| &mut place[key]);
            *place = value.into();
        });
    }

    /// Runs it here, with mechanisms from files beside those that are built in, or with cells that are points.
    fn run_here(&self, mechanisms: &[&Path], crash_test: bool) -> Found {
        self.configure(|config| {
            config["reports"] = json!({ "soma": {
                "type": "compartment", "cells": "All", "sections": "soma", "variable_name": "v",
                "dt": config["run"]["dt"], "start_time": 0.0, "end_time": config["run"]["tstop"],
            } });
        });
        let options: Vec<String> =
            mechanisms.iter().map(|file| format!("--mechanisms={}", file.display())).collect();
        let mut options: Vec<&str> = options.iter().map(String::as_str).collect();
        options.extend(crash_test.then_some("--crash-test"));
        self.run_on_ranks(1, "output", &options).unwrap_or_else(|failure| panic!("{failure:?}"));
        let mut spikes = Vec::new();
        for population in self.spikes("output") {
            let own = population.timestamps.iter().zip(&population.node_ids);
            spikes.extend(own.map(|(time, node)| (population.name.clone(), *time, *node)));
        }
        let mut voltages = Vec::new();
        for (layout, values) in self.report("output", "soma") {
            let width = layout.node_ids.len();
            for (column, node) in layout.node_ids.iter().enumerate() {
                let voltage = values.iter().skip(column).step_by(width).copied().collect();
                voltages.push(((layout.name.clone(), *node), voltage));
            }
        }
        Found { spikes, voltages }.sorted()
    }

    /// Runs it in neurodamus, which tells the states of some cells, too; cells may be points.
    fn run_there(&self, reference: &Reference, states: &[u64], crash_test: bool) -> Found {
        let request = json!({
            "config": self.path("simulation_config.json"),
            "library": reference.library,
            "helpers": self.path("templates"),
            "result": self.path("neurodamus.h5"),
            "states": states,
            "crash_test": crash_test,
        });
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/circuits/reference.py");
        let request = serde_json::to_vec(&request).expect("plain JSON");
        neuron::ask(Command::new(&reference.python).arg(script).current_dir(self.path(".")), &request);
        read(&self.path("neurodamus.h5"))
    }
}

impl Found {
    fn sorted(mut self) -> Self {
        self.spikes.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
        self.voltages.sort_by(|a, b| a.0.cmp(&b.0));
        self
    }
}

fn read(path: &Path) -> Found {
    let file = hdf5::File::open(path).expect("neurodamus's results");
    let (mut spikes, mut voltages) = (Vec::new(), Vec::new());
    for group in file.group("spikes").expect("spikes").groups().expect("populations") {
        let name = group.name().rsplit('/').next().unwrap_or_default().to_owned();
        let times = group.dataset("timestamps").and_then(|d| d.read_raw::<f64>()).expect("times");
        let nodes = group.dataset("node_ids").and_then(|d| d.read_raw::<u64>()).expect("node ids");
        spikes.extend(times.into_iter().zip(nodes).map(|(time, node)| (name.clone(), time, node)));
    }
    for group in file.group("voltage").expect("voltages").groups().expect("populations") {
        let name = group.name().rsplit('/').next().unwrap_or_default().to_owned();
        for node in group.member_names().expect("nodes") {
            let values = group.dataset(&node).and_then(|d| d.read_raw::<f64>()).expect("a trace");
            let place = (name.clone(), node.parse().expect("a node id"));
            voltages.push((place, values.into_iter().map(|value| value as f32).collect()));
        }
    }
    Found { spikes, voltages }.sorted()
}

/// Which models of synapses run here; neurodamus has its own in each case.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Models {
    /// Those that are built in.
    BuiltIn,
    /// The very files that NEURON compiled.
    Files,
}

/// Runs the network as `change` makes it on both sides, which must find the same spikes and the same voltages, bit for
/// bit; `change` must matter. Gives the number of spikes.
pub fn compare(models: Models, change: impl FnOnce(&Network)) -> usize {
    let Some(reference) = reference() else { return usize::MAX };
    let network = Network::new();
    let files = || reference.models.iter().map(PathBuf::as_path).filter(|file| is_of_synapses(file));
    let here: Vec<&Path> = match models {
        Models::BuiltIn => files().filter(|file| file.ends_with("GluSynapse.mod")).collect(),
        Models::Files => files().collect(),
    };
    let unchanged = network.run_here(&here, false);
    change(&network);
    let own = network.run_here(&here, false);
    same_results(&own, &network.run_there(&reference, &[], false));
    assert!(own != unchanged, "the change does not matter");
    own.spikes.len()
}

/// [`compare`] with cells that are points, as `--crash-test` makes them.
pub fn compare_points(change: impl FnOnce(&Network)) -> usize {
    let Some(reference) = reference() else { return usize::MAX };
    let network = Network::new();
    change(&network);
    let own = network.run_here(&[], true);
    same_results(&own, &network.run_there(&reference, &[], true));
    own.spikes.len()
}

/// Compares what both sides found, bit for bit.
fn same_results(own: &Found, expected: &Found) {
    assert_eq!(own.spikes.len(), expected.spikes.len(), "number of spikes");
    for (own, expected) in own.spikes.iter().zip(&expected.spikes) {
        assert_eq!(own, expected, "a spike");
    }
    assert_eq!(own.voltages.len(), expected.voltages.len(), "number of cells");
    for ((cell, own), (other, expected)) in own.voltages.iter().zip(&expected.voltages) {
        assert_eq!(cell, other, "cells");
        let different = own.iter().zip(expected).position(|(a, b)| a.to_bits() != b.to_bits());
        if let Some(step) = different {
            let rest = own.iter().zip(expected).map(|(a, b)| (a - b).abs());
            let largest = rest.fold(0.0, f32::max);
            panic!("{cell:?}: {} and {} at step {step}, {largest} mV at most", own[step], expected[step]);
        }
        assert!(own.len() == expected.len() || own.len() + 1 == expected.len(), "{cell:?}: number of steps");
    }
}

/// Runs the network as `change` makes it on both sides, which must tell the same states of the cells with these gids at
/// the start and the end: the same keys, names and numbers. Gives how many values there are.
pub fn compare_states(gids: &[u64], change: impl FnOnce(&Network)) -> usize {
    let Some(reference) = reference() else { return usize::MAX };
    let network = Network::new();
    change(&network);
    let list = gids.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
    let run = network.run_on_ranks(2, "output", &[&format!("--dump-cell-state={list}")]);
    run.unwrap_or_else(|failure| panic!("{failure:?}"));
    network.run_there(&reference, gids, false);
    let read = |path: &str| -> Value {
        let text =
            std::fs::read_to_string(network.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        serde_json::from_str(&text).expect("JSON")
    };
    let stop = read("simulation_config.json")["run"]["tstop"].as_f64().expect("a time");
    let mut count = 0;
    for gid in gids {
        for (moment, t) in [("start", 0.0), ("end", stop)] {
            let own = read(&format!("output/cellstate_{gid}_t{t:?}.json"));
            let expected = read(&format!("neurodamus_{gid}_{moment}.json"));
            count += same_values(&own, &expected, &format!("{gid} at the {moment}"));
        }
    }
    count
}

/// Compares values of JSON, numbers exactly, and gives how many there are.
fn same_values(own: &Value, expected: &Value, place: &str) -> usize {
    match (own, expected) {
        (Value::Object(own), Value::Object(expected)) => {
            let keys = |object: &serde_json::Map<String, Value>| object.keys().cloned().collect::<Vec<_>>();
            assert_eq!(keys(own), keys(expected), "keys of {place}");
            own.iter().map(|(key, own)| same_values(own, &expected[key], &format!("{place}/{key}"))).sum()
        }
        (Value::Array(own), Value::Array(expected)) => {
            assert_eq!(own.len(), expected.len(), "length of {place}");
            let pairs = own.iter().zip(expected).enumerate();
            pairs.map(|(index, (own, other))| same_values(own, other, &format!("{place}/{index}"))).sum()
        }
        (Value::Number(own), Value::Number(expected)) => {
            assert_eq!(own.as_f64(), expected.as_f64(), "{place}");
            1
        }
        _ => {
            assert_eq!(own, expected, "{place}");
            1
        }
    }
}

/// Whether a file defines a point process that connections end on.
fn is_of_synapses(file: &Path) -> bool {
    !file.to_string_lossy().contains("neurodamus/data/mod")
}
