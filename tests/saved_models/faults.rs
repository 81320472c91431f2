//! Files that are cut off, damaged or of another program, and disks that are full.

use std::fs;
use std::path::PathBuf;

use neurodamus::failure::Exit;

use crate::network::Network;

/// The path of the file of a model that has this in its name.
fn file(network: &Network, part: &str) -> PathBuf {
    let name = network.files().into_iter().find(|name| name.contains(part)).expect("a file");
    network.path("build").join(name)
}

/// Why the saved model cannot be used, without names that depend on the contents.
fn refusal(network: &Network, ranks: usize) -> String {
    let failure = network.run_on_ranks(ranks, "output", &["--build-model=OFF"]).expect_err("it is damaged");
    assert_eq!(failure.exit, Exit::BadInput);
    assert!(!network.path("output/spikes.h5").exists(), "nothing was run");
    let text = failure.to_string().replace(&network.path("").display().to_string(), "");
    // Lengths depend on the times of files
    let is_length = |word: &str| word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_digit());
    let words = text.split(' ').map(|word| match word.find("model-") {
        _ if is_length(word.lines().next().unwrap_or_default()) => {
            word.replace(|c: char| c.is_ascii_digit(), "#")
        }
        Some(start) => format!("{}model-….blocks`{}", &word[..start], word.rsplit('`').next().unwrap_or("")),
        None => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn damaged_models_are_refused_with_the_reason() {
    let network = Network::new();
    network.save(2);
    let mut messages = String::new();
    for (what, part, change) in [
        (
            "a shorter index",
            "index",
            Box::new(|bytes: &mut Vec<u8>| bytes.truncate(bytes.len() / 2)) as Change,
        ),
        (
            "no index of this program",
            "index",
            Box::new(|bytes| bytes[..8].copy_from_slice(b"\x89HDF\r\n\x1a\n")),
        ),
        ("another order of bytes", "index", Box::new(|bytes| bytes[8..12].reverse())),
        ("a later format", "index", Box::new(|bytes| bytes[12] += 1)),
        ("a flipped bit of the index", "index", Box::new(|bytes| *bytes.last_mut().expect("a byte") ^= 4)),
        ("a shorter file of blocks", "-0.blocks", Box::new(|bytes| bytes.truncate(bytes.len() - 1))),
        ("a flipped bit of a block", "-1.blocks", Box::new(|bytes| *bytes.last_mut().expect("a byte") ^= 4)),
    ] {
        let path = file(&network, part);
        let sound = fs::read(&path).expect("the file");
        let mut bytes = sound.clone();
        change(&mut bytes);
        fs::write(&path, bytes).expect("it is written");
        messages += &format!("{what}: {}\n\n", refusal(&network, 3));
        fs::write(&path, sound).expect("it is written");
    }
    let path = file(&network, "-0.blocks");
    fs::remove_file(&path).expect("it is there");
    messages += &format!("a missing file: {}\n", refusal(&network, 1));
    insta::assert_snapshot!(messages);
}

type Change = Box<dyn Fn(&mut Vec<u8>)>;

/// Wherever it is cut off, and whichever bit is flipped.
#[test]
fn no_change_of_a_file_goes_unnoticed() {
    let network = Network::new();
    network.set("run/tstop", 1.0);
    network.save(1);
    for part in ["index", "-0.blocks"] {
        let path = file(&network, part);
        let sound = fs::read(&path).expect("the file");
        let refused = || network.run_on_ranks(1, "output", &["--build-model=OFF", "--threads=1"]).is_err();
        for length in [0, 1, 7, 8, 40, sound.len() / 3, sound.len() - 8, sound.len() - 1] {
            fs::write(&path, &sound[..length]).expect("it is written");
            assert!(refused(), "{part} cut off after {length} bytes");
        }
        // Bytes between blocks mean nothing
        for place in (0..sound.len()).step_by(sound.len() / 23).filter(|&place| sound[place] != 0) {
            let mut bytes = sound.clone();
            bytes[place] ^= 1 << (place % 8);
            fs::write(&path, bytes).expect("it is written");
            assert!(refused(), "{part} with another byte {place}");
        }
        fs::write(&path, sound).expect("it is written");
        assert!(!refused());
    }
}

/// `AUTO` builds the model anew, as if there were none.
#[test]
fn a_damaged_model_does_not_stop_a_run_that_may_build() {
    let network = Network::new();
    network.run_built("expected");
    network.save(1);
    let path = file(&network, "-0.blocks");
    let mut bytes = fs::read(&path).expect("the file");
    *bytes.last_mut().expect("a byte") ^= 1;
    fs::write(&path, bytes).expect("it is written");
    network.run_on_ranks(3, "output", &[]).expect("it is built anew");
    assert!(network.found("output") == network.found("expected"));
}

/// A device that is always full stands for a full disk.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_the_old_model_or_none() {
    let network = Network::new();
    let options = ["--build-model=ON", "--simulate-model=OFF"];
    fs::create_dir(network.path("build")).expect("a folder");
    for (unfinished, ranks) in
        [("model-1.unfinished", 2), ("model-0.unfinished", 1), ("model.index.unfinished", 1)]
    {
        let full = network.path("build").join(unfinished);
        std::os::unix::fs::symlink("/dev/full", &full).expect("a link");
        let failure = network.run_on_ranks(ranks, "output", &options).expect_err("the disk is full");
        assert_eq!(failure.exit, Exit::RunFailed);
        let text = failure.to_string().replace(&network.path("").display().to_string(), "");
        assert!(text.starts_with("cannot save: writing `build/model"), "{text}");
        assert!(text.contains("No space left on device"), "{text}");
        assert!(!network.path("build/model.index").exists());
        assert!(!network.files().iter().any(|name| name.ends_with(".unfinished")), "{:?}", network.files());
    }
    network.save(1);
    let sound = network.files();
    let full = network.path("build/model-1.unfinished");
    std::os::unix::fs::symlink("/dev/full", full).expect("a link");
    network.run_on_ranks(2, "output", &options).expect_err("the disk is full");
    assert_eq!(network.files(), sound, "the model that was there is still there");
    network.run_saved(2, "output", &[]);
}
