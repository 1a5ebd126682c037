//! What parts of data that should be apart have in common: a model that was trained on one is judged too well on the other.

use std::collections::HashMap;

use serde::Serialize;

use super::{
    Error, Table,
    cells::Cells,
    error::quoted,
    profile::{Kind, kind, sample, span},
    rows::identities,
};
use crate::stats::Sample;

/// Rows or keys that are named of those that are in both parts.
const MOST_NAMED: usize = 5;

/// A part: a name, and tables with what they are called.
#[derive(Debug)]
pub struct Part {
    pub name: String,
    pub tables: Vec<(String, Table)>,
}

impl Part {
    fn rows(&self) -> u64 {
        self.tables
            .iter()
            .map(|(_, table)| table.rows() as u64)
            .sum()
    }
}

/// How two parts are looked at beside whole rows.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// Columns that say what a row is about: the same patient, shop, user in both parts. None is looked at where empty.
    pub key: Vec<String>,
    /// The column that says when.
    pub time: Option<String>,
}

/// What two parts have in common. The earlier is the one that was declared first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overlap {
    pub earlier: String,
    pub later: String,
    /// Rows of both parts.
    pub counts: [u64; 2],
    /// Rows of the later part that are in the earlier, by the columns that all tables have.
    pub rows: Common,
    /// Rows of the later part whose key is in the earlier; rows without a key are not looked at.
    pub keys: Option<Common>,
    pub times: Option<Times>,
}

impl Overlap {
    pub fn is_any(&self) -> bool {
        let has_some = |common: &Common| 0 < common.count;
        has_some(&self.rows)
            || self.keys.as_ref().is_some_and(has_some)
            || self.times.as_ref().is_some_and(|times| times.is_mixed)
    }
}

/// Rows of the later part that say what one of the earlier says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Common {
    pub count: u64,
    /// A sentence for each of the first.
    pub examples: Vec<String>,
}

/// When the earlier part ends and the later begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Times {
    pub ends: String,
    pub begins: String,
    /// The later begins before the earlier ends.
    pub is_mixed: bool,
}

/// Why parts cannot be looked at, and the table.
#[derive(Debug)]
pub struct Refused {
    pub table: String,
    pub error: Error,
}

/// What every two parts have in common, in the order they are given.
///
/// # Errors
///
/// The tables share no column; one has not the key's or the time's; the time is none.
pub fn overlaps(parts: &[Part], look: &Look) -> Result<Vec<Overlap>, Refused> {
    let shared = shared_columns(parts)?;
    let of_all = |columns: &[String], names_all| -> Result<Vec<Places>, Refused> {
        let of = |part| Places::of(part, columns, names_all);
        parts.iter().map(of).collect()
    };
    let rows = of_all(&shared, false)?;
    let keys = match look.key.is_empty() {
        true => None,
        false => Some(of_all(&look.key, true)?),
    };
    let spans = match &look.time {
        Some(time) => {
            let spans = parts.iter().map(|part| Span::of(part, time));
            Some(spans.collect::<Result<Vec<_>, _>>()?)
        }
        None => None,
    };
    let mut found = vec![];
    for (at, earlier) in parts.iter().enumerate() {
        for (beyond, later) in parts.iter().enumerate().skip(at + 1) {
            found.push(Overlap {
                earlier: earlier.name.clone(),
                later: later.name.clone(),
                counts: [earlier.rows(), later.rows()],
                rows: rows[at].common(&rows[beyond]),
                keys: keys.as_ref().map(|keys| keys[at].common(&keys[beyond])),
                times: spans
                    .as_ref()
                    .and_then(|spans| Span::times(&spans[at], &spans[beyond])),
            });
        }
    }
    Ok(found)
}

/// The columns that all tables have, in the order of the first.
fn shared_columns(parts: &[Part]) -> Result<Vec<String>, Refused> {
    let mut tables = parts.iter().flat_map(|part| &part.tables);
    let Some((_, first)) = tables.next() else {
        return Ok(vec![]);
    };
    let mut shared = first.columns();
    for (name, table) in tables {
        let columns = table.columns();
        shared.retain(|column| columns.contains(column));
        if shared.is_empty() {
            return Err(Refused {
                table: name.clone(),
                error: Error::NoneShared,
            });
        }
    }
    Ok(shared.into_iter().map(ToOwned::to_owned).collect())
}

