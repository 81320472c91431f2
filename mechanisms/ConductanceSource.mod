TITLE A voltage clamp with three levels whose current counts as membrane current

COMMENT
Like SEClamp, but part of the membrane current that extracellular signals are made of, and positive outwards.
ENDCOMMENT

NEURON {
    POINT_PROCESS ConductanceSource
    NONSPECIFIC_CURRENT i
    RANGE rs, dur1, amp1, dur2, amp2, dur3, amp3, i, vc
}

PARAMETER {
    rs = 1 (megohm) <1e-9, 1e9>
    dur1 (ms) <0, 1e9>
    amp1 (mV)
    dur2 (ms) <0, 1e9>
    amp2 (mV)
    dur3 (ms) <0, 1e9>
    amp3 (mV)
}

ASSIGNED {
    v (mV)
    i (nA)
    vc (mV)
    tc2 (ms)
    tc3 (ms)
    on
}

INITIAL {
    tc2 = dur1 + dur2
    tc3 = tc2 + dur3
    on = 0
}

BREAKPOINT {
    SOLVE clamp METHOD after_cvode
    command()
    clamp()
}

: between steps, the current that is seen belongs to the new voltage
PROCEDURE clamp() {
    if (on) {
        i = (v - vc)/rs
    } else {
        i = 0
    }
}

PROCEDURE command() {
    on = 1
    if (t < dur1) {
        vc = amp1
    } else if (t < tc2) {
        vc = amp2
    } else if (t < tc3) {
        vc = amp3
    } else {
        vc = 0
        on = 0
    }
    at_time(dur1)
    at_time(tc2)
    at_time(tc3)
}
