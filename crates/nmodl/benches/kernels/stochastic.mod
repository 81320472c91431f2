: A potassium channel of which some open at random: tables of rates, and a random number for each instance.
NEURON {
    SUFFIX Stochastic
    USEION k READ ek WRITE ik
    RANGE gbar, g, ik, channels, open
    RANDOM noise
    GLOBAL ninf, ntau
}
UNITS { (S) = (siemens) (mV) = (millivolt) (mA) = (milliamp) }
PARAMETER { gbar = 0.01 (S/cm2) channels = 100 }
ASSIGNED { v (mV) ek (mV) ik (mA/cm2) g (S/cm2) ninf ntau open dt (ms) }
STATE { n }
BREAKPOINT {
    SOLVE move
    g = gbar * open / channels
    ik = g * (v - ek)
}
INITIAL {
    rates(v)
    n = ninf
    open = floor(n * channels + 0.5)
}
PROCEDURE move() {
    LOCAL spread
    rates(v)
    n = n + (1 - exp(-dt / ntau)) * (ninf - n)
    spread = sqrt(channels * n * (1 - n))
    open = floor(channels * n + spread * (random_uniform(noise) - 0.5) + 0.5)
    if (open < 0) {
        open = 0
    }
    if (open > channels) {
        open = channels
    }
}
PROCEDURE rates(v (mV)) {
    LOCAL opening, closing
    TABLE ninf, ntau FROM -100 TO 100 WITH 200
    opening = 0.02 * exp((v + 20) / 9)
    closing = 0.002 * exp(-(v + 20) / 9)
    ntau = 1 / (opening + closing)
    ninf = opening / (opening + closing)
}
