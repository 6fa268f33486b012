//! Rows as a Parquet file.

use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;

use brokerwatch_esql::planner::OutputColumn;
use brokerwatch_esql::types::DataType;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{Field, Schema};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::errors::Result;
use datafusion::parquet::file::properties::WriterProperties;

use crate::Answer;

/// The key under which a field says its ES|QL type, where Arrow's own does not say it: `ip`, `version`.
pub const TYPE_KEY: &str = "esql.type";

/// Writes the rows of an answer. Types that Parquet does not have are kept in the metadata of their fields, so that
/// reading the file again gives the same columns.
pub fn write_parquet(answer: &Answer, out: impl Write + Send) -> Result<()> {
    let schema = Arc::new(Schema::new(answer.columns.iter().map(field).collect::<Vec<_>>()));
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .build();
    let mut writer = ArrowWriter::try_new(out, schema.clone(), Some(properties))?;
    for batch in &answer.batches {
        let options = datafusion::arrow::record_batch::RecordBatchOptions::new()
            .with_row_count(Some(batch.num_rows()));
        writer.write(&RecordBatch::try_new_with_options(
            schema.clone(),
            batch.columns().to_vec(),
            &options,
        )?)?;
    }
    writer.close()?;
    Ok(())
}

fn field(column: &OutputColumn) -> Field {
    column_field(&column.name, column.ty, column.multi)
}

/// A field that says which type it has.
pub(crate) fn column_field(name: &str, ty: DataType, multi: bool) -> Field {
    let metadata = HashMap::from([(TYPE_KEY.to_owned(), ty.name().to_owned())]);
    Field::new(name, ty.arrow_column(multi), true).with_metadata(metadata)
}
