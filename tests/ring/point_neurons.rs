//! Point neurons beside cells with compartments.

use insta::assert_snapshot;
use neurodamus::model::{Model, NetCon, RunOptions};
use serde_json::json;
use sonata::Column;
use sonata::edges::{EdgeTable, write_edges};
use sonata::nodes::{NodeTable, write_nodes};

use crate::circuit::Ring;
use crate::invariance::bits;
use crate::messages::complaint;

const TEMPLATE: &str = "
begintemplate Point
public pointcell
objref pointcell
proc init() {
  pointcell = new IntFire1()
  pointcell.tau = 8 + $1
  pointcell.refrac = 2
}
endtemplate Point
";

const COUNT: u64 = 5;

/// Edges from each pair of (source, target), with delays (ms) and weights from their places.
fn edges(source: (&str, u64), target: (&str, u64), pairs: &[(u64, u64)]) -> EdgeTable {
    let mut pairs = pairs.to_vec();
    pairs.sort_by_key(|&(source, target)| (target, source));
    let numbers = || (0..pairs.len()).map(|number| number as f32);
    let attributes = vec![
        ("conductance".to_owned(), Column::Float32(numbers().map(|number| 0.5 + 0.125 * number).collect())),
        ("delay".to_owned(), Column::Float32(numbers().map(|number| 1.0 + 0.25 * number).collect())),
    ];
    EdgeTable {
        name: format!("{}__{}__point_process", source.0, target.0),
        source_population: source.0.to_owned(),
        target_population: target.0.to_owned(),
        source_count: source.1,
        target_count: target.1,
        sources: pairs.iter().map(|pair| pair.0).collect(),
        targets: pairs.iter().map(|pair| pair.1).collect(),
        attributes,
    }
}

/// The pairs that are connected: replayed spikes to point neurons, pyramidal cells to them, and they among each other.
const DRIVEN: [(u64, u64); 4] = [(0, 0), (1, 1), (2, 2), (0, 3)];
const EXCITED: [(u64, u64); 5] = [(0, 1), (3, 2), (3, 4), (9, 4), (12, 0)];

fn recurrent() -> Vec<(u64, u64)> {
    (0..COUNT).flat_map(|node| [(node, (node + 1) % COUNT), (node, (node + 2) % COUNT)]).collect()
}

/// The network with a population of point neurons.
fn with_points(stop: f64) -> Ring {
    let ring = Ring::lasting(stop);
    std::fs::create_dir(ring.path("points")).expect("a folder");
    std::fs::write(ring.path("points/Point.hoc"), TEMPLATE).expect("a template");
    let template = Column::library(&vec!["hoc:Point"; COUNT as usize]);
    let attributes = vec![("model_template".to_owned(), template)];
    let nodes = NodeTable { name: "Points".into(), len: COUNT, attributes, dynamics: Vec::new() };
    write_nodes(&ring.path("points.h5"), &[nodes]).expect("the nodes");
    let (points, pyramidal) = (("Points", COUNT), ("Pyramidal", 14));
    let tables = [
        edges(("Drive", 4), points, &DRIVEN),
        edges(pyramidal, points, &EXCITED),
        edges(points, points, &recurrent()),
    ];
    write_edges(&ring.path("point_edges.h5"), &tables).expect("the edges");
    ring.change_json("circuit_config.json", |config| {
        let population =
            json!({ "type": "point_process", "biophysical_neuron_models_dir": "$CIRCUIT_DIR/points" });
        let networks = &mut config["networks"];
        networks["nodes"].as_array_mut().expect("a list").push(json!({
            "nodes_file": "$CIRCUIT_DIR/points.h5", "populations": { "Points": population }
        }));
        let populations: serde_json::Map<_, _> =
            tables.iter().map(|table| (table.name.clone(), json!({ "type": "point_process" }))).collect();
        networks["edges"].as_array_mut().expect("a list").push(json!({
            "edges_file": "$CIRCUIT_DIR/point_edges.h5", "populations": populations
        }));
    });
    ring.change_json("node_sets.json", |sets| {
        sets["Points"] = json!({ "population": "Points" });
        sets["Everything"] = json!(["All", "Points"]);
    });
    ring.configure(|config| {
        config["node_set"] = "Everything".into();
        let mut drive = config["inputs"]["drive"].clone();
        drive["node_set"] = "Points".into();
        config["inputs"]["drive points"] = drive;
        // Whatever overrides concern would have to be selected by one
        config["connection_overrides"][0]["target"] = "All".into();
    });
    ring
}

