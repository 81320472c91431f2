//! How sections are connected: parents, sibling lists and trees.
//!
//! A sibling list is sorted by the distance of the connection from the attached end of the parent; of
//! several children at one place the one connected last comes first. Breadth-first order over these lists
//! is what the order of compartments, and with it the last bit of results, depends on.

use crate::cell::Cell;
use crate::error::Error;
use crate::section::{NodeRef, Place, SectionId};

impl Cell {
    /// Connects the end `child_end` (0 or 1) of `child` to the position `parent_x` of `parent`, giving up an
    /// earlier connection.
    ///
    /// # Errors
    /// An end other than 0 or 1, a position out of range; or a loop, which leaves the child without parent.
    pub fn connect(
        &mut self,
        child: SectionId,
        child_end: f64,
        parent: SectionId,
        parent_x: f64,
    ) -> Result<(), Error> {
        self.get(child)?;
        if child_end != 0.0 && child_end != 1.0 {
            return Err(Error::ConnectionEnd { section: self.full_name(child), end: child_end });
        }
        self.check_position(parent, parent_x)?;
        self.unlink_from_parent(child);
        // only a section that has descendants can be among the ancestors of another
        let can_loop = child == parent || !self.section(child).children.is_empty();
        if can_loop && self.root(parent)? == child {
            self.mark_connected();
            return Err(Error::Loop { child: self.full_name(child), parent: self.full_name(parent) });
        }
        let section = self.section_mut(child);
        if section.orientation() != child_end {
            section.children.reverse();
            section.reverse_nodes();
            section.reversed = child_end == 1.0;
            self.reverse_points_of(child);
        }
        let section = self.section_mut(child);
        section.parent = Some(parent);
        section.parent_x = parent_x;
        let distance = self.sibling_distance(child);
        let siblings = &self.section(parent).children;
        let position = siblings.iter().position(|&sibling| distance <= self.sibling_distance(sibling));
        let position = position.unwrap_or(siblings.len());
        self.section_mut(parent).children.insert(position, child);
        self.mark_connected();
        Ok(())
    }

    /// Gives up the connection of a section to its parent; its orientation stays.
    ///
    /// # Errors
    /// [`Error::DeletedSection`].
    pub fn disconnect(&mut self, section: SectionId) -> Result<(), Error> {
        self.get(section)?;
        self.unlink_from_parent(section);
        Ok(())
    }

    /// The section that `section` was connected to.
    ///
    /// # Errors
    /// [`Error::DeletedSection`].
    pub fn parent(&self, section: SectionId) -> Result<Option<SectionId>, Error> {
        Ok(self.get(section)?.parent)
    }

    /// Position on the parent where the section is connected; kept after a disconnection.
    ///
    /// # Errors
    /// [`Error::DeletedSection`].
    pub fn parent_x(&self, section: SectionId) -> Result<f64, Error> {
        Ok(self.get(section)?.parent_x)
    }

    /// End by which the section is connected: 0 or 1.
    ///
    /// # Errors
    /// [`Error::DeletedSection`].
    pub fn orientation(&self, section: SectionId) -> Result<f64, Error> {
        Ok(self.get(section)?.orientation())
    }

    /// Children in sibling-list order.
    ///
    /// # Errors
    /// [`Error::DeletedSection`].
    pub fn children(&self, section: SectionId) -> Result<&[SectionId], Error> {
        Ok(&self.get(section)?.children)
    }

    /// The ancestor whose own compartments the section is connected to: ancestors connected at the end by
    /// which they are attached themselves are passed over. `None` where the section shares the root node.
    ///
    /// # Errors
    /// [`Error::DeletedSection`].
    pub fn true_parent(&self, section: SectionId) -> Result<Option<SectionId>, Error> {
        let mut child = self.get(section)?;
        while let Some(parent) = child.parent {
            let found = self.section(parent);
            if child.parent_x != found.orientation() {
                return Ok(Some(parent));
            }
            child = found;
        }
        Ok(None)
    }

    /// The section without parent at the root of the tree.
    ///
    /// # Errors
    /// [`Error::DeletedSection`].
    pub fn root(&self, section: SectionId) -> Result<SectionId, Error> {
        self.get(section)?;
        let mut root = section;
        while let Some(parent) = self.section(root).parent {
            root = parent;
        }
        Ok(root)
    }

    /// Sections without parent, in the order of all sections.
    pub fn roots(&self) -> Vec<SectionId> {
        self.sections().filter(|&section| self.section(section).parent.is_none()).collect()
    }

    /// The section and its descendants, breadth first, children in sibling-list order.
    ///
    /// # Errors
    /// [`Error::DeletedSection`].
    pub fn subtree(&self, section: SectionId) -> Result<Vec<SectionId>, Error> {
        self.get(section)?;
        let mut tree = vec![section];
        let mut next = 0;
        while next < tree.len() {
            tree.extend_from_slice(&self.section(tree[next]).children);
            next += 1;
        }
        Ok(tree)
    }

    /// All sections of the tree that the section belongs to, as for [`Cell::subtree`] of its root.
    ///
    /// # Errors
    /// [`Error::DeletedSection`].
    pub fn whole_tree(&self, section: SectionId) -> Result<Vec<SectionId>, Error> {
        self.subtree(self.root(section)?)
    }

    /// Removes a section from the sibling list of its parent.
    pub(crate) fn unlink_from_parent(&mut self, section: SectionId) {
        if let Some(parent) = self.section_mut(section).parent.take() {
            self.section_mut(parent).children.retain(|&child| child != section);
            self.topology_changed = true;
        }
    }

    /// The node that node 0 of a section is attached to.
    pub(crate) fn parent_node(&self, section: SectionId) -> NodeRef {
        let mut id = section;
        while let Some(parent) = self.section(id).parent {
            let x = self.section(id).parent_x;
            let found = self.section(parent);
            if x != found.orientation() {
                let index = if x == 0.0 || x == 1.0 { found.nseg() } else { found.segment_index(x) };
                return NodeRef::Of(parent, index as u32);
            }
            id = parent;
        }
        NodeRef::Root(id)
    }

    /// The node that a place of a section stands for.
    pub(crate) fn node_ref(&self, section: SectionId, place: Place) -> NodeRef {
        match place {
            Place::Near => self.parent_node(section),
            Place::Segment(index) => NodeRef::Of(section, index),
            Place::Far => NodeRef::Of(section, self.section(section).nseg() as u32),
        }
    }

    /// Numbers the sections breadth first, tree by tree, where the topology changed.
    pub(crate) fn update_order(&mut self) {
        if !self.topology_changed {
            return;
        }
        let mut order = 0;
        for root in self.roots() {
            for section in self.subtree(root).unwrap_or_default() {
                self.section_mut(section).order = order;
                order += 1;
            }
        }
        self.topology_changed = false;
        self.diameter_changed = true;
        self.shape_changes += 1;
    }

    /// Distance of a connection from the attached end of the parent, as a fraction.
    fn sibling_distance(&self, child: SectionId) -> f64 {
        let section = self.section(child);
        match section.parent {
            Some(parent) if self.section(parent).reversed => 1.0 - section.parent_x,
            _ => section.parent_x,
        }
    }

    fn mark_connected(&mut self) {
        self.topology_changed = true;
        self.diameter_changed = true;
    }
}
