//! `DERIVATIVE` blocks: numbers of NEURON 9.0.2, bit by bit.

use super::case::Case;

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
        steps: &[
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
    case.check(false, |_| {});
}

#[test]
fn cnexp_to_second_order() {
    let case = Case {
        text: CNEXP,
        names: &["m", "n", "h", "c", "w"],
        start: &[0.1, 0.2, 0.3, 0.4, 0.5],
        steps: &[
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
    case.check(true, |_| {});
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
        steps: &[
            (-65.45454545454535, &[0.5037863735525059, 0.23611185143258548, 0.5037863735525059, 0.0, 16.0]),
            (-65.86776859504113, &[0.49811179026900837, 0.26954349240999287, 0.49811179026900837, 0.0, 32.0]),
            (-66.24342599549185, &[0.4847435354526229, 0.299568751000249, 0.4847435354526229, 0.0, 48.0]),
        ],
    };
    case.check(false, |_| {});
}

#[test]
fn derivimplicit_to_second_order() {
    let case = Case {
        text: DERIVIMPLICIT,
        names: &["zz", "yy", "s", "m", "n"],
        start: &[0.5, 0.2, 0.0, 0.0, 0.0],
        steps: &[
            (-65.4761904761904, &[0.5089627678227155, 0.2372472367064839, 0.5044813839113578, 0.0, 16.0]),
            (-65.90702947845782, &[0.5066843629654036, 0.2726856132959055, 0.5078235653940596, 0.0, 32.0]),
            (-66.2968361947951, &[0.4949136586734822, 0.3052526491584158, 0.5007990108194429, 0.0, 48.0]),
        ],
    };
    case.check(true, |_| {});
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
        steps: &[
            (-65.45454545454535, &[0.9, 0.8, 1.0]),
            (-65.86776859504113, &[0.81, 0.6399999999999999, 0.9]),
            (-66.24342599549185, &[0.7290000000000001, 0.512, 0.81]),
        ],
    };
    case.check(false, |_| {});
}

#[test]
fn euler_to_second_order() {
    let case = Case {
        text: EULER,
        names: &["xs", "yy", "p"],
        start: &[1.0, 1.0, 0.0],
        steps: &[
            (-65.4761904761904, &[0.8999999999999999, 0.7999999999999998, 1.0]),
            (-65.90702947845782, &[0.8099999999999998, 0.6399999999999997, 0.8999999999999999]),
            (-66.2968361947951, &[0.7289999999999999, 0.5119999999999996, 0.8099999999999998]),
        ],
    };
    case.check(true, |_| {});
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
        steps: &[
            (-65.45454545454535, &[1.0, 1.0]),
            (-65.86776859504113, &[1.0, 1.0]),
            (-66.24342599549185, &[1.0, 1.0]),
        ],
    };
    case.check(false, |_| {});
}

#[test]
fn no_method_to_second_order() {
    let case = Case {
        text: NO_METHOD,
        names: &["xs", "yy"],
        start: &[1.0, 1.0],
        steps: &[
            (-65.4761904761904, &[0.95, 0.95]),
            (-65.90702947845782, &[0.9025, 0.904875]),
            (-66.2968361947951, &[0.857375, 0.864042515625]),
        ],
    };
    case.check(true, |_| {});
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
        steps: &[
            (-65.45454545454535, &[0.9048375000000001, 0.9092250300938801]),
            (-65.86776859504113, &[0.8187309014062502, 0.8342105938791178]),
            (-66.24342599549185, &[0.7408184220011779, 0.771682563588249]),
        ],
    };
    case.check(false, |_| {});
}

#[test]
fn runge_to_second_order() {
    let case = Case {
        text: RUNGE,
        names: &["xs", "yy"],
        start: &[1.0, 1.0],
        steps: &[
            (-65.4761904761904, &[0.9036684895833333, 0.9071036129629118]),
            (-65.90702947845782, &[0.816616739065823, 0.8306884348116989]),
            (-66.2968361947951, &[0.7379508151600793, 0.7672518709786059]),
        ],
    };
    case.check(true, |_| {});
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
        steps: &[
            (-65.45454545454535, &[0.2825293600752746]),
            (-65.86776859504113, &[0.26700746121656793]),
            (-66.24342599549185, &[0.2531228921197121]),
        ],
    };
    case.check(false, |_| {});
}

#[test]
fn meaningless_cnexp_to_second_order() {
    let case = Case {
        text: MEANINGLESS_CNEXP,
        names: &["xs"],
        start: &[0.3],
        steps: &[
            (-65.4761904761904, &[0.2825293600752746]),
            (-65.90702947845782, &[0.26700746121656793]),
            (-66.2968361947951, &[0.2531228921197121]),
        ],
    };
    case.check(true, |_| {});
}

const CNEXP_OF_RANDOM_EQUATIONS: &str = "
NEURON { SUFFIX test }
PARAMETER { k1 = 0.45 k2 = 1.3 }
STATE { ms hs ns }
ASSIGNED { v }
INITIAL { ms = 0.2 hs = 0.4 ns = 0.6 }
BREAKPOINT { SOLVE der METHOD cnexp }
DERIVATIVE der {
ms' = 0.01*(-(((ms - ns) + ms/( 2 + k2)))) - ms*1.3 + k1
hs' = 0.01*((hs * k1 + 3 * ns)/( 2 + k2)) - hs*1.3 - k1*k2
ns' = 0.01*((k2*((ns + ns)) + (exp(-(k2)*(3)/9000) + (0.5 - k2)))) - ns*(k1+k2) + 0
}
";

