//! Networks of artificial cells, with many events at one time.
//!
//! NEURON delivers events of one time first-in first-out, but puts an event that was once the earliest of its
//! queue behind others of its time when a still earlier one arrives. What is delivered first then depends on
//! unrelated cells that share the queue, so the order here is another one, which no grouping can change (see
//! `components::EventQueue`). The last test shows a network where that matters; the others are networks where it
//! does not: no cell receives both signs at one time.

use neurodamus::model::RunOptions;

use crate::twin::{PointOf, SourceOf, Twin};

fn options() -> RunOptions {
    RunOptions { tstop: 200.0, ..RunOptions::default() }
}

/// A regular source of events.
fn stimulus(twin: &mut Twin, start: f64, interval: f64, number: f64) -> SourceOf {
    let values = [("start", start), ("interval", interval), ("number", number)];
    SourceOf::Point(twin.artificial_cell("NetStim", &values))
}

#[test]
fn fifty_int_fire1_with_equal_delays() {
    let mut twin = Twin::new();
    let cells: Vec<PointOf> = (0..50)
        .map(|k| {
            let values = [("tau", 10.0 + 0.1 * f64::from(k)), ("refrac", 3.0 + f64::from(k % 4))];
            twin.artificial_cell("IntFire1", &values)
        })
        .collect();
    for (number, &target) in cells.iter().enumerate() {
        let start = (number % 5) as f64;
        let source = stimulus(&mut twin, 1.0 + start, 8.0, 1e9);
        twin.net_con(source, target, 1.0, 0.6);
    }
    for (from, &source) in cells.iter().enumerate() {
        for (to, &target) in cells.iter().enumerate().filter(|&(to, _)| to != from) {
            let weight = [0.008, 0.016, 0.024][(3 * from + 7 * to) % 3];
            twin.net_con(SourceOf::Point(source), target, 2.0, weight);
        }
        twin.record_spikes(SourceOf::Point(source));
    }
    twin.compare(&options());
}

#[test]
fn int_fire2_and_int_fire4_in_a_ring() {
    for kind in ["IntFire2", "IntFire4"] {
        let mut twin = Twin::new();
        let cells: Vec<PointOf> = (0..12).map(|_| twin.artificial_cell(kind, &[])).collect();
        for (number, &target) in cells.iter().enumerate() {
            let source = stimulus(&mut twin, 2.0 + number as f64, 1.0 + 0.37 * number as f64, 60.0);
            twin.net_con(source, target, 1.0, if number % 4 == 3 { -0.3 } else { 0.6 });
        }
        for (number, &source) in cells.iter().enumerate() {
            let delay = 1.0 + 0.11 * number as f64;
            twin.net_con(SourceOf::Point(source), cells[(number + 1) % 12], delay, 0.4);
            twin.net_con(SourceOf::Point(source), cells[(number + 5) % 12], delay + 0.05, -0.2);
            twin.record_spikes(SourceOf::Point(source));
        }
        twin.compare(&options());
    }
}

#[test]
fn int_fire2_with_bias() {
    let mut twin = Twin::new();
    for ib in [1.2, 1.5, 3.0] {
        let cell = twin.artificial_cell("IntFire2", &[("ib", ib), ("taus", 15.0), ("taum", 7.0)]);
        let source = stimulus(&mut twin, 3.0, 4.3, 20.0);
        twin.net_con(source, cell, 1.0, -0.2);
        twin.record_spikes(SourceOf::Point(cell));
    }
    twin.compare(&options());
}

/// Two events of one time reach a cell: an exciting one sent at 1 ms and an inhibiting one sent at 2 ms. In the
/// order they were sent the cell fires. With `bystander`, an unrelated cell is refractory until 4.5 ms, and the event
/// that tells it so becomes the earliest while the exciting one heads NEURON's queue.
fn tie(bystander: bool) -> Twin {
    let mut twin = Twin::new();
    let cell = twin.artificial_cell("IntFire1", &[]);
    let (first, second) = (stimulus(&mut twin, 1.0, 1.0, 1.0), stimulus(&mut twin, 2.0, 1.0, 1.0));
    twin.net_con(first, cell, 4.0, 1.5);
    twin.net_con(second, cell, 3.0, -1.0);
    if bystander {
        let other = twin.artificial_cell("IntFire1", &[("refrac", 0.5)]);
        let third = stimulus(&mut twin, 3.0, 1.0, 1.0);
        twin.net_con(third, other, 1.0, 1.5);
    }
    twin.record_spikes(SourceOf::Point(cell));
    twin
}

#[test]
fn unrelated_cells_do_not_change_the_order_of_events() {
    let options = RunOptions { tstop: 10.0, ..RunOptions::default() };
    tie(false).compare(&options);
    for (_, own, reference) in tie(true).run_both(&options).unwrap_or_default() {
        assert_eq!(own, [5.0]);
        assert!(reference.is_empty(), "NEURON keeps the order of sending now: {reference:?}");
    }
}
