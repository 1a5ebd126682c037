//! Which parts of the view have room, and where they stand.

use ratatui::layout::Rect;

use super::{Data, Part};
use crate::tui::look::{split_across, split_down};

/// Columns from which parts stand beside the list, and from which there are three columns of them.
const ROOM_BESIDE: u16 = 100;
const ROOM_FOR_THREE: u16 = 160;
/// Rows below which there is no room for more than one part.
const LEAST_FOR_TWO: u16 = 10;
/// Rows that a list takes however short it is, where there are so many.
const LEAST_LIST: u16 = 8;
/// Rows that facts take where statistics stand below them.
const FACTS: u16 = 14;

impl Data {
    /// The parts that there are, in reading order.
    pub(super) fn parts(&self) -> Vec<Part> {
        let list = (!self.is_alone).then_some(Part::List);
        list.into_iter().chain(Part::BESIDE).collect()
    }

    /// The parts that have room, with their places; where there is room for one beside the list, the others take turns.
    pub(super) fn layout(&self, area: Rect) -> Vec<(Part, Rect)> {
        use Part::{Changes, Facts, List, Statistics};
        let beside = [self.focus, self.lower, Statistics];
        let one = beside.into_iter().find(|part| *part != List);
        let one = one.unwrap_or(Statistics);
        if area.height < LEAST_FOR_TWO {
            return vec![(self.focus, area)];
        }
        match (area.width, self.is_alone) {
            (..ROOM_BESIDE, true) => vec![(one, area)],
            (..ROOM_BESIDE, false) => {
                let (list, below) = split_down(area, self.list_rows(area.height * 2 / 5));
                vec![(List, list), (one, below)]
            }
            (ROOM_BESIDE..ROOM_FOR_THREE, false) => {
                let (left, right) = split_across(area, area.width * 9 / 20);
                let (list, changes) = split_down(left, self.list_rows(left.height / 2));
                let (facts, statistics) = split_down(right, FACTS.min(right.height / 2));
                vec![
                    (List, list),
                    (Changes, changes),
                    (Facts, facts),
                    (Statistics, statistics),
                ]
            }
            (_, false) => {
                let (list, rest) = split_across(area, area.width * 3 / 10);
                let (middle, statistics) = split_across(rest, rest.width * 9 / 20);
                let (facts, changes) = split_down(middle, middle.height * 2 / 5);
                vec![
                    (List, list),
                    (Facts, facts),
                    (Changes, changes),
                    (Statistics, statistics),
                ]
            }
            (_, true) => {
                let (left, statistics) = split_across(area, area.width * 9 / 20);
                let (facts, changes) = split_down(left, left.height * 2 / 5);
                vec![(Facts, facts), (Changes, changes), (Statistics, statistics)]
            }
        }
    }

    /// Rows that the list takes of so many at most: a short one leaves the others room.
    fn list_rows(&self, most: u16) -> u16 {
        let needed = u16::try_from(self.rows().len() + 3).unwrap_or(u16::MAX);
        needed.max(LEAST_LIST).min(most)
    }
}
