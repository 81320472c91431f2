//! The mechanisms, ions and variable names that a cell may use.
//!
//! Names are looked up as whole strings: a mechanism and its variables may both contain underscores, so
//! that `gNap_Et2bar_Nap_Et2` cannot be split into its parts.

use std::collections::HashMap;
use std::sync::Arc;

use nmodl::{Description, IonVariable, Kind};

use crate::error::{Error, did_you_mean};

/// Index of a mechanism in its catalogue, in order of registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MechanismIndex(pub(crate) u32);

/// Index of an ion in its catalogue, in order of first use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IonIndex(pub(crate) u32);

/// What is known of an ion; values are those of a new instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Ion {
    /// Its name, such as `na`.
    pub name: String,
    /// Its valence; `None` until a mechanism gives it.
    pub valence: Option<f64>,
    /// Reversal potential (mV).
    pub reversal: f64,
    /// Concentration inside (mM).
    pub inside: f64,
    /// Concentration outside (mM).
    pub outside: f64,
}

impl Ion {
    /// What NEURON says of an ion; only `na`, `k` and `ca` have a valence of their own.
    pub fn new(name: &str) -> Self {
        // NEURON manual, `ion_style` and "Ion mechanisms": concentrations of squid axon, generic calcium
        let (valence, reversal, inside, outside) = match name {
            "na" => (Some(1.0), 50.0, 10.0, 140.0),
            "k" => (Some(1.0), -77.0, 54.4, 2.5),
            "ca" => (Some(2.0), CALCIUM_REVERSAL, 5e-5, 2.0),
            _ => (None, 0.0, 1.0, 1.0),
        };
        Self { name: name.to_owned(), valence, reversal, inside, outside }
    }
}

/// What a range variable name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeVariable {
    /// `v`: membrane potential (mV), also at the ends of a section.
    Voltage,
    /// `diam`: diameter (um).
    Diameter,
    /// `cm`: specific capacitance (uF/cm2).
    Capacitance,
    /// `i_cap`: capacitive current (mA/cm2), 0 until a run.
    CapacitiveCurrent,
    /// `i_membrane_`: total membrane current (nA), 0 until a run; read only.
    MembraneCurrent,
    /// `ena`, `nai`, `nao` or `ina`.
    Ion(IonIndex, IonVariable),
    /// `dina_dv_`: derivative of the ion's current by voltage (S/cm2).
    IonConductance(IonIndex),
    /// A variable of a density mechanism, by its index in the description.
    Mechanism(MechanismIndex, usize),
}

/// What a global variable name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GlobalVariable {
    /// `tau_mech`: a `GLOBAL` of a mechanism, by its index in the description.
    Mechanism(MechanismIndex, usize),
    /// `nai0_na_ion`: initial concentration inside (mM).
    Inside(IonIndex),
    /// `nao0_na_ion`: initial concentration outside (mM).
    Outside(IonIndex),
}

/// The mechanisms that cells may use, with the names of all their variables.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    mechanisms: Vec<Arc<Description>>,
    /// Ions that each mechanism uses, in the order of its `USEION` statements.
    uses: Vec<Vec<IonIndex>>,
    ions: Vec<Ion>,
    by_name: HashMap<String, MechanismIndex>,
    ion_by_name: HashMap<String, IonIndex>,
    /// Functions of each mechanism, where they are known.
    functions: HashMap<MechanismIndex, Vec<String>>,
    range: HashMap<String, RangeVariable>,
    globals: HashMap<String, GlobalVariable>,
}

/// `12.5 * ln(2 / 5e-5)`, NEURON's default reversal potential of calcium (mV).
const CALCIUM_REVERSAL: f64 = 132.4579341637009;

impl Catalogue {
    /// A catalogue of `descriptions`, in this order; it also knows the ions `na`, `k` and `ca` and the variables
    /// `v`, `diam` and `cm`.
    ///
    /// # Errors
    /// As for [`Catalogue::add`]; and an ion that none of the mechanisms gives a valence.
    pub fn new(descriptions: impl IntoIterator<Item = Arc<Description>>) -> Result<Self, Error> {
        let mut catalogue = Self::default();
        for (name, variable) in [
            ("v", RangeVariable::Voltage),
            ("diam", RangeVariable::Diameter),
            ("cm", RangeVariable::Capacitance),
            ("i_cap", RangeVariable::CapacitiveCurrent),
            ("i_membrane_", RangeVariable::MembraneCurrent),
        ] {
            catalogue.range.insert(name.to_owned(), variable);
        }
        for name in ["na", "k", "ca"] {
            catalogue.add_ion(Ion::new(name), "built-in")?;
        }
        for description in descriptions {
            catalogue.add(description)?;
        }
        match catalogue.ions.iter().find(|ion| ion.valence.is_none()) {
            Some(ion) => Err(Error::MissingValence { ion: ion.name.clone() }),
            None => Ok(catalogue),
        }
    }

