//! The 3-D points of sections.
//!
//! Coordinates and diameters are single precision, path lengths double, as in NEURON. Points decide length
//! and diameters of a section; assigning those moves the points.

use crate::cell::Cell;
use crate::error::Error;
use crate::section::{Point, Section, SectionId};

impl Cell {
    /// Appends a point (um); a negative diameter marks a spine (`pt3dadd`).
    ///
    /// # Errors
    /// A value that is not finite.
    pub fn add_point(
        &mut self,
        section: SectionId,
        x: f64,
        y: f64,
        z: f64,
        diameter: f64,
    ) -> Result<(), Error> {
        let index = self.get(section)?.points.len();
        self.insert_point(section, index, x, y, z, diameter)
    }

    /// Inserts a point (um) before the point `index` (`pt3dinsert`).
    ///
    /// # Errors
    /// An index beyond the number of points, a value that is not finite.
    pub fn insert_point(
        &mut self,
        section: SectionId,
        index: usize,
        x: f64,
        y: f64,
        z: f64,
        diameter: f64,
    ) -> Result<(), Error> {
        let point = self.checked_point(section, x, y, z, diameter)?;
        let points = &mut self.get_mut(section)?.points;
        if index > points.len() {
            let count = points.len();
            return Err(Error::PointIndex { section: self.full_name(section), index, count });
        }
        points.insert(index, point);
        self.points_changed(section, index);
        Ok(())
    }

    /// Replaces a point (um) (`pt3dchange`).
    ///
    /// # Errors
    /// No such point, a value that is not finite.
    pub fn change_point(
        &mut self,
        section: SectionId,
        index: usize,
        x: f64,
        y: f64,
        z: f64,
        diameter: f64,
    ) -> Result<(), Error> {
        let point = self.checked_point(section, x, y, z, diameter)?;
        let arc = self.point(section, index)?.arc;
        self.section_mut(section).points[index] = Point { arc, ..point };
        self.points_changed(section, index);
        Ok(())
    }

    /// Replaces the diameter (um) of a point (`pt3dchange` with two arguments).
    ///
    /// # Errors
    /// No such point, a value that is not finite.
    pub fn change_point_diameter(
        &mut self,
        section: SectionId,
        index: usize,
        diameter: f64,
    ) -> Result<(), Error> {
        let found = *self.point(section, index)?;
        let point = self.checked_point(section, found.x.into(), found.y.into(), found.z.into(), diameter)?;
        self.section_mut(section).points[index].diameter = point.diameter;
        self.shape_changes += 1;
        self.mark_stale(section);
        Ok(())
    }

    /// Removes a point (`pt3dremove`).
    ///
    /// # Errors
    /// No such point.
    pub fn remove_point(&mut self, section: SectionId, index: usize) -> Result<(), Error> {
        self.point(section, index)?;
        self.section_mut(section).points.remove(index);
        self.points_changed(section, index);
        Ok(())
    }

    /// Removes all points (`pt3dclear`); length, diameters and areas stay as they are.
    ///
    /// # Errors
    /// [`Error::DeletedSection`].
    pub fn clear_points(&mut self, section: SectionId) -> Result<(), Error> {
        self.get_mut(section)?.points.clear();
        self.shape_changes += 1;
        Ok(())
    }

    /// Number of points (`n3d`).
    ///
    /// # Errors
    /// [`Error::DeletedSection`].
    pub fn point_count(&self, section: SectionId) -> Result<usize, Error> {
        Ok(self.get(section)?.points.len())
    }

    /// Coordinates x, y, z of a point (um).
    ///
    /// # Errors
    /// No such point.
    pub fn point_position(&self, section: SectionId, index: usize) -> Result<[f64; 3], Error> {
        let point = self.point(section, index)?;
        Ok([point.x.into(), point.y.into(), point.z.into()])
    }

    /// Diameter of a point (um), also of a spine (`diam3d`).
    ///
    /// # Errors
    /// No such point.
    pub fn point_diameter(&self, section: SectionId, index: usize) -> Result<f64, Error> {
        Ok(self.point(section, index)?.diameter.abs().into())
    }

    /// Path length from the first point to a point (um) (`arc3d`).
    ///
    /// # Errors
    /// No such point.
    pub fn point_arc(&self, section: SectionId, index: usize) -> Result<f64, Error> {
        Ok(self.point(section, index)?.arc)
    }

