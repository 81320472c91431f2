//! Corrections of circuits with gap junctions: what the files hold that `beta_features` names.
//!
//! A file has a value or a group for each cell, under the name `a` and the node id:
//!
//! ```text
//! load_g_pas_file          /g_pas/<gjc>/a<node id>/<segment>     one value (S/cm2) for each iteration of a fit
//! manual_MEComboInfo_file  /holding_per_gid/<gjc>/a<node id>     a current (nA)
//! vc_amp                   /v_per_gid/a<node id>                 a voltage (mV)
//! ```
//!
//! `<gjc>` is the conductance of gap junctions (nS) as Python writes it, and a segment is called like `dend[0](0.25)`.
//! Source: neurodamus 4.2.9.

use std::collections::BTreeMap;
use std::path::Path;

use crate::hdf5_file::{Group, Hdf5Error, Result, open};

const REMEDY: &str = "check that the file is the one that this key of `beta_features` needs";

/// Corrections of one kind, by cell.
#[derive(Debug)]
pub struct Corrections(Option<Group>);

impl Corrections {
    /// The passive conductances of a file, as they were fitted for a conductance of gap junctions.
    ///
    /// # Errors
    /// When the file cannot be read or has no group `/g_pas`.
    pub fn passive_conductances(path: &Path, gap_conductance: &str) -> Result<Self> {
        let group = open(path)?.group("g_pas", REMEDY)?;
        Ok(Self(group.optional_group(gap_conductance)?))
    }

    /// The holding currents of a file, for a conductance of gap junctions.
    ///
    /// # Errors
    /// When the file cannot be read or has no group `/holding_per_gid`.
    pub fn holding_currents(path: &Path, gap_conductance: &str) -> Result<Self> {
        let group = open(path)?.group("holding_per_gid", REMEDY)?;
        Ok(Self(group.optional_group(gap_conductance)?))
    }

    /// The voltages of a file at which cells are held.
    ///
    /// # Errors
    /// When the file cannot be read or has no group `/v_per_gid`.
    pub fn clamp_voltages(path: &Path) -> Result<Self> {
        open(path)?.group("v_per_gid", REMEDY).map(|group| Self(Some(group)))
    }

    /// Whether the file has nothing for the conductance.
    pub fn is_absent(&self) -> bool {
        self.0.is_none()
    }

    /// The value of a cell, if it has one.
    ///
    /// # Errors
    /// When it is not a single number.
    pub fn value(&self, node_id: u64) -> Result<Option<f64>> {
        let name = format!("a{node_id}");
        match self.0.as_ref().filter(|group| group.has(&name)) {
            Some(group) => group.dataset(&name, REMEDY)?.scalar().map(Some),
            None => Ok(None),
        }
    }

    /// The values of a cell's segments in an iteration, if it has any; negative iterations count from the last one, -1.
    ///
    /// # Errors
    /// When they are not columns of numbers, or have no such iteration.
    pub fn of_segments(&self, node_id: u64, iteration: i64) -> Result<Option<SegmentValues>> {
        let name = format!("a{node_id}");
        let Some(parent) = self.0.as_ref().filter(|group| group.has(&name)) else { return Ok(None) };
        let group = parent.group(&name, REMEDY)?;
        let mut values = BTreeMap::new();
        for segment in group.children(false)? {
            let dataset = group.dataset(&segment, REMEDY)?;
            dataset.expect_column(None, REMEDY)?;
            let column = dataset.floats(&dataset.all())?;
            let place = if iteration < 0 { column.len() as i64 + iteration } else { iteration };
            let value = usize::try_from(place).ok().and_then(|place| column.get(place));
            let absent = || {
                let (expected, found) =
                    (format!("an iteration {iteration}"), format!("{} values", column.len()));
                dataset.inconsistent(expected, found, "choose another `correction_iteration_load`")
            };
            values.insert(segment, *value.ok_or_else(absent)?);
        }
        Ok(Some(SegmentValues { group, values }))
    }
}

/// Values of a cell's segments.
#[derive(Debug)]
pub struct SegmentValues {
    group: Group,
    values: BTreeMap<String, f64>,
}

impl SegmentValues {
    /// The value of a segment, such as `dend[0](0.25)`.
    ///
    /// # Errors
    /// When there is none.
    pub fn get(&self, segment: &str) -> Result<f64> {
        let missing = || Hdf5Error::Missing {
            at: self.group.at(segment),
            expected: "a value for every segment of the cell".into(),
            found: format!("values of {} segments", self.values.len()),
            help: "the file belongs to other morphologies or templates: generate it again".into(),
        };
        self.values.get(segment).copied().ok_or_else(missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(folder: &Path) -> std::path::PathBuf {
        let path = folder.join("corrections.h5");
        let file = hdf5::File::create(&path).expect("a file");
        let cell = file.create_group("g_pas/0.2/a7").expect("a group");
        cell.new_dataset_builder()
            .with_data(&[1e-5_f32, 2e-5, 3e-5])
            .create("soma[0](0.5)")
            .expect("a dataset");
        let holding = file.create_group("holding_per_gid/0.2").expect("a group");
        holding.new_dataset_builder().with_data(&ndarray::arr0(-0.25)).create("a7").expect("a dataset");
        path
    }

    #[test]
    fn values_are_found_by_cell_and_conductance() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = file(folder.path());
        let currents = Corrections::holding_currents(&path, "0.2").expect("it has them");
        assert_eq!(currents.value(7).expect("a number"), Some(-0.25));
        assert_eq!(currents.value(8).expect("no error"), None);
        assert!(Corrections::holding_currents(&path, "0.3").expect("the group is there").is_absent());
        let conductances = Corrections::passive_conductances(&path, "0.2").expect("it has them");
        for (iteration, expected) in [(-1, 3e-5_f32), (-3, 1e-5), (1, 2e-5)] {
            let values =
                conductances.of_segments(7, iteration).expect("it is there").expect("the cell is there");
            assert_eq!(values.get("soma[0](0.5)").expect("a number"), f64::from(expected));
        }
        assert!(conductances.of_segments(8, 0).expect("no error").is_none());
    }

    #[test]
    fn what_is_missing_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = file(folder.path());
        let conductances = Corrections::passive_conductances(&path, "0.2").expect("it has them");
        let message =
            |error: Hdf5Error| error.to_string().replace(&path.display().to_string(), "corrections.h5");
        let error = conductances.of_segments(7, 3).expect_err("there are three");
        assert_eq!(
            message(error),
            "`corrections.h5:/g_pas/0.2/a7/soma[0](0.5)` is inconsistent: expected an iteration 3, found 3 values"
        );
        let values = conductances.of_segments(7, 0).expect("it is there").expect("the cell is there");
        assert_eq!(
            message(values.get("dend[0](0.5)").expect_err("only a soma")),
            "`corrections.h5:/g_pas/0.2/a7/dend[0](0.5)` is missing: expected a value for every segment of the cell, \
             found values of 1 segments"
        );
        let error = Corrections::clamp_voltages(&path).expect_err("it is absent");
        assert!(message(error).starts_with("`corrections.h5:/v_per_gid` is missing: expected a group"));
    }
}
