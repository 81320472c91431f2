TITLE An inhibitory synapse with GABA-A and GABA-B receptors and deterministic release

COMMENT
Receptors of two kinds, each with a conductance that is the difference of two exponentials. Presynaptic release
facilitates and depresses (Tsodyks and Markram 1997; Fuhrmann et al., J. Neurophysiol. 87, 2002) and is deterministic.
ENDCOMMENT

NEURON {
    THREADSAFE
    POINT_PROCESS DetGABAAB
    RANGE tau_r_GABAA, tau_d_GABAA, tau_r_GABAB, tau_d_GABAB, Use, Dep, Fac, u0, GABAB_ratio
    RANGE i, i_GABAA, i_GABAB, g_GABAA, g_GABAB, g, e_GABAA, e_GABAB
    NONSPECIFIC_CURRENT i
    RANGE synapseID, selected_for_report, verboseLevel, conductance, next_delay
    POINTER delay_times, delay_weights
    GLOBAL nc_type_param
}

PARAMETER {
    tau_r_GABAA = 0.2 (ms)
    tau_d_GABAA = 8 (ms)
    tau_r_GABAB = 3.5 (ms)
    tau_d_GABAB = 260.9 (ms)
    e_GABAA = -80 (mV)
    e_GABAB = -97 (mV)
    GABAB_ratio = 0
    nc_type_param = 7
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
}

STATE {
    A_GABAA
    B_GABAA
    A_GABAB
    B_GABAB
}

INITIAL {
    LOCAL peak
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
    next_delay = -1
}

BREAKPOINT {
    SOLVE decay METHOD cnexp
    g_GABAA = gmax*(B_GABAA - A_GABAA)
    g_GABAB = gmax*(B_GABAB - A_GABAB)
    g = g_GABAA + g_GABAB
    i_GABAA = g_GABAA*(v - e_GABAA)
    i_GABAB = g_GABAB*(v - e_GABAB)
    i = i_GABAA + i_GABAB
}

DERIVATIVE decay {
    A_GABAA' = -A_GABAA/tau_r_GABAA
    B_GABAA' = -B_GABAA/tau_d_GABAA
    A_GABAB' = -A_GABAB/tau_r_GABAB
    B_GABAB' = -B_GABAB/tau_d_GABAB
}

: `nc_type` is 0 for the spikes of a presynaptic cell, 1 for spontaneous ones, 2 for replayed ones
NET_RECEIVE(weight, weight_GABAA, weight_GABAB, R, Pr, u, tsyn (ms), nc_type) {
    INITIAL {
        LOCAL count
        R = 1
        u = u0
        tsyn = t
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
    } else if (t >= 0) {
        weight_GABAA = weight
        weight_GABAB = weight*GABAB_ratio
        : Fuhrmann et al. (2002), eq. 2 and 3
        if (Fac > 0) {
            u = u*exp(-(t - tsyn)/Fac)
            u = u + Use*(1 - u)
        } else {
            u = Use
        }
        R = 1 - (1 - R)*exp(-(t - tsyn)/Dep)
        Pr = u*R
        R = R - u*R
        tsyn = t
        A_GABAA = A_GABAA + Pr*weight_GABAA*factor_GABAA
        B_GABAA = B_GABAA + Pr*weight_GABAA*factor_GABAA
        A_GABAB = A_GABAB + Pr*weight_GABAB*factor_GABAB
        B_GABAB = B_GABAB + Pr*weight_GABAB*factor_GABAB
        if (verboseLevel > 0) {
            printf("synapse %g at %g ms: %g released\n", synapseID, t, Pr)
        }
    }
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
