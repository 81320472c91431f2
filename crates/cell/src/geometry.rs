//! Length, area, diameter and axial conductance of compartments.
//!
//! With two or more 3-D points a section is a chain of frusta that is integrated over the two halves of
//! each segment; otherwise its segments are cylinders. See M. L. Hines and N. T. Carnevale, "The NEURON
//! simulation environment", Neural Computation 9 (1997), and the NEURON manual, "Geometry". The order of
//! operations is NEURON's, so that results are equal to the last bit.

use std::f64::consts::PI;

use crate::cell::Cell;
use crate::error::Error;
use crate::section::{NO_MEMBRANE_AREA, Node, NodeRef, Point, Section, SectionId};

/// Smallest length of a section (um).
const SHORTEST: f64 = 1e-9;
/// Resistance (MOhm) reported where there is no axial conductance.
const NO_CONNECTION: f64 = 1e30;

impl Cell {
    /// Length (um), as it was assigned or as it follows from the 3-D points.
    ///
    /// # Errors
    /// [`Error::DeletedSection`].
    pub fn length(&self, section: SectionId) -> Result<f64, Error> {
        Ok(self.get(section)?.length)
    }

    /// Assigns the length (um); the 3-D points are scaled to it.
    ///
    /// # Errors
    /// [`Error::DeletedSection`].
    pub fn set_length(&mut self, section: SectionId, length: f64) -> Result<(), Error> {
        let found = self.get_mut(section)?;
        found.length = length;
        if !found.points.is_empty() {
            found.scale_points(length);
            self.shape_changes += 1;
        }
        self.mark_stale(section);
        Ok(())
    }

    /// Axial resistivity `Ra` (ohm cm).
    ///
    /// # Errors
    /// [`Error::DeletedSection`].
    pub fn axial_resistance(&self, section: SectionId) -> Result<f64, Error> {
        Ok(self.get(section)?.axial_resistance)
    }

    /// Assigns the axial resistivity `Ra` (ohm cm).
    ///
    /// # Errors
    /// [`Error::DeletedSection`].
    pub fn set_axial_resistance(&mut self, section: SectionId, value: f64) -> Result<(), Error> {
        self.get_mut(section)?.axial_resistance = value;
        self.mark_stale(section);
        Ok(())
    }

    /// Number of identical branches that the section stands for (`rallbranch`).
    ///
    /// # Errors
    /// [`Error::DeletedSection`].
    pub fn rall_branch(&self, section: SectionId) -> Result<f64, Error> {
        Ok(self.get(section)?.rall_branch)
    }

    /// Assigns the number of identical branches that the section stands for (`rallbranch`).
    ///
    /// # Errors
    /// [`Error::DeletedSection`].
    pub fn set_rall_branch(&mut self, section: SectionId, value: f64) -> Result<(), Error> {
        self.get_mut(section)?.rall_branch = value;
        self.mark_stale(section);
        Ok(())
    }

    /// Area (um2) of the segment that contains `x`; 0 for the ends (`area(x)`).
    ///
    /// # Errors
    /// A position out of range, a diameter that is not positive.
    pub fn area(&mut self, section: SectionId, x: f64) -> Result<f64, Error> {
        self.check_position(section, x)?;
        if x == 0.0 || x == 1.0 {
            return Ok(0.0);
        }
        self.update_stale(section)?;
        let found = self.section(section);
        Ok(found.nodes[found.segment_index(x)].area)
    }

    /// Resistance (MOhm) between the node at `x` and the node before it; `1e30` for a root node (`ri(x)`).
    ///
    /// # Errors
    /// A position out of range, a diameter that is not positive.
    pub fn axial_resistance_to_parent(&mut self, section: SectionId, x: f64) -> Result<f64, Error> {
        self.check_position(section, x)?;
        self.update_order();
        let node = self.node_ref(section, self.section(section).place(x));
        match node {
            NodeRef::Root(root) => {
                self.update_stale(root)?;
                Ok(NO_CONNECTION)
            }
            NodeRef::Of(owner, index) => {
                self.update_stale(owner)?;
                let conductance = self.section(owner).nodes[index as usize].conductance;
                Ok(if conductance == 0.0 { NO_CONNECTION } else { 1.0 / conductance })
            }
        }
    }

