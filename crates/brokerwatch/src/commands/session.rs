//! A session of ES|QL from the command line: its tables, its parameters, and what is told beside an answer.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Result, anyhow, bail};
use brokerwatch_esql::limits::ROWS_DEFAULT;
use brokerwatch_esql::planner::Options;
use brokerwatch_esql::types::DataType;
use brokerwatch_esql::value::{Constant, Scalar};
use brokerwatch_runtime::tables::{Lookup, Mapping, Report, Source, TablesOptions};
use brokerwatch_runtime::{Answer, Session, SessionOptions};
use serde_json::Value;

use super::input::{self, ReadArgs};
use crate::report;

/// What every command that runs ES|QL is told.
#[derive(clap::Args)]
pub(crate) struct SessionArgs {
    /// A table for LOOKUP JOIN: CSV with a header, NDJSON or Parquet; or a database of the locations of addresses
    /// (.mmdb); can be given several times
    #[arg(long, value_name = "NAME=PATH", value_parser = super::query::named)]
    lookup: Vec<(String, PathBuf)>,
    /// A table for ENRICH, which matches its first field if no other is named; can be given several times
    #[arg(long, value_name = "NAME=PATH[:FIELD]", value_parser = super::query::named)]
    policy: Vec<(String, PathBuf)>,
    /// The values of parameters, as JSON: '[1, "a"]' for `?`, '{"name": 1}' for `?name`
    #[arg(long, value_name = "JSON")]
    params: Option<String>,
    /// Give all rows, where Elasticsearch would cut them at 1,000 without a LIMIT and at 10,000 with one
    #[arg(long)]
    all_rows: bool,
    /// Most memory for sorting, grouping and joining, such as `512MB`; what does not fit goes to disk
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    memory_limit: Option<usize>,
}

impl SessionArgs {
    /// A session over the sources that other arguments name.
    pub(crate) fn open(
        &self,
        named: &[(String, PathBuf)],
        paths: &[PathBuf],
        schemas: &[String],
        read: &ReadArgs,
    ) -> Result<Session> {
        let options = SessionOptions {
            tables: tables(named, paths, schemas, self, read)?,
            memory_limit: self.memory_limit,
            spill_folder: None,
        };
        Session::new(options).map_err(|why| anyhow!(why))
    }

    /// How a query runs that begins now.
    pub(crate) fn options(&self) -> Result<Options> {
        Ok(Options {
            now_millis: now_millis(),
            cut: !self.all_rows,
            params: match &self.params {
                Some(text) => params(text)?,
                None => Vec::new(),
            },
            nullify: false,
        })
    }

    /// The names of lookup tables.
    pub(crate) fn lookups(&self) -> impl Iterator<Item = &str> {
        self.lookup.iter().map(|(name, _)| name.as_str())
    }

    /// The names of enrich policies.
    pub(crate) fn policies(&self) -> impl Iterator<Item = &str> {
        self.policy.iter().map(|(name, _)| name.as_str())
    }
}

/// Tells the warnings of an answer and what could not be read for it; gives the latter.
pub(crate) fn told(session: &Session, answer: &Answer) -> Report {
    // That a result may be cut is worth a word only where it could have been.
    let is_cut = answer.rows() == ROWS_DEFAULT;
    let worth_it = |warning: &&String| is_cut || !warning.starts_with("No limit defined");
    for warning in answer.warnings.iter().filter(worth_it) {
        report::note(&format!("warning: {warning}"));
    }
    let read = session.report();
    told_unread(&read);
    read
}

/// Tells what could not be read.
pub(crate) fn told_unread(read: &Report) {
    for (input, why) in &read.unread {
        report::note(&format!("error: {input}: {why}"));
    }
    for (path, defect) in &read.defects {
        report::note(&format!("warning: {path}{}: {}", input::place(defect.origin), defect.why));
    }
    let counts = &read.counts;
    if counts.malformed != 0 {
        report::note(&format!("{} records could not be read", counts.malformed));
    }
}

