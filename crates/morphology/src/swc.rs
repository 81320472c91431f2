//! SWC files, read as NEURON's `Import3d_SWC_read` does.
//!
//! Numbers pass through single precision, ids included. Sections end at branch points, at changes of type and
//! at leaves; soma points get exceptions.

use crate::error::{MorphologyError, read, shape, syntax};
use crate::imported::{Imported, Warning};
use crate::instantiate::instantiate;
use crate::number::{EPSILON, same, scan_f32};
use crate::raw::{RawMorphology, RawSection};
use std::path::Path;

/// Type number of soma points.
const SOMA: i32 = 1;

/// Imports an SWC file as NEURON's Import3d does.
///
/// # Errors
/// When the file cannot be read, is not an SWC file, or is not one tree.
pub fn import3d_swc(path: impl AsRef<Path>) -> Result<Imported, MorphologyError> {
    let path = path.as_ref();
    import3d_swc_bytes(&read(path)?, path)
}

/// Imports the text of an SWC file; `name` stands for the file in messages.
///
/// # Errors
/// When the text is not an SWC file, or is not one tree.
pub fn import3d_swc_bytes(bytes: &[u8], name: impl AsRef<Path>) -> Result<Imported, MorphologyError> {
    let name = name.as_ref();
    let mut warnings = Vec::new();
    let samples = samples(bytes, name, &mut warnings)?;
    let tree = Tree::new(samples);
    instantiate(name, tree.sections(), warnings)
}

/// One line of the file.
struct Sample {
    kind: i32,
    /// x, y, z, diameter (um).
    point: [f64; 4],
    /// Index of the parent sample; it is smaller than the sample's own.
    parent: Option<usize>,
    line: usize,
}

/// Reads and checks the samples: ids ascend, parents exist and come first, one root.
fn samples(bytes: &[u8], name: &Path, warnings: &mut Vec<Warning>) -> Result<Vec<Sample>, MorphologyError> {
    let mut samples: Vec<Sample> = Vec::new();
    let mut ids: Vec<f64> = Vec::new();
    let mut start = 0;
    for (i, text) in bytes.split(|&b| b == b'\n').enumerate() {
        let end = start + text.len();
        let span = (start, end);
        start = end + 1;
        let Some(numbers) = seven(text) else {
            let first = text.iter().find(|b| !b.is_ascii_whitespace());
            if first.is_some_and(|&b| b != b'#') {
                warnings.push(Warning::LineIgnored { line: i + 1 });
            }
            continue;
        };
        let fail = |expected: String, found: String, help: &str| {
            Err(syntax(name, bytes, span.0, span.1, expected, found, help))
        };
        if numbers.iter().any(|n| !n.is_finite()) {
            return fail("seven finite numbers".into(), "one that is not".into(), "mend or remove the point");
        }
        let [id, kind, x, y, z, radius, parent] = numbers.map(f64::from);
        if id < 0.0 || [id, kind, parent].iter().any(|n| n.fract() != 0.0) || kind.abs() > 1e6 {
            let found = format!("id {id}, type {kind}, parent {parent}");
            return fail(
                "a whole id from 0, type and parent".into(),
                found,
                "columns are id, type, x, y, z, radius, parent",
            );
        }
        if let Some(last) = ids.last().filter(|&&last| id <= last) {
            let help = if *last == id {
                "number each point once; ids above 16777216 lose digits"
            } else {
                "sort the points by id: NEURON does not read unsorted files"
            };
            return fail(format!("an id above {last}"), format!("id {id}"), help);
        }
        if parent >= id {
            let help = "a parent comes before its children; renumber the points from the root";
            return fail(format!("a parent below {id}"), format!("parent {parent}"), help);
        }
        let parent = if parent < 0.0 {
            if !samples.is_empty() {
                let help = "keep one tree per file: connect the other roots to the soma, or remove them";
                return fail(
                    "a parent, because the file has a root already".into(),
                    "a second root".into(),
                    help,
                );
            }
            None
        } else {
            let Ok(index) = ids.binary_search_by(|other| other.total_cmp(&parent)) else {
                let help = "the parent is missing from the file";
                return fail("the id of an earlier point as parent".into(), format!("parent {parent}"), help);
            };
            Some(index)
        };
        ids.push(id);
        samples.push(Sample { kind: kind as i32, point: [x, y, z, radius * 2.0], parent, line: i + 1 });
    }
    if samples.is_empty() {
        let help = "each point is a line `id type x y z radius parent`";
        return Err(shape(name, "at least one point", "none", help));
    }
    Ok(samples)
}

fn seven(mut text: &[u8]) -> Option<[f32; 7]> {
    let mut numbers = [0.0; 7];
    for number in &mut numbers {
        text = text.trim_ascii_start();
        let length;
        (*number, length) = scan_f32(text)?;
        text = &text[length..];
    }
    Some(numbers)
}

/// The samples with what is known about each as a branch point.
struct Tree {
    samples: Vec<Sample>,
    /// The section of each sample.
    section_of: Vec<usize>,
    /// Number of soma children of each soma sample.
    soma_children: Vec<usize>,
    /// Whether the sample hangs on the 0 end of its parent's section.
    to_start: Vec<bool>,
    /// Whether the soma is three points that stand for a sphere.
    sphere: bool,
}

