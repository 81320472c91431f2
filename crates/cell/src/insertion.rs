//! Inserting density mechanisms and ions.
//!
//! A mechanism brings the ions it uses; how it uses them promotes the ion's style, which says what is
//! computed of concentrations and reversal potential (NEURON manual, `ion_style`).

use nmodl::{IonUse, IonVariable, Kind};

use crate::catalogue::{IonIndex, MechanismIndex};
use crate::cell::Cell;
use crate::error::Error;
use crate::section::{Inserted, InsertedIon, IonState, SectionId};

/// How an ion is treated in a segment; the arguments of NEURON's `ion_style`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IonStyle {
    /// Concentrations: 0 unused, 1 constant, 2 assigned, 3 state.
    pub concentration: u32,
    /// Reversal potential: 0 unused, 1 constant, 2 assigned, 3 state.
    pub reversal: u32,
    /// 1 where the reversal potential is computed at initialisation.
    pub initialize_reversal: u32,
    /// 1 where the reversal potential is computed in every step.
    pub advance_reversal: u32,
    /// 1 where concentrations are set from the ion's globals at initialisation.
    pub initialize_concentration: u32,
}

impl IonStyle {
    /// The bits by which NEURON stores the style.
    fn bits(self) -> Result<u32, Error> {
        let parts = [
            ("concentration", self.concentration, 3, 0o1),
            ("reversal", self.reversal, 3, 0o10),
            ("initialize_reversal", self.initialize_reversal, 1, 0o40),
            ("advance_reversal", self.advance_reversal, 1, 0o100),
            ("initialize_concentration", self.initialize_concentration, 1, 0o4),
        ];
        let mut bits = 0;
        for (part, value, maximum, unit) in parts {
            if value > maximum {
                return Err(Error::IonStylePart { part, value, maximum });
            }
            bits += unit * value;
        }
        Ok(bits)
    }
}

/// Concentration inside is written by a mechanism.
const WRITES_INSIDE: u32 = 0o200;
/// Concentration outside is written by a mechanism.
const WRITES_OUTSIDE: u32 = 0o400;

/// Style of an ion after a mechanism is added that uses it with strength `concentration` and `reversal`
/// (0 not, 1 reads, 3 writes).
fn promote(style: u32, concentration: u32, reversal: u32) -> u32 {
    let concentration = concentration.max(style & 0o3);
    let mut reversal = reversal.max((style & 0o30) >> 3);
    if concentration > 0 && reversal < 2 {
        reversal = 2;
    }
    let mut style = (style & !0o177) + concentration + 0o10 * reversal;
    if concentration == 3 {
        style += 0o4;
        if reversal == 2 {
            style += 0o100;
        }
    }
    if concentration > 0 && reversal == 2 {
        style += 0o40;
    }
    style
}

/// NEURON's bits for the style of an ion in a place that had `style`, after a mechanism that uses the ion is added.
pub fn style_with(style: u32, ion: &IonUse) -> u32 {
    let reads = |variable| ion.reads.contains(&variable);
    let writes = |variable| ion.writes.contains(&variable);
    let mut style = style;
    let mut concentration = u32::from(reads(IonVariable::Inside) || reads(IonVariable::Outside));
    for (variable, bit) in [(IonVariable::Inside, WRITES_INSIDE), (IonVariable::Outside, WRITES_OUTSIDE)] {
        if writes(variable) {
            concentration = 3;
            style |= bit;
        }
    }
    let reversal = if writes(IonVariable::Reversal) { 3 } else { u32::from(reads(IonVariable::Reversal)) };
    // an ion whose current alone is used keeps its style
    if concentration > 0 || reversal > 0 { promote(style, concentration, reversal) } else { style }
}

impl Cell {
    /// Inserts a density mechanism, or an ion such as `na_ion`, in all segments of a section, with the ions it
    /// uses; nothing happens where it is inserted already.
    ///
    /// # Errors
    /// An unknown mechanism; a point process or artificial cell.
    pub fn insert(&mut self, section: SectionId, mechanism: &str) -> Result<(), Error> {
        self.get(section)?;
        if is_always_there(mechanism) {
            return Ok(());
        }
        if let Some(ion) = mechanism.strip_suffix("_ion")
            && let Ok(ion) = self.catalogue.find_ion(ion)
        {
            self.insert_ion(section, ion);
            return Ok(());
        }
        let index = self.catalogue.find_mechanism(mechanism)?;
        self.insert_mechanism(section, index)
    }

    /// Inserts a density mechanism by its index, see [`Cell::insert`].
    ///
    /// # Errors
    /// A point process or artificial cell.
    pub fn insert_mechanism(&mut self, section: SectionId, mechanism: MechanismIndex) -> Result<(), Error> {
        let count = self.get(section)?.nseg();
        let description = self.catalogue.mechanism(mechanism).clone();
        if description.kind != Kind::Density {
            return Err(Error::WrongKind {
                name: description.name.clone(),
                expected: kind_name(Kind::Density),
                found: kind_name(description.kind),
            });
        }
        if self.section(section).mechanisms.iter().any(|inserted| inserted.mechanism == mechanism) {
            return Ok(());
        }
        self.use_ions(section, mechanism, 0..count);
        let width = description.variables.len();
        let mut values = Vec::with_capacity(count * width);
        for _ in 0..count {
            values.extend(description.variables.iter().map(|variable| variable.default));
        }
        self.section_mut(section).mechanisms.push(Inserted { mechanism, width, values });
        Ok(())
    }

