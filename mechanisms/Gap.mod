TITLE One side of a gap junction

COMMENT
`vgap` is the voltage on the other side, as it was at the last exchange.
ENDCOMMENT

NEURON {
    POINT_PROCESS Gap
    RANGE g, i, vgap, synapseID, selected_for_report
    NONSPECIFIC_CURRENT i
}

PARAMETER {
    g = 1 (nS)
    selected_for_report = 0
}

ASSIGNED {
    v (mV)
    vgap (mV)
    i (nA)
    synapseID
}

BREAKPOINT {
    i = (v - vgap)*(g*1e-3)
}
