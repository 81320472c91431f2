//! Cells as blocks: models, which many cells share, and what else is known of a built cell.

use std::sync::Arc;

use cell::CellModel;
use cell::model::{IonModel, MechanismModel, NO_PARENT, Nodes, PointProcessModel, SectionModel};
use nmodl::Description;
use systems::Registry;

use super::calls::{read_calls, read_pointers, write_calls, write_pointers};
use super::columns::{Malformed, Reader, Reading, Writer, parts};
use crate::build::BuiltCell;

/// A model as a block.
pub fn write_model(model: &CellModel) -> Vec<u8> {
    let mut writer = Writer::default();
    write_nodes(&model.nodes, &mut writer);
    write_sections(&model.sections, &mut writer);
    writer.number(model.mechanisms.len());
    for MechanismModel { description, nodes, columns } in &model.mechanisms {
        writer.text(&description.name);
        writer.whole32(nodes);
        writer.number(columns.len());
        columns.iter().for_each(|column| writer.floats(column.iter().copied()));
    }
    writer.number(model.point_processes.len());
    for PointProcessModel { description, node, values } in &model.point_processes {
        writer.text(&description.name);
        writer.whole(optional(*node).into_iter());
        writer.floats(values.iter().copied());
    }
    writer.number(model.ions.len());
    for IonModel { name, valence, nodes, style, reversal, inside, outside } in &model.ions {
        writer.text(name);
        writer.floats([*valence].into_iter());
        writer.whole32(nodes);
        writer.whole32(style);
        [reversal, inside, outside].into_iter().for_each(|column| writer.floats(column.iter().copied()));
    }
    write_lists(&model.section_lists, &mut writer);
    writer.finish()
}

/// The model of a block.
pub fn read_model(bytes: &[u8], registry: &Registry) -> Reading<CellModel> {
    let mut reader = Reader::new(bytes);
    let nodes = read_nodes(&mut reader)?;
    let sections = read_sections(&mut reader)?;
    let mut mechanisms = Vec::new();
    for _ in 0..reader.number()? {
        let description = described(reader.text()?, registry)?;
        let nodes: Vec<u32> = reader.whole()?;
        let width = reader.number()?;
        let columns = (0..width).map(|_| reader.floats_of(nodes.len())).collect::<Reading<_>>()?;
        mechanisms.push(MechanismModel { description, nodes, columns });
    }
    let mut point_processes = Vec::new();
    for _ in 0..reader.number()? {
        let description = described(reader.text()?, registry)?;
        let node = one_optional(reader.whole_of(1)?);
        let values = reader.floats_of(description.variables.len())?;
        point_processes.push(PointProcessModel { description, node, values });
    }
    let mut ions = Vec::new();
    for _ in 0..reader.number()? {
        let name = reader.text()?.to_owned();
        let valence = reader.floats_of(1)?[0];
        let nodes: Vec<u32> = reader.whole()?;
        let count = nodes.len();
        let style = reader.whole_of(count)?;
        let [reversal, inside, outside] =
            [reader.floats_of(count)?, reader.floats_of(count)?, reader.floats_of(count)?];
        ions.push(IonModel { name, valence, nodes, style, reversal, inside, outside });
    }
    let section_lists = read_lists(&mut reader)?;
    reader.finish()?;
    let model = CellModel { nodes, sections, mechanisms, point_processes, ions, section_lists };
    if is_sound(&model) { Ok(model) } else { Err(Malformed) }
}

/// What is known of a built cell beside its model, as a block.
pub fn write_built(built: &BuiltCell) -> Vec<u8> {
    let BuiltCell {
        model: _,
        calls,
        pointers,
        section_by_id,
        element_ids,
        point_cell,
        axon_count,
        applications,
    } = built;
    let mut writer = Writer::default();
    write_calls(calls, &mut writer);
    write_pointers(pointers, &mut writer);
    writer.whole(section_by_id.iter().map(|section| section.map_or(0, |section| u64::from(section) + 1)));
    writer.whole32(element_ids);
    writer.whole(optional(*point_cell).into_iter());
    writer.whole([axon_count.map_or(0, |count| count as u64 + 1)].into_iter());
    writer.whole(applications.iter().copied());
    writer.finish()
}

/// The built cell of a block, with its model.
pub fn read_built(bytes: &[u8], model: Arc<CellModel>) -> Reading<BuiltCell> {
    let mut reader = Reader::new(bytes);
    let calls = read_calls(&mut reader)?;
    let pointers = read_pointers(&mut reader)?;
    let section_by_id: Vec<u32> = reader.whole()?;
    let element_ids = reader.whole_of(model.sections.len())?;
    let point_cell = one_optional(reader.whole_of(1)?);
    let axon_count: Vec<usize> = reader.whole_of(1)?;
    let applications = reader.whole()?;
    reader.finish()?;
    Ok(BuiltCell {
        calls,
        pointers,
        section_by_id: section_by_id.into_iter().map(|section| section.checked_sub(1)).collect(),
        element_ids,
        point_cell,
        axon_count: axon_count[0].checked_sub(1),
        applications,
        model,
    })
}

