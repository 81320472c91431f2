TITLE A leaky integrator of a current that inputs raise and that decays to a bias

COMMENT
The state m follows taum m' = i - m and the current taus i' = ib - i, with taum < taus; the cell fires at m = 1. The
time of the next spike is found ahead, by Newton's method (Hines and Carnevale, The NEURON Book, 2006, chapter 10).
ENDCOMMENT

NEURON {
    ARTIFICIAL_CELL IntFire2
    RANGE taus, taum, ib, i, m
}

PARAMETER {
    taus = 20 (ms) <1e-9, 1e9>
    taum = 10 (ms) <1e-9, 1e9>
    ib = 0
}

ASSIGNED {
    i
    m
    t0 (ms)
}

INITIAL {
    if (taus <= taum) {
        taus = taum + 0.1
    }
    i = ib
    m = 0
    t0 = t
    net_send(fire_time(ib, 0, 0), 1)
}

NET_RECEIVE(w) {
    LOCAL f, x, elapsed
    f = taus/(taus - taum)
    elapsed = t - t0
    x = (i - ib)*exp(-elapsed/taus)
    if (flag == 1) {
        net_event(t)
        m = 0
        i = ib + x
        net_send(fire_time(ib, (i - ib)*f, 0), 1)
    } else {
        m = ib + f*x + (m - (ib + (i - ib)*f))*exp(-elapsed/taum)
        i = ib + x
        i = i + w
        if (m >= 1) {
            net_move(t)
        } else {
            net_move(fire_time(ib, (i - ib)*f, m) + t)
        }
    }
    t0 = t
}

: time (ms) until 1 = a + b exp(-t/taus) + (c - a - b) exp(-t/taum), for c < 1 and taum < taus; 1e9 stands for never
FUNCTION fire_time(a, b, c) (ms) {
    LOCAL r, rest, slope, guess, x
    fire_time = 1e9
    r = taum/taus
    if (a > 1 || a + b > 1) {
        rest = c - a - b
        slope = r*b + rest
        guess = (1 - c + slope)/slope
        if (a > 1 && b <= 0) {
            if (slope >= 0 || guess <= 0) {
                fire_time = -taus*log(root(a, rest, b, 1/r, 0))
            } else {
                fire_time = -taum*log(root(a, b, rest, r, guess))
            }
        } else {
            : where the sum is largest: no spike if that lies behind or is too low
            x = (-rest/(r*b))^(1/(r - 1))
            if (x < 1) {
                if (a + b*x^r + rest*x > 1) {
                    fire_time = -taum*log(root(a, b, rest, r, guess))
                }
            }
        }
    }
}

: solution of 1 = a + b x^r + c x in 0 < x <= 1, from a start value
FUNCTION root(a, b, c, r, start) {
    LOCAL x, dx, f, slope, iterations
    x = start
    dx = 1
    f = 0
    iterations = 0
    while ((fabs(dx) > 1e-6 || fabs(f - 1) > 1e-6) && iterations <= 10) {
        f = a + b*x^r + c*x
        slope = r*b*x^(r - 1) + c
        dx = (1 - f)/slope
        x = x + dx
        if (x <= 0) {
            x = 1e-4
        } else if (x > 1) {
            x = 1
        }
        iterations = iterations + 1
    }
    root = x
}
