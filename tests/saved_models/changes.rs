//! What may change between saving and loading, and what may not: each is named.

use serde_json::{Value, json};

use crate::network::Network;

/// Why the saved model cannot be used, on two ranks.
fn refusal(network: &Network) -> String {
    let failure =
        network.run_on_ranks(2, "output", &["--build-model=OFF", "--threads=1"]).expect_err("it has changed");
    let folder = network.path("").canonicalize().expect("the folder");
    let text = failure.to_string().replace(&format!("{}/", folder.display()), "");
    text.replace(&format!("{}/", network.path("").display()).replace("//", "/"), "")
}

/// The message when a key of the simulation config has another value.
fn changed(network: &Network, path: &str, value: Value) -> String {
    let mut before = Value::Null;
    network.configure(|config| {
        let place = path.split('/').fold(config, |place, key| &mut place[key]);
        before = std::mem::replace(place, value);
    });
    let message = refusal(network);
    network.configure(|config| {
        let mut keys: Vec<&str> = path.split('/').collect();
        let last = keys.pop().expect("a key");
        let parent = keys.iter().fold(config, |place, key| &mut place[*key]);
        match before {
            Value::Null => drop(parent.as_object_mut().map(|parent| parent.remove(last))),
            before => parent[last] = before,
        }
    });
    let reason = message.lines().next().unwrap_or_default().to_owned();
    format!("{path}: {}\n", reason.replace("the saved model in `build` cannot be used: ", ""))
}

#[test]
fn each_key_that_the_model_follows_from_is_named() {
    let network = Network::new();
    network.save(2);
    let overrides = json!([{ "name": "minis", "source": "All", "target": "All", "spont_minis": 4.0 }]);
    let modification = json!([{
        "name": "wider", "node_set": "Basket", "type": "section_list", "section_configure": "somatic.cm *= 1.2",
    }]);
    let replay = json!({
        "module": "synapse_replay", "input_type": "spikes", "spike_file": "thalamus.h5", "delay": 1.0,
        "duration": 2000.0, "node_set": "All",
    });
    let mut messages = String::new();
    for (path, value) in [
        ("run/dt", json!(0.05)),
        ("run/random_seed", json!(8)),
        ("run/synapse_seed", json!(8)),
        ("run/minis_seed", json!(8)),
        ("run/ionchannel_seed", json!(8)),
        ("run/spike_threshold", json!(-20.0)),
        ("conditions/celsius", json!(17.0)),
        ("conditions/v_init", json!(-70.0)),
        ("conditions/extracellular_calcium", json!(1.9)),
        ("conditions/randomize_gaba_rise_time", json!(false)),
        ("conditions/modifications", modification),
        ("conditions/mechanisms", json!({ "ProbAMPANMDA_EMS": { "nc_type_param": 6 } })),
        ("node_set", json!("Pyramidal")),
        ("connection_overrides", overrides),
        ("inputs/thalamus", replay),
        (
            "inputs/again",
            json!({
                "module": "synapse_replay", "input_type": "spikes", "spike_file": "thalamus.h5", "delay": 0.0,
                "duration": 2000.0, "node_set": "All",
            }),
        ),
        ("beta_features", json!({ "gapjunction_target_population": "Basket", "deterministic_stoch": true })),
    ] {
        messages += &changed(&network, path, value);
    }
    insta::assert_snapshot!(messages);
    network.run_saved(1, "output", &[]);
}

#[test]
fn files_and_mechanisms_that_have_changed_are_named() {
    let network = Network::new();
    network.save(1);
    let mut messages = String::new();
    let mut told = |what: &str| messages += &format!("{what}: {}\n", refusal(&network));

    let template = "templates/RingCell.hoc";
    let text = std::fs::read_to_string(network.path(template)).expect("the template");
    std::fs::write(network.path(template), format!("{text}\n// later\n")).expect("it is written");
    told("template");
    std::fs::write(network.path(template), text).expect("it is written");

    let edges = std::fs::read(network.path("edges.h5")).expect("the edges");
    std::fs::write(network.path("edges.h5"), [&edges[..], &[0]].concat()).expect("they are written");
    told("edges");
    std::fs::write(network.path("edges.h5"), edges).expect("they are written");

    network.change_json("node_sets.json", |sets| {
        sets["All"] = json!(["Pyramidal"]);
    });
    told("node set");
    network.change_json("node_sets.json", |sets| {
        sets["All"] = json!(["Pyramidal", "Basket"]);
        sets["Unused"] = json!({ "population": "Basket", "node_id": [0] });
    });

    let spikes = std::fs::read(network.path("thalamus.h5")).expect("the spikes");
    std::fs::remove_file(network.path("thalamus.h5")).expect("it was there");
    std::fs::copy(network.path("nodes.h5"), network.path("thalamus.h5")).expect("a copy");
    told("replayed spikes");
    std::fs::write(network.path("thalamus.h5"), spikes).expect("they are written");

    network.change_json("circuit_config.json", |config| {
        let edges = config["networks"]["edges"].as_array_mut().expect("edges");
        edges.pop();
    });
    told("edge population");
    network.change_json("circuit_config.json", |config| {
        let edges = config["networks"]["edges"].as_array_mut().expect("edges");
        edges.push(json!({
            "edges_file": "$CIRCUIT_DIR/gap_junctions.h5",
            "populations": { "Basket__Basket__electrical": { "type": "electrical" } },
        }));
    });

    insta::assert_snapshot!(messages);
    network.run_saved(1, "output", &[]);
}

#[test]
fn a_mechanism_with_another_text_is_named() {
    let network = Network::new();
    std::fs::create_dir(network.path("mechanisms")).expect("a folder");
    let text = "NEURON { POINT_PROCESS Gap RANGE g, i, vgap NONSPECIFIC_CURRENT i }\n\
                PARAMETER { g = 0 (nanosiemens) }\nASSIGNED { v i vgap }\n\
                BREAKPOINT { i = g * (v - vgap) * 0.001 }\n";
    std::fs::write(network.path("mechanisms/gap.mod"), text).expect("a file");
    network.change_json("circuit_config.json", |config| {
        config["components"]["mechanisms_dir"] = "$CIRCUIT_DIR/mechanisms".into();
    });
    network.save(1);
    network.run_saved(2, "output", &[]);
    std::fs::write(network.path("mechanisms/gap.mod"), text.replace("0.001", "0.002")).expect("a file");
    let changed = refusal(&network);
    std::fs::write(network.path("mechanisms/gap.mod"), text).expect("a file");
    // One more that no cell has
    let other = text.replace("Gap", "Other");
    std::fs::write(network.path("mechanisms/other.mod"), other).expect("a file");
    network.run_saved(1, "output", &[]);
    insta::assert_snapshot!(changed);
}
