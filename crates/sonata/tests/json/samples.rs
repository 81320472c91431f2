//! Configurations that people run. The values are what libsonata 0.2.2 reads from the same files.

use std::path::PathBuf;

use sonata::circuit::{CircuitConfig, MorphologyFormat};
use sonata::compartment_sets::CompartmentSets;
use sonata::config::{Module, SimulationConfig, TargetSimulator};
use sonata::node_sets::NodeSets;

/// The folder of sample circuits, if this machine has it.
fn circuits() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/circuits");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no {}", folder.display());
    None
}

#[test]
fn every_sample_is_accepted_without_warning() {
    let Some(folder) = circuits() else { return };
    let mut counts = [0; 4];
    for circuit in ["ringtest", "usecase3"] {
        for entry in std::fs::read_dir(folder.join(circuit)).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let (kind, outcome) = if !name.ends_with(".json") {
                continue;
            } else if name.starts_with("simulation") {
                (0, SimulationConfig::from_file(&path).map(|config| config.warnings))
            } else if name.contains("circuit_config") {
                (1, CircuitConfig::from_file(&path).map(|config| config.warnings))
            } else if name == "nodesets.json" {
                (2, NodeSets::from_file(&path).and_then(|(sets, warnings)| sets.check().map(|()| warnings)))
            } else {
                (3, CompartmentSets::from_file(&path).map(|_| Vec::new()))
            };
            assert_eq!(outcome.as_ref().map(Vec::len), Ok(0), "{name}: {outcome:?}");
            counts[kind] += 1;
        }
    }
    assert_eq!(counts, [3, 8, 2, 1]);
}

#[test]
fn usecase3_is_read_as_libsonata_reads_it() {
    let Some(folder) = circuits() else { return };
    let folder = std::path::absolute(folder.join("usecase3")).expect("a path");
    let folder = folder.canonicalize().expect("a folder");
    let config = SimulationConfig::from_file(&folder.join("simulation_sonata.json")).expect("valid");
    assert_eq!((config.run.tstop, config.run.dt, config.run.random_seed), (50.0, 0.1, 1122));
    assert_eq!((config.conditions.celsius, config.conditions.v_init), (35.0, -75.0));
    assert_eq!(config.output.output_dir, folder.join("reporting"));
    assert_eq!(config.network.value, folder.join("circuit_config.json"));
    assert_eq!(
        config.node_sets_file.as_ref().map(|path| path.value.clone()),
        Some(folder.join("nodesets.json"))
    );
    assert_eq!(config.target_simulator, Some(TargetSimulator::Neuron));
    let names: Vec<_> = config.reports.iter().map(|report| report.file_name.as_str()).collect();
    assert_eq!(names, ["soma_report.h5", "my_compartment_report.h5"]);
    assert_eq!(config.inputs[0].module, Module::Hyperpolarizing);
    assert_eq!((config.inputs[0].delay, config.inputs[0].duration), (0.0, 4000.0));
    let globals: Vec<_> = config.conditions.mechanisms.iter().map(|global| global.value).collect();
    assert_eq!(globals, [0.0, 1.0]);

    let circuit = CircuitConfig::from_file(&config.network).expect("valid");
    let morphologies = circuit.nodes[0].morphologies();
    let expected = folder.join("CircuitA/morphologies/asc");
    assert_eq!(morphologies, Some((expected.as_path(), MorphologyFormat::Asc)));
    let edges: Vec<_> = circuit.edges.iter().map(|edges| edges.name.value.as_str()).collect();
    let expected = [
        "NodeA__NodeA__chemical",
        "NodeB__NodeB__chemical",
        "NodeA__NodeB__chemical",
        "NodeB__NodeA__chemical",
    ];
    assert_eq!(edges, expected);
}
