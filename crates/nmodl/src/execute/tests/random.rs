//! Random kernels on random numbers.

use proptest::prelude::*;

use super::generate::{COLUMNS, NUMBERS, event_kernel, kernel};
use super::{Instances, all_observed, constants, program};
use crate::Column;
use crate::execute::{Arrivals, Demand, Event, Phase, Specialised, Storage};
use crate::ir::Kernels;
use crate::math::Level;

/// A number for each column and instance.
fn number(seed: u64, column: usize, instance: usize) -> f64 {
    let mut mixed = seed ^ (column as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (instance as u64) << 17;
    for _ in 0..3 {
        mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    }
    match mixed % 5 {
        0 => NUMBERS[(mixed >> 8) as usize % NUMBERS.len()],
        _ => ((mixed >> 11) as f64 / (1_u64 << 53) as f64 - 0.5) * 10_f64.powi((mixed >> 3) as i32 % 4),
    }
}

fn check(state: &[u8], current: &[u8], seed: u64, flags: u16) {
    let kernels = Kernels {
        initial: Some(kernel(current)),
        state: Some(kernel(state)),
        current: Some(kernel(current)),
        receive: Some(kernel(state)),
        ..Kernels::default()
    };
    let program = program(COLUMNS, &[(2.5, false), (0.5, true)], kernels);
    let observed: Vec<bool> = (0..COLUMNS).map(|column| flags >> column & 1 == 1).collect();
    let mut uniform = vec![false; COLUMNS];
    uniform[3..6].fill(true);
    let demand = Demand { uniform, observed };
    // a thousand now and then: they take most of the time
    let sizes: &[usize] = if seed.is_multiple_of(8) { &[1, 7, 64, 1000] } else { &[1, 7, 64, 150] };
    for (level, &count) in
        Level::available().into_iter().flat_map(|level| sizes.iter().map(move |n| (level, n)))
    {
        let apart = Instances::new(&program, count, |column, instance| {
            number(seed, column, if demand.uniform.get(column) == Some(&true) { 0 } else { instance })
        });
        let before = if seed.is_multiple_of(2) { apart.on_shared_nodes() } else { apart };
        let all = program.specialise_at(level, &constants(), &all_observed(COLUMNS));
        let specialised = program.specialise_at(level, &constants(), &demand);
        let mut expected = before.clone();
        run(&all, Specialised::run_reference, &mut expected);
        let expected_all = expected.clone().bits(all.storage());
        let expected = expected.bits(specialised.storage());

        type Run = fn(&Specialised, Phase, &mut crate::execute::Frame);
        let runs: [(&str, Run); 3] = [
            ("plain", Specialised::run_reference),
            ("optimised", Specialised::run_each),
            ("lanes", Specialised::run),
        ];
        for (name, how) in runs {
            let mut instances = before.clone();
            run(&all, how, &mut instances);
            assert_eq!(instances.bits(all.storage()), expected_all, "{name}, all observed, {level:?}");
            let mut instances = before.stored(specialised.storage());
            run(&specialised, how, &mut instances);
            assert_eq!(instances.bits(specialised.storage()), expected, "{name}, {level:?}");
        }
        let mut expected_of_events = before.clone();
        run_events(&all, Specialised::receive_reference, &mut expected_of_events);
        for specialised in [&all, &specialised] {
            let mut instances = before.stored(specialised.storage());
            run_events(specialised, Specialised::receive, &mut instances);
            let expected = expected_of_events.clone().bits(specialised.storage());
            assert_eq!(instances.bits(specialised.storage()), expected, "events, {level:?}");
        }
        let operations = specialised.clone().without_machine_code();
        for (specialised, lanes) in [(&specialised, 8), (&specialised, 100), (&operations, 128)] {
            let specialised = specialised.clone().with_lanes(lanes);
            let mut instances = before.stored(specialised.storage());
            run(&specialised, Specialised::run, &mut instances);
            assert_eq!(instances.bits(specialised.storage()), expected, "blocks of {lanes}, {level:?}");
        }
    }
}

fn run(
    specialised: &Specialised,
    how: fn(&Specialised, Phase, &mut crate::execute::Frame),
    instances: &mut Instances,
) {
    for phase in [Phase::Initial, Phase::State, Phase::Current, Phase::State] {
        how(specialised, phase, &mut instances.frame());
        assert!(!instances.outbox.has_failed(), "{:?}", instances.outbox);
    }
}

/// Kernels of events give the same one after the other as at once.
fn check_events(receive: &[u8], seed: u64, flags: u16) {
    let kernels = Kernels { receive: Some(event_kernel(receive)), ..Kernels::default() };
    let program = program(COLUMNS, &[(2.5, false)], kernels);
    let observed: Vec<bool> = (0..COLUMNS).map(|column| flags >> column & 1 == 1).collect();
    let mut demand = Demand { uniform: vec![false; COLUMNS], observed };
    demand.uniform[3] = true;
    for (level, count) in Level::available().into_iter().flat_map(|level| [1, 9, 150].map(|n| (level, n))) {
        let before = Instances::new(&program, count, |column, instance| {
            number(seed, column, if column == 3 { 0 } else { instance })
        });
        let specialised = program.specialise_at(level, &constants(), &demand);
        let weights = specialised.receives_all().expect("events are independent");
        // every second instance, the last one first
        let instances: Vec<u32> = (0..count as u32).rev().step_by(2).collect();
        let of = |kind: usize| instances.iter().map(move |&i| number(seed ^ 1, kind, i as usize)).collect();
        let mut arrivals = Arrivals {
            instances: instances.clone(),
            times: of(0),
            flags: of(1),
            weights: (0..weights).map(|weight| of(2 + weight)).collect(),
        };
        let mut one_by_one = before.stored(specialised.storage());
        let mut weights_after = arrivals.weights.clone();
        for (event, &instance) in instances.iter().enumerate() {
            one_by_one.time = arrivals.times[event];
            let mut weights: Vec<f64> = arrivals.weights.iter().map(|weight| weight[event]).collect();
            let mut frame = one_by_one.frame();
            let flag = arrivals.flags[event];
            frame.event = Some(Event { flag, weights: &mut weights, others: None });
            specialised.receive_reference(instance as usize, &mut frame);
            weights_after.iter_mut().zip(weights).for_each(|(column, weight)| column[event] = weight);
        }
        let mut at_once = before.stored(specialised.storage());
        let mut frame = at_once.frame();
        frame.count = instances.len();
        frame.arrivals = Some(&mut arrivals);
        let operations = specialised.clone().without_machine_code();
        if seed.is_multiple_of(4) { &operations } else { &specialised }.receive_all(&mut frame);
        assert_eq!(at_once.bits(specialised.storage()), one_by_one.bits(specialised.storage()), "{level:?}");
        let bits = |columns: &[Column]| {
            let bits = |value: &f64| if value.is_nan() { 0 } else { value.to_bits() };
            columns.iter().map(|column| column.iter().map(bits).collect()).collect::<Vec<Vec<u64>>>()
        };
        assert_eq!(bits(&arrivals.weights), bits(&weights_after), "{level:?}");
    }
}

fn run_events(
    specialised: &Specialised,
    how: fn(&Specialised, usize, &mut crate::execute::Frame),
    instances: &mut Instances,
) {
    for instance in 0..instances.count {
        how(specialised, instance, &mut instances.frame());
        assert!(!instances.outbox.has_failed(), "{:?}", instances.outbox);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 300 }))]
    #[test]
    fn all_executors_agree(
        state in proptest::collection::vec(any::<u8>(), 0..250),
        current in proptest::collection::vec(any::<u8>(), 0..120),
        seed: u64,
        flags: u16,
    ) {
        check(&state, &current, seed, flags);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 300 }))]
    #[test]
    fn events_at_once_are_those_one_by_one(
        receive in proptest::collection::vec(any::<u8>(), 0..250),
        seed: u64,
        flags: u16,
    ) {
        check_events(&receive, seed, flags);
    }
}

#[test]
fn storage_is_decided_for_all_columns() {
    let program = program(COLUMNS, &[], Kernels { state: Some(kernel(&[])), ..Kernels::default() });
    let demand = Demand { uniform: vec![false; COLUMNS], observed: vec![false; COLUMNS] };
    let specialised = program.specialise(&constants(), &demand);
    assert_eq!(specialised.storage(), [Storage::Nowhere; COLUMNS]);
    assert_eq!(specialised.bytes_per_instance(), 0);
}
