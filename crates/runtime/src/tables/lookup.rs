//! Lookup tables and enrich policies: small files that are read whole when a query first names them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use brokerwatch_ecs::{Projection, similar};
use brokerwatch_esql::block::{Block, Builder};
use brokerwatch_esql::catalog::{CatalogError, Policy, PolicyKind, Table, TableColumn};
use brokerwatch_esql::types::DataType;
use brokerwatch_esql::value::Value;
use bumpalo::Bump;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::common::Result as DataFusionResult;
use datafusion::datasource::MemTable;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::column::{Binding, arrange, ecs};
use super::convert::convert;
use super::facts::Facts;
use super::locations::is_database;
use super::rows::{Built, Rows, Wanted};
use super::{Lookup, Tables, learn, parquet};
use crate::events::{self, Piece};
use crate::input::open_file;
use crate::limits::{LOOKUP_BYTES_MAX, LOOKUP_ROWS_MAX};
use crate::{Input, Item, Progress};

/// The ranges that fields of a table hold, each once.
type Ranges = BTreeMap<String, Arc<[Box<str>]>>;

/// A table that was read and its fields that hold ranges, or why it could not be read.
pub(super) type Loaded = Result<(Table, Ranges), String>;

/// What a policy's field is called where it holds ranges and not values.
const RANGES: &[&str] =
    &["ip_range", "integer_range", "long_range", "float_range", "double_range", "date_range"];

/// The columns of a file that was read, with its rows.
struct Content {
    columns: Vec<TableColumn>,
    batches: Vec<RecordBatch>,
    schema: SchemaRef,
    /// The columns that hold ranges.
    ranges: Vec<String>,
}

impl Content {
    /// The ranges that there are.
    fn held_ranges(&self) -> Result<Ranges, String> {
        self.ranges.iter().map(|name| Ok((name.clone(), self.texts(name)?))).collect()
    }

    /// The texts of a column, each once.
    fn texts(&self, name: &str) -> Result<Arc<[Box<str>]>, String> {
        let Some(at) = self.columns.iter().position(|column| column.name == name) else {
            return Ok(Arc::default());
        };
        let mut texts: BTreeSet<Box<str>> = BTreeSet::new();
        for batch in &self.batches {
            let array = batch.column(at);
            let block =
                Block::new(array, self.columns[at].ty).map_err(|error| error.to_string())?;
            let mut values = Vec::new();
            (0..array.len()).for_each(|row| block.read(row, &mut values));
            texts.extend(values.iter().filter_map(Value::as_str).map(Box::from));
        }
        Ok(texts.into_iter().collect())
    }
}

impl Tables {
    /// The lookup table of a name.
    pub(super) fn lookup_table(&self, name: &str) -> Result<Table, CatalogError> {
        Ok(self.loaded(&self.lookups, name)?.1)
    }

    /// The enrich policy of a name.
    pub(super) fn enrich_policy(&self, name: &str) -> Result<Policy, CatalogError> {
        let (lookup, table) = self.loaded(&self.policies, name)?;
        let ranges = self.ranges_of(&lookup.path);
        let names: Vec<&str> = table.columns.iter().map(|column| &*column.name).collect();
        let match_field = match &lookup.match_field {
            Some(field) if names.contains(&&**field) => field.clone(),
            Some(field) => {
                let near = similar(field, names.iter().copied());
                let hint = near.first().map(|near| format!("; `{near}` is close"));
                let path = lookup.path.display();
                let why = format!("{path} has no field `{field}`{}", hint.unwrap_or_default());
                return Err(CatalogError::Unreadable(why));
            }
            None => match names.first() {
                Some(first) => (*first).to_owned(),
                None => {
                    let why = format!("{} has no fields", lookup.path.display());
                    return Err(CatalogError::Unreadable(why));
                }
            },
        };
        let kind = ranges.get(&match_field).cloned().map_or(PolicyKind::Match, PolicyKind::Range);
        let fields = names.iter().filter(|name| **name != match_field);
        let fields = fields.map(|name| (*name).to_owned()).collect();
        Ok(Policy { match_field, kind, fields, table })
    }