fn columns_of(
    name: &str,
    table: &Table,
    columns: &[String],
    role: &'static str,
) -> Result<Vec<Cells>, Refused> {
    let cells = columns.iter().map(|column| table.cells(column, role));
    cells.collect::<Result<_, _>>().map_err(|error| Refused {
        table: name.to_owned(),
        error,
    })
}

/// What the rows of a part hold in some columns, and where.
struct Places<'a> {
    part: &'a Part,
    columns: Vec<Vec<Cells>>,
    /// Of each table and row; `None` where a value is missing that must be there.
    identities: Vec<Vec<Option<u128>>>,
    first: HashMap<u128, (usize, usize)>,
    names_values: bool,
}

impl<'a> Places<'a> {
    /// With `names_values` for a key: every value must be there, and examples name it.
    fn of(part: &'a Part, columns: &[String], names_values: bool) -> Result<Self, Refused> {
        let mut places = Self {
            part,
            columns: vec![],
            identities: vec![],
            first: HashMap::new(),
            names_values,
        };
        for (at, (name, table)) in part.tables.iter().enumerate() {
            let cells = columns_of(name, table, columns, "key")?;
            let is_whole =
                |row: usize| !names_values || !cells.iter().any(|cells| cells.is_missing(row));
            let all = identities(&cells, table.rows()).into_iter().enumerate();
            let all: Vec<Option<u128>> = all
                .map(|(row, identity)| is_whole(row).then_some(identity))
                .collect();
            for (row, identity) in all.iter().enumerate() {
                if let Some(identity) = identity {
                    places.first.entry(*identity).or_insert((at, row));
                }
            }
            places.columns.push(cells);
            places.identities.push(all);
        }
        Ok(places)
    }

    fn common(&self, later: &Self) -> Common {
        let mut common = Common {
            count: 0,
            examples: vec![],
        };
        for (at, rows) in later.identities.iter().enumerate() {
            for (row, identity) in rows.iter().enumerate() {
                let Some(first) = identity.and_then(|identity| self.first.get(&identity)) else {
                    continue;
                };
                common.count += 1;
                if common.examples.len() < MOST_NAMED {
                    common.examples.push(self.example(*first, later, (at, row)));
                }
            }
        }
        common
    }

    /// `row 5 of test.csv is row 9 of train.csv`, and of a key what it is.
    fn example(&self, first: (usize, usize), later: &Self, second: (usize, usize)) -> String {
        let place = |part: &Part, (at, row): (usize, usize)| {
            format!("row {} of {}", row + 1, part.tables[at].0)
        };
        let (here, there) = (place(later.part, second), place(self.part, first));
        if !self.names_values {
            return format!("{here} is {there}");
        }
        let cells = later.columns[second.0].iter();
        let texts = cells.map(|cells| cells.text(second.1).unwrap_or_default());
        let value = texts.collect::<Vec<_>>().join(", ");
        format!("{} is in {here} and {there}", quoted(&value))
    }
}

/// When the rows of a part are from.
struct Span {
    sample: Sample,
    kind: Kind,
}

impl Span {
    fn of(part: &Part, time: &str) -> Result<Self, Refused> {
        let column = [time.to_owned()];
        let mut found: Option<Kind> = None;
        let mut values = vec![];
        for (name, table) in &part.tables {
            let cells = &columns_of(name, table, &column, "time")?[0];
            let kind = kind(cells, table.rows());
            if !kind.is_number() {
                return Err(Refused {
                    table: name.clone(),
                    error: Error::Unfit {
                        column: time.to_owned(),
                        dtype: kind.to_string(),
                        wanted: "time",
                    },
                });
            }
            values.extend_from_slice(sample(cells, kind, table.rows()).values());
            found = found.or(Some(kind));
        }
        Ok(Self {
            sample: values.into_iter().map(Some).collect(),
            kind: found.unwrap_or(Kind::Empty),
        })
    }

