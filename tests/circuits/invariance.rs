//! Neither ranks nor threads nor groups change a bit of a network with random synapses, spontaneous events, replay, gap
//! junctions, noise, overrides, modifications and reports of synapses and sums.

use serde_json::json;

use crate::comparison::Network;
use crate::simulation::reports_until;

fn network() -> Network {
    let network = Network::new();
    network.add_gap_junctions();
    network.set("run/tstop", 40.0);
    network.set("conditions/randomize_gaba_rise_time", true);
    network.set("conditions/extracellular_calcium", 1.8);
    network.set(
        "conditions/modifications",
        json!([{ "name": "wider", "node_set": "Basket", "type": "section_list", "section_configure": "somatic.cm *= 1.1" }]),
    );
    network.configure(|config| {
        config["connection_overrides"] = json!([
            { "name": "minis", "source": "All", "target": "All", "spont_minis": 3.0 },
            { "name": "later", "source": "All", "target": "All", "delay": 20.0, "weight": 0.5 },
        ]);
        config["inputs"]["noise"] = json!({
            "module": "ornstein_uhlenbeck", "input_type": "conductance", "delay": 2.0, "duration": 36.0,
            "node_set": "All", "reversal": 0.0, "tau": 2.0, "mean": 0.001, "sigma": 0.0005,
        });
        config["reports"] = reports_until(40.0);
    });
    network
}

#[test]
fn ranks_threads_and_groups_change_nothing() {
    let network = network();
    let found = |output: &str| {
        let reports = ["v", "g", "i"].map(|name| network.report(output, name));
        (network.spikes(output), reports)
    };
    network.run_on_ranks(1, "expected", &["--threads=1", "--group-size=1000"]).expect("it runs");
    let expected = found("expected");
    assert!(expected.0.iter().map(|population| population.timestamps.len()).sum::<usize>() > 5);
    for (ranks, threads, group_size) in [(1, 2, 1), (2, 1, 3), (3, 2, 1000)] {
        let options = [format!("--threads={threads}"), format!("--group-size={group_size}")];
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        network.run_on_ranks(ranks, "output", &options).expect("it runs");
        assert!(found("output") == expected, "{ranks} ranks, {threads} threads, {group_size} cells");
    }
}
