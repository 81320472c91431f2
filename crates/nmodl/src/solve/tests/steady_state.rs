//! Steady states of `KINETIC` blocks: numbers of NEURON 9.0.2, bit by bit.

use super::super::Place;
use super::machine::Machine;

#[test]
fn linear_steady_state() {
    let mut machine = Machine::new(
        "
NEURON { SUFFIX test RANGE ss1, ss2, ss3 }
STATE { c o d }
ASSIGNED { v ss1 ss2 ss3 }
INITIAL { SOLVE kin STEADYSTATE sparse ss1 = c ss2 = o ss3 = d c = 1 o = 0 d = 0 }
BREAKPOINT { SOLVE kin METHOD sparse }
KINETIC kin {
~ c <-> o (exp(v/20), 2)
~ o <-> d (.1, .2)
CONSERVE c + o + d = 1
}
",
    );
    machine.set("v", -65.0);
    machine.set("dt", 0.1);
    let body = machine.rewrite(Place::Initial, false).body;
    machine.run(&body);
    assert_eq!(
        machine.all(&["c", "o", "d"]),
        [0.9717411250619545, 0.018839246656762357, 0.009419628281283038]
    );
}

#[test]
fn nonlinear_steady_state() {
    let mut machine = Machine::new("
NEURON { SUFFIX test RANGE ss1, ss2, ss3, ss4 }
STATE { ca bf cb pump }
ASSIGNED { v ss1 ss2 ss3 ss4 }
INITIAL { ca = 0.5 bf = 1 cb = 0.2 pump = 0.1 SOLVE kin STEADYSTATE sparse ss1 = ca ss2 = bf ss3 = cb ss4 = pump ca = 0.5 bf = 1 cb = 0.2 pump = 0.1}
BREAKPOINT { SOLVE kin METHOD sparse }
KINETIC kin {
~ ca + bf <-> cb (1.5, 0.3)
~ 2 ca + pump <-> cb (0.7, 0.05)
~ cb -> (0.01)
~ ca << (0.002)
}
");
    machine.set("v", -65.0);
    machine.set("dt", 0.1);
    machine.set("ca", 0.5);
    machine.set("bf", 1.0);
    machine.set("cb", 0.2);
    machine.set("pump", 0.1);
    let body = machine.rewrite(Place::Initial, false).body;
    machine.run(&body);
    assert_eq!(
        machine.all(&["ca", "bf", "cb", "pump"]),
        [4526316.02400628, 5.58139830065533e-23, 1.2631586122308849e-15, 4.403926946609739e-30]
    );
}

#[test]
fn linear_steady_state_to_second_order() {
    let mut machine = Machine::new(
        "
NEURON { SUFFIX test RANGE ss1, ss2, ss3 }
STATE { c o d }
ASSIGNED { v ss1 ss2 ss3 }
INITIAL { SOLVE kin STEADYSTATE sparse ss1 = c ss2 = o ss3 = d c = 1 o = 0 d = 0 }
BREAKPOINT { SOLVE kin METHOD sparse }
KINETIC kin {
~ c <-> o (exp(v/20), 2)
~ o <-> d (.1, .2)
CONSERVE c + o + d = 1
}
",
    );
    machine.set("v", -65.0);
    machine.set("dt", 0.1);
    let body = machine.rewrite(Place::Initial, true).body;
    machine.run(&body);
    assert_eq!(
        machine.all(&["c", "o", "d"]),
        [0.9717411251591287, 0.01883924665864628, 0.009419628282225001]
    );
}

#[test]
fn nonlinear_steady_state_to_second_order() {
    let mut machine = Machine::new("
NEURON { SUFFIX test RANGE ss1, ss2, ss3, ss4 }
STATE { ca bf cb pump }
ASSIGNED { v ss1 ss2 ss3 ss4 }
INITIAL { ca = 0.5 bf = 1 cb = 0.2 pump = 0.1 SOLVE kin STEADYSTATE sparse ss1 = ca ss2 = bf ss3 = cb ss4 = pump ca = 0.5 bf = 1 cb = 0.2 pump = 0.1}
BREAKPOINT { SOLVE kin METHOD sparse }
KINETIC kin {
~ ca + bf <-> cb (1.5, 0.3)
~ 2 ca + pump <-> cb (0.7, 0.05)
~ cb -> (0.01)
~ ca << (0.002)
}
");
    machine.set("v", -65.0);
    machine.set("dt", 0.1);
    machine.set("ca", 0.5);
    machine.set("bf", 1.0);
    machine.set("cb", 0.2);
    machine.set("pump", 0.1);
    let body = machine.rewrite(Place::Initial, true).body;
    machine.run(&body);
    assert_eq!(
        machine.all(&["ca", "bf", "cb", "pump"]),
        [4526316.02420628, 5.533398308677035e-23, 1.2618954540986543e-15, 4.0782128578091765e-30]
    );
}

#[test]
fn large_linear_steady_state() {
    let mut machine = Machine::new(
        "
NEURON { SUFFIX test }
PARAMETER { k1 = 0.45 }
STATE { E29s Mq9s a9s zb6s Ob4s C8s z18s o19s Zb6s }
ASSIGNED { v }
INITIAL {
SOLVE kin STEADYSTATE sparse

}
BREAKPOINT { SOLVE kin METHOD sparse }
KINETIC kin {
~ E29s <-> zb6s ((k1+0.2), 0.05)
~ zb6s <-> C8s (0.05, f1(0.5))
~ E29s <-> a9s (exp(v/20), k1*2)
~ Mq9s <-> z18s (exp(v/20), 4)
~ a9s <-> Ob4s (exp(v/20), (k1+0.2))
~ o19s <-> Mq9s (0.3, exp(-v/50)*k1)
~ zb6s <-> Mq9s (f1(0.5), exp(-v/50)*k1)
~ Zb6s <-> C8s (exp(v/20), 0.3)
~ Zb6s <-> E29s (0.05, 1.7)
~ o19s <-> Zb6s ((k1+0.2), exp(-v/50)*k1)
CONSERVE C8s + zb6s + Zb6s + z18s + E29s + Ob4s + a9s + o19s + Mq9s = 1
}
FUNCTION f1(q) { f1 = q*2 + k1 }
",
    );
    machine.set("v", -65.0);
    machine.set("dt", 0.1);
    let body = machine.rewrite(Place::Initial, false).body;
    machine.run(&body);
    assert_eq!(
        machine.all(&["C8s", "zb6s", "Zb6s", "z18s", "E29s", "Ob4s", "a9s", "o19s", "Mq9s"]),
        [
            0.008140148684637348,
            0.1195892604180596,
            0.21317771909681937,
            0.000991896754434802,
            0.007080148497166203,
            1.819585079287492e-05,
            0.0003050301655392784,
            0.5483721826684327,
            0.10232541786411783
        ]
    );
}

#[test]
fn singular_steady_state() {
    let mut machine = Machine::new(
        "
NEURON { SUFFIX test }
PARAMETER { k1 = 0.45 }
STATE { d8s ob4s E3s Aq3s }
ASSIGNED { v }
INITIAL {
SOLVE kin STEADYSTATE sparse

}
BREAKPOINT { SOLVE kin METHOD sparse }
KINETIC kin {
~ E3s <-> ob4s (f1(0.5), f1(0.5))
~ E3s << (0.003)
~ E3s -> (0.01)
~ E3s + Aq3s <-> ob4s (0.05, k1*2)
~ Aq3s <-> E3s (f1(0.5), f1(0.5))
~ ob4s <-> Aq3s (exp(v/20), k1*2)
~ 2 d8s <-> Aq3s (k1/3, f1(0.5))
~ E3s <-> d8s (0.05, f1(0.5))
}
FUNCTION f1(q) { f1 = q*2 + k1 }
",
    );
    machine.set("v", -65.0);
    machine.set("dt", 0.1);
    let body = machine.rewrite(Place::Initial, false).body;
    machine.run(&body);
    assert_eq!(machine.all(&["E3s", "Aq3s", "d8s", "ob4s"]), [0.0, 0.0, 0.0, 0.0]);
}
