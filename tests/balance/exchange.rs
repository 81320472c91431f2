//! Allocations between this program and neurodamus 4.2.9 of Python: each reads what the other wrote, and both distribute the
//! same cells in the same way.

use std::fs;

use crate::network;
use crate::python;

/// Compares an allocation written here with the one that neurodamus makes of the same file of memory, and leaves the latter
/// in its place.
const COMPARE: &str = r#"
import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path

os.environ["HOC_LIBRARY_PATH"] = str(Path(find_spec("neurodamus").origin).parent / "data/hoc")
os.environ["NEURON_INIT_MPI"] = "0"
from neurodamus.utils.memory import CellMemoryUsage, DryRunStats

stats = DryRunStats()
own = {}
for cycle in range(2):
    # Of the only rank there is
    for population, places in stats.import_allocation_stats("allocation_r1_c2.pkl.gz", cycle).items():
        own.setdefault(population, {}).update({place: sorted(map(int, ids)) for place, ids in places.items()})
assert sum(len(ids) for ids in own["Pyramidal"].values()) == 8, own

stats.cell_memory_usage = CellMemoryUsage.from_json("cell_memory_usage.json")
theirs, _, _ = stats.distribute_cells_with_validation(1, 2)
theirs = {p: {place: sorted(map(int, ids)) for place, ids in d.items()} for p, d in theirs.items()}
assert own == theirs, (own, theirs)
print("passed", flush=True)
os._exit(0)
"#;

#[test]
fn neurodamus_reads_and_makes_the_same_allocations() {
    let Some(python) = python::find() else { return };
    let network = network();
    let steps = ["--lb-mode=Memory", "--modelbuilding-steps=2", "--threads=1"];
    network.run_on_ranks(1, "output", &steps).expect("it runs");
    // With what neurodamus knows of synapses
    let path = network.path("cell_memory_usage.json");
    let mut usage: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&path).expect("the file")).expect("JSON");
    usage.as_object_mut().expect("a table").remove("metype_estimates");
    fs::write(&path, usage.to_string()).expect("written");
    let allocation = network.path("allocation_r1_c2.pkl.gz");
    fs::remove_file(&allocation).expect("it was written");
    network.run_on_ranks(1, "output", &steps).expect("it runs");
    let written_here = fs::read(&allocation).expect("it was written again");
    python::run(&python, &network.path(""), COMPARE, &[]);
    assert_ne!(fs::read(&allocation).expect("the allocation"), written_here, "neurodamus wrote another file");
    network.run_on_ranks(1, "output", &steps).expect("it reads what neurodamus wrote");
}
