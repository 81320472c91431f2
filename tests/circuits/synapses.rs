//! Models of synapses, their attributes, spontaneous and replayed release.

use serde_json::json;

use crate::comparison::{Models, Network, compare};

/// Both stochastic models with depression, facilitation and several release sites; recurrent, thalamic and inhibitory.
#[test]
fn stochastic_synapses() {
    let spikes = compare(Models::BuiltIn, |network| network.set("run/tstop", 150.0));
    assert!(spikes > 20, "{spikes} spikes");
}

#[test]
fn stochastic_synapses_from_files() {
    compare(Models::Files, |network| network.set("run/tstop", 120.0));
}

#[test]
fn longer_steps_and_another_temperature() {
    compare(Models::BuiltIn, |network| {
        network.set("run/dt", 0.05);
        network.set("conditions/celsius", 20.0);
        network.set("conditions/v_init", -70.0);
    });
}

#[test]
fn other_seeds() {
    compare(Models::BuiltIn, |network| network.set("run/random_seed", 2026));
    compare(Models::BuiltIn, |network| network.set("run/synapse_seed", 31));
}

#[test]
fn release_scaled_by_calcium() {
    compare(Models::BuiltIn, |network| network.set("conditions/extracellular_calcium", 1.2));
}

#[test]
fn random_rise_times_of_inhibition() {
    compare(Models::BuiltIn, |network| network.set("conditions/randomize_gaba_rise_time", true));
}

#[test]
fn depleted_synapses_and_single_vesicles() {
    compare(Models::BuiltIn, |network| {
        network.set(
            "conditions/mechanisms",
            json!({
                "ProbAMPANMDA_EMS": { "init_depleted": true, "minis_single_vesicle": true },
                "ProbGABAAB_EMS": { "init_depleted": true, "minis_single_vesicle": false },
            }),
        );
        network.set(
            "connection_overrides",
            json!([{ "name": "minis", "source": "All", "target": "All", "spont_minis": 4.0 }]),
        );
    });
}

/// Spontaneous release, also of projections from virtual nodes.
#[test]
fn spontaneous_release() {
    compare(Models::BuiltIn, |network| {
        network.set(
            "connection_overrides",
            json!([
                { "name": "own", "source": "All", "target": "All", "spont_minis": 2.0 },
                { "name": "thalamic", "source": "Thalamus", "target": "Pyramidal", "spont_minis": 5.0 },
            ]),
        );
        network.set("run/minis_seed", 5);
    });
}

/// Spikes that are replayed from a time on, and only to some cells; twice, so that they add up.
#[test]
fn replay_to_some_cells() {
    compare(Models::BuiltIn, |network| {
        network.set("inputs/thalamus/node_set", "Slender");
        network.set("inputs/thalamus/delay", 1.0);
        let mut again = json!(null);
        network.configure(|config| again = config["inputs"]["thalamus"].clone());
        again["node_set"] = "Basket".into();
        network.set("inputs/again", again);
    });
}

/// Plastic synapses, made by a helper that the circuit brings along.
#[test]
fn plastic_synapses() {
    let spikes = compare(Models::BuiltIn, |network| {
        let helper = network.path("templates/PlasticHelper.hoc");
        std::fs::write(helper, include_str!("PlasticHelper.hoc")).expect("a file");
        network.set(
            "connection_overrides",
            json!([{ "name": "plastic", "source": "Pyramidal", "target": "Pyramidal", "modoverride": "Plastic" }]),
        );
        network.set("conditions/mechanisms", json!({ "GluSynapse": { "cao_CR": 1.5 } }));
        network.set("conditions/extracellular_calcium", 1.5);
    });
    assert!(spikes > 5, "{spikes} spikes");
}

/// Edges that are `Exp2Syn` from the start, whose weights are conductances in uS.
#[test]
fn deterministic_synapses() {
    compare(Models::BuiltIn, |network| {
        network.change_json("circuit_config.json", |config| {
            let edges = &mut config["networks"]["edges"][0]["populations"];
            edges["Basket__Pyramidal__chemical"]["type"] = "Exp2Syn_synapse".into();
        });
        network.set(
            "connection_overrides",
            json!([{ "name": "a", "source": "Basket", "target": "Pyramidal", "modoverride": "Exp2Syn",
                "weight": 0.002 }]),
        );
    });
}

#[test]
fn gap_junctions() {
    compare(Models::BuiltIn, Network::add_gap_junctions);
    compare(Models::Files, |network| {
        network.add_gap_junctions();
        network.set("run/dt", 0.05);
    });
}
