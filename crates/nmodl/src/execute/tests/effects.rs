//! Single effects and instructions, by all executors.

use super::{Instances, constants, program, run_state, state_only};
use crate::execute::{Argument, Demand, Event, OtherConnections, Phase, Request, Storage};
use crate::ir::{
    BinaryOperation, Builder, Distribution, Effect, Instruction, Kernel, Kernels, Place, SharedVariable,
    Table, UnaryOperation,
};
use crate::syntax::Span;

const SPAN: Span = Span { start: 3, end: 7 };

fn column(place: u32) -> Place {
    Place::Column(place)
}

fn kernel(make: impl FnOnce(&mut Builder)) -> Kernel {
    let mut builder = Builder::new();
    make(&mut builder);
    builder.finish()
}

/// 70 instances whose column `c` holds `100 c + instance`.
fn instances(program: &crate::Program) -> Instances {
    Instances::new(program, 70, |column, instance| (100 * column + instance) as f64)
}

#[test]
fn newton_finds_the_root_of_each_instance() {
    let program = state_only(
        2,
        kernel(|builder| {
            let target = builder.read(column(0));
            let (x, residual) = (builder.register(), builder.register());
            let guess = builder.constant(1.);
            builder.assign(x, guess);
            let (body, ()) = builder.block(|builder| {
                let square = builder.binary(BinaryOperation::Multiply, x, x);
                let difference = builder.binary(BinaryOperation::Subtract, square, target);
                builder.assign(residual, difference);
            });
            builder.push(Instruction::Newton {
                unknowns: vec![x],
                residuals: vec![residual],
                body,
                span: SPAN,
            });
            builder.write(column(1), x);
        }),
    );
    let before = Instances::new(&program, 70, |_, instance| 1. + instance as f64);
    let after = run_state(&program, &before);
    assert!((after.columns[1][8] - 3.).abs() < 1e-9);
}

#[test]
fn linear_systems_are_solved_and_singular_ones_reported() {
    let solve = |scale: f64| {
        state_only(
            2,
            kernel(|builder| {
                let numbers = [2. * scale, 1., 0., 1.].map(|number| builder.constant(number));
                let right = [builder.read(column(0)), builder.read(column(1))];
                let unknowns = [builder.register(), builder.register()];
                builder.push(Instruction::LinearSystem {
                    matrix: numbers.to_vec(),
                    right: right.to_vec(),
                    unknowns: unknowns.to_vec(),
                    span: SPAN,
                });
                builder.write(column(0), unknowns[0]);
                builder.write(column(1), unknowns[1]);
            }),
        )
    };
    let program = solve(1.);
    let after = run_state(&program, &instances(&program));
    assert_eq!([after.columns[0][4], after.columns[1][4]], [(4. - 104.) / 2., 104.]);
    let program = solve(0.);
    let failure = run_state(&program, &instances(&program)).outbox.take_failure();
    assert_eq!(failure.map(|failure| failure.span), Some(SPAN));
}

#[test]
fn a_loop_without_end_is_reported() {
    let program = state_only(
        1,
        kernel(|builder| {
            let label = builder.label();
            let zero = builder.constant(0.);
            let leave = vec![Instruction::Leave { label }];
            let body = vec![Instruction::If { condition: zero, accepted: leave, rejected: vec![] }];
            builder.push(Instruction::Scope { label, body: vec![Instruction::Loop { body }] });
        }),
    );
    let mut after = run_state(&program, &instances(&program));
    assert!(after.outbox.take_failure().is_some_and(|failure| failure.message.contains("repeated")));
}

#[test]
fn a_failure_stops_the_kernel_with_its_numbers_and_place() {
    let program = state_only(
        1,
        kernel(|builder| {
            let number = builder.read(column(0));
            let limit = builder.constant(65.);
            let condition = builder.binary(BinaryOperation::Equal, number, limit);
            let (accepted, ()) =
                builder.block(|builder| builder.effect(Effect::Fail("no %g".into()), vec![number], SPAN));
            builder.push(Instruction::If { condition, accepted, rejected: vec![] });
        }),
    );
    let failure = run_state(&program, &instances(&program)).outbox.take_failure();
    let failure = failure.map(|failure| (failure.instance, failure.message, failure.span));
    assert_eq!(failure, Some((65, "no 65".to_string(), SPAN)));
}

#[test]
fn an_index_outside_an_array_names_it() {
    let program = state_only(
        3,
        kernel(|builder| {
            let index = builder.read(column(0));
            let to = builder.register();
            builder.push(Instruction::ReadElement { to, first: column(1), length: 2, index });
            builder.write(column(0), to);
        }),
    );
    let failure = run_state(&program, &instances(&program)).outbox.take_failure();
    let message = failure.map(|failure| failure.message);
    assert_eq!(message.as_deref(), Some("index 2 is outside `c1` of length 2"));
}