#[test]
fn ranks_threads_and_groups_change_nothing() {
    let ring = with_points(80.0);
    ring.run_on_ranks(1, "expected", &["--threads=1", "--group-size=1000"]).expect("it runs");
    let expected = bits(&ring, "expected");
    let points = ring.spikes("expected").into_iter().find(|population| population.name == "Points");
    assert!(points.expect("they are written").node_ids.len() > 10, "point neurons spike");
    for (ranks, size) in [(1, 1), (2, 4), (3, 1), (4, 1000)] {
        let size = format!("--group-size={size}");
        ring.run_on_ranks(ranks, "found", &["--threads=2", &size]).expect("it runs");
        assert!(bits(&ring, "found") == expected, "{ranks} ranks, {size}");
    }
}

/// Point neurons alone, as a model built by hand has them.
#[test]
fn point_neurons_are_those_of_a_model() {
    let ring = with_points(150.0);
    ring.configure(|config| {
        config["node_set"] = "Points".into();
        config["inputs"] = json!({ "drive": config["inputs"]["drive points"].clone() });
        config["reports"] = json!({});
        config["connection_overrides"] = json!([]);
    });
    ring.run_on_ranks(2, "output", &["--threads=1"]).expect("it runs");
    let spikes = ring.spikes("output");
    let found: Vec<(f64, u64)> = spikes
        .iter()
        .flat_map(|population| population.timestamps.iter().copied().zip(population.node_ids.iter().copied()))
        .collect();

    let mut model = Model::new();
    let cells: Vec<_> = (0..COUNT)
        .map(|node| {
            let cell = model.artificial_cell("IntFire1").expect("it is built in");
            model.set_variables(cell, &[("tau", 8.0 + node as f64), ("refrac", 2.0)]).expect("it has both");
            model.record_spikes(cell).expect("it spikes");
            cell
        })
        .collect();
    let drive = sonata::spikes::read_spikes(&ring.path("drive.h5")).expect("the spikes").remove(0);
    let weight = |number: usize| (0.5 + 0.125 * number as f64, 1.0 + 0.25 * number as f64);
    let sorted = |pairs: &[(u64, u64)]| {
        let mut pairs = pairs.to_vec();
        pairs.sort_by_key(|&(source, target)| (target, source));
        pairs
    };
    for (number, (source, target)) in sorted(&DRIVEN).into_iter().enumerate() {
        let times = drive.timestamps.iter().zip(&drive.node_ids).filter(|(_, node)| **node == source);
        let times: Vec<f64> = times.map(|(time, _)| *time).collect();
        let player = model.artificial_cell("VecStim").expect("it is built in");
        model.set_times(player, &times).expect("they ascend");
        let (weight, delay) = weight(number);
        let connection = NetCon::new(player, cells[target as usize]).weight(weight).delay(delay);
        model.net_con(connection).expect("it takes events");
    }
    for (number, (source, target)) in sorted(&recurrent()).into_iter().enumerate() {
        let (weight, delay) = weight(number);
        let connection =
            NetCon::new(cells[source as usize], cells[target as usize]).weight(weight).delay(delay);
        model.net_con(connection).expect("it takes events");
    }
    let recordings = model.run(&RunOptions { tstop: 150.0, ..RunOptions::default() }).expect("it runs");
    let expected: Vec<(f64, u64)> =
        recordings.all_spikes.iter().copied().filter(|&(_, gid)| gid < COUNT).collect();
    assert!(expected.len() > 20, "point neurons spike");
    assert_eq!(found, expected);
}

#[test]
fn template_without_a_point_neuron() {
    let ring = with_points(20.0);
    ring.replace("points/Point.hoc", "new IntFire1()", "new Vector()");
    ring.replace("points/Point.hoc", "  pointcell.tau = 8 + $1\n  pointcell.refrac = 2\n", "");
    assert_snapshot!(complaint(&ring), @"");
}

#[test]
fn two_edges_between_two_point_neurons() {
    let ring = with_points(20.0);
    let points = ("Points", COUNT);
    let tables = [
        edges(("Drive", 4), points, &DRIVEN),
        edges(("Pyramidal", 14), points, &EXCITED),
        edges(points, points, &[(0, 1), (0, 1)]),
    ];
    write_edges(&ring.path("point_edges.h5"), &tables).expect("the edges");
    assert_snapshot!(complaint(&ring), @"");
}
