//! The built-in artificial cells spike when NEURON's do, to the last bit.
//!
//! All expected times come from NEURON 9.0.2.

mod mechanism_support;

use mechanism_support::{artificial, firing, group, spike_times, variable};
use random::Stream;
use systems::group::{GroupOptions, PointProcess};

fn net_stim(start: f64, number: f64, interval: f64) -> PointProcess {
    artificial("NetStim", &[("start", start), ("number", number), ("interval", interval)])
}

fn noisy(stimulus: PointProcess, noise: f64, [id1, id2, id3]: [u32; 3]) -> PointProcess {
    let streams = vec![("ranvar".to_owned(), Stream::new(0, id1, id2, id3))];
    PointProcess { streams, ..stimulus.with("noise", noise) }
}

#[test]
fn net_stim_intervals() {
    let cases: [(PointProcess, &[f64]); 5] = [
        (
            noisy(net_stim(0.0, 5.0, 10.0), 1.0, [1, 2, 3]),
            &[
                0.1932360674585515,
                14.929075955876932,
                35.73387044490417,
                56.40463202768094,
                58.90792191169873,
            ],
        ),
        (
            noisy(net_stim(2.0, 6.0, 3.0), 0.5, [4, 5, 6]),
            &[
                2.8907258944849357,
                7.0850057371822,
                8.622980175506438,
                10.328593989911695,
                13.716499928033933,
                15.349766715196832,
            ],
        ),
        (
            noisy(net_stim(1.01, 6.0, 0.5), 1.0, [7, 8, 9]),
            &[
                3.067901706170005,
                3.7263223410362976,
                5.214558362472491,
                5.617762106125975,
                6.167335605684193,
                7.447024274008086,
            ],
        ),
        (net_stim(1.01, 4.0, 3.3), &[1.0099999999999998, 4.31, 7.609999999999999, 10.91]),
        (
            noisy(net_stim(5.0, 3.0, -1.0), 1.7, [1, 2, 3]),
            &[5.000193236067458, 5.014929075955877, 5.035733870444904],
        ),
    ];
    for (stimulus, expected) in cases {
        let mut group = group(&[firing(vec![stimulus], 0.0, &[])], &GroupOptions::default());
        assert_eq!(spike_times(&mut group, 80.0), expected);
        group.initialize();
        assert_eq!(spike_times(&mut group, 80.0), expected, "initialisation resets the random stream");
    }
}

/// Started by an event, deaf to the next, stopped by a negative weight, started again.
#[test]
fn net_stim_obeys_events() {
    let cells = vec![
        net_stim(2.0, 1.0, 1.0),
        net_stim(3.0, 1.0, 1.0),
        net_stim(7.5, 1.0, 1.0),
        net_stim(19.0, 1.0, 1.0),
        noisy(net_stim(-1.0, 4.0, 2.5), 0.3, [3, 1, 4]),
    ];
    let mut group = group(&[firing(cells, 1.0, &[1.0, 1.0, -1.0, 1.0])], &GroupOptions::default());
    let expected = [
        3.5509458999391237,
        5.869760857946081,
        7.728626338523256,
        20.005387838422884,
        21.858237624113926,
        23.91060099467442,
        26.702357058090683,
    ];
    assert_eq!(spike_times(&mut group, 60.0), expected);
}

/// NEURON adds the present time to the next and takes it away again, which rounds.
#[test]
fn vec_stim_plays_its_times() {
    let mut stimulus = artificial("VecStim", &[]);
    let times = vec![0.0, 0.1, 0.3, 0.30000000000000004, 2.7, 2.7, 9.123456789];
    stimulus.vectors = vec![("times".to_owned(), times)];
    let mut group = group(&[firing(vec![stimulus], 0.0, &[])], &GroupOptions::default());
    let expected = [0.0, 0.1, 0.30000000000000004, 0.30000000000000004, 2.7, 2.7, 9.123456789000002];
    assert_eq!(spike_times(&mut group, 20.0), expected);
}

#[test]
fn vec_stim_without_times_is_silent() {
    let mut group = group(&[firing(vec![artificial("VecStim", &[])], 0.0, &[])], &GroupOptions::default());
    assert_eq!(spike_times(&mut group, 5.0), []);
}

/// Spike times of an artificial cell with inputs at 2.5, 3.5, 4.5; 5.5; 6.5 to 11.5 ms of the given weights.
fn driven(
    name: &str,
    values: &[(&str, f64)],
    weights: [f64; 3],
    stop: f64,
) -> (Vec<f64>, systems::group::Group) {
    let cells = vec![
        net_stim(2.0, 3.0, 1.0),
        net_stim(5.0, 1.0, 1.0),
        net_stim(6.0, 6.0, 1.0),
        artificial(name, values),
    ];
    let mut group = group(&[firing(cells, 0.5, &weights)], &GroupOptions::default());
    (spike_times(&mut group, stop), group)
}

