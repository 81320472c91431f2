//! A template in the style of optimised cell models gives the cell that NEURON 9.0.2 gives for the same text:
//! sections, segments, areas, diameters, distances and parameters, to the last bit.

mod common;

use hoc::{ObjectRef, Value};

/// Printed by NEURON 9.0.2 for `templates/stub.hoc` with `templates/stub.asc`: name, nseg, L, section number; then
/// for each segment area, diam, cm, distance, g_pas, gnabar_hh.
const NEURON: &str = "soma[0] 1 9.67716782958254 0.0\n\
    264.4840207406994 7.128789560037199 1.0 0.0 3e-05 0.243\n\
dend[0] 3 43.101817277103315 4.0\n\
    88.44472324094008 1.959417299930203 2.0 7.183636212850552 3.413872783207927e-05 None\n\
    78.22582243000926 1.7330799298338073 2.0 21.550908638551658 3.676295225625585e-05 None\n\
    71.20773691312652 1.5775990989027315 2.0 35.918181064252764 3.950669770604992e-05 None\n\
dend[1] 3 56.915117162367764 5.0\n\
    76.58323218125751 1.2849003489585527 2.0 52.58767013749794 4.2847084827303546e-05 None\n\
    63.63499962544794 1.0676625820349026 2.0 71.5593758582872 4.68648750699879e-05 None\n\
    52.950592995343584 0.8884026823149752 2.0 90.53108157907646 5.112604753250015e-05 None\n\
dend[2] 5 118.96169959223056 6.0\n\
    89.6843622877408 1.1998570985054773 2.0 54.997987236326374 4.334452983635309e-05 None\n\
    80.75323986602395 1.0803591263124288 2.0 78.79032715477248 4.845951012820612e-05 None\n\
    64.06218602771737 0.8570574684234862 2.0 102.5826670732186 5.396601336333269e-05 None\n\
    48.04934201057353 0.6428312629462698 2.0 126.37500699166469 5.989400841871044e-05 None\n\
    40.14372865071931 0.5370690832641715 2.0 150.1673469101108 6.62757581201206e-05 None\n\
axon[0] 5 30.0 1.0\n\
    23.831884180488725 1.264320723506108 1.0 7.83858391479127 3e-05 0.001783858\n\
    22.48680894309914 1.1929622658857555 1.0 13.83858391479127 3e-05 0.0023838600000000002\n\
    21.141733705709544 1.1216038082654027 1.0 19.838583914791272 3e-05 0.00298386\n\
    19.796658468319958 1.0502453506450502 1.0 25.838583914791272 3e-05 0.00358386\n\
    18.78973437317191 0.9968263682913351 1.0 31.838583914791272 3e-05 0.00418386\n\
axon[1] 5 30.0 2.0\n\
    18.490122328187113 0.9809314556349344 1.0 37.83858391479127 3e-05 0.004783860000000001\n\
    18.212754610330613 0.9662166411846078 1.0 43.83858391479127 3e-05 0.005383860000000001\n\
    17.935386892474156 0.9515018267342832 1.0 49.83858391479127 3e-05 0.00598386\n\
    17.65801917461765 0.9367870122839562 1.0 55.83858391479127 3e-05 0.00658386\n\
    17.380651456761168 0.9220721978336305 1.0 61.83858391479127 3e-05 0.00718386\n\
myelin[0] 5 1000.0 -65.0\n\
    603.836789638332 0.9610360989168152 0.02 164.83858391479126 3e-05 None\n\
    603.836789638332 0.9610360989168152 0.02 364.8385839147913 3e-05 None\n\
    603.836789638332 0.9610360989168152 0.02 564.8385839147912 3e-05 None\n\
    603.836789638332 0.9610360989168152 0.02 764.8385839147912 3e-05 None\n\
    603.836789638332 0.9610360989168152 0.02 964.8385839147912 3e-05 None";

