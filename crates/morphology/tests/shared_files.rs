//! Real morphologies import as in NEURON: counts and checksums.
//!
//! The numbers were produced with NEURON 9.0.2 (ASC, SWC) and neurodamus' wrapper with MorphIO 3.5.0 (H5).

mod support;

use morphology::{Imported, import3d_asc, import3d_swc, morphio_h5};
use support::shared;

/// File, sections, points, bits of the sum of all coordinates and diameters, sum over sections of
/// (index + 1) (parent index + 1 + position), logical connections.
const EXPECTED: [(&str, usize, usize, u64, f64, usize); 19] = [
    ("C060114A7.asc", 325, 10836, 0x415127353a68e288, 10747082.5, 12),
    ("C060114A7.h5", 325, 10836, 0x415127353a688288, 10747082.5, 0),
    ("C210401C.asc", 331, 7166, 0xc13b1eec204b52b6, 11468781.5, 6),
    ("C210401C.swc", 331, 7487, 0xc13c46de449d7f4a, 11468022.0, 0),
    ("cell_big.asc", 11, 41, 0x40b4f7bb9c91c000, 504.0, 1),
    ("cell_small.asc", 3, 25, 0x40915a442d4e0000, 12.0, 1),
    (
        "dend-jy180406_B_idC_axon-jy171019_B_10x_resta_idB_-_Scale_x1.000_y0.950_z1.000_-_Clone_1.asc",
        94,
        2883,
        0xc115799d38c96d7a,
        245054.0,
        5,
    ),
    (
        "dend-jy180406_B_idC_axon-jy171019_B_10x_resta_idB_-_Scale_x1.000_y0.950_z1.000_-_Clone_1.swc",
        94,
        2938,
        0xc115b90284b9f715,
        244905.0,
        0,
    ),
    (
        "dend-jy180406_C_idB_axon-04752-04764-X11537-Y13753_final_-_Clone_3.asc",
        180,
        3878,
        0xc13b0575d6da5fdf,
        1786650.0,
        5,
    ),
    (
        "dend-jy180406_C_idB_axon-04752-04764-X11537-Y13753_final_-_Clone_3.swc",
        180,
        3909,
        0xc13b1681a62a9d8f,
        1786319.0,
        0,
    ),
    (
        "dend-rat_20160303_LH2_E2_cell1_axon-vd111221_idB_-_Scale_x1.000_y0.975_z1.000.asc",
        617,
        30725,
        0x4144db844104bd1a,
        74874577.5,
        14,
    ),
    (
        "dend-rp100428-3_idD_axon-vd110315_idE_-_Scale_x1.000_y0.975_z1.000_-_Clone_0.asc",
        184,
        6720,
        0x412a0ccf2c9766f8,
        1928971.5,
        7,
    ),
    (
        "dend-vd110504_idA_axon-rat_20160906_E1_LH5_cell2_-_Clone_0.asc",
        856,
        19015,
        0xc12a66dff62107d4,
        203644599.5,
        6,
    ),
    ("merged_container.h5/C060114A7.h5", 325, 10836, 0x415127353a688288, 10747082.5, 0),
    (
        "mtC050301A_idC_-_Scale_x1.000_y1.025_z1.000_-_Clone_0.asc",
        447,
        9608,
        0x410a624e8f77b0d0,
        28676763.0,
        5,
    ),
    (
        "rp110711_C3_idA_-_Scale_x1.000_y1.025_z1.000_-_Clone_1.asc",
        393,
        13273,
        0xc0fe3cffcd69e244,
        19029385.0,
        8,
    ),
    ("rr110330_C3_idA.asc", 246, 16666, 0xc150a8a0bf3f9057, 4852682.0, 3),
    ("rr110330_C3_idA.swc", 246, 16923, 0xc150b876f2bdb4f5, 4852523.0, 0),
    ("simple.h5", 7, 33, 0x40457f318fc42100, 109.5, 0),
];

#[test]
fn every_file_gives_neurons_sections() {
    for (name, sections, points, sum, links, wires) in EXPECTED {
        let Some(path) = shared(name) else { return };
        let imported = match path.extension().and_then(|e| e.to_str()) {
            Some("asc") => import3d_asc(path),
            Some("swc") => import3d_swc(path),
            _ => morphio_h5(path),
        }
        .unwrap();
        assert_eq!(figures(&imported), (sections, points, sum, links, wires), "{name}");
    }
}

fn figures(imported: &Imported) -> (usize, usize, u64, f64, usize) {
    let all = || imported.sections.iter().flat_map(|s| &s.points);
    let sum = all().flatten().fold(0.0, |sum, &x| sum + f64::from(x));
    let parents = imported.sections.iter().enumerate().filter_map(|(i, s)| s.parent.map(|p| (i, p)));
    let links = parents.map(|(i, (parent, x))| (i + 1) as f64 * ((parent + 1) as f64 + x)).sum();
    let wires = imported.sections.iter().filter(|s| s.logical_connection.is_some()).count();
    (imported.sections.len(), all().count(), sum.to_bits(), links, wires)
}
