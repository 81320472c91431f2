//! Gap junctions: electrical edges, each of which is one side of a junction.
//!
//! The edge `afferent_junction_id` names the voltage where it ends, and `efferent_junction_id` the voltage of the other
//! side, which the edge in the opposite direction names as its own. Ids are taken as they are, without the offset of
//! any population.

use cell::model::{At, InstancePlace};
use sonata::edges::EdgePopulation;
use systems::group::{PointProcess, ReceivedVoltage};

use super::EdgesProblem;
use super::builder::{Builder, Planned};
use super::models::{self, CannotMake};
use crate::failure::Failure;

/// Attributes of electrical edges beside their place and `conductance`.
pub const ATTRIBUTES: [&str; 2] = ["afferent_junction_id", "efferent_junction_id"];

/// The mechanism of one side of a junction.
pub const MECHANISM: &str = "Gap";

/// Its variable with the voltage (mV) of the other side.
const OTHER_VOLTAGE: &str = "vgap";

/// Requires the attributes of electrical edges.
///
/// # Errors
///
/// One that is missing.
pub fn require_attributes(edges: &EdgePopulation) -> Result<(), Failure> {
    match ["conductance"].into_iter().chain(ATTRIBUTES).find(|name| !edges.has(name)) {
        Some(name) => {
            let what = format!("edges `{}` lack attribute `{name}`", edges.name());
            let help = "add the attribute to the electrical edges";
            Err(Failure::bad_input(EdgesProblem::new(edges, what, help)))
        }
        None => Ok(()),
    }
}

impl<'a> Builder<'a> {
    /// Makes the junctions from one cell.
    ///
    /// # Errors
    ///
    /// A place that the cell does not have, an id that is none.
    pub fn connect_junctions(&mut self, connection: &Planned<'a>) -> Result<(), Failure> {
        let count = if self.context.crash_test { 1 } else { connection.edges.len() };
        for &edge in connection.edges.iter().take(count) {
            let Some(site) = self.site(connection, edge)? else { continue };
            let (population, row, _) = edge;
            let made = self.add_junction(population, row, site.node);
            made.map_err(|problem| self.problem(connection, edge, problem))?;
            self.synapses.count += 1;
        }
        Ok(())
    }

    /// Adds a junction at a node, with the attributes of an edge.
    fn add_junction(&mut self, population: usize, row: usize, node: u32) -> Result<(), CannotMake> {
        let attributes = &self.batch.attributes[population];
        let get = |name: &str| attributes.get(name, row).unwrap_or_default();
        let id = |name: &str| {
            let value = get(name);
            let is_id = value >= 0.0 && value.fract() == 0.0 && value < u64::MAX as f64;
            let help = "ids of junctions are whole numbers from 0";
            let wrong = || CannotMake::new(format!("its `{name}` is {value}"), help);
            is_id.then_some(value as u64).ok_or_else(wrong)
        };
        let (own, other) = (id(ATTRIBUTES[0])?, id(ATTRIBUTES[1])?);
        let mechanism = models::mechanism(MECHANISM, self.context.setting.registry)?;
        let mut junction = PointProcess::new(&mechanism, Some(node));
        models::set(&mut junction, "g", get("conductance"))?;
        models::set(&mut junction, OTHER_VOLTAGE, 0.0)?;
        let index = self.cell.add_point_process(junction);
        let at = At::PointProcess(index as u32);
        self.cell.received_voltages.push(ReceivedVoltage {
            id: other,
            place: InstancePlace { mechanism: MECHANISM.into(), at },
            variable: OTHER_VOLTAGE.to_owned(),
        });
        self.cell.published_voltages.push((own, node));
        Ok(())
    }
}
