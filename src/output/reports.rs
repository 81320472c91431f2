//! Report files, written while the simulation runs.
//!
//! Rows are kept until a buffer is full or 25 ms are simulated; then rank 0 collects them from all ranks, some columns of
//! the file after the other so that its memory stays bounded, and hands them to the operating system: a run that is killed
//! later leaves them readable. With the feature `parallel-hdf5` all ranks write ([`together`]).

#[cfg(feature = "parallel-hdf5")]
mod together;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use bevy_ecs::resource::Resource;
use bevy_ecs::system::{Res, ResMut};
use sonata::Hdf5Error;
#[cfg(feature = "parallel-hdf5")]
use sonata::report::SharedReport;
use sonata::report::{ReportLayout, ReportWriter};
use systems::communicator::Communicator;
use systems::epoch::{EpochClock, Exchanged, Failure as RankFailure, Groups, Ranks};
use systems::group::Group;

use super::LONGEST_BUFFERED;
use crate::build::{CellElements, ReportPlan};
use crate::failure::Failure;
use crate::input::Input;
use crate::plan::Plan;

/// The reports of a simulation.
#[derive(Resource)]
pub struct ReportOutput {
    reports: Vec<OneReport>,
    /// Where the values of each probe of each group go.
    probes: Vec<Vec<ProbePlace>>,
    /// Steps between two flushes; the same on all ranks.
    flush_interval: u64,
    /// Steps completed at the last flush.
    flushed: u64,
    /// Why a file could not be written.
    failure: Option<Hdf5Error>,
}

/// Where the values of a probe go in this rank's rows of its report.
struct ProbePlace {
    report: usize,
    width: usize,
    /// First column of each of the probe's cells, and the number of its values.
    cells: Vec<(usize, usize)>,
}

/// One report.
struct OneReport {
    /// Columns that this rank's cells fill.
    width: usize,
    /// Rows of this rank that are not written yet.
    buffer: Vec<f32>,
    rows_written: u64,
    rows: u64,
    /// Number of columns of each population in the file.
    widths: Vec<u64>,
    /// Where this rank's columns are in the file, in the order of the file.
    own: Vec<Piece>,
    /// On rank 0: the open file.
    writer: Option<ReportWriter>,
    /// The file that all ranks have open, if they write it together.
    #[cfg(feature = "parallel-hdf5")]
    shared: Option<SharedReport>,
    /// On rank 0: the populations in the file, as the plan numbers them.
    #[cfg(feature = "parallel-hdf5")]
    populations: Vec<usize>,
    /// On rank 0: the columns of each cell in the order of the file, and the rank that has them.
    all: Vec<(usize, Piece)>,
    /// Values that are collected at once.
    block: usize,
}

/// Columns of one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    /// Population in the file.
    population: usize,
    /// The first among the population's columns.
    start: u64,
    /// The first among the columns of the rank that has them.
    own_start: usize,
    /// How many.
    width: usize,
}

impl Piece {
    /// The part of a piece that is in some columns of a population, if any.
    fn within(&self, population: usize, columns: &Range<u64>) -> Option<Self> {
        let start = self.start.max(columns.start);
        let end = (self.start + self.width as u64).min(columns.end);
        if self.population != population || start >= end {
            return None;
        }
        let own_start = self.own_start + (start - self.start) as usize;
        Some(Self { population, start, own_start, width: (end - start) as usize })
    }
}

