//! Loops that lanes leave at different times, or whose number of turns is known.

use super::{Instances, all_observed, constants, program, run_state, state_only};
use crate::ir::{
    BinaryOperation, Builder, Distribution, Effect, Instruction, Kernel, Kernels, Place, Program, Register,
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

/// Adds up in column 1 as many numbers as the constant says.
fn sum(limit: f64) -> Kernel {
    let mut builder = Builder::new();
    let limit = builder.constant(limit);
    let sum = builder.register();
    repeat(&mut builder, limit, |builder, _| {
        let effect = Effect::Draw { stream: 0, distribution: Distribution::Uniform };
        let number = builder.effect_value(effect, vec![], Span::default());
        let more = builder.binary(BinaryOperation::Add, sum, number);
        builder.assign(sum, more);
    });
    builder.write(Place::Column(1), sum);
    builder.finish()
}

#[test]
fn few_turns_of_known_number_are_written_out() {
    let loops = |limit: f64| {
        let kernels = Kernels { state: Some(sum(limit)), ..Kernels::default() };
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

/// What the state kernel becomes.
fn optimised(program: &Program, columns: usize) -> Kernel {
    let specialised = program.specialise(&constants(), &all_observed(columns));
    specialised.program().kernels.state.clone().expect("there is one")
}

fn has_loop(kernel: &Kernel) -> bool {
    kernel.body.iter().any(|outer| outer.any(&|inner| matches!(inner, Instruction::Loop { .. })))
}

/// Where column 3 is not 0: how many of as many numbers as column 0 says are below column 2, or equal to it, in column 1.
fn counting(first: f64, order: BinaryOperation, or_equal: bool, swapped: bool) -> Kernel {
    let mut builder = Builder::new();
    let [limit, bound, condition] = [0, 2, 3].map(|column| builder.read(Place::Column(column)));
    let count = builder.register();
    let (accepted, ()) = builder.block(|builder| {
        let (turn, label) = (builder.register(), builder.label());
        let [first, zero] = [first, 0.].map(|number| builder.constant(number));
        builder.assign(turn, first);
        builder.assign(count, zero);
        let (body, ()) = builder.block(|builder| {
            let condition = builder.binary(order, turn, limit);
            let rejected = vec![Instruction::Leave { label }];
            builder.push(Instruction::If { condition, accepted: vec![], rejected });
            let effect = Effect::Draw { stream: 0, distribution: Distribution::Uniform };
            let number = builder.effect_value(effect, vec![], Span::default());
            let is_below = match (or_equal, swapped) {
                (false, false) => builder.binary(BinaryOperation::Less, number, bound),
                (true, false) => builder.binary(BinaryOperation::LessOrEqual, number, bound),
                (false, true) => builder.binary(BinaryOperation::Greater, bound, number),
                (true, true) => builder.binary(BinaryOperation::GreaterOrEqual, bound, number),
            };
            let one = builder.constant(1.);
            if swapped {
                let more = builder.binary(BinaryOperation::Add, count, is_below);
                builder.assign(count, more);
            } else {
                let (accepted, ()) = builder.block(|builder| {
                    let more = builder.binary(BinaryOperation::Add, one, count);
                    builder.assign(count, more);
                });
                builder.push(Instruction::If { condition: is_below, accepted, rejected: vec![] });
            }
            let next = builder.binary(BinaryOperation::Add, turn, one);
            builder.assign(turn, next);
        });
        builder.push(Instruction::Scope { label, body: vec![Instruction::Loop { body }] });
    });
    builder.push(Instruction::If { condition, accepted, rejected: vec![] });
    builder.write(Place::Column(1), count);
    builder.finish()
}

#[test]
fn draws_are_counted_at_once() {
    use BinaryOperation::{Less, LessOrEqual};
    let forms = [(1., LessOrEqual, false, false), (0., Less, true, false), (-2., Less, false, true)];
    for (first, order, or_equal, swapped) in forms.into_iter().chain([(3., LessOrEqual, true, true)]) {
        let program = state_only(4, counting(first, order, or_equal, swapped));
        assert!(!has_loop(&optimised(&program, 4)));
        for most in [0, 1, 3, 24] {
            let mut before = Instances::new(&program, 150, |column, instance| match column {
                0 => (instance * 7 % (most + 1)) as f64 + [0., 0.5, -1.][instance / 5 % 3],
                2 if instance == 8 => f64::NAN,
                2 => (instance % 9) as f64 / 8.,
                _ => f64::from(instance % 11 != 4),
            });
            for instance in 0..150 {
                before.own.streams[0].with(instance, |stream| stream.set_position(instance as f64));
            }
            run_state(&program, &before);
        }
    }
}

/// In column 1, where column 3 is not 0: how often a number can be multiplied by draws, at most as often as column 0 says,
/// until it is below column 2, or equal to it. In column 3 the product, if it `is_kept`.
fn multiplying(first: f64, order: BinaryOperation, or_equal: bool, swapped: bool, is_kept: bool) -> Kernel {
    let mut builder = Builder::new();
    let [limit, bound, condition] = [0, 2, 3].map(|column| builder.read(Place::Column(column)));
    let (turn, product) = (builder.register(), builder.register());
    let (accepted, ()) = builder.block(|builder| {
        let label = builder.label();
        let [first, one] = [first, 1.].map(|number| builder.constant(number));
        builder.assign(turn, first);
        builder.assign(product, one);
        let (body, ()) = builder.block(|builder| {
            let leave = || vec![Instruction::Leave { label }];
            let condition = builder.binary(order, turn, limit);
            builder.push(Instruction::If { condition, accepted: vec![], rejected: leave() });
            let effect = Effect::Draw { stream: 0, distribution: Distribution::Uniform };
            let number = builder.effect_value(effect, vec![], Span::default());
            let [left, right] = if swapped { [number, product] } else { [product, number] };
            let next = builder.binary(BinaryOperation::Multiply, left, right);
            builder.assign(product, next);
            let condition = match (or_equal, swapped) {
                (false, false) => builder.binary(BinaryOperation::Less, product, bound),
                (true, false) => builder.binary(BinaryOperation::LessOrEqual, next, bound),
                (false, true) => builder.binary(BinaryOperation::Greater, bound, next),
                (true, true) => builder.binary(BinaryOperation::GreaterOrEqual, bound, product),
            };
            builder.push(Instruction::If { condition, accepted: leave(), rejected: vec![] });
            let next = builder.binary(BinaryOperation::Add, turn, one);
            builder.assign(turn, next);
        });
        builder.push(Instruction::Scope { label, body: vec![Instruction::Loop { body }] });
    });
    builder.push(Instruction::If { condition, accepted, rejected: vec![] });
    builder.write(Place::Column(1), turn);
    if is_kept {
        builder.write(Place::Column(3), product);
    }
    builder.finish()
}

#[test]
fn products_of_draws_are_counted_at_once() {
    use BinaryOperation::{Less, LessOrEqual};
    let forms = [(0., LessOrEqual, false, false), (1., LessOrEqual, true, false), (0., Less, false, true)];
    for (first, order, or_equal, swapped) in forms.into_iter().chain([(-2., Less, true, true)]) {
        let program = state_only(4, multiplying(first, order, or_equal, swapped, false));
        assert!(!has_loop(&optimised(&program, 4)));
        for most in [0, 1, 3, 24] {
            let mut before = Instances::new(&program, 150, |column, instance| match column {
                0 => (instance * 7 % (most + 1)) as f64 + [0., 0.5, -1.][instance / 5 % 3],
                2 if instance == 8 => f64::NAN,
                2 => 0.5_f64.powi((instance % 9) as i32),
                _ => f64::from(instance % 11 != 4),
            });
            for instance in 0..150 {
                before.own.streams[0].with(instance, |stream| stream.set_position(instance as f64));
            }
            run_state(&program, &before);
        }
    }
}

#[test]
fn a_product_that_is_kept_has_its_loop() {
    let program = state_only(4, multiplying(0., BinaryOperation::Less, false, false, true));
    assert!(has_loop(&optimised(&program, 4)));
    run_state(&program, &Instances::new(&program, 20, |column, _| [5., 0., 0.3, 1., 0.][column]));
}

#[test]
fn multiplying_too_often_is_endless() {
    let program = state_only(4, multiplying(0., BinaryOperation::Less, false, false, false));
    for (bound, is_endless) in [(0.5, false), (0., true), (f64::NAN, true)] {
        let before = Instances::new(&program, 20, |column, instance| match column {
            0 if instance == 3 => 1e5,
            0 => 5.,
            2 => bound,
            _ => 1.,
        });
        let failure = run_state(&program, &before).outbox.take_failure();
        assert_eq!(failure.is_some(), is_endless, "{bound}");
        assert!(failure.is_none_or(|failure| failure.message.contains("repeated more than")));
    }
}

#[test]
fn counting_too_often_is_endless() {
    let program = state_only(4, counting(0., BinaryOperation::Less, false, false));
    for limit in [1e5, f64::INFINITY] {
        let before = Instances::new(&program, 20, |_, instance| if instance == 3 { limit } else { 5. });
        let mut after = run_state(&program, &before);
        let failure = after.outbox.take_failure().expect("a failure");
        assert!(failure.message.contains("repeated more than"), "{}", failure.message);
    }
}

#[test]
fn loops_that_do_more_than_to_count_stay() {
    let with_more = |more: fn(&mut Builder, Register)| {
        let mut builder = Builder::new();
        let [limit, bound] = [0, 1].map(|column| builder.read(Place::Column(column)));
        let count = builder.register();
        repeat(&mut builder, limit, |builder, turn| {
            let effect = Effect::Draw { stream: 0, distribution: Distribution::Uniform };
            let number = builder.effect_value(effect, vec![], Span::default());
            let is_below = builder.binary(BinaryOperation::Less, number, bound);
            let next = builder.binary(BinaryOperation::Add, count, is_below);
            builder.assign(count, next);
            more(builder, turn);
        });
        builder.write(Place::Column(1), count);
        let program = state_only(2, builder.finish());
        let before = Instances::new(&program, 50, |column, instance| match column {
            0 => (instance % 5) as f64,
            _ => (instance % 7) as f64 / 6.,
        });
        run_state(&program, &before);
        has_loop(&optimised(&program, 2))
    };
    assert!(!with_more(|_, _| {}));
    // a second draw
    assert!(with_more(|builder, _| {
        let effect = Effect::Draw { stream: 0, distribution: Distribution::Uniform };
        builder.effect_value(effect, vec![], Span::default());
    }));
    // what is noticed
    assert!(with_more(|builder, turn| builder.write(Place::Column(1), turn)));
    // other steps
    assert!(with_more(|builder, turn| {
        let half = builder.constant(0.5);
        let next = builder.binary(BinaryOperation::Add, turn, half);
        builder.assign(turn, next);
    }));
}
