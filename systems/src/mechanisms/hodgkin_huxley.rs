//! `hh`: sodium, potassium and leak channels of the squid giant axon (Hodgkin and Huxley, J. Physiol. 117, 1952).
//!
//! Rates come from a table over the voltage, as in NEURON, unless the global `usetable` is 0. NEURON's globals
//! `minf` to `ntau`, which hold the rates of whichever instance was last, do not exist.

use std::sync::Arc;

use components::Instances;
use nmodl::math::{Level, guarded_exp};
use nmodl::{IonVariable, Kind};

use super::describe::{assigned, description, global, ion, parameter, state};
use super::{BuiltIn, exp};
use crate::mechanism::{Environment, Kernels, Outbox, Phases, Surroundings};

const SODIUM_MAXIMUM: usize = 0;
const POTASSIUM_MAXIMUM: usize = 1;
const LEAK: usize = 2;
const LEAK_REVERSAL: usize = 3;
const SODIUM: usize = 4;
const POTASSIUM: usize = 5;
const LEAK_CURRENT: usize = 6;
const M: usize = 7;
const H: usize = 8;
const N: usize = 9;
const SODIUM_REVERSAL: usize = 10;
const POTASSIUM_REVERSAL: usize = 11;
const SODIUM_CURRENT: usize = 12;
const POTASSIUM_CURRENT: usize = 13;

/// Lanes per block of the state kernel.
const LANES: usize = 64;

/// The mechanism with NEURON's defaults.
pub fn mechanism() -> BuiltIn {
    let variables = vec![
        parameter("gnabar", 0.12, "S/cm2"),
        parameter("gkbar", 0.036, "S/cm2"),
        parameter("gl", 0.0003, "S/cm2"),
        parameter("el", -54.3, "mV"),
        assigned("gna", "S/cm2"),
        assigned("gk", "S/cm2"),
        assigned("il", "mA/cm2"),
        state("m", ""),
        state("h", ""),
        state("n", ""),
        assigned("ena", "mV"),
        assigned("ek", "mV"),
        assigned("ina", "mA/cm2"),
        assigned("ik", "mA/cm2"),
    ];
    let mut description = description("hh", Kind::Density, variables);
    description.globals = vec![global("usetable", 1.0, "")];
    description.ions =
        ["na", "k"].map(|name| ion(name, &[IonVariable::Reversal], &[IonVariable::Current])).into();
    BuiltIn::new(description, |environment: &Environment| {
        let rates = Rates::new(environment.celsius);
        let use_table = environment.globals.first().is_none_or(|value| *value != 0.0);
        Arc::new(HodgkinHuxley { table: use_table.then(|| Table::new(&rates)), rates })
    })
}

struct HodgkinHuxley {
    rates: Rates,
    table: Option<Table>,
}

/// `minf, mtau, hinf, htau, ninf, ntau`: steady states, and time constants (ms).
type Row = [f64; 6];

/// The rates as functions of voltage at one temperature.
struct Rates {
    q10: f64,
}

impl Rates {
    fn new(celsius: f64) -> Self {
        Self { q10: 3.0_f64.powf((celsius - 6.3) / 10.0) }
    }

    /// The rates at the voltage `v` (mV).
    fn at(&self, v: f64) -> Row {
        let gate = |alpha: f64, beta: f64| {
            let sum = alpha + beta;
            (alpha / sum, 1.0 / (self.q10 * sum))
        };
        let (minf, mtau) = gate(0.1 * vtrap(-(v + 40.0), 10.0), 4.0 * exp(-(v + 65.0) / 18.0));
        let (hinf, htau) = gate(0.07 * exp(-(v + 65.0) / 20.0), 1.0 / (exp(-(v + 35.0) / 10.0) + 1.0));
        let (ninf, ntau) = gate(0.01 * vtrap(-(v + 55.0), 10.0), 0.125 * exp(-(v + 65.0) / 80.0));
        [minf, mtau, hinf, htau, ninf, ntau]
    }

