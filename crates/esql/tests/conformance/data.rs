//! The data files of the cases as tables in memory.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use brokerwatch_esql::block::Builder;
use brokerwatch_esql::catalog::{
    Catalog, CatalogError, EqlRequest, Policy, Table, TableColumn, TableRequest, glob,
};
use brokerwatch_esql::types::DataType;
use brokerwatch_esql::value::{Scalar, Value};
use datafusion::arrow::array::{ArrayRef, RecordBatch};
use datafusion::arrow::datatypes::{Field, Schema};
use datafusion::datasource::MemTable;

use crate::spec;

/// Every index of the cases.
pub(crate) struct Data {
    indices: BTreeMap<String, Index>,
}

struct Index {
    columns: Vec<TableColumn>,
    arrays: Vec<ArrayRef>,
    rows: usize,
}

impl Data {
    /// Reads `datasets.json` and the files that it names.
    pub(crate) fn read(corpus: &Path) -> Data {
        let text = std::fs::read_to_string(corpus.join("datasets.json")).unwrap();
        let datasets: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&text).unwrap();
        let mut indices = BTreeMap::new();
        for (name, dataset) in &datasets {
            if let Some(csv) = dataset["csv"].as_str() {
                let text = std::fs::read_to_string(corpus.join("data").join(csv)).unwrap();
                indices.insert(name.clone(), index(&text, dataset));
            }
        }
        Data { indices }
    }

    fn table(&self, name: &str, metadata: &[String]) -> Table {
        let index = &self.indices[name];
        let mut fields: Vec<Field> = index.columns.iter().map(field).collect();
        let mut arrays = index.arrays.clone();
        let mut extra = Vec::new();
        for one in metadata {
            let (ty, value): (DataType, Box<dyn Fn(usize) -> Scalar>) = match one.as_str() {
                "_id" => (DataType::Keyword, Box::new(|row| Scalar::Text(row.to_string().into()))),
                "_index" => (DataType::Keyword, Box::new(|_| Scalar::Text(name.into()))),
                "_version" => (DataType::Long, Box::new(|_| Scalar::Long(1))),
                "_score" => (DataType::Double, Box::new(|_| Scalar::Double(0.0))),
                _ => (DataType::Keyword, Box::new(|_| Scalar::Text("".into()))),
            };
            let column = TableColumn::new(one, ty, false);
            let mut builder = Builder::new(ty, false, index.rows);
            (0..index.rows).for_each(|row| builder.push(&[value(row).get()]));
            fields.push(field(&column));
            arrays.push(builder.finish().unwrap());
            extra.push(column);
        }
        let schema = Arc::new(Schema::new(fields));
        let batch = RecordBatch::try_new(schema.clone(), arrays).unwrap();
        let provider = Arc::new(MemTable::try_new(schema, vec![vec![batch]]).unwrap());
        Table {
            columns: index.columns.clone(),
            metadata: extra,
            provider,
            open: false,
            remarks: Vec::new(),
        }
    }
}

impl Catalog for Data {
    fn table(&self, request: &TableRequest<'_>) -> Result<Table, CatalogError> {
        let pattern = &request.indices[0].name;
        let found = self.indices.keys().find(|name| glob(pattern, name));
        match found {
            Some(name) => Ok(Data::table(self, name, request.metadata)),
            None => Err(CatalogError::Unknown { name: pattern.clone(), similar: Vec::new() }),
        }
    }

    fn lookup(&self, name: &str) -> Result<Table, CatalogError> {
        if self.indices.contains_key(name) {
            Ok(Data::table(self, name, &[]))
        } else {
            Err(CatalogError::Unknown { name: name.to_owned(), similar: Vec::new() })
        }
    }

    fn policy(&self, name: &str) -> Result<Policy, CatalogError> {
        Err(CatalogError::Unknown { name: name.to_owned(), similar: Vec::new() })
    }

    fn eql(&self, _: &EqlRequest<'_>) -> Result<Table, CatalogError> {
        Err(CatalogError::Unreadable("no EQL here".to_owned()))
    }
}

fn field(column: &TableColumn) -> Field {
    Field::new(&column.name, column.ty.arrow_column(column.multi), true)
}

