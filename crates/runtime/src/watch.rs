//! Waiting for files to change.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::files;
use crate::limits::WATCH_PAUSE_MS;

/// Files and what they looked like: length in bytes and time of the last change.
type Looks = BTreeMap<PathBuf, Option<(u64, SystemTime)>>;

/// What files looked like when they were last waited for.
#[derive(Debug, Default)]
pub struct Watch {
    seen: Option<Looks>,
}

impl Watch {
    /// Waits until a file below these paths is changed, new or gone since the last call; the first call waits for a change
    /// from now on. Hidden files do not count. Looking again and again works on every file system, also on those that
    /// tell of no changes.
    pub fn wait(&mut self, paths: &[PathBuf]) {
        let before = self.seen.take().unwrap_or_else(|| looks(paths));
        loop {
            let now = looks(paths);
            if now != before {
                self.seen = Some(now);
                return;
            }
            std::thread::sleep(Duration::from_millis(WATCH_PAUSE_MS));
        }
    }
}

fn looks(paths: &[PathBuf]) -> Looks {
    let about = |path: &PathBuf| {
        let about = path.metadata().ok()?;
        Some((about.len(), about.modified().ok()?))
    };
    files(paths).into_iter().map(|(path, _)| (path.clone(), about(&path))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_ends_the_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        std::fs::write(&file, "1").unwrap();
        let paths = [folder.path().to_owned()];
        let mut watch = Watch { seen: Some(looks(&paths)) };
        std::fs::write(&file, "22").unwrap();
        watch.wait(&paths);
        std::fs::remove_file(&file).unwrap();
        watch.wait(&paths);
        assert_eq!(watch.seen, Some(Looks::new()));
    }
}
