//! A model that was saved runs to the same bits as one that was just built, whatever ranks save and load it.

use crate::network::{Network, spike_count};

#[test]
fn saving_and_loading_on_any_ranks_changes_nothing() {
    let network = Network::new();
    network.run_built("expected");
    let expected = network.found("expected");
    assert!(spike_count(&expected) > 5, "there is activity");
    for savers in [1, 3] {
        network.save(savers);
        assert_eq!(network.files().len(), savers + 1, "{:?}", network.files());
        for loaders in [1, 2, 4] {
            network.run_saved(loaders, "found", &["--group-size=3"]);
            assert!(network.found("found") == expected, "saved on {savers} ranks, loaded on {loaders}");
        }
    }
}

/// More ranks than cells.
#[test]
fn ranks_without_cells_save_and_load() {
    let network = Network::new();
    network.set("node_set", "Basket");
    network.configure(|config| {
        config["reports"] = serde_json::json!({});
        config["inputs"] = serde_json::json!({});
    });
    network.run_built("expected");
    network.save(5);
    network.run_saved(4, "found", &[]);
    assert_eq!(network.spikes("found"), network.spikes("expected"));
}

/// Seeds and durations that the model does not depend on, other stimuli and other reports.
#[test]
fn a_saved_model_runs_with_another_duration_stimuli_and_reports() {
    let network = Network::new();
    network.save(2);
    network.configure(|config| {
        config["run"]["tstop"] = 40.0.into();
        config["run"]["stimulus_seed"] = 5.into();
        config["inputs"]["drive"]["amp_end"] = 0.3.into();
        config["inputs"]["more"] = serde_json::json!({
            "module": "noise", "input_type": "current_clamp", "delay": 1.0, "duration": 30.0, "node_set": "Basket",
            "mean": 0.01, "variance": 0.001,
        });
        config["reports"]["i"]["dt"] = 1.0.into();
        config["conditions"]["mechanisms"] = serde_json::json!({ "ProbAMPANMDA_EMS": { "minis_single_vesicle": 1 } });
    });
    network.run_built("expected");
    network.run_saved(1, "found", &[]);
    assert!(network.found("found") == network.found("expected"));
    let last = network.spikes("found").iter().flat_map(|it| it.timestamps.clone()).fold(0.0, f64::max);
    assert!(last > 30.0, "it runs longer than the one that was saved");
}

/// Saving does not depend on ranks but for the names of files: the same cells, the same bytes of each.
#[test]
fn saving_twice_makes_the_same_files() {
    let network = Network::new();
    network.save(2);
    let read = || {
        network.files().into_iter().map(|name| {
            let bytes = std::fs::read(network.path("build").join(&name)).expect("the file");
            (name, bytes)
        })
    };
    let first: Vec<_> = read().collect();
    network.save(2);
    let second: Vec<_> = read().collect();
    assert!(first == second);
}
