//! Problems as the application would print them, without colour.

use std::fmt::Write;

use sonata::circuit::CircuitConfig;
use sonata::compartment_sets::CompartmentSets;
use sonata::config::SimulationConfig;
use sonata::diagnostics::{Problem, Problems, Severity, Source};
use sonata::node_sets::NodeSets;

/// A problem with its place, the line with carets, and the remedy.
pub fn render(problem: &Problem) -> String {
    let word = match problem.severity {
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let position = problem.position();
    let path = problem.source.path().display();
    let line = problem.source.text().lines().nth(position.line - 1).unwrap_or_default();
    let rest = line.chars().count().saturating_sub(position.column - 1).max(1);
    let carets = "^".repeat(problem.span.length.clamp(1, rest));
    let mut text = format!("{word}: {problem}\n  --> {path}:{}:{}\n", position.line, position.column);
    let _ = writeln!(text, "  | {line}\n  | {}{carets}", " ".repeat(position.column - 1));
    if let Some(remedy) = problem.remedy() {
        let _ = writeln!(text, "help: {remedy}");
    }
    text
}

/// All problems, or the warnings of a file that is accepted.
pub fn rendered(outcome: Result<Vec<Problem>, Problems>) -> String {
    let problems = match outcome {
        Ok(warnings) => warnings,
        Err(Problems(problems)) => problems,
    };
    problems.iter().map(render).collect()
}

/// What a simulation configuration gives.
pub fn simulation(text: &str) -> String {
    let source = Source::new("simulation_config.json", text);
    rendered(SimulationConfig::parse(&source).map(|config| config.warnings))
}

/// What a simulation configuration with more top-level keys gives.
pub fn with(keys: &str) -> String {
    simulation(&format!("{{\"run\": {{\"tstop\": 10, \"dt\": 0.1, \"random_seed\": 1}},\n{keys}}}"))
}

/// What an input with these keys besides the common ones gives.
pub fn input(keys: &str) -> String {
    let common = r#""delay": 0, "duration": 5, "node_set": "All""#;
    with(&format!("\"inputs\": {{\"stim\": {{{common},\n{keys}}}}}"))
}

/// What a current with these keys gives.
pub fn current(keys: &str) -> String {
    input(&format!("\"input_type\": \"current_clamp\",\n{keys}"))
}

/// What a report with these keys besides the times gives.
pub fn report(keys: &str) -> String {
    let common = r#""dt": 0.1, "start_time": 0, "end_time": 10"#;
    with(&format!("\"reports\": {{\"soma\": {{{common},\n{keys}}}}}"))
}

/// What a circuit configuration gives.
pub fn circuit(text: &str) -> String {
    let source = Source::new("circuit_config.json", text);
    rendered(CircuitConfig::parse(&source).map(|config| config.warnings))
}

/// What a file of node sets gives.
pub fn node_sets(text: &str) -> String {
    let source = Source::new("node_sets.json", text);
    let checked = NodeSets::parse(&source).and_then(|(sets, warnings)| sets.check().map(|()| warnings));
    rendered(checked)
}

/// What a file of compartment sets gives.
pub fn compartment_sets(text: &str) -> String {
    let source = Source::new("compartment_sets.json", text);
    rendered(CompartmentSets::parse(&source).map(|_| Vec::new()))
}
