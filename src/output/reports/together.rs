//! Reports that all ranks write at once, through MPI-IO.
//!
//! The cells of a rank are spread over the columns of a report. So ranks first exchange values until each has all rows of
//! neighbouring columns, then all write what they have.

use std::ops::Range;
use std::path::Path;

use sonata::report::SharedReport;
use systems::communicator::Communicator;

use super::{OneReport, Piece, WriteError};
use crate::failure::Failure;

impl OneReport {
    /// Closes the file that rank 0 has created, and opens it on all ranks. The populations of the plan have these names.
    pub(super) fn open_together(
        &mut self,
        path: &Path,
        names: &[&str],
        ranks: &dyn Communicator,
    ) -> Result<(), Failure> {
        if let Some(writer) = self.writer.take() {
            writer.close().map_err(Failure::run_failed)?;
        }
        // Rank 0 has closed the file when it tells which populations are in it
        let own = self.populations.iter().filter_map(|&index| names.get(index).copied());
        let names = own.collect::<Vec<_>>().join("\0").into_bytes();
        let told = ranks.all_gather(&names)?;
        let names = String::from_utf8_lossy(told.first().map_or(&[], Vec::as_slice)).into_owned();
        let shared = SharedReport::open(path, names.split('\0')).map_err(Failure::run_failed)?;
        self.shared = Some(shared);
        // Each rank holds its part of a block
        self.block *= ranks.size();
        Ok(())
    }

    /// Writes some columns of `count` rows, each rank its share of them.
    pub(super) fn write_together(
        &self,
        population: usize,
        columns: Range<u64>,
        rows: &[f32],
        count: usize,
        ranks: &dyn Communicator,
    ) -> Result<(), WriteError> {
        let Some(shared) = &self.shared else { return Ok(()) };
        let (rank, size) = (ranks.rank(), ranks.size());
        let share = |rank: usize| {
            let width = columns.end - columns.start;
            let bound = |rank: usize| columns.start + width * rank as u64 / size as u64;
            bound(rank)..bound(rank + 1)
        };
        let parts: Vec<Vec<u64>> =
            (0..size).map(|rank| self.message(population, &share(rank), rows, count)).collect();
        let parts = ranks.all_to_all(&parts).map_err(WriteError::Rank)?;
        let own = share(rank);
        let width = (own.end - own.start) as usize;
        let mut values = vec![0.0; count * width];
        for part in &parts {
            let mut words = part.iter().copied();
            while let (Some(start), Some(piece_width)) = (words.next(), words.next()) {
                let first = (start - own.start) as usize;
                for row in 0..count {
                    let places = row * width + first..row * width + first + piece_width as usize;
                    for (value, bits) in values[places].iter_mut().zip(words.by_ref()) {
                        *value = f32::from_bits(bits as u32);
                    }
                }
            }
        }
        shared.write_block(population, self.rows_written, own, &values).map_err(WriteError::File)
    }

    /// What this rank has of some columns: for each of its pieces the first column, their number, and the values row by row.
    fn message(&self, population: usize, columns: &Range<u64>, rows: &[f32], count: usize) -> Vec<u64> {
        let mut words = Vec::new();
        for Piece { start, own_start, width, .. } in
            self.own.iter().filter_map(|piece| piece.within(population, columns))
        {
            words.extend([start, width as u64]);
            for row in rows.chunks_exact(self.width.max(1)).take(count) {
                words
                    .extend(row[own_start..own_start + width].iter().map(|value| u64::from(value.to_bits())));
            }
        }
        words
    }
}