#[test]
fn int_fire1() {
    assert_eq!(driven("IntFire1", &[], [0.4, 0.4, 0.4], 40.0).0, [4.5, 11.5]);
    assert_eq!(driven("IntFire1", &[], [0.4, -0.3, 0.4], 40.0).0, [4.5, 11.5]);
    assert_eq!(driven("IntFire1", &[], [0.6, -0.5, 0.7], 40.0).0, [3.5, 9.5]);
}

#[test]
fn int_fire2() {
    type Case = (&'static [(&'static str, f64)], [f64; 3], &'static [f64]);
    let cases: [Case; 6] = [
        (
            &[],
            [0.4, 0.4, 0.4],
            &[10.72585986710192, 14.876340471754915, 20.417534861563375, 30.987339786681808],
        ),
        (&[], [0.4, -0.3, 0.4], &[12.24719742387925, 18.226079432797192]),
        (
            &[],
            [0.6, 0.6, 0.6],
            &[
                8.809592986971632,
                11.639818247326401,
                14.149314255410617,
                17.086270740579977,
                20.64998954808434,
                25.248418369576417,
                32.06507727205026,
            ],
        ),
        (
            &[],
            [0.6, -0.5, 0.7],
            &[
                9.925499097166464,
                12.742382064029124,
                15.642056679524872,
                19.148893371645226,
                23.646453113467395,
                30.20306558490602,
            ],
        ),
        (
            &[("ib", 1.2)],
            [0.1, -0.6, 0.1],
            &[14.507828324809086, 27.60754268134734, 42.742869255771666, 59.273945519859964],
        ),
        (
            &[("taus", 5.0), ("taum", 5.0), ("ib", 0.3)],
            [0.8, 0.1, 0.8],
            &[6.467204349700475, 8.85997367090052, 10.736355689483775, 12.40797883745349, 14.70625862552849],
        ),
    ];
    for (values, weights, expected) in cases {
        let stop = if values.is_empty() { 40.0 } else { 60.0 };
        assert_eq!(driven("IntFire2", values, weights, stop).0, expected, "{values:?} {weights:?}");
    }
}

#[test]
fn int_fire4() {
    let (times, group) = driven("IntFire4", &[], [0.4, -0.3, 0.4], 40.0);
    assert_eq!(times, [7.864602835288311, 10.888780247567073, 13.732285268783635]);
    let names = ["nself", "nexcite", "ninhibit", "ae", "ai1", "ai2", "e", "i1", "i2", "m"];
    assert_eq!(
        names.map(|name| variable(&group.world, "IntFire4", 0, name)),
        [
            15.0,
            9.0,
            1.0,
            0.2583099330029768,
            0.2,
            0.04899307871004155,
            0.12728988364805507,
            -0.043935238065275585,
            -0.2834857267475577,
            0.9940746156138232
        ]
    );
    assert_eq!(
        driven("IntFire4", &[], [0.6, -0.5, 0.7], 40.0).0,
        [
            6.514288505352915,
            8.761977513323863,
            10.514685162285804,
            11.998924996329478,
            13.741643999029598,
            16.585229078647398
        ]
    );
}

/// Time constants that are equal or in the wrong order are moved apart.
#[test]
fn int_fire4_repairs_its_time_constants() {
    let names = ["taue", "taui1", "taui2", "taum"];
    for (taus, repaired, first_spike) in [
        ([20.0, 30.0, 10.0, 10.0], [9.98, 9.98, 30.0, 9.97], Some(6.247087920610614)),
        (
            [5.0, 5.0, 5.0, 5.0],
            [4.970000000000001, 4.970000000000001, 5.0, 4.960000000000001],
            Some(4.983022952659551),
        ),
        ([0.001, 0.001, 0.001, 0.001], [0.02, 0.03, 0.04, 0.001], None),
        ([3.0, 40.0, 39.995, 41.0], [3.0, 39.99, 40.0, 41.0], Some(5.492822651079105)),
    ] {
        let values: Vec<(&str, f64)> = names.into_iter().zip(taus).collect();
        let (times, group) = driven("IntFire4", &values, [0.6, -0.3, 0.7], 40.0);
        assert_eq!(names.map(|name| variable(&group.world, "IntFire4", 0, name)), repaired);
        assert_eq!(times.first().copied(), first_spike, "{taus:?}");
    }
}
