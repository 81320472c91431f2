//! Tutorial 2: a soma with a dendrite (ball and stick), and a synapse that is driven by spikes.
//!
//! `cargo run --example tutorial_2` draws `target/tutorials/tutorial_2.svg`. The text is docs/tutorials.md.

use std::path::Path;

use neurodamus::model::{Model, NetCon, RunOptions};
use plotters::prelude::*;

pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A soma with active channels, and a passive dendrite in 11 segments at its end
    let mut model = Model::new();
    let soma = model.section("soma");
    model.set_length(soma, 12.6157)?;
    model.set(soma, "diam", 12.6157)?;
    let dend = model.section("dend");
    model.set_length(dend, 200.0)?;
    model.set_segments(dend, 11)?;
    model.set(dend, "diam", 1.0)?;
    model.connect(dend, (soma, 1.0))?;

    for section in [soma, dend] {
        model.set_axial_resistivity(section, 100.0)?;
        model.set(section, "cm", 1.0)?;
    }
    model.insert(soma, "hh")?;
    model.insert(dend, "pas")?;
    model.set(dend, "g_pas", 0.001)?;
    model.set(dend, "e_pas", -65.0)?;

    // An excitatory synapse in the middle of the dendrite
    let synapse = model.point_process("ExpSyn", (dend, 0.5))?;
    model.set_variable(synapse, "tau", 2.0)?;

    // Five spikes on average every 8 ms, at irregular times, that reach the synapse after 1 ms
    let stimulus = model.artificial_cell("NetStim")?;
    model.set_variables(stimulus, &[("start", 5.0), ("interval", 8.0), ("number", 5.0), ("noise", 0.5)])?;
    model.set_random_stream(stimulus, [1, 2, 3])?;
    model.net_con(NetCon::new(stimulus, synapse).delay(1.0).weight(0.02))?;

    // What we want to know
    let soma_voltage = model.record((soma, 0.5), "v")?;
    let dend_voltage = model.record((dend, 0.5), "v")?;
    let conductance = model.record_variable(synapse, "g")?;
    let input = model.record_spikes(stimulus)?;

    let recordings = model.run(&RunOptions { tstop: 60.0, ..RunOptions::default() })?;

    println!("input spikes at {:?} ms", recordings.spikes(input));
    let voltages = [("soma", recordings.trace(soma_voltage)), ("dendrite", recordings.trace(dend_voltage))];
    plot(&recordings.times, voltages, recordings.trace(conductance))
}

/// Draws voltages (mV) above, and a conductance (uS) below, over time (ms).
fn plot(
    times: &[f64],
    voltages: [(&str, &[f64]); 2],
    conductance: &[f64],
) -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tutorials");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join("tutorial_2.svg");
    let area = SVGBackend::new(&file, (800, 600)).into_drawing_area();
    area.fill(&WHITE)?;
    let (upper, lower) = area.split_vertically(350);
    let points = |values: &[f64]| times.iter().copied().zip(values.to_vec()).collect::<Vec<_>>();

    let mut chart = ChartBuilder::on(&upper)
        .margin(10)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d(0.0..60.0, -80.0..50.0)?;
    chart.configure_mesh().x_desc("time (ms)").y_desc("voltage (mV)").draw()?;
    for ((name, values), colour) in voltages.into_iter().zip([BLUE, RED]) {
        let line = chart.draw_series(LineSeries::new(points(values), &colour))?;
        line.label(name).legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour));
    }
    chart.configure_series_labels().border_style(BLACK).draw()?;

    let highest = conductance.iter().copied().fold(1e-3, f64::max);
    let mut chart = ChartBuilder::on(&lower)
        .margin(10)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d(0.0..60.0, 0.0..1.1 * highest)?;
    chart.configure_mesh().x_desc("time (ms)").y_desc("conductance (uS)").draw()?;
    chart.draw_series(LineSeries::new(points(conductance), &GREEN))?;
    area.present()?;
    println!("drawn: {}", file.display());
    Ok(())
}
