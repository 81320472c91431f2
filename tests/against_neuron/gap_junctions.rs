//! Cells whose voltages act on each other, step by step.
//!
//! NEURON has no gap junction of its own. Its voltage clamp through a resistance is one if its command voltage is the
//! voltage on the other side; `tests/gap_junctions` uses `Gap` itself.

use neurodamus::model::RunOptions;

use crate::twin::{PointOf, SectionOf, SourceOf, Twin, assert_grouping_changes_nothing};

/// Somata with a dendrite each, where spikes start at different times.
fn cells(twin: &mut Twin, count: usize) -> Vec<(SectionOf, SectionOf)> {
    (0..count)
        .map(|number| {
            let soma = twin.cylinder(&format!("soma{number}"), 20.0, 18.0 + number as f64, 1);
            let dendrite = twin.cylinder(&format!("dend{number}"), 200.0, 2.0, 5);
            twin.connect(dendrite, 0.0, soma, 1.0);
            twin.insert(soma, "hh");
            twin.insert(dendrite, "pas");
            let values = [("delay", 1.0 + 2.5 * number as f64), ("dur", 1.0), ("amp", 1.2)];
            twin.point("IClamp", soma, 0.5, &values);
            twin.record(soma, 0.5, "v");
            twin.record(dendrite, 0.9, "v");
            (soma, dendrite)
        })
        .collect()
}

/// One half of a junction of the resistance `rs` (megohm), which acts on `here`.
fn half(twin: &mut Twin, here: (SectionOf, f64), there: (SectionOf, f64), rs: f64) -> PointOf {
    let clamp = twin.point("SEClamp", here.0, here.1, &[("dur1", 1e9), ("rs", rs)]);
    twin.follow(clamp, "amp1", there.0, there.1);
    clamp
}

fn options() -> RunOptions {
    RunOptions { tstop: 30.0, ..RunOptions::default() }
}

/// A ring of cells, each coupled to the next by a junction between dendrites.
fn ring(count: usize) -> Twin {
    let mut twin = Twin::new();
    let cells = cells(&mut twin, count);
    for number in 0..count {
        let one = (cells[number].1, 0.3 + 0.1 * number as f64);
        let other = (cells[(number + 1) % count].1, 0.5);
        for (here, there) in [(one, other), (other, one)] {
            let junction = half(&mut twin, here, there, 80.0);
            twin.record_variable(junction, "i");
            twin.record_variable(junction, "amp1");
        }
    }
    for (soma, _) in &cells {
        twin.record_spikes(SourceOf::Voltage(*soma, 0.5, 0.0));
    }
    twin
}

#[test]
fn ring_of_coupled_dendrites() {
    ring(4).compare(&options());
    for second_order in [1, 2] {
        ring(4).compare(&RunOptions { second_order, dt: 0.05, v_init: -70.0, ..options() });
    }
}

#[test]
fn coupled_ring_does_not_depend_on_threads_groups_and_ranks() {
    assert_grouping_changes_nothing(|| ring(7), &options());
}

/// One-sided, at ends of sections, several at one place, and one cell coupled to itself.
#[test]
fn odd_couplings() {
    let mut twin = Twin::new();
    let cells = cells(&mut twin, 3);
    let [(soma, dendrite), (_, second), (third, _)] = cells[..] else { panic!("three cells") };
    half(&mut twin, (second, 0.0), (soma, 1.0), 30.0);
    half(&mut twin, (second, 0.0), (third, 0.5), 60.0);
    half(&mut twin, (second, 1.0), (third, 0.0), 60.0);
    half(&mut twin, (dendrite, 0.9), (soma, 0.5), 40.0);
    half(&mut twin, (third, 0.5), (second, 1.0), 90.0);
    let clamp = twin.point("IClamp", third, 0.5, &[("delay", 20.0), ("dur", 0.1)]);
    twin.follow(clamp, "amp", soma, 0.5);
    twin.record_variable(clamp, "amp");
    twin.compare(&options());
}
