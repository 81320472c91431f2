//! What tells whether a file is the one that a model was built from.
//!
//! Circuits have files of hundreds of gigabytes, so that only small ones are read whole: of all, size, time of the last
//! change, and the first and last bytes count. A small file that was written again with the same contents is the same.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

use super::facts::hexadecimal;

/// Bytes that are read at each end of a file.
const END: u64 = 1 << 16;

/// Files up to this size (bytes) are read whole.
const SMALL: u64 = 1 << 22;

/// A file as it was when a model was built from it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stamp {
    /// Its true path.
    pub path: PathBuf,
    /// Its size (bytes).
    size: u64,
    /// When it was last changed (seconds and nanoseconds since 1970), where the system says so.
    modified: Option<(u64, u32)>,
    /// MD5 of its first and last bytes.
    ends: String,
    /// MD5 of all, of small files.
    contents: Option<String>,
}

impl Stamp {
    /// Looks at a file.
    ///
    /// # Errors
    ///
    /// A file that cannot be read.
    pub fn of(path: &Path) -> io::Result<Self> {
        let (mut file, size, modified) = open(path)?;
        let ends = hash_of_ends(&mut file, size)?;
        let contents = if size <= SMALL { Some(hash_of_contents(&mut file)?) } else { None };
        Ok(Self { path: path.to_owned(), size, modified, ends, contents })
    }

    /// What has become of the file since; `None` if nothing.
    pub fn change(&self) -> Option<String> {
        let changed = || format!("`{}` has changed since the model was built", self.path.display());
        let compare = || -> io::Result<bool> {
            let (mut file, size, modified) = open(&self.path)?;
            if size != self.size || hash_of_ends(&mut file, size)? != self.ends {
                return Ok(false);
            }
            match &self.contents {
                _ if modified.is_some() && modified == self.modified => Ok(true),
                Some(contents) => Ok(hash_of_contents(&mut file)? == *contents),
                None => Ok(false),
            }
        };
        match compare() {
            Ok(true) => None,
            Ok(false) => Some(changed()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Some(format!("`{}`, which the model was built from, is no longer there", self.path.display()))
            }
            Err(error) => Some(format!(
                "`{}`, which the model was built from, cannot be read: {error}",
                self.path.display()
            )),
        }
    }
}

/// Opens a file; its size and when it was changed.
fn open(path: &Path) -> io::Result<(File, u64, Option<(u64, u32)>)> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    let since = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    Ok((file, metadata.len(), since.map(|since| (since.as_secs(), since.subsec_nanos()))))
}

fn hash_of_ends(file: &mut File, size: u64) -> io::Result<String> {
    let mut hasher = Md5::new();
    for start in [0, size.saturating_sub(END)] {
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.take(END).read_to_end(&mut bytes)?;
        hasher.update(&bytes);
    }
    Ok(hexadecimal(&hasher.finalize()))
}

fn hash_of_contents(file: &mut File) -> io::Result<String> {
    file.seek(SeekFrom::Start(0))?;
    let mut bytes = Vec::new();
    file.take(SMALL + 1).read_to_end(&mut bytes)?;
    Ok(hexadecimal(&Md5::digest(&bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, SystemTime};

    fn touch(path: &Path, time: SystemTime) {
        File::options().write(true).open(path).and_then(|file| file.set_modified(time)).expect("a time");
    }

    #[test]
    fn a_small_file_is_the_same_with_the_same_contents() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cell.hoc");
        std::fs::write(&path, "one").expect("a file");
        let stamp = Stamp::of(&path).expect("its stamp");
        assert_eq!(stamp.change(), None);
        touch(&path, SystemTime::now() + Duration::from_secs(100));
        assert_eq!(stamp.change(), None, "it was only touched");
        std::fs::write(&path, "two").expect("a file");
        assert!(
            stamp.change().is_some_and(|change| change.ends_with("has changed since the model was built"))
        );
        std::fs::remove_file(&path).expect("it is there");
        assert!(stamp.change().is_some_and(|change| change.ends_with("is no longer there")));
    }

    #[test]
    fn of_a_large_file_time_and_ends_count() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("edges.h5");
        let mut bytes = vec![7; SMALL as usize + 1000];
        let now = SystemTime::now();
        std::fs::write(&path, &bytes).expect("a file");
        touch(&path, now);
        let stamp = Stamp::of(&path).expect("its stamp");
        assert_eq!(stamp.change(), None);
        touch(&path, now + Duration::from_secs(1));
        assert!(stamp.change().is_some(), "it may have been written anew");
        *bytes.last_mut().expect("a byte") = 8;
        std::fs::write(&path, &bytes).expect("a file");
        touch(&path, now);
        assert!(stamp.change().is_some(), "its end has changed");
    }
}
