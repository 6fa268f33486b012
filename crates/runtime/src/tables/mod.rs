//! Events as tables: what the names of an ES|QL query mean, with which columns, and how their rows are read.
//!
//! Columns of documents without a schema are guessed from ECS and from a sample. A value that does not fit what was
//! guessed ends the run with a [`Refit`]; the caller hands the error to [`Tables::refit`], plans the query again and
//! finds the columns as they have to be. So a query that guessed right, as nearly all do, reads its files once.

mod column;
mod convert;
mod eql;
mod facts;
mod learn;
mod locations;
mod lookup;
mod mapping;
mod metadata;
mod names;
mod parquet;
mod parquet_rows;
mod provider;
mod pruning;
mod report;
mod required;
mod rows;
mod scan;
mod schema;
mod times;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use brokerwatch_ecs::Projection;
use brokerwatch_esql::catalog::{Catalog, CatalogError, EqlRequest, Policy, Table, TableRequest};
use brokerwatch_esql::locations::Locations;
use brokerwatch_ingest::normalise::Kind;
use brokerwatch_ingest::readers;
use datafusion::common::DataFusionError;

pub use self::facts::{Refit, Seen};
pub use self::mapping::Mapping;
pub use self::report::Report;

pub(crate) use self::metadata::source as document_text;

use self::facts::Facts;
use self::locations::Database;
use self::lookup::Loaded;
use self::metadata::Meta;
use self::parquet::ParquetFile;
use self::report::Reports;
use crate::Input;
use crate::events::Reading;

/// What tables are made of.
#[derive(Debug, Clone)]
pub struct TablesOptions {
    /// The events.
    pub sources: Vec<Source>,
    /// Tables that `LOOKUP JOIN` joins with.
    pub lookups: Vec<Lookup>,
    /// Tables that `ENRICH` looks into.
    pub policies: Vec<Lookup>,
    /// Which ECS other telemetry becomes.
    pub mapping: Kind,
    /// What the inputs are, if that is known better than their content tells.
    pub read_as: Option<&'static readers::Source>,
    /// How many threads read.
    pub threads: usize,
    /// Whether lists stay in the order of their documents, with what stands twice in them.
    pub source_order: bool,
    /// Where standard input is kept so that it can be read again; the folder of the system if not said.
    pub temporary_folder: Option<PathBuf>,
}

impl Default for TablesOptions {
    fn default() -> Self {
        TablesOptions {
            sources: Vec::new(),
            lookups: Vec::new(),
            policies: Vec::new(),
            mapping: Kind::default(),
            read_as: None,
            threads: 1,
            source_order: false,
            temporary_folder: None,
        }
    }
}

/// Events under a name, or under none.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// The name that queries use; without one the source answers to every name.
    pub name: Option<String>,
    /// What [`crate::inputs`] takes.
    pub paths: Vec<PathBuf>,
    /// Inputs that are found already, beside those.
    pub inputs: Vec<Input>,
    /// The fields, if they are known; all others are unknown then.
    pub schema: Option<Mapping>,
}

/// A table under a name that is read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// The name that queries use.
    pub name: String,
    /// A file: CSV with a header of `name` or `name:type`, JSON documents, or Parquet; or a database of locations
    /// (`.mmdb`).
    pub path: PathBuf,
    /// The field that an enrich policy compares; the first if not said.
    pub match_field: Option<String>,
}

/// The tables of a run.
#[derive(Debug)]
pub struct Tables {
    shared: Arc<Shared>,
    sources: Vec<Known>,
    temporary_folder: Option<PathBuf>,
    lookups: Vec<Lookup>,
    policies: Vec<Lookup>,
    /// The same tables, for those who read events: what an import wrote is files of events there.
    of_events: OnceLock<Box<Tables>>,
    /// Lookup tables and policies by path, as they were read, with the fields that hold ranges.
    loaded: Mutex<BTreeMap<PathBuf, Loaded>>,
    /// Databases of locations by path, as they were read.
    databases: Mutex<BTreeMap<PathBuf, Database>>,
}

/// What readers of all sources share.
#[derive(Debug)]
struct Shared {
    mapping: Kind,
    read_as: Option<&'static readers::Source>,
    threads: usize,
    source_order: bool,
    report: Reports,
}

/// A source, and what was found out about it.
#[derive(Debug)]
struct Known {
    name: Option<Arc<str>>,
    paths: Vec<PathBuf>,
    inputs: Vec<Input>,
    schema: Option<Arc<Mapping>>,
    /// Found when the source is first asked for.
    files: OnceLock<Files>,
    facts: Mutex<Facts>,
}

/// The files of a source.
#[derive(Debug)]
struct Files {
    /// Files of events, and those that cannot be read.
    events: Arc<[Input]>,
    parquet: Vec<ParquetFile>,
    /// The Parquet files as inputs, in the same order.
    parquet_inputs: Vec<Input>,
}

impl Files {
    /// The same files, of which those that an import wrote are files of events.
    fn as_events(&self) -> Files {
        let mut events = self.events.to_vec();
        let (mut parquet, mut parquet_inputs) = (Vec::new(), Vec::new());
        for (file, input) in self.parquet.iter().zip(&self.parquet_inputs) {
            if file.is_part {
                events.push(input.clone());
            } else {
                parquet.push(file.clone());
                parquet_inputs.push(input.clone());
            }
        }
        Files { events: events.into(), parquet, parquet_inputs }
    }
}

