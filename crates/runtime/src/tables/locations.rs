//! Databases of locations: files in `MaxMind`'s format that are read whole when a query first needs one.

use std::io::Read as _;
use std::path::Path;
use std::sync::PoisonError;

use brokerwatch_esql::catalog::CatalogError;
use brokerwatch_esql::locations::Locations;

use super::{Lookup, Tables};
use crate::input::open_file;
use crate::limits::LOOKUP_BYTES_MAX;

/// A database that was read, or why it could not be.
pub(super) type Database = Result<Locations, String>;

/// What Elasticsearch looks into where a query names no database.
const DEFAULT: &str = "GeoLite2-City.mmdb";

/// Whether a file is a database of locations, as its name says.
pub(super) fn is_database(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("mmdb"))
}

impl Tables {
    /// The database of a name, or of a file of that name; without one the only one, or that which Elasticsearch takes.
    pub(super) fn location_database(&self, name: Option<&str>) -> Result<Locations, CatalogError> {
        let all: Vec<&Lookup> =
            self.lookups.iter().filter(|lookup| is_database(&lookup.path)).collect();
        let named = |name: &str| {
            let is_file =
                |lookup: &Lookup| lookup.path.file_name().is_some_and(|file| file == name);
            let mut found = all.iter().filter(|lookup| lookup.name == name);
            found.next().or_else(|| all.iter().find(|lookup| is_file(lookup))).copied()
        };
        let known = || all.iter().map(|lookup| Some(&*lookup.name)).collect::<Vec<_>>();
        let chosen = match (name, all.as_slice()) {
            (Some(name), _) => {
                named(name).ok_or_else(|| super::names::unknown(name, &known()))?
            }
            (None, [only]) => only,
            (None, []) => return Err(super::names::unknown("", &[])),
            (None, several) => named(DEFAULT).ok_or_else(|| {
                let names: Vec<&str> = several.iter().map(|lookup| &*lookup.name).collect();
                let why = format!(
                    "there are several databases of locations: choose one with `WITH {{\"database_file\": \"{}\"}}`",
                    names.join("\"}` or `{\"database_file\": \"")
                );
                CatalogError::Unreadable(why)
            })?,
        };
        let mut databases = self.databases.lock().unwrap_or_else(PoisonError::into_inner);
        let read = databases.entry(chosen.path.clone()).or_insert_with(|| read(&chosen.path));
        read.clone()
            .map_err(|why| CatalogError::Unreadable(format!("{}: {why}", chosen.path.display())))
    }
}

fn read(path: &Path) -> Database {
    let file = open_file(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    let limit = LOOKUP_BYTES_MAX as u64 + 1;
    file.take(limit).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if LOOKUP_BYTES_MAX < bytes.len() {
        return Err(format!("more than {LOOKUP_BYTES_MAX} bytes"));
    }
    Locations::read(bytes)
}
