//! Ions that mechanisms read and write.

use super::support::{model, soma, until};

const POOL: &str = "
NEURON { SUFFIX pool USEION ca READ ica WRITE cai RANGE depth }
UNITS { (mM) = (milli/liter) }
PARAMETER { depth = 0.1 }
ASSIGNED { ica (mA/cm2) }
STATE { cai (mM) }
INITIAL { cai = 1e-4 }
BREAKPOINT { SOLVE change METHOD euler }
DERIVATIVE change { cai' = -ica/depth - (cai - 1e-4)/20 }
";

const CHANNEL: &str = "
NEURON { SUFFIX channel USEION ca READ eca, cai WRITE ica RANGE g, open }
PARAMETER { g = 1e-4 }
ASSIGNED { v eca cai ica open }
INITIAL { open = cai }
BREAKPOINT { SOLVE look ica = g*(v - eca) }
PROCEDURE look() { open = cai }
";

/// Concentration writers come first, so that a channel sees the new concentration; the reversal potential follows it.
#[test]
fn a_concentration_is_a_state() {
    let mut model = model(&[("channel.mod", CHANNEL), ("pool.mod", POOL)]);
    let soma = soma(&mut model, 1, &["channel", "pool", "pas"]);
    let names = ["cai", "open_channel", "eca", "ica"];
    let recorded = names.map(|name| model.record((soma, 0.5), name).expect("it exists"));
    let recordings = model.run(&until(1.0)).expect("it runs");
    let [inside, open, reversal, current] = recorded.map(|one| recordings.trace(one).to_vec());
    assert_eq!(inside[0], 1e-4);
    assert_eq!(inside, open, "the channel sees the concentration of the step");
    assert!(inside[40] > inside[1] && inside[1] > 1e-4, "{inside:?}");
    assert!(reversal[40] < reversal[0], "{reversal:?}");
    assert!(current.iter().all(|current| *current < 0.0));
}

const NEW: &str = "
NEURON { SUFFIX anion USEION cl WRITE icl, ecl VALENCE -1 RANGE g }
PARAMETER { g = 1e-3 }
ASSIGNED { v icl ecl }
INITIAL { ecl = -80 }
BREAKPOINT { ecl = -70  icl = g*(v - ecl) }
";

const READER: &str = "
NEURON { SUFFIX reader USEION cl READ ecl, icl RANGE seen, first }
ASSIGNED { ecl icl seen first }
INITIAL { first = ecl }
BREAKPOINT { SOLVE look }
PROCEDURE look() { seen = ecl }
";

#[test]
fn a_new_ion_gets_its_reversal_potential_from_a_mechanism() {
    let mut model = model(&[("anion.mod", NEW), ("reader.mod", READER)]);
    let soma = soma(&mut model, 1, &["anion", "reader"]);
    let names = ["ecl", "first_reader", "seen_reader", "v"];
    let recorded = names.map(|name| model.record((soma, 0.5), name).expect("it exists"));
    let recordings = model.run(&until(50.0)).expect("it runs");
    let [reversal, first, seen, v] = recorded.map(|one| recordings.trace(one).to_vec());
    assert_eq!((reversal[0], reversal[1]), (-70.0, -70.0));
    assert_eq!((first[0], seen[1]), (-80.0, -70.0));
    assert!((v.last().expect("it ran") + 70.0).abs() < 1e-6);
}
