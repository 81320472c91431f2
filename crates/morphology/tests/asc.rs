//! ASC files become the sections that NEURON's Import3d makes of them.
//!
//! Every snapshot equals what NEURON 9.0.2 gives for the same text, compared bit for bit.

mod support;

use morphology::{Imported, import3d_asc_bytes};
use support::describe;

const OUTLINE: &str = "(\"CellBody\" (Color Red) (CellBody)
 (-5 0 0)(-3 4 0)(0 5 0)(4 3 0)(6 0 0)(3 -4 0)(-2 -4 0))\n";

fn import(text: &str) -> Imported {
    import3d_asc_bytes(text.as_bytes(), "cell.asc").unwrap()
}

#[test]
fn a_contour_becomes_a_row_of_points_along_its_axis() {
    let soma = &import(OUTLINE).sections[0];
    assert_eq!((soma.name.as_str(), soma.kind, soma.points.len()), ("soma", 1, 21));
    assert_eq!(soma.points[0], [-2.8376734, 4.06563, 0.0, 1.7938589]);
    assert_eq!(soma.points[1].map(f32::to_bits), [0xc01e5612, 0x406fc62b, 0, 0x4046d130]);
    assert_eq!(soma.points[11].map(f32::to_bits), [0x3f94d34e, 0x3f0e0c22, 0, 0x410f3667]);
    assert_eq!(soma.points[20].map(f32::to_bits), [0x408df180, 0xc01452fd, 0, 0x403921be]);
}

