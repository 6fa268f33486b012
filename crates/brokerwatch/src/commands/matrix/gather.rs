//! The rows of the matrix that the packs carry.

use brokerwatch_rules::matrix::{FOLDER, Row, read};
use brokerwatch_rules::{Failure, pack};

/// The rows of all built-in packs, by their numbers, and the pages that are wrong.
pub(super) fn rows() -> (Vec<Row>, Vec<Failure>) {
    let (mut rows, mut failures) = (Vec::new(), Vec::new());
    for pack in pack::ALL {
        let pages = pack.files.iter().filter(|(path, _)| {
            let inside = path.strip_prefix(FOLDER).and_then(|rest| rest.strip_prefix('/'));
            inside.and_then(|name| name.strip_suffix(".md")).is_some()
        });
        for (path, text) in pages {
            let path = format!("packs/{}/{path}", pack.name);
            match read(&path, text) {
                Ok(row) => rows.push(row),
                Err(found) => failures.push((path, (*text).to_owned(), found)),
            }
        }
    }
    rows.sort_by(|one, two| one.id.cmp(&two.id));
    (rows, failures)
}
