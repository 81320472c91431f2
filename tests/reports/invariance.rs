//! Every kind of report has the same bits for any number of ranks and threads and any grouping of cells.

use serde_json::json;

use crate::circuit::Ring;
use crate::series::set;

#[test]
fn ranks_threads_and_groups_change_no_report() {
    let ring = Ring::lasting(30.0);
    let sets = json!({ "some": { "population": "Pyramidal", "compartment_set": [[2, 4, 0.3], [5, 0, 0.5], [9, 6, 0.7]] } });
    std::fs::write(ring.path("compartment_sets.json"), sets.to_string()).expect("a file");
    ring.configure(|config| config["compartment_sets_file"] = "compartment_sets.json".into());
    let reports = [
        ("sum", json!({ "type": "summation", "variable_name": "i_membrane, ina, ExpSyn, IClamp" })),
        ("each", json!({ "type": "summation", "variable_name": "pas, Exp", "sections": "all", "dt": 0.5 })),
        ("density", json!({ "variable_name": "hh.gk", "sections": "axon", "start_time": 3.0 })),
        ("synapse", json!({ "type": "synapse", "variable_name": "ExpSyn.g", "sections": "all" })),
        ("set", json!({ "type": "compartment_set", "compartment_set": "some", "variable_name": "v" })),
    ];
    set(&ring, &reports);
    let bits = |output: &str| -> Vec<_> {
        let read = |(name, _): &(&str, serde_json::Value)| {
            let populations = ring.report(output, name).into_iter();
            let bits = |values: Vec<f32>| values.iter().map(|value| value.to_bits()).collect::<Vec<u32>>();
            populations.map(|(layout, values)| (layout, bits(values))).collect::<Vec<_>>()
        };
        reports.iter().map(read).collect()
    };
    ring.run_on_ranks(1, "expected", &["--threads=1", "--group-size=1000"]).expect("it runs");
    let expected = bits("expected");
    assert!(expected.iter().all(|report| !report.is_empty()));
    for (ranks, threads, size) in [(1, 2, 1), (2, 1, 3), (3, 2, 1000), (7, 1, 1), (25, 1, 1000)] {
        let options =
            [format!("--threads={threads}"), format!("--group-size={size}"), "--report-buffer-size=1".into()];
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        ring.run_on_ranks(ranks, "found", &options).expect("it runs");
        assert!(bits("found") == expected, "{ranks} ranks, {threads} threads, groups of {size} differ");
    }
}
