TITLE An inhibitory synapse with GABA-A and GABA-B receptors and stochastic multi-vesicular release

COMMENT
Receptors of two kinds, each with a conductance that is the difference of two exponentials. Presynaptic release
facilitates and depresses (Tsodyks and Markram 1997; Fuhrmann et al., J. Neurophysiol. 87, 2002) and is random, site by site.
ENDCOMMENT

NEURON {
    THREADSAFE
    POINT_PROCESS ProbGABAAB_EMS
    GLOBAL tau_r_GABAB, tau_d_GABAB
    RANGE tau_r_GABAA, tau_d_GABAA, Use, u, Dep, Fac, u0, tsyn, unoccupied, occupied, Nrrp, GABAB_ratio
    RANGE i_GABAA, i_GABAB, g_GABAA, g_GABAB, g, e_GABAA, e_GABAB
    NONSPECIFIC_CURRENT i
    RANGE synapseID, selected_for_report, verboseLevel, conductance, next_delay
    POINTER delay_times, delay_weights
    GLOBAL nc_type_param, minis_single_vesicle, init_depleted
    RANGE A_GABAA_step, B_GABAA_step, A_GABAB_step, B_GABAB_step
    RANDOM rng
}

PARAMETER {
    tau_r_GABAA = 0.2 (ms)
    tau_d_GABAA = 8 (ms)
    tau_r_GABAB = 3.5 (ms)
    tau_d_GABAB = 260.9 (ms)
    e_GABAA = -80 (mV)
    e_GABAB = -97 (mV)
    GABAB_ratio = 0
    Nrrp = 1
    nc_type_param = 4
    minis_single_vesicle = 0
    init_depleted = 0
    Use = 1
    Dep = 100 (ms)
    Fac = 10 (ms)
    gmax = 0.001 (uS)
    u0 = 0
    synapseID = 0
    verboseLevel = 0
    selected_for_report = 0
    conductance = 0
}

ASSIGNED {
    v (mV)
    dt (ms)
    i (nA)
    i_GABAA (nA)
    i_GABAB (nA)
    g_GABAA (uS)
    g_GABAB (uS)
    g (uS)
    factor_GABAA
    factor_GABAB
    next_delay
    delay_times
    delay_weights
    A_GABAA_step
    B_GABAA_step
    A_GABAB_step
    B_GABAB_step
    u
    tsyn (ms)
    unoccupied
    occupied
    released
}

STATE {
    A_GABAA
    B_GABAA
    A_GABAB
    B_GABAB
}

INITIAL {
    LOCAL peak
    tsyn = 0
    u = u0
    if (init_depleted) {
        unoccupied = Nrrp
        occupied = 0
    } else {
        unoccupied = 0
        occupied = Nrrp
    }
    A_GABAA = 0
    B_GABAA = 0
    A_GABAB = 0
    B_GABAB = 0
    peak = (tau_r_GABAA*tau_d_GABAA)/(tau_d_GABAA - tau_r_GABAA)*log(tau_d_GABAA/tau_r_GABAA)
    factor_GABAA = -exp(-peak/tau_r_GABAA) + exp(-peak/tau_d_GABAA)
    factor_GABAA = 1/factor_GABAA
    peak = (tau_r_GABAB*tau_d_GABAB)/(tau_d_GABAB - tau_r_GABAB)*log(tau_d_GABAB/tau_r_GABAB)
    factor_GABAB = -exp(-peak/tau_r_GABAB) + exp(-peak/tau_d_GABAB)
    factor_GABAB = 1/factor_GABAB
    A_GABAA_step = exp(dt*((-1.0)/tau_r_GABAA))
    B_GABAA_step = exp(dt*((-1.0)/tau_d_GABAA))
    A_GABAB_step = exp(dt*((-1.0)/tau_r_GABAB))
    B_GABAB_step = exp(dt*((-1.0)/tau_d_GABAB))
    random_setseq(rng, 0)
    next_delay = -1
}

BREAKPOINT {
    SOLVE decay
    g_GABAA = gmax*(B_GABAA - A_GABAA)
    g_GABAB = gmax*(B_GABAB - A_GABAB)
    g = g_GABAA + g_GABAB
    i_GABAA = g_GABAA*(v - e_GABAA)
    i_GABAB = g_GABAB*(v - e_GABAB)
    i = i_GABAA + i_GABAB
}

