//! Mechanisms whose functions are called in every step, so that what they give can be recorded.

use std::fmt::Write;
use std::path::Path;

use crate::mechanism::{Callable, File, Mechanism};

/// What C of functions does that HOC alone may call.
const FOR_HOC: [&str; 6] = ["arg(", "vector", "hoc_", "nrn_random", "BEFORE STEP", "FUNCTION_TABLE"];

/// The file with a block that calls its functions and procedures before every step, written to `folder`; `None` where
/// there are none that numbers can be given to.
pub fn calling(mechanism: &Mechanism, folder: &Path) -> Option<File> {
    let file = &mechanism.file;
    if mechanism.callables.is_empty() || FOR_HOC.iter().any(|word| file.text.contains(word)) {
        return None;
    }
    let numbers: Vec<String> =
        (0..mechanism.callables.len()).map(|number| format!("called_{number}")).collect();
    let mut text = file.text.clone();
    let names = (numbers.join(", "), numbers.join(" "));
    let declared = format!("\nNEURON {{ RANGE {} }}\nASSIGNED {{ {} }}\nBEFORE STEP {{\n", names.0, names.1);
    text.push_str(&declared);
    for (callable, to) in mechanism.callables.iter().zip(&numbers) {
        let call = call(callable);
        let statement = if callable.gives_number { format!("{to} = {call}") } else { call };
        writeln!(text, "    {statement}").expect("a string takes everything");
    }
    text.push_str("}\n");
    let beside = file.path.parent()?;
    let folder = folder.join(beside.strip_prefix("/").unwrap_or(beside));
    std::fs::create_dir_all(&folder).expect("a writable folder");
    for entry in std::fs::read_dir(beside).into_iter().flatten().flatten() {
        if entry.path().extension().is_some_and(|extension| extension == "inc") {
            std::fs::copy(entry.path(), folder.join(entry.file_name())).expect("a writable folder");
        }
    }
    let path = folder.join(file.path.file_name()?);
    std::fs::write(&path, &text).expect("a writable folder");
    Some(File { package: format!("{}, called,", file.package), text, path, ..file.clone() })
}

/// A call with arguments that change in time: voltages from -70 to 30 mV, others from 0.
fn call(callable: &Callable) -> String {
    let argument = |(number, name): (usize, &String)| {
        if name.starts_with(['v', 'V']) { "-70 + 2*t".into() } else { format!("0.25*{} + 0.1*t", 1 + number) }
    };
    let arguments: Vec<String> = callable.arguments.iter().enumerate().map(argument).collect();
    format!("{}({})", callable.name, arguments.join(", "))
}
