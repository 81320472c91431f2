//! Passive trees: topology, geometry, matrix and its solution.

use std::path::Path;

use neurodamus::model::RunOptions;

use crate::twin::{SectionOf, Twin};

/// A linear congruential generator (Knuth's MMIX constants): the same tree on every machine.
struct Dice(u64);

impl Dice {
    /// A number in 0..1.
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, limit: usize) -> usize {
        ((self.roll() * limit as f64) as usize).min(limit - 1)
    }
}

fn passive(twin: &mut Twin, section: SectionOf, g: f64) {
    twin.insert(section, "pas");
    twin.set(section, "g_pas", g);
    twin.set(section, "e_pas", -71.3);
}

/// A branched tree: cylinders and 3-D shapes, joined at ends and in between, by either end.
fn random_tree(seed: u64, sections: usize) -> Twin {
    let mut dice = Dice(seed);
    let mut twin = Twin::new();
    let mut made: Vec<SectionOf> = Vec::new();
    for number in 0..sections {
        let section = twin.section(&format!("part{number}"));
        twin.set(section, "Ra", 80.0 + 100.0 * dice.roll());
        twin.set(section, "nseg", (1 + 2 * dice.below(5)) as f64);
        if dice.roll() < 0.5 {
            let mut at = [0.0; 3];
            let points: Vec<[f64; 4]> = (0..2 + dice.below(6))
                .map(|_| {
                    at.iter_mut().for_each(|x| *x += 30.0 * (dice.roll() - 0.4));
                    [at[0], at[1], at[2], 0.3 + 2.0 * dice.roll()]
                })
                .collect();
            twin.points(section, &points);
        } else {
            twin.set(section, "L", 10.0 + 200.0 * dice.roll());
            twin.ramp(section, "diam", 0.5 + 3.0 * dice.roll(), 0.5 + dice.roll());
        }
        twin.set(section, "cm", 0.8 + 0.4 * dice.roll());
        twin.set_at(section, 0.4, "cm", 1.3);
        passive(&mut twin, section, 1e-4 * (1.0 + dice.roll()));
        if let Some(count) = (!made.is_empty()).then_some(made.len()) {
            let end = if dice.roll() < 0.2 { 1.0 } else { 0.0 };
            let x = [0.0, 0.3, 0.5, 1.0, 1.0, 1.0][dice.below(6)];
            twin.connect(section, end, made[dice.below(count)], x);
        }
        made.push(section);
    }
    twin.point("IClamp", made[0], 0.5, &[("delay", 0.5), ("dur", 3.0), ("amp", 0.2)]);
    twin.point("IClamp", made[sections / 2], 0.1, &[("delay", 2.0), ("dur", 1.0), ("amp", -0.1)]);
    twin.record_geometry();
    for section in made {
        twin.record_along(section, 3, "v");
        twin.record(section, 0.0, "v");
        twin.record(section, 1.0, "v");
    }
    twin
}

#[test]
fn random_trees() {
    for seed in 1..=4 {
        random_tree(seed, 40).compare(&RunOptions { tstop: 10.0, ..RunOptions::default() });
    }
}

#[test]
fn crank_nicolson() {
    let options = RunOptions { tstop: 5.0, second_order: 1, dt: 0.05, ..RunOptions::default() };
    random_tree(9, 25).compare(&options);
}

#[test]
fn reconstructed_neuron() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/morphologies/C060114A7.asc");
    if !file.exists() {
        eprintln!("skipped: {} does not exist", file.display());
        return;
    }
    for (longest_segment, dt) in [(1e9, 0.025), (40.0, 0.1)] {
        let mut twin = Twin::new();
        let sections = twin.import(&file);
        for &section in &sections {
            let length = twin.length(section);
            let nseg = 1 + 2 * (length / longest_segment) as i64;
            twin.set(section, "nseg", nseg as f64);
            twin.set(section, "Ra", 100.0);
            passive(&mut twin, section, 3e-5);
        }
        twin.point("IClamp", sections[0], 0.5, &[("delay", 1.0), ("dur", 3.0), ("amp", 0.5)]);
        twin.record_geometry();
        sections.iter().for_each(|&section| twin.record(section, 0.5, "v"));
        twin.compare(&RunOptions { tstop: 5.0, dt, v_init: -70.0, ..RunOptions::default() });
    }
}
