//! What a run leaves behind.

use crate::circuit::Ring;
use crate::python;

#[test]
fn program_leaves_spikes_reports_offsets_log_and_the_mark_of_success() {
    let ring = Ring::new();
    let output = ring.run_program(&[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    assert!(ring.path("simulation_config.json.SUCCESS").is_file());

    let spikes = ring.spikes("output");
    let counts: Vec<(&str, usize)> = spikes.iter().map(|p| (p.name.as_str(), p.timestamps.len())).collect();
    assert_eq!(counts, [("Basket", 98), ("Pyramidal", 149)]);
    let pyramidal = &spikes[1];
    assert!((0..14).all(|node_id| pyramidal.node_ids.contains(&node_id)), "activity reaches every cell");
    assert!(pyramidal.timestamps.is_sorted());
    assert!(pyramidal.timestamps.iter().all(|time| (5.0..=200.0).contains(time)));
    // The kick comes at 5 ms, the next cell in the ring needs at least the delay of 2.5 ms
    assert_eq!(pyramidal.node_ids[..2], [0, 1]);
    assert!(pyramidal.timestamps[1] > pyramidal.timestamps[0] + 2.5);

    let offsets = std::fs::read_to_string(ring.path("output/populations_offset.dat")).expect("it is there");
    assert_eq!(offsets, "Basket::0::Basket\nPyramidal::2000::Pyramidal\nDrive::1000::virtual\n");
    let files = std::fs::read_dir(ring.path("output")).expect("the folder").flatten();
    let logs = files.filter(|file| file.path().extension().is_some_and(|extension| extension == "log"));
    assert_eq!(logs.count(), 1);
}

#[test]
fn reports_hold_what_the_config_asks_for() {
    let ring = Ring::lasting(80.0);
    ring.run_on_ranks(1, "output", &[]).expect("it runs");
    let soma = ring.report("output", "soma");
    let (layout, values) = &soma[1];
    assert_eq!((layout.name.as_str(), layout.units.as_str()), ("Pyramidal", "mV"));
    assert_eq!((layout.rows, layout.node_ids.len()), (800, 14));
    assert_eq!(layout.time, [0.0, 80.0, 0.1]);
    assert!(values[..14].iter().all(|&voltage| voltage == -65.0), "the first row is the initial voltage");
    assert!(values.iter().all(|voltage| (-90.0..60.0).contains(voltage)));
    let first_cell = values.iter().step_by(14).copied();
    assert!(first_cell.fold(f32::MIN, f32::max) > 20.0, "the kicked cell spikes");

    // 16 sections (soma, axon, dendrites) with the replaced axon 15; 11, 13 in the other morphologies
    let sections = ring.report("output", "sections");
    let per_cell = |pointers: &[u64]| pointers.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>();
    assert_eq!(per_cell(&sections[0].0.index_pointers), [10; 6]);
    assert_eq!(per_cell(&sections[1].0.index_pointers)[..3], [15, 10, 15]);
    // The axon is numbered after the soma and counts with the sections it had before
    assert_eq!(sections[0].0.element_ids[..10], [0, 6, 7, 8, 9, 10, 11, 12, 1, 2]);

    let segments = ring.report("output", "segments");
    assert_eq!(segments[1].0.node_ids, [0, 1, 7]);
    assert_eq!(per_cell(&segments[1].0.index_pointers), [69, 44, 44]);
    assert_eq!(segments[1].0.time, [20.0, 80.0, 0.5]);
}

#[test]
fn reports_can_be_left_out() {
    let ring = Ring::lasting(1.0);
    let output = ring.run_program(&["--disable-reports"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(ring.path("output/spikes.h5").is_file());
    assert!(!ring.path("output/soma.h5").exists());
}

#[test]
fn libsonata_reads_the_circuit_and_the_outputs() {
    let Some(python) = python::find() else { return };
    let ring = Ring::lasting(80.0);
    ring.run_on_ranks(1, "output", &[]).expect("it runs");
    python::run(&python, &ring.path("."), LIBSONATA, &[]);
}

#[test]
fn bluepysnap_reads_the_circuit_and_the_outputs() {
    let Some(python) = python::find() else { return };
    let ring = Ring::lasting(80.0);
    ring.run_on_ranks(1, "output", &[]).expect("it runs");
    python::run(&python, &ring.path("."), BLUEPYSNAP, &[]);
}

const LIBSONATA: &str = r#"
import libsonata, numpy
config = libsonata.SimulationConfig.from_file("simulation_config.json")
assert set(config.list_input_names) == {"hold", "kick", "ramp", "drive"}
circuit = libsonata.CircuitConfig.from_file(config.network)
assert circuit.node_populations == {"Basket", "Drive", "Pyramidal"}
cells = circuit.node_population("Pyramidal")
assert cells.size == 14
assert cells.get_attribute("mtype", libsonata.Selection([0, 1])).tolist() == ["L5_TPC:A", "L5_UPC"]
edges = circuit.edge_population("Basket__Pyramidal__chemical")
assert (edges.source, edges.target, edges.size) == ("Basket", "Pyramidal", 48)
assert set(edges.get_attribute("tau2", edges.select_all())) == {8.0}

spikes = libsonata.SpikeReader("output/spikes.h5")
assert sorted(spikes.get_population_names()) == ["Basket", "Pyramidal"]
pyramidal = spikes["Pyramidal"].get()
assert pyramidal[0][0] == 0 and 5 < pyramidal[0][1] < 10 and len(pyramidal) > 30
assert spikes["Pyramidal"].sorting == "by_time"
soma = libsonata.SomaReportReader("output/soma.h5")["Pyramidal"]
assert soma.times == (0.0, 80.0, 0.1) and soma.time_units == "ms" and soma.data_units == "mV"
frame = soma.get(node_ids=[3])
assert frame.data.shape == (800, 1) and frame.data[0, 0] == -65.0
segments = libsonata.ElementReportReader("output/segments.h5")["Pyramidal"]
ids = segments.get(node_ids=[1]).ids
assert ids.shape == (44, 2) and set(ids[:, 0]) == {1} and set(ids[:, 1]) == {0, 1, 2, 4, 5, 6, 7, 8, 9, 10}
print("passed")
"#;

const BLUEPYSNAP: &str = r#"
import bluepysnap
simulation = bluepysnap.Simulation("simulation_config.json")
circuit = simulation.circuit
assert circuit.nodes.size == 24 and circuit.edges.size == sum(p.size for p in circuit.edges.values())
assert circuit.nodes["Pyramidal"].property_values("mtype") == {"L5_TPC:A", "L5_UPC"}
assert list(circuit.nodes["Pyramidal"].ids("Few")) == [0, 1, 7]
path = circuit.nodes["Pyramidal"].morph.get_filepath(0, extension="asc")
assert path.is_file() if hasattr(path, "is_file") else open(path)
spikes = simulation.spikes["Pyramidal"].get()
assert spikes.iloc[0] == 0 and spikes.index.is_monotonic_increasing and len(spikes) > 30
soma = simulation.reports["soma"]["Basket"].get()
assert soma.shape == (800, 6) and (soma.iloc[0] == -65).all()
sections = simulation.reports["sections"]["Pyramidal"].get(group=[0])
assert sections.shape == (80, 15)
print("passed")
"#;