PROCEDURE decay() {
    A_GABAA = A_GABAA*A_GABAA_step
    B_GABAA = B_GABAA*B_GABAA_step
    A_GABAB = A_GABAB*A_GABAB_step
    B_GABAB = B_GABAB*B_GABAB_step
}

: `nc_type` is 0 for the spikes of a presynaptic cell, 1 for spontaneous ones, 2 for replayed ones
NET_RECEIVE(weight, weight_GABAA, weight_GABAB, Psurv, nc_type) {
    INITIAL {
        LOCAL count
        : a connection of a presynaptic cell announces the changes of its weight to itself
        count = delays()
        if (nc_type == 0 && count >= 1) {
            next_delay = 0
            FROM change = 0 TO count - 1 {
                net_send(delay_time(change), 1)
            }
        }
    }
    if (flag == 1) {
        if (delay_weight(next_delay) >= 0) {
            weight = conductance*delay_weight(next_delay)
            next_delay = next_delay + 1
        }
    } else if (weight > 0 && t >= 0) {
        weight_GABAA = weight
        weight_GABAB = weight*GABAB_ratio
        release(nc_type)
        if (released > 0) {
            A_GABAA = A_GABAA + released/Nrrp*weight_GABAA*factor_GABAA
            B_GABAA = B_GABAA + released/Nrrp*weight_GABAA*factor_GABAA
            A_GABAB = A_GABAB + released/Nrrp*weight_GABAB*factor_GABAB
            B_GABAB = B_GABAB + released/Nrrp*weight_GABAB*factor_GABAB
        }
        if (verboseLevel > 0) {
            printf("synapse %g at %g ms: %g of %g sites released\n", synapseID, t, released, Nrrp)
        }
    }
}

: what a presynaptic spike finds and does: facilitation (Fuhrmann et al. 2002, eq. 2), recovery of sites that are
: empty since the last spike, and release from the full ones; `released` sites of `Nrrp`
PROCEDURE release(kind) {
    LOCAL candidates, survival
    if (Fac > 0) {
        u = u*exp(-(t - tsyn)/Fac)
        u = u + Use*(1 - u)
    } else {
        u = Use
    }
    survival = exp(-(t - tsyn)/Dep)
    FROM site = 1 TO unoccupied {
        if (random_uniform(rng) > survival) {
            occupied = occupied + 1
        }
    }
    candidates = occupied
    if (candidates > 1 && minis_single_vesicle && kind == 1) {
        candidates = 1
    }
    released = 0
    FROM site = 1 TO candidates {
        if (random_uniform(rng) < u) {
            released = released + 1
        }
    }
    occupied = occupied - released
    unoccupied = Nrrp - occupied
    tsyn = t
}

: names the random stream by three ids and starts it
PROCEDURE setRNG(id1, id2, id3) {
    random_setids(rng, id1, id2, id3)
    random_setseq(rng, 0)
}

: the times (ms) at which the weight changes, and the factors of `conductance` that it changes to
PROCEDURE setup_delay_vecs() {
VERBATIM
    *(IvocVect**)(&_p_delay_times) = vector_arg(1);
    *(IvocVect**)(&_p_delay_weights) = vector_arg(2);
ENDVERBATIM
}

: number of changes of the weight
FUNCTION delays() {
VERBATIM
    IvocVect* times = *((IvocVect**)(&_p_delay_times));
    _ldelays = times ? vector_capacity(times) : 0;
ENDVERBATIM
}

: when a change happens (ms)
FUNCTION delay_time(index) {
VERBATIM
    _ldelay_time = vector_vec(*((IvocVect**)(&_p_delay_times)))[(int)_lindex];
ENDVERBATIM
}

: the factor of a change, or -1 where there is none
FUNCTION delay_weight(index) {
VERBATIM
    IvocVect* weights = *((IvocVect**)(&_p_delay_weights));
    _ldelay_weight = weights && vector_capacity(weights) > _lindex ? vector_vec(weights)[(int)_lindex] : -1.;
ENDVERBATIM
}

PROCEDURE toggleVerbose() {
    verboseLevel = 1 - verboseLevel
}
