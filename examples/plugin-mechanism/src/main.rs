//! The program with the plug-ins: `cargo run -p plugin-mechanism -- simulation_config.json`.

use std::process::ExitCode;

use neurodamus::App;
use plugin_mechanism::{MCurrent, MeasureHighestVoltage};

fn main() -> ExitCode {
    App::new().add_plugins(MCurrent).add_plugins(MeasureHighestVoltage).main()
}
