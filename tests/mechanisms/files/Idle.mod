TITLE An artificial cell with blocks that are never run

NEURON {
    ARTIFICIAL_CELL Idle
    RANGE received, before, after, solved
}

ASSIGNED {
    received
    before
    after
    solved
}

INITIAL {
    received = 0
    solved = 0
}

BREAKPOINT {
    solved = solved + 1
}

BEFORE STEP {
    before = before + 1
}

AFTER SOLVE {
    after = after + 1
}

NET_RECEIVE (weight) {
    received = received + weight
    net_event(t)
}
