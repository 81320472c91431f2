//! Spike files: `/spikes/<population>/{timestamps, node_ids}` with the attribute `sorting`.
//!
//! Written as libsonatareport lays them out: sorted by time with ties by node id, one group per population even when
//! it has no spikes. Read in any of the three sort orders.

use std::path::Path;

use crate::hdf5_file::create::{NewDataset, NewFile};
use crate::hdf5_file::dataset::Dataset;
use crate::hdf5_file::{Group, Hdf5Error, Place, Result, has_attribute, open, text_attribute};

const SPIKES_REMEDY: &str = "a spike file has a group `/spikes` with one group per population";
const POPULATION_REMEDY: &str = "check the population's name";
const COLUMNS_REMEDY: &str = "a spike population has `timestamps` and `node_ids` of the same length";

/// The order of the spikes in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sorting {
    /// In no particular order.
    #[default]
    None,
    /// By node id.
    ById,
    /// By time.
    ByTime,
}

/// The enumeration of the attribute `sorting`, by the names it has in the file.
#[derive(hdf5::H5Type, Clone, Copy)]
#[repr(u8)]
#[allow(non_camel_case_types, dead_code)]
enum SortingAttribute {
    none = 0,
    by_id = 1,
    by_time = 2,
}

/// The spikes of one population.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpikePopulation {
    /// The name of the population.
    pub name: String,
    /// The order that the file declares.
    pub sorting: Sorting,
    /// Spike times (ms).
    pub timestamps: Vec<f64>,
    /// The node of each spike.
    pub node_ids: Vec<u64>,
}

impl SpikePopulation {
    /// Sorts by time, ties by node id.
    pub fn sort_by_time(&mut self) {
        let mut spikes: Vec<(f64, u64)> =
            self.timestamps.iter().copied().zip(self.node_ids.iter().copied()).collect();
        spikes.sort_by(by_time);
        (self.timestamps, self.node_ids) = spikes.into_iter().unzip();
        self.sorting = Sorting::ByTime;
    }
}

/// Spikes that are read at a time.
const SPIKES_AT_ONCE: u64 = 1 << 16;

/// The names of the populations in a spike file, in alphabetical order.
///
/// # Errors
/// When the file cannot be read or has no group `/spikes` with one group per population.
pub fn spike_populations(path: &Path) -> Result<Vec<String>> {
    populations(&open(path)?.group("spikes", SPIKES_REMEDY)?)
}

fn populations(spikes: &Group) -> Result<Vec<String>> {
    if spikes.has("timestamps") {
        return Err(Hdf5Error::Inconsistent {
            at: spikes.at("timestamps"),
            expected: "one group per population".into(),
            found: "spikes of no population".into(),
            help: "move `timestamps` and `node_ids` into a group `/spikes/<population>`".into(),
        });
    }
    spikes.children(true)
}

/// Reads all populations of a spike file, in alphabetical order, their spikes in the order of the file.
///
/// # Errors
/// When the file cannot be read, columns are absent or differ in length, times are not numbers in ms, or node ids are
/// not whole numbers.
pub fn read_spikes(path: &Path) -> Result<Vec<SpikePopulation>> {
    let spikes = open(path)?.group("spikes", SPIKES_REMEDY)?;
    populations(&spikes)?.iter().map(|name| read_population(&spikes, name)).collect()
}

/// Reads the population `name` of a spike file.
///
/// # Errors
/// As for [`read_spikes`], or when the file has no such population.
pub fn read_spike_population(path: &Path, name: &str) -> Result<SpikePopulation> {
    read_population(&open(path)?.group("spikes", SPIKES_REMEDY)?, name)
}

/// Shows `take` the spikes of the population `name`, times (ms) and node ids, in the order of the file and some at a time:
/// files may be larger than memory.
///
/// # Errors
/// As for [`read_spike_population`].
pub fn visit_spikes(path: &Path, name: &str, take: impl FnMut(&[f64], &[u64])) -> Result<()> {
    visit(&open(path)?.group("spikes", SPIKES_REMEDY)?.group(name, POPULATION_REMEDY)?, take)
}

