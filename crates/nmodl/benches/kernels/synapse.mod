: A synapse with two pairs of rise and decay, one of them blocked by magnesium.
NEURON {
    POINT_PROCESS Synapse
    NONSPECIFIC_CURRENT i
    RANGE rise, decay, slow_rise, slow_decay, e, i, g, g_slow, magnesium, ratio
}
UNITS { (nA) = (nanoamp) (mV) = (millivolt) (uS) = (microsiemens) (mM) = (milli/liter) }
PARAMETER {
    rise = 0.2 (ms) decay = 1.7 (ms) slow_rise = 0.29 (ms) slow_decay = 43 (ms)
    e = 0 (mV) magnesium = 1 (mM) ratio = 0.7
}
ASSIGNED {
    v (mV) i (nA) g (uS) g_slow (uS) dt (ms)
    keep_a keep_b keep_c keep_d factor
}
STATE { a b c d }
INITIAL {
    LOCAL peak
    a = 0
    b = 0
    c = 0
    d = 0
    peak = rise * decay / (decay - rise) * log(decay / rise)
    factor = 1 / (exp(-peak / decay) - exp(-peak / rise))
    keep_a = exp(-dt / rise)
    keep_b = exp(-dt / decay)
    keep_c = exp(-dt / slow_rise)
    keep_d = exp(-dt / slow_decay)
}
BREAKPOINT {
    LOCAL block
    SOLVE fade
    block = 1 / (1 + exp(-0.062 * v) * magnesium / 3.57)
    g = 0.001 * (b - a)
    g_slow = 0.001 * (d - c) * block
    i = g * (v - e) + g_slow * (v - e)
}
PROCEDURE fade() {
    a = a * keep_a
    b = b * keep_b
    c = c * keep_c
    d = d * keep_d
}
NET_RECEIVE(weight (uS)) {
    a = a + weight * factor
    b = b + weight * factor
    c = c + weight * ratio
    d = d + weight * ratio
}
