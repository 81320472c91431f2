//! What of NMODL is supported: one small model for each construct, which compiles and runs by both executors with the same
//! bits, or is refused by name. `docs/nmodl.md` shows the list; refresh it with
//! `UPDATE_DOCS=1 cargo test -p nmodl --test support`.

#[path = "harness/mod.rs"]
mod harness;
#[path = "support_rows/mod.rs"]
mod support_rows;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nmodl::execute::{Constants, Demand};
use nmodl::syntax::Source;
use nmodl::{IonVariable, Kind, Program};
use support_rows::{Row, Section};

/// The marks around a part of the page that is written from here.
fn marks(part: &str) -> (String, String) {
    (
        format!("<!-- {part}: written by crates/nmodl/tests/support.rs -->\n"),
        format!("<!-- end of {part} -->"),
    )
}

/// What becomes of a model: `yes`, or the message that refuses it.
fn outcome(row: &Row) -> Result<String, String> {
    let compiled = nmodl::compile(&Arc::new(Source::new("test.mod", row.model.as_str())), None);
    let wrong = |what: &dyn std::fmt::Display| Err(format!("{}: {what}\n{}", row.construct, row.model));
    match (&compiled.program, row.refused) {
        (Some(program), false) => match harness::run(program) {
            Ok(()) => Ok("yes".to_string()),
            Err(failure) => wrong(&failure.message),
        },
        (None, true) => {
            let report = &compiled.problems[0];
            let help = report.help().map(|help| format!("; {help}")).unwrap_or_default();
            Ok(format!("no: {report}{help}"))
        }
        (Some(_), true) => wrong(&"is not refused"),
        (None, false) => {
            wrong(&format!("{:?}", compiled.problems.iter().map(|p| p.to_string()).collect::<Vec<_>>()))
        }
    }
}

/// The list as tables.
fn table_of_constructs(sections: &[Section]) -> String {
    let mut page = String::new();
    let mut wrong: Vec<String> = Vec::new();
    for section in sections {
        let _ = write!(page, "\n### {}\n\n| construct | here | |\n|---|---|---|\n", section.title);
        for row in &section.rows {
            let cell = |text: &str| text.replace('|', "\\|");
            match outcome(row) {
                Ok(here) => {
                    let _ = writeln!(
                        page,
                        "| {} | {} | {} |",
                        cell(row.construct),
                        cell(&here),
                        cell(row.remark)
                    );
                }
                Err(why) => wrong.push(why),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n--\n"));
    page + "\n"
}

/// The mechanisms that are built in, compiled, with their titles.
fn built_in() -> Vec<(Arc<Program>, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../mechanisms");
    let entries = std::fs::read_dir(folder).expect("the folder exists");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    files.sort_by_key(|file| file.to_string_lossy().to_lowercase());
    let compiled = files.iter().map(|file| {
        let text = std::fs::read_to_string(file).expect("it can be read");
        let title = text.lines().find_map(|line| line.strip_prefix("TITLE ")).expect("it has a title");
        let title = title.trim().to_string();
        let compiled = nmodl::compile(&Arc::new(Source::new(file.to_string_lossy(), text)), file.parent());
        (compiled.program.unwrap_or_else(|| panic!("{:?}", compiled.problems)), title)
    });
    compiled.collect()
}

/// Bytes that the columns of an instance take where all have parameters of their own and only ions are looked at.
fn bytes_of_instance(program: &Program) -> usize {
    let description = &program.description;
    let is_of_ion = |name: &str| {
        description.ions.iter().any(|used| IonVariable::ALL.iter().any(|known| known.of(&used.ion) == name))
    };
    let constants = Constants {
        dt: 0.025,
        celsius: 34.,
        second_order: 0,
        globals: description.globals.iter().map(|global| global.default).collect(),
    };
    let demand = Demand {
        uniform: vec![false; description.variables.len()],
        observed: description.variables.iter().map(|variable| is_of_ion(&variable.name)).collect(),
    };
    program.specialise(&constants, &demand).bytes_per_instance()
}

fn table_of_mechanisms() -> String {
    let mut table = String::from("\n| mechanism | kind | bytes | |\n|---|---|--:|---|\n");
    for (program, title) in built_in() {
        let kind = match program.description.kind {
            Kind::Density => "density mechanism",
            Kind::PointProcess => "point process",
            Kind::ArtificialCell => "artificial cell",
        };
        let bytes = bytes_of_instance(&program);
        let _ = writeln!(table, "| `{}` | {kind} | {bytes} | {title} |", program.description.name);
    }
    table + "\n"
}

/// `page` with a part of it written anew.
fn with_part(page: &str, part: &str, text: &str) -> String {
    let (begin, end) = marks(part);
    let (before, rest) = page.split_once(&begin).expect("the page has the mark before the part");
    let (_, after) = rest.split_once(&end).expect("the page has the mark after the part");
    format!("{before}{begin}{text}{end}{after}")
}

#[test]
fn the_page_on_nmodl_is_up_to_date() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/nmodl.md");
    let found = std::fs::read_to_string(&file).expect("the page exists");
    let expected = with_part(&found, "constructs", &table_of_constructs(&support_rows::sections()));
    let expected = with_part(&expected, "mechanisms", &table_of_mechanisms());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, &expected).expect("the page can be written");
        return;
    }
    assert!(found == expected, "docs/nmodl.md is stale: `UPDATE_DOCS=1 cargo test -p nmodl --test support`");
}

/// The mechanisms that are built in run like any other.
#[test]
fn built_in_mechanisms_run() {
    for (program, title) in built_in() {
        if let Err(failure) = harness::run(&program) {
            panic!("{title}: {}", failure.message);
        }
    }
}

/// The mechanism that the page shows compiles without a warning, and runs.
#[test]
fn the_example_of_the_page_runs() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/nmodl.md");
    let page = std::fs::read_to_string(&file).expect("the page exists");
    let examples: Vec<&str> =
        page.split("```text\n").skip(1).filter(|text| text.starts_with("TITLE")).collect();
    assert_eq!(examples.len(), 1);
    let text = examples[0].split("```").next().expect("the example ends");
    let compiled = nmodl::compile(&Arc::new(Source::new("KM.mod", text)), None);
    assert!(compiled.warnings.is_empty() && compiled.problems.is_empty());
    harness::run(&compiled.program.expect("it compiles")).expect("it runs");
}