fn tables(
    named: &[(String, PathBuf)],
    paths: &[PathBuf],
    schemas: &[String],
    args: &SessionArgs,
    read: &ReadArgs,
) -> Result<TablesOptions> {
    let mut sources: Vec<Source> = Vec::new();
    for (name, path) in named {
        match sources.iter_mut().find(|source| source.name.as_deref() == Some(name)) {
            Some(source) => source.paths.push(path.clone()),
            None => sources.push(Source {
                name: Some(name.clone()),
                paths: vec![path.clone()],
                inputs: Vec::new(),
                schema: None,
            }),
        }
    }
    if !paths.is_empty() {
        sources.push(Source {
            name: None,
            paths: paths.to_vec(),
            inputs: Vec::new(),
            schema: None,
        });
    }
    for text in schemas {
        let own = text.split_once('=').and_then(|(name, file)| {
            let at = sources.iter().position(|source| source.name.as_deref() == Some(name))?;
            Some((at, file))
        });
        match own {
            Some((at, file)) => sources[at].schema = Some(mapping(Path::new(file))?),
            None => {
                let common = mapping(Path::new(text))?;
                for source in sources.iter_mut().filter(|source| source.schema.is_none()) {
                    source.schema = Some(common.clone());
                }
            }
        }
    }
    let lookup = |(name, path): &(String, PathBuf)| Lookup {
        name: name.clone(),
        path: path.clone(),
        match_field: None,
    };
    Ok(TablesOptions {
        sources,
        lookups: args.lookup.iter().map(lookup).collect(),
        policies: args.policy.iter().map(policy).collect(),
        mapping: read.mapping,
        read_as: read.read_as,
        threads: read.threads,
        ..TablesOptions::default()
    })
}

/// A policy; what stands behind the last `:` is its field, unless the whole is the name of a file.
fn policy((name, path): &(String, PathBuf)) -> Lookup {
    let text = path.to_string_lossy();
    let (path, match_field) = match text.rsplit_once(':') {
        Some((file, field)) if !path.exists() => (PathBuf::from(file), Some(field.to_owned())),
        _ => (path.clone(), None),
    };
    Lookup { name: name.clone(), path, match_field }
}

/// The fields of a mapping file as columns.
pub(crate) fn mapping(path: &Path) -> Result<Mapping> {
    let text = crate::commands::scan::text(path)?;
    Mapping::parse(&text).map_err(|error| anyhow!("{}: {error}", path.display()))
}

/// The present, in milliseconds since the epoch.
#[expect(clippy::disallowed_methods, reason = "the binary asks the clock, for `NOW()`")]
pub(crate) fn now_millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The parameters of a JSON text: a list of values or of objects with one name each, or one object.
fn params(text: &str) -> Result<Vec<(Option<String>, Constant)>> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| anyhow!("--params is no JSON: {error}"))?;
    let parts = match value {
        Value::Array(parts) => parts,
        object @ Value::Object(_) => vec![object],
        _ => bail!(
            "--params is neither a list nor an object; write '[1, \"a\"]' or '{{\"name\": 1}}'"
        ),
    };
    let mut params = Vec::new();
    for part in parts {
        match part {
            Value::Object(named) => {
                for (name, value) in named {
                    params.push((Some(name), constant(&value)?));
                }
            }
            value => params.push((None, constant(&value)?)),
        }
    }
    Ok(params)
}

fn constant(value: &Value) -> Result<Constant> {
    Ok(match value {
        Value::Null => Constant::null(),
        Value::Bool(flag) => Constant::one(DataType::Boolean, Scalar::Boolean(*flag)),
        Value::String(text) => Constant::text(text),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => match i32::try_from(whole) {
                Ok(small) => Constant::one(DataType::Integer, Scalar::Integer(small)),
                Err(_) => Constant::one(DataType::Long, Scalar::Long(whole)),
            },
            (None, Some(number)) => Constant::one(DataType::Double, Scalar::Double(number)),
            (None, None) => bail!("the number {number} of --params is too large"),
        },
        Value::Array(parts) => {
            let parts = parts.iter().map(constant).collect::<Result<Vec<_>>>()?;
            let ty = parts.first().map_or(DataType::Null, |first| first.ty);
            if parts.iter().any(|part| part.ty != ty) {
                bail!("the values of a list of --params have different types");
            }
            Constant { ty, values: parts.into_iter().flat_map(|part| part.values).collect() }
        }
        Value::Object(_) => bail!("an object of --params stands for no value"),
    })
}

/// A size such as `512MB`, in bytes.
fn bytes(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1 << 10,
        "m" | "mb" => 1 << 20,
        "g" | "gb" => 1 << 30,
        _ => return Err("not a size such as 512MB or 2GB".to_owned()),
    };
    let count: usize =
        digits.trim().parse().map_err(|_| "not a size such as 512MB or 2GB".to_owned())?;
    count.checked_mul(factor).ok_or_else(|| "larger than memory can be".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_json() {
        let read = params(r#"[{"port": 1883}, {"name": "a"}]"#).unwrap();
        assert_eq!(read[0].0.as_deref(), Some("port"));
        assert_eq!(read[1].1.as_str(), Some("a"));
        assert_eq!(params("[1, 2.5, null]").unwrap().len(), 3);
        assert!(params("1").is_err() && params("{").is_err());
    }

    #[test]
    fn sizes_have_units() {
        for (text, size) in [
            ("1024", Some(1024)),
            ("2k", Some(2048)),
            ("1GB", Some(1 << 30)),
            ("x", None),
            ("1TB", None),
        ] {
            assert_eq!(bytes(text).ok(), size, "{text}");
        }
    }
}