/// A number that may be missing, as a whole number: 0 for none, else one more than it.
pub fn optional(number: Option<u32>) -> [u64; 1] {
    [number.map_or(0, |number| u64::from(number) + 1)]
}

/// The number that [`optional`] made.
fn one_optional(numbers: Vec<u64>) -> Option<u32> {
    numbers.first().and_then(|number| u32::try_from(number.checked_sub(1)?).ok())
}

/// The description of a mechanism.
pub fn described(name: &str, registry: &Registry) -> Reading<Arc<Description>> {
    registry.get(name).map(|mechanism| Arc::clone(mechanism.description())).ok_or(Malformed)
}

fn write_nodes(nodes: &Nodes, writer: &mut Writer) {
    let Nodes { parent, a, b, area, diameter, capacitance, is_segment, section } = nodes;
    // Without a parent: 0
    writer.whole(parent.iter().map(|&parent| if parent == NO_PARENT { 0 } else { u64::from(parent) + 1 }));
    for column in [a, b, area, diameter, capacitance] {
        writer.floats(column.iter().copied());
    }
    writer.whole(is_segment.iter().map(|&is_segment| u64::from(is_segment)));
    writer.whole32(section);
}

fn read_nodes(reader: &mut Reader) -> Reading<Nodes> {
    let parent: Vec<u32> = reader.whole()?;
    let count = parent.len();
    let parent = parent.into_iter().map(|parent| parent.checked_sub(1).unwrap_or(NO_PARENT)).collect();
    let mut floats = || reader.floats_of(count);
    let (a, b, area, diameter, capacitance) = (floats()?, floats()?, floats()?, floats()?, floats()?);
    let is_segment: Vec<u8> = reader.whole_of(count)?;
    let is_segment = is_segment.into_iter().map(|flag| flag != 0).collect();
    Ok(Nodes { parent, a, b, area, diameter, capacitance, is_segment, section: reader.whole_of(count)? })
}

fn write_sections(sections: &[SectionModel], writer: &mut Writer) {
    writer.number(sections.len());
    sections.iter().for_each(|section| writer.text(&section.name));
    writer.whole(sections.iter().map(|section| section.segments.len() as u64));
    writer.whole(sections.iter().flat_map(|section| &section.segments).map(|&node| u64::from(node)));
    writer.whole(sections.iter().map(|section| u64::from(section.start)));
    writer.whole(sections.iter().map(|section| u64::from(section.end)));
    writer.floats(sections.iter().map(|section| section.length));
    writer.floats(sections.iter().map(|section| section.axial_resistivity));
    writer.floats(sections.iter().map(|section| section.rall_branch));
    writer.whole(sections.iter().map(|section| u64::from(section.reversed)));
    writer.whole(sections.iter().map(|section| section.points.len() as u64));
    for axis in 0..4 {
        let points = sections.iter().flat_map(|section| &section.points);
        writer.floats(points.map(|point| f64::from(point[axis])));
    }
}

fn read_sections(reader: &mut Reader) -> Reading<Vec<SectionModel>> {
    let count = reader.number()?;
    let names = (0..count).map(|_| reader.text()).collect::<Reading<Vec<&str>>>()?;
    let lengths: Vec<usize> = reader.whole_of(count)?;
    let segments = parts(reader.whole()?, &lengths)?;
    let starts: Vec<u32> = reader.whole_of(count)?;
    let ends: Vec<u32> = reader.whole_of(count)?;
    let (length, resistivity) = (reader.floats_of(count)?, reader.floats_of(count)?);
    let branches = reader.floats_of(count)?;
    let reversed: Vec<u8> = reader.whole_of(count)?;
    let point_counts: Vec<usize> = reader.whole_of(count)?;
    let x = reader.floats()?;
    let axes = [reader.floats_of(x.len())?, reader.floats_of(x.len())?, reader.floats_of(x.len())?];
    let [y, z, diameter] = axes;
    let points = (0..x.len()).map(|index| [x[index], y[index], z[index], diameter[index]].map(|v| v as f32));
    let points = parts(points.collect(), &point_counts)?;
    let sections = names.into_iter().zip(segments).zip(points).enumerate();
    Ok(sections
        .map(|(index, ((name, segments), points))| SectionModel {
            name: name.to_owned(),
            segments,
            start: starts[index],
            end: ends[index],
            length: length[index],
            axial_resistivity: resistivity[index],
            rall_branch: branches[index],
            reversed: reversed[index] != 0,
            points,
        })
        .collect())
}

fn write_lists(lists: &[(String, Vec<u32>)], writer: &mut Writer) {
    writer.number(lists.len());
    for (name, sections) in lists {
        writer.text(name);
        writer.whole32(sections);
    }
}

