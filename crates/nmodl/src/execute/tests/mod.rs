//! The executors agree: the reference on what lowering made, the reference on what the optimiser made of it, and the
//! lane machine at every level, for every number of instances and every size of blocks.

mod effects;
mod generate;
mod loops;
mod random;

use std::sync::Arc;

use ::random::{Stream, Streams};

use super::{Constants, Demand, Frame, Holdings, Nodes, Outbox, Phase, Request, Specialised, Storage};
use crate::description::{Description, Kind, Role, Variable};
use crate::ir::{BinaryOperation, Builder, Kernel, Kernels, Place, Program, SharedVariable, UnaryOperation};
use crate::{Column, IonUse};

/// A program of a point process with some columns `c0`, `c1`, … and shared variables `g0`, `g1`, …
pub(super) fn program(columns: usize, globals: &[(f64, bool)], kernels: Kernels) -> Program {
    let variable = |number| Variable {
        name: format!("c{number}"),
        role: Role::Assigned,
        default: 0.,
        unit: String::new(),
        visible: true,
    };
    let description = Description {
        name: "test".to_string(),
        kind: Kind::PointProcess,
        variables: (0..columns).map(variable).collect(),
        globals: vec![],
        ions: vec![IonUse { ion: "na".to_string(), reads: vec![], writes: vec![], valence: None }],
        event_arguments: None,
        source: "test.mod".to_string(),
    };
    let shared = |(number, &(initial, written)): (usize, &(f64, bool))| SharedVariable {
        name: format!("g{number}"),
        initial,
        written,
    };
    Program {
        description: Arc::new(description),
        globals: globals.iter().enumerate().map(shared).collect(),
        random_variables: 0,
        streams: vec!["rng".to_string()],
        vectors: vec!["times".to_string()],
        pointers: vec![],
        tables: vec![],
        function_tables: vec![],
        electrode: false,
        kernels,
        functions: vec![],
    }
}

pub(super) fn constants() -> Constants {
    Constants { dt: 0.025, celsius: 34., second_order: 0, globals: vec![] }
}

/// Everybody looks at everything.
pub(super) fn all_observed(columns: usize) -> Demand {
    Demand { uniform: vec![false; columns], observed: vec![true; columns] }
}

/// The numbers of instances.
#[derive(Clone, Debug)]
pub(super) struct Instances {
    pub(super) count: usize,
    pub(super) time: f64,
    pub(super) columns: Vec<Column>,
    pub(super) voltage: Column,
    /// Voltages of nodes, and the first instance on each.
    pub(super) nodes: Option<(Column, Vec<u32>)>,
    pub(super) current: Column,
    pub(super) conductance: Column,
    pub(super) ions: Vec<Column>,
    pub(super) own: Holdings,
    pub(super) outbox: Outbox,
}

impl Instances {
    /// `number(column, instance)` everywhere, the voltage being the last column.
    pub(super) fn new(program: &Program, count: usize, number: impl Fn(usize, usize) -> f64) -> Self {
        let columns = program.description.variables.len();
        let column = |column| (0..count).map(|instance| number(column, instance)).collect::<Vec<f64>>();
        let stream = |instance| Some(Stream::new(7, instance as u32, 1, 2));
        let vector = |instance| Some(vec![instance as f64, 2., 3.]);
        Self {
            count,
            time: 1.5,
            columns: (0..columns).map(|number| Column::from(column(number).as_slice())).collect(),
            voltage: column(columns).into_iter().collect(),
            nodes: None,
            current: Column::filled(count, 0.),
            conductance: Column::filled(count, 0.),
            ions: vec![Column::filled(count, 0.)],
            own: Holdings {
                globals: program.globals.iter().map(|global| global.initial).collect(),
                streams: vec![(0..count).map(stream).collect()],
                vectors: vec![(0..count).map(vector).collect()],
                ..Holdings::default()
            },
            outbox: Outbox::default(),
        }
    }

    /// The same with several instances on each node: 1, 2, 3, … 13, 1, ….
    pub(super) fn on_shared_nodes(&self) -> Self {
        let counts = (0..).map(|node| node % 13 + 1);
        let mut starts: Vec<u32> = counts
            .scan(0, |end, count| Some(std::mem::replace(end, *end + count)))
            .take_while(|&start| (start as usize) < self.count)
            .collect();
        let voltages: Column = starts.iter().map(|&first| self.voltage[first as usize]).collect();
        starts.push(self.count as u32);
        let of = |instance: usize| starts.partition_point(|&start| start as usize <= instance) - 1;
        let voltage = (0..self.count).map(|instance| voltages[of(instance)]).collect();
        Self { voltage, nodes: Some((voltages, starts)), ..self.clone() }
    }

