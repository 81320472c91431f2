//! Neither the way of dealing out cells, nor the number of ranks, nor that of steps in which they are built changes a bit.

use sonata::report::ReportLayout;

use crate::network;
use crate::simulation::Simulation;

/// Spikes as (population, node ids, times as bits), and reports with their values as bits.
type Outputs = (Vec<(String, Vec<u64>, Vec<u64>)>, Vec<(String, ReportLayout, Vec<u32>)>);

fn outputs(network: &Simulation, folder: &str) -> Outputs {
    let spikes = network.spikes(folder).into_iter().map(|population| {
        let times = population.timestamps.iter().map(|time| time.to_bits()).collect();
        (population.name, population.node_ids, times)
    });
    let reports = ["v", "g", "i"].into_iter().flat_map(|name| {
        let of_populations = network.report(folder, name).into_iter();
        of_populations.map(move |(layout, values)| {
            (name.to_owned(), layout, values.iter().map(|value| value.to_bits()).collect())
        })
    });
    (spikes.collect(), reports.collect())
}

#[test]
fn neither_ranks_nor_steps_nor_balance_change_anything() {
    let network = network();
    network.run_on_ranks(1, "expected", &["--threads=1"]).expect("it runs");
    let expected = outputs(&network, "expected");
    assert!(expected.0.iter().map(|population| population.1.len()).sum::<usize>() > 5, "there are spikes");
    assert_eq!(expected.1.len(), 6);
    for mode in ["RoundRobin", "WholeCell", "MultiSplit", "Memory"] {
        for ranks in 1..=4 {
            for steps in [1, 3] {
                let options = [format!("--lb-mode={mode}"), format!("--modelbuilding-steps={steps}")];
                let options = [options[0].as_str(), options[1].as_str(), "--threads=1"];
                network.run_on_ranks(ranks, "found", &options).expect("it runs");
                let found = outputs(&network, "found");
                assert!(found == expected, "{mode} on {ranks} ranks in {steps} steps");
            }
        }
    }
}

/// Most ranks have no cells then.
#[test]
fn more_ranks_than_cells_change_nothing() {
    let network = network();
    network.run_on_ranks(1, "expected", &["--threads=1"]).expect("it runs");
    let expected = outputs(&network, "expected");
    for mode in ["RoundRobin", "WholeCell", "Memory"] {
        let options = [format!("--lb-mode={mode}"), "--modelbuilding-steps=2".into(), "--threads=1".into()];
        network.run_on_ranks(14, "found", &options.each_ref().map(String::as_str)).expect("it runs");
        assert!(outputs(&network, "found") == expected, "{mode}");
    }
}
