//! What valid configurations mean.

use std::path::Path;

use sonata::circuit::edge_roles;
use sonata::circuit::{
    CircuitConfig, ConnectionKind, EdgeEnds, EdgeRole, EdgeType, MorphologyFormat, NodeType,
};
use sonata::compartment_sets::CompartmentSets;
use sonata::config::{
    Compartments, IntegrationMethod, ModificationKind, Module, NoiseMean, ReportPoints, Sections,
    SimulationConfig, SpikeLocation, SpikesSortOrder, Target, TargetSimulator,
};
use sonata::diagnostics::Source;

fn simulation(keys: &str) -> SimulationConfig {
    let text = format!("{{\"run\": {{\"tstop\": 10, \"dt\": 0.1, \"random_seed\": 1}}, {keys}}}");
    let parsed = SimulationConfig::parse(&Source::new("/circuit/simulation_config.json", text));
    parsed.unwrap_or_else(|problems| panic!("{:?}", problems.0))
}

fn circuit(text: &str) -> CircuitConfig {
    let parsed = CircuitConfig::parse(&Source::new("/circuit/circuit_config.json", text));
    parsed.unwrap_or_else(|problems| panic!("{:?}", problems.0))
}

#[test]
fn defaults_are_those_of_the_format() {
    let config = simulation("\"version\": 2.3");
    let run = &config.run;
    assert_eq!((run.tstop, run.dt, run.random_seed, run.spike_threshold), (10.0, 0.1, 1, -30.0));
    assert_eq!(run.integration_method, IntegrationMethod::Euler);
    assert_eq!((run.stimulus_seed, run.ionchannel_seed, run.minis_seed, run.synapse_seed), (0, 0, 0, 0));
    assert_eq!((config.conditions.celsius, config.conditions.v_init), (34.0, -80.0));
    assert_eq!(config.conditions.spike_location, SpikeLocation::Soma);
    assert_eq!(config.conditions.extracellular_calcium, None);
    assert!(!config.conditions.randomize_gaba_rise_time);
    assert_eq!(config.output.output_dir, Path::new("/circuit/output"));
    assert_eq!((config.output.spikes_file.as_str(), config.output.log_file.clone()), ("out.h5", None));
    assert_eq!(config.output.spikes_sort_order, SpikesSortOrder::ByTime);
    assert_eq!(config.network.value, Path::new("/circuit/circuit_config.json"));
    assert!(config.node_sets_file.is_none() && config.compartment_sets_file.is_none());
    assert!(config.node_set.is_none() && config.target_simulator.is_none());
    assert!(config.inputs.is_empty() && config.reports.is_empty() && config.connection_overrides.is_empty());
    assert!(config.warnings.is_empty());
}

#[test]
fn empty_and_null_sections_are_absent() {
    let config = simulation(
        r#""inputs": {}, "reports": [], "connection_overrides": {}, "output": null, "node_set": null,
           "conditions": {"modifications": null, "mechanisms": {}}, "//": "a comment", "_x": 1, "target_simulator": "CORENEURON""#,
    );
    assert!(config.inputs.is_empty() && config.reports.is_empty() && config.connection_overrides.is_empty());
    assert_eq!(config.output.output_dir, Path::new("/circuit/output"));
    assert_eq!(config.target_simulator, Some(TargetSimulator::CoreNeuron));
}

#[test]
fn paths_start_at_the_folder_of_the_file() {
    let config = simulation(
        r#""manifest": {"$BASE": ".", "$AB": "$BASE/data", "$A": "/abs/a"},
           "network": "$AB//x/../circuit.json", "node_sets_file": "../sets.json",
           "compartment_sets_file": "${A}/$BASE/points.json",
           "output": {"output_dir": "$AB/out", "log_file": "logs/x.log", "spikes_file": "a/b/spikes.h5"},
           "reports": {"r": {"type": "lfp", "electrodes_file": "lfp.h5", "dt": 1, "start_time": 0, "end_time": 1,
                             "file_name": "some/where/lfp.out"}}"#,
    );
    assert_eq!(config.network.value, Path::new("/circuit/data/circuit.json"));
    assert_eq!(config.node_sets_file.as_ref().map(|path| path.as_path()), Some(Path::new("/sets.json")));
    let points = config.compartment_sets_file.as_ref().map(|path| path.as_path());
    assert_eq!(points, Some(Path::new("/abs/a/points.json")));
    assert_eq!(config.output.output_dir, Path::new("/circuit/data/out"));
    assert_eq!(config.output.log_file.as_deref(), Some("logs/x.log"));
    assert_eq!(config.output.spikes_file, "spikes.h5");
    let report = config.report("r").expect("the report");
    assert_eq!(report.file_name, "lfp.out.h5");
    assert_eq!(
        report.electrodes_file.as_ref().map(|path| path.as_path()),
        Some(Path::new("/circuit/lfp.h5"))
    );
}

