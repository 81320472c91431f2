//! From the arena of sections to the plain arrays of a [`CellModel`].
//!
//! The order of compartments is NEURON's for a thread that holds only these sections: root nodes first, then
//! tree by tree, breadth first over sections in sibling-list order.

use std::collections::{BTreeMap, BTreeSet};

use nmodl::Kind;

use crate::cell::Cell;
use crate::error::Error;
use crate::model::{CellModel, IonModel, MechanismModel, NO_PARENT, Nodes, PointProcessModel, SectionModel};
use crate::point_process::PointProcessId;
use crate::section::{NO_MEMBRANE_AREA, NodeRef, Owner, Section, SectionId};

/// Which sections make a cell model.
#[derive(Clone, Debug, PartialEq)]
pub enum Selection {
    /// All sections, and the artificial cells.
    All,
    /// The trees that the sections of an owner belong to.
    Owner(Owner),
    /// The trees that these sections belong to.
    Trees(Vec<SectionId>),
}

/// Where sections and point processes of a cell are found in its model.
pub struct ModelPlaces {
    layout: Layout,
    point_processes: Vec<PointProcessId>,
}

impl ModelPlaces {
    /// Number of a point process in the model.
    pub fn point_process(&self, id: PointProcessId) -> Option<u32> {
        self.point_processes.binary_search(&id).ok().map(|index| index as u32)
    }
}

/// Where a section is found in the model.
#[derive(Clone, Copy)]
struct Position {
    /// Index in creation order; `u32::MAX` for a section that is not in the model.
    index: u32,
    first_node: u32,
    /// Its root node, if it is a root.
    root_node: u32,
}

/// Sections of a model, in two orders.
struct Layout {
    /// Breadth first.
    tree: Vec<SectionId>,
    roots: Vec<SectionId>,
    /// Smallest id; `place` is indexed from it.
    base: u32,
    place: Vec<Position>,
    /// In creation order.
    sections: Vec<SectionId>,
}

impl Layout {
    fn index(&self, section: SectionId) -> u32 {
        self.place[(section.0 - self.base) as usize].index
    }

    fn first_node(&self, section: SectionId) -> u32 {
        self.place[(section.0 - self.base) as usize].first_node
    }

    fn contains(&self, section: SectionId) -> bool {
        let place = section.0.checked_sub(self.base).and_then(|index| self.place.get(index as usize));
        place.is_some_and(|position| position.index != u32::MAX)
    }

    /// Index of a node.
    fn node(&self, node: NodeRef) -> u32 {
        match node {
            NodeRef::Of(section, index) => self.first_node(section) + index,
            NodeRef::Root(root) => self.place[(root.0 - self.base) as usize].root_node,
        }
    }
}

impl Cell {
    /// The finished cell: what is selected, as plain arrays.
    ///
    /// `section_lists` are named groups of sections for the model; deleted sections are left out. Point processes
    /// are in creation order; those without location do not exist.
    ///
    /// # Errors
    /// Nothing selected, a section whose dimensions do not make compartments, a section list with foreign sections.
    pub fn to_model(
        &mut self,
        selection: &Selection,
        section_lists: &[(String, Vec<SectionId>)],
    ) -> Result<CellModel, Error> {
        Ok(self.to_model_with_places(selection, section_lists)?.0)
    }

    /// [`Cell::to_model`], and where sections and point processes are found in the model.
    ///
    /// # Errors
    /// As for [`Cell::to_model`].
    pub fn to_model_with_places(
        &mut self,
        selection: &Selection,
        section_lists: &[(String, Vec<SectionId>)],
    ) -> Result<(CellModel, ModelPlaces), Error> {
        let layout = self.layout(selection)?;
        for &section in &layout.tree {
            self.recompute_geometry(section)?;
        }
        let nodes = self.flat_nodes(&layout)?;
        let sections = layout.sections.iter().map(|&section| self.flat_section(&layout, section)).collect();
        let mut lists = Vec::with_capacity(section_lists.len());
        for (name, members) in section_lists {
            let mut indices = Vec::with_capacity(members.len());
            for &section in members.iter().filter(|&&section| self.exists(section)) {
                if !layout.contains(section) {
                    return Err(Error::ForeignSection {
                        list: name.clone(),
                        section: self.full_name(section),
                    });
                }
                indices.push(layout.index(section));
            }
            lists.push((name.clone(), indices));
        }
        let ids = self.point_process_ids(&layout, selection);
        let model = CellModel {
            nodes,
            sections,
            mechanisms: self.flat_mechanisms(&layout),
            point_processes: self.flat_point_processes(&layout, &ids),
            ions: self.flat_ions(&layout),
            section_lists: lists,
        };
        Ok((model, ModelPlaces { layout, point_processes: ids }))
    }