#[test]
fn the_last_instance_decides_on_a_shared_variable() {
    let write = kernel(|builder| {
        let number = builder.read(column(0));
        builder.write(Place::Global(0), number);
        let limit = builder.constant(3.);
        let condition = builder.binary(BinaryOperation::Less, number, limit);
        let (accepted, ()) = builder.block(|builder| builder.write(Place::Global(1), number));
        builder.push(Instruction::If { condition, accepted, rejected: vec![] });
    });
    let kernels = Kernels { state: Some(write), ..Kernels::default() };
    let program = program(1, &[(0., true), (0., true)], kernels);
    let after = run_state(&program, &instances(&program));
    assert_eq!(after.own.globals, [69., 2.]);
}

#[test]
fn shared_random_numbers_come_in_the_order_of_instances() {
    let program = state_only(
        2,
        kernel(|builder| {
            for to in [0, 1] {
                let effect = Effect::DrawShared(Distribution::Uniform);
                let number = builder.effect_value(effect, vec![], SPAN);
                builder.write(column(to), number);
            }
        }),
    );
    let after = run_state(&program, &instances(&program));
    // NEURON's first numbers: (a + c) / (2^32 - 1), and so on
    let mut value = 1_u32;
    let mut next = || {
        value = value.wrapping_mul(2_147_437_301).wrapping_add(453_816_981);
        f64::from(value) / 4_294_967_295.
    };
    for instance in 0..70 {
        assert_eq!([after.columns[0][instance], after.columns[1][instance]], [next(), next()]);
    }
}

#[test]
fn requests_are_in_the_order_of_instances() {
    let program = state_only(
        1,
        kernel(|builder| {
            let number = builder.read(column(0));
            builder.effect(Effect::Send, vec![number, number], SPAN);
            builder.effect(Effect::Fire, vec![number], SPAN);
        }),
    );
    let mut after = run_state(&program, &instances(&program));
    let requests: Vec<(u32, Request)> = after.outbox.drain().collect();
    assert_eq!(requests[2], (1, Request::Send { time: 1., flag: 1. }));
    assert_eq!(requests[3], (1, Request::Fire { time: 1. }));
}

#[test]
fn tables_are_made_anew_when_what_they_depend_on_changed() {
    let bounds = kernel(|builder| {
        for (argument, number) in [(0, -10.), (1, 10.), (2, 20.)] {
            let number = builder.constant(number);
            builder.write(Place::Argument(argument), number);
        }
    });
    let row = kernel(|builder| {
        let (x, factor) = (builder.read(Place::Argument(0)), builder.read(Place::Global(0)));
        let y = builder.binary(BinaryOperation::Multiply, x, factor);
        builder.write(Place::Argument(1), y);
    });
    let look = kernel(|builder| {
        let argument = builder.read(column(0));
        let result = builder.register();
        builder.push(Instruction::Lookup { table: 0, argument, results: vec![result] });
        builder.write(column(1), result);
    });
    let kernels = Kernels { state: Some(look), ..Kernels::default() };
    let mut program = program(2, &[(2., true), (1., true)], kernels);
    let depends = vec![Place::Global(0)];
    program.tables.push(Table { name: "rates".into(), columns: 1, depends, bounds, row, switch: 1 });
    let mut instances = Instances::new(&program, 70, |_, instance| instance as f64 / 4.);
    let after = run_state(&program, &instances);
    assert_eq!([after.columns[1][5], after.columns[1][69]], [2.5, 20.]);
    instances.own = after.own;
    instances.own.globals[0] = 3.;
    let after = run_state(&program, &instances);
    assert_eq!(after.columns[1][5], 3.75);
    instances.own = after.own;
    instances.own.globals = vec![4., 0.];
    assert_eq!(run_state(&program, &instances).columns[1][5], 3.75, "the table is switched off");
}

struct Others(Vec<Vec<f64>>);

impl OtherConnections for Others {
    fn count(&self) -> usize {
        self.0.len() + 1
    }

    fn weights(&mut self, connection: usize) -> Option<&mut [f64]> {
        match connection {
            0 => None,
            other => Some(&mut self.0[other - 1]),
        }
    }
}

#[test]
fn an_event_changes_its_weights_and_those_of_others() {
    let receive = kernel(|builder| {
        let (body, ()) = builder.block(|builder| {
            let weight = builder.read(Place::OtherWeight(0));
            let one = builder.constant(1.);
            let more = builder.binary(BinaryOperation::Add, weight, one);
            builder.write(Place::OtherWeight(0), more);
        });
        builder.push(Instruction::ForConnections { body });
        let (weight, flag) = (builder.read(Place::Weight(0)), builder.read(Place::Flag));
        let sum = builder.binary(BinaryOperation::Add, weight, flag);
        builder.write(column(0), sum);
        builder.write(Place::Weight(7), sum);
    });
    let kernels = Kernels { receive: Some(receive), ..Kernels::default() };
    let program = program(1, &[], kernels);
    let specialised = program.specialise(&constants(), &super::all_observed(1));
    let mut instances = instances(&program);
    let (mut weights, mut others) = ([5.], Others(vec![vec![7.], vec![9.]]));
    let mut frame = instances.frame();
    frame.event = Some(Event { flag: 0.5, weights: &mut weights, others: Some(&mut others) });
    specialised.receive(3, &mut frame);
    assert_eq!((weights, others.0), ([6.], vec![vec![8.], vec![10.]]));
    assert_eq!(instances.columns[0][3], 6.5);
}

