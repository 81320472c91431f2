//! Small mechanisms of our own that go with the tested ones: what drives an ion, and what pointers point to.

use std::path::{Path, PathBuf};

/// A mechanism that is put beside the tested one.
#[derive(Clone, Debug, PartialEq)]
pub enum Companion {
    /// A linear current of an ion.
    Drive { ion: String, valence: Option<f64> },
    /// A concentration that follows the current of an ion.
    Pool { ion: String, valence: Option<f64> },
    /// Variables for pointers.
    Slots,
}

impl Companion {
    pub fn name(&self) -> String {
        match self {
            Companion::Drive { ion, .. } => format!("drive_{ion}"),
            Companion::Pool { ion, .. } => format!("pool_{ion}"),
            Companion::Slots => "slots".into(),
        }
    }

    /// Writes the mechanism's file to a folder, if it is not there, and returns its path.
    pub fn file(&self, folder: &Path) -> PathBuf {
        let path = folder.join(format!("{}.mod", self.name()));
        let text = self.text();
        if std::fs::read_to_string(&path).ok().as_deref() != Some(&text) {
            std::fs::create_dir_all(folder).expect("a writable folder");
            // Tests may run side by side
            let unfinished = folder.join(format!("{}.{}", self.name(), std::process::id()));
            std::fs::write(&unfinished, text).expect("a writable folder");
            std::fs::rename(&unfinished, &path).expect("a writable folder");
        }
        path
    }

    fn text(&self) -> String {
        match self {
            Companion::Drive { ion, valence } => {
                let valence = written(*valence);
                format!(
                    "NEURON {{ SUFFIX drive_{ion} USEION {ion} WRITE i{ion} {valence} RANGE g, e }}
UNITS {{ (mA) = (milliamp) (mV) = (millivolt) (S) = (siemens) }}
PARAMETER {{ g = 1e-5 (S/cm2) e = 60 (mV) }}
ASSIGNED {{ v (mV) i{ion} (mA/cm2) }}
BREAKPOINT {{ i{ion} = g*(v - e) }}
"
                )
            }
            Companion::Pool { ion, valence } => {
                let valence = written(*valence);
                let rest = match ion.as_str() {
                    "ca" => 1e-4,
                    "na" => 10.0,
                    "k" => 54.4,
                    _ => 1.0,
                };
                format!(
                    "NEURON {{ SUFFIX pool_{ion} USEION {ion} READ i{ion} WRITE {ion}i {valence} RANGE gain, decay, rest }}
UNITS {{ (mA) = (milliamp) (mM) = (milli/liter) }}
PARAMETER {{ gain = 0.05 decay = 20 (ms) rest = {rest} (mM) }}
ASSIGNED {{ i{ion} (mA/cm2) }}
STATE {{ {ion}i (mM) }}
INITIAL {{ {ion}i = rest }}
BREAKPOINT {{ SOLVE change METHOD cnexp }}
DERIVATIVE change {{ {ion}i' = -gain*i{ion} - ({ion}i - rest)/decay }}
"
                )
            }
            Companion::Slots => "NEURON { SUFFIX slots RANGE s0, s1, s2, s3, s4, s5, s6, s7 }
PARAMETER { s0 = 0.1 s1 = 0.2 s2 = 0.3 s3 = 0.4 s4 = 0.5 s5 = 0.6 s6 = 0.7 s7 = 0.8 }
"
            .into(),
        }
    }
}

fn written(valence: Option<f64>) -> String {
    valence.map_or_else(String::new, |valence| format!("VALENCE {valence}"))
}
