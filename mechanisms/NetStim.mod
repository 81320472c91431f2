TITLE A source of spikes at regular or random intervals, which events can start and stop

COMMENT
`number` spikes from `start` on. With `noise` between 0 and 1 that part of each interval is exponentially
distributed. An event with a positive weight starts a new sequence if none is running, a negative one stops it.
ENDCOMMENT

NEURON {
    ARTIFICIAL_CELL NetStim
    RANGE interval, number, start, noise
    THREADSAFE
    RANDOM ranvar
}

PARAMETER {
    interval = 10 (ms) <1e-9, 1e9>
    number = 10 <0, 1e9>
    start = 50 (ms)
    noise = 0 <0, 1>
}

ASSIGNED {
    event (ms)
    on
    ispike
}

INITIAL {
    random_setseq(ranvar, 0)
    on = 0
    ispike = 0
    if (noise < 0) {
        noise = 0
    }
    if (noise > 1) {
        noise = 1
    }
    if (start >= 0 && number > 0) {
        on = 1
        event = start + next_interval(interval) - interval*(1 - noise)
        if (event < 0) {
            event = 0
        }
        net_send(event, 3)
    }
}

: names the random stream
PROCEDURE noiseFromRandom123(id1, id2, id3) {
    random_setids(ranvar, id1, id2, id3)
    random_setseq(ranvar, 0)
}

PROCEDURE begin() {
    if (number > 0) {
        on = 1
        event = 0
        ispike = 0
    }
}

PROCEDURE prepare_next() {
    if (number > 0) {
        event = next_interval(interval)
    }
    if (ispike >= number) {
        on = 0
    }
}

FUNCTION next_interval(mean (ms)) (ms) {
    if (mean <= 0) {
        mean = 0.01 (ms)
    }
    if (noise == 0) {
        next_interval = mean
    } else {
        next_interval = (1 - noise)*mean + noise*mean*random_negexp(ranvar)
    }
}

NET_RECEIVE(weight) {
    if (flag == 0) {
        if (weight > 0 && on == 0) {
            begin()
            prepare_next()
            event = event - interval*(1 - noise)
            net_send(event, 1)
        } else if (weight < 0) {
            on = 0
        }
    }
    if (flag == 3) {
        if (on == 1) {
            begin()
            net_send(0, 1)
        }
    }
    if (flag == 1 && on == 1) {
        ispike = ispike + 1
        net_event(t)
        prepare_next()
        if (on == 1) {
            net_send(event, 1)
        }
    }
}