#[test]
fn calls_take_arguments_of_all_kinds() {
    let call = kernel(|builder| {
        let set = Effect::SetStreamFromArgument { stream: 0, argument: 0 };
        builder.effect(set, vec![], SPAN);
        let given = Effect::Draw { stream: 0, distribution: Distribution::Given };
        let drawn = builder.effect_value(given, vec![], SPAN);
        builder.effect(Effect::SetVector { vector: 0, argument: Some(1) }, vec![], SPAN);
        let one = builder.constant(1.);
        let element = builder.effect_value(Effect::VectorElement(0), vec![one], SPAN);
        let scaled = builder.binary(BinaryOperation::Multiply, drawn, element);
        let number = builder.read(Place::Argument(2));
        let result = builder.binary(BinaryOperation::Add, scaled, number);
        builder.write(Place::Result, result);
    });
    let mut program = program(1, &[], Kernels::default());
    program.functions.push(crate::ir::Function { name: "f".into(), arguments: 3, kernel: call });
    let specialised = program.specialise(&constants(), &super::all_observed(1));
    let mut instances = instances(&program);
    let mut object = random::Random::new(0, 1);
    object.select(random::Distribution::Uniform(2., 4.)).expect("fine");
    let arguments =
        [Argument::Random(Box::new(object)), Argument::Vector(vec![1., 10.]), Argument::Number(0.25)];
    let mut frame = instances.frame();
    frame.arguments = &arguments;
    let result = specialised.call(0, 2, &mut frame);
    assert_eq!(result, object.repick() * 10. + 0.25);
    assert_eq!(instances.outbox.take_failure(), None);
}

#[test]
fn only_columns_that_are_read_later_are_stored() {
    // c0 is a parameter, c1 is computed and used, c2 is read back by the next step, c3 only by itself
    let state = kernel(|builder| {
        let parameter = builder.read(column(0));
        let rate = builder.unary(UnaryOperation::Exp, parameter);
        builder.write(column(1), rate);
        let rate = builder.read(column(1));
        let old = builder.read(column(2));
        let new = builder.binary(BinaryOperation::Add, old, rate);
        builder.write(column(2), new);
        let (accepted, ()) = builder.block(|builder| builder.write(column(3), new));
        builder.push(Instruction::If { condition: old, accepted, rejected: vec![] });
    });
    let current = kernel(|builder| {
        let state = builder.read(column(2));
        builder.write(Place::Current, state);
    });
    let kernels = Kernels { state: Some(state), current: Some(current), ..Kernels::default() };
    let program = program(4, &[], kernels);
    let mut demand = Demand { uniform: vec![true; 4], observed: vec![false; 4] };
    let storage = |demand: &Demand| program.specialise(&constants(), demand).storage().to_vec();
    let (instances, nowhere) = (Storage::Instances, Storage::Nowhere);
    assert_eq!(storage(&demand), [Storage::Uniform, nowhere, instances, nowhere]);
    demand.observed[3] = true;
    demand.uniform[0] = false;
    assert_eq!(storage(&demand), [instances, nowhere, instances, instances]);
    assert_eq!(program.specialise(&constants(), &demand).bytes_per_instance(), 24);
}

#[test]
fn what_does_not_depend_on_the_voltage_is_computed_once() {
    let current = kernel(|builder| {
        let voltage = builder.read(Place::Voltage);
        let more = builder.constant(0.001);
        let moved = builder.binary(BinaryOperation::Add, voltage, more);
        for (at, place) in [(moved, Place::Conductance), (voltage, Place::Current)] {
            let state = builder.read(column(0));
            let open = builder.binary(BinaryOperation::Multiply, state, state);
            let current = builder.binary(BinaryOperation::Multiply, open, at);
            builder.write(place, current);
        }
    });
    let program = program(1, &[], Kernels { current: Some(current), ..Kernels::default() });
    let specialised = program.specialise(&constants(), &super::all_observed(1));
    let kernel = specialised.program().kernels.current.as_ref().expect("there is one");
    let products = kernel.body.iter().filter(|instruction| {
        matches!(instruction, Instruction::Binary { operation: BinaryOperation::Multiply, .. })
    });
    assert_eq!(products.count(), 3);
    assert!(specialised.has(Phase::Current) && !specialised.has(Phase::State));
}

#[test]
fn shared_variables_that_no_kernel_writes_are_known() {
    let state = kernel(|builder| {
        let (known, step) = (builder.read(Place::Global(0)), builder.read(Place::Step));
        let product = builder.binary(BinaryOperation::Multiply, known, step);
        builder.write(column(0), product);
    });
    let program = program(1, &[(4., false)], Kernels { state: Some(state), ..Kernels::default() });
    assert_eq!(program.globals, [SharedVariable { name: "g0".into(), initial: 4., written: false }]);
    let specialised = program.specialise(&constants(), &super::all_observed(1));
    let kernel = specialised.program().kernels.state.as_ref().expect("there is one");
    assert_eq!(kernel.to_string(), "r0 = 0.1\nColumn(0) = r0\n");
}