    /// Space constant (um) at the frequency `frequency` (Hz), averaged over the 3-D points (`lambda_f`).
    ///
    /// See M. L. Hines and N. T. Carnevale, "NEURON: a tool for neuroscientists", The Neuroscientist 7 (2001).
    ///
    /// # Errors
    /// A point without diameter; points at one place; a diameter that is not positive.
    pub fn space_constant(&mut self, section: SectionId, frequency: f64) -> Result<f64, Error> {
        let found = self.get(section)?;
        let middle = found.segment_index(0.5);
        let capacitance = found.nodes[middle].capacitance;
        let resistance = found.axial_resistance;
        if capacitance == 0.0 {
            return Ok(1e10);
        }
        if found.points.len() < 2 {
            self.update_stale(section)?;
            let diameter = self.section(section).nodes[middle].diameter;
            return Ok(1e5 * (diameter / (4.0 * PI * frequency * resistance * capacitance)).sqrt());
        }
        let mut lambda = 0.0;
        for (index, pair) in found.points.windows(2).enumerate() {
            let [d1, d2] = [pair[0], pair[1]].map(|point| f64::from(point.diameter.abs()));
            if d1 == 0.0 {
                return Err(Error::PointDiameter { section: self.full_name(section), index });
            }
            lambda += (pair[1].arc - pair[0].arc) / (d1 + d2).sqrt();
        }
        lambda *= 2f64.sqrt() * 1e-5 * (4.0 * PI * frequency * resistance * capacitance).sqrt();
        if lambda == 0.0 {
            let (quantity, value) = ("electrotonic length", lambda);
            return Err(Error::Degenerate { section: self.full_name(section), x: 0.5, quantity, value });
        }
        Ok(found.length / lambda)
    }

    /// Computes areas, diameters and axial conductances of all sections, as NEURON does before a run.
    ///
    /// # Errors
    /// A section without 3-D shape whose diameter is not positive.
    pub fn update_geometry(&mut self) -> Result<(), Error> {
        self.update_order();
        let mut next = self.sections().next();
        while let Some(section) = next {
            self.recompute_geometry(section)?;
            next = self.section(section).next;
        }
        self.diameter_changed = false;
        Ok(())
    }

    /// Computes the geometry of a section where something changed.
    pub(crate) fn update_stale(&mut self, section: SectionId) -> Result<(), Error> {
        if self.get(section)?.stale { self.recompute_geometry(section) } else { Ok(()) }
    }

    /// Computes the geometry of a section, whether or not something changed.
    pub(crate) fn recompute_geometry(&mut self, section: SectionId) -> Result<(), Error> {
        let spine_area = self.spine_area;
        if let Err((x, diameter)) = self.section_mut(section).compute_geometry(spine_area) {
            return Err(Error::Diameter { section: self.full_name(section), x, diameter });
        }
        self.diameter_changed = true;
        Ok(())
    }
}

impl Section {
    /// Length as used for geometry (um): that of the points where they changed, never 0.
    pub fn effective_length(&mut self) -> f64 {
        if self.stale
            && let Some(last) = self.points.last()
        {
            self.length = last.arc;
        }
        if self.length <= SHORTEST {
            self.length = SHORTEST;
        }
        self.length
    }

    /// Fills areas, diameters and axial conductances; the error is position and diameter of a segment
    /// that cannot be a cylinder.
    fn compute_geometry(&mut self, spine_area: f64) -> Result<(), (f64, f64)> {
        if let Some(last) = self.points.last() {
            self.length = last.arc;
        }
        let resistivity = self.axial_resistance;
        let count = self.nseg();
        let length = self.effective_length() / count as f64;
        let mut right = 0.0;
        if self.points.len() > 1 {
            let mut frusta = Frusta::new(&self.points, count);
            for (index, node) in self.nodes[..count].iter_mut().enumerate() {
                right = frusta.segment(index, node, right, resistivity, spine_area);
            }
        } else {
            for index in 0..count {
                let diameter = self.nodes[index].diameter;
                // written so that NaN is refused too
                if diameter.is_nan() || diameter <= 0.0 {
                    return Err((self.position(crate::section::Place::Segment(index as u32)), diameter));
                }
                let node = &mut self.nodes[index];
                node.area = PI * diameter * length;
                let half = 1e-2 * resistivity * (length / 2.0) / (PI * diameter * diameter / 4.0);
                node.conductance = 1.0 / (half + right);
                right = half;
            }
        }
        let end = &mut self.nodes[count];
        end.area = NO_MEMBRANE_AREA;
        end.conductance = 1.0 / right;
        self.stale = false;
        Ok(())
    }
}

