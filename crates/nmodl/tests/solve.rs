//! Every `SOLVE` of the models in the folders that `NEURODAMUS_MODELS` names (paths with `:` between them), or of those
//! that NEURON ships, is rewritten or refused with a reason. Run with `--nocapture` to see the counts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nmodl::solve::{Options, Place, rewrite};
use nmodl::syntax::ast::{BlockKind, Body, ItemKind, Module, Statement, StatementKind};
use nmodl::syntax::{Source, dump_body, parse};

fn models(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            if depth > 0 {
                models(&path, depth - 1, found);
            }
        } else if path.is_file() && path.extension().is_some_and(|extension| extension == "mod") {
            found.push(path);
        }
    }
}

fn solves<'b>(body: &'b Body, found: &mut Vec<&'b Statement>) {
    for statement in &body.statements {
        match &statement.kind {
            StatementKind::Solve { .. } => found.push(statement),
            StatementKind::Nested(inner) => solves(inner, found),
            StatementKind::If { branches, otherwise } => {
                branches.iter().map(|(_, body)| body).chain(otherwise).for_each(|body| solves(body, found));
            }
            _ => {}
        }
    }
}

fn kind_of(module: &Module, solve: &Statement) -> String {
    let StatementKind::Solve { block, method, steady_state } = &solve.kind else { return String::new() };
    let kind = module.items.iter().find_map(|item| match &item.kind {
        ItemKind::Block(found) if found.name.as_ref().is_some_and(|name| name.text == block.text) => {
            Some(found.kind.word())
        }
        _ => None,
    });
    let steady = if *steady_state { "steady " } else { "" };
    format!("{} {steady}{}", kind.unwrap_or("?"), method.as_ref().map_or("-", |method| &*method.text))
}

#[test]
fn every_solve_is_rewritten_or_refused() {
    let named = std::env::var("NEURODAMUS_MODELS").ok();
    let folders: Vec<PathBuf> = match &named {
        Some(folders) => folders.split(':').map(PathBuf::from).collect(),
        None => vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.reference")],
    };
    let mut files = Vec::new();
    folders.iter().for_each(|folder| models(folder, 16, &mut files));
    files.sort();
    let (mut done, mut refused): (BTreeMap<String, usize>, BTreeMap<String, Vec<String>>) =
        Default::default();
    let (mut warnings, mut seen) =
        (BTreeMap::<String, Vec<String>>::new(), std::collections::BTreeSet::new());
    let mut largest = (0, String::new());
    for file in &files {
        let Ok(bytes) = std::fs::read(file) else { continue };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if !seen.insert(text.clone()) {
            continue;
        }
        let source = Arc::new(Source::new(file.display().to_string(), text));
        let module = parse(&source).module;
        for item in &module.items {
            let ItemKind::Block(block) = &item.kind else { continue };
            let place = match block.kind {
                BlockKind::Breakpoint => Place::Breakpoint,
                _ => Place::Initial,
            };
            let mut found = Vec::new();
            solves(&block.body, &mut found);
            for solve in found {
                let at = format!("{}:{}", source.name, source.line(solve.span.start));
                match rewrite(&module, solve, Options { place, second_order: false }) {
                    Ok(rewritten) => {
                        let lines = dump_body(&rewritten.body).lines().count();
                        if lines > largest.0 {
                            largest = (lines, at.clone());
                        }
                        for warning in rewritten.warnings {
                            warnings.entry(warning.to_string()).or_default().push(at.clone());
                        }
                        *done.entry(kind_of(&module, solve)).or_default() += 1;
                    }
                    Err(errors) => {
                        let reason = format!("{}: {}", kind_of(&module, solve), errors[0]);
                        refused.entry(reason).or_default().push(at);
                    }
                }
            }
        }
    }
    eprintln!("{} different files", seen.len());
    done.iter().for_each(|(kind, count)| eprintln!("rewritten {count:4} {kind}"));
    refused.iter().for_each(|(reason, places)| {
        eprintln!("refused {:4} {reason}\n    {}", places.len(), places.join("\n    "))
    });
    warnings
        .iter()
        .for_each(|(text, places)| eprintln!("warned {:4} {text}\n    {}", places.len(), places[0]));
    let known = |reason: &str| reason.contains("LONGITUDINAL_DIFFUSION") || reason.contains("`matexp`");
    let unknown: Vec<&String> = refused.keys().filter(|reason| !known(reason)).collect();
    assert!(unknown.is_empty(), "refused for new reasons: {unknown:#?}");
    eprintln!("largest: {} lines, {}", largest.0, largest.1);
}
