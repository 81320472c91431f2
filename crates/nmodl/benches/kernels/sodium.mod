: A transient sodium channel: two gates with rates of the form x / (1 - exp(-x / k)).
NEURON {
    SUFFIX Sodium
    USEION na READ ena WRITE ina
    RANGE gbar, g, ina, shift
}
UNITS { (S) = (siemens) (mV) = (millivolt) (mA) = (milliamp) }
PARAMETER { gbar = 0.1 (S/cm2) shift = 0 (mV) }
ASSIGNED { v (mV) ena (mV) ina (mA/cm2) g (S/cm2) celsius (degC) minf mtau hinf htau }
STATE { m h }
BREAKPOINT {
    SOLVE states METHOD cnexp
    g = gbar * m * m * m * h
    ina = g * (v - ena)
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
FUNCTION linoid(rate, x, k) {
    linoid = rate * x / (1 - exp(-x / k))
}
PROCEDURE rates() {
    LOCAL q, opening, closing
    q = 2.3^((celsius - 23) / 10)
    if (v == -38 + shift) {
        v = v + 0.0001
    }
    opening = linoid(0.182, v + 38 - shift, 6)
    closing = linoid(0.124, -v - 38 + shift, 6)
    mtau = 1 / (opening + closing) / q
    minf = opening / (opening + closing)
    if (v == -66 + shift) {
        v = v + 0.0001
    }
    opening = linoid(-0.015, v + 66 - shift, -6)
    closing = linoid(-0.015, -v - 66 + shift, -6)
    htau = 1 / (opening + closing) / q
    hinf = opening / (opening + closing)
}
