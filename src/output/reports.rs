//! Report files, written while the simulation runs.
//!
//! After every epoch each rank sends its new rows to rank 0, which puts the values of all ranks in the order of
//! populations and node ids. Memory is bounded by the rows of one epoch.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bevy_ecs::resource::Resource;
use bevy_ecs::system::{Res, ResMut};
use sonata::report::{ReportLayout, ReportWriter};
use systems::communicator::Communicator;
use systems::epoch::{Failure as RankFailure, Groups, Ranks};
use systems::group::Group;

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
    /// Creates the files of all reports. A report without any cell makes none.
    ///
    /// # Errors
    ///
    /// If a file cannot be made, or another rank failed.
    pub fn create(
        plans: &[ReportPlan],
        groups: &mut [Group],
        input: &Input,
        plan: &Plan,
        ranks: &dyn Communicator,
    ) -> Result<Self, Failure> {
        let mut reports = Vec::new();
        for report in plans {
            let everywhere = gather_elements(&report.cells, ranks)?;
            let mut one = OneReport {
                width: report.cells.iter().map(|cell| cell.element_ids.len()).sum(),
                rows_written: 0,
                rows: report.sampling.rows(),
                writer: None,
                populations: Vec::new(),
                rank_widths: Vec::new(),
            };
            if ranks.rank() == 0 && everywhere.iter().any(|cells| !cells.is_empty()) {
                let layouts;
                (layouts, one.populations) = lay_out(report, &everywhere, plan);
                one.rank_widths = everywhere
                    .iter()
                    .map(|cells| cells.iter().map(|cell| cell.element_ids.len()).sum())
                    .collect();
                let path: PathBuf = input.output_dir.join(&report.file_name);
                one.writer = Some(ReportWriter::create(&path, &layouts).map_err(Failure::run_failed)?);
            }
            reports.push(one);
        }
        let probes = groups.iter().map(|group| places(group, plans)).collect();
        Ok(Self { reports, probes })
    }

    /// Writes the rows that were sampled since the last call.
    fn flush(&mut self, groups: &mut [Group], ranks: &dyn Communicator) -> Result<(), systems::Error> {
        let mut rows: Vec<Vec<f32>> = vec![Vec::new(); self.reports.len()];
        for (group, places) in groups.iter_mut().zip(&self.probes) {
            for ((_, samples), place) in group.take_samples().into_iter().zip(places) {
                let width = self.reports[place.report].width;
                let count = samples.len() / place.width.max(1);
                let rows = &mut rows[place.report];
                rows.resize(count * width, 0.0);
                for (row, values) in samples.chunks_exact(place.width.max(1)).enumerate() {
                    let mut first = 0;
                    for &(column, count) in &place.cells {
                        let start = row * width + column;
                        rows[start..start + count].copy_from_slice(&values[first..first + count]);
                        first += count;
                    }
                }
            }
        }
        for (report, rows) in self.reports.iter_mut().zip(rows) {
            report.write(&rows, ranks)?;
        }
        Ok(())
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

impl OneReport {
    /// Writes rows of this rank, together with those of the others.
    fn write(&mut self, rows: &[f32], ranks: &dyn Communicator) -> Result<(), systems::Error> {
        let parts: Vec<Vec<f32>> = if ranks.size() == 1 {
            vec![rows.to_vec()]
        } else {
            let bytes: Vec<u8> = rows.iter().flat_map(|value| value.to_le_bytes()).collect();
            let parts = ranks.all_gather(&bytes)?;
            parts
                .iter()
                .map(|part| part.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect())
                .collect()
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
            let written = writer.write_rows(number, self.rows_written, &values);
            written.map_err(|error| systems::Error::Other(error.to_string()))?;
        }
        self.rows_written += count;
        writer.flush().map_err(|error| systems::Error::Other(error.to_string()))
    }
}

/// The system that writes what was sampled in an epoch.
pub fn flush_reports(
    ranks: Res<Ranks>,
    mut groups: ResMut<Groups>,
    mut output: ResMut<ReportOutput>,
    mut failure: ResMut<RankFailure>,
) {
    let result = output.flush(&mut groups.0, ranks.0.as_ref());
    failure.note(result);
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
