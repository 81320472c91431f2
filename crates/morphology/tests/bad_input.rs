//! Bad files give errors that name the place, what was expected, what was found and the remedy.

mod support;

use miette::Diagnostic;
use morphology::{
    Imported, MorphologyError, import3d_asc, import3d_asc_bytes, import3d_swc_bytes, morphio_h5,
};
use proptest::prelude::*;
use support::{Point, Row, write_h5};

fn message(result: Result<Imported, MorphologyError>) -> String {
    let error = result.unwrap_err();
    let help = error.help().map(|h| h.to_string()).unwrap_or_default();
    format!("{error}\nhelp: {help}")
}

fn asc(text: &str) -> String {
    message(import3d_asc_bytes(text.as_bytes(), "cell.asc"))
}

fn swc(text: &str) -> String {
    message(import3d_swc_bytes(text.as_bytes(), "cell.swc"))
}

#[test]
fn asc_messages() {
    insta::assert_snapshot!(asc(""), @"
    cell.asc:1:1: expected `(` of a contour or tree, found the end of the file
    help: the file is cut off or lacks a `)`: export it anew
    ");
    insta::assert_snapshot!(asc("((Axon) (1 2 3 4) (2 3 4 5)"), @"
    cell.asc:1:28: expected `)`, found the end of the file
    help: the file is cut off or lacks a `)`: export it anew
    ");
    insta::assert_snapshot!(asc("((Axon)\n (1 2 3 4) (2 x 4 5))"), @"
    cell.asc:2:15: expected a number, found `x`
    help: compare with an ASC file that Neurolucida exported; brackets may be unbalanced before here
    ");
    insta::assert_snapshot!(asc("(\"CellBody (1 2 3 4))"), @r#"
    cell.asc:1:2: expected a contour name, a property, a tree or a set, found the unclosed text `"CellBody (1 2 3 4))`
    help: close the text with `"` on the same line
    "#);
    insta::assert_snapshot!(asc("((Axon) (1 2 3 4) (Dot % (1 2)))"), @"
    cell.asc:1:24: expected `)`, found `%`
    help: remove or quote the character: it starts no number, word, text or bracket
    ");
    insta::assert_snapshot!(asc("((Axon) (Color Red))"), @"
    cell.asc:1:20: expected `(` of a point, found `)`
    help: compare with an ASC file that Neurolucida exported; brackets may be unbalanced before here
    ");
    insta::assert_snapshot!(asc("(\"Soma\" (0 0 0) (1 1 0) (2 2 0))"), @"
    cell.asc: expected a soma outline with a length and a width in the xy plane, found the degenerate contour at line 1
    help: draw the soma outline anew, or remove it
    ");
    insta::assert_snapshot!(asc("(\"Other\" (0 0 0) (1 1 0) (2 2 0))"), @"
    cell.asc: expected at least one section, found none
    help: check that the file is a neuron reconstruction and not empty
    ");
    insta::assert_snapshot!(asc("((Axon) (1e999 2 3 4) (2 3 4 5))"), @"
    cell.asc:1:10: expected a number, found `1e999`
    help: compare with an ASC file that Neurolucida exported; brackets may be unbalanced before here
    ");
    let deep = asc(&"((Axon) (1 2 3 4) ".replace("((Axon)", "(").repeat(5000));
    insta::assert_snapshot!(deep, @"
    cell.asc:1:11991: expected at most 1000 nested branches, found `(`
    help: compare with an ASC file that Neurolucida exported; brackets may be unbalanced before here
    ");
}

#[test]
fn swc_messages() {
    insta::assert_snapshot!(swc("# nothing\n"), @"
    cell.swc: expected at least one point, found none
    help: each point is a line `id type x y z radius parent`
    ");
    insta::assert_snapshot!(swc("1 1 0 0 0 5 -1\n3 3 1 0 0 1 1\n2 3 1 0 0 1 1\n"), @"
    cell.swc:3:1: expected an id above 3, found id 2
    help: sort the points by id: NEURON does not read unsorted files
    ");
    insta::assert_snapshot!(swc("1 1 0 0 0 5 -1\n1 3 1 0 0 1 1\n"), @"
    cell.swc:2:1: expected an id above 1, found id 1
    help: number each point once; ids above 16777216 lose digits
    ");
    insta::assert_snapshot!(swc("1 1 0 0 0 5 -1\n2 3 1 0 0 1 2\n"), @"
    cell.swc:2:1: expected a parent below 2, found parent 2
    help: a parent comes before its children; renumber the points from the root
    ");
    insta::assert_snapshot!(swc("1 1 0 0 0 5 -1\n4 3 1 0 0 1 3\n"), @"
    cell.swc:2:1: expected the id of an earlier point as parent, found parent 3
    help: the parent is missing from the file
    ");
    insta::assert_snapshot!(swc("1 1 0 0 0 5 -1\n2 3 1 0 0 1 -1\n"), @"
    cell.swc:2:1: expected a parent, because the file has a root already, found a second root
    help: keep one tree per file: connect the other roots to the soma, or remove them
    ");
    insta::assert_snapshot!(swc("1 1.5 0 0 0 5 -1\n"), @"
    cell.swc:1:1: expected a whole id from 0, type and parent, found id 1, type 1.5, parent -1
    help: columns are id, type, x, y, z, radius, parent
    ");
    insta::assert_snapshot!(swc("1 1 0 nan 0 5 -1\n"), @"
    cell.swc:1:1: expected seven finite numbers, found one that is not
    help: mend or remove the point
    ");
}

#[test]
fn h5_messages() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let mut messages = String::new();
    let mut add = |result| {
        let text = message(result).replace(folder.path().to_str().unwrap(), "DIR");
        messages += &format!("{text}\n\n");
    };
    add(morphio_h5(at("absent.h5")));
    std::fs::write(at("text.h5"), "1 2 3").unwrap();
    add(morphio_h5(at("text.h5")));
    add(morphio_h5(at("text.h5").join("cell.h5")));

    let soma = [[1., 0., 0., 1.], [0., 1., 0., 1.], [-1., 0., 0., 1.]];
    let good: Vec<Point> = [&soma[..], &[[1., 0., 0., 1.], [2., 0., 0., 1.]]].concat();
    let rows: [(&str, &[Row]); 8] = [
        ("no_soma", &[[0, 3, -1]]),
        ("two_somas", &[[0, 1, -1], [3, 1, 0]]),
        ("no_parent", &[[0, 1, -1], [3, 3, 9]]),
        ("ring", &[[0, 1, -1], [3, 3, 2], [4, 3, 1]]),
        ("outside", &[[0, 1, -1], [30, 3, 0]]),
        ("backwards", &[[0, 1, -1], [4, 3, 0], [3, 3, 0]]),
        ("type", &[[0, 1, -1], [3, 0, 0]]),
        ("small", &[[0, 1, -1], [2, 3, 0]]),
    ];
    for (name, structure) in rows {
        add(morphio_h5(write_h5(folder.path(), &format!("{name}.h5"), &good, structure)));
    }
    add(morphio_h5(write_h5(folder.path(), "nan.h5", &[[f32::NAN; 4]], &[[0, 1, -1]])));
    add(morphio_h5(write_h5(folder.path(), "dot.h5", &[[1.0; 4]; 5], &[[0, 1, -1]])));

    let file = hdf5::File::create(at("types.h5")).unwrap();
    file.new_dataset::<i32>().shape((2, 4)).create("points").unwrap();
    drop(file);
    add(morphio_h5(at("types.h5")));
    let file = hdf5::File::create(at("shape.h5")).unwrap();
    file.new_dataset::<f32>().shape((2, 3)).create("points").unwrap();
    drop(file);
    add(morphio_h5(at("shape.h5")));
    let file = hdf5::File::create(at("huge.h5")).unwrap();
    file.new_dataset::<f32>().shape((1_usize << 40, 4)).chunk((1, 4)).create("points").unwrap();
    drop(file);
    add(morphio_h5(at("huge.h5")));
    hdf5::File::create(at("empty.h5")).unwrap();
    add(morphio_h5(at("empty.h5")));
    add(morphio_h5(at("empty.h5").join("cell.h5")));
    insta::assert_snapshot!(messages, @"
    cannot read morphology `DIR/absent.h5`: No such file or directory (os error 2)
    help: check the morphology directory of the circuit and the morphology name of the node

    DIR/text.h5:/: expected an HDF5 file, found a file that HDF5 cannot open
    help: copy the file anew: it is cut off, or of another format

    DIR/text.h5:/cell: expected an HDF5 file, found a file that HDF5 cannot open
    help: copy the file anew: it is cut off, or of another format

    DIR/no_soma.h5:/structure[0]: expected the soma (type 1), found [0, 3, -1]
    help: columns of `structure` are first point, type, parent; write the file anew from its source

    DIR/two_somas.h5:/structure[1]: expected one soma, in the first row, found a second section of type 1
    help: columns of `structure` are first point, type, parent; write the file anew from its source

    DIR/no_parent.h5:/structure[1]: expected the row of the parent, 0 to 1, found parent 9
    help: columns of `structure` are first point, type, parent; write the file anew from its source

    DIR/ring.h5: expected every section on a tree that starts at the soma, found 2 section(s) whose parents form a ring
    help: mend the parents in `structure`

    DIR/outside.h5:/structure[0]: expected points of the section within 0 to 5, found points 0 to 30
    help: columns of `structure` are first point, type, parent; write the file anew from its source

    DIR/backwards.h5:/structure[1]: expected points of the section within 0 to 5, found points 4 to 3
    help: columns of `structure` are first point, type, parent; write the file anew from its source

    DIR/type.h5:/structure[1]: expected a type from 2 to 19, found type 0
    help: columns of `structure` are first point, type, parent; write the file anew from its source

    DIR/small.h5: expected a soma outline of at least 3 points, found 2
    help: use an ASC or SWC file for a soma that is a sphere or a cylinder

    DIR/nan.h5:/points[0]: expected finite numbers, found [NaN, NaN, NaN, NaN]
    help: mend or remove the point

    DIR/dot.h5: expected a soma outline with a length and a width, found a degenerate one
    help: draw the soma outline anew

    DIR/types.h5:/points: expected floating-point numbers of 4 columns, found type `int32`
    help: write the file anew with MorphIO (H5 v1)

    DIR/shape.h5:/points: expected floating-point numbers of 4 columns, found shape [2, 3]
    help: write the file anew with MorphIO (H5 v1)

    DIR/huge.h5:/points: expected at most 20000000 rows, found 1099511627776 rows
    help: write the file anew with MorphIO (H5 v1)

    DIR/empty.h5:/points: expected floating-point numbers of 4 columns, found no such dataset
    help: write the file anew with MorphIO (H5 v1)

    DIR/empty.h5:/cell: expected a group of that name, found none
    help: check the name of the morphology against the names in the container
    ");
}

#[test]
fn a_missing_file_is_named() {
    let text = message(import3d_asc("nowhere/cell.asc"));
    assert!(text.starts_with("cannot read morphology `nowhere/cell.asc`: "), "{text}");
}

#[test]
fn a_truncated_h5_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let points = [[1., 0., 0., 1.], [0., 1., 0., 1.], [-1., 0., 0., 1.], [1., 0., 0., 1.], [2., 0., 0., 1.]];
    let path = write_h5(folder.path(), "cell.h5", &points, &[[0, 1, -1], [3, 3, 0]]);
    let whole = std::fs::read(&path).unwrap();
    for length in (0..whole.len()).step_by(97) {
        std::fs::write(&path, &whole[..length]).unwrap();
        assert!(morphio_h5(&path).is_err(), "cut at {length}");
    }
}

const ASC: &str = "(\"CellBody\" (Color Red) (-5 0 0)(-3 4 0)(0 5 0)(4 3 0)(6 0 0)(3 -4 0))
( (Color RGB (128, 64, 32)) (Axon) (0, -4, 0, 1.5) <(Class 1 \"x\") (2 2 2 .2)> (0 -14 0 1.25 S1)
 (0 -20 0 1 A1 (1 2, 3 4)) (Cross (Name \"M\") (1 1 1 1)) ( (0 -20 0 .9) (5 -30 1 .8) Normal | (1 -21 0 .9) ) )
( Set \"a\" ((Dendrite) (1 1 1) (2 2 2 1)) ) ( (1 1 1) \"text\" )\n";
const SWC: &str = "1 1 0 0 0 5 -1\n2 1 0 5 0 5 1\n3 1 0 9 0 4 2\n4 3 6 0 0 1 2\n5 3 10 0 0 1 4\n6 2 0 11 0 1 3\n7 0 9 1 1 1 4\n";

/// A text with some of its bytes replaced, removed or doubled.
fn mutated(text: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let edit = (
        0..text.len(),
        prop_oneof![any::<u8>(), prop::sample::select(b"()<>|,;\"@ \n-.e0123".to_vec())],
        0..3,
    );
    prop::collection::vec(edit, 1..6).prop_map(move |edits| {
        let mut bytes = text.as_bytes().to_vec();
        for (at, byte, kind) in edits {
            let at = at.min(bytes.len() - 1);
            match kind {
                0 => bytes[at] = byte,
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, byte),
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        let _ = import3d_asc_bytes(&bytes, "cell.asc");
        let _ = import3d_swc_bytes(&bytes, "cell.swc");
    }

    #[test]
    fn no_mutation_panics_and_what_imports_is_sound(asc in mutated(ASC), swc in mutated(SWC)) {
        let results = [import3d_asc_bytes(&asc, "cell.asc"), import3d_swc_bytes(&swc, "cell.swc")];
        for imported in results.into_iter().flatten() {
            prop_assert!(!imported.sections.is_empty());
            for section in &imported.sections {
                prop_assert!(!section.points.is_empty());
            }
            for connection in &imported.connections {
                prop_assert!(connection.child != connection.parent);
                prop_assert!(connection.child.max(connection.parent) < imported.sections.len());
            }
        }
    }
}
