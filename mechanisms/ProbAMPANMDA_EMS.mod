TITLE An excitatory synapse with AMPA and NMDA receptors and stochastic multi-vesicular release

COMMENT
Receptors of two kinds, each with a conductance that is the difference of two exponentials. Presynaptic release
facilitates and depresses (Tsodyks and Markram 1997; Fuhrmann et al., J. Neurophysiol. 87, 2002) and is random, site by site.
The magnesium block of NMDA receptors has the form of Jahr and Stevens (J. Neurosci. 10, 1990), with the values of
Chindemi et al. (2022) for the neocortex.
ENDCOMMENT

NEURON {
    THREADSAFE
    POINT_PROCESS ProbAMPANMDA_EMS
    GLOBAL tau_r_AMPA, tau_r_NMDA, tau_d_NMDA, slope_mg, scale_mg, e
    RANGE tau_d_AMPA, Use, u, Dep, Fac, u0, mg, tsyn, unoccupied, occupied, Nrrp, NMDA_ratio
    RANGE i_AMPA, i_NMDA, g_AMPA, g_NMDA, g
    NONSPECIFIC_CURRENT i
    RANGE synapseID, selected_for_report, verboseLevel, conductance, next_delay
    POINTER delay_times, delay_weights
    GLOBAL nc_type_param, minis_single_vesicle, init_depleted
    RANGE A_AMPA_step, B_AMPA_step, A_NMDA_step, B_NMDA_step
    RANDOM rng
}

PARAMETER {
    tau_r_AMPA = 0.2 (ms)
    tau_d_AMPA = 1.7 (ms)
    tau_r_NMDA = 0.29 (ms)
    tau_d_NMDA = 43 (ms)
    e = 0 (mV)
    mg = 1 (mM)
    slope_mg = 0.07207477 (/mV)
    scale_mg = 2.5522415 (mM)
    NMDA_ratio = 0.71
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
    i_AMPA (nA)
    i_NMDA (nA)
    g_AMPA (uS)
    g_NMDA (uS)
    mggate
    g (uS)
    factor_AMPA
    factor_NMDA
    next_delay
    delay_times
    delay_weights
    A_AMPA_step
    B_AMPA_step
    A_NMDA_step
    B_NMDA_step
    u
    tsyn (ms)
    unoccupied
    occupied
    released
}

STATE {
    A_AMPA
    B_AMPA
    A_NMDA
    B_NMDA
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
    A_AMPA = 0
    B_AMPA = 0
    A_NMDA = 0
    B_NMDA = 0
    peak = (tau_r_AMPA*tau_d_AMPA)/(tau_d_AMPA - tau_r_AMPA)*log(tau_d_AMPA/tau_r_AMPA)
    factor_AMPA = -exp(-peak/tau_r_AMPA) + exp(-peak/tau_d_AMPA)
    factor_AMPA = 1/factor_AMPA
    peak = (tau_r_NMDA*tau_d_NMDA)/(tau_d_NMDA - tau_r_NMDA)*log(tau_d_NMDA/tau_r_NMDA)
    factor_NMDA = -exp(-peak/tau_r_NMDA) + exp(-peak/tau_d_NMDA)
    factor_NMDA = 1/factor_NMDA
    A_AMPA_step = exp(dt*((-1.0)/tau_r_AMPA))
    B_AMPA_step = exp(dt*((-1.0)/tau_d_AMPA))
    A_NMDA_step = exp(dt*((-1.0)/tau_r_NMDA))
    B_NMDA_step = exp(dt*((-1.0)/tau_d_NMDA))
    random_setseq(rng, 0)
    next_delay = -1
}

BREAKPOINT {
    SOLVE decay
    mggate = 1/(1 + exp(slope_mg*-(v))*(mg/scale_mg))
    g_AMPA = gmax*(B_AMPA - A_AMPA)
    g_NMDA = gmax*(B_NMDA - A_NMDA)*mggate
    g = g_AMPA + g_NMDA
    i_AMPA = g_AMPA*(v - e)
    i_NMDA = g_NMDA*(v - e)
    i = i_AMPA + i_NMDA
}

PROCEDURE decay() {
    A_AMPA = A_AMPA*A_AMPA_step
    B_AMPA = B_AMPA*B_AMPA_step
    A_NMDA = A_NMDA*A_NMDA_step
    B_NMDA = B_NMDA*B_NMDA_step
}

: `nc_type` is 0 for the spikes of a presynaptic cell, 1 for spontaneous ones, 2 for replayed ones
NET_RECEIVE(weight, weight_AMPA, weight_NMDA, Psurv, nc_type) {
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
        weight_AMPA = weight
        weight_NMDA = weight*NMDA_ratio
        release(nc_type)
        if (released > 0) {
            A_AMPA = A_AMPA + released/Nrrp*weight_AMPA*factor_AMPA
            B_AMPA = B_AMPA + released/Nrrp*weight_AMPA*factor_AMPA
            A_NMDA = A_NMDA + released/Nrrp*weight_NMDA*factor_NMDA
            B_NMDA = B_NMDA + released/Nrrp*weight_NMDA*factor_NMDA
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
