//! The attributes of a population: the datasets of its group `0`, of `dynamics_params` and of `@library`.
//!
//! A dynamics attribute is addressed as `@dynamics:NAME`, as in node sets and in neurodamus. The SONATA guide calls
//! the string tables of `@library` enumerations: the attribute holds indices into the table of the same name.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::dataset::{Dataset, ElementType};
use super::error::{Hdf5Error, Result, describe_missing};
use super::{Group, rows};

/// Prefix of attributes of the group `dynamics_params`.
pub(crate) const DYNAMICS: &str = "@dynamics:";

/// The attributes of one population.
#[derive(Debug)]
pub(crate) struct Table {
    population: Group,
    group: Option<Group>,
    dynamics: Option<Group>,
    library: Option<Group>,
    names: Vec<String>,
    len: u64,
    // Opening a dataset costs more than reading a few rows of it
    open: Mutex<BTreeMap<String, Arc<Dataset>>>,
}

impl Table {
    /// The attributes of `population`, which has `len` nodes or edges.
    pub(crate) fn open(population: &Group, len: u64) -> Result<Self> {
        if population.has("1") {
            return Err(Hdf5Error::Inconsistent {
                at: population.at("1"),
                expected: "a population with the single attribute group `0`".into(),
                found: "a second group `1`".into(),
                help: "write the population with one attribute group".into(),
            });
        }
        let group = population.optional_group("0")?;
        let (mut dynamics, mut library, mut names) = (None, None, Vec::new());
        if let Some(group) = &group {
            dynamics = group.optional_group("dynamics_params")?;
            library = group.optional_group("@library")?;
            names = group.children(false)?;
        }
        if let Some(dynamics) = &dynamics {
            names.extend(dynamics.children(false)?.iter().map(|name| format!("{DYNAMICS}{name}")));
        }
        Ok(Self {
            population: population.clone(),
            group,
            dynamics,
            library,
            names,
            len,
            open: Mutex::new(BTreeMap::new()),
        })
    }

    /// The attributes in alphabetical order, dynamics attributes last.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|n| n == name)
    }

    /// The dataset of the attribute `name`, checked to have a row for each node or edge.
    fn dataset(&self, name: &str) -> Result<Arc<Dataset>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(dataset) = open.get(name) {
            return Ok(dataset.clone());
        }
        let (group, key) = match name.strip_prefix(DYNAMICS) {
            Some(key) => (&self.dynamics, key),
            None => (&self.group, name),
        };
        let remedy = "add the attribute to the population";
        let group = match group {
            Some(group) if self.has(name) => group,
            _ => {
                let place = match name.strip_prefix(DYNAMICS) {
                    Some(key) => format!("0/dynamics_params/{key}"),
                    None => format!("0/{name}"),
                };
                let mut available = self.names.clone();
                available.retain(|n| n.starts_with(DYNAMICS) == name.starts_with(DYNAMICS));
                let (found, help) = describe_missing(name, &available, remedy);
                let at = self.population.at(&place);
                return Err(Hdf5Error::Missing { at, expected: "an attribute".into(), found, help });
            }
        };
        let dataset = group.dataset(key, remedy)?;
        dataset.expect_column(
            Some(self.len),
            "every attribute needs one value for each node or edge of the population",
        )?;
        let dataset = Arc::new(dataset);
        open.insert(name.to_owned(), dataset.clone());
        Ok(dataset)
    }

    pub(crate) fn element_type(&self, name: &str) -> Result<ElementType> {
        if self.library_table(name)?.is_some() {
            return Ok(ElementType::Text);
        }
        Ok(self.dataset(name)?.element)
    }

    pub(crate) fn floats(&self, name: &str, ranges: &[Range<u64>]) -> Result<Vec<f64>> {
        self.dataset(name)?.floats(ranges)
    }

    pub(crate) fn integers(&self, name: &str, ranges: &[Range<u64>]) -> Result<Vec<i64>> {
        self.dataset(name)?.integers(ranges)
    }

    pub(crate) fn unsigned(&self, name: &str, ranges: &[Range<u64>]) -> Result<Vec<u64>> {
        self.dataset(name)?.unsigned(ranges)
    }

    /// Text, looked up in `@library` where the attribute is enumerated.
    pub(crate) fn strings(&self, name: &str, ranges: &[Range<u64>]) -> Result<Vec<String>> {
        let dataset = self.dataset(name)?;
        let Some(table) = self.library_table(name)? else { return dataset.strings(ranges) };
        let texts = table.strings(&table.all())?;
        let text = |(index, row): (u64, u64)| {
            texts.get(index as usize).cloned().ok_or_else(|| {
                dataset.inconsistent(
                    format!("indices below {}, the length of `@library/{name}`", texts.len()),
                    format!("{index} in row {row}"),
                    "the attribute and its string table do not belong together: generate the file again",
                )
            })
        };
        let indices = dataset.unsigned(ranges)?;
        indices.into_iter().zip(ranges.iter().cloned().flatten()).map(text).collect()
    }

    /// The names of the enumerated attributes.
    pub(crate) fn enumerations(&self) -> Result<Vec<String>> {
        self.library.as_ref().map_or(Ok(Vec::new()), Group::names)
    }

    /// The string table of an enumerated attribute.
    pub(crate) fn library_table(&self, name: &str) -> Result<Option<Dataset>> {
        let Some(library) = self.library.as_ref().filter(|l| l.has(name)) else { return Ok(None) };
        let table = library.dataset(name, "")?;
        table.expect_column(None, "a string table has one dimension")?;
        Ok(Some(table))
    }

    /// Refuses ids that the population does not have.
    pub(crate) fn check_ids(&self, what: &'static str, ids: &[u64]) -> Result<()> {
        match ids.iter().max() {
            Some(&id) if id >= self.len => {
                Err(Hdf5Error::OutOfRange { at: self.population.at(""), what, id, len: self.len })
            }
            _ => Ok(()),
        }
    }

    /// Reads the values of `ids` in their order.
    pub(crate) fn gather<T: Clone>(
        &self,
        ids: &[u64],
        read: impl FnOnce(&[Range<u64>]) -> Result<Vec<T>>,
    ) -> Result<Vec<T>> {
        self.check_ids("node", ids)?;
        rows::gather(ids, read)
    }
}
