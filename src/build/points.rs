//! Cells as points, to find out whether cells or synapses make a run fail (`--crash-test`): each is one section with NEURON's
//! defaults (100 um long, 500 um wide, without mechanisms).

use std::sync::Arc;

use cell::{Cell, Selection};

use super::Instance;
use super::construct::BuiltCell;
use super::templates::{self, Built};
use crate::failure::Failure;
use crate::input::Input;
use crate::plan::{CellSpec, Plan};

/// The only section of a cell.
const SOMA: &str = "soma[0]";

/// Builds cells as points, unmodified; point neurons are built from their templates.
///
/// # Errors
///
/// What can be wrong with the templates of point neurons; mechanisms that cannot be one catalogue.
pub fn build_cells(specs: Vec<CellSpec>, input: &Input, plan: &Plan) -> Result<Built, Failure> {
    let (artificial, others): (Vec<_>, Vec<_>) =
        specs.into_iter().partition(|spec| plan.populations[spec.population].is_point);
    let mut built = templates::build_cells(artificial, input, plan, false)?;
    let point = Arc::new(point(input)?);
    built.instances.extend(others.into_iter().map(|spec| Instance { spec, built: Arc::clone(&point) }));
    Ok(built)
}

/// A cell of one section. Templates that a point stands for may have lists of sections of either name.
fn point(input: &Input) -> Result<BuiltCell, Failure> {
    let catalogue = input.registry.catalogue().map_err(Failure::bad_input)?;
    let mut cell = Cell::new(Arc::new(catalogue));
    let soma = cell.create_section(None, SOMA);
    let lists = ["soma", "somatic", "all"].map(|name| (name.to_owned(), vec![soma]));
    let model = cell.to_model(&Selection::All, &lists).map_err(Failure::bad_input)?;
    Ok(BuiltCell {
        model: Arc::new(model),
        calls: Vec::new(),
        pointers: Vec::new(),
        section_by_id: vec![Some(0)],
        element_ids: vec![0],
        point_cell: None,
        axon_count: None,
        applications: Vec::new(),
    })
}
