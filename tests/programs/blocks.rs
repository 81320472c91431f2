//! Blocks run where NEURON runs them; columns are kept as little as possible and look the same.

use neurodamus::model::{Argument, Variable};

use super::support::{model, soma, until};

const LEAK: &str = "
NEURON { SUFFIX leaky NONSPECIFIC_CURRENT i RANGE g, e, i }
PARAMETER { g = 0.001 (S/cm2)  e = -70 (mV) }
ASSIGNED { v (mV)  i (mA/cm2) }
BREAKPOINT { i = g*(v - e) }
";

/// The same equation as the `pas` that is built in, which has NEURON's bits.
#[test]
fn a_leak_is_a_leak() {
    let mut traces = Vec::new();
    for (mechanism, e) in [("pas", "e_pas"), ("leaky", "e_leaky")] {
        let mut model = model(&[("leak.mod", LEAK)]);
        let soma = soma(&mut model, 3, &[mechanism]);
        model.set_ramp(soma, e, 0.0..=1.0, (-60.0, -50.0)).expect("it is inserted");
        let voltage = model.record((soma, 0.5), "v").expect("it exists");
        let current = model.record((soma, 0.9), &format!("i_{mechanism}")).expect("it exists");
        let recordings = model.run(&until(2.0)).expect("it runs");
        traces.push((recordings.trace(voltage).to_vec(), recordings.trace(current).to_vec()));
    }
    assert_eq!(traces[0], traces[1]);
    assert!(traces[0].1[10] != 0.0);
}

const BLOCKS: &str = "
NEURON { SUFFIX blocks RANGE order, first, steps, solved }
ASSIGNED { order first steps solved }
STATE { n }
CONSTRUCTOR { first = 5 }
BEFORE INITIAL { order = 1 }
INITIAL { order = order*10 + 2  n = 0  steps = 0 solved = 0 }
AFTER INITIAL { order = order*10 + 3 }
BEFORE BREAKPOINT { solved = 0 }
BREAKPOINT { SOLVE grow METHOD euler }
DERIVATIVE grow { n' = 1 }
AFTER SOLVE { solved = solved + 1 }
BEFORE STEP { steps = steps + solved }
";

#[test]
fn blocks_run_in_order() {
    let mut model = model(&[("blocks.mod", BLOCKS)]);
    let soma = soma(&mut model, 1, &["blocks"]);
    let names = ["order_blocks", "first_blocks", "steps_blocks", "n_blocks"];
    let recorded = names.map(|name| model.record((soma, 0.5), name).expect("it exists"));
    let recordings = model.run(&until(0.1)).expect("it runs");
    let [order, first, steps, n] = recorded.map(|one| recordings.trace(one).to_vec());
    assert_eq!(order, [123.0; 5]);
    assert_eq!(first, [5.0; 5]);
    assert_eq!(steps, [0.0, 1.0, 2.0, 3.0, 4.0]);
    assert!((n[4] - 0.1).abs() < 1e-12, "{n:?}");
}

const POINTER: &str = "
NEURON { POINT_PROCESS Follower POINTER source, sink RANGE seen }
ASSIGNED { source sink seen }
INITIAL { seen = source  sink = 0 }
BREAKPOINT { SOLVE follow }
PROCEDURE follow() { seen = source  sink = sink + 1 }
";

const TARGET: &str = "
NEURON { SUFFIX target RANGE count }
ASSIGNED { count }
";

#[test]
fn pointers_read_and_write_what_they_point_to() {
    let mut model = model(&[("follower.mod", POINTER), ("target.mod", TARGET)]);
    let soma = soma(&mut model, 3, &["hh", "target"]);
    let follower = model.point_process("Follower", (soma, 0.5)).expect("it is loaded");
    let own = |name: &str| Variable::Point(follower, name.to_owned());
    let range = |name: &str| Variable::Range((soma, 0.1), name.to_owned());
    model.set_pointer(own("source"), range("m_hh")).expect("both exist");
    model.set_pointer(own("sink"), range("count_target")).expect("both exist");
    let seen = model.record_variable(follower, "seen").expect("it exists");
    let gate = model.record((soma, 0.1), "m_hh").expect("it exists");
    let count = model.record((soma, 0.1), "count_target").expect("it exists");
    let recordings = model.run(&until(0.1)).expect("it runs");
    // `Follower` comes after `hh` in the order of execution, so that it sees the new gate
    assert_eq!(recordings.trace(seen), recordings.trace(gate));
    assert_eq!(recordings.trace(count), [0.0, 1.0, 2.0, 3.0, 4.0]);
}

const CALLED: &str = "
NEURON { SUFFIX called RANGE x, y GLOBAL scale }
PARAMETER { x = 1  scale = 2 }
ASSIGNED { y }
INITIAL { y = x*scale }
PROCEDURE set_x(value, other) { x = value + other }
";

#[test]
fn functions_are_called_before_the_initialisation() {
    let mut model = model(&[("called.mod", CALLED)]);
    let soma = soma(&mut model, 3, &["called"]);
    let arguments = [Argument::Number(3.0), Argument::Number(0.5)];
    model.call_at((soma, 0.5), "called", "set_x", &arguments).expect("the mechanism exists");
    let recorded = [0.1, 0.5, 0.9].map(|x| model.record((soma, x), "y_called").expect("it exists"));
    let recordings = model.run(&until(0.0)).expect("it runs");
    assert_eq!(recorded.map(|one| recordings.trace(one)[0]), [2.0, 7.0, 2.0]);
    model.set_global("scale_called", 4.0).expect("it exists");
    let recordings = model.run(&until(0.0)).expect("it runs");
    assert_eq!(recorded.map(|one| recordings.trace(one)[0]), [4.0, 14.0, 4.0]);
}