    /// Adds one mechanism.
    ///
    /// # Errors
    /// A name that is already in use, or a valence that differs from the one known.
    pub fn add(&mut self, description: Arc<Description>) -> Result<MechanismIndex, Error> {
        let name = &description.name;
        if let Some(&first) = self.by_name.get(name) {
            return Err(Error::DuplicateMechanism {
                name: name.clone(),
                first: self.mechanism(first).source.clone(),
                second: description.source.clone(),
            });
        }
        let mut uses = Vec::with_capacity(description.ions.len());
        for ion in &description.ions {
            uses.push(self.use_ion(&ion.ion, ion.valence, name)?);
        }
        let index = MechanismIndex(self.mechanisms.len() as u32);
        if description.kind == Kind::Density {
            for (variable, known) in description.variables.iter().enumerate() {
                let range_name = description.range_name(variable);
                let range_variable = RangeVariable::Mechanism(index, variable);
                if known.visible {
                    self.add_range_name(range_name, range_variable, name)?;
                } else {
                    // HOC does not see it, but it can be recorded; it may not be in the way of others
                    self.range.entry(range_name).or_insert(range_variable);
                }
            }
        }
        for (position, global) in description.globals.iter().enumerate() {
            let global_name = format!("{}_{name}", global.name);
            self.globals.insert(global_name, GlobalVariable::Mechanism(index, position));
        }
        self.by_name.insert(name.clone(), index);
        self.uses.push(uses);
        self.mechanisms.push(description);
        Ok(index)
    }

    /// Says which functions, without suffix, HOC can call of a mechanism.
    ///
    /// # Errors
    /// As for [`Catalogue::find_mechanism`].
    pub fn set_functions(&mut self, mechanism: &str, functions: Vec<String>) -> Result<(), Error> {
        let index = self.find_mechanism(mechanism)?;
        self.functions.insert(index, functions);
        Ok(())
    }

    /// Functions that HOC can call of a mechanism; `None` where nobody said which there are.
    pub fn functions(&self, index: MechanismIndex) -> Option<&[String]> {
        self.functions.get(&index).map(Vec::as_slice)
    }

    /// Mechanisms in order of registration.
    pub fn mechanisms(&self) -> &[Arc<Description>] {
        &self.mechanisms
    }

    /// Description of a mechanism of this catalogue.
    pub fn mechanism(&self, index: MechanismIndex) -> &Arc<Description> {
        &self.mechanisms[index.0 as usize]
    }

    /// Ions in order of first use, `na`, `k` and `ca` first.
    pub fn ions(&self) -> &[Ion] {
        &self.ions
    }

    /// What is known of an ion of this catalogue.
    pub fn ion(&self, index: IonIndex) -> &Ion {
        &self.ions[index.0 as usize]
    }

    /// Ions that a mechanism uses, in the order of its `USEION` statements.
    pub fn ions_used(&self, index: MechanismIndex) -> &[IonIndex] {
        &self.uses[index.0 as usize]
    }

    /// The mechanism called `name`, such as `hh` or `ExpSyn`.
    ///
    /// # Errors
    /// [`Error::UnknownMechanism`], with the most similar name.
    pub fn find_mechanism(&self, name: &str) -> Result<MechanismIndex, Error> {
        self.by_name.get(name).copied().ok_or_else(|| Error::UnknownMechanism {
            name: name.to_owned(),
            help: did_you_mean(name, self.mechanisms.iter().map(|mechanism| mechanism.name.as_str())),
        })
    }