    /// The rates at up to [`LANES`] voltages (mV).
    fn fill(&self, voltage: &[f64], rates: &mut Block) {
        for (lane, v) in voltage.iter().enumerate().take(LANES) {
            for (column, rate) in rates.iter_mut().zip(self.at(*v)) {
                column[lane] = rate;
            }
        }
    }
}

/// `x / (exp(x/y) - 1)`, continued over its removable singularity at 0.
fn vtrap(x: f64, y: f64) -> f64 {
    if (x / y).abs() < 1e-6 { y * (1.0 - x / y / 2.0) } else { x / (exp(x / y) - 1.0) }
}

/// Rates at -100, -99, ... 100 mV with their differences to the next row.
///
/// There are 256 rows so that no index of 8 bits is out of range; those from 201 are never looked up.
struct Table(Box<[[f64; 12]; 256]>);

impl Table {
    /// Lowest voltage of the table (mV).
    const START: f64 = -100.0;
    /// Index of the last row.
    const LAST: usize = 200;

    fn new(rates: &Rates) -> Self {
        let mut voltage = Self::START;
        let values: Vec<Row> = (0..=Self::LAST)
            .map(|_| {
                let row = rates.at(voltage);
                voltage += 1.0;
                row
            })
            .collect();
        let mut table = Box::new([[0.0; 12]; 256]);
        for (index, row) in table.iter_mut().enumerate() {
            let here = values[index.min(Self::LAST)];
            let next = values[(index + 1).min(Self::LAST)];
            for k in 0..6 {
                row[k] = here[k];
                row[6 + k] = next[k] - here[k];
            }
        }
        Self(table)
    }

    /// Row (in the low 8 bits) and distance from it that belong to a voltage (mV); those of the ends outside of
    /// the table. The distance is not a number if the voltage is not.
    #[inline(always)]
    fn place(voltage: f64) -> (u64, f64) {
        /// 2^52: a sum with it is rounded to an integer, which its low bits then hold. This vectorises, and
        /// conversions to integers do not.
        const SHIFT: f64 = 4_503_599_627_370_496.0;
        let x = voltage - Self::START;
        let x = if x > Self::LAST as f64 { Self::LAST as f64 } else { x };
        let x = if x < 0.0 { 0.0 } else { x };
        let nearest = (x + SHIFT) - SHIFT;
        let below = if nearest > x { nearest - 1.0 } else { nearest };
        ((below + SHIFT).to_bits(), x - below)
    }

    /// The rates at a place of the table, by linear interpolation.
    #[inline(always)]
    fn at(&self, (index, distance): (u64, f64)) -> Row {
        let row = &self.0[usize::from(index as u8)];
        std::array::from_fn(|k| row[k] + distance * row[6 + k])
    }
}

/// `minf, mtau, hinf, htau, ninf, ntau` of a block of instances.
type Block = [[f64; LANES]; 6];

/// Looks the rates at up to [`LANES`] voltages (mV) up.
///
/// Only the places are found with vector instructions: the compiler would scatter the rows with AVX-512, which takes
/// twice as long.
fn look_up(level: Level, voltage: &[f64], rates: &mut Block, table: &Table) {
    let (mut index, mut distance) = ([0; LANES], [0.0; LANES]);
    find_places(level, voltage, &mut index, &mut distance);
    for (lane, place) in index.into_iter().zip(distance).enumerate() {
        let row = table.at(place);
        for k in 0..6 {
            rates[k][lane] = row[k];
        }
    }
}

nmodl::dispatch! {
    fn find_places(voltage: &[f64], index: &mut [u64], distance: &mut [f64]) = find_places_lanes;
}

#[inline(always)]
fn find_places_lanes<const FMA: bool>(voltage: &[f64], index: &mut [u64], distance: &mut [f64]) {
    for ((v, index), distance) in voltage.iter().zip(index).zip(distance) {
        (*index, *distance) = Table::place(*v);
    }
}

nmodl::dispatch! {
    /// Advances the gates of up to [`LANES`] instances by `dt` (ms).
    fn advance(m: &mut [f64], h: &mut [f64], n: &mut [f64], rates: &Block, dt: f64) = advance_lanes;
}