fn index(csv: &str, dataset: &serde_json::Value) -> Index {
    let mut lines = csv.lines().filter(|line| !line.trim().is_empty());
    let mut header: Vec<(String, String)> = split(lines.next().unwrap())
        .iter()
        .map(|cell| {
            let (name, ty) = cell.split_once(':').unwrap_or((cell, "keyword"));
            (name.trim().to_owned(), ty.trim().to_owned())
        })
        .collect();
    for (name, ty) in &mut header {
        if let Some(other) = dataset["types"][name.as_str()].as_str() {
            other.clone_into(ty);
        }
    }
    let rows: Vec<Vec<String>> = lines.map(split).collect();
    let mut named: Vec<(String, String, usize)> =
        header.into_iter().enumerate().map(|(at, (name, ty))| (name, ty, at)).collect();
    for (name, subfield) in dataset["subfields"].as_object().into_iter().flatten() {
        let of = subfield["of"].as_str().unwrap();
        let at = named.iter().find(|(own, ..)| own == of).unwrap().2;
        named.push((name.clone(), subfield["type"].as_str().unwrap().to_owned(), at));
    }
    let mut columns = Vec::new();
    let mut arrays = Vec::new();
    for (name, mapping, at) in named {
        let ty = DataType::from_mapping(&mapping);
        let values: Vec<Vec<Scalar>> =
            rows.iter().map(|row| values(&row[at], ty, &mapping)).collect();
        let multi = values.iter().any(|values| 1 < values.len());
        let mut builder = Builder::new(ty, multi, values.len());
        for row in &values {
            builder.push(&row.iter().map(Scalar::get).collect::<Vec<Value<'_>>>());
        }
        arrays.push(builder.finish().unwrap());
        columns.push(TableColumn::new(name, ty, multi));
    }
    Index { columns, arrays, rows: rows.len() }
}

/// The cells of a line; `[a,b]` is one of them and `\,` a comma in one.
fn split(line: &str) -> Vec<String> {
    let (mut cells, mut current, mut depth, mut quoted) = (Vec::new(), String::new(), 0, false);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek() == Some(&',') => {
                current.push('\\');
                current.extend(chars.next());
            }
            '"' => quoted = !quoted,
            '[' => {
                depth += 1;
                current.push(c);
            }
            ']' => {
                depth -= 1;
                current.push(c);
            }
            ',' if depth == 0 && !quoted => {
                cells.push(std::mem::take(&mut current).trim().to_owned());
            }
            c => current.push(c),
        }
    }
    cells.push(current.trim().to_owned());
    cells
}

/// The values of a cell as an index keeps them: ordered, keywords without duplicates, floats at their precision.
fn values(cell: &str, ty: DataType, mapping: &str) -> Vec<Scalar> {
    if cell.is_empty() {
        return Vec::new();
    }
    let texts: Vec<String> = match cell.strip_prefix('[').and_then(|cell| cell.strip_suffix(']')) {
        Some("") => Vec::new(),
        Some(inner) => inner
            .replace("\\,", "\u{0}")
            .split(',')
            .map(|text| text.trim().replace('\u{0}', ","))
            .collect(),
        None => vec![cell.replace("\\,", ",")],
    };
    let mut values: Vec<Scalar> =
        texts.iter().map(|text| rounded(spec::scalar(text, ty), mapping)).collect();
    if ty != DataType::Text {
        values.sort_by(|a, b| a.get().compare(&b.get(), ty).unwrap());
    }
    if matches!(ty, DataType::Keyword | DataType::Ip | DataType::Version) {
        values.dedup();
    }
    values
}

fn rounded(value: Scalar, mapping: &str) -> Scalar {
    match (value, mapping) {
        (Scalar::Double(number), "float") => Scalar::Double((number as f32).into()),
        // 11 bits of precision, half to even.
        (Scalar::Double(number), "half_float") => {
            let scale = 2f64.powi(10 - number.abs().log2().floor() as i32);
            Scalar::Double((number * scale).round_ties_even() / scale)
        }
        // The mapping's factor is 100.
        (Scalar::Double(number), "scaled_float") => {
            Scalar::Double((number * 100.0).round() / 100.0)
        }
        (value, _) => value,
    }
}