    /// The file behind a name, read when it is first asked for.
    fn loaded<'t>(
        &'t self,
        among: &'t [Lookup],
        name: &str,
    ) -> Result<(&'t Lookup, Table), CatalogError> {
        let Some(lookup) = among.iter().find(|lookup| lookup.name == name) else {
            let known: Vec<_> = among.iter().map(|lookup| Some(&*lookup.name)).collect();
            return Err(super::names::unknown(name, &known));
        };
        let mut files = self.loaded_files();
        let loaded = files.entry(lookup.path.clone()).or_insert_with(|| self.load(&lookup.path));
        match loaded {
            Ok((table, _)) => Ok((lookup, table.clone())),
            Err(why) => Err(CatalogError::Unreadable(format!("{}: {why}", lookup.path.display()))),
        }
    }

    /// The fields of a file that was read which hold ranges.
    fn ranges_of(&self, path: &Path) -> Ranges {
        match self.loaded_files().get(path) {
            Some(Ok((_, ranges))) => ranges.clone(),
            _ => Ranges::new(),
        }
    }

    fn load(&self, path: &Path) -> Loaded {
        let is_csv = path.extension().is_some_and(|ending| {
            ending.eq_ignore_ascii_case("csv") || ending.eq_ignore_ascii_case("tsv")
        });
        if is_database(path) {
            return Err("a database of locations, which `IP_LOCATION` looks into".to_owned());
        }
        let content = match parquet::open(path) {
            Some(Ok(_)) => read_parquet(path),
            Some(Err(why)) => Err(why),
            None if is_csv => read_csv(path, self.shared.source_order),
            None => self.read_events(path),
        }?;
        let ranges = content.held_ranges()?;
        let Content { columns, batches, schema, .. } = content;
        let provider =
            MemTable::try_new(schema, vec![batches]).map_err(|error| error.to_string())?;
        let table = Table {
            columns,
            metadata: Vec::new(),
            provider: Arc::new(provider),
            open: false,
            remarks: Vec::new(),
        };
        Ok((table, ranges))
    }

    /// A file of documents, read once for its columns and once for its rows.
    fn read_events(&self, path: &Path) -> Result<Content, String> {
        let inputs = crate::inputs(&[path.to_owned()]);
        let mut facts = Facts::default();
        learn::everything(&self.shared, &inputs, &mut facts);
        let bindings: Vec<(String, Binding)> = facts
            .names
            .iter()
            .filter_map(|(name, seen)| {
                let known = ecs(name);
                let learns = known.is_none();
                let ty = known.as_ref().map(|known| known.ty).or_else(|| seen.ty())?;
                let multi = seen.multi || known.is_some_and(|known| known.multi);
                Some((name.clone(), Binding::open(name, ty, multi, learns)))
            })
            .collect();
        let columns: Vec<TableColumn> = bindings
            .iter()
            .map(|(name, binding)| TableColumn::new(name, binding.ty, binding.multi))
            .collect();
        let schema = schema_of(&columns);
        let wanted = bindings.iter().map(|(name, binding)| Wanted::Column(name, binding));
        let rows = Rows::beside(Projection::new(), wanted, &[], None, self.shared.source_order);
        let (mut batches, mut size) = (Vec::new(), Size::default());
        let reading = self.shared.reading(&rows.projection);
        let mut take = |_: &Input, item: Item<Piece<Built>>| match item {
            Item::End => Ok(()),
            Item::Failed(error) => Err(error.to_string()),
            Item::Output(mut piece) => {
                if let Some(defect) = piece.defects.first() {
                    return Err(format!("line {}: {}", defect.origin.line, defect.why));
                }
                if piece.output.rows == 0 {
                    return Ok(());
                }
                size.add(piece.output.rows, piece.output.bytes)?;
                batches.push(piece.output.finish(&schema).map_err(|error| error.to_string())?);
                Ok(())
            }
        };
        events::read(&inputs, reading, &Progress::default(), &rows, &mut take)?;
        Ok(Content { columns, batches, schema, ranges: Vec::new() })
    }
}

/// How much of a table was read.
#[derive(Default)]
struct Size {
    rows: usize,
    bytes: usize,
}

impl Size {
    fn add(&mut self, rows: usize, bytes: usize) -> Result<(), String> {
        self.rows += rows;
        self.bytes += bytes;
        if LOOKUP_ROWS_MAX < self.rows {
            return Err(format!("more than {LOOKUP_ROWS_MAX} rows"));
        }
        if LOOKUP_BYTES_MAX < self.bytes {
            return Err(format!("more than {LOOKUP_BYTES_MAX} bytes of rows"));
        }
        Ok(())
    }
}