fn read_population(spikes: &Group, name: &str) -> Result<SpikePopulation> {
    let group = spikes.group(name, POPULATION_REMEDY)?;
    let (mut timestamps, mut node_ids) = (Vec::new(), Vec::new());
    visit(&group, |times, nodes| {
        timestamps.extend_from_slice(times);
        node_ids.extend_from_slice(nodes);
    })?;
    Ok(SpikePopulation { name: name.to_owned(), sorting: sorting(&group)?, timestamps, node_ids })
}

fn visit(population: &Group, mut take: impl FnMut(&[f64], &[u64])) -> Result<()> {
    let times = population.dataset("timestamps", COLUMNS_REMEDY)?;
    times.expect_column(None, COLUMNS_REMEDY)?;
    let nodes = population.dataset("node_ids", COLUMNS_REMEDY)?;
    nodes.expect_column(Some(times.len()), COLUMNS_REMEDY)?;
    check_units(&times)?;
    for start in (0..times.len()).step_by(SPIKES_AT_ONCE as usize) {
        let rows = start..(start + SPIKES_AT_ONCE).min(times.len());
        let some = times.floats(std::slice::from_ref(&rows))?;
        if let Some((row, time)) = (rows.start..).zip(&some).find(|(_, time)| !time.is_finite()) {
            let found = format!("{time} in row {row}");
            return Err(times.inconsistent("finite times", found, "remove this spike"));
        }
        take(&some, &nodes.unsigned(&[rows])?);
    }
    Ok(())
}

/// Requires times in ms; files without units are taken to be so.
fn check_units(times: &Dataset) -> Result<()> {
    if !has_attribute(times.location(), "units") {
        return Ok(());
    }
    let units = text_attribute(times.location(), &times.at, "units")?;
    if units == "ms" {
        return Ok(());
    }
    Err(times.inconsistent("times in `ms`", format!("units `{units}`"), "convert the times to milliseconds"))
}

fn sorting(group: &Group) -> Result<Sorting> {
    let location = group.location();
    if !has_attribute(location, "sorting") {
        return Ok(Sorting::None);
    }
    let at = group.at("@sorting");
    let wrong = |at: Box<Place>, found: String| Hdf5Error::Inconsistent {
        at,
        expected: "0 (none), 1 (by_id) or 2 (by_time)".into(),
        found,
        help: "write the enumeration of the SONATA format".into(),
    };
    // By value: enumerations of other programs list the names in another order
    let value = location.attr("sorting").and_then(|a| match a.space()?.size() {
        1 => a.read_raw::<i64>(),
        _ => Ok(Vec::new()),
    });
    match value.as_deref() {
        Ok([0]) => Ok(Sorting::None),
        Ok([1]) => Ok(Sorting::ById),
        Ok([2]) => Ok(Sorting::ByTime),
        Ok(other) => Err(wrong(at, format!("{other:?}"))),
        Err(_) => match text_attribute(location, &group.at(""), "sorting")?.as_str() {
            "none" => Ok(Sorting::None),
            "by_id" => Ok(Sorting::ById),
            "by_time" => Ok(Sorting::ByTime),
            other => Err(wrong(at, format!("`{other}`"))),
        },
    }
}

