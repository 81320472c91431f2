//! Currents and states of the built-in mechanisms have NEURON's bits.
//!
//! All expected numbers come from NEURON 9.0.2: values after chosen steps, and the digest of the values after every step.

mod mechanism_support;

use std::collections::BTreeMap;

use bevy_ecs::world::World;
use components::{SourceId, Spike};
use mechanism_support::{
    artificial, ball_and_stick, connection, digest, group, plan, point, squid_soma, trace, variable, voltage,
};
use systems::group::{CellPlan, Connection, Group, GroupOptions, inject_spikes};

/// The squid soma with a pulse of current, sampled over 200 steps.
fn squid_trace(celsius: f64, use_table: f64, second_order: u8) -> Vec<Vec<f64>> {
    let clamp = point("IClamp", 1, &[("del", 1.0), ("dur", 3.0), ("amp", 0.15)]);
    let globals = BTreeMap::from([(("hh".to_owned(), "usetable".to_owned()), use_table)]);
    let options = GroupOptions { celsius, second_order, globals, ..GroupOptions::default() };
    let mut group = group(&[plan(1, squid_soma(), vec![clamp])], &options);
    trace(&mut group, 200, squid_probe)
}

fn squid_probe(world: &World) -> Vec<f64> {
    let mut row = vec![voltage(world, 1)];
    row.extend(["m", "h", "n", "gna", "gk", "il", "ina", "ik"].map(|name| variable(world, "hh", 0, name)));
    row.push(variable(world, "IClamp", 0, "i"));
    row
}

#[test]
fn hh_at_two_temperatures_with_and_without_table() {
    for (celsius, use_table, at_100, at_200, expected) in [
        (6.3, 1.0, -37.16615509952038, -53.046237261733744, 0xeb1b_177a_e5ec_ec2a),
        (34.0, 1.0, -58.50551180172095, -64.57541579814438, 0x2a97_3038_d33c_87e3),
        (6.3, 0.0, -37.26314150852425, -52.97697019948428, 0xfb95_fbf1_32f6_ad51),
        (34.0, 0.0, -58.511868723892114, -64.57818455569408, 0x1db5_0f81_fb6f_da51_u64),
    ] {
        let rows = squid_trace(celsius, use_table, 0);
        assert_eq!((rows[100][0], rows[200][0]), (at_100, at_200), "{celsius} {use_table}");
        assert_eq!(digest(&rows), expected, "{celsius} {use_table}");
    }
}

/// Crank-Nicolson with corrected ion currents; the corrected currents live in the ions, so only the rest is compared.
#[test]
fn hh_with_crank_nicolson() {
    let rows = squid_trace(6.3, 1.0, 2);
    assert_eq!(
        rows[100][..4],
        [-36.153006840273775, 0.28007679836524396, 0.510733574655883, 0.3648692499578206]
    );
    assert_eq!(
        rows[200][..4],
        [-55.40882116590933, 0.5546912127996613, 0.08057750455547476, 0.7559949579821273]
    );
}

#[test]
fn hh_table_ends_are_clamped() {
    for (v_init, expected) in [
        (-150.0, [0.0005329778846169563, 0.9962871741539278, 0.025446654154322342]),
        (-100.0, [0.0005329778846169563, 0.9962871741539278, 0.025446654154322342]),
        (-40.0, [0.5006486315783902, 0.05044149224155692, 0.6785909741451827]),
        (99.5, [0.9999691880397747, 1.8756599519172514e-05, 0.9897549866425474]),
        (100.0, [0.9999701540173902, 1.828778963398621e-05, 0.989851174897981]),
        (160.0, [0.9999701540173902, 1.828778963398621e-05, 0.989851174897981]),
    ] {
        let options = GroupOptions { v_init, ..GroupOptions::default() };
        let group = group(&[plan(1, squid_soma(), vec![])], &options);
        assert_eq!(["m", "h", "n"].map(|name| variable(&group.world, "hh", 0, name)), expected, "{v_init}");
    }
    let options = GroupOptions { v_init: f64::NAN, ..GroupOptions::default() };
    let group = group(&[plan(1, squid_soma(), vec![])], &options);
    assert!(variable(&group.world, "hh", 0, "m").is_nan(), "a voltage that is lost is not hidden");
}

