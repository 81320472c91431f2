//! A run that goes on from a saved state gives what an unbroken run gives, bit for bit, whatever ranks and groups save and
//! go on.

use serde_json::json;
use sonata::report::ReportLayout;

use crate::network::{Network, spike_count};

/// Runs from the start to `stop` (ms), and saves the state.
fn save(network: &Network, ranks: usize, stop: f64, options: &[&str]) {
    let end = network.value("run/tstop");
    network.set("run/tstop", stop);
    let options = [&["--save=checkpoint", "--threads=1"], options].concat();
    network.run_on_ranks(ranks, "first", &options).expect("it runs and is saved");
    network.set("run/tstop", end);
}

/// The rows of a report at and after a time (ms).
fn rows_from(reports: &[(ReportLayout, Vec<u32>)], t: f64) -> Vec<Vec<u32>> {
    let rows = |(layout, values): &(ReportLayout, Vec<u32>)| {
        let width = layout.element_ids.len();
        let [start, _, interval] = layout.time;
        let before = ((t - start) / interval - 1e-6).ceil().max(0.0) as usize;
        values[before * width..].to_vec()
    };
    reports.iter().map(rows).collect()
}

#[test]
fn a_run_that_goes_on_is_as_one_that_was_not_broken() {
    let network = Network::new();
    network.set("run/tstop", 40.0);
    network.configure(|config| {
        for name in ["v", "g", "i"] {
            config["reports"][name]["end_time"] = 40.0.into();
        }
    });
    network.run_built("expected");
    let expected = network.found("expected");
    for (savers, goers, size) in [(1, 1, 1000), (1, 3, 2), (2, 1, 3)] {
        let grouping = format!("--group-size={size}");
        save(&network, savers, 15.0, &["--group-size=4"]);
        network
            .run_on_ranks(goers, "second", &["--restore=checkpoint", "--threads=1", &grouping])
            .expect("it goes on");
        let (first, second) = (network.found("first"), network.found("second"));
        assert!(spike_count(&first) > 0 && spike_count(&second) > 0, "there is activity");
        for ((expected, first), second) in expected.0.iter().zip(&first.0).zip(&second.0) {
            let times = [&first.timestamps[..], &second.timestamps].concat();
            let nodes = [&first.node_ids[..], &second.node_ids].concat();
            assert_eq!((&times, &nodes), (&expected.timestamps, &expected.node_ids), "{savers}, {goers}");
        }
        assert!(second.1.iter().all(|(layout, _)| layout.time[0] == 15.0));
        assert!(rows_from(&expected.1, 15.0) == rows_from(&second.1, 15.0), "{savers}, {goers}");
    }
}

/// Saved, gone on from, saved again and gone on from again.
#[test]
fn a_run_may_be_broken_more_than_once() {
    let network = Network::new();
    network.run_built("expected");
    save(&network, 2, 10.0, &[]);
    network.set("run/tstop", 20.0);
    let options = ["--restore=checkpoint", "--save=later", "--threads=1"];
    network.run_on_ranks(1, "second", &options).expect("it goes on");
    network.set("run/tstop", 30.0);
    network.run_on_ranks(3, "third", &["--restore=later", "--threads=1"]).expect("it goes on again");
    let expected = network.spikes("expected");
    for (place, expected) in expected.iter().enumerate() {
        let parts = ["first", "second", "third"].map(|output| network.spikes(output).swap_remove(place));
        let times = parts.iter().flat_map(|part| part.timestamps.clone()).collect::<Vec<f64>>();
        assert_eq!(times, expected.timestamps);
    }
}

/// Why a run cannot go on.
fn refusal(network: &Network, what: &str) -> String {
    let failure =
        network.run_on_ranks(2, "output", &["--restore=checkpoint", "--threads=1"]).expect_err("it cannot");
    let text = failure.to_string().replace(&network.path("").display().to_string(), "");
    format!("{what}: {text}\n\n")
}

#[test]
fn what_does_not_fit_is_refused() {
    let network = Network::new();
    let mut messages = refusal(&network, "nothing saved");
    save(&network, 2, 5.0, &[]);
    network.set("run/tstop", 5.0);
    messages += &refusal(&network, "no time left");
    network.set("run/tstop", 30.0);
    network.set("inputs/drive/amp_end", 0.5);
    messages += &refusal(&network, "another stimulus");
    network.set("inputs/drive/amp_end", 0.2);
    network.set("run/stimulus_seed", 3);
    messages += &refusal(&network, "another seed");
    network.set("run/stimulus_seed", 0);
    network.set("connection_overrides", json!([]));
    messages += &refusal(&network, "another model");
    insta::assert_snapshot!(messages);
}

#[test]
fn a_damaged_state_is_refused() {
    let network = Network::new();
    save(&network, 1, 5.0, &[]);
    let folder = network.path("checkpoint");
    let name = std::fs::read_dir(&folder)
        .expect("the folder")
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.to_string_lossy().contains("state-"))
        .expect("the file");
    let mut bytes = std::fs::read(&name).expect("the file");
    *bytes.last_mut().expect("a byte") ^= 1;
    std::fs::write(&name, bytes).expect("it is written");
    let message = refusal(&network, "flipped");
    assert!(message.contains("is damaged: the block of "), "{message}");
}
