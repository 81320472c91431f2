//! Loops that lanes leave at different times, or whose number of turns is known.

use super::{Instances, all_observed, constants, program, run_state, state_only};
use crate::ir::{
    BinaryOperation, Builder, Distribution, Effect, Instruction, Kernel, Kernels, Place, Register,
};
use crate::syntax::Span;

/// `for (turn = 0; turn < limit; turn++) work(turn)`
fn repeat(builder: &mut Builder, limit: Register, work: impl FnOnce(&mut Builder, Register)) {
    let (turn, label) = (builder.register(), builder.label());
    let zero = builder.constant(0.);
    builder.assign(turn, zero);
    let (body, ()) = builder.block(|builder| {
        let condition = builder.binary(BinaryOperation::Less, turn, limit);
        let rejected = vec![Instruction::Leave { label }];
        builder.push(Instruction::If { condition, accepted: vec![], rejected });
        work(builder, turn);
        let one = builder.constant(1.);
        let next = builder.binary(BinaryOperation::Add, turn, one);
        builder.assign(turn, next);
    });
    builder.push(Instruction::Scope { label, body: vec![Instruction::Loop { body }] });
}

/// Counts in column 1 the numbers below a half of as many as column 0 says, or as the constant.
fn count_below(limit: Option<f64>) -> Kernel {
    let mut builder = Builder::new();
    let limit = match limit {
        Some(number) => builder.constant(number),
        None => builder.read(Place::Column(0)),
    };
    let count = builder.register();
    repeat(&mut builder, limit, |builder, _| {
        let effect = Effect::Draw { stream: 0, distribution: Distribution::Uniform };
        let number = builder.effect_value(effect, vec![], Span::default());
        let half = builder.constant(0.5);
        let condition = builder.binary(BinaryOperation::Less, number, half);
        let (accepted, ()) = builder.block(|builder| {
            let one = builder.constant(1.);
            let more = builder.binary(BinaryOperation::Add, count, one);
            builder.assign(count, more);
        });
        builder.push(Instruction::If { condition, accepted, rejected: vec![] });
    });
    builder.write(Place::Column(1), count);
    builder.finish()
}

#[test]
fn each_instance_draws_as_often_as_it_repeats() {
    let program = state_only(2, count_below(None));
    for count in [1, 9, 300] {
        let limit = |instance: usize| (instance * 7 % 23) as f64;
        let before = Instances::new(&program, count, |_, instance| limit(instance));
        let after = run_state(&program, &before);
        for (instance, stream) in after.own.streams[0].iter().flatten().enumerate() {
            assert_eq!(stream.position(), limit(instance));
        }
        assert!(after.columns[1].iter().zip(&*after.columns[0]).all(|(counted, limit)| counted <= limit));
    }
}

#[test]
fn few_turns_of_known_number_are_written_out() {
    let loops = |limit: f64| {
        let kernels = Kernels { state: Some(count_below(Some(limit))), ..Kernels::default() };
        let program = program(2, &[], kernels);
        let before = Instances::new(&program, 20, |_, instance| instance as f64);
        let after = run_state(&program, &before);
        assert!(after.own.streams[0].iter().flatten().all(|stream| stream.position() == limit));
        let specialised = program.specialise(&constants(), &all_observed(2));
        let kernel = specialised.program().kernels.state.as_ref().expect("there is one");
        kernel
            .body
            .iter()
            .filter(|outer| outer.any(&|inner| matches!(inner, Instruction::Loop { .. })))
            .count()
    };
    assert_eq!([0., 1., 6.].map(loops), [0, 0, 0]);
    assert_eq!(loops(1000.), 1);
}

#[test]
fn an_instance_without_a_stream_is_named() {
    let program = state_only(2, count_below(None));
    let mut before = Instances::new(&program, 20, |_, instance| if instance < 11 { 1. } else { 3. });
    before.own.streams[0].set(13, None);
    let mut after = run_state(&program, &before);
    let failure = after.outbox.take_failure().expect("a failure");
    assert_eq!(failure.instance, 13);
}