    /// The node of a finished model that a place on a section is: that of the segment which contains it, or for a
    /// voltage (`with_ends`) at 0 and 1 the node there. `None` for a section that is not in the model.
    pub fn node_in(&self, places: &ModelPlaces, section: SectionId, x: f64, with_ends: bool) -> Option<u32> {
        let found = self.get(section).ok().filter(|_| places.layout.contains(section))?;
        let place = match found.place(x) {
            place if with_ends => place,
            _ => crate::section::Place::Segment(found.segment_index(x) as u32),
        };
        Some(places.layout.node(self.node_ref(section, place)))
    }

    fn layout(&self, selection: &Selection) -> Result<Layout, Error> {
        let roots = match selection {
            Selection::All => self.roots(),
            Selection::Owner(owner) => {
                // roots in the order of all sections, before those that belong to other owners
                let mut sections = self.sections_of(*owner);
                sections.sort_by_key(|&section| self.section(section).parent.is_some());
                self.roots_of(&sections)?
            }
            Selection::Trees(sections) => self.roots_of(sections)?,
        };
        let mut tree = Vec::new();
        for &root in &roots {
            tree.extend(self.subtree(root)?);
        }
        let smallest = tree.iter().map(|section| section.0).min().ok_or(Error::NoSections)?;
        let largest = tree.iter().map(|section| section.0).max().unwrap_or(smallest);
        let nowhere = Position { index: u32::MAX, first_node: 0, root_node: 0 };
        let mut place = vec![nowhere; (largest - smallest) as usize + 1];
        let mut node = roots.len() as u32;
        for section in &tree {
            place[(section.0 - smallest) as usize] = Position { index: 0, first_node: node, root_node: 0 };
            node += self.section(*section).nodes.len() as u32;
        }
        for (root_node, root) in (0..).zip(&roots) {
            place[(root.0 - smallest) as usize].root_node = root_node;
        }
        let mut layout = Layout { tree, roots, base: smallest, place, sections: Vec::new() };
        layout.sections = match selection {
            Selection::Owner(owner) => self.sections_of(*owner),
            _ => Vec::new(),
        };
        if layout.sections.len() != layout.tree.len() {
            layout.sections = self.sections().filter(|&section| layout.contains(section)).collect();
        }
        for (index, section) in layout.sections.iter().enumerate() {
            layout.place[(section.0 - smallest) as usize].index = index as u32;
        }
        Ok(layout)
    }

    /// Roots of the trees of some sections, each once, in order of first appearance.
    fn roots_of(&self, sections: &[SectionId]) -> Result<Vec<SectionId>, Error> {
        let mut roots = Vec::new();
        let mut seen = BTreeSet::new();
        for &section in sections {
            let root = self.root(section)?;
            if seen.insert(root) {
                roots.push(root);
            }
        }
        Ok(roots)
    }

    fn flat_nodes(&self, layout: &Layout) -> Result<Nodes, Error> {
        let mut nodes = Nodes::default();
        for &root in &layout.roots {
            nodes.parent.push(NO_PARENT);
            nodes.a.push(0.0);
            nodes.b.push(0.0);
            nodes.area.push(NO_MEMBRANE_AREA);
            nodes.diameter.push(0.0);
            nodes.capacitance.push(0.0);
            nodes.is_segment.push(false);
            nodes.section.push(layout.index(root));
        }
        for &id in &layout.tree {
            let section = self.section(id);
            let count = section.nseg();
            let mut parent = layout.node(self.parent_node(id));
            for (index, node) in section.nodes.iter().enumerate() {
                let is_segment = index < count;
                self.check_node(id, index)?;
                let parent_area = nodes.area[parent as usize];
                let a = if index == 0 {
                    -1e2 * section.rall_branch * node.conductance / parent_area
                } else {
                    -1e2 * node.conductance / parent_area
                };
                nodes.a.push(a);
                nodes.b.push(-1e2 * node.conductance / node.area);
                nodes.parent.push(parent);
                nodes.area.push(node.area);
                nodes.diameter.push(if is_segment { node.diameter } else { 0.0 });
                nodes.capacitance.push(if is_segment { node.capacitance } else { 0.0 });
                nodes.is_segment.push(is_segment);
                nodes.section.push(layout.index(id));
                parent = nodes.parent.len() as u32 - 1;
            }
        }
        Ok(nodes)
    }