impl Tree {
    fn new(mut samples: Vec<Sample>) -> Self {
        let (mut children, to_start) = count_children(&samples);
        let mut soma_children = vec![0; samples.len()];
        for sample in &samples {
            if let Some(parent) = sample.parent.filter(|&p| sample.kind == SOMA && samples[p].kind == SOMA) {
                soma_children[parent] += 1;
            }
        }
        let soma_points = samples.iter().filter(|s| s.kind == SOMA).count();
        let sphere = soma_points == 3 && is_three_point_sphere(&samples, &children);
        if sphere {
            samples[2].parent = Some(1);
        }
        for i in 1..samples.len() {
            let before = i - 1;
            let soma_run = samples[before].kind == SOMA && samples[i].kind == SOMA;
            if soma_run && samples[i].parent == Some(before) && (before == 0 || soma_children[before] <= 1) {
                children[before] = 1.0;
            }
        }
        let mut section = 0;
        let section_of = children
            .iter()
            .map(|&count| {
                let own = section;
                section += usize::from(!same(count, 1.0));
                own
            })
            .collect();
        Self { samples, section_of, soma_children, to_start, sphere }
    }

    fn sections(&self) -> RawMorphology {
        let mut raw = RawMorphology::default();
        let mut starts = Vec::new();
        let mut first = 0;
        while first < self.samples.len() {
            let same_section = |&&s: &&usize| s == self.section_of[first];
            let end = first + self.section_of[first..].iter().take_while(same_section).count();
            let section = if first == 0 {
                let end = if self.sphere { 1 } else { end };
                let points = self.samples[..end].iter().map(|s| s.point).collect();
                RawSection { points, parent_x: 1.0, ..Default::default() }
            } else {
                self.child(&raw.sections, &starts, first, end)
            };
            let sample = &self.samples[first];
            raw.sections.push(RawSection { kind: sample.kind, line: sample.line, ..section });
            starts.push(first);
            first = end;
        }
        raw.order = (0..raw.sections.len()).collect();
        raw
    }

    /// A section other than the first, of the samples `first..end`: it starts with its parent's point.
    fn child(&self, sections: &[RawSection], starts: &[usize], first: usize, end: usize) -> RawSection {
        let on = self.samples[first].parent.unwrap_or(0);
        let parent_index = self.section_of[on];
        let (parent, parent_start) = (&sections[parent_index], starts[parent_index]);
        let on_soma = parent.kind == SOMA;
        let leaves_soma = on_soma && self.samples[first].kind != SOMA;
        let several = end - first > 1;
        let forked = self.soma_children[on] > 1;
        let (mut x, mut wired) = (1.0, false);
        if parent_index == 0 && leaves_soma && parent.points.len() == 1 {
            (x, wired) = (0.5, several);
        } else if parent_index == 0 && on == parent_start {
            (x, wired) = (0.0, self.samples[first].kind != SOMA && forked);
        } else if on_soma {
            // The parent's own samples end here; only its first section has no copied point
            let copied = usize::from(parent_start != 0);
            if on + copied + 1 < parent_start + parent.points.len() {
                (x, wired) = (0.5, leaves_soma && several);
            } else {
                wired = leaves_soma && several && forked;
            }
        }
        let mut points = vec![self.samples[on].point];
        points.extend(self.samples[first..end].iter().map(|s| s.point));
        if leaves_soma {
            points[0][3] = points[1][3];
        }
        if self.to_start[first] {
            x = 0.0;
        }
        RawSection { points, wired, parent: Some(parent_index), parent_x: x, ..Default::default() }
    }
}

/// Counts the children of each sample, a bit more than one each where the child is not the next sample or is
/// of another type, so that exactly 1 means that the section goes on; and finds the samples that hang on the
/// first point of a branch that is wired to the soma, or of a root that is no soma.
fn count_children(samples: &[Sample]) -> (Vec<f64>, Vec<bool>) {
    let mut count: Vec<f64> = vec![0.0; samples.len()];
    let mut to_start = vec![false; samples.len()];
    for (i, sample) in samples.iter().enumerate() {
        let Some(p) = sample.parent else { continue };
        let parent = &samples[p];
        count[p] += 1.0;
        if p + 1 != i {
            count[p] += 0.01;
            let starts_branch = match parent.parent {
                Some(grandparent) if p > 1 => samples[grandparent].kind == SOMA,
                _ => p == 0,
            };
            if starts_branch && parent.kind != SOMA {
                to_start[i] = true;
                count[p] = 1.0;
            }
        }
        if parent.kind != sample.kind {
            count[p] += 0.01;
        }
    }
    (count, to_start)
}

/// NeuroMorpho.org's way to write a sphere: the centre and two points one radius away, all of one diameter.
fn is_three_point_sphere(samples: &[Sample], children: &[f64]) -> bool {
    let [a, b, c, ..] = samples else { return false };
    let siblings = b.parent == Some(0) && c.parent == Some(0) && children[1] == 0.0 && children[2] == 0.0;
    if !siblings || !same(b.point[3], a.point[3]) || !same(c.point[3], a.point[3]) {
        return false;
    }
    let length = [b, c].iter().fold(0.0, |sum, other| {
        let squares = (0..3).map(|k| (other.point[k] - a.point[k]).powi(2));
        sum + squares.fold(0.0, |s, x| s + x).sqrt()
    });
    (length / a.point[3] - 1.0).abs() < 0.01 - EPSILON
}
