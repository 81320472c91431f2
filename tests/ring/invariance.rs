//! The same network gives the same spikes and reports, bit for bit, for any number of ranks and threads and any
//! grouping of cells.

use crate::circuit::Ring;

pub type Bits = Vec<(String, Vec<u64>, Vec<u64>)>;

/// Spikes and reports as bits, so that nothing is equal that is not identical.
pub fn bits(ring: &Ring, output: &str) -> (Bits, Bits) {
    let spikes = ring.spikes(output).into_iter().map(|population| {
        let times = population.timestamps.iter().map(|time| time.to_bits()).collect();
        (population.name, population.node_ids, times)
    });
    let mut reports = Vec::new();
    for name in ["soma", "sections", "segments"] {
        for (layout, values) in ring.report(output, name) {
            let columns = [&layout.node_ids[..], &layout.index_pointers];
            let mut mapping = columns.concat();
            mapping.extend(layout.element_ids.iter().map(|id| u64::from(*id)));
            mapping.extend(layout.time.iter().map(|time| time.to_bits()));
            let values = values.iter().map(|value| u64::from(value.to_bits())).collect();
            reports.push((format!("{name}/{}", layout.name), mapping, values));
        }
    }
    (spikes.collect(), reports)
}

#[test]
fn ranks_threads_and_groups_change_nothing() {
    let ring = Ring::lasting(60.0);
    let all_in_one = ["--threads=1", "--group-size=1000"];
    ring.run_on_ranks(1, "expected", &all_in_one).expect("it runs");
    let expected = bits(&ring, "expected");
    assert!(expected.0.iter().map(|(_, nodes, _)| nodes.len()).sum::<usize>() > 40, "there is much activity");
    assert_eq!(expected.1.len(), 6);
    for ranks in [1, 2, 3, 7] {
        for threads in [1, 2] {
            for size in [1, 4, 1000] {
                let options = [format!("--threads={threads}"), format!("--group-size={size}")];
                let options: Vec<&str> = options.iter().map(String::as_str).collect();
                ring.run_on_ranks(ranks, "found", &options).expect("it runs");
                let found = bits(&ring, "found");
                assert!(found == expected, "{ranks} ranks, {threads} threads, groups of {size} differ");
            }
        }
    }
}

/// More ranks than cells in a population.
#[test]
fn ranks_without_cells_change_nothing() {
    let ring = Ring::lasting(20.0);
    ring.run_on_ranks(1, "expected", &["--threads=1"]).expect("it runs");
    ring.run_on_ranks(25, "found", &["--threads=1"]).expect("it runs");
    assert!(bits(&ring, "found") == bits(&ring, "expected"));
}

#[test]
fn ring_of_few_cells_depends_on_the_chosen_node_set_alone() {
    let ring = Ring::lasting(30.0);
    ring.configure(|config| config["node_set"] = "Watched".into());
    ring.configure(|config| config["inputs"]["hold"]["node_set"] = "Watched".into());
    ring.run_on_ranks(1, "expected", &[]).expect("it runs");
    let layouts = ring.report("expected", "segments");
    assert_eq!(layouts[1].0.node_ids, [0, 1, 7]);
    ring.run_on_ranks(3, "found", &["--group-size=2"]).expect("it runs");
    assert!(bits(&ring, "found") == bits(&ring, "expected"));
}