#[inline(always)]
fn advance_lanes<const FMA: bool>(m: &mut [f64], h: &mut [f64], n: &mut [f64], rates: &Block, dt: f64) {
    let [minf, mtau, hinf, htau, ninf, ntau] = rates;
    advance_gate::<FMA>(m, minf, mtau, dt);
    advance_gate::<FMA>(h, hinf, htau, dt);
    advance_gate::<FMA>(n, ninf, ntau, dt);
}

/// `x' = (inf - x)/tau` over a time step, as NEURON's `cnexp` solves it.
#[inline(always)]
fn advance_gate<const FMA: bool>(x: &mut [f64], steady: &[f64; LANES], tau: &[f64; LANES], dt: f64) {
    for ((x, steady), tau) in x.iter_mut().zip(steady).zip(tau) {
        let rate = -1.0 / tau;
        *x += (1.0 - guarded_exp::<FMA>(dt * rate)) * (-(steady / tau) / rate - *x);
    }
}

/// Columns of an ion's channels in the current kernel.
struct Channels<'a> {
    conductance: &'a mut [f64],
    reversal: &'a [f64],
    current: &'a mut [f64],
    derivative: &'a mut [f64],
}

/// The other columns of the current kernel.
struct Membrane<'a> {
    voltage: &'a [f64],
    gates: [&'a [f64]; 3],
    maxima: [&'a [f64]; 2],
    leak: [&'a [f64]; 2],
    leak_current: &'a mut [f64],
    total: &'a mut [f64],
    slope: &'a mut [f64],
}

nmodl::dispatch! {
    fn currents(membrane: &mut Membrane, ions: &mut [Channels; 2]) = currents_lanes;
}

/// Currents at `v + 0.001` mV and at `v`, in blocks that stay in the first-level cache.
#[inline(always)]
fn currents_lanes<const FMA: bool>(membrane: &mut Membrane, ions: &mut [Channels; 2]) {
    const BLOCK: usize = 128;
    for start in (0..membrane.voltage.len()).step_by(BLOCK) {
        let block = start..membrane.voltage.len().min(start + BLOCK);
        let [m, h, n] = membrane.gates.map(|gate| &gate[block.clone()]);
        let [sodium_maximum, potassium_maximum] = membrane.maxima.map(|maximum| &maximum[block.clone()]);
        let [leak, leak_reversal] = membrane.leak.map(|column| &column[block.clone()]);
        let voltage = &membrane.voltage[block.clone()];
        let (total, slope) = (&mut membrane.total[block.clone()], &mut membrane.slope[block.clone()]);
        let [sodium, potassium] = &mut *ions;
        sodium_conductance(&mut sodium.conductance[block.clone()], sodium_maximum, m, h);
        potassium_conductance(&mut potassium.conductance[block.clone()], potassium_maximum, n);
        total.fill(0.0);
        slope.fill(0.0);
        for channels in &mut *ions {
            let (current, derivative) =
                (&mut channels.current[block.clone()], &mut channels.derivative[block.clone()]);
            let (g, e) = (&channels.conductance[block.clone()], &channels.reversal[block.clone()]);
            add_current(voltage, g, e, current, derivative, total, slope);
        }
        let leak_current = &mut membrane.leak_current[block.clone()];
        add_last_current(voltage, leak, leak_reversal, leak_current, total, slope);
    }
}

#[inline(always)]
fn sodium_conductance(g: &mut [f64], maximum: &[f64], m: &[f64], h: &[f64]) {
    for (((g, maximum), m), h) in g.iter_mut().zip(maximum).zip(m).zip(h) {
        *g = maximum * m * m * m * h;
    }
}

#[inline(always)]
fn potassium_conductance(g: &mut [f64], maximum: &[f64], n: &[f64]) {
    for ((g, maximum), n) in g.iter_mut().zip(maximum).zip(n) {
        *g = maximum * n * n * n * n;
    }
}

/// Adds the current of an ion to `total`, and the one at the shifted voltage to `shifted`.
#[inline(always)]
fn add_current(
    voltage: &[f64],
    g: &[f64],
    e: &[f64],
    current: &mut [f64],
    derivative: &mut [f64],
    total: &mut [f64],
    shifted: &mut [f64],
) {
    let inputs = voltage.iter().zip(g).zip(e);
    let outputs = current.iter_mut().zip(derivative).zip(total.iter_mut().zip(shifted));
    for (((v, g), e), ((current, derivative), (total, shifted))) in inputs.zip(outputs) {
        let at_shifted = g * (v + 0.001 - e);
        *current = g * (v - e);
        *derivative = (at_shifted - *current) / 0.001;
        *total += *current;
        *shifted += at_shifted;
    }
}

/// Adds the last current to `total`, and turns the total at the shifted voltage into the slope.
#[inline(always)]
fn add_last_current(
    voltage: &[f64],
    g: &[f64],
    e: &[f64],
    current: &mut [f64],
    total: &mut [f64],
    shifted: &mut [f64],
) {
    let inputs = voltage.iter().zip(g).zip(e);
    let outputs = current.iter_mut().zip(total.iter_mut().zip(shifted));
    for (((v, g), e), (current, (total, shifted))) in inputs.zip(outputs) {
        *current = g * (v - e);
        *total += *current;
        *shifted = (*shifted + g * (v + 0.001 - e) - *total) / 0.001;
    }
}

impl Kernels for HodgkinHuxley {
    fn phases(&self) -> Phases {
        Phases { current: true, state: true, ..Phases::default() }
    }

    fn initialize(&self, instances: &mut Instances, _surroundings: &Surroundings, _outbox: &mut Outbox) {
        for k in 0..instances.count {
            let v = instances.voltage[k];
            let [minf, _, hinf, _, ninf, _] = match &self.table {
                Some(table) => table.at(Table::place(v)),
                None => self.rates.at(v),
            };
            instances.columns[M][k] = minf;
            instances.columns[H][k] = hinf;
            instances.columns[N][k] = ninf;
        }
    }

    fn current(&self, instances: &mut Instances, _surroundings: &Surroundings, _outbox: &mut Outbox) {
        let columns = instances.columns.get_disjoint_mut([
            SODIUM_MAXIMUM,
            POTASSIUM_MAXIMUM,
            LEAK,
            LEAK_REVERSAL,
            SODIUM,
            POTASSIUM,
            LEAK_CURRENT,
            M,
            H,
            N,
            SODIUM_REVERSAL,
            POTASSIUM_REVERSAL,
            SODIUM_CURRENT,
            POTASSIUM_CURRENT,
        ]);
        let (Ok(columns), [sodium, potassium]) = (columns, &mut instances.ion_derivatives[..]) else {
            return;
        };
        let [gnabar, gkbar, gl, el, gna, gk, il, m, h, n, ena, ek, ina, ik] = columns;
        let mut membrane = Membrane {
            voltage: &instances.voltage,
            gates: [m, h, n],
            maxima: [gnabar, gkbar],
            leak: [gl, el],
            leak_current: il,
            total: &mut instances.current,
            slope: &mut instances.conductance,
        };
        let mut ions = [
            Channels { conductance: gna, reversal: ena, current: ina, derivative: sodium },
            Channels { conductance: gk, reversal: ek, current: ik, derivative: potassium },
        ];
        currents(Level::best(), &mut membrane, &mut ions);
    }

    fn state(&self, instances: &mut Instances, surroundings: &Surroundings, _outbox: &mut Outbox) {
        let dt = surroundings.clock.dt;
        let Ok([m, h, n]) = instances.columns.get_disjoint_mut([M, H, N]) else { return };
        let level = Level::best();
        let mut rates = [[0.0; LANES]; 6];
        let gates = m.chunks_mut(LANES).zip(h.chunks_mut(LANES)).zip(n.chunks_mut(LANES));
        for (voltage, ((m, h), n)) in instances.voltage.chunks(LANES).zip(gates) {
            match &self.table {
                Some(table) => look_up(level, voltage, &mut rates, table),
                None => self.rates.fill(voltage, &mut rates),
            }
            advance(level, m, h, n, &rates, dt);
        }
    }
}
