TITLE Spikes of an inhomogeneous Poisson process

COMMENT
The rate is constant between given times. Candidates come at the highest rate, and each is kept with the probability
rate/highest rate (thinning; Lewis and Shedler, Naval Research Logistics 26, 1979). Two random streams: intervals of
candidates come from the first, decisions from the second.
ENDCOMMENT

NEURON {
    THREADSAFE
    ARTIFICIAL_CELL InhPoissonStim
    RANGE duration, rmax
    RANDOM exp_rng, uniform_rng
    POINTER vecRate, vecTbins
}

PARAMETER {
    duration = 1e6 (ms) <0, 1e9>
}

ASSIGNED {
    vecRate
    vecTbins
    index
    rate (Hz)
    rmax (Hz)
    start (ms)
    event (ms)
    activeFlag
}

INITIAL {
    index = 0
    activeFlag = 0
    random_setseq(exp_rng, 0)
    random_setseq(uniform_rng, 0)
    update_time()
    next_candidate()
    next_candidate()
    if (t + event < start + duration) {
        net_send(event, activeFlag)
    }
}

: start, highest rate, and the rate at the present time
PROCEDURE update_time() {
VERBATIM
    IvocVect* rates = *((IvocVect**)(&_p_vecRate));
    IvocVect* times = *((IvocVect**)(&_p_vecTbins));
    int count = rates && times ? vector_capacity(rates) : 0;
    start = 0.;
    rate = 0.;
    rmax = count > 0 ? 0. : 1.;
    for (int k = 0; k < count; k++) {
        if (vector_vec(rates)[k] > rmax) {
            rmax = vector_vec(rates)[k];
        }
    }
    if (count > 0) {
        if (vector_vec(times)[0] > 0.) {
            start = vector_vec(times)[0];
        }
        while ((int)index + 1 < count && vector_vec(times)[(int)index + 1] <= t) {
            index += 1.;
        }
        rate = vector_vec(rates)[(int)index];
    }
ENDVERBATIM
}

: interval (ms) until the next candidate
PROCEDURE next_candidate() {
    if (rmax <= 0) {
        event = 1e9
    } else {
        event = 1000/rmax*random_negexp(exp_rng)
    }
    if (event < 0) {
        event = 0
    }
}

NET_RECEIVE(weight) {
    if (flag == activeFlag) {
        update_time()
        next_candidate()
        if (t + event < start + duration) {
            net_send(event, activeFlag)
        }
        if (random_uniform(uniform_rng) < rate/rmax) {
            net_event(t)
        }
    }
}

: setRate(vector) and setTbins(vector): rates (Hz), and the times (ms) from which on they hold
PROCEDURE setRate() {
VERBATIM
    IvocVect** slot = (IvocVect**)(&_p_vecRate);
    *slot = nullptr;
    if (ifarg(1)) {
        *slot = vector_arg(1);
        activeFlag += 1.;
    }
ENDVERBATIM
}

PROCEDURE setTbins() {
VERBATIM
    IvocVect** slot = (IvocVect**)(&_p_vecTbins);
    *slot = nullptr;
    if (ifarg(1)) {
        *slot = vector_arg(1);
    }
ENDVERBATIM
}

: names the two streams by three ids each and starts them
PROCEDURE setRNGs(a1, a2, a3, b1, b2, b3) {
    random_setids(exp_rng, a1, a2, a3)
    random_setids(uniform_rng, b1, b2, b3)
    random_setseq(exp_rng, 0)
    random_setseq(uniform_rng, 0)
}
