//! H5 files become the sections that neurodamus makes of them through MorphIO.
//!
//! Every snapshot equals what neurodamus' wrapper, MorphIO 3.5.0 and NEURON 9.0.2 give for the same file,
//! compared bit for bit.

mod support;

use morphology::{morphio_h5, split_container_path};
use support::{Point, Row, describe, write_group, write_h5};

const OUTLINE: [Point; 4] = [[1., 0., 0., 0.1], [0., 1.5, 0., 0.1], [-1., 0.2, 0., 0.1], [0., -1., 0.5, 1.]];
const NEAR: [Point; 2] = [[1., 0., 0., 1.], [2., 0., 0., 1.]];
const MIDDLE: [Point; 2] = [[2., 0., 0., 1.], [3., 0., 0., 2.]];
const FAR: [Point; 2] = [[3., 0., 0., 1.123_456_8], [4.123_457, 0., 0., 2.]];

fn import(trees: &[[Point; 2]], structure: &[Row]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let points = [&OUTLINE, trees.as_flattened()].concat();
    let path = write_h5(folder.path(), "cell.h5", &points, structure);
    let mut imported = morphio_h5(path).unwrap();
    imported.sections[0].points.truncate(2);
    describe(&imported)
}

#[test]
fn roots_are_sorted_by_type_and_sections_numbered_depth_first() {
    let text = import(&[NEAR, NEAR, MIDDLE], &[[0, 1, -1], [4, 4, 0], [6, 2, 0], [8, 3, 1]]);
    insta::assert_snapshot!(text, @"
    soma[0] type 1
      [0.23543957, 1.3606439, -0.089891516, 0.15122999]
      [0.19379568, 1.2538463, -0.07073991, 0.25256187]
    axon[0] type 2 on soma[0](0.5)
      [1.0, 0.0, 0.0, 1.0]
      [2.0, 0.0, 0.0, 1.0]
    dend[0] type 3 on apic[0](1)
      [2.0, 0.0, 0.0, 1.0]
      [3.0, 0.0, 0.0, 2.0]
    apic[0] type 4 on soma[0](0.5)
      [1.0, 0.0, 0.0, 1.0]
      [2.0, 0.0, 0.0, 1.0]
    connected [1, 3, 2]
    somatic [0]
    axonal [1]
    basal [2]
    apical [3]
    all [0, 1, 2, 3]
    ");
}

#[test]
fn sections_with_one_child_stay_apart() {
    let structure = [[0, 1, -1], [4, 3, 0], [6, 3, 1], [8, 3, 2], [10, 3, 2]];
    let text = import(&[NEAR, MIDDLE, FAR, FAR], &structure);
    insta::assert_snapshot!(text, @"
    soma[0] type 1
      [0.23543957, 1.3606439, -0.089891516, 0.15122999]
      [0.19379568, 1.2538463, -0.07073991, 0.25256187]
    dend[0] type 3 on soma[0](0.5)
      [1.0, 0.0, 0.0, 1.0]
      [2.0, 0.0, 0.0, 1.0]
    dend[1] type 3 on dend[0](1)
      [2.0, 0.0, 0.0, 1.0]
      [3.0, 0.0, 0.0, 2.0]
    dend[2] type 3 on dend[1](1)
      [3.0, 0.0, 0.0, 1.1234568]
      [4.123457, 0.0, 0.0, 2.0]
    dend[3] type 3 on dend[1](1)
      [3.0, 0.0, 0.0, 1.1234568]
      [4.123457, 0.0, 0.0, 2.0]
    connected [1, 2, 3, 4]
    somatic [0]
    basal [1, 2, 3, 4]
    all [0, 1, 2, 3, 4]
    ");
}

#[test]
fn a_change_of_type_restarts_the_numbering() {
    let structure = [[0, 1, -1], [4, 3, 0], [6, 2, 1], [8, 3, 0], [10, 4, 0]];
    let text = import(&[NEAR, MIDDLE, FAR, FAR], &structure);
    insta::assert_snapshot!(text, @"
    soma[0] type 1
      [0.23543957, 1.3606439, -0.089891516, 0.15122999]
      [0.19379568, 1.2538463, -0.07073991, 0.25256187]
    axon[0] type 2 on dend[0](1)
      [2.0, 0.0, 0.0, 1.0]
      [3.0, 0.0, 0.0, 2.0]
    dend[0] type 3 on soma[0](0.5)
      [1.0, 0.0, 0.0, 1.0]
      [2.0, 0.0, 0.0, 1.0]
      [3.0, 0.0, 0.0, 1.1234568]
      [4.123457, 0.0, 0.0, 2.0]
    dend[1] type 3
    apic[0] type 4 on soma[0](0.5)
      [3.0, 0.0, 0.0, 1.1234568]
      [4.123457, 0.0, 0.0, 2.0]
    connected [1, 2, 4]
    somatic [0]
    axonal [1]
    basal [2, 3]
    apical [4]
    all [0, 1, 2, 3, 4]
    warning: the tree changes type at `dend[0]`, a name that is already taken; both become one section
    ");
}

#[test]
fn a_container_holds_morphologies_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let container = folder.path().join("merged.h5");
    let file = hdf5::File::create(&container).unwrap();
    let points = [&OUTLINE, NEAR.as_slice()].concat();
    write_group(&file.create_group("a_-_x1.000").unwrap(), &points, &[[0, 1, -1], [4, 3, 0]]);
    file.close().unwrap();
    let path = container.join("a_-_x1.000.h5");
    assert_eq!(split_container_path(&path), Some((container.clone(), "a_-_x1.000".into())));
    let single = write_h5(folder.path(), "single.h5", &points, &[[0, 1, -1], [4, 3, 0]]);
    assert_eq!(split_container_path(&single), None);
    assert_eq!(morphio_h5(path).unwrap(), morphio_h5(single).unwrap());
}