    /// Fails where a compartment has no area or is not connected.
    fn check_node(&self, id: SectionId, index: usize) -> Result<(), Error> {
        let section = self.section(id);
        let node = &section.nodes[index];
        let usable = |value: f64| value.is_finite() && value > 0.0;
        let (quantity, value) = if !usable(node.area) {
            ("area", node.area)
        } else if !usable(node.conductance * section.rall_branch) {
            ("axial conductance", node.conductance * section.rall_branch)
        } else {
            return Ok(());
        };
        let place = if index == section.nseg() {
            crate::section::Place::Far
        } else {
            crate::section::Place::Segment(index as u32)
        };
        Err(Error::Degenerate { section: self.full_name(id), x: section.position(place), quantity, value })
    }

    fn flat_section(&self, layout: &Layout, id: SectionId) -> SectionModel {
        let section = self.section(id);
        let first = layout.first_node(id);
        let count = section.nseg() as u32;
        let mut segments: Vec<u32> = (first..first + count).collect();
        let mut ends = [layout.node(self.parent_node(id)), first + count];
        if section.reversed {
            segments.reverse();
            ends.reverse();
        }
        SectionModel {
            name: section.name.clone(),
            segments,
            start: ends[0],
            end: ends[1],
            length: section.length,
            axial_resistivity: section.axial_resistance,
            rall_branch: section.rall_branch,
            reversed: section.reversed,
            points: flat_points(section),
        }
    }

    fn flat_mechanisms(&self, layout: &Layout) -> Vec<MechanismModel> {
        let mut models = BTreeMap::new();
        for &id in &layout.tree {
            let first = layout.first_node(id);
            for inserted in &self.section(id).mechanisms {
                let model = models.entry(inserted.mechanism).or_insert_with(|| MechanismModel {
                    description: self.catalogue.mechanism(inserted.mechanism).clone(),
                    nodes: Vec::new(),
                    columns: vec![Vec::new(); inserted.width],
                });
                let count = self.section(id).nseg() as u32;
                model.nodes.extend(first..first + count);
                for (column, values) in model.columns.iter_mut().enumerate() {
                    values.extend(inserted.values[column..].iter().step_by(inserted.width));
                }
            }
        }
        models.into_values().collect()
    }

    fn flat_ions(&self, layout: &Layout) -> Vec<IonModel> {
        let mut models = BTreeMap::new();
        for &id in &layout.tree {
            let first = layout.first_node(id);
            for inserted in &self.section(id).ions {
                let ion = self.catalogue.ion(inserted.ion);
                let model = models.entry(inserted.ion).or_insert_with(|| IonModel {
                    name: ion.name.clone(),
                    valence: ion.valence.unwrap_or_default(),
                    nodes: Vec::new(),
                    style: Vec::new(),
                    reversal: Vec::new(),
                    inside: Vec::new(),
                    outside: Vec::new(),
                });
                for (node, state) in (first..).zip(&inserted.states) {
                    model.nodes.push(node);
                    model.style.push(state.style);
                    model.reversal.push(state.reversal);
                    model.inside.push(state.inside);
                    model.outside.push(state.outside);
                }
            }
        }
        models.into_values().collect()
    }

    /// The point processes of a model, in creation order.
    fn point_process_ids(&self, layout: &Layout, selection: &Selection) -> Vec<PointProcessId> {
        let mut ids: Vec<PointProcessId> = Vec::new();
        for &section in &layout.tree {
            ids.extend(&self.section(section).point_processes);
        }
        if *selection == Selection::All {
            ids.extend(self.point_processes().filter(|&id| {
                self.point_process(id).is_ok_and(|process| {
                    self.catalogue.mechanism(process.mechanism).kind == Kind::ArtificialCell
                })
            }));
        }
        ids.sort_unstable();
        ids
    }

    fn flat_point_processes(&self, layout: &Layout, ids: &[PointProcessId]) -> Vec<PointProcessModel> {
        let flat = |&id: &PointProcessId| {
            let process = self.point_process(id).ok()?;
            Some(PointProcessModel {
                description: self.catalogue.mechanism(process.mechanism).clone(),
                node: process.location.map(|(section, place)| layout.node(self.node_ref(section, place))),
                values: process.values.clone(),
            })
        };
        ids.iter().filter_map(flat).collect()
    }
}

fn flat_points(section: &Section) -> Vec<[f32; 4]> {
    section.points.iter().map(|point| [point.x, point.y, point.z, point.diameter.abs()]).collect()
}
