//! The attributes of edges that synapses are made of, column by column, with what neurodamus does to them first:
//! delays are rounded down to whole time steps, and release probabilities are scaled by the extracellular calcium.

use std::collections::BTreeSet;

use sonata::edges::{EdgeIds, EdgePopulation};

use crate::failure::Failure;

/// Attributes that a synapse of any model may be made of, beside its place.
const COMMON: [&str; 9] = [
    "conductance",
    "delay",
    "u_syn",
    "depression_time",
    "facilitation_time",
    "decay_time",
    "n_rrp_vesicles",
    "syn_type_id",
    "conductance_scale_factor",
];

/// The attribute by which calcium scales release probabilities: the concentration (mM) of half the effect.
const HILL: &str = "u_hill_coefficient";

/// Attributes of some edges of a population.
pub struct Attributes<'a> {
    /// The edges.
    pub population: &'a EdgePopulation,
    place: Place,
    names: Vec<String>,
    columns: Vec<Vec<f64>>,
}

/// Where synapses are on their cells.
enum Place {
    /// They have none.
    Nowhere,
    /// Section ids and relative positions.
    Fraction(Vec<i64>, Vec<f64>),
    /// Section ids, numbers of the 3-D points before the synapses, and distances (um) from those.
    Segment(Vec<i64>, Vec<i64>, Vec<f64>),
}

/// Where a synapse is on its cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Position {
    /// At a relative position along the section.
    Fraction(f64),
    /// At a distance (um) from a 3-D point of the section.
    Segment(i64, f64),
}

/// What to read, and what to do to it.
pub struct Wanted<'a> {
    /// Whether edges have a place.
    pub places: bool,
    /// Attributes beside those of all models.
    pub further: BTreeSet<String>,
    /// Attributes beside `u_syn` that calcium scales.
    pub scaled: BTreeSet<String>,
    /// Extracellular calcium (mM), if release probabilities are scaled.
    pub calcium: Option<f64>,
    /// Time step (ms).
    pub dt: f64,
    /// The edges.
    pub ids: &'a EdgeIds,
}

impl<'a> Attributes<'a> {
    /// Reads what `population` has of the wanted attributes.
    ///
    /// # Errors
    ///
    /// An attribute of the wrong kind or length, or edges without a place.
    pub fn read(population: &'a EdgePopulation, wanted: &Wanted) -> Result<Self, Failure> {
        let ids = wanted.ids;
        let place = if wanted.places { Place::read(population, ids)? } else { Place::Nowhere };
        let mut read = Self { population, place, names: Vec::new(), columns: Vec::new() };
        let names = COMMON.into_iter().chain(wanted.further.iter().map(String::as_str));
        for name in names.filter(|name| population.has(name)) {
            let column = population.floats(name, ids).map_err(Failure::bad_input)?;
            read.names.push(name.to_owned());
            read.columns.push(column);
        }
        for (name, column) in read.names.iter().zip(&mut read.columns) {
            if name == "delay" {
                column.iter_mut().for_each(|delay| *delay = on_grid(*delay, wanted.dt));
            }
        }
        if let Some(calcium) = wanted.calcium.filter(|_| population.has(HILL)) {
            let halves = population.floats(HILL, ids).map_err(Failure::bad_input)?;
            for (name, column) in read.names.iter().zip(&mut read.columns) {
                if name == "u_syn" || wanted.scaled.contains(name) {
                    let scaled = column.iter_mut().zip(&halves);
                    scaled.for_each(|(value, half)| *value *= constrained_hill(*half, calcium));
                }
            }
        }
        Ok(read)
    }

    /// An attribute of the edge in a row, if the edges have it.
    pub fn get(&self, name: &str, row: usize) -> Option<f64> {
        let index = self.names.iter().position(|known| known == name)?;
        Some(self.columns[index][row])
    }

    /// Section id and position of the edge in a row.
    pub fn place(&self, row: usize) -> Option<(i64, Position)> {
        match &self.place {
            Place::Nowhere => None,
            Place::Fraction(sections, positions) => Some((sections[row], Position::Fraction(positions[row]))),
            Place::Segment(sections, points, offsets) => {
                Some((sections[row], Position::Segment(points[row], offsets[row])))
            }
        }
    }
}

impl Place {
    /// Reads the first kind of place that the edges have; SONATA prefers relative positions.
    fn read(population: &EdgePopulation, ids: &EdgeIds) -> Result<Self, Failure> {
        let integers = |name: &str| population.integers(name, ids).map_err(Failure::bad_input);
        let floats = |name: &str| population.floats(name, ids).map_err(Failure::bad_input);
        let kinds: [(&str, &[&str], [&str; 2]); 2] = [
            (
                "afferent_section_id",
                &["afferent_section_pos", "afferent_section_fraction"],
                ["afferent_segment_id", "afferent_segment_offset"],
            ),
            (
                "morpho_section_id_post",
                &["morpho_section_fraction_post"],
                ["morpho_segment_id_post", "morpho_offset_segment_post"],
            ),
        ];
        for (section, fractions, [segment, offset]) in kinds {
            if !population.has(section) {
                continue;
            }
            let sections = integers(section)?;
            if let Some(fraction) = fractions.iter().find(|name| population.has(name)) {
                return Ok(Self::Fraction(sections, floats(fraction)?));
            }
            return Ok(Self::Segment(sections, integers(segment)?, floats(offset)?));
        }
        // Says that it is missing
        Ok(Self::Fraction(integers("afferent_section_id")?, floats("afferent_section_pos")?))
    }
}

/// A delay (ms) in whole time steps of `dt` (ms), rounded down with neurodamus's tolerance.
fn on_grid(delay: f64, dt: f64) -> f64 {
    (delay / dt + 1e-5).trunc() * dt
}

/// The factor of a release probability at an extracellular calcium concentration (mM), where `half` (mM) has half the
/// effect; 1 at 2 mM (Markram et al., Cell 163, 2015, "Synapses: extracellular calcium").
fn constrained_hill(half: f64, calcium: f64) -> f64 {
    let (half, calcium) = (half.powf(4.0), calcium.powf(4.0));
    (half + 16.0) / 16.0 * calcium / (half + calcium)
}

#[cfg(test)]
mod tests {
    use super::{constrained_hill, on_grid};

    #[test]
    fn delays_are_rounded_down_to_steps() {
        assert_eq!(on_grid(0.5, 0.025), 20.0 * 0.025);
        assert_eq!(on_grid(0.51, 0.025), 20.0 * 0.025);
        // Just below 24 steps by rounding
        assert_eq!(on_grid(0.6, 0.025), 24.0 * 0.025);
        assert_eq!(on_grid(0.02, 0.025), 0.0);
    }

    #[test]
    fn two_millimolar_change_nothing() {
        for half in [0.5, 1.94, 2.79] {
            assert!((constrained_hill(half, 2.0) - 1.0).abs() < 1e-15);
            assert!(constrained_hill(half, 1.0) < 1.0 && constrained_hill(half, 3.0) > 1.0);
        }
        // 4.2.9: (2.79**4 + 16) / 16 * 1.05**4 / (2.79**4 + 1.05**4)
        assert_eq!(constrained_hill(2.79, 1.05), 0.094_141_066_427_226_57);
    }
}
