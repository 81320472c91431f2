TITLE A source of spikes at given times

NEURON {
    ARTIFICIAL_CELL VecStim
    THREADSAFE
    POINTER times
}

ASSIGNED {
    index
    etime (ms)
    times
}

INITIAL {
    index = 0
    schedule_next()
    if (index > 0) {
        net_send(etime - t, 1)
    }
}

NET_RECEIVE(weight) {
    if (flag == 1) {
        net_event(t)
        schedule_next()
        if (index > 0) {
            net_send(etime - t, 1)
        }
    }
}

: the next time becomes `etime`; `index` is -1 after the last
PROCEDURE schedule_next() {
VERBATIM
    if (index >= 0) {
        IvocVect* vector = *((IvocVect**)(&_p_times));
        if (vector && (int)index < vector_capacity(vector)) {
            etime = vector_vec(vector)[(int)index];
            index += 1.;
        } else {
            index = -1.;
        }
    }
ENDVERBATIM
}

: play(vector) plays its times (ms), which must not decrease; play() plays none
PROCEDURE play() {
VERBATIM
    IvocVect** slot = (IvocVect**)(&_p_times);
    *slot = nullptr;
    if (ifarg(1)) {
        *slot = vector_arg(1);
    }
ENDVERBATIM
}
