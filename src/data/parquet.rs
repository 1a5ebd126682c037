//! What a Parquet file claims, looked at before it is believed.
//!
//! polars reserves memory for as many values as a page says it holds. In a damaged file that number can be anything, and
//! memory that cannot be had ends the process: no panic that could be caught, no error. So the counts of the pages are
//! compared with those of their columns first.

use std::{
    io::{Cursor, Read, Seek, SeekFrom},
    path::Path,
};

use polars_parquet::{
    parquet::{
        error::ParquetResult,
        page::CompressedPage,
        read::{PageReader, read_metadata},
    },
    read::{FileMetadata, RowGroupMetadata},
};

/// The fewest rows of a slice: what a file claims of its bytes may be anything.
const FEWEST_ROWS: usize = 1_000;

/// Do all pages claim no more values than their column, and all columns no more rows than `most_rows`?
///
/// The packed content of one column of one group of rows is in memory at a time.
pub(super) fn is_plausible(file: &mut (impl Read + Seek), most_rows: usize) -> ParquetResult<bool> {
    let metadata = read_metadata(file)?;
    let end = file.seek(SeekFrom::End(0))?;
    for group in &metadata.row_groups {
        if most_rows < group.num_rows() {
            return Ok(false);
        }
        for column in group.parquet_columns() {
            let Ok(most) = usize::try_from(column.num_values()) else {
                return Ok(false);
            };
            let range = column.byte_range();
            if range.end < range.start || end < range.end {
                return Ok(false);
            }
            let mut packed = vec![0; (range.end - range.start) as usize];
            file.seek(SeekFrom::Start(range.start))?;
            file.read_exact(&mut packed)?;
            let length = packed.len();
            let mut seen = 0_usize;
            for page in PageReader::new(Cursor::new(packed.into()), column, vec![], length) {
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

/// How many rows the groups of a file hold.
pub(super) fn rows(metadata: &FileMetadata) -> usize {
    let groups = metadata.row_groups.iter();
    groups
        .map(RowGroupMetadata::num_rows)
        .fold(0, usize::saturating_add)
}

/// How many rows take so many bytes of memory, about.
pub(super) fn rows_in(metadata: &FileMetadata, bytes: usize) -> usize {
    let groups = metadata.row_groups.iter();
    let unpacked = groups.map(RowGroupMetadata::total_byte_size);
    let unpacked = unpacked.fold(0, usize::saturating_add);
    // Numbers take eight bytes each here, however few they take in the file.
    let columns = metadata
        .row_groups
        .first()
        .map_or(1, RowGroupMetadata::n_columns);
    let a_row = (unpacked / rows(metadata).max(1)).max(8 * columns).max(1);
    (bytes / a_row).max(FEWEST_ROWS)
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
