//! The pane that lies beside another: to the left, below, above, to the right.

use ratatui::layout::Rect;

use crate::tui::{action::Action, shared::Reaction};

/// Gives the keys to the pane on the side that an action names, of panes that stand in these places; `None` for an action
/// that names no side.
pub fn step<T: Copy + PartialEq>(
    places: &[(T, Rect)],
    focus: &mut T,
    action: Action,
) -> Option<Reaction> {
    let side = Side::of(action)?;
    let from = places.iter().find(|(pane, _)| pane == focus);
    Some(
        match from.and_then(|(_, from)| beside(places, *from, side)) {
            Some(pane) => {
                *focus = pane;
                Reaction::Done
            }
            None => Reaction::Refuse(format!("there is no pane {}", side.told())),
        },
    )
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Left,
    Below,
    Above,
    Right,
}

impl Side {
    fn of(action: Action) -> Option<Self> {
        Some(match action {
            Action::FocusLeft => Self::Left,
            Action::FocusDown => Self::Below,
            Action::FocusUp => Self::Above,
            Action::FocusRight => Self::Right,
            _ => return None,
        })
    }

    fn told(self) -> &'static str {
        match self {
            Self::Left => "to the left",
            Self::Below => "below",
            Self::Above => "above",
            Self::Right => "to the right",
        }
    }

    /// How far another place lies on this side, if it does.
    fn distance(self, from: Rect, to: Rect) -> Option<u16> {
        match self {
            Self::Left => from.x.checked_sub(to.right()),
            Self::Below => to.y.checked_sub(from.bottom()),
            Self::Above => from.y.checked_sub(to.bottom()),
            Self::Right => to.x.checked_sub(from.right()),
        }
    }

    /// Cells along which two places lie opposite each other.
    fn overlap(self, from: Rect, to: Rect) -> u16 {
        let (begin, end) = match self {
            Self::Left | Self::Right => (from.y.max(to.y), from.bottom().min(to.bottom())),
            Self::Above | Self::Below => (from.x.max(to.x), from.right().min(to.right())),
        };
        end.saturating_sub(begin)
    }
}

/// The nearest pane on a side; of several as near, the one that most of the edge looks at, and of those the first.
fn beside<T: Copy>(places: &[(T, Rect)], from: Rect, side: Side) -> Option<T> {
    // What has no room stands nowhere.
    let places = places.iter().filter(|(_, place)| !place.is_empty());
    let opposite = places.filter_map(|(pane, to)| {
        let (distance, overlap) = (side.distance(from, *to)?, side.overlap(from, *to));
        (0 < overlap).then_some((distance, u16::MAX - overlap, *pane))
    });
    let nearest = opposite.min_by_key(|(distance, short, _)| (*distance, *short));
    nearest.map(|(.., pane)| pane)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        config::screens::{Layout, Pane, Part},
        tui::panes::tiling::tile,
    };

    /// A list on the left, two panes one above the other beside it, a log below all.
    const PLACES: [(char, Rect); 4] = [
        ('a', Rect::new(0, 0, 40, 20)),
        ('b', Rect::new(40, 0, 60, 5)),
        ('c', Rect::new(40, 5, 60, 15)),
        ('d', Rect::new(0, 20, 100, 10)),
    ];

    #[test]
    fn the_keys_go_to_the_pane_that_is_seen_on_that_side() {
        use Action::{FocusDown, FocusLeft, FocusRight, FocusUp};
        let cases = [
            ('a', FocusRight, Some('c')),
            ('a', FocusDown, Some('d')),
            ('a', FocusLeft, None),
            ('b', FocusDown, Some('c')),
            ('b', FocusLeft, Some('a')),
            ('c', FocusUp, Some('b')),
            ('c', FocusDown, Some('d')),
            ('d', FocusUp, Some('c')),
            ('d', FocusDown, None),
            ('d', FocusRight, None),
        ];
        for (from, action, expected) in cases {
            let mut focus = from;
            let reaction = step(&PLACES, &mut focus, action).unwrap();
            match expected {
                Some(to) => assert_eq!(focus, to, "{from} {action:?}"),
                None => {
                    assert_eq!(focus, from);
                    assert!(matches!(reaction, Reaction::Refuse(_)), "{from} {action:?}");
                }
            }
        }
        assert!(step(&PLACES, &mut 'a', Action::NextPane).is_none());
    }

    fn layout() -> impl Strategy<Value = Layout> {
        let pane = Just(Layout::from(Pane::Facts));
        pane.prop_recursive(3, 8, 3, |inner| {
            proptest::collection::vec(inner, 2..4).prop_map(|parts| Layout {
                part: Part::Split(parts),
                share: None,
            })
        })
    }

    proptest! {
        #[test]
        fn every_pane_can_be_gone_to_from_every_other(
            layout in layout(),
            width in 40u16..300,
            height in 10u16..100,
        ) {
            let places = tile(&layout, Rect::new(0, 0, width, height)).places;
            let mut met = vec![places[0].0];
            let mut at = 0;
            while let Some(from) = met.get(at).copied() {
                at += 1;
                for action in [Action::FocusLeft, Action::FocusDown, Action::FocusUp, Action::FocusRight] {
                    let mut focus = from;
                    step(&places, &mut focus, action);
                    if !met.contains(&focus) {
                        met.push(focus);
                    }
                }
            }
            prop_assert_eq!(met.len(), places.len());
        }
    }
}