#[test]
fn reports_take_defaults_from_the_simulation_and_their_sections() {
    let times = r#""variable_name": "v", "dt": 0.1, "start_time": 0, "end_time": 1"#;
    let config = simulation(&format!(
        r#""node_set": "Mosaic", "reports": {{
            "soma": {{"type": "compartment", {times}}},
            "dend": {{"type": "summation", "sections": "dend", "cells": "Some", {times}}},
            "0": {{"type": "compartment_set", "compartment_set": "points", "enabled": false, {times}}}}}"#
    ));
    let names: Vec<_> = config.reports.iter().map(|report| report.name.value.as_str()).collect();
    assert_eq!(names, ["soma", "dend", "0"]);
    let soma = &config.reports[0];
    assert_eq!(soma.cells.as_ref().map(|cells| cells.as_str()), Some("Mosaic"));
    assert_eq!(
        soma.points,
        ReportPoints::Sections { sections: Sections::Soma, compartments: Compartments::Center }
    );
    assert_eq!((soma.unit.as_str(), soma.file_name.as_str(), soma.enabled), ("mV", "soma.h5", true));
    let dend = &config.reports[1];
    assert_eq!(dend.cells.as_ref().map(|cells| cells.as_str()), Some("Some"));
    assert_eq!(
        dend.points,
        ReportPoints::Sections { sections: Sections::Dend, compartments: Compartments::All }
    );
    assert!(
        matches!(&config.reports[2].points, ReportPoints::CompartmentSet(name) if name.value == "points")
    );
}

#[test]
fn modules_keep_the_order_of_the_file_and_their_defaults() {
    let at = r#""delay": 1, "duration": 2, "node_set": "All", "input_type""#;
    let config = simulation(&format!(
        r#""inputs": {{
        "z": {{"module": "linear", "amp_start": 0.5, {at}: "current_clamp", "represents_physical_electrode": true}},
        "a": {{"module": "noise", "mean_percent": 90, "variance": 0.1, {at}: "current_clamp"}},
        "s": {{"module": "shot_noise", "rate": 400.0, "rise_time": 1, "decay_time": 4, "amp_mean": -1, "amp_var": 1,
               {at}: "conductance"}},
        "c": {{"module": "seclamp", "voltage": -70, "delay": 0, "duration": 5, "compartment_set": "p",
               "input_type": "voltage_clamp", "duration_levels": [1, 4], "voltage_levels": [-60, -50]}},
        "e": {{"module": "spatially_uniform_e_field", {at}: "extracellular_stimulation",
               "fields": [{{"Ex": 1, "Ey": 2, "Ez": 3}}]}},
        "r": {{"module": "replay", "path": "v.h5", "interpolate": true, {at}: "current_clamp"}}}}"#
    ));
    let names: Vec<_> = config.inputs.iter().map(|input| input.name.value.as_str()).collect();
    assert_eq!(names, ["z", "a", "s", "c", "e", "r"]);
    let linear = config.input("z").expect("the input");
    assert_eq!(linear.module, Module::Linear { amp_start: 0.5, amp_end: 0.5 });
    assert!(linear.represents_physical_electrode && !config.inputs[1].represents_physical_electrode);
    assert_eq!(
        config.inputs[1].module,
        Module::Noise { mean: NoiseMean::PercentOfThreshold(90.0), variance: 0.1 }
    );
    let Module::ShotNoise { rate, sampling, .. } = &config.inputs[2].module else { panic!("shot noise") };
    assert_eq!((*rate, sampling.dt, sampling.reversal, sampling.random_seed), (400, 0.25, 0.0, None));
    let Module::Seclamp { series_resistance, levels, .. } = &config.inputs[3].module else {
        panic!("a clamp")
    };
    assert_eq!((*series_resistance, levels.as_slice()), (0.01, [(1.0, -60.0), (4.0, -50.0)].as_slice()));
    assert!(matches!(&config.inputs[3].target, Target::CompartmentSet(name) if name.value == "p"));
    let Module::SpatiallyUniformEField { fields, ramp_up_time, .. } = &config.inputs[4].module else {
        panic!("fields")
    };
    assert_eq!((fields[0].ez, fields[0].frequency, *ramp_up_time), (3.0, 0.0, 0.0));
    let Module::Replay { path, interpolate } = &config.inputs[5].module else { panic!("a replay") };
    assert_eq!((path.as_path(), *interpolate), (Path::new("/circuit/v.h5"), true));
}