/// Many instances, so that whole blocks and their rest are exercised, must all do what one does.
#[test]
fn hh_does_not_depend_on_the_place_in_a_block() {
    let cells: Vec<CellPlan> = (0..77)
        .map(|gid| {
            let clamp = point("IClamp", 1, &[("del", 1.0), ("dur", 3.0), ("amp", 0.15)]);
            plan(gid, squid_soma(), vec![clamp])
        })
        .collect();
    let mut group = group(&cells, &GroupOptions::default());
    group.advance(200);
    for cell in 0..77 {
        assert_eq!(voltage(&group.world, 3 * cell + 1), -53.046237261733744, "cell {cell}");
    }
}

fn with_connections(mut plan: CellPlan, connections: Vec<Connection>) -> CellPlan {
    plan.connections = connections;
    plan
}

#[test]
fn clamp_and_synapse_on_a_dendrite() {
    let clamp = point("IClamp", 1, &[("del", 1.0), ("dur", 2.0), ("amp", 0.3)]);
    let synapse = point("ExpSyn", 4, &[("tau", 2.0)]);
    let stimulus = artificial("NetStim", &[("start", 1.5), ("number", 1.0)]);
    let cell = plan(1, ball_and_stick(), vec![clamp, synapse, stimulus]);
    let cell = with_connections(cell, vec![connection(2, 1, 1.0, 0.002)]);
    let rows = trace(&mut group(&[cell], &GroupOptions::default()), 240, |world| {
        let [g, i] = ["g", "i"].map(|name| variable(world, "ExpSyn", 0, name));
        vec![voltage(world, 1), voltage(world, 4), g, i]
    });
    for (step, expected) in [
        (1, [-65.01246882793018, -65.01246882793018, 0.0]),
        (40, [-65.47524829198001, -65.47524829198001, 0.0]),
        (41, [-64.94613842269948, -65.47655934129088, 0.0]),
        (100, [-49.3722276828754, -55.72464316420807, 0.002]),
        (101, [-49.16932291530518, -55.17471304950989, 0.0019751556009877627]),
        (120, [-44.7432919270409, -49.39931403978048, 0.00155760156614281]),
        (121, [-45.04395557084302, -49.17280824871021, 0.0015382527287371413]),
        (240, [-50.48040651273625, -49.98265401679957, 0.0003475478869008911]),
    ] {
        assert_eq!(rows[step][..3], expected, "step {step}");
    }
    assert_eq!(digest(&rows), 0x4f5d_3eaa_9ea6_6cdb);
}

#[test]
fn synapses_of_three_kinds() {
    let processes = vec![
        point("ExpSyn", 4, &[("tau", 2.0)]),
        // of two at a node, the one located last comes first
        point("Exp2Syn", 5, &[("tau1", 0.5), ("tau2", 5.0), ("e", -10.0)]),
        point("Exp2Syn", 5, &[("tau1", 4.0), ("tau2", 4.0)]),
        point("AlphaSynapse", 1, &[("onset", 1.0), ("tau", 0.4), ("gmax", 0.01), ("e", 5.0)]),
        artificial("NetStim", &[("start", 0.3), ("number", 5.0), ("interval", 0.7)]),
    ];
    let connections =
        vec![connection(4, 0, 0.5, 0.002), connection(4, 1, 0.75, 0.003), connection(4, 2, 0.1, 0.001)];
    let cell = with_connections(plan(1, ball_and_stick(), processes), connections);
    let rows = trace(&mut group(&[cell], &GroupOptions::default()), 240, |world| {
        let mut row: Vec<f64> = [1, 4, 5].map(|node| voltage(world, node)).into();
        row.extend(["g", "i"].map(|name| variable(world, "ExpSyn", 0, name)));
        row.extend(["A", "B", "g", "i"].map(|name| variable(world, "Exp2Syn", 1, name)));
        row.extend(["g", "i"].map(|name| variable(world, "Exp2Syn", 0, name)));
        row.push(variable(world, "AlphaSynapse", 0, "i"));
        row
    });
    assert_eq!(
        rows[60][..4],
        [-51.66525652973722, -56.77098999366022, -56.71430747241664, 0.0014093761794374275]
    );
    assert_eq!(digest(&rows), 0x63f7_d8d7_bf9a_d8e8);
}

