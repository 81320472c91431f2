//! Each key of connection overrides, and which of several holds.

use serde_json::{Value, json};

use crate::comparison::{Models, Network, compare};

/// Compares the network with some overrides.
fn with(overrides: Value) {
    compare(Models::BuiltIn, |network| network.set("connection_overrides", overrides));
}

#[test]
fn weights() {
    with(json!([{ "name": "a", "source": "Pyramidal", "target": "All", "weight": 1.7 }]));
}

#[test]
fn no_weight_leaves_connections_out() {
    with(json!([{ "name": "a", "source": "Basket", "target": "Pyramidal", "weight": 0.0 }]));
}

#[test]
fn delays() {
    with(json!([{ "name": "a", "source": "All", "target": "All", "synapse_delay_override": 4.2 }]));
}

/// The weight changes while the simulation runs; before, it is that of the other override.
#[test]
fn later_weights() {
    with(json!([
        { "name": "first", "source": "Pyramidal", "target": "All", "weight": 0.5 },
        { "name": "on", "source": "Pyramidal", "target": "All", "weight": 2.5, "delay": 30.0 },
        { "name": "off", "source": "Pyramidal", "target": "Basket", "weight": 0.0, "delay": 60.0 },
    ]));
}

#[test]
fn configured_synapses() {
    with(json!([
        { "name": "a", "source": "Pyramidal", "target": "All", "synapse_configure": "%s.mg = 0.5 %s.NMDA_ratio *= 2" },
        { "name": "b", "source": "Basket", "target": "All", "synapse_configure": "%s.e_GABAA = -70 %s.tau_d_GABAA = 5.5" },
    ]));
}

/// Snippets add up, in the order of the overrides.
#[test]
fn configured_twice() {
    with(json!([
        { "name": "a", "source": "All", "target": "All", "synapse_configure": "%s.Use = 0.9" },
        { "name": "b", "source": "Pyramidal", "target": "Pyramidal", "synapse_configure": "%s.Use *= 0.5 %s.Dep = 5" },
    ]));
}

/// The last override that selects a connection holds, and resets what it does not mention.
#[test]
fn last_override_holds() {
    with(json!([
        { "name": "all", "source": "All", "target": "All", "weight": 2.0, "spont_minis": 3.0 },
        { "name": "some", "source": "Pyramidal", "target": "Slender", "weight": 0.7 },
        { "name": "one", "source": "First", "target": "All", "synapse_delay_override": 2.0 },
    ]));
}

#[test]
fn another_model_of_the_synapse() {
    with(json!([
        { "name": "a", "source": "Basket", "target": "Pyramidal", "modoverride": "AMPANMDA", "weight": 0.2 },
        { "name": "b", "source": "Thalamus", "target": "Basket", "modoverride": "GABAAB" },
    ]));
}

#[test]
fn weights_of_a_projection() {
    with(json!([{ "name": "a", "source": "Thalamus", "target": "All", "weight": 2.2 }]));
}

/// A global that overrides set has the value for the edges that are made last, here those of the projection.
#[test]
fn configured_globals() {
    with(json!([
        { "name": "thalamic", "source": "Thalamus", "target": "All",
            "synapse_configure": "%s.Use *= 1 tau_d_NMDA_ProbAMPANMDA_EMS = 80" },
        { "name": "own", "source": "Pyramidal", "target": "All",
            "synapse_configure": "%s.Use *= 1 tau_d_NMDA_ProbAMPANMDA_EMS = 20" },
    ]));
}

#[test]
fn overrides_that_change_nothing_are_told() {
    let network = Network::new();
    network.configure(|config| {
        config["run"]["tstop"] = 1.0.into();
        config["connection_overrides"] = json!([
            { "name": "all", "source": "All", "target": "All" },
            { "name": "some", "source": "Pyramidal", "target": "All", "weight": 2.0 },
            { "name": "none", "source": "Basket", "target": "Basket", "weight": 0.0 },
            { "name": "late", "source": "Pyramidal", "target": "All", "weight": 0.5, "delay": 0.5 },
            { "name": "late too", "source": "Basket", "target": "All", "weight": 0.5, "delay": 0.5 },
        ]);
    });
    let output = network.run_program(&["--threads=1", "--verbose"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let lines: Vec<&str> = errors.lines().filter(|line| line.contains("override `")).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    warning: override `late` has a delay, but changes no connection that an override gives weight 0 before
    debug: override `some` takes the place of `all` where both match
    debug: override `none` takes the place of `all` where both match
    ");
}
