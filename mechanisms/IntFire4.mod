TITLE A leaky integrator of a fast excitatory and a slow inhibitory current

COMMENT
Excitation e decays with taue; inhibition has two stages, i1 with taui1 and i2 with taui2; the state m decays with
taum, and the cell fires at m = 1. A weight w > 0 raises m by w at its peak, w < 0 lowers it by -w (Hines and
Carnevale, The NEURON Book, 2006, chapter 10; van Elburg and van Ooyen, Neural Computation 21, 2009). Self events at
lower bounds of the time of the next spike approach it.
ENDCOMMENT

NEURON {
    ARTIFICIAL_CELL IntFire4
    RANGE taue, taui1, taui2, taum, e, i1, i2, m, nself, nexcite, ninhibit
    GLOBAL eps, taueps
}

PARAMETER {
    taue = 5 (ms) <1e-9, 1e9>
    taui1 = 10 (ms) <1e-9, 1e9>
    taui2 = 20 (ms) <1e-9, 1e9>
    taum = 50 (ms) <1e-9, 1e9>
    ib = 0
    eps = 1e-6 <1e-9, 0.01>
    taueps = 0.01 (ms) <1e-9, 1e9>
}

ASSIGNED {
    e
    i1
    i2
    m
    nself
    nexcite
    ninhibit
    ae (1/ms)
    ai1 (1/ms)
    ai2 (1/ms)
    t0 (ms)
    ke (1/ms)
    ki1 (1/ms)
    ki2 (1/ms)
    km (1/ms)
    be
    bi1
    bi2
    a
    b
}

INITIAL {
    repair_time_constants()
    normalise()
    e = 0
    i1 = 0
    i2 = 0
    m = 0
    t0 = t
    net_send(bound(), 1)
    nself = 0
    nexcite = 0
    ninhibit = 0
}

NET_RECEIVE(w) {
    advance(t - t0)
    t0 = t
    if (m > 1 - eps) {
        net_event(t)
        m = 0
    }
    if (flag == 1) {
        nself = nself + 1
        net_send(bound(), 1)
    } else {
        if (w > 0) {
            nexcite = nexcite + 1
            e = e + w
        } else {
            ninhibit = ninhibit + 1
            i1 = i1 + w
        }
        net_move(bound() + t)
    }
}

: the state after `elapsed` (ms)
PROCEDURE advance(elapsed (ms)) {
    LOCAL ee, ei1, ei2, em
    ee = exp(-ke*elapsed)
    ei1 = exp(-ki1*elapsed)
    ei2 = exp(-ki2*elapsed)
    em = exp(-km*elapsed)
    m = m*em + be*e*(em - ee) + (bi2*i2 + a*i1)*(em - ei2) - b*i1*(em - ei1)
    i2 = i2*ei2 + bi1*i1*(ei2 - ei1)
    i1 = i1*ei1
    e = e*ee
}

: a lower bound (ms) of the time until the next spike
FUNCTION bound() (ms) {
    LOCAL slope
    slope = -km*m + ae*e + ai2*i2
    if (slope <= 1e-9) {
        bound = 1e9
    } else {
        bound = (1 - m)/slope
    }
}

: rates from the time constants, and factors by which a weight of 1 gives a peak of 1
PROCEDURE normalise() {
    LOCAL peak
    ke = 1/taue
    ki1 = 1/taui1
    ki2 = 1/taui2
    km = 1/taum
    peak = log(km/ke)/(km - ke)
    be = 1/(exp(-km*peak) - exp(-ke*peak))
    ae = be*(ke - km)
    peak = log(ki2/ki1)/(ki2 - ki1)
    bi1 = 1/(exp(-ki2*peak) - exp(-ki1*peak))
    ai1 = bi1*(ki1 - ki2)
    e = 0
    i1 = 1
    i2 = 0
    m = 0
    scale_inhibition(1)
    advance(peak_of_inhibition())
    scale_inhibition(1/m)
}

PROCEDURE scale_inhibition(factor) {
    bi2 = factor
    a = bi2*bi1
    ai2 = bi2*(ki2 - km)
    b = a*(ki2 - km)/(ki1 - km)
}

: something with the sign of the slope of m at `d` (ms) after an inhibitory input
FUNCTION slope_of_inhibition(d (ms)) {
    slope_of_inhibition = (-km*exp(-d*km) + ki2*exp(-d*ki2))/(ki2 - km) - (-km*exp(-d*km) + ki1*exp(-d*ki1))/(ki1 - km)
}

: the time (ms) of the extremum of m after an inhibitory input: bracketed, then bisected
FUNCTION peak_of_inhibition() (ms) {
    LOCAL low, high, middle
    low = 1
    high = 1
    if (slope_of_inhibition(low) < 0) {
        while (slope_of_inhibition(low) < 0 && low > 1e-9) {
            high = low
            low = low/10
        }
    } else {
        while (slope_of_inhibition(high) > 0 && high < 1e9) {
            low = high
            high = high*10
        }
    }
    if (slope_of_inhibition(low) < 0) {
        peak_of_inhibition = 1e-9
    } else if (slope_of_inhibition(high) > 0) {
        peak_of_inhibition = 1e9
    } else {
        middle = 0
        while (high - low > 1e-6) {
            middle = (low + high)/2
            if (slope_of_inhibition(middle) > 0) {
                low = middle
            } else {
                high = middle
            }
        }
        peak_of_inhibition = middle
    }
}

: moves time constants apart by at least taueps, with taui2 the largest but for taum
PROCEDURE repair_time_constants() {
    LOCAL kept
    if (taui2 < 4*taueps) {
        taui2 = 4*taueps
    }
    if (taui1 < 3*taueps) {
        taui1 = 3*taueps
    }
    if (taue < 2*taueps) {
        taue = 2*taueps
    }
    if (taue > taui2 || taui2 - taue < taueps) {
        taue = taui2 - taueps
    }
    if (taui1 > taui2) {
        kept = taui2
        taui2 = taui1
        taui1 = kept
    }
    if (taui2 - taui1 < taueps) {
        taui1 = taui2 - taueps
    }
    if (taum <= taui2) {
        if (taui2 - taum < taueps) {
            taum = taui2 - taueps
        }
        if (fabs(taui1 - taum) < taueps) {
            taum = taui1 - taueps
        }
        if (fabs(taui1 - taum) < taueps) {
            if (taui1 - taum < 0) {
                taum = taui1 - taueps
            } else {
                taui1 = taum - taueps
            }
        }
        if (fabs(taue - taum) < taueps) {
            if (taue - taum < 0) {
                taum = taue - taueps
            } else {
                taue = taum - taueps
            }
        }
        if (fabs(taui1 - taum) < taueps) {
            taum = taui1 - taueps
        }
    } else if (taum - taui2 < taueps) {
        taum = taui2 + taueps
    }
}
