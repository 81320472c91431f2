//! Connections that are switched off while a simulation runs, and on again.
//!
//! `cargo run --example make_ring && cargo run --example disable_connections`

use std::path::Path;

use neurodamus::node::{Cells, Node, Pathway};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ring/simulation_config.json");
    run(&config)?;
    Ok(())
}

/// Simulates a config with the basket cells cut off from 50 ms to 150 ms.
pub fn run(config: &Path) -> Result<(), neurodamus::failure::Failure> {
    let mut node = Node::open(config)?;
    node.build()?;
    node.solve(50.0)?;

    // All connections from one population to another; single cells are named by their gids: `Cells::from(62698)`
    let inhibition =
        Pathway { target: Cells::Population("Pyramidal".into()), source: Cells::Population("Basket".into()) };
    let count = node.disable_connections(&inhibition)?;
    println!("at {:.0} ms {count} synapses fell silent", node.t());
    node.solve(150.0)?;
    node.enable_connections(&inhibition)?;

    node.run_to_end()?;
    println!("{} spikes", node.spikes().len());
    node.finish()
}