#[test]
fn mechanisms_and_modifications_are_read_in_order() {
    let config = simulation(
        r#""conditions": {"mechanisms": {"ProbAMPANMDA_EMS": {"init_depleted": true, "tau": 2.5}, "GluSynapse": {"x": 1}},
           "modifications": [
             {"name": "b", "type": "configure_all_sections", "node_set": "All", "section_configure": "%s.cm *= 2; %s.Ra = 1"},
             {"name": "a", "type": "compartment_set", "compartment_set": "p", "section_configure": "gbar = 0"}]}"#,
    );
    let globals = config.conditions.mechanisms.iter();
    let globals: Vec<_> =
        globals.map(|global| (global.mechanism.as_str(), global.variable.as_str(), global.value)).collect();
    assert_eq!(
        globals,
        [
            ("ProbAMPANMDA_EMS", "init_depleted", 1.0),
            ("ProbAMPANMDA_EMS", "tau", 2.5),
            ("GluSynapse", "x", 1.0)
        ]
    );
    let first = &config.conditions.modifications[0];
    let ModificationKind::ConfigureAllSections { section_configure, .. } = &first.kind else {
        panic!("{first:?}")
    };
    assert_eq!(section_configure.value, "%s.cm *= 2; %s.Ra = 1");
    // A place in the statements is a place in the file
    let source = &config.document.source;
    let span = source.span_within(section_configure, 12, 2);
    assert_eq!(&source.text()[span.offset..span.end()], "%s");
    assert_eq!(span.offset, section_configure.span.offset + 13);
}

#[test]
fn overrides_know_what_was_not_given() {
    let config = simulation(
        r#""connection_overrides": [{"name": "a", "source": "A", "target": "B"},
           {"name": "b", "source": "A", "target": "B", "weight": 0, "spont_minis": 0.01, "delay": 5,
            "synapse_configure": "%s.Fac = 0", "modoverride": "GluSynapse", "synapse_delay_override": 0.1}]"#,
    );
    let (first, second) = (&config.connection_overrides[0], &config.connection_overrides[1]);
    assert_eq!(
        (first.weight, first.delay, first.spont_minis, first.synapse_delay_override),
        (1.0, 0.0, None, None)
    );
    assert!(first.synapse_configure.is_none() && first.modoverride.is_none());
    assert_eq!((second.weight, second.delay, second.spont_minis), (0.0, 5.0, Some(0.01)));
}

#[test]
fn a_valid_key_can_be_refused_by_name() {
    let config = simulation(
        r#""inputs": {"p": {"module": "poisson", "input_type": "spikes", "rate": 1, "weight": 1, "delay": 0, "duration": 1, "node_set": "A"}}"#,
    );
    let problem =
        config.document.refuse(&["inputs", "p", "module"], "module `poisson`", Some("use `synapse_replay`"));
    assert_eq!(problem.to_string(), "not supported: module `poisson`");
    assert_eq!(problem.remedy().as_deref(), Some("use `synapse_replay`"));
    let text = &config.document.source.text()[problem.span.offset..problem.span.end()];
    assert_eq!(text, "\"poisson\"");
    let section = config.document.span(&["inputs", "p", "no such key"]);
    assert_eq!(&config.document.source.text()[section.offset..section.end()], "\"p\"");
}

