//! Where the panes of a layout stand: rows of columns of rows, over the whole area, none over another.

use ratatui::layout::Rect;

use super::least;
use crate::config::screens::{Layout, Pane, Part};

/// The panes of a layout and their places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tiling {
    /// By the number of the pane in the reading order of the layout.
    pub places: Vec<(usize, Rect)>,
    /// Panes for which there is no room here.
    pub hidden: Vec<Pane>,
}

/// Places the panes of a layout. Where one would have less room than it needs, the last of its list goes first; one pane
/// stays, however small the area.
pub fn tile(layout: &Layout, area: Rect) -> Tiling {
    let mut tiling = Tiling::default();
    let mut number = 0;
    place(layout, area, true, &mut number, &mut tiling);
    tiling
}

fn place(layout: &Layout, area: Rect, is_rows: bool, number: &mut usize, tiling: &mut Tiling) {
    let parts = match &layout.part {
        Part::Pane(_) => {
            tiling.places.push((*number, area));
            *number += 1;
            return;
        }
        Part::Split(parts) => parts,
    };
    let mut shown = parts.len();
    while 1 < shown
        && divided(&parts[..shown], area, is_rows)
            .iter()
            .zip(parts)
            .any(|(room, part)| !fits(part, *room))
    {
        shown -= 1;
    }
    for (part, room) in parts.iter().zip(divided(&parts[..shown], area, is_rows)) {
        place(part, room, !is_rows, number, tiling);
    }
    for part in &parts[shown..] {
        let panes = part.panes();
        *number += panes.len();
        tiling.hidden.extend(panes);
    }
}

/// A list fits where its first pane does: the others give way.
fn fits(layout: &Layout, room: Rect) -> bool {
    let first = layout.panes()[0];
    let (width, height) = least(first);
    width <= room.width && height <= room.height
}

/// The rooms of the parts of a list, one after another: what asks for a share gets it, the others what is left in equal
/// parts, and the last what rounding leaves.
fn divided(parts: &[Layout], area: Rect, is_rows: bool) -> Vec<Rect> {
    let whole = u32::from(if is_rows { area.height } else { area.width });
    let asked: u32 = parts
        .iter()
        .filter_map(|part| part.share)
        .map(u32::from)
        .sum();
    let others = parts.iter().filter(|part| part.share.is_none()).count() as u32;
    // Shares of more than the whole, or of all of it while others want some, shrink to make room.
    let least_left = if 0 < others {
        others * 100 / parts.len() as u32
    } else {
        0
    };
    let scale = match asked + least_left {
        0..=100 => 100,
        _ => (100 - least_left) * 100 / asked.max(1),
    };
    let given = |part: &Layout| match part.share {
        Some(share) => whole * u32::from(share) * scale / 10_000,
        None => whole * (100 - (asked * scale / 100).min(100)) / 100 / others,
    };
    let mut start = 0;
    let count = parts.len();
    let rooms = parts.iter().enumerate().map(|(at, part)| {
        let left = whole - start;
        let room = if at + 1 == count {
            left
        } else {
            given(part).min(left)
        };
        let rect = slice(area, start as u16, room as u16, is_rows);
        start += room;
        rect
    });
    rooms.collect()
}

fn slice(area: Rect, start: u16, room: u16, is_rows: bool) -> Rect {
    if is_rows {
        Rect {
            y: area.y + start,
            height: room,
            ..area
        }
    } else {
        Rect {
            x: area.x + start,
            width: room,
            ..area
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::screens::{Screen, testing::layouts};

    fn layout(text: &str) -> Layout {
        let screen: Screen = toml::from_str(&format!("layout.S = {text}")).unwrap();
        screen.layout.small.unwrap()
    }

    #[test]
    fn shares_are_of_the_whole_and_the_rest_is_split_evenly() {
        let area = Rect::new(0, 2, 100, 40);
        let tiling = tile(&layout(r#"[["runs@40%", ["training", "log"]]]"#), area);
        let places: Vec<Rect> = tiling.places.iter().map(|(_, place)| *place).collect();
        let wanted = [
            Rect::new(0, 2, 40, 40),
            Rect::new(40, 2, 60, 20),
            Rect::new(40, 22, 60, 20),
        ];
        assert_eq!(places, wanted);
    }

    #[test]
    fn what_has_no_room_goes_from_the_end_and_is_told() {
        let layout = layout(r#"["runs", "training", "log", "jobs"]"#);
        let tiling = tile(&layout, Rect::new(0, 0, 80, 10));
        let shown: Vec<usize> = tiling.places.iter().map(|(number, _)| *number).collect();
        assert_eq!(shown, [0, 1]);
        assert_eq!(tiling.hidden, [Pane::Log, Pane::Jobs]);
    }

    proptest! {
        #[test]
        fn panes_cover_the_area_exactly_once(layout in layouts(4), width in 40u16..300, height in 8u16..100) {
            let area = Rect::new(0, 1, width, height);
            let tiling = tile(&layout, area);
            let mut covered = vec![0u8; usize::from(width) * usize::from(height)];
            for (_, place) in &tiling.places {
                for cell in place.positions() {
                    covered[usize::from(cell.y - 1) * usize::from(width) + usize::from(cell.x)] += 1;
                }
            }
            prop_assert!(covered.iter().all(|times| *times == 1));
            prop_assert_eq!(tiling.places.len() + tiling.hidden.len(), layout.panes().len());
        }
    }
}
