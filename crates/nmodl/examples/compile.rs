//! Compiles `.mod` files and says what becomes of them: `compile [--kernels] FILE…`.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use nmodl::ir::{Kernel, Program};
use nmodl::syntax::Source;

fn main() -> ExitCode {
    let mut kernels = false;
    let (mut compiled, mut refused) = (0, 0);
    for argument in std::env::args().skip(1) {
        if argument == "--kernels" {
            kernels = true;
            continue;
        }
        let bytes = match std::fs::read(&argument) {
            Ok(bytes) => bytes,
            Err(error) => {
                eprintln!("{argument}: {error}");
                return ExitCode::FAILURE;
            }
        };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let source = Arc::new(Source::new(argument.as_str(), text));
        let result = nmodl::compile(&source, Path::new(&argument).parent());
        match &result.program {
            Some(program) => {
                compiled += 1;
                println!("compiled {argument}");
                if kernels {
                    show(program);
                }
            }
            None => {
                refused += 1;
                println!("refused {argument}");
            }
        }
        for problem in &result.problems {
            println!("  error: {}", line(problem));
        }
        if kernels {
            for warning in &result.warnings {
                println!("  warning: {}", line(warning));
            }
        }
    }
    println!("{compiled} compiled, {refused} refused");
    ExitCode::SUCCESS
}

/// A problem on one line: its place, what is wrong, and the remedy.
fn line(problem: &miette::Report) -> String {
    let place = problem.labels().and_then(|mut labels| {
        let label = labels.next()?;
        let contents = problem.source_code()?.read_span(label.inner(), 0, 0).ok()?;
        Some(format!("{}:{}", contents.name().unwrap_or_default(), contents.line() + 1))
    });
    let help = problem.help().map(|help| format!(" ({help})")).unwrap_or_default();
    format!("{}: {problem}{help}", place.unwrap_or_default())
}

fn show(program: &Program) {
    for (number, variable) in program.description.variables.iter().enumerate() {
        println!("column {number}: {} ({:?}, {})", variable.name, variable.role, variable.default);
    }
    for (number, global) in program.globals.iter().enumerate() {
        println!(
            "global {number}: {} = {}{}",
            global.name,
            global.initial,
            if global.written { ", written" } else { "" }
        );
    }
    let kernels = &program.kernels;
    let named = [
        ("constructor", &kernels.constructor),
        ("destructor", &kernels.destructor),
        ("before initial", &kernels.before_initial),
        ("initial", &kernels.initial),
        ("after initial", &kernels.after_initial),
        ("before breakpoint", &kernels.before_breakpoint),
        ("current", &kernels.current),
        ("state", &kernels.state),
        ("after solve", &kernels.after_solve),
        ("before step", &kernels.before_step),
        ("receive", &kernels.receive),
        ("receive initial", &kernels.receive_initial),
    ];
    for (name, kernel) in named {
        if let Some(kernel) = kernel {
            show_kernel(name, kernel);
        }
    }
    for kernel in &kernels.watch {
        show_kernel("watch", kernel);
    }
    for table in &program.tables {
        show_kernel(&format!("table {} bounds, depends on {:?}", table.name, table.depends), &table.bounds);
        show_kernel(&format!("table {} row", table.name), &table.row);
    }
    for function in &program.functions {
        show_kernel(&format!("function {}", function.name), &function.kernel);
    }
}

fn show_kernel(name: &str, kernel: &Kernel) {
    println!("{name}{}:\n{kernel}", if kernel.sequential { " (sequential)" } else { "" });
}