/// Writes `populations` in their order to a new spike file, replacing what was there, each sorted by time and then
/// by node id.
///
/// # Errors
/// When a population's columns differ in length or a time is not finite, or the file cannot be written.
pub fn write_spikes(path: &Path, populations: &[SpikePopulation]) -> Result<()> {
    let file = NewFile::create(path)?;
    let spikes = file.group("spikes")?;
    for population in populations {
        let group = spikes.group(&population.name)?;
        let refused = |expected: &str, found: String| Hdf5Error::Refused {
            at: group.at("timestamps"),
            expected: expected.into(),
            found,
            help: "correct the program that makes these spikes".into(),
        };
        if population.timestamps.len() != population.node_ids.len() {
            let [times, nodes] = [population.timestamps.len(), population.node_ids.len()];
            return Err(refused("a node id for each spike", format!("{times} times and {nodes} ids")));
        }
        if let Some(time) = population.timestamps.iter().find(|time| !time.is_finite()) {
            return Err(refused("finite times", time.to_string()));
        }
        let mut sorted = population.clone();
        sorted.sort_by_time();
        group.scalar_attribute("sorting", &SortingAttribute::by_time)?;
        group.column("timestamps", &sorted.timestamps)?.text_attribute("units", "ms")?;
        group.column("node_ids", &sorted.node_ids)?;
    }
    file.close()
}

/// A spike file that grows while a simulation runs: a run that is killed leaves what was [flushed](Self::flush).
#[derive(Debug)]
pub struct SpikeWriter {
    // Before the file, so that they are dropped first
    populations: Vec<GrowingPopulation>,
    file: NewFile,
}

#[derive(Debug)]
struct GrowingPopulation {
    timestamps: NewDataset,
    node_ids: NewDataset,
    last: (f64, u64),
    is_sorted: bool,
}

impl SpikeWriter {
    /// Creates the file `path` without spikes, replacing what was there.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn create<'a>(path: &Path, populations: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let file = NewFile::create(path)?;
        let spikes = file.group("spikes")?;
        let create = |name| {
            let group = spikes.group(name)?;
            group.scalar_attribute("sorting", &SortingAttribute::by_time)?;
            let timestamps = group.growing_column::<f64>("timestamps")?;
            timestamps.text_attribute("units", "ms")?;
            let node_ids = group.growing_column::<u64>("node_ids")?;
            Ok(GrowingPopulation { timestamps, node_ids, last: (f64::NEG_INFINITY, 0), is_sorted: true })
        };
        let populations = populations.into_iter().map(create).collect::<Result<_>>()?;
        file.flush()?;
        Ok(Self { populations, file })
    }

    /// Adds spikes, (time (ms), node id), to the population at `population` in the order of creation.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn append(&mut self, population: usize, spikes: &[(f64, u64)]) -> Result<()> {
        let Some(population) = self.populations.get_mut(population) else { return Ok(()) };
        for &spike in spikes {
            population.is_sorted &= by_time(&population.last, &spike).is_le();
            population.last = spike;
        }
        let (timestamps, node_ids): (Vec<f64>, Vec<u64>) = spikes.iter().copied().unzip();
        population.timestamps.append(&timestamps)?;
        population.node_ids.append(&node_ids)
    }

    /// Hands all spikes so far to the operating system.
    ///
    /// # Errors
    /// When they cannot be written, as on a full disk.
    pub fn flush(&self) -> Result<()> {
        self.file.flush()
    }

    /// Sorts what is not in order of time and node id, and closes the file.
    ///
    /// # Errors
    /// When the last spikes cannot be written.
    pub fn close(self) -> Result<()> {
        let Self { populations, file } = self;
        for population in populations {
            if !population.is_sorted {
                let (times, nodes) = (population.timestamps.read()?, population.node_ids.read()?);
                let mut spikes: Vec<(f64, u64)> = times.into_iter().zip(nodes).collect();
                spikes.sort_by(by_time);
                let (times, nodes): (Vec<f64>, Vec<u64>) = spikes.into_iter().unzip();
                population.timestamps.overwrite(&times)?;
                population.node_ids.overwrite(&nodes)?;
            }
        }
        file.close()
    }
}

/// The order of spikes, (time (ms), node id), in files: by time, ties by node id.
pub fn by_time(one: &(f64, u64), other: &(f64, u64)) -> std::cmp::Ordering {
    one.0.total_cmp(&other.0).then(one.1.cmp(&other.1))
}
