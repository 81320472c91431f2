//! How many files of each package are read, can be run, or are refused and why.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::{adapter, comparison, corpus, recipes};

#[derive(Default)]
struct Count {
    files: usize,
    parsed: usize,
    runnable: usize,
    refused: BTreeMap<String, Vec<String>>,
}

/// Every file of NEURON's dialect is read without errors; the table says what becomes of each.
#[test]
fn corpus() {
    let Some(reference) = corpus::reference() else { return };
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    let mut unread = Vec::new();
    for file in reference.files() {
        let count = counts.entry(file.package.clone()).or_default();
        count.files += 1;
        let mechanism = file.mechanism();
        count.parsed += usize::from(mechanism.is_ok());
        if let Err(error) = &mechanism
            && recipes::without_reference(&file.package, &file.inside).is_none()
        {
            unread.push(format!("{} {}: {error}", file.package, file.inside));
        }
        match mechanism.and_then(|_| adapter::model(&[&file.path])) {
            Ok(_) => count.runnable += 1,
            Err(reason) => count.refused.entry(reason).or_default().push(file.inside),
        }
    }
    let mut table =
        String::from("| package | files | parsed | runnable | refused |\n|---|--:|--:|--:|--:|\n");
    for (package, count) in &counts {
        let refused = count.files - count.runnable;
        writeln!(
            table,
            "| {package} | {} | {} | {} | {refused} |",
            count.files, count.parsed, count.runnable
        )
        .expect("a string takes everything");
    }
    for (package, count) in &counts {
        for (reason, files) in &count.refused {
            let example = files.first().map_or("", String::as_str);
            writeln!(table, "- {package}: {reason}: {} files, such as {example}", files.len())
                .expect("a string takes everything");
        }
    }
    comparison::publish("corpus", &table);
    assert!(unread.is_empty(), "files that are not read:\n{}", unread.join("\n"));
}