fn read_lists(reader: &mut Reader) -> Reading<Vec<(String, Vec<u32>)>> {
    (0..reader.number()?).map(|_| Ok((reader.text()?.to_owned(), reader.whole()?))).collect()
}

/// Whether all indices of a model lie in it, so that what uses it need not look.
fn is_sound(model: &CellModel) -> bool {
    let (nodes, sections) = (model.nodes.parent.len(), model.sections.len());
    let is_node = |node: &u32| (*node as usize) < nodes;
    let is_section = |section: &u32| (*section as usize) < sections;
    let parents = model.nodes.parent.iter().enumerate();
    let rising = |list: &[u32]| list.windows(2).all(|pair| pair[0] <= pair[1]);
    parents.fold(true, |sound, (node, &parent)| sound && (parent == NO_PARENT || (parent as usize) < node))
        && model.nodes.section.iter().all(is_section)
        && model.section_lists.iter().flat_map(|(_, list)| list).all(is_section)
        && model.sections.iter().all(|section| {
            is_node(&section.start) && is_node(&section.end) && section.segments.iter().all(is_node)
        })
        && model.mechanisms.iter().all(|mechanism| {
            mechanism.columns.len() == mechanism.description.variables.len()
                && mechanism.nodes.iter().all(is_node)
                && rising(&mechanism.nodes)
        })
        && model.ions.iter().all(|ion| ion.nodes.iter().all(is_node) && rising(&ion.nodes))
        && model.point_processes.iter().filter_map(|point| point.node.as_ref()).all(is_node)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(registry: &Registry) -> CellModel {
        let of = |name: &str| described(name, registry).expect("it is built in");
        let (pas, synapse) = (of("pas"), of("ExpSyn"));
        let section = |name: &str, reversed| SectionModel {
            name: name.to_owned(),
            segments: vec![1, 2],
            start: 0,
            end: 3,
            length: 12.5,
            axial_resistivity: 100.0,
            rall_branch: 2.0,
            reversed,
            points: vec![[0.1, 0.2, 0.3, 1.0], [1.1, 0.2, 0.3, 2.0]],
        };
        CellModel {
            nodes: Nodes {
                parent: vec![NO_PARENT, 0, 1, 2],
                a: vec![0.0, -0.1, -0.2, -0.3],
                b: vec![0.0, -0.4, -0.5, -0.6],
                area: vec![100.0, 20.0, 30.0, 100.0],
                diameter: vec![0.0, 1.0, 1.5, 0.0],
                capacitance: vec![0.0, 1.0, 1.0, 0.0],
                is_segment: vec![false, true, true, false],
                section: vec![0, 0, 0, 1],
            },
            sections: vec![section("soma[0]", false), section("dend[0]", true)],
            mechanisms: vec![MechanismModel {
                columns: vec![vec![0.25, 0.1]; pas.variables.len()],
                nodes: vec![1, 2],
                description: pas,
            }],
            point_processes: vec![PointProcessModel {
                values: vec![1.5; synapse.variables.len()],
                node: Some(2),
                description: synapse,
            }],
            ions: vec![IonModel {
                name: "na".to_owned(),
                valence: 1.0,
                nodes: vec![1, 2],
                style: vec![65, 66],
                reversal: vec![50.0, 51.0],
                inside: vec![10.0, 10.0],
                outside: vec![140.0, 0.1],
            }],
            section_lists: vec![("all".to_owned(), vec![0, 1]), ("apical".to_owned(), Vec::new())],
        }
    }

    #[test]
    fn models_and_built_cells_come_back() {
        let registry = Registry::with_built_ins();
        let model = model(&registry);
        let bytes = write_model(&model);
        assert_eq!(read_model(&bytes, &registry), Ok(model.clone()));
        for length in 0..bytes.len() {
            assert_eq!(read_model(&bytes[..length], &registry), Err(Malformed), "{length} bytes");
        }
        let built = BuiltCell {
            model: Arc::new(model),
            calls: Vec::new(),
            pointers: Vec::new(),
            section_by_id: vec![Some(0), None, Some(1)],
            element_ids: vec![0, 4],
            point_cell: Some(0),
            axon_count: Some(0),
            applications: vec![3],
        };
        assert_eq!(read_built(&write_built(&built), Arc::clone(&built.model)), Ok(built));
    }

    /// What uses a model need not look whether its indices are in it.
    #[test]
    fn models_with_indices_beyond_their_ends_are_refused() {
        let registry = Registry::with_built_ins();
        let changes: [fn(&mut CellModel); 6] = [
            |model| model.nodes.parent[1] = 1,
            |model| model.nodes.section[2] = 2,
            |model| model.sections[0].end = 4,
            |model| model.mechanisms[0].nodes[1] = 4,
            |model| model.ions[0].nodes.reverse(),
            |model| model.section_lists[0].1.push(2),
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let mut model = model(&registry);
            change(&mut model);
            assert_eq!(read_model(&write_model(&model), &registry), Err(Malformed), "change {number}");
        }
    }
}
