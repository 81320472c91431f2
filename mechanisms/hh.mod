TITLE Sodium, potassium and leak channels of the squid giant axon

COMMENT
Hodgkin and Huxley, J. Physiol. 117 (1952) 500-544, with the resting potential at -65 mV.
The rates depend on the temperature with a Q10 of 3 from 6.3 degC.
ENDCOMMENT

NEURON {
    SUFFIX hh
    USEION na READ ena WRITE ina
    USEION k READ ek WRITE ik
    NONSPECIFIC_CURRENT il
    RANGE gnabar, gkbar, gl, el, gna, gk, minf, hinf, ninf, mtau, htau, ntau
    THREADSAFE
}

PARAMETER {
    gnabar = 0.12 (S/cm2) <0, 1e9>
    gkbar = 0.036 (S/cm2) <0, 1e9>
    gl = 0.0003 (S/cm2) <0, 1e9>
    el = -54.3 (mV)
}

STATE {
    m
    h
    n
}

ASSIGNED {
    v (mV)
    celsius (degC)
    ena (mV)
    ek (mV)
    gna (S/cm2)
    gk (S/cm2)
    ina (mA/cm2)
    ik (mA/cm2)
    il (mA/cm2)
    minf
    hinf
    ninf
    mtau (ms)
    htau (ms)
    ntau (ms)
}

INITIAL {
    rates(v)
    m = minf
    h = hinf
    n = ninf
}

BREAKPOINT {
    SOLVE gates METHOD cnexp
    gna = gnabar*m*m*m*h
    ina = gna*(v - ena)
    gk = gkbar*n*n*n*n
    ik = gk*(v - ek)
    il = gl*(v - el)
}

DERIVATIVE gates {
    rates(v)
    m' = (minf - m)/mtau
    h' = (hinf - h)/htau
    n' = (ninf - n)/ntau
}

PROCEDURE rates(v (mV)) {
    LOCAL opening, closing, both, q10
    TABLE minf, mtau, hinf, htau, ninf, ntau DEPEND celsius FROM -100 TO 100 WITH 200
    q10 = 3^((celsius - 6.3)/10)

    opening = 0.1*linoid(-(v + 40), 10)
    closing = 4*exp(-(v + 65)/18)
    both = opening + closing
    mtau = 1/(q10*both)
    minf = opening/both

    opening = 0.07*exp(-(v + 65)/20)
    closing = 1/(exp(-(v + 35)/10) + 1)
    both = opening + closing
    htau = 1/(q10*both)
    hinf = opening/both

    opening = 0.01*linoid(-(v + 55), 10)
    closing = 0.125*exp(-(v + 65)/80)
    both = opening + closing
    ntau = 1/(q10*both)
    ninf = opening/both
}

: x/(exp(x/y) - 1), continued over the removable singularity at 0
FUNCTION linoid(x, y) {
    if (fabs(x/y) < 1e-6) {
        linoid = y*(1 - x/y/2)
    } else {
        linoid = x/(exp(x/y) - 1)
    }
}
