//! What `docs/plugins.md` shows is in the sources that it names.

use std::path::Path;

/// Code blocks with the file that the line before them names, as in "`src/main.rs`:".
fn excerpts(document: &str) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    let (mut file, mut code) = (None, None::<String>);
    for line in document.lines() {
        match &mut code {
            Some(_) if line == "```" => found.extend(file.take().zip(code.take())),
            Some(code) => *code += &format!("{line}\n"),
            None if line == "```rust" || line == "```toml" => code = Some(String::new()),
            None if !line.is_empty() => {
                file = line.strip_prefix('`').and_then(|line| line.strip_suffix("`:"));
            }
            None => {}
        }
    }
    found
}

#[test]
fn excerpts_are_in_the_sources() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = std::fs::read_to_string(package.join("../../docs/plugins.md")).unwrap();
    let excerpts = excerpts(&document);
    let blocks = document.lines().filter(|line| *line == "```rust" || *line == "```toml").count();
    assert_eq!(excerpts.len(), blocks, "every block of code names its file");
    assert!(blocks >= 5);
    for (file, code) in excerpts {
        let source = std::fs::read_to_string(package.join(file)).unwrap();
        for part in code.split("// …\n") {
            assert!(source.contains(part.trim_matches('\n')), "`{file}` has no such lines:\n{part}");
        }
    }
}