    /// With columns kept as a specialised program wants it.
    pub(super) fn stored(&self, storage: &[Storage]) -> Self {
        let mut stored = self.clone();
        for (column, storage) in stored.columns.iter_mut().zip(storage) {
            match storage {
                Storage::Instances => {}
                Storage::Uniform => *column = Column::filled(1, column.first().copied().unwrap_or(0.)),
                Storage::Nowhere => *column = Column::default(),
            }
        }
        stored
    }

    pub(super) fn frame(&mut self) -> Frame<'_> {
        Frame {
            count: self.count,
            time: self.time,
            columns: &mut self.columns,
            voltage: &self.voltage,
            nodes: self.nodes.as_ref().map(|(voltage, starts)| Nodes { voltage, starts }),
            area: &self.voltage,
            diameter: &self.voltage,
            current: &mut self.current,
            conductance: &mut self.conductance,
            ion_derivatives: &mut self.ions,
            own: &mut self.own,
            outbox: &mut self.outbox,
            event: None,
            arrivals: None,
            arguments: &[],
        }
    }

    /// All that can be compared, bit by bit; one kind of not-a-number.
    pub(super) fn bits(&mut self, storage: &[Storage]) -> Outcome {
        let bits = |values: &[f64]| {
            let bits = |value: &f64| if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() };
            values.iter().map(bits).collect::<Vec<u64>>()
        };
        let kept = self.columns.iter().zip(storage).filter(|(_, storage)| **storage == Storage::Instances);
        let mut numbers: Vec<Vec<u64>> = kept.map(|(column, _)| bits(column)).collect();
        numbers.push(bits(&self.current));
        numbers.push(bits(&self.conductance));
        numbers.push(bits(&self.ions[0]));
        numbers.push(bits(&self.own.globals));
        let requests = self.outbox.drain().map(|(instance, request)| {
            let same = |time: f64| if time.is_nan() { -1. } else { time };
            match request {
                Request::Send { time, flag } => {
                    (instance, Request::Send { time: same(time), flag: same(flag) })
                }
                other => (instance, other),
            }
        });
        Outcome {
            numbers,
            streams: self.own.streams.clone(),
            requests: requests.collect(),
            messages: self.outbox.take_messages(),
        }
    }
}

#[derive(Debug, PartialEq)]
pub(super) struct Outcome {
    numbers: Vec<Vec<u64>>,
    streams: Vec<Streams>,
    requests: Vec<(u32, Request)>,
    messages: Vec<(u32, String)>,
}

/// A program whose state kernel is `kernel`.
pub(crate) fn state_only(columns: usize, kernel: Kernel) -> Program {
    program(columns, &[], Kernels { state: Some(kernel), ..Kernels::default() })
}

/// Runs the state kernel by all executors, which have to agree, and gives the numbers after it.
pub(super) fn run_state(program: &Program, before: &Instances) -> Instances {
    let demand = all_observed(program.description.variables.len());
    let mut result = None;
    for level in crate::math::Level::available() {
        let specialised = program.specialise_at(level, &constants(), &demand);
        let mut expected = before.clone();
        specialised.run_reference(Phase::State, &mut expected.frame());
        result = Some(expected.clone());
        let bits = expected.bits(specialised.storage());
        let operations = specialised.clone().without_machine_code();
        let ways: [(_, fn(&Specialised, Phase, &mut Frame)); 3] = [
            (&specialised, Specialised::run),
            (&operations, Specialised::run),
            (&specialised, Specialised::run_each),
        ];
        for (specialised, run) in ways {
            let mut instances = before.clone();
            run(specialised, Phase::State, &mut instances.frame());
            assert_eq!(instances.outbox.has_failed(), result.as_ref().is_some_and(|r| r.outbox.has_failed()));
            if !instances.outbox.has_failed() {
                assert_eq!(instances.bits(specialised.storage()), bits);
            }
        }
    }
    result.expect("there is a level")
}

#[test]
fn kernels_without_uniform_numbers_have_exponentials() {
    let mut builder = Builder::new();
    let [a, b] = [0, 1].map(|column| builder.read(Place::Column(column)));
    let product = builder.binary(BinaryOperation::Multiply, a, b);
    let exponential = builder.unary(UnaryOperation::Exp, product);
    builder.write(Place::Column(2), exponential);
    let program = state_only(3, builder.finish());
    let before = Instances::new(&program, 9, |column, instance| (column + instance) as f64);
    let after = run_state(&program, &before);
    let expected: Vec<f64> = (0..9).map(|instance| f64::from(instance * (instance + 1)).exp()).collect();
    assert_eq!(after.columns[2][..], expected);
}
