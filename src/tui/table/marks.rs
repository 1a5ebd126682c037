//! Rows that a person has chosen, by their ids: they stay chosen whatever the filter shows.

use std::collections::BTreeMap;

/// The marked rows in the order in which they were marked.
#[derive(Clone, Debug)]
pub struct Marks<I> {
    /// When each was marked.
    at: BTreeMap<I, u64>,
    next: u64,
    /// Where a range begins that is being chosen: its row, and where that stands.
    from: Option<(I, u64)>,
}

impl<I> Default for Marks<I> {
    fn default() -> Self {
        Self {
            at: BTreeMap::new(),
            next: 0,
            from: None,
        }
    }
}

impl<I: Clone + Ord> Marks<I> {
    pub fn is_empty(&self) -> bool {
        self.at.is_empty()
    }

    pub fn len(&self) -> usize {
        self.at.len()
    }

    pub fn contains(&self, id: &I) -> bool {
        self.at.contains_key(id)
    }

    /// The marked rows, the first marked first.
    pub fn ids(&self) -> Vec<I> {
        let mut marked: Vec<(&u64, &I)> = self.at.iter().map(|(id, at)| (at, id)).collect();
        marked.sort_unstable_by_key(|(at, _)| **at);
        marked.into_iter().map(|(_, id)| id.clone()).collect()
    }

    /// Marks a row, or takes its mark away.
    pub fn toggle(&mut self, id: I) {
        if self.at.remove(&id).is_none() {
            self.add([id]);
        }
    }

    /// Marks rows. Those that are marked keep their place.
    pub fn add(&mut self, ids: impl IntoIterator<Item = I>) {
        for id in ids {
            let next = self.next;
            self.at.entry(id).or_insert(next);
            self.next += 1;
        }
    }

    /// Takes the mark of what is no more.
    pub fn retain(&mut self, is_there: impl Fn(&I) -> bool) {
        self.at.retain(|id, _| is_there(id));
    }

    pub fn clear(&mut self) {
        self.at.clear();
    }

    /// Begins a range at a row.
    pub fn begin(&mut self, id: I, index: u64) {
        self.from = Some((id, index));
    }

    /// Gives the range up. Says whether there was one.
    pub fn give_up(&mut self) -> bool {
        self.from.take().is_some()
    }

    /// Where the range that is being chosen begins.
    pub fn from(&self) -> Option<&(I, u64)> {
        self.from.as_ref()
    }

    /// The row at which the range begins stands elsewhere now.
    pub fn moved(&mut self, index: u64) {
        if let Some((_, from)) = &mut self.from {
            *from = index;
        }
    }

    /// The places of the range that is being chosen, with the cursor at one end.
    pub fn range(&self, cursor: u64) -> Option<std::ops::RangeInclusive<u64>> {
        let from = self.from.as_ref()?.1;
        Some(from.min(cursor)..=from.max(cursor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_keep_the_order_in_which_they_were_made() {
        let mut marks = Marks::default();
        for id in [7, 3, 9, 7, 1, 7] {
            marks.toggle(id);
        }
        assert_eq!(marks.ids(), [3, 9, 1, 7]);
        marks.add([9, 4]);
        assert_eq!((marks.ids(), marks.len()), (vec![3, 9, 1, 7, 4], 5));
        marks.retain(|id| *id != 9);
        assert_eq!(marks.ids(), [3, 1, 7, 4]);
    }

    #[test]
    fn a_range_reaches_from_where_it_began_to_the_cursor() {
        let mut marks = Marks::default();
        assert_eq!(marks.range(3), None);
        marks.begin('a', 5);
        assert_eq!((marks.range(3), marks.range(8)), (Some(3..=5), Some(5..=8)));
        marks.moved(6);
        assert_eq!(marks.range(3), Some(3..=6));
        assert!(marks.give_up() && !marks.give_up());
    }
}
