//! A simulation phase by phase: what the program does from a config to its outputs, with each phase asked for by name.
//!
//! `cargo run --example make_ring && cargo run --example node_run [CONFIG]`

use std::path::{Path, PathBuf};

use neurodamus::node::Node;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ring/simulation_config.json");
    let config = std::env::args_os().nth(1).map_or_else(default, PathBuf::from);
    run(&config)?;
    Ok(())
}

/// Simulates a config, and returns the number of spikes.
pub fn run(config: &Path) -> Result<usize, neurodamus::failure::Failure> {
    let mut node = Node::open(config)?;

    // Which nodes of the circuit are simulated, and which of them this rank gets
    let plan = node.load_targets()?;
    println!("{} cells in {} populations", plan.cell_count(), plan.populations.len());
    node.compute_load_balance()?;
    println!("{} of them on this rank", node.cell_count());

    // Cells from templates and morphologies, changed as `conditions.modifications` says
    node.enable_modifications()?;
    node.create_cells()?;

    // Synapses, gap junctions and the connections between cells
    node.create_synapses()?;

    // What drives the cells, and what is recorded of them
    node.enable_stimuli()?;
    node.enable_reports()?;

    // Time
    node.initialize()?;
    for until in [50.0, 100.0, 150.0] {
        node.solve(until)?;
        println!("{} spikes until {:.0} ms", node.spikes().len(), node.t());
    }
    node.run_to_end()?;
    println!("{} spikes in all", node.spikes().len());
    let spikes = node.spikes().len();

    // Spikes and reports on disk; then the memory of the model is given back
    node.finish()?;
    node.clear();
    Ok(spikes)
}