    /// Whether a point has a spine (`spine3d`).
    ///
    /// # Errors
    /// No such point.
    pub fn point_has_spine(&self, section: SectionId, index: usize) -> Result<bool, Error> {
        Ok(self.point(section, index)?.diameter < 0.0)
    }

    /// Area (um2) that every spine adds to its segment (`setSpineArea`); 0 unless set.
    pub fn set_spine_area(&mut self, area: f64) {
        self.spine_area = area;
        self.diameter_changed = true;
    }

    /// Area (um2) that every spine adds to its segment.
    pub fn spine_area(&self) -> f64 {
        self.spine_area
    }

    /// The location that the shape follows when its parent moves (`pt3dstyle`), `None` where its first point
    /// snaps to the parent.
    ///
    /// # Errors
    /// [`Error::DeletedSection`].
    pub fn logical_connection(&self, section: SectionId) -> Result<Option<[f64; 3]>, Error> {
        Ok(self.get(section)?.logical_connection.map(|location| location.map(f64::from)))
    }

    /// Sets or removes the logical connection (um), see [`Cell::logical_connection`].
    ///
    /// # Errors
    /// [`Error::DeletedSection`].
    pub fn set_logical_connection(
        &mut self,
        section: SectionId,
        location: Option<[f64; 3]>,
    ) -> Result<(), Error> {
        let found = self.get_mut(section)?;
        let changed = found.logical_connection.is_some() || location.is_some();
        found.logical_connection = location.map(|location| location.map(|value| value as f32));
        if changed {
            self.shape_changes += 1;
            self.diameter_changed = true;
        }
        Ok(())
    }

    fn point(&self, section: SectionId, index: usize) -> Result<&Point, Error> {
        let points = &self.get(section)?.points;
        points.get(index).ok_or_else(|| Error::PointIndex {
            section: self.full_name(section),
            index,
            count: points.len(),
        })
    }

    pub(crate) fn checked_point(
        &self,
        section: SectionId,
        x: f64,
        y: f64,
        z: f64,
        diameter: f64,
    ) -> Result<Point, Error> {
        self.get(section)?;
        let point = Point { x: x as f32, y: y as f32, z: z as f32, diameter: diameter as f32, arc: 0.0 };
        if [point.x, point.y, point.z, point.diameter].iter().all(|value| value.is_finite()) {
            Ok(point)
        } else {
            Err(Error::PointNotFinite { section: self.full_name(section), x, y, z, diameter })
        }
    }

    /// Notes that the points from `index` on changed.
    pub(crate) fn points_changed(&mut self, section: SectionId, index: usize) {
        self.section_mut(section).update_arcs(index);
        self.shape_changes += 1;
        self.mark_stale(section);
    }
}

impl Section {
    /// Computes the path lengths from point `start` on, and with them the length of the section.
    fn update_arcs(&mut self, start: usize) {
        if start == 0
            && let Some(first) = self.points.first_mut()
        {
            first.arc = 0.0;
        }
        for index in start.max(1)..self.points.len() {
            let [previous, point] = [self.points[index - 1], self.points[index]];
            let dx = f64::from(point.x - previous.x);
            let dy = f64::from(point.y - previous.y);
            let dz = f64::from(point.z - previous.z);
            self.points[index].arc = previous.arc + (dx * dx + dy * dy + dz * dz).sqrt();
        }
        if let Some(last) = self.points.last() {
            self.length = last.arc;
        }
    }

    /// Stretches the shape to a new length (um).
    pub(crate) fn scale_points(&mut self, length: f64) {
        let (Some(&first), Some(&last)) = (self.points.first(), self.points.last()) else { return };
        let factor = length / last.arc;
        let scaled = |origin: f32, value: f32| {
            (f64::from(origin) + (f64::from(value) - f64::from(origin)) * factor) as f32
        };
        for point in &mut self.points {
            point.arc *= factor;
            point.x = scaled(first.x, point.x);
            point.y = scaled(first.y, point.y);
            point.z = scaled(first.z, point.z);
        }
    }

    /// Gives every point the diameter of its segment.
    pub(crate) fn flatten_points(&mut self) -> bool {
        let Some(last) = self.points.last() else { return false };
        let arc = last.arc;
        let length = self.effective_length();
        if (length - arc).abs() > 0.001 {
            self.scale_points(length);
        }
        for index in 0..self.points.len() {
            let x = self.points[index].arc / length;
            let segment = self.segment_index(x.min(1.0));
            self.points[index].diameter = self.nodes[segment].diameter as f32;
        }
        true
    }
}
