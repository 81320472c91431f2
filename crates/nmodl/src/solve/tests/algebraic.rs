//! `LINEAR` and `NONLINEAR` blocks: numbers of NEURON 9.0.2, bit by bit.

use super::case::Case;

const LINEAR: &str = "
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
fn linear() {
    let case = Case {
        text: LINEAR,
        names: &["z", "yy", "xs[0]", "xs[1]"],
        start: &[9.33333333333334, -5.0000000000000036, -5.300000000000004, -0.9666666666666679],
        steps: &[
            (
                -65.45454545454535,
                &[9.33333333333334, -5.0000000000000036, -5.300000000000004, -0.9666666666666679],
            ),
            (-65.86776859504113, &[2.153846153846154, -5.0, -6.299999999999997, -9.146153846153846]),
            (-66.24342599549185, &[2.153846153846154, -5.0, -6.299999999999997, -9.146153846153846]),
        ],
    };
    case.check(false, |machine| machine.set("kf", 1.3));
}

const NONLINEAR: &str = "
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
fn nonlinear() {
    let case = Case {
        text: NONLINEAR,
        names: &["z", "yy", "xs[0]", "xs[1]"],
        start: &[1.1872499799967995, 1.1095625150024004, 1.6255556816443575, 1.6255556802223448],
        steps: &[
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
    case.check(false, |machine| machine.set("kf", 1.3));
}
