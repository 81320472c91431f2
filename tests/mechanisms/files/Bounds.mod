TITLE Two conditions that come true at once: the first one decides which are watched next

NEURON {
    POINT_PROCESS Bounds
    RANGE number, region, entered_low, entered_middle, entered_high
    RANDOM stream
}

PARAMETER {
    low = 0.3
    high = 0.7
}

ASSIGNED {
    number
    region
    entered_low
    entered_middle
    entered_high
}

INITIAL {
    random_setseq(stream, 0)
    number = 0.5
    entered_low = 0
    entered_middle = 0
    entered_high = 0
    net_send(0, 2)
    net_send(0, 4)
}

NET_RECEIVE (weight) {
    if (flag == 4) {
        number = random_uniform(stream)
        net_send(0.3 + 0.2*random_uniform(stream), 4)
    }
    if (flag == 1) {
        region = 1
        entered_low = entered_low + 1
        WATCH (number > high) 3
        WATCH (number > low) 2
    } else if (flag == 2) {
        region = 2
        entered_middle = entered_middle + 1
        WATCH (number < low) 1
        WATCH (number > high) 3
    } else if (flag == 3) {
        region = 3
        entered_high = entered_high + 1
        WATCH (number < low) 1
        WATCH (number < high) 2
    }
}
