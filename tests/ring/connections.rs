//! A simulation run phase by phase, with connections switched or left out between the phases.

use std::sync::Arc;

use neurodamus::App;
use neurodamus::command_line::Options;
use neurodamus::failure::Failure;
use neurodamus::node::{Cells, Node, Pathway};
use systems::communicator::run_on_simulated_ranks;

use crate::circuit::Ring;

#[path = "../../examples/node_run.rs"]
#[allow(dead_code)]
mod node_run;

#[path = "../../examples/disable_connections.rs"]
#[allow(dead_code)]
mod disable_connections;

#[path = "../../examples/delete_connections.rs"]
#[allow(dead_code)]
mod delete_connections;

/// A spike: time (ms) and gid.
type Spikes = Vec<(f64, u64)>;

fn within_pyramidal() -> Pathway {
    let pyramidal = || Cells::Population("Pyramidal".into());
    Pathway { target: pyramidal(), source: pyramidal() }
}

fn spikes(node: &Node) -> Spikes {
    node.spikes().iter().map(|spike| (spike.time, spike.source.gid())).collect()
}

fn open(ring: &Ring) -> Node {
    Node::open(ring.path("simulation_config.json")).expect("the config")
}

fn to_end(mut node: Node) -> Spikes {
    node.build().expect("it builds");
    node.run_to_end().expect("it runs");
    spikes(&node)
}

#[test]
fn a_run_with_stops_is_the_same_as_one_without() {
    let ring = Ring::new();
    ring.run_on_ranks(1, "whole", &[]).expect("it runs");
    let count = node_run::run(&ring.path("simulation_config.json")).expect("it runs");
    assert_eq!(ring.spikes("output"), ring.spikes("whole"));
    let written: usize = ring.spikes("whole").iter().map(|population| population.timestamps.len()).sum();
    assert_eq!(count, written);
    for report in ["soma", "segments"] {
        assert_eq!(ring.report("output", report), ring.report("whole", report));
    }
}

#[test]
fn disabled_connections_carry_no_spikes_until_they_are_enabled() {
    let ring = Ring::new();
    let all = to_end(open(&ring));
    let mut node = open(&ring);
    node.build().expect("it builds");
    node.solve(50.0).expect("it runs");
    let until = spikes(&node);
    assert_eq!(until, all[..until.len()]);
    assert!(node.disable_connections(&within_pyramidal()).expect("it is possible") > 0);
    node.run_to_end().expect("it runs");
    assert_ne!(spikes(&node), all, "something is missing");
    // Its reports are open
    drop(node);
    // Switched off and on again at once: nothing happened
    let mut node = open(&ring);
    node.build().expect("it builds");
    node.solve(50.0).expect("it runs");
    node.disable_connections(&within_pyramidal()).expect("it is possible");
    node.enable_connections(&within_pyramidal()).expect("it is possible");
    node.run_to_end().expect("it runs");
    assert_eq!(spikes(&node), all);
}

#[test]
fn deleted_connections_are_those_that_never_carry_a_spike() {
    let ring = Ring::new();
    let mut deleted = open(&ring);
    deleted.delete_connections(&within_pyramidal()).expect("it is early enough");
    let mut disabled = open(&ring);
    assert_eq!(disabled.disable_connections(&within_pyramidal()).expect("it is possible"), 0);
    let without = to_end(deleted);
    assert_eq!(without, to_end(disabled));
    assert_ne!(without, to_end(open(&ring)));
}

#[test]
fn ranks_leave_no_trace_in_what_is_switched() {
    let ring = Ring::new();
    let run = |ranks: usize| -> Spikes {
        let options = Options::of(ring.path("simulation_config.json"));
        let results = run_on_simulated_ranks(ranks, |communicator| -> Result<Spikes, Failure> {
            let mut node = Node::new(&App::new(), &options, Arc::new(communicator))?;
            node.build()?;
            node.solve(60.0)?;
            node.disable_connections(&Pathway { target: Cells::All, source: (0..2003).collect() })?;
            node.run_to_end()?;
            Ok(spikes(&node))
        });
        let mut all: Spikes = results.into_iter().flat_map(|result| result.expect("it runs")).collect();
        all.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        all
    };
    let one = run(1);
    assert!(!one.is_empty());
    assert_eq!(run(3), one);
}

#[test]
fn what_comes_too_late_is_refused() {
    let ring = Ring::new();
    let mut node = open(&ring);
    node.build().expect("it builds");
    let message = |result: Result<(), Failure>| result.expect_err("it is too late").to_string();
    insta::assert_snapshot!(message(node.delete_connections(&within_pyramidal())), @r"
    the connections exist already
    help: delete connections before synapses are created, or disable them
    ");
    insta::assert_snapshot!(message(node.enable_stimuli()), @r"
    the model is assembled already
    help: attach everything before the model is initialised
    ");
    insta::assert_snapshot!(message(node.enable_modifications()), @r"
    the cells exist already, unmodified
    help: enable modifications before the cells are created
    ");
    let nobody = Pathway { target: Cells::Population("Granule".into()), source: Cells::All };
    insta::assert_snapshot!(message(node.disable_connections(&nobody).map(drop)), @r"
    there is no simulated node population `Granule`
    help: the populations are `Basket`, `Drive`, `Pyramidal`
    ");
}

#[test]
fn examples_run() {
    let ring = Ring::new();
    disable_connections::run(&ring.path("simulation_config.json")).expect("it runs");
    delete_connections::run(&ring.path("simulation_config.json")).expect("it runs");
}
