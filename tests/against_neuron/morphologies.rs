//! Imported morphologies: names, order of nodes, areas and resistances.

use neurodamus::model::RunOptions;

use crate::twin::Twin;

const ASC: &str = r#"
("CellBody" (Color Red) (CellBody)
  (5.0 0.0 0.0 0.1) (0.0 6.0 0.0 0.1) (-5.5 0.5 0.0 0.1) (-1.0 -6.0 0.0 0.1) (3.0 -4.0 0.0 0.1)
)
((Dendrite)
  (4.0 4.0 0.0 1.5) (12.0 14.0 1.0 1.2) (20.0 22.0 3.0 1.0)
  (
    (25.0 30.0 4.0 0.9) (33.0 38.0 6.0 0.7)
  |
    (24.0 18.0 2.0 0.8) (30.0 12.0 -3.0 0.8)
    (
      (36.0 10.0 -4.0 0.5) (44.0 9.0 -6.0 0.4)
    |
      (33.0 5.0 -2.0 0.6) (35.0 -4.0 -1.0 0.3)
    )
  )
)
((Axon) (-3.0 -5.0 0.0 0.9) (-8.0 -20.0 0.0 0.7) (-10.0 -60.0 4.0 0.6))
((Apical) (0.0 6.0 0.0 2.0) (0.0 40.0 2.0 1.7) (1.0 90.0 3.0 1.1))
"#;

const SWC_ONE_POINT: &str = "\
# a sphere and three trees
1 1 0 0 0 6.5 -1
2 3 5 5 0 0.8 1
3 3 15 18 2 0.6 2
4 3 25 30 4 0.5 3
5 3 30 20 6 0.4 3
6 3 40 22 9 0.3 5
7 2 -4 -5 0 0.5 1
8 2 -9 -40 3 0.4 7
9 4 0 7 0 1.1 1
10 4 0 60 1 0.9 9
";

const SWC_THREE_POINTS: &str = "\
1 1 0 0 0 6.5 -1
2 1 0 -6.5 0 6.5 1
3 1 0 6.5 0 6.5 1
4 3 5 5 0 0.8 1
5 3 15 18 2 0.6 4
6 3 25 30 4 0.5 5
7 3 30 20 6 0.4 5
8 2 -4 -5 0 0.5 1
9 2 -9 -40 3 0.4 8
";

#[test]
fn imported_shapes() {
    let folder = tempfile::tempdir().expect("a folder for small files");
    let files = [("outline.asc", ASC), ("one.swc", SWC_ONE_POINT), ("three.swc", SWC_THREE_POINTS)];
    for (name, text) in files {
        let file = folder.path().join(name);
        std::fs::write(&file, text).expect("a small file is written");
        for nseg in [1.0, 3.0] {
            let mut twin = Twin::new();
            let sections = twin.import(&file);
            assert!(sections.len() > 3, "{name}: {} sections", sections.len());
            for &section in &sections {
                twin.set(section, "nseg", nseg);
                twin.insert(section, "pas");
            }
            twin.record_geometry();
            // The order of nodes decides how the matrix rounds.
            twin.point("IClamp", sections[0], 0.5, &[("delay", 0.1), ("dur", 1.0), ("amp", 0.3)]);
            sections.iter().for_each(|&section| twin.record_along(section, nseg as usize, "v"));
            twin.compare(&RunOptions { tstop: 2.0, ..RunOptions::default() });
        }
    }
}