#[test]
fn trees_with_every_oddity_of_the_grammar() {
    let text = format!(
        "; a comment (\n(ImageCoords Filename \"x.jpg\" Merge 65535 0)\n{OUTLINE}
( \"other\" (Color Blue) (1 2 3) (2 3 4) )
( (Color RGB (128, 64, 32)) (Axon) ; comment (
 (0, -4, 0, 1.5) <(1 1 1 .2)> <(Class 1 \"x\") (2 2 2 .2)>
 (0 -14 0 1.25 S1)
 (0 -20 0 1 A1 (1 2, 3 4))
 (Cross (Color White) (Name \"Marker 3\") (1 1 1 1) (2 2 2 2))
 ( (0 -20 0 .9) (5 -30 1 .8) Normal
 | (1 -21 0 .9) (-5 -30.123456789 1 .8)
  ( (-6 -32 1 .7) | (-5 -30.123456789 1 .8) (-9 -33 1 .6) Incomplete ) ) )
( (1 1 1) \"text here\" )
( (Dendrite) (Apical) (0 6.5 0 2) (0 100 3 1.5) )
( (Dendrite) (5.499 0 0 2) (100 100 3 1.5) )
( (Color Green) (200 200 10 2) (210 200 10 2) ((210 200 10 1) | (211 200 10 1)))
(Text (1 2 3) )"
    );
    let mut imported = import(&text);
    let soma = imported.sections.iter().position(|s| s.name == "soma").unwrap();
    imported.sections[soma].points.clear();
    insta::assert_snapshot!(describe(&imported), @"
    dend_0[0] type 0 on soma[0](0.5) by [1.0949849, 0.61429864, 0.0]
      [200.0, 200.0, 10.0, 2.0]
      [210.0, 200.0, 10.0, 2.0]
    dend_0[1] type 0 on dend_0[0](1)
      [210.0, 200.0, 10.0, 1.0]
      [211.0, 200.0, 10.0, 1.0]
    soma[0] type 1
    axon[0] type 2 on soma[0](0.5) by [1.0949849, 0.61429864, 0.0]
      [0.0, -4.0, 0.0, 1.5]
      [0.0, -14.0, 0.0, 1.25]
      [0.0, -20.0, 0.0, 1.0]
    axon[1] type 2 on axon[0](1)
      [0.0, -20.0, 0.0, 0.9]
      [5.0, -30.0, 1.0, 0.8]
    axon[2] type 2 on axon[0](1)
      [0.0, -20.0, 0.0, 0.9]
      [1.0, -21.0, 0.0, 0.9]
      [-5.0, -30.123457, 1.0, 0.8]
    axon[3] type 2 on axon[2](1)
      [-5.0, -30.123457, 1.0, 0.7]
      [-6.0, -32.0, 1.0, 0.7]
    axon[4] type 2 on axon[2](1)
      [-5.0, -30.123457, 1.0, 0.8]
      [-9.0, -33.0, 1.0, 0.6]
    dend[0] type 3 on soma[0](0.5) by [1.0949849, 0.61429864, 0.0]
      [5.499, 0.0, 0.0, 2.0]
      [100.0, 100.0, 3.0, 1.5]
    apic[0] type 4 on soma[0](0.5) by [1.0949849, 0.61429864, 0.0]
      [0.0, 6.5, 0.0, 2.0]
      [0.0, 100.0, 3.0, 1.5]
    connected [3, 4, 5, 6, 7, 9, 8, 0, 1]
    dendritic_0 [0, 1]
    somatic [2]
    axonal [3, 4, 5, 6, 7]
    basal [0, 1, 8]
    apical [9]
    all [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    warning: line 16: the tree starts outside the soma; it is connected to the centre of the nearest soma
    warning: line 18: the tree starts outside the soma; it is connected to the centre of the nearest soma
    warning: line 18: a section of 1 point(s) and no length is removed
    ");
}

#[test]
fn overlapping_contours_are_one_soma() {
    let text = "(\"Soma\" (0 0 0) (10 0 0) (12 5 0) (10 10 0) (0 10 0))
(\"Cell Body\" (1 1 2) (9 1 2) (11 5 2) (9 9 2) (1 9 2))
(\"CellBody\" (2 2 5) (8 2 5) (10 5 5) (8 8 5) (2 8 5) (1 5 5))
((Dendrite) (12 5 0 2) (30 30 5 1))
((Axon) (60 5 0 2) (105 -30 5 1))\n";
    insta::assert_snapshot!(describe(&import(text)), @"
    soma[0] type 1
      [7.029362, 5.0, 0.0, 12.162378]
      [6.7354054, 5.0, 2.0, 9.828569]
      [5.7519298, 5.195034, 5.0, 7.800946]
    axon[0] type 2 on soma[0](0.5) by [6.5579286, 5.035196, 2.5413766]
      [60.0, 5.0, 0.0, 2.0]
      [105.0, -30.0, 5.0, 1.0]
    dend[0] type 3 on soma[0](0.5) by [6.5579286, 5.035196, 2.5413766]
      [12.0, 5.0, 0.0, 2.0]
      [30.0, 30.0, 5.0, 1.0]
    connected [2, 1]
    somatic [0]
    axonal [1]
    basal [2]
    all [0, 1, 2]
    warning: line 5: the tree starts outside the soma; it is connected to the centre of the nearest soma
    ");
}

#[test]
fn without_a_soma_trees_stay_roots() {
    let text =
        "((Dendrite) (12 5 0 2) (30 30 5 1) ((31 30 5 1)(60 40 10 .5)))\n((Axon) (1 5 0 2) (3 30 5 1) )\n";
    insta::assert_snapshot!(describe(&import(text)), @"
    axon[0] type 2
      [1.0, 5.0, 0.0, 2.0]
      [3.0, 30.0, 5.0, 1.0]
    dend[0] type 3
      [12.0, 5.0, 0.0, 2.0]
      [30.0, 30.0, 5.0, 1.0]
    dend[1] type 3 on dend[0](1)
      [30.0, 30.0, 5.0, 1.0]
      [31.0, 30.0, 5.0, 1.0]
      [60.0, 40.0, 10.0, 0.5]
    connected [2]
    axonal [0]
    basal [1, 2]
    all [0, 1, 2]
    ");
}

#[test]
fn what_follows_the_last_object_is_reported() {
    let text = "((Axon) (1 2 3 4) (3 4 5 6)))\n((Axon) (1 1 1 1) (2 2 2 2))";
    let imported = import(text);
    assert_eq!(imported.sections.len(), 1);
    insta::assert_snapshot!(imported.warnings[0], @"line 1: everything from here on is ignored, because no object starts here");
}

#[test]
fn a_stack_that_is_no_pile_of_slices_is_reported() {
    let slice = |z: [f64; 3]| format!("(\"Soma\" (0 0 {}) (9 0 {}) (9 9 {}))\n", z[0], z[1], z[2]);
    let problems = |stack: &[[f64; 3]]| -> Vec<String> {
        let text: String = stack.iter().map(|z| slice(*z)).collect();
        import(&text).warnings.iter().map(ToString::to_string).collect()
    };
    assert_eq!(problems(&[[0.0; 3], [1.0; 3], [2.0; 3]]), [""; 0]);
    insta::assert_debug_snapshot!(
        [
            problems(&[[0.0; 3], [0.0; 3]]),
            problems(&[[0.0; 3], [2.0; 3], [1.0; 3]]),
            problems(&[[0.0; 3], [2.0, 2.5, 2.0]]),
        ],
        @r#"
        [
            [
                "line 2: two contours of a soma stack have the same z; the soma's area may be wrong",
            ],
            [
                "line 3: the contours of a soma stack do not go one way in z; the soma's area may be wrong",
            ],
            [
                "line 2: a contour of a soma stack is not flat in z; the soma's area may be wrong",
            ],
        ]
        "#
    );
}
