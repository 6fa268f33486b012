//! Corpora that lie beside the repository, because their licences do not let them lie inside.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The file or folder `path` in `shared/` beside the repository.
///
/// Where it is missing, an unattended run (`CI` is set) panics. Any other run is told in one line on the terminal that
/// the test did not run, and gets `None`, so that a clone without the corpora can still be tested:
///
/// ```
/// fn conformance() {
///     let Some(corpus) = brokerwatch_testkit::shared("corpora/eql") else { return };
///     assert!(corpus.exists());
/// }
/// ```
///
/// # Panics
/// When nothing is there and `CI` is set.
#[track_caller]
pub fn shared(path: &str) -> Option<PathBuf> {
    match find(&workspace(), path) {
        Ok(found) => Some(found),
        Err(missing) => {
            assert!(!crate::in_ci(), "{missing}, and `CI` is set");
            let caller = std::panic::Location::caller();
            // Written past the test harness, which hides what a passing test prints. A closed stderr is no reason to fail.
            let _ = writeln!(
                std::io::stderr(),
                "not run: {}:{}: {missing}",
                caller.file(),
                caller.line()
            );
            None
        }
    }
}

/// The root of the workspace.
fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).map(Path::to_owned).unwrap_or_default()
}

fn find(workspace: &Path, path: &str) -> Result<PathBuf, String> {
    let found = workspace.parent().unwrap_or(workspace).join("shared").join(path);
    if found.exists() { Ok(found) } else { Err(format!("corpora not found: {}", found.display())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_beside_the_workspace() {
        let dir = tempfile::tempdir().unwrap();
        let clone = dir.path().join("clone");
        std::fs::create_dir_all(dir.path().join("shared/corpora")).unwrap();
        std::fs::create_dir_all(&clone).unwrap();
        assert_eq!(find(&clone, "corpora"), Ok(dir.path().join("shared/corpora")));
        assert!(find(&clone, "corpora/none").unwrap_err().contains("corpora not found"));
    }

    #[test]
    fn knows_its_workspace() {
        assert!(workspace().join("crates/testkit").is_dir());
    }
}
