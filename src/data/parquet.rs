//! What a Parquet file claims, looked at before it is believed.
//!
//! polars reserves memory for as many values as a page says it holds. In a damaged file that number can be anything, and
//! memory that cannot be had ends the process: no panic that could be caught, no error. So the counts of the pages are
//! compared with those of their columns first.

use std::{io::Cursor, path::Path};

use polars_parquet::{
    parquet::{
        error::ParquetResult,
        page::CompressedPage,
        read::{get_page_iterator, read_metadata},
    },
    read::RowGroupMetadata,
};

/// Do all pages claim no more values than their column, and all columns no more rows than `most_rows`?
pub(super) fn is_plausible(bytes: &[u8], most_rows: usize) -> ParquetResult<bool> {
    let metadata = read_metadata(&mut Cursor::new(bytes))?;
    let reader = Cursor::new(bytes.to_vec().into());
    for group in &metadata.row_groups {
        if most_rows < group.num_rows() {
            return Ok(false);
        }
        for column in group.parquet_columns() {
            let Ok(most) = usize::try_from(column.num_values()) else {
                return Ok(false);
            };
            let mut seen = 0_usize;
            for page in get_page_iterator(column, reader.clone(), vec![], bytes.len())? {
                if let CompressedPage::Data(page) = page? {
                    seen = seen.saturating_add(page.num_values());
                }
                if most < seen {
                    return Ok(false);
                }
            }
        }
    }
    Ok(true)
}

/// Does a file's ending say that it is Parquet?
pub(super) fn is_named_so(name: &Path) -> bool {
    let ending = name.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| ["parquet", "pq"].contains(&ending.to_ascii_lowercase().as_str()))
}

/// How many values the file claims to hold; 0 of one that does not say.
pub(super) fn claimed_values(bytes: &[u8]) -> u64 {
    let Ok(metadata) = read_metadata(&mut Cursor::new(bytes)) else {
        return 0;
    };
    let columns = metadata
        .row_groups
        .iter()
        .flat_map(RowGroupMetadata::parquet_columns);
    let values = columns.map(|column| u64::try_from(column.num_values()).unwrap_or(u64::MAX));
    values.fold(0, u64::saturating_add)
}
