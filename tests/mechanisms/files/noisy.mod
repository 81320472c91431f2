TITLE A density mechanism with a random stream of its own, and a shared number that nothing declares

NEURON {
    SUFFIX noisy
    THREADSAFE
    NONSPECIFIC_CURRENT i
    RANGE g, noise, sum
    RANDOM stream
    GLOBAL factor
}

PARAMETER {
    g = 1e-4 (S/cm2)
}

ASSIGNED {
    v (mV)
    i (mA/cm2)
    noise
    sum
}

INITIAL {
    factor = 2
    noise = 0
    sum = 0
}

BREAKPOINT {
    i = g*(1 + 0.1*noise)*(v + 65)
}

BEFORE STEP {
    noise = random_normal(stream)
    sum = sum + factor*noise
}
