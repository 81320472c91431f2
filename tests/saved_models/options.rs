//! When a model is built, loaded and saved: the table in `docs/saved-models.md`.

use neurodamus::failure::Exit;

use crate::network::Network;

/// What a run of the program says of the saved model, with its exit code.
fn told(network: &Network, options: &[&str]) -> String {
    let options = [&["--threads=1", "--group-size=100"], options].concat();
    let output = network.run_program(&options);
    let folder = network.path("").canonicalize().expect("the folder");
    let errors = String::from_utf8_lossy(&output.stderr);
    let errors = errors.replace(&format!("{}/", folder.display()), "");
    let of_models = |line: &&str| line.contains("model") || line.contains("error") || line.contains("help");
    let mut lines: Vec<String> = errors.lines().filter(of_models).map(without_measures).collect();
    lines.push(format!("exit code {}", output.status.code().expect("it was not killed")));
    lines.join("\n")
}

/// A line without the size and the time that it tells.
fn without_measures(line: &str) -> String {
    let words = line.split(' ');
    words.map(|word| if word.parse::<f64>().is_ok() { "…" } else { word }).collect::<Vec<_>>().join(" ")
}

#[test]
fn models_are_built_loaded_and_saved_as_the_options_say() {
    let network = Network::new();
    network.set("run/tstop", 1.0);
    let mut story = String::new();
    for options in [
        &["--build-model=OFF"][..],
        &[],
        &["--simulate-model=OFF"],
        &["--simulate-model=OFF"],
        &[],
        &["--build-model=OFF"],
        &["--build-model=ON"],
        &["--keep-build"],
    ] {
        let said = told(&network, options);
        let there = if network.files().is_empty() { "no model" } else { "a model" };
        story += &format!("neurodamus {}\n{said}\nthere is {there}\n\n", options.join(" "));
    }
    network.set("run/dt", 0.05);
    for options in [&[][..], &["--build-model=OFF"], &["--keep-build"], &[]] {
        let said = told(&network, options);
        story += &format!("changed: neurodamus {}\n{said}\n\n", options.join(" "));
    }
    insta::assert_snapshot!(story);
}

#[test]
fn a_model_that_is_needed_and_missing_is_bad_input() {
    let network = Network::new();
    for ranks in [1, 3] {
        let failure =
            network.run_on_ranks(ranks, "output", &["--build-model=OFF"]).expect_err("there is none");
        assert_eq!(failure.exit, Exit::BadInput);
        assert!(!failure.is_of_another_rank());
    }
    assert!(!network.path("output").join("spikes.h5").exists(), "nothing was run");
}

/// Plain runs write nothing beside their outputs.
#[test]
fn a_plain_run_saves_nothing() {
    let network = Network::new();
    network.set("run/tstop", 1.0);
    for simulator in ["NEURON", "CORENEURON"] {
        network.set("target_simulator", simulator);
        network.run_on_ranks(1, "output", &[]).expect("it runs");
        assert!(!network.path("build").exists());
    }
}