#[test]
fn voltage_clamp_with_three_levels() {
    let levels =
        [("dur1", 0.5), ("amp1", -70.0), ("dur2", 1.0), ("amp2", -20.0), ("dur3", 0.25), ("amp3", -65.5)];
    let mut clamp = point("SEClamp", 1, &levels);
    clamp = clamp.with("rs", 2.0);
    let cell = plan(1, ball_and_stick(), vec![clamp]);
    let rows = trace(&mut group(&[cell], &GroupOptions::default()), 100, |world| {
        let [i, vc] = ["i", "vc"].map(|name| variable(world, "SEClamp", 0, name));
        vec![voltage(world, 1), voltage(world, 4), i, vc]
    });
    assert_eq!(rows[0], [-65.0, -65.0, -2.5, -70.0]);
    assert_eq!(rows[21], [-46.196149402115694, -67.20659546205472, 13.098074701057847, -20.0]);
    assert_eq!(digest(&rows), 0x710d_27ab_8c93_20d3);
}

#[test]
fn membrane_current_source_depolarises() {
    let source = point("MembraneCurrentSource", 1, &[("del", 0.5), ("dur", 1.0), ("amp", 0.4)]);
    let cell = plan(1, ball_and_stick(), vec![source]);
    let rows = trace(&mut group(&[cell], &GroupOptions::default()), 100, |world| {
        vec![voltage(world, 1), voltage(world, 4), variable(world, "MembraneCurrentSource", 0, "i")]
    });
    assert_eq!(rows[21], [-64.53489284048129, -65.24212073193648, -0.4]);
    assert_eq!(digest(&rows), 0xa5ab_9978_7524_f7e3);
}

/// A synapse with connections from the cells 7 and 9, which do not exist, and 3, which does but never spikes.
fn patterned() -> Group {
    let from = |gid: u64, delay: f64, weight: f64| Connection {
        source: SourceId::cell(gid),
        target: 0,
        delay,
        weights: vec![weight],
        active: true,
    };
    let cell = plan(1, ball_and_stick(), vec![point("ExpSyn", 4, &[("tau", 2.0)])]);
    let cell = with_connections(cell, vec![from(7, 0.5, 0.001), from(9, 0.01, 0.002), from(3, 0.5, 0.1)]);
    let silent = plan(3, cell::CellModel::default(), vec![artificial("NetStim", &[("start", -1.0)])]);
    group(&[cell, silent], &GroupOptions::default())
}

/// Expected numbers: NEURON's PatternStim with these spikes.
#[test]
fn given_spikes_reach_connections_of_cells_elsewhere_only() {
    let spike = |time: f64, gid: u64| Spike { time, source: SourceId::cell(gid) };
    let mut groups = [patterned()];
    inject_spikes(&mut groups, &[spike(0.2, 7), spike(0.3, 3), spike(0.7, 9), spike(1.1, 7)]);
    let rows = trace(&mut groups[0], 100, |world| {
        vec![voltage(world, 1), voltage(world, 4), variable(world, "ExpSyn", 0, "g")]
    });
    assert_eq!(rows[40], [-64.84341398364414, -61.84829314217394, 0.0025821239292751737]);
    assert_eq!(digest(&rows), 0xdd8a_cd82_6d7e_ca89);
}
