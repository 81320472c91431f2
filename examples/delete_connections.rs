//! Connections that are left out of a model, so that they take neither time nor memory.
//!
//! `cargo run --example make_ring && cargo run --example delete_connections`

use std::path::Path;

use neurodamus::node::{Cells, Node, Pathway};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ring/simulation_config.json");
    run(&config)?;
    Ok(())
}

/// Simulates a config without the connections among its pyramidal cells.
pub fn run(config: &Path) -> Result<(), neurodamus::failure::Failure> {
    let mut node = Node::open(config)?;
    let pyramidal = || Cells::Population("Pyramidal".into());
    node.delete_connections(&Pathway { target: pyramidal(), source: pyramidal() })?;
    node.build()?;
    node.run_to_end()?;
    println!("{} spikes", node.spikes().len());
    node.finish()
}