impl Shared {
    fn reading<'a>(&self, projection: &'a Projection) -> Reading<'a> {
        Reading {
            source: self.read_as,
            mapping: self.mapping,
            threads: self.threads,
            ..Reading::of(projection)
        }
    }
}

impl Known {
    fn facts(&self) -> MutexGuard<'_, Facts> {
        // Facts only grow, one by one: a panic leaves nothing half done.
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The files with a schema of their own, once the source was asked for.
    fn known_files(&self) -> &[ParquetFile] {
        self.files.get().map_or(&[], |files| &files.parquet)
    }

    fn files(&self, temporary_folder: Option<&PathBuf>) -> &Files {
        self.files.get_or_init(|| {
            let keep = |input: Input| {
                input
                    .kept(temporary_folder.map(PathBuf::as_path))
                    .unwrap_or_else(|error| input.failing(error))
            };
            let (mut events, mut parquet) = (Vec::new(), Vec::new());
            for input in crate::inputs(&self.paths).into_iter().chain(self.inputs.iter().cloned()) {
                match input.file().and_then(parquet::open) {
                    None => events.push(keep(input)),
                    Some(Ok(file)) => parquet.push((file, input)),
                    Some(Err(why)) => events.push(input.failing(io::Error::other(why))),
                }
            }
            let (parquet, parquet_inputs) = parquet.into_iter().unzip();
            Files { events: events.into(), parquet, parquet_inputs }
        })
    }
}

impl Tables {
    /// The tables of these options. Nothing is read before a query asks for it.
    pub fn new(options: TablesOptions) -> Tables {
        let sources = options.sources.into_iter().map(|source| Known {
            name: source.name.map(Arc::from),
            paths: source.paths,
            inputs: source.inputs,
            schema: source.schema.map(Arc::new),
            files: OnceLock::new(),
            facts: Mutex::default(),
        });
        Tables {
            shared: Arc::new(Shared {
                mapping: options.mapping,
                read_as: options.read_as,
                threads: options.threads,
                source_order: options.source_order,
                report: Reports::default(),
            }),
            sources: sources.collect(),
            temporary_folder: options.temporary_folder,
            lookups: options.lookups,
            policies: options.policies,
            of_events: OnceLock::new(),
            loaded: Mutex::default(),
            databases: Mutex::default(),
        }
    }

    /// The same tables over events.
    fn of_events(&self) -> &Tables {
        self.of_events.get_or_init(|| {
            let source = |source: &Known| Known {
                name: source.name.clone(),
                paths: Vec::new(),
                inputs: Vec::new(),
                schema: source.schema.clone(),
                files: OnceLock::from(source.files(self.temporary_folder.as_ref()).as_events()),
                facts: Mutex::default(),
            };
            Box::new(Tables {
                shared: Arc::clone(&self.shared),
                sources: self.sources.iter().map(source).collect(),
                temporary_folder: self.temporary_folder.clone(),
                lookups: Vec::new(),
                policies: Vec::new(),
                of_events: OnceLock::new(),
                loaded: Mutex::default(),
                databases: Mutex::default(),
            })
        })
    }

    /// Learns from an error of a run. If it is true, the query is to be planned and run once more; else the error is one.
    pub fn refit(&self, error: &DataFusionError) -> bool {
        let Some(refit) = Refit::of(error) else { return false };
        let Some(source) = self.sources.get(refit.source_number) else { return false };
        refit.teach(&mut source.facts())
    }

    /// How many names of fields are no columns, because a source has too many.
    pub(crate) fn columns_left_out(&self) -> u64 {
        self.sources.iter().map(|source| source.facts().dropped).sum()
    }

    /// What was read since this was last asked for, and what could not be.
    pub fn report(&self) -> Report {
        self.shared.report.take()
    }

    fn loaded_files(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Loaded>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The names of the sources, in the order of the options; `None` for one without a name.
    fn names(&self) -> Vec<Option<&str>> {
        self.sources.iter().map(|source| source.name.as_deref()).collect()
    }
}

impl Catalog for Tables {
    fn table(&self, request: &TableRequest<'_>) -> Result<Table, CatalogError> {
        let chosen = names::choose(request.indices, &self.names())?;
        Ok(self.open(chosen, &metadata_fields(request.metadata)?, request.wanted))
    }

    fn lookup(&self, name: &str) -> Result<Table, CatalogError> {
        self.lookup_table(name)
    }

    fn policy(&self, name: &str) -> Result<Policy, CatalogError> {
        self.enrich_policy(name)
    }

    fn locations(&self, name: Option<&str>) -> Result<Locations, CatalogError> {
        self.location_database(name)
    }

    fn eql(&self, request: &EqlRequest<'_>) -> Result<Table, CatalogError> {
        eql::table(self.of_events(), request)
    }
}

/// The metadata fields of these names.
fn metadata_fields(names: &[String]) -> Result<Vec<Meta>, CatalogError> {
    let field = |name: &String| {
        Meta::of(name).ok_or_else(|| {
            let known: Vec<&str> = metadata::names().collect();
            let known = known.join("`, `");
            let why = format!("there is no metadata field `{name}`; there are `{known}`");
            CatalogError::Unreadable(why)
        })
    };
    names.iter().map(field).collect()
}
