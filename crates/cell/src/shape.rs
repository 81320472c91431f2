//! 3-D shape for sections that have none (`define_shape`).
//!
//! A section without points becomes a straight line in the direction of its parent, siblings fanned out;
//! a section with points is moved so that it begins where it is connected. Coordinates are computed in
//! single precision, as NEURON does.

use crate::cell::Cell;
use crate::error::Error;
use crate::section::{Point, SectionId};

/// Distance between the shapes of consecutive trees (um) per section.
const SPACING: f32 = 100.0;

/// Where a section begins and the direction it takes.
struct Start {
    at: [f32; 3],
    direction: [f32; 2],
}

impl Cell {
    /// Gives every section a 3-D shape; does nothing where nothing changed since the last call.
    ///
    /// # Errors
    /// A section without shape whose diameter is not positive.
    pub fn define_shape(&mut self) -> Result<(), Error> {
        let unchanged = self.shape_defined == Some(self.shape_changes);
        if unchanged && !self.diameter_changed && !self.topology_changed {
            return Ok(());
        }
        self.update_geometry()?;
        let mut order = Vec::new();
        for root in self.roots() {
            order.extend(self.subtree(root)?);
        }
        for (index, section) in order.into_iter().enumerate() {
            let start = self.shape_start(section, index);
            if self.section(section).points.is_empty() {
                self.draw(section, &start);
            } else if self.section(section).parent.is_some() {
                self.translate(section, start.at);
            }
        }
        self.shape_defined = Some(self.shape_changes);
        Ok(())
    }

    fn shape_start(&self, section: SectionId, index: usize) -> Start {
        let found = self.section(section);
        let Some(parent) = found.parent else {
            return Start { at: [0.0, 0.0, index as f32 * SPACING], direction: [1.0, 0.0] };
        };
        let parent = self.section(parent);
        let first = parent.points.first().copied().unwrap_or_default();
        let last = parent.points.last().copied().unwrap_or_default();
        let mut direction = [last.x - first.x, last.y - first.y];
        let arc = if parent.reversed { 1.0 - found.parent_x } else { found.parent_x };
        if arc < 0.5 {
            direction = direction.map(|value| -value);
        }
        let between = |first: f32, last: f32| (f64::from(last) * arc + f64::from(first) * (1.0 - arc)) as f32;
        let at = [between(first.x, last.x), between(first.y, last.y), between(first.z, last.z)];
        Start { at, direction }
    }

    /// Draws a straight line of one point per segment and one per end.
    fn draw(&mut self, section: SectionId, start: &Start) {
        let angle = self.angle(section, start.direction);
        let [x, y, z] = start.at;
        let found = self.section_mut(section);
        let length = found.effective_length();
        let end_x = (f64::from(x) + length * f64::from(angle.cos())) as f32;
        let end_y = (f64::from(y) + length * f64::from(angle.sin())) as f32;
        let count = found.nseg();
        let between = |from: f32, to: f32, fraction: f64| {
            (f64::from(from) * (1.0 - fraction) + f64::from(to) * fraction) as f32
        };
        let diameters: Vec<f32> = found.nodes[..count].iter().map(|node| node.diameter as f32).collect();
        let point = |x, y, diameter| Point { x, y, z, diameter, arc: 0.0 };
        found.points.push(point(x, y, diameters[0]));
        for (index, &diameter) in diameters.iter().enumerate() {
            let fraction = (index as f64 + 0.5) / count as f64;
            found.points.push(point(between(x, end_x, fraction), between(y, end_y, fraction), diameter));
        }
        found.points.push(point(end_x, end_y, diameters[count - 1]));
        self.points_changed(section, 0);
        // round-off of the points must not change the length
        let found = self.section_mut(section);
        if let Some(last) = found.points.last_mut() {
            last.arc = length;
        }
        found.length = length;
        self.shape_changes += count as u64 + 1;
    }

    /// Direction of a new section (radian): that of the parent, fanned out where siblings share the place.
    fn angle(&self, section: SectionId, [x, y]: [f32; 2]) -> f32 {
        let none = f64::from(y).abs() < 1e-6 && f64::from(x).abs() < 1e-6;
        let mut angle = if none { 0.0 } else { y.atan2(x) };
        let found = self.section(section);
        let arc = found.parent_x;
        if arc > 0.0 && arc < 1.0 {
            angle = (f64::from(angle) + std::f64::consts::PI / 2.0) as f32;
        }
        let Some(parent) = found.parent else { return angle };
        let mut count = 0;
        let mut rank = 0;
        for &sibling in &self.section(parent).children {
            if sibling == section {
                rank = count;
            }
            if self.section(sibling).parent_x == arc {
                count += 1;
            }
        }
        if count > 1 {
            angle = (f64::from(angle) + (f64::from(rank) / (f64::from(count) - 1.0) * 0.8 - 0.4)) as f32;
        }
        angle
    }

    /// Moves a shape so that it begins at `to`, or as far as its logical connection moves.
    fn translate(&mut self, section: SectionId, to: [f32; 3]) {
        let found = self.section_mut(section);
        let Some(first) = found.points.first() else { return };
        let from = found.logical_connection.unwrap_or([first.x, first.y, first.z]);
        if found.logical_connection.is_some() {
            found.logical_connection = Some(to);
        }
        let [dx, dy, dz] = [to[0] - from[0], to[1] - from[1], to[2] - from[2]];
        for point in &mut found.points {
            point.x += dx;
            point.y += dy;
            point.z += dz;
        }
    }
}
