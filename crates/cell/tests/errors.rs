//! Requests that cannot be fulfilled say what is wrong, where, and what to do.

mod common;

use std::sync::Arc;

use cell::{Catalogue, Cell, Error, IonStyle, Selection};
use insta::assert_snapshot;
use miette::Diagnostic;
use nmodl::Kind;

/// The message, and the remedy after a semicolon.
fn text<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    let error = result.unwrap_err();
    match error.help() {
        Some(help) => format!("{error}; {help}"),
        None => error.to_string(),
    }
}

#[test]
fn names() {
    let mut cell = Cell::new(common::catalogue());
    let soma = cell.create_section(None, "soma");
    assert_snapshot!(text(cell.insert(soma, "NapEt2")), @"unknown mechanism `NapEt2`; did you mean `Nap_Et2`?");
    assert_snapshot!(text(cell.insert(soma, "zzz")), @"unknown mechanism `zzz`");
    assert_snapshot!(text(cell.insert(soma, "ExpSyn")), @"mechanism `ExpSyn` is a point process, not a density mechanism");
    assert_snapshot!(text(cell.set_range(soma, "gnabr_hh", 1.0)), @"unknown range variable `gnabr_hh`; did you mean `gnabar_hh`?");
    assert_snapshot!(text(cell.set_range(soma, "gnabar_hh", 1.0)), @"`gnabar_hh` is not available in `soma`: mechanism `hh` is not inserted; insert `hh` in `soma` first");
    assert_snapshot!(text(cell.range_value(soma, "eca", 0.5)), @"`eca` is not available in `soma`: mechanism `ca_ion` is not inserted; insert `ca_ion` in `soma` first");
    assert_snapshot!(text(cell.set_range(soma, "i_membrane_", 1.0)), @"range variable `i_membrane_` is read only");
    assert_snapshot!(text(cell.global("minf_h")), @"unknown global variable `minf_h`; did you mean `minf_hh`?");
    assert_snapshot!(text(cell.ion_style(soma, "mg")), @"unknown ion `mg`");
    assert_snapshot!(text(cell.uninsert(soma, "na_ion")), @"`na_ion` cannot be uninserted from `soma`");
}

#[test]
fn positions_and_numbers() {
    let mut cell = Cell::new(common::catalogue());
    let owner = cell.new_owner("T[0]");
    let soma = cell.create_section(Some(owner), "soma[0]");
    assert_snapshot!(text(cell.set_range_at(soma, "v", 1.5, 0.0)), @"position 1.5 in `T[0].soma[0]` is not in the range 0 to 1");
    assert_snapshot!(text(cell.area(soma, f64::NAN)), @"position NaN in `T[0].soma[0]` is not in the range 0 to 1");
    assert_snapshot!(text(cell.set_range_ramp(soma, "diam", 1.0, 0.0, 1.0, 2.0)), @"interval from 1 to 0 in `T[0].soma[0]` is not ascending");
    assert_snapshot!(text(cell.set_nseg(soma, 0)), @"`T[0].soma[0]` cannot have 0 segments; nseg is a whole number from 1 to 32767");
    assert_snapshot!(text(cell.change_point_diameter(soma, 2, 1.0)), @"`T[0].soma[0]` has 0 3-D points, none with the index 2");
    assert_snapshot!(text(cell.add_point(soma, 0.0, f64::INFINITY, 0.0, 1.0)), @"3-D point of `T[0].soma[0]` is not finite: x 0, y inf, z 0, diameter 1");
    let style = IonStyle {
        concentration: 4,
        reversal: 0,
        initialize_reversal: 0,
        advance_reversal: 0,
        initialize_concentration: 0,
    };
    assert_snapshot!(text(cell.set_ion_style(soma, "na", style)), @"ion style `concentration` is 4, not in the range 0 to 3");
}

