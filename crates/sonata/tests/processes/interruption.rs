//! Killed runs and full disks: what was flushed is readable, and a failure to write is an error that names the file.
//!
//! Both need a process of their own: the test runs itself again as a child, told so by an environment variable.

use std::path::Path;
use std::process::{Command, Stdio};

use sonata::report::{ReportReader, ReportWriter};

use crate::sample;

type Outcome = Result<(), Box<dyn std::error::Error>>;

const CHILD: &str = "SONATA_TEST_CHILD";

/// This test again, as a child process that finds the path in its environment, under a shell with `limits`.
fn child(test: &str, path: &Path, limits: &str) -> Result<Command, Box<dyn std::error::Error>> {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("{limits} exec \"$0\" \"$@\"")).arg(std::env::current_exe()?);
    command
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Ok(command)
}

#[test]
fn killed_run_leaves_what_was_flushed() -> Outcome {
    let _turn = crate::alone();
    let layouts = sample::report();
    if let Some(path) = std::env::var_os(CHILD) {
        let mut report = ReportWriter::create(Path::new(&path), &layouts)?;
        report.write_rows(0, 0, &sample::values(0..10, layouts[0].elements()))?;
        report.flush()?;
        report.write_rows(0, 10, &sample::values(10..20, layouts[0].elements()))?;
        std::process::abort();
    }
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("soma.h5");
    let status =
        child("interruption::killed_run_leaves_what_was_flushed", &path, "ulimit -c 0;")?.output()?.status;
    assert!(!status.success());
    let reader = ReportReader::open(&path, "Cells")?;
    assert_eq!(reader.layout(), &layouts[0]);
    assert_eq!(reader.read_rows(0..10)?, sample::values(0..10, layouts[0].elements()));
    assert_eq!(ReportReader::open(&path, "Small")?.read_all()?, vec![0.0; 80]);
    Ok(())
}

#[test]
fn full_disk_is_an_error_that_names_the_file() -> Outcome {
    let _turn = crate::alone();
    if let Some(path) = std::env::var_os(CHILD) {
        let mut layouts = sample::report();
        layouts[0].rows = 1_000_000;
        let rows = sample::values(0..10_000, layouts[0].elements());
        let write = || -> Result<(), sonata::Hdf5Error> {
            let mut report = ReportWriter::create(Path::new(&path), &layouts)?;
            for block in 0..100 {
                report.write_rows(0, block * 10_000, &rows)?;
                report.flush()?;
            }
            report.close()
        };
        println!("outcome: {}", write().map_or_else(|e| e.to_string(), |()| "written".into()));
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("soma.h5");
    // A limit on file size fails as a full disk does, and needs no disk to fill (units of 512 bytes or 1 KiB)
    let limits = "trap '' XFSZ; ulimit -f 2000;";
    let output = child("interruption::full_disk_is_an_error_that_names_the_file", &path, limits)?.output()?;
    let text = String::from_utf8_lossy(&output.stdout).replace(&path.display().to_string(), "soma.h5");
    let line = text.lines().find_map(|l| l.split_once("outcome: ").map(|(_, o)| o)).unwrap_or("nothing");
    insta::assert_snapshot!(line, @"cannot write `soma.h5:/`: file write failed: file too large");
    // The library's own error stack stays silent
    assert!(!String::from_utf8_lossy(&output.stderr).contains("HDF5-DIAG"));
    Ok(())
}