#[test]
fn cnexp_of_random_equations() {
    let case = Case {
        text: CNEXP_OF_RANDOM_EQUATIONS,
        names: &["ms", "hs", "ns"],
        start: &[0.2, 0.4, 0.6],
        steps: &[
            (-65.45454545454535, &[0.2181235262596341, 0.296936878083091, 0.5051687808143179]),
            (-65.86776859504113, &[0.2339281195181679, 0.2063444329188065, 0.4253548012715834]),
            (-66.24342599549185, &[0.2477131929699702, 0.12671672811869783, 0.3581799680768854]),
            (-66.58493272317432, &[0.2597390890294313, 0.056729200076234, 0.30164277696590447]),
            (-66.89539338470385, &[0.27023223982552447, -0.004783109429065478, 0.2540586769882379]),
        ],
    };
    case.check(false, |_| {});
}

const CNEXP_OF_MORE_RANDOM_EQUATIONS: &str = "
NEURON { SUFFIX test }
PARAMETER { k1 = 0.45 k2 = 1.3 }
STATE { ms hs ns }
ASSIGNED { v }
INITIAL { ms = 0.2 hs = 0.4 ns = 0.6 }
BREAKPOINT { SOLVE der METHOD cnexp }
DERIVATIVE der {
ms' = 0.01*((0.5 + k2*((0.5 + ms)))) - ms*1.3 + 0
hs' = 0.01*((hs * ms - ms) * k1) - hs*k1 + 0
ns' = 0.01*((k2*(-(ns)) - -0.5 + k1 + k2)) - ns*k1 - k1*k2
}
";

#[test]
fn cnexp_of_more_random_equations() {
    let case = Case {
        text: CNEXP_OF_MORE_RANDOM_EQUATIONS,
        names: &["ms", "hs", "ns"],
        start: &[0.2, 0.4, 0.6],
        steps: &[
            (-65.45454545454535, &[0.17692661209351698, 0.3823515841558293, 0.5178856164373152]),
            (-65.86776859504113, &[0.15663961964187195, 0.3654839899631301, 0.43948645771146055]),
            (-66.24342599549185, &[0.13880253111368648, 0.3493625202672735, 0.36463443030471915]),
            (-66.58493272317432, &[0.12311949046975275, 0.3339540172574744, 0.2931690460077847]),
            (-66.89539338470385, &[0.10933036992742744, 0.3192267977689988, 0.22493707782132852]),
        ],
    };
    case.check(false, |_| {});
}

const LARGE_DERIVIMPLICIT: &str = "
NEURON { SUFFIX test }
PARAMETER { k1 = 0.45 }
STATE { bs hh kq zz1 mm m2 }
ASSIGNED { v }
INITIAL {
hh = 0.563
m2 = 0.108
kq = 0.108
zz1 = 0.291
mm = 0.067
bs = 0.017
}
BREAKPOINT { SOLVE der METHOD derivimplicit }
DERIVATIVE der { LOCAL loc
loc = k1*hh
mm' = 0.561 - 1.60*mm + loc*mm*m2 - f1(mm) * 0.650 + -0.171*m2
zz1' = -1.880 - 1.50*zz1 + loc*m2*mm - f1(m2) * -0.238 + 1.370*mm
hh' = -0.786 - 0.45*hh + loc*hh*zz1 - f1(hh) * 1.239 + 0.774*zz1
bs' = 1.991 - 2.99*bs + loc*kq*zz1 - f1(kq) * 1.361 + 0.831*zz1
m2' = 1.929 - 2.90*m2 + loc*hh*mm - f1(hh) * 0.616 + 0.462*mm
kq' = -1.940 - 1.68*kq + loc*m2*mm - f1(m2) * -1.762 + -1.239*mm
}
FUNCTION f1(q) { f1 = exp(-q*q) + q*k1 }
";

#[test]
fn large_derivimplicit() {
    let case = Case {
        text: LARGE_DERIVIMPLICIT,
        names: &["hh", "m2", "kq", "zz1", "mm", "bs"],
        start: &[0.563, 0.108, 0.108, 0.291, 0.067, 0.017],
        steps: &[
            (
                -65.45454545454535,
                &[
                    0.34923180562095013,
                    0.18534227592045827,
                    0.0799053779321019,
                    0.11693579910411214,
                    0.04642066376634132,
                    0.06607899486323028,
                ],
            ),
            (
                -65.86776859504113,
                &[
                    0.13266207220399773,
                    0.24446555717652624,
                    0.0580694584020794,
                    -0.03663847656690808,
                    0.02811240691388471,
                    0.09462920478278866,
                ],
            ),
            (
                -66.24342599549185,
                &[
                    -0.0749630213968275,
                    0.2935991960039994,
                    0.04067339541326934,
                    -0.17220599431341987,
                    0.011931298106965051,
                    0.10860387959260048,
                ],
            ),
            (
                -66.58493272317432,
                &[
                    -0.2657571090266727,
                    0.3382578411165888,
                    0.026488939743789255,
                    -0.29188094059034236,
                    -0.0023066924342639594,
                    0.11232808639278367,
                ],
            ),
            (
                -66.89539338470385,
                &[
                    -0.43689036134788856,
                    0.38105541754622463,
                    0.014583061506120723,
                    -0.3975068359558106,
                    -0.014797270903054443,
                    0.10896461603317972,
                ],
            ),
        ],
    };
    case.check(false, |_| {});
}