    /// The ion called `name`, such as `na`; `na_ion` is understood too.
    ///
    /// # Errors
    /// [`Error::UnknownIon`], with the most similar name.
    pub fn find_ion(&self, name: &str) -> Result<IonIndex, Error> {
        let bare = name.strip_suffix("_ion").unwrap_or(name);
        self.ion_by_name.get(bare).copied().ok_or_else(|| Error::UnknownIon {
            name: name.to_owned(),
            help: did_you_mean(bare, self.ions.iter().map(|ion| ion.name.as_str())),
        })
    }

    /// What the range variable `name` stands for, if there is one.
    pub fn range(&self, name: &str) -> Option<RangeVariable> {
        self.range.get(name).copied()
    }

    /// What the global variable `name` stands for, if there is one.
    pub fn global(&self, name: &str) -> Option<GlobalVariable> {
        self.globals.get(name).copied()
    }

    /// What the range variable `name` stands for, such as `gnabar_hh`, `ena` or `diam`.
    ///
    /// # Errors
    /// [`Error::UnknownRangeVariable`], with the most similar name.
    pub fn find_range(&self, name: &str) -> Result<RangeVariable, Error> {
        self.range(name).ok_or_else(|| Error::UnknownRangeVariable {
            name: name.to_owned(),
            help: did_you_mean(name, self.range.keys().map(String::as_str)),
        })
    }

    /// What the global variable `name` stands for, such as `vhalf_mech` or `nai0_na_ion`.
    ///
    /// # Errors
    /// [`Error::UnknownGlobal`], with the most similar name.
    pub fn find_global(&self, name: &str) -> Result<GlobalVariable, Error> {
        self.global(name).ok_or_else(|| Error::UnknownGlobal {
            name: name.to_owned(),
            help: did_you_mean(name, self.globals.keys().map(String::as_str)),
        })
    }

    /// Value of a global variable before anything is assigned.
    pub fn global_default(&self, variable: GlobalVariable) -> f64 {
        match variable {
            GlobalVariable::Mechanism(mechanism, global) => self.mechanism(mechanism).globals[global].default,
            GlobalVariable::Inside(ion) => self.ion(ion).inside,
            GlobalVariable::Outside(ion) => self.ion(ion).outside,
        }
    }

    /// The ion called `name`, added where it is new; a known valence must agree.
    fn use_ion(&mut self, name: &str, valence: Option<f64>, mechanism: &str) -> Result<IonIndex, Error> {
        let Some(&index) = self.ion_by_name.get(name) else {
            return self.add_ion(Ion { valence, ..Ion::new(name) }, mechanism);
        };
        let ion = &mut self.ions[index.0 as usize];
        match (ion.valence, valence) {
            (Some(expected), Some(found)) if expected != found => Err(Error::ValenceConflict {
                ion: name.to_owned(),
                mechanism: mechanism.to_owned(),
                expected,
                found,
            }),
            _ => {
                ion.valence = ion.valence.or(valence);
                Ok(index)
            }
        }
    }

    fn add_ion(&mut self, ion: Ion, mechanism: &str) -> Result<IonIndex, Error> {
        let index = IonIndex(self.ions.len() as u32);
        let name = &ion.name;
        for variable in IonVariable::ALL {
            self.add_range_name(variable.of(name), RangeVariable::Ion(index, variable), mechanism)?;
        }
        self.add_range_name(format!("di{name}_dv_"), RangeVariable::IonConductance(index), mechanism)?;
        self.globals.insert(format!("{name}i0_{name}_ion"), GlobalVariable::Inside(index));
        self.globals.insert(format!("{name}o0_{name}_ion"), GlobalVariable::Outside(index));
        self.ion_by_name.insert(name.clone(), index);
        self.ions.push(ion);
        Ok(index)
    }

    /// Whether HOC sees a variable.
    pub fn is_visible(&self, variable: RangeVariable) -> bool {
        match variable {
            RangeVariable::Mechanism(mechanism, column) => {
                // Not yet among the mechanisms: it is being added
                let known = self.mechanisms.get(mechanism.0 as usize);
                known.is_none_or(|known| known.variables[column].visible)
            }
            _ => true,
        }
    }

    fn add_range_name(
        &mut self,
        name: String,
        variable: RangeVariable,
        mechanism: &str,
    ) -> Result<(), Error> {
        if self.range.get(&name).is_some_and(|known| self.is_visible(*known)) {
            return Err(Error::NameClash { name, mechanism: mechanism.to_owned() });
        }
        self.range.insert(name, variable);
        Ok(())
    }
}