fn schema_of(columns: &[TableColumn]) -> SchemaRef {
    let field =
        |column: &TableColumn| Field::new(&column.name, column.ty.arrow_column(column.multi), true);
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

fn read_parquet(path: &Path) -> Result<Content, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let file = open_file(path).map_err(|error| text(&error))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| text(&error))?;
    let leaves = parquet::leaves_of(reader.schema());
    let columns: Vec<TableColumn> = leaves
        .iter()
        .filter(|leaf| leaf.meant.arrow_column(false) != DataType::Null.arrow())
        .map(|leaf| TableColumn::new(&leaf.name, leaf.meant, leaf.multi))
        .collect();
    let schema = schema_of(&columns);
    let (mut batches, mut size) = (Vec::new(), Size::default());
    for batch in reader.build().map_err(|error| text(&error))? {
        let batch = batch.map_err(|error| text(&error))?;
        size.add(batch.num_rows(), batch.get_array_memory_size())?;
        let known =
            leaves.iter().filter(|leaf| columns.iter().any(|column| column.name == leaf.name));
        let arrays: DataFusionResult<Vec<_>> = known
            .map(|leaf| {
                let to = (leaf.meant, leaf.multi);
                leaf.read(batch.column(leaf.root), to, false, &mut 0)
            })
            .collect();
        let arrays = arrays.map_err(|error| text(&error))?;
        let batch = RecordBatch::try_new(Arc::clone(&schema), arrays);
        batches.push(batch.map_err(|error| text(&error))?);
    }
    Ok(Content { columns, batches, schema, ranges: Vec::new() })
}

/// A column of a CSV file while it is read.
struct CsvColumn {
    name: String,
    /// The type that the header says.
    said: Option<DataType>,
    /// Whether it holds ranges, which are compared by who asks.
    ranges: bool,
}

/// Reads CSV, or with tabs where the ending says so. A cell is empty for null. Under a header that says a type, `[a,b]`
/// is a list.
fn read_csv(path: &Path, source_order: bool) -> Result<Content, String> {
    let is_tsv = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("tsv"));
    let file = open_file(path).map_err(|error| error.to_string())?;
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(if is_tsv { b'\t' } else { b',' })
        .trim(csv::Trim::All)
        .from_reader(file);
    let header = reader.headers().map_err(|error| error.to_string())?.clone();
    let columns = header.iter().map(csv_column).collect::<Result<Vec<_>, _>>()?;
    let (mut cells, mut size) = (vec![Vec::new(); columns.len()], Size::default());
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        size.add(1, record.as_slice().len() + 16 * record.len())?;
        let line = record.position().map_or(0, csv::Position::line);
        for (column, cell) in cells.iter_mut().zip(record.iter()) {
            column.push((line, cell.to_owned()));
        }
    }
    let (mut made, mut arrays) = (Vec::new(), Vec::new());
    for (column, cells) in columns.iter().zip(&cells) {
        let (ty, rows) = parsed(column, cells)?;
        let texts = Bump::new();
        let (mut values, mut multi) = (Vec::with_capacity(rows.len()), false);
        for (row, (line, _)) in rows.iter().zip(cells) {
            let mut row = row
                .iter()
                .map(|text| {
                    value_of(text, ty, &texts).ok_or_else(|| no_value(column, *line, text, ty))
                })
                .collect::<Result<Vec<_>, _>>()?;
            if !source_order {
                arrange(&mut row, ty);
            }
            multi |= 1 < row.len();
            values.push(row);
        }
        let mut builder = Builder::new(ty, multi, values.len());
        values.iter().for_each(|row| builder.push(row));
        made.push(TableColumn::new(&column.name, ty, multi));
        arrays.push(builder.finish().map_err(|error| error.to_string())?);
    }
    let schema = schema_of(&made);
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays);
    let batch = batch.map_err(|error| error.to_string())?;
    let ranges = columns
        .iter()
        .zip(&cells)
        .filter(|(column, cells)| column.ranges || (column.said.is_none() && are_blocks(cells)))
        .map(|(column, _)| column.name.clone())
        .collect();
    Ok(Content { columns: made, batches: vec![batch], schema, ranges })
}

/// `name` or `name:type`.
fn csv_column(header: &str) -> Result<CsvColumn, String> {
    let Some((name, ty)) = header.rsplit_once(':') else {
        return Ok(CsvColumn { name: header.to_owned(), said: None, ranges: false });
    };
    let (name, ty) = (name.trim().to_owned(), ty.trim());
    if RANGES.contains(&ty) {
        return Ok(CsvColumn { name, said: Some(DataType::Keyword), ranges: true });
    }
    let known = match ty {
        "text" => Some(DataType::Text),
        ty => DataType::from_cast(ty).or_else(|| Some(DataType::from_mapping(ty))),
    };
    match known.filter(|ty| ty.arrow() != DataType::Null.arrow()) {
        Some(said) => Ok(CsvColumn { name, said: Some(said), ranges: false }),
        None => Err(format!("the header `{header}` names a type that no column can have")),
    }
}

