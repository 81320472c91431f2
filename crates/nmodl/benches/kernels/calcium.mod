: A high-voltage activated calcium channel: two gates, one of them with exponential rates.
NEURON {
    SUFFIX Calcium
    USEION ca READ eca WRITE ica
    RANGE gbar, g, ica
}
UNITS { (S) = (siemens) (mV) = (millivolt) (mA) = (milliamp) }
PARAMETER { gbar = 1e-4 (S/cm2) }
ASSIGNED { v (mV) eca (mV) ica (mA/cm2) g (S/cm2) minf mtau hinf htau }
STATE { m h }
BREAKPOINT {
    SOLVE states METHOD cnexp
    g = gbar * m * m * h
    ica = g * (v - eca)
}
DERIVATIVE states {
    rates()
    m' = (minf - m) / mtau
    h' = (hinf - h) / htau
}
INITIAL {
    rates()
    m = minf
    h = hinf
}
PROCEDURE rates() {
    LOCAL opening, closing
    if (v == -27) {
        v = v + 0.0001
    }
    opening = 0.055 * (-27 - v) / (exp((-27 - v) / 3.8) - 1)
    closing = 0.94 * exp((-75 - v) / 17)
    mtau = 1 / (opening + closing)
    minf = opening / (opening + closing)
    opening = 0.000457 * exp((-13 - v) / 50)
    closing = 0.0065 / (exp((-v - 15) / 28) + 1)
    htau = 1 / (opening + closing)
    hinf = opening / (opening + closing)
}
