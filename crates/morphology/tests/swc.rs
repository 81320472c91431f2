//! SWC files become the sections that NEURON's Import3d makes of them.
//!
//! Every snapshot equals what NEURON 9.0.2 gives for the same text, compared bit for bit.

mod support;

use morphology::{Imported, import3d_swc_bytes};
use support::describe;

fn import(text: &str) -> Imported {
    import3d_swc_bytes(text.as_bytes(), "cell.swc").unwrap()
}

#[test]
fn a_one_point_soma_is_a_cylinder_and_branches_hang_on_its_middle() {
    let text = "# c\n1 1 0 0 0 5 -1\n2 3 6 0 0 1 1\n3 3 10 0 0 1 2\n4 4 0 6 0 1 1\n5 2 0 -6 0 1.5 1\n\
        6 2 0 -16.123456789 0 1 5\n7 2 5 -20 0 .5 6\n8 2 -5 -20 0 .5 6\n9 2 -7 -22 0 .5 8\n";
    insta::assert_snapshot!(describe(&import(text)), @"
    soma[0] type 1
      [-5.0, 0.0, 0.0, 10.0]
      [0.0, 0.0, 0.0, 10.0]
      [5.0, 0.0, 0.0, 10.0]
    axon[0] type 2 on soma[0](0.5) by [0.0, 0.0, 0.0]
      [0.0, -6.0, 0.0, 3.0]
      [0.0, -16.123457, 0.0, 2.0]
    axon[1] type 2 on axon[0](1)
      [0.0, -16.123457, 0.0, 2.0]
      [5.0, -20.0, 0.0, 1.0]
    axon[2] type 2 on axon[0](1)
      [0.0, -16.123457, 0.0, 2.0]
      [-5.0, -20.0, 0.0, 1.0]
      [-7.0, -22.0, 0.0, 1.0]
    dend[0] type 3 on soma[0](0.5) by [0.0, 0.0, 0.0]
      [6.0, 0.0, 0.0, 2.0]
      [10.0, 0.0, 0.0, 2.0]
    apic[0] type 4 on soma[0](0.5)
      [0.0, 0.0, 0.0, 2.0]
      [0.0, 6.0, 0.0, 2.0]
    connected [4, 5, 1, 2, 3]
    somatic [0]
    axonal [1, 2, 3]
    basal [4]
    apical [5]
    all [0, 1, 2, 3, 4, 5]
    ");
}

#[test]
fn a_three_point_soma_is_a_sphere() {
    let text = "1 1 0 0 0 5 -1\n2 1 0 -5 0 5 1\n3 1 0 5 0 5 1\n4 3 6 0 0 1 1\n5 3 10 0 0 1 4\n6 2 0 -6 0 1 1\n\
        7 2 0 -20 0 1 6\n";
    insta::assert_snapshot!(describe(&import(text)), @"
    soma[0] type 1
      [-5.0, 0.0, 0.0, 10.0]
      [0.0, 0.0, 0.0, 10.0]
      [5.0, 0.0, 0.0, 10.0]
    axon[0] type 2 on soma[0](0.5) by [0.0, 0.0, 0.0]
      [0.0, -6.0, 0.0, 2.0]
      [0.0, -20.0, 0.0, 2.0]
    dend[0] type 3 on soma[0](0.5) by [0.0, 0.0, 0.0]
      [6.0, 0.0, 0.0, 2.0]
      [10.0, 0.0, 0.0, 2.0]
    connected [2, 1]
    somatic [0]
    axonal [1]
    basal [2]
    all [0, 1, 2]
    ");
}

#[test]
fn a_branched_soma_stays_as_it_is() {
    let text = "1 1 0 0 0 5 -1\n2 1 0 -7 0 5 1\n3 1 0 7 0 5 1\n4 3 6 0 0 1 1\n5 3 10 0 0 1 4\n6 2 0 -9 0 1 2\n\
        7 2 0 -20 0 1 6\n";
    insta::assert_snapshot!(describe(&import(text)), @"
    soma[0] type 1
      [0.0, 0.0, 0.0, 10.0]
      [0.0, -7.0, 0.0, 10.0]
    soma[1] type 1 on soma[0](0)
      [0.0, 0.0, 0.0, 10.0]
      [0.0, 7.0, 0.0, 10.0]
    axon[0] type 2 on soma[0](1)
      [0.0, -7.0, 0.0, 2.0]
      [0.0, -9.0, 0.0, 2.0]
      [0.0, -20.0, 0.0, 2.0]
    dend[0] type 3 on soma[0](0) by [0.0, 0.0, 0.0]
      [6.0, 0.0, 0.0, 2.0]
      [10.0, 0.0, 0.0, 2.0]
    connected [1, 3, 2]
    somatic [0, 1]
    axonal [2]
    basal [3]
    all [0, 1, 2, 3]
    ");
}

#[test]
fn branches_of_a_long_soma_hang_on_its_ends_and_its_middle() {
    let text = "1 1 0 0 0 5 -1\n2 1 0 5 0 5 1\n3 1 0 10 0 4 2\n4 3 6 0 0 1 2\n5 3 10 0 0 1 4\n6 2 0 11 0 1 3\n\
        7 2 0 20 0 1 6\n8 3 -6 0 0 1 1\n9 3 -16 0 0 1 8\n10 3 0 7 7 1 2\n";
    insta::assert_snapshot!(describe(&import(text)), @"
    soma[0] type 1
      [0.0, 0.0, 0.0, 10.0]
      [0.0, 5.0, 0.0, 10.0]
      [0.0, 10.0, 0.0, 8.0]
    axon[0] type 2 on soma[0](1)
      [0.0, 10.0, 0.0, 2.0]
      [0.0, 11.0, 0.0, 2.0]
      [0.0, 20.0, 0.0, 2.0]
    dend[0] type 3 on soma[0](0.5) by [0.0, 5.0, 0.0]
      [6.0, 0.0, 0.0, 2.0]
      [10.0, 0.0, 0.0, 2.0]
    dend[1] type 3 on soma[0](0)
      [0.0, 0.0, 0.0, 2.0]
      [-6.0, 0.0, 0.0, 2.0]
      [-16.0, 0.0, 0.0, 2.0]
    dend[2] type 3 on soma[0](0.5)
      [0.0, 5.0, 0.0, 2.0]
      [0.0, 7.0, 7.0, 2.0]
    connected [2, 1, 3, 4]
    somatic [0]
    axonal [1]
    basal [2, 3, 4]
    all [0, 1, 2, 3, 4]
    ");
}

#[test]
fn other_types_get_arrays_and_lists_of_their_own() {
    let text = "1 1 0 0 0 5 -1\n2 3 6 0 0 1 1\n3 3 10 0 0 1 2\n4 5 12 0 0 1 3\n5 5 14 0 0 1 4\n6 0 0 6 0 1 1\n\
        7 0 0 9 0 1 6\n8 -2 0 19 0 1 7\n9 -2 0 29 0 1 8\n12 2 5 5 5 1 2\n13 2 6 6 6 1 12\n";
    insta::assert_snapshot!(describe(&import(text)), @"
    minus_2[0] type -2 on dend_0[0](1)
      [0.0, 9.0, 0.0, 2.0]
      [0.0, 19.0, 0.0, 2.0]
      [0.0, 29.0, 0.0, 2.0]
    dend_0[0] type 0 on soma[0](0.5) by [0.0, 0.0, 0.0]
      [0.0, 6.0, 0.0, 2.0]
      [0.0, 9.0, 0.0, 2.0]
    soma[0] type 1
      [-5.0, 0.0, 0.0, 10.0]
      [0.0, 0.0, 0.0, 10.0]
      [5.0, 0.0, 0.0, 10.0]
    axon[0] type 2 on dend[0](1)
      [6.0, 0.0, 0.0, 2.0]
      [5.0, 5.0, 5.0, 2.0]
      [6.0, 6.0, 6.0, 2.0]
    dend[0] type 3 on soma[0](0.5)
      [0.0, 0.0, 0.0, 2.0]
      [6.0, 0.0, 0.0, 2.0]
    dend[1] type 3 on dend[0](1)
      [6.0, 0.0, 0.0, 2.0]
      [10.0, 0.0, 0.0, 2.0]
    dend_5[0] type 5 on dend[1](1)
      [10.0, 0.0, 0.0, 2.0]
      [12.0, 0.0, 0.0, 2.0]
      [14.0, 0.0, 0.0, 2.0]
    connected [4, 5, 6, 1, 0, 3]
    minus_2set [0]
    dendritic_0 [1]
    somatic [2]
    axonal [3]
    basal [1, 4, 5]
    dendritic_5 [6]
    all [0, 1, 2, 3, 4, 5, 6]
    ");
}

#[test]
fn a_root_that_is_no_soma_takes_branches_at_its_start() {
    let text = "1 3 0 0 0 5 -1\n2 3 6 0 0 1 1\n3 3 10 0 0 1 2\n4 3 0 6 0 1 1\n5 3 0 16 0 1 4\n6 4 0 -6 0 1 1\n\
        7 4 0 -16 0 1 6\n";
    insta::assert_snapshot!(describe(&import(text)), @"
    dend[0] type 3
      [-5.0, 0.0, 0.0, 10.0]
      [0.0, 0.0, 0.0, 10.0]
      [5.0, 0.0, 0.0, 10.0]
    dend[1] type 3 on dend[0](0)
      [0.0, 0.0, 0.0, 10.0]
      [6.0, 0.0, 0.0, 2.0]
      [10.0, 0.0, 0.0, 2.0]
    dend[2] type 3 on dend[0](0)
      [0.0, 0.0, 0.0, 10.0]
      [0.0, 6.0, 0.0, 2.0]
      [0.0, 16.0, 0.0, 2.0]
    apic[0] type 4 on dend[0](0)
      [0.0, 0.0, 0.0, 10.0]
      [0.0, -6.0, 0.0, 2.0]
      [0.0, -16.0, 0.0, 2.0]
    connected [1, 2, 3]
    basal [0, 1, 2]
    apical [3]
    all [0, 1, 2, 3]
    ");
}

#[test]
fn gaps_in_the_ids_and_odd_lines() {
    let text =
        "\u{feff}# made by hand\n10 1 0 0 0 5 -1 extra\n\nbad line\n30 3 6 0 0 1 10\r\n31 3 7 0 0 1 30\n";
    insta::assert_snapshot!(describe(&import(text)), @"
    soma[0] type 1
      [-5.0, 0.0, 0.0, 10.0]
      [0.0, 0.0, 0.0, 10.0]
      [5.0, 0.0, 0.0, 10.0]
    dend[0] type 3 on soma[0](0.5) by [0.0, 0.0, 0.0]
      [6.0, 0.0, 0.0, 2.0]
      [7.0, 0.0, 0.0, 2.0]
    connected [1]
    somatic [0]
    basal [1]
    all [0, 1]
    warning: line 1: not a point of 7 numbers; the line is ignored
    warning: line 4: not a point of 7 numbers; the line is ignored
    ");
}
