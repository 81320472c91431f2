: A pool of calcium that currents fill and that decays.
NEURON {
    SUFFIX Pool
    USEION ca READ ica WRITE cai
    RANGE decay, gamma, depth, rest
}
UNITS { (mA) = (milliamp) (mM) = (milli/liter) FARADAY = (faraday) (coulombs) }
PARAMETER { gamma = 0.05 decay = 80 (ms) depth = 0.1 (um) rest = 5e-5 (mM) }
ASSIGNED { ica (mA/cm2) }
STATE { cai (mM) }
INITIAL { cai = rest }
BREAKPOINT { SOLVE states METHOD cnexp }
DERIVATIVE states {
    cai' = -(10000) * (ica * gamma / (2 * FARADAY * depth)) - (cai - rest) / decay
}
