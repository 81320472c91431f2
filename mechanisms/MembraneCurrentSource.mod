TITLE A constant current for a while that counts as membrane current

COMMENT
Like IClamp, but part of the membrane current that extracellular signals are made of; a positive amplitude
depolarises.
ENDCOMMENT

NEURON {
    POINT_PROCESS MembraneCurrentSource
    RANGE del, dur, amp, i
    NONSPECIFIC_CURRENT i
}

PARAMETER {
    del (ms)
    dur (ms) <0, 1e9>
    amp (nA)
}

ASSIGNED {
    i (nA)
}

INITIAL {
    i = 0
}

BREAKPOINT {
    at_time(del)
    at_time(del + dur)
    if (t < del + dur && t >= del) {
        i = -amp
    } else {
        i = 0
    }
}
