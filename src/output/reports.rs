//! Report files, written while the simulation runs.
//!
//! Rows are kept until a buffer is full or 25 ms are simulated; then each rank sends its own to rank 0, which puts the
//! values of all ranks in the order of populations and node ids, and hands them to the operating system: a run that is
//! killed later leaves them readable.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bevy_ecs::resource::Resource;
use bevy_ecs::system::{Res, ResMut};
use sonata::Hdf5Error;
use sonata::report::{ReportLayout, ReportWriter};
use systems::communicator::Communicator;
use systems::epoch::{EpochClock, Failure as RankFailure, Groups, Ranks};
use systems::group::Group;

use crate::build::{CellElements, ReportPlan};
use crate::failure::Failure;
use crate::input::Input;
use crate::plan::Plan;

/// Longest simulated time (ms) between two flushes, as in neurodamus.
const LONGEST_BUFFERED: f64 = 25.0;

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
    /// On rank 0: the open file.
    writer: Option<ReportWriter>,
    /// On rank 0: for each population, its number of columns and where they come from.
    populations: Vec<PopulationColumns>,
    /// On rank 0: columns that each rank fills.
    rank_widths: Vec<usize>,
}

/// The columns of one population of a report: rank, first column among the rank's, count; in their order.
struct PopulationColumns {
    width: usize,
    pieces: Vec<(usize, usize, usize)>,
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
        let mut reports = Vec::new();
        let mut flush_interval = (LONGEST_BUFFERED / input.config.run.dt) as u64;
        for report in plans {
            let everywhere = gather_elements(&report.cells, ranks)?;
            let rank_widths: Vec<usize> = everywhere.iter().map(|cells| width(cells)).collect();
            let row_bytes = 4 * rank_widths.iter().sum::<usize>() as u64;
            let rows = (u64::from(buffer_size) * 1_000_000).checked_div(row_bytes).unwrap_or(u64::MAX);
            flush_interval = flush_interval.min(rows.saturating_mul(report.sampling.period()));
            let mut one = OneReport {
                width: width(&report.cells),
                buffer: Vec::new(),
                rows_written: 0,
                rows: report.sampling.rows(),
                writer: None,
                populations: Vec::new(),
                rank_widths,
            };
            if row_bytes == 0 {
                if ranks.rank() == 0 {
                    tracing::warn!("report `{}` is not written: none of its cells is simulated", report.name);
                }
            } else if ranks.rank() == 0 {
                let layouts;
                (layouts, one.populations) = lay_out(report, &everywhere, plan);
                let path: PathBuf = input.output_dir.join(&report.file_name);
                one.writer = Some(ReportWriter::create(&path, &layouts).map_err(Failure::run_failed)?);
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
        if clock.step < clock.last_step && clock.step - self.flushed < self.flush_interval {
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
        let gathered: Vec<Vec<f32>>;
        let parts: Vec<&[f32]> = if ranks.size() == 1 {
            vec![rows]
        } else {
            let bytes: Vec<u8> = rows.iter().flat_map(|value| value.to_le_bytes()).collect();
            let parts = ranks.all_gather(&bytes).map_err(WriteError::Rank)?;
            let values =
                |part: &Vec<u8>| part.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
            gathered = parts.iter().map(values).collect();
            gathered.iter().map(Vec::as_slice).collect()
        };
        let Some(writer) = &mut self.writer else { return Ok(()) };
        let sampled = parts.iter().zip(&self.rank_widths).filter(|(_, width)| **width > 0);
        let count = sampled.map(|(part, width)| part.len() / width).max().unwrap_or(0) as u64;
        let count = count.min(self.rows - self.rows_written.min(self.rows));
        if count == 0 {
            return Ok(());
        }
        for (number, population) in self.populations.iter().enumerate() {
            let mut values = Vec::with_capacity(count as usize * population.width);
            for row in 0..count as usize {
                for &(rank, column, width) in &population.pieces {
                    let start = row * self.rank_widths[rank] + column;
                    values.extend_from_slice(&parts[rank][start..start + width]);
                }
            }
            writer.write_rows(number, self.rows_written, &values).map_err(WriteError::File)?;
        }
        self.rows_written += count;
        writer.flush().map_err(WriteError::File)
    }
}

/// The system that takes what was sampled in an epoch, and writes it when it is time.
pub fn flush_reports(
    clock: Res<EpochClock>,
    ranks: Res<Ranks>,
    mut groups: ResMut<Groups>,
    mut output: ResMut<ReportOutput>,
    mut failure: ResMut<RankFailure>,
) {
    let result = output.collect(&mut groups.0, &clock, ranks.0.as_ref());
    failure.note(result);
}

/// Number of elements of some cells.
fn width(cells: &[CellElements]) -> usize {
    cells.iter().map(|cell| cell.element_ids.len()).sum()
}

/// The elements of the cells of all ranks.
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
    for part in ranks.all_gather(&bytes)? {
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

/// The layout of a report over the cells of all ranks, and where its columns come from.
fn lay_out(
    report: &ReportPlan,
    everywhere: &[Vec<CellElements>],
    plan: &Plan,
) -> (Vec<ReportLayout>, Vec<PopulationColumns>) {
    // By population and node id: rank, first column among the rank's, elements.
    let mut cells: BTreeMap<(usize, u64), (usize, usize, &[u32])> = BTreeMap::new();
    for (rank, own) in everywhere.iter().enumerate() {
        let mut column = 0;
        for cell in own {
            cells.insert((cell.population, cell.node_id), (rank, column, &cell.element_ids));
            column += cell.element_ids.len();
        }
    }
    let mut layouts = Vec::new();
    let mut columns = Vec::new();
    for (index, population) in plan.populations.iter().enumerate() {
        let own = || cells.range((index, 0)..=(index, u64::MAX));
        if own().next().is_none() {
            continue;
        }
        let elements = own().map(|(&(_, node_id), &(_, _, elements))| (node_id, elements));
        layouts.push(ReportLayout::from_cells(&population.name, &report.unit, elements, &report.sampling));
        let pieces: Vec<_> =
            own().map(|(_, &(rank, column, elements))| (rank, column, elements.len())).collect();
        columns.push(PopulationColumns { width: pieces.iter().map(|piece| piece.2).sum(), pieces });
    }
    (layouts, columns)
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