/// The type of a column, and its cells as texts of values.
fn parsed<'c>(
    column: &CsvColumn,
    cells: &'c [(u64, String)],
) -> Result<(DataType, Vec<Vec<std::borrow::Cow<'c, str>>>), String> {
    let list = column.said.is_some() && !column.ranges;
    let rows: Vec<Vec<_>> = cells.iter().map(|(_, cell)| items(cell, list)).collect();
    let texts = Bump::new();
    let all_are = |ty| {
        let mut all = rows.iter().flatten();
        all.all(|text| value_of(text, ty, &texts).is_some())
    };
    let ty = column.said.unwrap_or_else(|| {
        let known = ecs(&column.name).map(|known| known.ty).filter(|ty| all_are(*ty));
        let empty = rows.iter().all(Vec::is_empty);
        known.unwrap_or_else(|| {
            let found = [DataType::Long, DataType::Double, DataType::Boolean];
            let found = found.into_iter().find(|ty| !empty && all_are(*ty));
            found.unwrap_or(DataType::Keyword)
        })
    });
    Ok((ty, rows))
}

/// The values of a cell: none if it is empty, those of `[a,b]` in a list column, where `\,` is no end.
fn items(cell: &str, list: bool) -> Vec<std::borrow::Cow<'_, str>> {
    let inner = cell.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match inner.filter(|_| list) {
        _ if cell.is_empty() => Vec::new(),
        None => vec![cell.into()],
        Some(inner) => {
            let (mut items, mut item, mut escaped) = (Vec::new(), String::new(), false);
            for c in inner.chars() {
                match c {
                    ',' if !escaped => items.push(std::mem::take(&mut item)),
                    '\\' if !escaped => {
                        escaped = true;
                        continue;
                    }
                    c => item.push(c),
                }
                escaped = false;
            }
            items.push(item);
            items.into_iter().map(|item| item.trim().to_owned().into()).collect()
        }
    }
}

fn value_of<'v>(text: &'v str, ty: DataType, texts: &'v Bump) -> Option<Value<'v>> {
    match ty {
        // Whole numbers only: a fraction is another type.
        DataType::Long => text.parse().ok().map(Value::Long),
        DataType::Integer => text.parse().ok().map(Value::Integer),
        ty => convert(Value::Text(text), ty, texts),
    }
}

fn no_value(column: &CsvColumn, line: u64, text: &str, ty: DataType) -> String {
    format!("line {line}: `{text}` in `{}` is not of type {ty}", column.name)
}

/// Whether every cell is an address block, and there is one.
fn are_blocks(cells: &[(u64, String)]) -> bool {
    let block = |text: &str| {
        text.split_once('/').is_some_and(|(address, bits)| {
            brokerwatch_ecs::parse_ip(address).is_some()
                && bits.parse::<u8>().is_ok_and(|bits| bits <= 128)
        })
    };
    let mut blocks = cells.iter().filter(|(_, cell)| !cell.is_empty()).peekable();
    blocks.peek().is_some() && blocks.all(|(_, cell)| block(cell))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_values_or_lists_of_them() {
        assert!(items("", true).is_empty());
        assert_eq!(items("[a,b]", false), ["[a,b]"]);
        assert_eq!(items("[a, b\\,c]", true), ["a", "b,c"]);
    }

    #[test]
    fn headers_may_say_a_type() {
        let ty = |header| csv_column(header).map(|column| (column.name, column.said));
        assert_eq!(ty("a"), Ok(("a".to_owned(), None)));
        assert_eq!(ty("a:integer"), Ok(("a".to_owned(), Some(DataType::Integer))));
        assert_eq!(ty("a:text"), Ok(("a".to_owned(), Some(DataType::Text))));
        assert!(csv_column("a:ip_range").is_ok_and(|column| column.ranges));
        assert!(ty("a:nested").is_err());
    }

    #[test]
    fn address_blocks_are_ranges() {
        let cells = |texts: &[&str]| -> Vec<(u64, String)> {
            texts.iter().map(|text| (0, (*text).to_owned())).collect()
        };
        assert!(are_blocks(&cells(&["10.0.0.0/8", "", "fe80::/10"])));
        assert!(!are_blocks(&cells(&["10.0.0.0/8", "10.0.0.1"])));
        assert!(!are_blocks(&cells(&[""])));
    }
}