impl ReportOutput {
    /// Creates the files of all reports, each with a buffer of `buffer_size` MB. A report without any cell makes none.
    ///
    /// # Errors
    ///
    /// If a file cannot be made, or another rank failed.
    pub fn create(
        plans: &[ReportPlan],
        groups: &mut [Group],
        input: &Input,
        plan: &Plan,
        buffer_size: u32,
        ranks: &dyn Communicator,
    ) -> Result<Self, Failure> {
        let names: Vec<&str> = plan.populations.iter().map(|population| &*population.name).collect();
        let mut reports = Vec::new();
        let mut flush_interval = (LONGEST_BUFFERED / input.config.run.dt) as u64;
        for report in plans {
            let mut one = OneReport::new(report, buffer_size);
            let layouts = one.lay_out(report, &names, ranks)?;
            let row_bytes = 4 * one.widths.iter().sum::<u64>();
            let rows = (u64::from(buffer_size) * 1_000_000).checked_div(row_bytes).unwrap_or(u64::MAX);
            flush_interval = flush_interval.min(rows.saturating_mul(report.sampling.period()));
            if ranks.rank() == 0 && row_bytes == 0 {
                tracing::warn!("report `{}` is not written: none of its cells is simulated", report.name);
            } else if ranks.rank() == 0 {
                let path: PathBuf = input.output_dir.join(&report.file_name);
                one.writer = Some(ReportWriter::create(&path, &layouts).map_err(Failure::run_failed)?);
            }
            #[cfg(feature = "parallel-hdf5")]
            if ranks.is_mpi() && ranks.size() > 1 && row_bytes > 0 {
                one.open_together(&input.output_dir.join(&report.file_name), &names, ranks)?;
            }
            reports.push(one);
        }
        let probes = groups.iter().map(|group| places(group, plans)).collect();
        Ok(Self { reports, probes, flush_interval: flush_interval.max(1), flushed: 0, failure: None })
    }

    /// Takes the rows that were sampled since the last call, and writes all that are kept if it is time.
    fn collect(
        &mut self,
        groups: &mut [Group],
        clock: &EpochClock,
        stops: bool,
        ranks: &dyn Communicator,
    ) -> Result<(), systems::Error> {
        // Each report's number of rows is that of the probes that sample it
        let starts: Vec<usize> = self.reports.iter().map(|report| report.buffer.len()).collect();
        for (group, places) in groups.iter_mut().zip(&self.probes) {
            group.take_samples(|number, samples| {
                let place = &places[number];
                let report = &mut self.reports[place.report];
                report.insert(starts[place.report], place, samples);
            });
        }
        if !stops && clock.step < clock.last_step && clock.step - self.flushed < self.flush_interval {
            return Ok(());
        }
        self.flushed = clock.step;
        for report in &mut self.reports {
            let rows = std::mem::take(&mut report.buffer);
            match report.write(&rows, ranks) {
                Ok(()) => report.buffer = rows,
                Err(WriteError::Rank(error)) => return Err(error),
                Err(WriteError::File(error)) => {
                    let told = systems::Error::Other(error.to_string());
                    self.failure = Some(error);
                    return Err(told);
                }
            }
            report.buffer.clear();
        }
        Ok(())
    }

    /// Why a file could not be written, if that is what stopped the run.
    pub fn take_failure(&mut self) -> Option<Failure> {
        self.failure.take().map(Failure::run_failed)
    }

    /// Closes all files.
    ///
    /// # Errors
    ///
    /// If the last rows cannot be written.
    pub fn close(self) -> Result<(), Failure> {
        for report in self.reports {
            if let Some(writer) = report.writer {
                writer.close().map_err(Failure::run_failed)?;
            }
            #[cfg(feature = "parallel-hdf5")]
            if let Some(shared) = report.shared {
                shared.close().map_err(Failure::run_failed)?;
            }
        }
        Ok(())
    }
}

/// Why rows were not written: another rank failed, or the file cannot take them.
enum WriteError {
    Rank(systems::Error),
    File(Hdf5Error),
}

impl OneReport {
    /// A report without any row yet, which collects as many MB at once as it may keep.
    fn new(report: &ReportPlan, buffer_size: u32) -> Self {
        Self {
            width: width(&report.cells),
            buffer: Vec::new(),
            rows_written: 0,
            rows: report.sampling.rows(),
            widths: Vec::new(),
            own: Vec::new(),
            writer: None,
            #[cfg(feature = "parallel-hdf5")]
            shared: None,
            #[cfg(feature = "parallel-hdf5")]
            populations: Vec::new(),
            all: Vec::new(),
            block: buffer_size as usize * 250_000,
        }
    }