    /// Removes a density mechanism from a section; its ions stay. Nothing happens where it is not inserted.
    ///
    /// # Errors
    /// An unknown mechanism; an ion, which cannot be removed.
    pub fn uninsert(&mut self, section: SectionId, mechanism: &str) -> Result<(), Error> {
        self.get(section)?;
        let ion = mechanism.strip_suffix("_ion").is_some_and(|ion| self.catalogue.find_ion(ion).is_ok());
        if ion || is_always_there(mechanism) {
            let section = self.full_name(section);
            return Err(Error::CannotUninsert { mechanism: mechanism.to_owned(), section });
        }
        let index = self.catalogue.find_mechanism(mechanism)?;
        self.section_mut(section).mechanisms.retain(|inserted| inserted.mechanism != index);
        Ok(())
    }

    /// Whether a density mechanism, or an ion such as `na_ion`, is inserted in a section (`ismembrane`).
    ///
    /// # Errors
    /// [`Error::DeletedSection`].
    pub fn has_mechanism(&self, section: SectionId, mechanism: &str) -> Result<bool, Error> {
        let found = self.get(section)?;
        if is_always_there(mechanism) {
            return Ok(true);
        }
        if let Some(ion) = mechanism.strip_suffix("_ion")
            && let Ok(ion) = self.catalogue.find_ion(ion)
        {
            return Ok(found.ions.iter().any(|inserted| inserted.ion == ion));
        }
        let Ok(index) = self.catalogue.find_mechanism(mechanism) else { return Ok(false) };
        Ok(found.mechanisms.iter().any(|inserted| inserted.mechanism == index))
    }

    /// Density mechanisms inserted in a section, in order of insertion.
    ///
    /// # Errors
    /// [`Error::DeletedSection`].
    pub fn mechanisms_of(&self, section: SectionId) -> Result<Vec<MechanismIndex>, Error> {
        Ok(self.get(section)?.mechanisms.iter().map(|inserted| inserted.mechanism).collect())
    }

    /// Ions present in a section, in order of insertion.
    ///
    /// # Errors
    /// [`Error::DeletedSection`].
    pub fn ions_of(&self, section: SectionId) -> Result<Vec<IonIndex>, Error> {
        Ok(self.get(section)?.ions.iter().map(|inserted| inserted.ion).collect())
    }

    /// Style bits of an ion in the segment at the attached end of a section, `None` where the section lacks
    /// the ion.
    ///
    /// # Errors
    /// An unknown ion.
    pub fn ion_style(&self, section: SectionId, ion: &str) -> Result<Option<u32>, Error> {
        let found = self.get(section)?;
        let index = self.catalogue.find_ion(ion)?;
        Ok(found.ions.iter().find(|inserted| inserted.ion == index).map(|inserted| inserted.states[0].style))
    }

    /// Sets the style of an ion in all segments of a section; returns the bits it had before, `None` where the
    /// section lacks the ion.
    ///
    /// # Errors
    /// An unknown ion, a part of the style out of range.
    pub fn set_ion_style(
        &mut self,
        section: SectionId,
        ion: &str,
        style: IonStyle,
    ) -> Result<Option<u32>, Error> {
        let before = self.ion_style(section, ion)?;
        let index = self.catalogue.find_ion(ion)?;
        let bits = style.bits()?;
        let inserted = self.section_mut(section).ions.iter_mut().find(|inserted| inserted.ion == index);
        for state in inserted.into_iter().flat_map(|inserted| &mut inserted.states) {
            state.style = (state.style & (WRITES_INSIDE | WRITES_OUTSIDE)) + bits;
        }
        Ok(before)
    }

    /// Inserts the ions a mechanism uses in the whole section, and promotes them in `segments`.
    pub(crate) fn use_ions(
        &mut self,
        section: SectionId,
        mechanism: MechanismIndex,
        segments: std::ops::Range<usize>,
    ) {
        let description = self.catalogue.mechanism(mechanism).clone();
        for (position, ion) in description.ions.iter().enumerate() {
            let index = self.catalogue.ions_used(mechanism)[position];
            let inserted = self.insert_ion(section, index);
            for state in &mut inserted.states[segments.clone()] {
                state.style = style_with(state.style, ion);
            }
        }
    }

    fn insert_ion(&mut self, section: SectionId, ion: IonIndex) -> &mut InsertedIon {
        let known = self.catalogue.ion(ion);
        let state = IonState {
            reversal: known.reversal,
            inside: known.inside,
            outside: known.outside,
            current: 0.0,
            conductance: 0.0,
            style: 0,
        };
        let found = self.section_mut(section);
        let position = found.ions.iter().position(|inserted| inserted.ion == ion).unwrap_or_else(|| {
            let states = vec![state; found.nseg()];
            found.ions.push(InsertedIon { ion, states });
            found.ions.len() - 1
        });
        &mut found.ions[position]
    }
}

/// Mechanisms that every segment has.
fn is_always_there(mechanism: &str) -> bool {
    matches!(mechanism, "capacitance" | "morphology")
}

/// A kind of mechanism, in words.
pub(crate) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Density => "a density mechanism",
        Kind::PointProcess => "a point process",
        Kind::ArtificialCell => "an artificial cell",
    }
}
