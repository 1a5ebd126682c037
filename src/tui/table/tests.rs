use std::cell::Cell as Counter;

use proptest::prelude::*;

use super::*;
use crate::{ops, tui::fixture};

#[derive(Clone, Debug, PartialEq)]
struct Item(u32, String);

impl Row for Item {
    type Id = u32;

    fn id(&self) -> u32 {
        self.0
    }

    fn name(&self) -> &str {
        &self.1
    }
}

fn items(ids: impl IntoIterator<Item = u32>) -> Vec<Item> {
    let item = |id| Item(id, format!("item-{id}"));
    ids.into_iter().map(item).collect()
}

fn sheet<'a>(look: &'a Look, rows: Window<'a, Item>) -> Sheet<'a, Item> {
    let id = |row: &Item| Cell::of(row.0.to_string(), look, Role::Text);
    Sheet {
        columns: vec![
            Column::new("NAME", |row: &Item| Cell::of(&row.1, look, Role::Text)),
            Column::new("A", id).right().gives_way(1),
            Column::new("B", id).right().gives_way(2),
        ],
        rows: Some(rows),
        error: None,
        empty: vec![Line::from(" nothing here")],
    }
}

fn drawn(table: &mut Table<u32>, sheet: &Sheet<'_, Item>, (width, height): (u16, u16)) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    table.draw(&mut buffer, area, &fixture::shared(), sheet, true);
    let line = |y: u16| -> String { (0..width).map(|x| buffer[(x, y)].symbol()).collect() };
    let lines: Vec<String> = (0..height).map(|y| line(y).trim_end().to_owned()).collect();
    lines.join("\n").trim_end().to_owned()
}

#[test]
fn the_cursor_and_the_marks_stand_in_the_gutter() {
    let look = Look::default();
    let rows = items(1..=3);
    let rows = Window::whole(&rows);
    let mut table = Table::default();
    table.settle(rows, None, true);
    table.act(Action::Down, rows);
    table.marks.add([3]);
    let picture = " NAME   A B\n item-1 1 1\n▌item-2 2 2\n#item-3 3 3";
    assert_eq!(drawn(&mut table, &sheet(&look, rows), (20, 6)), picture);
    table.marks.begin(1, 0);
    let picture = drawn(&mut table, &sheet(&look, rows), (20, 6));
    assert_eq!(picture.matches('#').count(), 3, "{picture}");
}

#[test]
fn columns_without_room_are_a_key_away_and_come_back_where_there_is_room() {
    let look = Look::default();
    let rows = items([7]);
    let rows = Window::whole(&rows);
    let mut table = Table::default();
    let head = |table: &mut Table<u32>, width: u16| {
        let picture = drawn(table, &sheet(&look, rows), (width, 2));
        picture.lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(head(&mut table, 10), " NAME   A");
    assert_eq!(table.more().as_deref(), Some("1 column more: L"));
    assert!(matches!(
        table.act(Action::ColumnsRight, rows),
        Reaction::Done
    ));
    assert_eq!(head(&mut table, 10), " NAME   B");
    let refused = table.act(Action::ColumnsRight, rows);
    assert!(matches!(refused, Reaction::Refuse(_)));
    table.act(Action::ColumnsLeft, rows);
    assert_eq!(head(&mut table, 10), " NAME   A");
    table.act(Action::ColumnsRight, rows);
    head(&mut table, 10);
    assert_eq!(head(&mut table, 30), " NAME   A B");
    assert_eq!(table.more(), None);
}

#[test]
fn what_is_loading_empty_or_wrong_says_so_and_rows_stay_when_the_next_look_fails() {
    let look = Look::default();
    let rows = items([7]);
    let error = ops::Error::new(ops::Kind::Environment, "the disk is gone");
    let picture = |rows: Option<Window<'_, Item>>, error: Option<&ops::Error>| {
        let sheet = Sheet {
            rows,
            error,
            ..sheet(&look, Window::whole(&[]))
        };
        drawn(&mut Table::default(), &sheet, (40, 4))
    };
    assert_eq!(picture(None, None), " …");
    assert!(picture(None, Some(&error)).starts_with(" ✗ the disk is gone"));
    assert_eq!(picture(Some(Window::whole(&[])), None), " nothing here");
    let kept = picture(Some(Window::whole(&rows)), Some(&error));
    assert!(kept.contains("item-7"), "{kept}");
}

#[test]
fn only_rows_around_those_in_sight_are_looked_at() {
    let look = Look::default();
    let rows = items(0..100_000);
    let rows = Window::whole(&rows);
    let mut table = Table::default();
    table.settle(rows, None, true);
    table.cursor.go(70_000, rows);
    let seen = Counter::new(0);
    let sheet = Sheet {
        columns: vec![Column::new("NAME", |row: &Item| {
            seen.set(seen.get() + 1);
            Cell::of(&row.1, &look, Role::Text)
        })],
        ..sheet(&look, rows)
    };
    let picture = drawn(&mut table, &sheet, (40, 31));
    assert!(picture.contains("▌item-70000"), "{picture}");
    assert!(seen.get() <= 128, "{}", seen.get());
}

/// What may happen to a list between two looks.
#[derive(Clone, Debug)]
enum Change {
    Insert(usize, u32),
    Remove(usize),
    Reverse,
    Move(Action),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (0usize..40, 100u32..10_000).prop_map(|(at, id)| Change::Insert(at, id)),
        (0usize..40).prop_map(Change::Remove),
        Just(Change::Reverse),
        prop_oneof![
            Just(Action::Down),
            Just(Action::Up),
            Just(Action::PageDown),
            Just(Action::Last),
            Just(Action::First)
        ]
        .prop_map(Change::Move),
    ]
}

proptest! {
    #[test]
    fn the_cursor_stays_on_its_row_or_goes_to_the_next_and_says_so(
        changes in prop::collection::vec(change(), 1..60),
        height in 1u64..12,
    ) {
        let mut list = items(0..20);
        let mut table = Table::default();
        table.settle(Window::whole(&list), None, true);
        for change in changes {
            table.cursor.show(height);
            let before = table.row(Window::whole(&list)).cloned();
            let index = table.cursor.index();
            match change {
                Change::Insert(at, id) if list.iter().all(|item| item.0 != id) => {
                    list.insert(at.min(list.len()), Item(id, format!("item-{id}")));
                }
                Change::Insert(..) => {}
                Change::Remove(at) if at < list.len() => drop(list.remove(at)),
                Change::Remove(_) => {}
                Change::Reverse => list.reverse(),
                Change::Move(action) => {
                    table.act(action, Window::whole(&list));
                    continue;
                }
            }
            let known = before.as_ref().map(|item| item.1.clone());
            table.settle(Window::whole(&list), known.clone(), true);
            let after = table.row(Window::whole(&list)).cloned();
            let gone = table.take_gone();
            match &before {
                Some(item) if list.contains(item) => {
                    prop_assert_eq!(&after, &before);
                    prop_assert_eq!(gone, None);
                }
                Some(_) => {
                    prop_assert_eq!(gone, known);
                    let next = index.min(list.len().saturating_sub(1) as u64) as usize;
                    prop_assert_eq!(after.as_ref(), list.get(next));
                }
                None => prop_assert_eq!(after.is_some(), !list.is_empty()),
            }
            table.cursor.show(height);
            let at = table.cursor.index();
            prop_assert!(table.cursor.top() <= at && at < table.cursor.top() + height);
        }
    }
}