/// Integration along the 3-D points, segment by segment.
struct Frusta<'a> {
    points: &'a [Point],
    count: usize,
    /// Length of a segment (um).
    length: f64,
    /// Index of the last point passed.
    index: usize,
    /// Path length and diameter where the integration stands (um).
    arc: f64,
    diameter: f64,
}

impl<'a> Frusta<'a> {
    /// At the start of a section of `count` segments; there are at least two points.
    fn new(points: &'a [Point], count: usize) -> Self {
        Self {
            points,
            count,
            length: points[points.len() - 1].arc / count as f64,
            index: 0,
            arc: points[0].arc,
            diameter: points[0].diameter.abs().into(),
        }
    }

    /// Fills one segment; takes the resistance (MOhm) of the half segment before it, returns that of its own
    /// second half.
    fn segment(
        &mut self,
        segment: usize,
        node: &mut Node,
        before: f64,
        resistivity: f64,
        spine_area: f64,
    ) -> f64 {
        let mut diameter = 0.0;
        let mut area = 0.0;
        let mut spines = 0;
        let start = segment as f64 * self.length;
        let middle = start + self.length / 2.0;
        let end = middle + self.length / 2.0;
        let mut halves = [0.0; 2];
        for (half, (from, to)) in halves.iter_mut().zip([(start, middle), (middle, end)]) {
            let sum = self.half(from, to, &mut diameter, &mut area, &mut spines);
            *half = sum * resistivity / PI * (4.0 * 0.01);
        }
        node.conductance = 1.0 / (before + halves[0]);
        diameter *= 0.5 / self.length;
        if (diameter - node.diameter).abs() > 1e-9 || diameter < 1e-5 {
            node.diameter = diameter;
        }
        if segment == self.count - 1 && self.points[self.points.len() - 1].diameter < 0.0 {
            spines += 1;
        }
        node.area = area * 0.5 * PI + f64::from(spines) * spine_area;
        halves[1]
    }

    /// Integrates from the current position to `to`, over all points between; returns the sum of length over
    /// cross section (1/um, without its factor).
    fn half(&mut self, from: f64, to: f64, diameter: &mut f64, area: &mut f64, spines: &mut i32) -> f64 {
        let mut sum = 0.0;
        loop {
            let next = self.index + 1;
            let [point, following] = [self.points[self.index], self.points[next]];
            let [d1, d2] = [point, following].map(|point| f64::from(point.diameter.abs()));
            if point.diameter < 0.0 && point.arc >= from && point.arc < to {
                *spines += 1;
            }
            let last = following.arc > to || next == self.points.len() - 1;
            let (x, y) = if last {
                let span = following.arc - point.arc;
                let fraction = if span.abs() < 1e-10 { 1.0 } else { (to - point.arc) / span };
                (to, (1.0 - fraction) * d1 + fraction * d2)
            } else {
                (following.arc, d2)
            };
            let step = x - self.arc;
            *diameter += (y + self.diameter) * step;
            let step = if step < 1e-15 { 1e-15 } else { step };
            let section = y * self.diameter / step;
            sum += 1.0 / if section == 0.0 { 1e-15 } else { section };
            let rise = 0.5 * (y - self.diameter);
            *area += (y + self.diameter) * (step * step + rise * rise).sqrt();
            self.arc = x;
            self.diameter = y;
            if last {
                return sum;
            }
            self.index = next;
        }
    }
}