    /// Finds out which columns of the file each rank has; gives the layout of the file to rank 0. The populations of the
    /// plan have these names.
    fn lay_out(
        &mut self,
        report: &ReportPlan,
        names: &[&str],
        ranks: &dyn Communicator,
    ) -> Result<Vec<ReportLayout>, Failure> {
        let everywhere = gather_elements(&report.cells, ranks)?;
        // By population and node id: rank, first column among the rank's, elements
        let mut cells: BTreeMap<(usize, u64), (usize, usize, &[u32])> = BTreeMap::new();
        for (rank, own) in everywhere.iter().enumerate() {
            let mut column = 0;
            for cell in own {
                cells.insert((cell.population, cell.node_id), (rank, column, &cell.element_ids));
                column += cell.element_ids.len();
            }
        }
        let mut layouts = Vec::new();
        for (index, name) in names.iter().enumerate() {
            let of_population = || cells.range((index, 0)..=(index, u64::MAX));
            if of_population().next().is_none() {
                continue;
            }
            let elements = of_population().map(|(&(_, node_id), &(_, _, elements))| (node_id, elements));
            layouts.push(ReportLayout::from_cells(name, &report.unit, elements, &report.sampling));
            let mut start = 0;
            for (_, &(rank, own_start, elements)) in of_population() {
                let piece = Piece { population: self.widths.len(), start, own_start, width: elements.len() };
                start += piece.width as u64;
                self.all.push((rank, piece));
            }
            self.widths.push(start);
            #[cfg(feature = "parallel-hdf5")]
            self.populations.push(index);
        }
        self.share_columns(ranks)?;
        Ok(layouts)
    }

    /// Tells each rank, from what rank 0 knows, where its columns are.
    fn share_columns(&mut self, ranks: &dyn Communicator) -> Result<(), Failure> {
        let mut parts: Vec<Vec<u64>> = vec![Vec::new(); ranks.size()];
        if ranks.rank() == 0 {
            for part in &mut parts {
                part.push(self.widths.len() as u64);
                part.extend(&self.widths);
            }
            for (rank, piece) in &self.all {
                let numbers =
                    [piece.population as u64, piece.start, piece.own_start as u64, piece.width as u64];
                parts[*rank].extend(numbers);
            }
        }
        let parts = ranks.all_to_all(&parts)?;
        let mut numbers = parts.first().into_iter().flatten().copied();
        let populations = numbers.next().unwrap_or(0) as usize;
        self.widths = numbers.by_ref().take(populations).collect();
        while let (Some(population), Some(start), Some(own_start), Some(width)) =
            (numbers.next(), numbers.next(), numbers.next(), numbers.next())
        {
            let (population, own_start, width) = (population as usize, own_start as usize, width as usize);
            self.own.push(Piece { population, start, own_start, width });
        }
        Ok(())
    }

    /// Puts rows of a probe into the buffer, whose new rows begin at `start`.
    fn insert(&mut self, start: usize, place: &ProbePlace, samples: &[f32]) {
        let rows = samples.chunks_exact(place.width.max(1));
        self.buffer.resize(start + rows.len() * self.width, 0.0);
        for (row, mut values) in rows.enumerate() {
            let row = start + row * self.width;
            for &(column, count) in &place.cells {
                let (own, rest) = values.split_at(count);
                self.buffer[row + column..row + column + count].copy_from_slice(own);
                values = rest;
            }
        }
    }

    /// Writes rows of this rank, together with those of the others.
    fn write(&mut self, rows: &[f32], ranks: &dyn Communicator) -> Result<(), WriteError> {
        if self.widths.is_empty() {
            return Ok(());
        }
        // A rank without cells in the report has no rows to count
        let own_rows = rows.len().checked_div(self.width).unwrap_or(0) as u64;
        let rows_of_ranks = ranks.all_gather(&own_rows.to_le_bytes()).map_err(WriteError::Rank)?;
        let counts =
            rows_of_ranks.iter().filter_map(|bytes| Some(u64::from_le_bytes(bytes[..].try_into().ok()?)));
        let count = counts.max().unwrap_or(0).min(self.rows.saturating_sub(self.rows_written));
        if count == 0 {
            return Ok(());
        }
        for (population, &width) in self.widths.clone().iter().enumerate() {
            let step = (self.block as u64 / count).max(1);
            for start in (0..width).step_by(step as usize) {
                let columns = start..(start + step).min(width);
                self.write_block(population, columns, rows, count as usize, ranks)?;
            }
        }
        self.rows_written += count;
        #[cfg(feature = "parallel-hdf5")]
        if let Some(shared) = &self.shared {
            return shared.flush().map_err(WriteError::File);
        }
        match &self.writer {
            Some(writer) => writer.flush().map_err(WriteError::File),
            None => Ok(()),
        }
    }

