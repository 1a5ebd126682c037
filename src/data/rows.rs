//! Rows as wholes: which are the same.

use rayon::prelude::*;

use super::cells::Cells;

/// A number for what each row holds in these columns. Rows that hold the same have the same, whatever types their files
/// gave the columns: cells are compared as categories are (`3`, `3.0` and `"3"` are one), and all that is missing is the
/// same. Others share a number as seldom as BLAKE3 of 128 bits lets them.
pub(super) fn identities(columns: &[Cells], rows: usize) -> Vec<u128> {
    (0..rows)
        .into_par_iter()
        .map_init(Vec::new, |bytes, row| {
            bytes.clear();
            for cells in columns {
                put(bytes, cells.text(row).as_deref());
            }
            let hash = blake3::hash(bytes);
            let half = hash.as_bytes()[..16].try_into();
            u128::from_le_bytes(half.expect("a hash has 32 bytes"))
        })
        .collect()
}

/// A cell, so that no two rows of cells are the same bytes.
fn put(bytes: &mut Vec<u8>, cell: Option<&str>) {
    let Some(cell) = cell else {
        return bytes.extend_from_slice(&u64::MAX.to_le_bytes());
    };
    bytes.extend_from_slice(&(cell.len() as u64).to_le_bytes());
    bytes.extend_from_slice(cell.as_bytes());
}

/// How many rows say again what one before them says.
pub(super) fn repeated(mut identities: Vec<u128>) -> u64 {
    let all = identities.len();
    identities.par_sort_unstable();
    identities.dedup();
    (all - identities.len()) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{read_content, tests::table};

    fn of(name: &str, text: &str) -> Vec<u128> {
        let table = read_content(name.as_ref(), text.as_bytes()).unwrap();
        identities(&table.all_cells(), table.rows())
    }

    #[test]
    fn rows_are_the_same_whatever_their_file_made_of_them() {
        let csv = of("t.csv", "a,b\n3,x\n,NA\n4,y\n");
        let json = of(
            "t.ndjson",
            "{\"a\":3.0,\"b\":\"x\"}\n{\"a\":null,\"b\":\"\"}\n{\"a\":4.5,\"b\":\"y\"}\n",
        );
        assert_eq!(csv[..2], json[..2]);
        assert_ne!(csv[2], json[2]);
    }

    #[test]
    fn a_cell_is_not_its_neighbour() {
        let rows = of("t.csv", "a,b,c\nx,y,\nxy,,\nx,,y\n,x,y\n");
        assert_eq!(repeated(rows), 0);
        let table = table("a,b\nx,1\ny,1\nx,1\nx,1\n");
        assert_eq!(repeated(identities(&table.all_cells(), table.rows())), 2);
    }
}
