//! What we write, the reference readers read: libsonata and bluepysnap, in Python.
//!
//! The interpreter is `.reference/bin/python` of the workspace, or the one that `NEURODAMUS_REFERENCE_PYTHON` names.
//! Without it the test is skipped, unless `NEURODAMUS_REQUIRE_REFERENCE` is 1.

use std::path::{Path, PathBuf};
use std::process::Command;

use sonata::edges::write_edges;
use sonata::nodes::write_nodes;
use sonata::report::ReportWriter;
use sonata::spikes::write_spikes;

use crate::sample;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// The interpreter with the reference readers.
fn python() -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let python = match std::env::var_os("NEURODAMUS_REFERENCE_PYTHON") {
        Some(named) => PathBuf::from(named),
        None => workspace.join(".reference/bin/python"),
    };
    if python.is_file() {
        return Some(python);
    }
    let required = std::env::var("NEURODAMUS_REQUIRE_REFERENCE").is_ok_and(|value| value == "1");
    assert!(!required, "NEURODAMUS_REQUIRE_REFERENCE is 1, but there is no {}", python.display());
    eprintln!("skipped: no Python with libsonata at {}", python.display());
    None
}

/// Runs `script` in `folder`; its last line must be `passed`.
fn run(python: &Path, folder: &Path, script: &str) -> Outcome {
    let output = Command::new(python).arg("-c").arg(script).current_dir(folder).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.trim_end().ends_with("passed"), "{text}\n{errors}");
    Ok(())
}

fn write_sample(folder: &Path) -> Outcome {
    write_nodes(&folder.join("nodes.h5"), &sample::nodes())?;
    write_edges(&folder.join("edges.h5"), &sample::edges())?;
    write_spikes(&folder.join("out.h5"), &sample::spikes())?;
    let layouts = sample::report();
    let mut report = ReportWriter::create(&folder.join("v.h5"), &layouts)?;
    for (population, layout) in layouts.iter().enumerate() {
        report.write_rows(population, 0, &sample::values(0..40, layout.elements()))?;
    }
    report.close()?;
    Ok(())
}

#[test]
fn libsonata_reads_what_we_write() -> Outcome {
    let _turn = crate::alone();
    let Some(python) = python() else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    write_sample(folder.path())?;
    run(&python, folder.path(), LIBSONATA)
}

#[test]
fn bluepysnap_reads_what_we_write() -> Outcome {
    let _turn = crate::alone();
    let Some(python) = python() else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    write_sample(folder.path())?;
    run(&python, folder.path(), BLUEPYSNAP)
}

const LIBSONATA: &str = r#"
import libsonata, numpy, h5py, shutil

storage = libsonata.NodeStorage("nodes.h5")
assert storage.population_names == {"Cells", "Small"}
cells = storage.open_population("Cells")
every = cells.select_all()
assert cells.size == 4
assert cells.enumeration_names == {"mtype"}
assert list(cells.get_attribute("mtype", every)) == ["L5_PC", "L1_DAC", "L5_PC", "L2_BC"]
assert list(cells.enumeration_values("mtype")) == ["L1_DAC", "L2_BC", "L5_PC"]
assert list(cells.get_attribute("etype", every)) == ["cADpyr", "bAC", "", "naïve µ"]
assert list(cells.get_attribute("layer", every)) == [5, 1, 5, -2]
assert cells.get_attribute("x", every).dtype == numpy.float32
assert cells.get_attribute("y", every)[1] == 1e300
assert cells.get_attribute("big", every)[2] == 2**64 - 1
assert cells.dynamics_attribute_names == {"threshold_current", "holding_current"}
assert cells.get_dynamics_attribute("holding_current", every)[0] == -0.01
assert storage.open_population("Small").size == 1

storage = libsonata.EdgeStorage("edges.h5")
edges = storage.open_population("Cells__Cells__chemical")
assert (edges.source, edges.target, edges.size) == ("Cells", "Cells", 6)
assert list(edges.source_nodes(edges.select_all())) == [2, 0, 0, 1, 2, 3]
assert edges.afferent_edges([1]).ranges == [(1, 3), (4, 5)]
assert edges.efferent_edges([0, 3]).ranges == [(1, 3), (5, 6)]
assert list(edges.get_attribute("conductance", edges.afferent_edges([1]))) == [0.25, 3.0, 5.0]
assert storage.open_population("Small__Cells__chemical").afferent_edges([0, 1, 2, 3]).flat_size == 0