#[test]
fn geometry() {
    let mut cell = Cell::new(common::catalogue());
    assert_snapshot!(text(cell.to_model(&Selection::All, &[])), @"there are no sections to make a cell model of");
    let soma = cell.create_section(None, "soma");
    cell.set_range(soma, "diam", 0.0).unwrap();
    assert_snapshot!(text(cell.area(soma, 0.5)), @"`soma` has the diameter 0 um at 0.5; set a positive `diam`, or add at least two 3-D points");
    cell.set_range(soma, "diam", 10.0).unwrap();
    cell.set_axial_resistance(soma, 0.0).unwrap();
    assert_snapshot!(text(cell.to_model(&Selection::All, &[])), @"the axial conductance of `soma` at 0.5 is inf; check `L`, `diam`, `Ra` and the 3-D points of `soma`: they must be finite and positive");
    assert_snapshot!(text(cell.distance_from_origin(soma, 0.5)), @"the origin of distances is not set");
}

#[test]
fn connections() {
    let mut cell = Cell::new(common::catalogue());
    let [a, b, c] = ["a", "b", "c"].map(|name| cell.create_section(None, name));
    assert_snapshot!(text(cell.connect(b, 0.5, a, 1.0)), @"`b` cannot be connected by its position 0.5; connect a section by its end 0 or 1");
    assert_snapshot!(text(cell.connect(b, 0.0, a, 1.1)), @"position 1.1 in `a` is not in the range 0 to 1");
    assert_snapshot!(text(cell.connect(a, 0.0, a, 1.0)), @"connecting `a` to `a` makes a loop");
    cell.connect(b, 0.0, a, 1.0).unwrap();
    cell.connect(c, 0.0, b, 1.0).unwrap();
    assert_snapshot!(text(cell.connect(a, 0.0, c, 1.0)), @"connecting `a` to `c` makes a loop");
    assert_eq!(cell.root(c).unwrap(), a);
    let other = cell.create_section(None, "other");
    let lists = [("all".to_owned(), vec![a, other])];
    assert_snapshot!(text(cell.to_model(&Selection::Trees(vec![a]), &lists)), @"section list `all` holds `other`, which is not connected to this cell");
    cell.delete_section(b);
    assert_snapshot!(text(cell.set_length(b, 1.0)), @"section was deleted");
}

#[test]
fn point_processes() {
    let mut cell = Cell::new(common::catalogue());
    let soma = cell.create_section(None, "soma");
    assert_snapshot!(text(cell.create_point_process("pas")), @"mechanism `pas` is a density mechanism, not a point process");
    assert_snapshot!(text(cell.create_point_process_at("CaSyn", soma, 1.0)), @"`CaSyn` uses the ion `ca` and cannot be located at 1 of `soma`; choose a position strictly between 0 and 1");
    assert_snapshot!(text(cell.create_point_process_at("NetStim", soma, 0.5)), @"mechanism `NetStim` is an artificial cell, not a point process");
    let synapse = cell.create_point_process("ExpSyn").unwrap();
    assert_snapshot!(text(cell.point_process_value(synapse, "tau")), @"point process `ExpSyn` is not located in a section");
    assert_snapshot!(text(cell.point_process_value(synapse, "tao")), @"`ExpSyn` has no variable `tao`; did you mean `tau`?");
    cell.delete_point_process(synapse);
    assert_snapshot!(text(cell.location(synapse)), @"point process was deleted");
}

#[test]
fn catalogues() {
    let density = |name: &str, variable: &str| {
        Arc::new(common::mechanism(name, Kind::Density, &[(variable, 0.0)], vec![]))
    };
    let of = |list: Vec<Arc<nmodl::Description>>| text(Catalogue::new(list));
    assert_snapshot!(of(vec![density("pas", "g"), density("pas", "g")]), @"mechanism `pas` is defined twice: in test and in test");
    assert_snapshot!(of(vec![density("b_c", "a"), density("c", "a_b")]), @"variable name `a_b_c` of mechanism `c` is already in use");
    let ion = |valence| {
        let mut using = common::mechanism("m", Kind::Density, &[], vec![common::uses("zn", &[], &[])]);
        using.ions[0].valence = valence;
        using
    };
    assert_snapshot!(of(vec![Arc::new(ion(None))]), @"no mechanism gives the valence of ion `zn`; add `VALENCE` to a `USEION zn` statement");
    let mut other = ion(Some(1.0));
    other.name = "n".to_owned();
    assert_snapshot!(of(vec![Arc::new(ion(Some(2.0))), Arc::new(other)]), @"mechanism `n` gives ion `zn` the valence 1, elsewhere it is 2");
}
