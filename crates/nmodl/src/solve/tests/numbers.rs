//! Numbers of rewritten blocks, computed by a plain evaluator, against those that NEURON 9.0.2 computes from the same
//! files: bit by bit. A cell of one compartment has one instance; each step begins with its new voltage.

use super::super::Place;
use super::machine::Machine;

/// A file, and what NEURON makes of it by steps of 0.1 ms.
struct Case {
    text: &'static str,
    names: &'static [&'static str],
    /// Values after `INITIAL`.
    start: &'static [f64],
    /// Voltage (mV) and values at the end of each step.
    steps: [(f64, &'static [f64]); 3],
}

fn check(case: &Case, second_order: bool, after_solve: impl Fn(&mut Machine)) {
    let mut machine = Machine::new(case.text);
    machine.set("dt", 0.1);
    case.names.iter().zip(case.start).for_each(|(name, &value)| machine.set(name, value));
    let body = machine.rewrite(Place::Breakpoint, second_order).body;
    for (number, (voltage, values)) in case.steps.iter().enumerate() {
        machine.set("v", *voltage);
        machine.run(&body);
        assert_eq!(machine.all(case.names), *values, "step {number}");
        after_solve(&mut machine);
    }
}

const CNEXP: &str = "
NEURON { SUFFIX test RANGE minf, mtau }
PARAMETER { k = 0.3 q = 2 }
STATE { m n h c w }
ASSIGNED { v minf mtau }
INITIAL { m = .1 n = .2 h = .3 c = .4 w = .5 }
BREAKPOINT { SOLVE states METHOD cnexp }
DERIVATIVE states { LOCAL a
minf = 1/(1+exp(-(v+40)/9)) mtau = 0.1 + 3*minf
a = k*2
m' = (minf - m)/mtau
n' = a*(1-n) - q*n*minf
h' = -h/mtau/2 + 3e-1 - -h*-2
c' = -(10000)*minf*k/(2*q) - (c - 0.0001)/80
w' = k
}
";

#[test]
fn cnexp() {
    let case = Case {
        text: CNEXP,
        names: &["m", "n", "h", "c", "w"],
        start: &[0.1, 0.2, 0.3, 0.4, 0.5],
        steps: [
            (
                -65.45454545454535,
                &[0.08621595897887128, 0.24417688628965006, 0.2286137444658944, -3.783996063323366, 0.53],
            ),
            (
                -65.86776859504113,
                &[0.07576320772879058, 0.2854406916069698, 0.1792834263331481, -7.7850618990252745, 0.56],
            ),
            (
                -66.24342599549185,
                &[
                    0.06782793935641884,
                    0.32401045116320537,
                    0.14533044719654548,
                    -11.625782827844166,
                    0.5900000000000001,
                ],
            ),
        ],
    };
    check(&case, false, |_| {});
}

#[test]
fn cnexp_to_second_order() {
    let case = Case {
        text: CNEXP,
        names: &["m", "n", "h", "c", "w"],
        start: &[0.1, 0.2, 0.3, 0.4, 0.5],
        steps: [
            (
                -65.4761904761904,
                &[0.08616025386811849, 0.2441823273252529, 0.22855648620657792, -3.774506456927917, 0.53],
            ),
            (
                -65.90702947845782,
                &[0.07563310590644041, 0.2854570445416914, 0.17916361830988076, -7.759075689093163, 0.56],
            ),
            (
                -66.2968361947951,
                &[
                    0.06762407295583331,
                    0.32404269593973106,
                    0.14516112868063713,
                    -11.578210210065409,
                    0.5900000000000001,
                ],
            ),
        ],
    };
    check(&case, true, |_| {});
}

const DERIVIMPLICIT: &str = "
NEURON { SUFFIX test RANGE s, m, n }
STATE { zz yy }
ASSIGNED { v s m n}
INITIAL { zz = 0.5 yy = 0.2 n = 0 m = 0 zz = 0.5 yy = 0.2 n = 0 }
BREAKPOINT { SOLVE aa METHOD derivimplicit }
DERIVATIVE aa { LOCAL b b = f(zz) s = zz
 yy' = zz - yy*b  zz' = 1 - zz*zz - yy*3 n = n + 1 }
FUNCTION f(xx) { f = exp(-xx) }
";

#[test]
fn derivimplicit() {
    let case = Case {
        text: DERIVIMPLICIT,
        names: &["zz", "yy", "s", "m", "n"],
        start: &[0.5, 0.2, 0.0, 0.0, 0.0],
        steps: [
            (-65.45454545454535, &[0.5037863735525059, 0.23611185143258548, 0.5037863735525059, 0.0, 16.0]),
            (-65.86776859504113, &[0.49811179026900837, 0.26954349240999287, 0.49811179026900837, 0.0, 32.0]),
            (-66.24342599549185, &[0.4847435354526229, 0.299568751000249, 0.4847435354526229, 0.0, 48.0]),
        ],
    };
    check(&case, false, |_| {});
}

#[test]
fn derivimplicit_to_second_order() {
    let case = Case {
        text: DERIVIMPLICIT,
        names: &["zz", "yy", "s", "m", "n"],
        start: &[0.5, 0.2, 0.0, 0.0, 0.0],
        steps: [
            (-65.4761904761904, &[0.5089627678227155, 0.2372472367064839, 0.5044813839113578, 0.0, 16.0]),
            (-65.90702947845782, &[0.5066843629654036, 0.2726856132959055, 0.5078235653940596, 0.0, 32.0]),
            (-66.2968361947951, &[0.4949136586734822, 0.3052526491584158, 0.5007990108194429, 0.0, 48.0]),
        ],
    };
    check(&case, true, |_| {});
}

const EULER: &str = "
NEURON { SUFFIX test RANGE p }
STATE { xs yy }
ASSIGNED { v p }
INITIAL { xs = 1 yy = 1}
BREAKPOINT { SOLVE aa METHOD euler }
DERIVATIVE aa { xs' = -xs
 if (v > -100) { yy' = -yy p = xs} else { yy' = 1 } }
";

#[test]
fn euler() {
    let case = Case {
        text: EULER,
        names: &["xs", "yy", "p"],
        start: &[1.0, 1.0, 0.0],
        steps: [
            (-65.45454545454535, &[0.9, 0.8, 1.0]),
            (-65.86776859504113, &[0.81, 0.6399999999999999, 0.9]),
            (-66.24342599549185, &[0.7290000000000001, 0.512, 0.81]),
        ],
    };
    check(&case, false, |_| {});
}

#[test]
fn euler_to_second_order() {
    let case = Case {
        text: EULER,
        names: &["xs", "yy", "p"],
        start: &[1.0, 1.0, 0.0],
        steps: [
            (-65.4761904761904, &[0.8999999999999999, 0.7999999999999998, 1.0]),
            (-65.90702947845782, &[0.8099999999999998, 0.6399999999999997, 0.8999999999999999]),
            (-66.2968361947951, &[0.7289999999999999, 0.5119999999999996, 0.8099999999999998]),
        ],
    };
    check(&case, true, |_| {});
}

const NO_METHOD: &str = "
NEURON { SUFFIX test }
STATE { xs yy }
ASSIGNED { v }
INITIAL { xs = 1 yy = 1}
BREAKPOINT { SOLVE aa }
DERIVATIVE aa { xs' = -xs yy' = -yy*xs }
";

#[test]
fn no_method() {
    let case = Case {
        text: NO_METHOD,
        names: &["xs", "yy"],
        start: &[1.0, 1.0],
        steps: [
            (-65.45454545454535, &[1.0, 1.0]),
            (-65.86776859504113, &[1.0, 1.0]),
            (-66.24342599549185, &[1.0, 1.0]),
        ],
    };
    check(&case, false, |_| {});
}

#[test]
fn no_method_to_second_order() {
    let case = Case {
        text: NO_METHOD,
        names: &["xs", "yy"],
        start: &[1.0, 1.0],
        steps: [
            (-65.4761904761904, &[0.95, 0.95]),
            (-65.90702947845782, &[0.9025, 0.904875]),
            (-66.2968361947951, &[0.857375, 0.864042515625]),
        ],
    };
    check(&case, true, |_| {});
}

const RUNGE: &str = "
NEURON { SUFFIX test }
STATE { xs yy }
ASSIGNED { v }
INITIAL { xs = 1 yy = 1}
BREAKPOINT { SOLVE aa METHOD runge }
DERIVATIVE aa { xs' = -xs yy' = -yy*xs }
";

#[test]
fn runge() {
    let case = Case {
        text: RUNGE,
        names: &["xs", "yy"],
        start: &[1.0, 1.0],
        steps: [
            (-65.45454545454535, &[0.9048375000000001, 0.9092250300938801]),
            (-65.86776859504113, &[0.8187309014062502, 0.8342105938791178]),
            (-66.24342599549185, &[0.7408184220011779, 0.771682563588249]),
        ],
    };
    check(&case, false, |_| {});
}

#[test]
fn runge_to_second_order() {
    let case = Case {
        text: RUNGE,
        names: &["xs", "yy"],
        start: &[1.0, 1.0],
        steps: [
            (-65.4761904761904, &[0.9036684895833333, 0.9071036129629118]),
            (-65.90702947845782, &[0.816616739065823, 0.8306884348116989]),
            (-66.2968361947951, &[0.7379508151600793, 0.7672518709786059]),
        ],
    };
    check(&case, true, |_| {});
}

const MEANINGLESS_CNEXP: &str = "
NEURON { SUFFIX test }
STATE { xs }
ASSIGNED { v }
INITIAL { xs = 0.3 }
BREAKPOINT { SOLVE aa METHOD cnexp }
DERIVATIVE aa { xs' = 1 -xs*xs }
";

#[test]
fn meaningless_cnexp() {
    let case = Case {
        text: MEANINGLESS_CNEXP,
        names: &["xs"],
        start: &[0.3],
        steps: [
            (-65.45454545454535, &[0.2825293600752746]),
            (-65.86776859504113, &[0.26700746121656793]),
            (-66.24342599549185, &[0.2531228921197121]),
        ],
    };
    check(&case, false, |_| {});
}

#[test]
fn meaningless_cnexp_to_second_order() {
    let case = Case {
        text: MEANINGLESS_CNEXP,
        names: &["xs"],
        start: &[0.3],
        steps: [
            (-65.4761904761904, &[0.2825293600752746]),
            (-65.90702947845782, &[0.26700746121656793]),
            (-66.2968361947951, &[0.2531228921197121]),
        ],
    };
    check(&case, true, |_| {});
}

const KINETIC_BY_EULER: &str = "
NEURON { SUFFIX test }
STATE { xs yy }
ASSIGNED { v }
INITIAL { xs = 1 yy = 1}
BREAKPOINT { SOLVE aa METHOD euler }
KINETIC aa { ~ xs <-> yy (1, 2) }
";

#[test]
fn kinetic_by_euler() {
    let case = Case {
        text: KINETIC_BY_EULER,
        names: &["xs", "yy"],
        start: &[1.0, 1.0],
        steps: [
            (-65.45454545454535, &[1.1, 0.9]),
            (-65.86776859504113, &[1.1700000000000002, 0.8300000000000001]),
            (-66.24342599549185, &[1.219, 0.781]),
        ],
    };
    check(&case, false, |_| {});
}

#[test]
fn kinetic_by_euler_to_second_order() {
    let case = Case {
        text: KINETIC_BY_EULER,
        names: &["xs", "yy"],
        start: &[1.0, 1.0],
        steps: [
            (-65.4761904761904, &[1.1, 0.8999999999999999]),
            (-65.90702947845782, &[1.17, 0.8299999999999998]),
            (-66.2968361947951, &[1.2189999999999999, 0.7809999999999999]),
        ],
    };
    check(&case, true, |_| {});
}

const NONLINEAR_SCHEME_WITH_COMPARTMENTS_AND_CONSERVATION: &str = "
NEURON { SUFFIX test RANGE s, p, vol }
DEFINE NN 3
PARAMETER { kf = 0.3 kb = 2 tot = 3}
STATE { z xs[NN] yy b a }
ASSIGNED { v s p vol }
INITIAL { z = .2 yy = .8 a=.3 b = .5 xs[0]=.1 xs[1]=.3 xs[2]=.7 vol = .7 }
BREAKPOINT { SOLVE kin METHOD sparse p = p + 1 }
KINETIC kin { LOCAL u
COMPARTMENT i, (i+1)*vol {xs}
COMPARTMENT vol {yy}
rates(v)
~ z <-> yy (kf+kb, kb)
FROM i=0 TO NN-2 { ~ xs[i] + yy <-> xs[i+1] (f(kf)*2, kb/2) }
~ a -> (kf+kb)
s = f_flux - b_flux
~ a << (0.3-v/100)
~ 2 b + yy <-> z (1, kb)
CONSERVE z + yy = 1
CONSERVE a + 2 b + yy= tot
}
FUNCTION f(xx) { f = xx*2 }
PROCEDURE rates(v) { vol = -v/70 }
";

#[test]
fn nonlinear_scheme_with_compartments_and_conservation() {
    let case = Case {
        text: NONLINEAR_SCHEME_WITH_COMPARTMENTS_AND_CONSERVATION,
        names: &["z", "yy", "b", "a", "xs[0]", "xs[1]", "xs[2]", "s", "vol"],
        start: &[0.2, 0.8, 0.5, 0.3, 0.1, 0.3, 0.7, 0.0, 0.7],
        steps: [
            (
                -65.45454545454535,
                &[
                    0.0,
                    4.697493224932258,
                    0.0,
                    0.3215077605321507,
                    0.08027078148355343,
                    0.26800473830518196,
                    0.7279065806353608,
                    0.7394678492239465,
                    0.9350649350649336,
                ],
            ),
            (
                -65.86776859504113,
                &[
                    0.0,
                    9.886999657400592,
                    0.0,
                    0.33932969847739175,
                    0.04494201466077563,
                    0.2007775862889351,
                    0.784500937587118,
                    0.780458306498001,
                    0.9409681227863018,
                ],
            ),
            (
                -66.24342599549185,
                &[
                    0.0,
                    9.752762908722262,
                    0.0,
                    0.35412449144136876,
                    0.027474038208411097,
                    0.1562318218911427,
                    0.8200207726697678,
                    0.814486330315148,
                    0.946334657078455,
                ],
            ),
        ],
    };
    check(&case, false, |_| {});
}

#[test]
fn nonlinear_scheme_with_compartments_and_conservation_to_second_order() {
    let case = Case {
        text: NONLINEAR_SCHEME_WITH_COMPARTMENTS_AND_CONSERVATION,
        names: &["z", "yy", "b", "a", "xs[0]", "xs[1]", "xs[2]", "s", "vol"],
        start: &[0.2, 0.8, 0.5, 0.3, 0.1, 0.3, 0.7, 0.0, 0.7],
        steps: [
            (
                -65.4761904761904,
                &[
                    0.010000000000000002,
                    2.3861366927240653,
                    0.2718058274510912,
                    0.32687273115524235,
                    0.10567888711829454,
                    0.31114798672082156,
                    0.7373417131466875,
                    0.7173072816570573,
                    0.9353741496598628,
                ],
            ),
            (
                -65.90702947845782,
                &[
                    0.0005000000000000001,
                    3.1643915178727102,
                    0.013590291372554561,
                    0.3525106732344179,
                    0.10727808455178375,
                    0.31886843109100654,
                    0.7806616844220677,
                    0.7731841843563083,
                    0.9415289925493974,
                ],
            ),
            (
                -66.2968361947951,
                &[
                    2.5000000000000008e-05,
                    4.053424901582644,
                    0.0006795145686277281,
                    0.3769610415826316,
                    0.10437185357937481,
                    0.3220784575715594,
                    0.8309404104258356,
                    0.8264716682180946,
                    0.9470976599256443,
                ],
            ),
        ],
    };
    check(&case, true, |_| {});
}

const LINEAR_SCHEME: &str = "
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
";

#[test]
fn linear_scheme() {
    let case = Case {
        text: LINEAR_SCHEME,
        names: &["c", "o", "d", "ss1", "ss2", "ss3"],
        start: &[1.0, 0.0, 0.0, 0.9717411250619545, 0.018839246656762357, 0.009419628281283038],
        steps: [
            (
                -65.45454545454535,
                &[
                    0.9968462819550461,
                    0.0031230994231582804,
                    3.061862179566905e-05,
                    0.9717411250619545,
                    0.018839246656762357,
                    0.009419628281283038,
                ],
            ),
            (
                -65.86776859504113,
                &[
                    0.9942814011138532,
                    0.00563335169133411,
                    8.524719481275532e-05,
                    0.9717411250619545,
                    0.018839246656762357,
                    0.009419628281283038,
                ],
            ),
            (
                -66.24342599549185,
                &[
                    0.9921953617839511,
                    0.007646100762676887,
                    0.00015853745337208251,
                    0.9717411250619545,
                    0.018839246656762357,
                    0.009419628281283038,
                ],
            ),
        ],
    };
    check(&case, false, |_| {});
}

#[test]
fn linear_scheme_to_second_order() {
    let case = Case {
        text: LINEAR_SCHEME,
        names: &["c", "o", "d", "ss1", "ss2", "ss3"],
        start: &[1.0, 0.0, 0.0, 0.9717411251591287, 0.01883924665864628, 0.009419628282225001],
        steps: [
            (
                -65.4761904761904,
                &[
                    0.9965623842882976,
                    0.00342068164415712,
                    1.69340675453323e-05,
                    0.9717411251591287,
                    0.01883924665864628,
                    0.009419628282225001,
                ],
            ),
            (
                -65.90702947845782,
                &[
                    0.993827616503826,
                    0.006108610045364612,
                    6.377345080939428e-05,
                    0.9717411251591287,
                    0.01883924665864628,
                    0.009419628282225001,
                ],
            ),
            (
                -66.2968361947951,
                &[
                    0.9916523082422808,
                    0.00821427577218554,
                    0.00013341598553371414,
                    0.9717411251591287,
                    0.01883924665864628,
                    0.009419628282225001,
                ],
            ),
        ],
    };
    check(&case, true, |_| {});
}

const NONLINEAR_SCHEME: &str = "
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
";

#[test]
fn nonlinear_scheme() {
    let case = Case {
        text: NONLINEAR_SCHEME,
        names: &["ca", "bf", "cb", "pump", "ss1", "ss2", "ss3", "ss4"],
        start: &[
            0.5,
            1.0,
            0.2,
            0.1,
            4526316.02400628,
            5.58139830065533e-23,
            1.2631586122308849e-15,
            4.403926946609739e-30,
        ],
        steps: [
            (
                -65.45454545454535,
                &[
                    0.4446387656982475,
                    0.9446516742457174,
                    0.25519958044757,
                    0.0998935457262651,
                    4526316.02400628,
                    5.58139830065533e-23,
                    1.2631586122308849e-15,
                    4.403926946609739e-30,
                ],
            ),
            (
                -65.86776859504113,
                &[
                    0.4005240955576151,
                    0.8995929751835305,
                    0.29958667837060904,
                    0.10026556018704234,
                    4526316.02400628,
                    5.58139830065533e-23,
                    1.2631586122308849e-15,
                    4.403926946609739e-30,
                ],
            ),
            (
                -66.24342599549185,
                &[
                    0.36504253520128455,
                    0.8624390006094527,
                    0.3356687770587545,
                    0.101001767295916,
                    4526316.02400628,
                    5.58139830065533e-23,
                    1.2631586122308849e-15,
                    4.403926946609739e-30,
                ],
            ),
        ],
    };
    check(&case, false, |_| {});
}

#[test]
fn nonlinear_scheme_to_second_order() {
    let case = Case {
        text: NONLINEAR_SCHEME,
        names: &["ca", "bf", "cb", "pump", "ss1", "ss2", "ss3", "ss4"],
        start: &[
            0.5,
            1.0,
            0.2,
            0.1,
            4526316.02420628,
            5.533398308677035e-23,
            1.2618954540986543e-15,
            4.0782128578091765e-30,
        ],
        steps: [
            (
                -65.4761904761904,
                &[
                    0.4381490258467976,
                    0.9387163661495193,
                    0.2614365857089871,
                    0.09961632984863916,
                    4526316.02420628,
                    5.533398308677035e-23,
                    1.2618954540986543e-15,
                    4.0782128578091765e-30,
                ],
            ),
            (
                -65.90702947845782,
                &[
                    0.39052361024408044,
                    0.8904347078773562,
                    0.30920480195259636,
                    0.09984445118336205,
                    4526316.02420628,
                    5.533398308677035e-23,
                    1.2618954540986543e-15,
                    4.0782128578091765e-30,
                ],
            ),
            (
                -66.2968361947951,
                &[
                    0.35331249840960666,
                    0.8516827824371949,
                    0.34695823906940293,
                    0.10051485798620588,
                    4526316.02420628,
                    5.533398308677035e-23,
                    1.2618954540986543e-15,
                    4.0782128578091765e-30,
                ],
            ),
        ],
    };
    check(&case, true, |_| {});
}

const LINEAR_EQUATIONS: &str = "
NEURON { SUFFIX test RANGE s }
PARAMETER { kf = 0.3 kb = 2 tot = 3}
STATE { z xs[2] yy }
ASSIGNED { v s p }
INITIAL { SOLVE lin }
BREAKPOINT { SOLVE lin kf = 1.3 }
LINEAR lin { LOCAL u
u = kf
~ z*kf + yy = kb - 3*kf*z/2
FROM i=0 TO 1 { ~ xs[i] - yy*(kf+i+1) = f(kf)*2 + z*i }
~ -yy = kf - z
~+ 3*yy = xs[1]
}
FUNCTION f(xx) { f = xx*2 }
";

#[test]
fn linear_equations() {
    let case = Case {
        text: LINEAR_EQUATIONS,
        names: &["z", "yy", "xs[0]", "xs[1]"],
        start: &[9.33333333333334, -5.0000000000000036, -5.300000000000004, -0.9666666666666679],
        steps: [
            (
                -65.45454545454535,
                &[9.33333333333334, -5.0000000000000036, -5.300000000000004, -0.9666666666666679],
            ),
            (-65.86776859504113, &[2.153846153846154, -5.0, -6.299999999999997, -9.146153846153846]),
            (-66.24342599549185, &[2.153846153846154, -5.0, -6.299999999999997, -9.146153846153846]),
        ],
    };
    check(&case, false, |machine| machine.set("kf", 1.3));
}

const NONLINEAR_EQUATIONS: &str = "
NEURON { SUFFIX test RANGE s }
PARAMETER { kf = 0.3 kb = 2 tot = 3}
STATE { z xs[2] yy }
ASSIGNED { v s p }
INITIAL { z = 1 yy = .3 xs[0] = .4 xs[1] = .6 SOLVE nl }
BREAKPOINT { SOLVE nl kf = 1.3 }
NONLINEAR nl {
~ z*kf + yy = kb - 3*kf*z/2
FROM i=0 TO 1 { ~ xs[i]*xs[i] - yy*(kf+1) = f(kf)*2 }
~ -yy = kf - z*z
}
FUNCTION f(xx) { f = xx*2 }
";

#[test]
fn nonlinear_equations() {
    let case = Case {
        text: NONLINEAR_EQUATIONS,
        names: &["z", "yy", "xs[0]", "xs[1]"],
        start: &[1.1872499799967995, 1.1095625150024004, 1.6255556816443575, 1.6255556802223448],
        steps: [
            (
                -65.45454545454535,
                &[1.1872499799967995, 1.1095625150024007, 1.625555680222342, 1.625555680222342],
            ),
            (
                -65.86776859504113,
                &[0.8123397383214422, -0.6401041495446874, 1.9307409085756688, 1.9307409085756688],
            ),
            (
                -66.24342599549185,
                &[0.8123397383212706, -0.6401041495441296, 1.9307409085759029, 1.9307409085759029],
            ),
        ],
    };
    check(&case, false, |machine| machine.set("kf", 1.3));
}