const CIRCUIT: &str = r#"{
  "manifest": {"$BASE": "./"},
  "version": 2.3,
  "metadata": {"status": "complete", "description": "free text"},
  "node_sets_file": "$BASE/node_sets.json",
  "components": {"morphologies_dir": "morph", "biophysical_neuron_models_dir": "hoc", "mechanisms_dir": "",
                 "alternate_morphologies": {"h5v1": "h5", "neurolucida-asc": "asc"}, "templates_dir": ""},
  "networks": {
    "nodes": [
      {"nodes_file": "nodes.h5", "node_types_file": "types.csv",
       "populations": {"B": {}, "A": {"type": "biophysical", "morphologies_dir": "own", "alternate_morphologies": {"h5v1": "own_h5"},
                                      "DetailedAxon": true}}},
      {"nodes_file": "virtual.h5", "populations": {"V": {"type": "virtual"}}},
      {"nodes_file": "empty.h5"}],
    "edges": [
      {"edges_file": "ab.h5", "populations": {"A__B__chemical": null}},
      {"edges_file": "aa.h5", "populations": {"z": {}, "local": {"type": "chemical"}}},
      {"edges_file": "gj.h5", "populations": {"gap": {"type": "electrical"}, "astro": {"type": "synapse_astrocyte"},
                                              "odd": {"type": "brian2_synapse"}}}]}}"#;

#[test]
fn populations_have_their_own_properties_or_the_circuits() {
    let circuit = circuit(CIRCUIT);
    assert!(circuit.warnings.is_empty(), "{:?}", circuit.warnings);
    let names: Vec<_> = circuit.nodes.iter().map(|population| population.name.value.as_str()).collect();
    assert_eq!(names, ["A", "B", "V"]);
    assert_eq!(circuit.files_without_populations.len(), 1);
    let a = circuit.node_population("A").expect("A");
    assert_eq!(a.morphologies(), Some((Path::new("/circuit/own_h5"), MorphologyFormat::H5)));
    assert!(a.detailed_axon);
    let b = circuit.node_population("B").expect("B");
    assert_eq!(b.node_type, NodeType::Biophysical);
    assert_eq!(b.morphologies(), Some((Path::new("/circuit/asc"), MorphologyFormat::Asc)));
    assert_eq!(b.file.value, Path::new("/circuit/nodes.h5"));
    assert!(b.components.mechanisms_dir.is_none());
    assert_eq!(
        circuit.edge_population("A__B__chemical").map(|edges| edges.edge_type.clone()),
        Some(EdgeType::Chemical)
    );
}

#[test]
fn edges_are_inner_connectivity_or_projections() {
    let circuit = circuit(CIRCUIT);
    let ends = |source: &str, target: &str| EdgeEnds { source: source.into(), target: target.into() };
    let names: Vec<_> = circuit.edges.iter().map(|edges| edges.name.value.as_str()).collect();
    assert_eq!(names, ["A__B__chemical", "local", "z", "astro", "gap", "odd"]);
    let all =
        [ends("A", "B"), ends("A", "A"), ends("A", "A"), ends("G", "A"), ends("B", "B"), ends("A", "A")];
    let projection = |name: &str, kind, source: &str, target: &str| EdgeRole::Projection {
        name: name.into(),
        kind,
        source: source.into(),
        target: target.into(),
    };
    let expected = [
        projection("A__B__chemical__A-B", ConnectionKind::Synaptic, "A", "B"),
        EdgeRole::Inner("A".into()),
        projection("z__A-A", ConnectionKind::Synaptic, "A", "A"),
        projection("astro__G-A", ConnectionKind::NeuroGlial, "A", "G"),
        projection("gap__B-B", ConnectionKind::GapJunction, "B", "B"),
        EdgeRole::Unsupported,
    ];
    assert_eq!(edge_roles(&circuit.nodes, &circuit.edges, &all), expected);
}

#[test]
fn partial_circuits_may_lack_things() {
    let circuit = circuit(
        r#"{"metadata": {"status": "partial"}, "networks": {"nodes": [{"nodes_file": "n.h5", "populations": {"A": {}}}]}}"#,
    );
    assert_eq!(circuit.nodes[0].morphologies(), None);
}

#[test]
fn compartment_sets_are_read() {
    let source = Source::new(
        "sets.json",
        r#"{"p": {"population": "A", "compartment_set": [[0, 1, 0.5], [0, 1, 1], [3, 0, 0.0]]},
            "empty": {"population": "B", "compartment_set": []}}"#,
    );
    let sets = CompartmentSets::parse(&source).expect("valid");
    let points = &sets.get("p").expect("p").points;
    let points: Vec<_> = points.iter().map(|point| (point.node_id, point.section_id, point.offset)).collect();
    assert_eq!(points, [(0, 1, 0.5), (0, 1, 1.0), (3, 0, 0.0)]);
    assert!(sets.get("empty").is_some_and(|set| set.points.is_empty()));
}
