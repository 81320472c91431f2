//! Tutorial 1: one compartment with Hodgkin-Huxley channels, and a current that makes it spike.
//!
//! `cargo run --example tutorial_1` draws `target/tutorials/tutorial_1.svg`. The text is docs/tutorials.md.

use std::path::Path;

use neurodamus::model::{Model, RunOptions, Source};
use plotters::prelude::*;

pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A soma: a cylinder 20 um long and 20 um wide, with the channels of the squid axon
    let mut model = Model::new();
    let soma = model.section("soma");
    model.set_length(soma, 20.0)?;
    model.set(soma, "diam", 20.0)?;
    model.insert(soma, "hh")?;

    // 0.3 nA into its middle, from 5 ms to 25 ms
    let clamp = model.point_process("IClamp", (soma, 0.5))?;
    model.set_variables(clamp, &[("delay", 5.0), ("dur", 20.0), ("amp", 0.3)])?;

    // What we want to know
    let voltage = model.record((soma, 0.5), "v")?;
    let spikes = model.record_spikes(Source::voltage((soma, 0.5), 0.0))?;

    // 40 ms from rest
    let recordings = model.run(&RunOptions { tstop: 40.0, ..RunOptions::default() })?;

    println!("spikes at {:?} ms", recordings.spikes(spikes));
    plot(&recordings.times, recordings.trace(voltage))
}

/// Draws the voltage (mV) over time (ms).
fn plot(times: &[f64], voltage: &[f64]) -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tutorials");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join("tutorial_1.svg");
    let area = SVGBackend::new(&file, (800, 400)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption("Soma", ("sans-serif", 20))
        .margin(10)
        .x_label_area_size(40)
        .y_label_area_size(50)
        .build_cartesian_2d(0.0..40.0, -80.0..50.0)?;
    chart.configure_mesh().x_desc("time (ms)").y_desc("voltage (mV)").draw()?;
    chart.draw_series(LineSeries::new(times.iter().copied().zip(voltage.iter().copied()), &BLUE))?;
    area.present()?;
    println!("drawn: {}", file.display());
    Ok(())
}
