//! Changing the number of segments of a section that is already filled.

use crate::cell::Cell;
use crate::error::Error;
use crate::section::{MAX_SEGMENTS, Node, SectionId};

impl Cell {
    /// Number of segments.
    ///
    /// # Errors
    /// [`Error::DeletedSection`].
    pub fn nseg(&self, section: SectionId) -> Result<usize, Error> {
        Ok(self.get(section)?.nseg())
    }

    /// Changes the number of segments, with what is inserted in them, as NEURON does: each new segment is the
    /// old one at its place or a copy of it; point processes of dropped segments move to the segment
    /// that covers their place.
    ///
    /// # Errors
    /// A number that is not in 1..=32767. (NEURON makes one segment of more than 32767.)
    pub fn set_nseg(&mut self, section: SectionId, count: i64) -> Result<(), Error> {
        let old = self.get(section)?.nseg();
        if !(1..=MAX_SEGMENTS).contains(&count) {
            return Err(Error::SegmentCount { section: self.full_name(section), count });
        }
        let new = count as usize;
        if new == old {
            return Ok(());
        }
        let donors: Vec<usize> = (0..new).map(|index| middle_of(index, new, old)).collect();
        let moved = moved_segments(old, new, &donors);
        let found = self.section_mut(section);
        let mut nodes: Vec<Node> = donors.iter().map(|&donor| found.nodes[donor]).collect();
        nodes.push(found.nodes[old]);
        found.nodes = nodes;
        for inserted in &mut found.mechanisms {
            let rows = std::mem::take(&mut inserted.values);
            let width = inserted.width;
            for &donor in &donors {
                inserted.values.extend_from_slice(&rows[donor * width..(donor + 1) * width]);
            }
        }
        for inserted in &mut found.ions {
            inserted.states = donors.iter().map(|&donor| inserted.states[donor]).collect();
        }
        self.renumber_points(section, &donors, &moved);
        self.topology_changed = true;
        self.mark_stale(section);
        Ok(())
    }
}

/// The segment, of `to` segments, that contains the middle of segment `index` of `from`.
fn middle_of(index: usize, from: usize, to: usize) -> usize {
    let x = (index as f64 + 0.5) / from as f64;
    (to as f64 * x) as usize
}

/// New segment of what is located in each old segment, given the donor of each new one.
fn moved_segments(old: usize, new: usize, donors: &[usize]) -> Vec<u32> {
    if old < new {
        return (0..old).map(|index| middle_of(index, old, new) as u32).collect();
    }
    let mut moved = vec![u32::MAX; old];
    for (index, &donor) in donors.iter().enumerate() {
        moved[donor] = index as u32;
    }
    let mut next = 0;
    for index in 0..new {
        let far_end = (index as f64 + 1.0) / new as f64;
        while next < old && (next as f64 + 0.5) / old as f64 <= far_end {
            if moved[next] == u32::MAX {
                moved[next] = index as u32;
            }
            next += 1;
        }
    }
    moved
}
