//! A state that is kept and gone on from: the same bits later, also in groups of other cells.

mod mechanism_support;

use std::collections::BTreeMap;

use components::SourceId;
use mechanism_support::{artificial, ball_and_stick, group, plan, point, squid_soma};
use random::Stream;
use systems::Error;
use systems::group::{CellPlan, CellState, Connection, Group, GroupOptions, SpikeSource};

const STEPS: u64 = 800;

/// A cell with a synapse and artificial cells that move and delay their events: noise drives them.
fn cell(gid: u64) -> CellPlan {
    let model = if gid.is_multiple_of(2) { squid_soma() } else { ball_and_stick() };
    let mut noise =
        artificial("NetStim", &[("interval", 3.0 + gid as f64), ("number", 100.0), ("noise", 0.7)]);
    noise.streams.push(("ranvar".to_owned(), Stream::new(0, gid as u32, 2, 3)));
    let points = vec![
        noise,
        artificial("IntFire4", &[]),
        artificial("IntFire1", &[("tau", 8.0)]),
        point("Exp2Syn", 1, &[("tau1", 0.5), ("tau2", 4.0)]),
        point("IClamp", 1, &[("del", 3.0), ("dur", 60.0), ("amp", 0.2)]),
    ];
    let mut cell = plan(gid, model, points);
    cell.spike_source = Some(SpikeSource::Voltage { node: 1, threshold: -20.0 });
    let connection = |(from, target, delay, weight): (u32, usize, f64, f64)| {
        let source = SourceId::point_process(gid, from);
        Connection { source, target, delay, weights: vec![weight], active: true }
    };
    let ends = [(0, 1, 1.3, 0.4), (0, 2, 4.0, 0.3), (1, 3, 2.0, 0.02), (2, 3, 6.5, 0.01), (0, 3, 0.7, 0.005)];
    cell.connections = ends.into_iter().map(connection).collect();
    cell
}

fn options() -> GroupOptions {
    GroupOptions { keeps_state: true, ..GroupOptions::default() }
}

fn states(group: &mut Group) -> BTreeMap<u64, CellState> {
    group.states().expect("every state belongs to a cell")
}

#[test]
fn cells_go_on_as_if_nothing_had_happened() {
    let cells: Vec<CellPlan> = (0..5).map(cell).collect();
    let mut unbroken = group(&cells, &options());
    unbroken.advance(STEPS);
    let kept = states(&mut unbroken);
    assert!(kept.values().all(|state| !state.events.is_empty()), "events are on their way");
    assert!(kept.values().any(|state| state.mechanisms["IntFire4"].movable[0].is_some()));
    let clock = unbroken.clock().expect("a clock");
    unbroken.take_spikes();
    unbroken.advance(STEPS);
    let (later, spikes) = (states(&mut unbroken), unbroken.take_spikes());
    assert!(!spikes.is_empty());
    for size in [1, 2, 5] {
        let (mut found, mut fired) = (BTreeMap::new(), Vec::new());
        for some in cells.chunks(size) {
            let mut again = group(some, &options());
            again.set_states(clock.t, clock.step, &kept).expect("they are of these cells");
            again.advance(STEPS);
            found.extend(states(&mut again));
            fired.extend(again.take_spikes());
        }
        fired.sort_by(|one, other| one.time.total_cmp(&other.time).then(one.source.cmp(&other.source)));
        assert_eq!(fired, spikes, "groups of {size}");
        assert!(found == later, "groups of {size}");
    }
}

#[test]
fn states_of_other_cells_are_refused() {
    let mut one = group(&[cell(0)], &options());
    let kept = states(&mut one);
    let refusal = |cell: CellPlan| match group(&[cell], &options()).set_states(0.0, 0, &kept) {
        Err(Error::OtherState { gid, what }) => format!("{gid}: {what}"),
        other => panic!("{other:?}"),
    };
    let mut more = cell(0);
    more.point_processes.push(point("IClamp", 1, &[]));
    let mut connected = cell(0);
    connected.connections.push(connected.connections[0].clone());
    let mut shaped = cell(0);
    shaped.model = cell(1).model;
    assert_eq!(refusal(cell(1)), "1: it has no saved state");
    assert_eq!(refusal(more), "0: it has 2 instances of `IClamp`, and had 1");
    assert_eq!(refusal(connected), "0: it has more connections than it had");
    assert_eq!(refusal(shaped), "0: it has 7 nodes, and had 3");
}
