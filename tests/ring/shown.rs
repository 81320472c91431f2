//! What the program shows of the network: its schedules and the time of each system.

use insta::assert_snapshot;

use crate::circuit::Ring;

fn shown(ring: &Ring, arguments: &[&str]) -> String {
    let output = ring.run_program(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn schedule_as_text() {
    let ring = Ring::new();
    assert_snapshot!(shown(&ring, &["--schedule", "--threads=1", "--group-size=1000"]), @"
    Epoch
      Advance
          1  advance:groups
               reads  EpochClock, Ranks, StopRequest, Threads
               writes Exchanged, Failure, Groups, Outgoing, VoltageExchange, Waiting
      Exchange
          2  exchange:spikes
               reads  EpochClock, Ranks, StopRequest, Threads
               writes Exchanged, Failure, Groups, Outgoing, SpikeLog, Waiting
      Route
          3  route:spikes
               reads  Exchanged, Routes
               writes Groups
      Guard
          4  guard:voltage
               reads  EpochClock
               writes Failure, Groups

    Step
      Detect
          1  detect:threshold
               reads  Clock, Connections, Voltage
               writes EventQueue, OutgoingSpikes, SpikeSources
      Deliver
          2  deliver:start
               reads  Clock, MechanismTable
               writes Complaints, Connections, EventQueue, Instances, IonColumns, OutgoingSpikes, Voltage
      Play
          3  time:first-half
               writes Clock
          4  play:waveforms
               reads  Clock, MechanismTable
               writes Instances, Waveform
      Currents
          5  current:clear
               writes Diagonal, RightHandSide
          6  current:pas
               reads  Area, Clock, Diameter, Voltage
               writes Complaints, Diagonal, Instances, IonColumns, RightHandSide
          7  current:na_ion
               reads  Clock
               writes IonColumns
          8  current:k_ion
               reads  Clock
               writes IonColumns
          9  current:IClamp
               reads  Area, Clock, Diameter, Voltage
               writes Complaints, Diagonal, Instances, IonColumns, RightHandSide, SavedDiagonal, SavedRightHandSide
         10  current:ExpSyn
               reads  Area, Clock, Diameter, Voltage
               writes Complaints, Diagonal, Instances, IonColumns, RightHandSide
         11  current:Exp2Syn
               reads  Area, Clock, Diameter, Voltage
               writes Complaints, Diagonal, Instances, IonColumns, RightHandSide
         12  current:hh
               reads  Area, Clock, Diameter, Voltage
               writes Complaints, Diagonal, Instances, IonColumns, RightHandSide
         13  current:MembraneCurrentSource
               reads  Area, Clock, Diameter, Voltage
               writes Complaints, Diagonal, Instances, IonColumns, RightHandSide
         14  current:capacitance
               reads  Capacitance, Clock
               writes Diagonal
         15  current:axial
               reads  FromParent, Parent, ToParent, Trees, Voltage
               writes Diagonal, RightHandSide
      Solve
         16  solve:hines
               reads  FromParent, Parent, ToParent, Trees
               writes Diagonal, RightHandSide
      Update
         17  update:voltage
               reads  Clock, RightHandSide
               writes Voltage
         18  time:second-half
               writes Clock
      Transfer
         19  play:waveforms-again
               reads  Clock, MechanismTable
               writes Instances, Waveform
      State
         20  state:ExpSyn
               reads  Area, Clock, Diameter, Voltage
               writes Complaints, Instances, IonColumns
         21  state:Exp2Syn
               reads  Area, Clock, Diameter, Voltage
               writes Complaints, Instances, IonColumns
         22  state:hh
               reads  Area, Clock, Diameter, Voltage
               writes Complaints, Instances, IonColumns
      Arrive
         23  deliver:end
               reads  Clock, MechanismTable
               writes Complaints, Connections, EventQueue, Instances, IonColumns, OutgoingSpikes, Voltage
      Report
         24  report:sample
               reads  Capacitance, Clock, Diameter, Instances, IonColumns, MembraneCurrent, Probe, Voltage
               writes SampleBuffer, Sums
    ");
    assert!(!ring.path("output").exists(), "nothing is run");
}

#[test]
fn schedule_as_json_has_the_same_systems() {
    let ring = Ring::new();
    let json: serde_json::Value =
        serde_json::from_str(&shown(&ring, &["--schedule=json", "--threads=1", "--group-size=1000"]))
            .expect("JSON");
    let text = shown(&ring, &["--schedule=text", "--threads=1", "--group-size=1000"]);
    let schedules = json["schedules"].as_array().expect("schedules");
    let names: Vec<&str> = schedules.iter().filter_map(|schedule| schedule["name"].as_str()).collect();
    assert_eq!(names, ["Epoch", "Step"]);
    for system in schedules.iter().flat_map(|schedule| schedule["systems"].as_array().expect("systems")) {
        let name = system["name"].as_str().expect("a name");
        assert!(text.contains(name), "{name}");
    }
}

#[test]
fn schedule_as_dot_is_a_graph() {
    let dot = shown(&Ring::new(), &["--schedule=dot"]);
    assert!(dot.starts_with("digraph"), "{dot}");
    assert_eq!(dot.matches('{').count(), dot.matches('}').count());
    assert!(dot.contains("current:hh"));
}

#[test]
fn profile_names_every_system_that_took_time() {
    let ring = Ring::lasting(5.0);
    let table = shown(&ring, &["--profile", "--threads=1"]);
    for system in ["current:hh", "solve:hines", "all systems", "advance:groups", "exchange:waiting"] {
        assert!(table.lines().any(|line| line.starts_with(system)), "{system} is missing:\n{table}");
    }
    assert!(ring.path("output/spikes.h5").is_file(), "the run is complete");
}
