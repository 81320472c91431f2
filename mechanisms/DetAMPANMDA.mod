TITLE An excitatory synapse with AMPA and NMDA receptors and deterministic release

COMMENT
Receptors of two kinds, each with a conductance that is the difference of two exponentials. Presynaptic release
facilitates and depresses (Tsodyks and Markram 1997; Fuhrmann et al., J. Neurophysiol. 87, 2002) and is deterministic.
The magnesium block of NMDA receptors has the form of Jahr and Stevens (J. Neurosci. 10, 1990).
ENDCOMMENT

NEURON {
    THREADSAFE
    POINT_PROCESS DetAMPANMDA
    RANGE tau_r_AMPA, tau_d_AMPA, tau_r_NMDA, tau_d_NMDA, Use, Dep, Fac, u0, mg, NMDA_ratio, e
    RANGE i, i_AMPA, i_NMDA, g_AMPA, g_NMDA, g
    GLOBAL slope_mg, scale_mg
    NONSPECIFIC_CURRENT i
    RANGE synapseID, selected_for_report, verboseLevel, conductance, next_delay
    POINTER delay_times, delay_weights
    GLOBAL nc_type_param
}

PARAMETER {
    tau_r_AMPA = 0.2 (ms)
    tau_d_AMPA = 1.7 (ms)
    tau_r_NMDA = 0.29 (ms)
    tau_d_NMDA = 43 (ms)
    e = 0 (mV)
    mg = 1 (mM)
    slope_mg = 0.062 (/mV)
    scale_mg = 3.57 (mM)
    NMDA_ratio = 0.71
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
}

STATE {
    A_AMPA
    B_AMPA
    A_NMDA
    B_NMDA
}

INITIAL {
    LOCAL peak
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
    next_delay = -1
}

BREAKPOINT {
    SOLVE decay METHOD cnexp
    mggate = 1/(1 + exp(slope_mg*-(v))*(mg/scale_mg))
    g_AMPA = gmax*(B_AMPA - A_AMPA)
    g_NMDA = gmax*(B_NMDA - A_NMDA)*mggate
    g = g_AMPA + g_NMDA
    i_AMPA = g_AMPA*(v - e)
    i_NMDA = g_NMDA*(v - e)
    i = i_AMPA + i_NMDA
}

DERIVATIVE decay {
    A_AMPA' = -A_AMPA/tau_r_AMPA
    B_AMPA' = -B_AMPA/tau_d_AMPA
    A_NMDA' = -A_NMDA/tau_r_NMDA
    B_NMDA' = -B_NMDA/tau_d_NMDA
}

: `nc_type` is 0 for the spikes of a presynaptic cell, 1 for spontaneous ones, 2 for replayed ones
NET_RECEIVE(weight, weight_AMPA, weight_NMDA, R, Pr, u, tsyn (ms), nc_type) {
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
        weight_AMPA = weight
        weight_NMDA = weight*NMDA_ratio
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
        A_AMPA = A_AMPA + Pr*weight_AMPA*factor_AMPA
        B_AMPA = B_AMPA + Pr*weight_AMPA*factor_AMPA
        A_NMDA = A_NMDA + Pr*weight_NMDA*factor_NMDA
        B_NMDA = B_NMDA + Pr*weight_NMDA*factor_NMDA
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