fn stub() -> (hoc::Interpreter, ObjectRef) {
    let mut interpreter = common::interpreter();
    interpreter.load_file(&common::templates().join("stub.hoc")).expect("a template");
    let folder = common::templates().display().to_string();
    let arguments = vec![Value::Number(7.0), Value::from(folder.as_str()), Value::from("stub.asc")];
    let cell = interpreter.construct("Stub", arguments).expect("a cell");
    (interpreter, cell)
}

#[test]
fn the_cell_is_that_of_neuron() {
    let (mut interpreter, object) = stub();
    let sections = interpreter.section_list(&object, "all").expect("a list");
    let mut lines = NEURON.lines();
    for section in sections {
        let expected: Vec<&str> = lines.next().expect("a section").split_whitespace().collect();
        let cell = interpreter.cell_mut();
        assert_eq!(cell.section_name(section).unwrap(), expected[0]);
        let nseg = cell.nseg(section).unwrap();
        assert_eq!(nseg.to_string(), expected[1]);
        assert_eq!(cell.length(section).unwrap(), expected[2].parse::<f64>().unwrap());
        assert_eq!(cell.range_value(section, "v", 0.0001).unwrap(), expected[3].parse::<f64>().unwrap());
        for index in 0..nseg {
            let x = (index as f64 + 0.5) / nseg as f64;
            let expected: Vec<Option<f64>> =
                lines.next().expect("a segment").split_whitespace().map(|word| word.parse().ok()).collect();
            let found = [
                cell.area(section, x).ok(),
                cell.range_value(section, "diam", x).ok(),
                cell.range_value(section, "cm", x).ok(),
                cell.distance_from_origin(section, x).ok(),
                cell.range_value(section, "g_pas", x).ok(),
                cell.range_value(section, "gnabar_hh", x).ok(),
            ];
            assert_eq!(expected, found, "{} at {x}", cell.full_name(section));
        }
    }
    assert_eq!(lines.next(), None);
}

#[test]
fn the_host_sees_what_the_template_made() {
    let (mut interpreter, object) = stub();
    assert_eq!(interpreter.text("Stub_NeededAttributes").as_deref(), Some("AIS_scaler;soma_scaler"));
    assert_eq!(interpreter.number_of(&object, "gid"), Some(7.0));
    // hashes by NEURON 9.0.2
    for (section, x, hash) in [("dend[0]", 1.0 / 6.0, 1186760807.0), ("soma[0]", 0.5, 1940962635.0)] {
        let arguments = vec![Value::from(section), Value::Number(x)];
        assert_eq!(interpreter.call(&object, "seed_hash", arguments).unwrap(), Value::Number(hash));
    }
    let model = interpreter.to_model(&object).expect("a model");
    assert_eq!(model.sections.len(), 7);
    assert_eq!(model.point_processes.len(), 1);
    assert_eq!(model.point_processes[0].values, [2.5, 0.0]);
    let lists: Vec<(&str, usize)> =
        model.section_lists.iter().map(|(name, sections)| (name.as_str(), sections.len())).collect();
    for expected in
        [("all", 7), ("somatic", 1), ("basal", 3), ("axonal", 2), ("myelinated", 1), ("axon", 2), ("dend", 3)]
    {
        assert!(lists.contains(&expected), "{expected:?} in {lists:?}");
    }
}

#[test]
fn clones_make_the_same_cell() {
    let mut loaded = common::interpreter();
    loaded.load_file(&common::templates().join("stub.hoc")).expect("a template");
    let folder = common::templates().display().to_string();
    let models: Vec<_> = (0..2)
        .map(|_| {
            let mut interpreter = loaded.clone();
            let arguments = vec![Value::Number(1.0), Value::from(folder.as_str()), Value::from("stub.asc")];
            let object = interpreter.construct("Stub", arguments).expect("a cell");
            interpreter.to_model(&object).expect("a model")
        })
        .collect();
    assert_eq!(models[0], models[1]);
}