# The indices that libsonata makes of the same columns
def tables(name):
    with h5py.File(name) as file:
        return [(f"{p}/{i}/{t}", d.dtype, d[:].tolist())
                for p, e in file["edges"].items() for i, g in e["indices"].items() for t, d in g.items()]
shutil.copy("edges.h5", "again.h5")
with h5py.File("again.h5", "r+") as file:
    del file["edges/Cells__Cells__chemical/indices"]
libsonata.EdgePopulation.write_indices("again.h5", "Cells__Cells__chemical", 4, 4)
assert tables("again.h5") == tables("edges.h5")

reader = libsonata.SpikeReader("out.h5")
assert sorted(reader.get_population_names()) == ["Cells", "Small"]
assert reader["Cells"].sorting == "by_time"
assert reader["Cells"].get() == [(0, 0.05), (1, 0.1), (2, 2.5), (2, 2.5), (3, 2.5)]
assert reader["Small"].get() == []

reader = libsonata.ElementReportReader("v.h5")
assert sorted(reader.get_population_names()) == ["Cells", "Small"]
cells = reader["Cells"]
assert (cells.times, cells.time_units, cells.data_units) == ((0.0, 4.0, 0.1), "ms", "mV")
assert not cells.sorted or list(cells.get_node_ids()) == [0, 2, 3]
data = cells.get()
assert data.ids.tolist() == [[0, 0], [0, 1], [0, 1], [0, 2], [2, 0], [3, 7]]
assert data.data.shape == (40, 6) and data.data[3, 4] == 1.5 - 400.0
print("passed")
"#;

const BLUEPYSNAP: &str = r#"
import json, bluepysnap

json.dump({"version": 2, "networks": {
    "nodes": [{"nodes_file": "$BASE_DIR/nodes.h5", "populations": {
        "Cells": {"type": "virtual"}, "Small": {"type": "virtual"}}}],
    "edges": [{"edges_file": "$BASE_DIR/edges.h5", "populations": {
        "Cells__Cells__chemical": {"type": "chemical"}, "Small__Cells__chemical": {"type": "chemical"}}}],
}, "manifest": {"$BASE_DIR": "."}}, open("circuit_config.json", "w"))
json.dump({"manifest": {"$BASE_DIR": "."}, "version": 1, "network": "$BASE_DIR/circuit_config.json",
    "run": {"tstop": 4, "dt": 0.025, "random_seed": 1},
    "output": {"output_dir": "$BASE_DIR", "spikes_file": "out.h5"},
    "reports": {"v": {"type": "compartment", "cells": "all", "sections": "all", "variable_name": "v", "dt": 0.1,
        "start_time": 0, "end_time": 4, "file_name": "v"}}}, open("simulation_config.json", "w"))

circuit = bluepysnap.Circuit("circuit_config.json")
cells = circuit.nodes["Cells"]
assert cells.size == 4
frame = cells.get()
assert list(frame["mtype"]) == ["L5_PC", "L1_DAC", "L5_PC", "L2_BC"]
assert list(frame["etype"]) == ["cADpyr", "bAC", "", "naïve µ"]
assert list(cells.ids({"mtype": "L5_PC"})) == [0, 2]
assert list(cells.positions().loc[0]) == [0.5, 0.25, 1.0]
assert abs(cells.orientations()[0][0, 2] - 1.0) < 1e-6
edges = circuit.edges["Cells__Cells__chemical"]
assert list(edges.afferent_edges(1)) == [1, 2, 4]
assert sorted(edges.afferent_nodes(1)) == [0, 2]
assert list(edges.afferent_edges(1, ["conductance"])["conductance"]) == [0.25, 3.0, 5.0]

simulation = bluepysnap.Simulation("simulation_config.json")
spikes = simulation.spikes["Cells"]
assert list(spikes.get([3, 0, 1])) == [0, 1, 3]
assert list(spikes.get().index) == [0.05, 0.1, 2.5, 2.5, 2.5]
report = simulation.reports["v"]["Cells"].get()
assert report.shape == (40, 6) and report.iloc[3, 4] == 1.5 - 400.0
print("passed")
"#;