    /// Writes some columns of `count` rows.
    fn write_block(
        &mut self,
        population: usize,
        columns: Range<u64>,
        rows: &[f32],
        count: usize,
        ranks: &dyn Communicator,
    ) -> Result<(), WriteError> {
        #[cfg(feature = "parallel-hdf5")]
        if self.shared.is_some() {
            return self.write_together(population, columns, rows, count, ranks);
        }
        let own: Vec<Piece> =
            self.own.iter().filter_map(|piece| piece.within(population, &columns)).collect();
        let mut bytes = Vec::new();
        for row in rows.chunks_exact(self.width.max(1)).take(count) {
            for piece in &own {
                let values = &row[piece.own_start..piece.own_start + piece.width];
                bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            }
        }
        let mut parts = ranks.gather(&bytes).map_err(WriteError::Rank)?;
        let Some(writer) = &mut self.writer else { return Ok(()) };
        if let [part] = &mut parts[..] {
            // The columns of one rank are in the order of the file
            return writer
                .write_block(population, self.rows_written, columns, &floats(part).collect::<Vec<_>>())
                .map_err(WriteError::File);
        }
        let mut parts: Vec<_> = parts.iter().map(|part| floats(part)).collect();
        let pieces =
            self.all.iter().filter_map(|(rank, piece)| Some((*rank, piece.within(population, &columns)?)));
        let pieces: Vec<(usize, usize)> = pieces.map(|(rank, piece)| (rank, piece.width)).collect();
        let mut values = Vec::with_capacity(count * (columns.end - columns.start) as usize);
        for _ in 0..count {
            for &(rank, width) in &pieces {
                values.extend(parts[rank].by_ref().take(width));
            }
        }
        writer.write_block(population, self.rows_written, columns, &values).map_err(WriteError::File)
    }
}

fn floats(bytes: &[u8]) -> impl Iterator<Item = f32> {
    bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes))
}

/// The system that takes what was sampled in an epoch, and writes it when it is time.
pub fn flush_reports(
    clock: Res<EpochClock>,
    exchanged: Res<Exchanged>,
    ranks: Res<Ranks>,
    mut groups: ResMut<Groups>,
    mut output: ResMut<ReportOutput>,
    mut failure: ResMut<RankFailure>,
) {
    let result = output.collect(&mut groups.0, &clock, exchanged.stop, ranks.0.as_ref());
    failure.note(result);
}

/// Number of elements of some cells.
fn width(cells: &[CellElements]) -> usize {
    cells.iter().map(|cell| cell.element_ids.len()).sum()
}

/// The elements of the cells of all ranks, on rank 0.
fn gather_elements(
    own: &[CellElements],
    ranks: &dyn Communicator,
) -> Result<Vec<Vec<CellElements>>, Failure> {
    if ranks.size() == 1 {
        return Ok(vec![own.to_vec()]);
    }
    let mut numbers: Vec<u64> = Vec::new();
    for cell in own {
        numbers.extend([cell.population as u64, cell.node_id, cell.gid, cell.element_ids.len() as u64]);
        numbers.extend(cell.element_ids.iter().map(|id| u64::from(*id)));
    }
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    let mut all = Vec::new();
    for part in ranks.gather(&bytes)? {
        let mut numbers = part.as_chunks::<8>().0.iter().map(|bytes| u64::from_le_bytes(*bytes));
        let mut cells = Vec::new();
        while let (Some(population), Some(node_id), Some(gid), Some(count)) =
            (numbers.next(), numbers.next(), numbers.next(), numbers.next())
        {
            let element_ids = numbers.by_ref().take(count as usize).map(|id| id as u32).collect();
            cells.push(CellElements { population: population as usize, node_id, gid, element_ids });
        }
        all.push(cells);
    }
    Ok(all)
}

