TITLE Switches the sodium channels that read `ttx` on and off

COMMENT
The concentration outside follows `ttxo_level`; channels are blocked while it is above 1e-12 mM. The concentration
inside is set to 1/64, an exact number by which channels see that a switch is there.
ENDCOMMENT

NEURON {
    SUFFIX TTXDynamicsSwitch
    USEION ttx WRITE ttxo, ttxi VALENCE 1
    RANGE ttxo_level
}

PARAMETER {
    ttxo_level = 1e-12 (mM)
}

ASSIGNED {
    ttxo (mM)
    ttxi (mM)
}

INITIAL {
    ttxo = ttxo_level
    ttxi = 0.015625
}

BREAKPOINT {
    ttxo = ttxo_level
    ttxi = 0.015625
}
