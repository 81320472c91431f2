//! The tutorials run, and their text shows the code as it is.

#[path = "../../examples/tutorial_1.rs"]
mod tutorial_1;
#[path = "../../examples/tutorial_2.rs"]
mod tutorial_2;

use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn tutorials_draw_their_plots() {
    for (name, run) in [
        ("tutorial_1", tutorial_1::main as fn() -> Result<(), Box<dyn std::error::Error>>),
        ("tutorial_2", tutorial_2::main),
    ] {
        run().unwrap_or_else(|error| panic!("{name}: {error}"));
        let plot = read(&format!("target/tutorials/{name}.svg"));
        assert!(plot.contains("<polyline"), "{name}: nothing is drawn");
    }
}

#[test]
fn text_shows_the_code_as_it_is() {
    let code = read("examples/tutorial_1.rs") + &read("examples/tutorial_2.rs");
    let flat = |text: &str| text.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    let code = flat(&code);
    let text = read("docs/tutorials.md");
    let blocks: Vec<&str> =
        text.split("```rust\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() > 6, "docs/tutorials.md has {} blocks of code", blocks.len());
    for block in blocks {
        assert!(code.contains(flat(block).trim()), "not in the examples:\n{block}");
    }
}