    fn times(earlier: &Self, later: &Self) -> Option<Times> {
        let (_, ends) = earlier.sample.range()?;
        let (begins, _) = later.sample.range()?;
        let text = |of: &Self, value: f64| match span((value, value), of.kind) {
            Some([text, _]) => text,
            None => value.to_string(),
        };
        Some(Times {
            ends: text(earlier, ends),
            begins: text(later, begins),
            is_mixed: begins < ends,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::data::tests::table;

    fn part(name: &str, files: &[&str]) -> Part {
        let tables = files.iter().enumerate();
        let tables = tables.map(|(at, csv)| (format!("{name}{at}.csv"), table(csv)));
        Part {
            name: name.to_owned(),
            tables: tables.collect(),
        }
    }

    fn look(key: &[&str], time: Option<&str>) -> Look {
        Look {
            key: key.iter().map(ToString::to_string).collect(),
            time: time.map(ToOwned::to_owned),
        }
    }

    #[test]
    fn rows_and_keys_in_both_parts_are_counted_and_named() {
        let train = part(
            "train",
            &["id,x,y\n1,5,a\n2,6,b\n", "id,x,y\n3,7,a\n,8,a\n"],
        );
        // Another order of columns, and none of the target.
        let test = part("test", &["x,id\n7,3\n7,3\n9,2\n8,\n"]);
        let found = overlaps(&[train, test], &look(&["id"], None)).unwrap();
        let [overlap] = &found[..] else {
            panic!("{found:?}");
        };
        assert!(overlap.is_any());
        assert_eq!(overlap.counts, [4, 4]);
        assert_eq!(overlap.rows.count, 3);
        assert_eq!(
            overlap.rows.examples,
            [
                "row 1 of test0.csv is row 1 of train1.csv",
                "row 2 of test0.csv is row 1 of train1.csv",
                "row 4 of test0.csv is row 2 of train1.csv",
            ]
        );
        // A row without a key has no other row's.
        let keys = overlap.keys.as_ref().unwrap();
        assert_eq!(keys.count, 3);
        assert_eq!(
            keys.examples[2],
            "'2' is in row 3 of test0.csv and row 2 of train0.csv"
        );
    }

    #[test]
    fn the_later_part_is_to_begin_when_the_earlier_has_ended() {
        let cases = [
            ("2026-01-03", "2026-01-04", false),
            ("2026-01-03", "2026-01-03", false),
            ("2026-01-03", "2026-01-02", true),
            ("7", "8", false),
            ("7", "6.5", true),
        ];
        for (ends, begins, is_mixed) in cases {
            let train = part("train", &[&format!("at,x\n{ends},1\n")]);
            let test = part("test", &[&format!("at,x\n{begins},2\n")]);
            let found = overlaps(&[train, test], &look(&[], Some("at"))).unwrap();
            let expected = Times {
                ends: ends.to_owned(),
                begins: begins.to_owned(),
                is_mixed,
            };
            assert_eq!(found[0].times, Some(expected), "{ends} {begins}");
            assert_eq!(found[0].is_any(), is_mixed, "{ends} {begins}");
        }
    }

    #[test]
    fn what_cannot_be_looked_at_names_the_table() {
        let refused = |test: &str, look: &Look| {
            let parts = [
                part("train", &["id,at\n1,2026-01-01\n"]),
                part("test", &[test]),
            ];
            let refused = overlaps(&parts, look).unwrap_err();
            (refused.table, refused.error.to_string())
        };
        let (table, why) = refused("a,b\n1,2\n", &Look::default());
        assert_eq!(table, "test0.csv");
        assert!(why.starts_with("it shares no column"), "{why}");
        let (table, why) = refused("at\n2026-01-01\n", &look(&["id"], None));
        assert_eq!(table, "test0.csv");
        assert!(why.starts_with("there is no column 'id' (key)"), "{why}");
        let (_, why) = refused("id,at\n1,soon\n", &look(&[], Some("at")));
        assert!(
            why.starts_with("column 'at' holds text, which cannot be a time"),
            "{why}"
        );
    }

    proptest! {
        #[test]
        fn a_row_is_common_where_it_is_in_both(
            one in prop::collection::vec((0u8..5, 0u8..5), 1..20),
            two in prop::collection::vec((0u8..5, 0u8..5), 1..20),
        ) {
            let csv = |rows: &[(u8, u8)]| {
                let rows: String = rows.iter().map(|(a, b)| format!("{a},{b}\n")).collect();
                format!("a,b\n{rows}")
            };
            let parts = [part("one", &[&csv(&one)]), part("two", &[&csv(&two)])];
            let found = overlaps(&parts, &Look::default()).unwrap();
            let expected = two.iter().filter(|row| one.contains(row)).count() as u64;
            prop_assert_eq!(found[0].rows.count, expected);
        }
    }
}
