//! A small circuit with every kind of attribute, for the tests of this folder.

use std::path::{Path, PathBuf};

use sonata::Column;
use sonata::edges::EdgeTable;
use sonata::nodes::NodeTable;
use sonata::report::{ReportLayout, Sampling};
use sonata::spikes::{Sorting, SpikePopulation};

/// The folder of sample data beside the repository, `None` (with a note) where there is none.
pub fn shared_data() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no sample data at {}", folder.display());
    None
}

/// Four nodes, with text, enumerated text, numbers of several types and dynamics attributes.
pub fn nodes() -> Vec<NodeTable> {
    let angle = std::f32::consts::FRAC_1_SQRT_2;
    let small = NodeTable { name: "Small".into(), len: 1, ..NodeTable::default() };
    let cells = NodeTable {
        name: "Cells".into(),
        len: 4,
        attributes: vec![
            ("mtype".into(), Column::library(&["L5_PC", "L1_DAC", "L5_PC", "L2_BC"])),
            ("etype".into(), vec!["cADpyr", "bAC", "", "naïve µ"].into()),
            ("layer".into(), vec![5i64, 1, 5, -2].into()),
            ("x".into(), vec![0.5f32, 1.5, 2.5, -3.5].into()),
            ("y".into(), vec![0.25f64, 1e300, 2.5, 3.5].into()),
            ("z".into(), Column::Int32(vec![1, 2, 3, i32::MIN])),
            ("flag".into(), Column::UInt8(vec![0, 1, 255, 2])),
            ("big".into(), vec![0u64, 1, u64::MAX, 3].into()),
            ("orientation_x".into(), vec![0.0f32; 4].into()),
            ("orientation_y".into(), vec![angle; 4].into()),
            ("orientation_z".into(), vec![0.0f32; 4].into()),
            ("orientation_w".into(), vec![angle; 4].into()),
        ],
        dynamics: vec![
            ("threshold_current".into(), vec![0.1f32, 0.2, 0.3, 0.4].into()),
            ("holding_current".into(), vec![-0.01f64, 0.0, 0.0, 0.0].into()),
        ],
    };
    vec![cells, small]
}

/// Six edges whose targets are not sorted, and a population without edges.
pub fn edges() -> Vec<EdgeTable> {
    let cells = EdgeTable {
        name: "Cells__Cells__chemical".into(),
        source_population: "Cells".into(),
        target_population: "Cells".into(),
        source_count: 4,
        target_count: 4,
        sources: vec![2, 0, 0, 1, 2, 3],
        targets: vec![3, 1, 1, 3, 1, 0],
        attributes: vec![
            ("conductance".into(), vec![1.5f32, 0.25, 3.0, 4.0, 5.0, 6.0].into()),
            ("afferent_section_id".into(), vec![0i64, 10, 20, 30, 40, -1].into()),
            ("syn_type_id".into(), Column::UInt8(vec![113, 113, 0, 1, 2, 3])),
        ],
    };
    let none = EdgeTable {
        name: "Small__Cells__chemical".into(),
        source_population: "Small".into(),
        target_population: "Cells".into(),
        source_count: 1,
        target_count: 4,
        attributes: vec![("conductance".into(), Column::Float32(Vec::new()))],
        ..EdgeTable::default()
    };
    vec![cells, none]
}

/// Spikes out of order, with ties, and a population that is silent.
pub fn spikes() -> Vec<SpikePopulation> {
    vec![
        SpikePopulation {
            name: "Cells".into(),
            sorting: Sorting::None,
            timestamps: vec![2.5, 0.1, 2.5, 2.5, 0.05],
            node_ids: vec![3, 1, 2, 2, 0],
        },
        SpikePopulation { name: "Small".into(), ..SpikePopulation::default() },
    ]
}

/// A report of two populations, 40 rows each.
pub fn report() -> Vec<ReportLayout> {
    let Ok(sampling) = Sampling::new(0.0, 4.0, 0.1, 0.025, 10.0) else { return Vec::new() };
    let cells: [(u64, &[u32]); 3] = [(0, &[0, 1, 1, 2]), (2, &[0]), (3, &[7])];
    vec![
        ReportLayout::from_cells("Cells", "mV", cells, &sampling),
        ReportLayout::from_cells("Small", "nA", [(0, &[5u32, 6][..])], &sampling),
    ]
}

/// The value that tests put at a row and column of a report.
pub fn value(row: u64, column: u64) -> f32 {
    row as f32 * 0.5 - column as f32 * 100.0
}

/// The values of the rows `rows` of a population with `columns` columns.
pub fn values(rows: std::ops::Range<u64>, columns: u64) -> Vec<f32> {
    rows.flat_map(|row| (0..columns).map(move |column| value(row, column))).collect()
}