/// Where the values of a group's probes go in the rows of this rank.
fn places(group: &Group, plans: &[ReportPlan]) -> Vec<ProbePlace> {
    let columns: Vec<BTreeMap<u64, usize>> = plans
        .iter()
        .map(|report| {
            let mut next = 0;
            let place = |cell: &CellElements| {
                let column = next;
                next += cell.element_ids.len();
                (cell.gid, column)
            };
            report.cells.iter().map(place).collect()
        })
        .collect();
    let place = |layout: &systems::group::ProbeLayout| ProbePlace {
        report: layout.report,
        width: layout.cells.iter().map(|(_, count)| count).sum(),
        cells: layout.cells.iter().map(|&(gid, count)| (columns[layout.report][&gid], count)).collect(),
    };
    group.probe_layouts().map(place).collect()
}

#[cfg(test)]
mod tests {
    use sonata::report::{ReportReader, Sampling};
    use systems::communicator::run_on_simulated_ranks;

    use super::*;

    /// Cells of two populations, dealt out in turn, with some values each: population, node id, number of values.
    const CELLS: [(usize, u64, usize); 7] =
        [(0, 0, 3), (0, 2, 1), (0, 3, 4), (0, 9, 2), (1, 1, 5), (1, 2, 1), (1, 3, 2)];

    /// A value that tells where it belongs.
    fn value(population: usize, node: u64, element: usize, row: usize) -> f32 {
        (1000 * row) as f32 + (100 * population) as f32 + 10.0 * node as f32 + element as f32
    }

    /// Writes five rows, three and two, on some ranks, which collect no more than `block` values at once.
    fn write_on(ranks: usize, block: usize, path: &std::path::Path) {
        let results = run_on_simulated_ranks(ranks, |communicator| {
            let own =
                (0..CELLS.len()).filter(|cell| cell % ranks == communicator.rank()).map(|cell| CELLS[cell]);
            let cells = own.clone().map(|(population, node_id, count)| CellElements {
                population,
                node_id,
                gid: 100 * population as u64 + node_id,
                element_ids: (0..count as u32).collect(),
            });
            let plan = ReportPlan {
                name: "v".into(),
                file_name: "v.h5".into(),
                unit: "mV".into(),
                sampling: Sampling::new(0.0, 0.5, 0.1, 0.1, 0.5).expect("a window"),
                cells: cells.collect(),
                unknown: Default::default(),
            };
            let mut report = OneReport::new(&plan, 1);
            let layouts = report.lay_out(&plan, &["A", "B"], &communicator).expect("a layout");
            report.block = block;
            if communicator.rank() == 0 {
                report.writer = Some(ReportWriter::create(path, &layouts).expect("the file"));
            }
            for rows in [0..3, 3..5] {
                let values: Vec<f32> = rows
                    .flat_map(|row| {
                        own.clone().flat_map(move |(population, node, count)| {
                            (0..count).map(move |element| value(population, node, element, row))
                        })
                    })
                    .collect();
                let written = report.write(&values, &communicator);
                assert!(written.is_ok());
            }
            if let Some(writer) = report.writer {
                writer.close().expect("it closes");
            }
            Ok::<_, systems::Error>(())
        });
        assert!(results.iter().all(Result::is_ok));
    }

    #[test]
    fn columns_are_in_order_however_few_are_collected_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        for (ranks, block) in [(1, 1000), (1, 7), (3, 1000), (3, 10), (3, 1), (9, 4)] {
            let path = folder.path().join(format!("{ranks}-{block}.h5"));
            write_on(ranks, block, &path);
            for (population, name) in ["A", "B"].iter().enumerate() {
                let report = ReportReader::open(&path, name).expect("a population");
                let own = CELLS.iter().filter(|cell| cell.0 == population);
                let expected: Vec<f32> = (0..5)
                    .flat_map(|row| {
                        own.clone().flat_map(move |&(population, node, count)| {
                            (0..count).map(move |element| value(population, node, element, row))
                        })
                    })
                    .collect();
                assert_eq!(report.read_all().expect("values"), expected, "{ranks} ranks, {block} values");
            }
        }
    }
}
