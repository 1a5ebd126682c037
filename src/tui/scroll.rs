//! Moving through rows: the same keys in every list and text.

use super::action::Action;

/// Where an action moves a cursor or the top of a text to, from `at` within `0..=last`, where `page` rows are in sight.
/// `None` for an action that moves nothing.
pub fn moved(action: Action, at: usize, page: usize, last: usize) -> Option<usize> {
    let page = page.max(1);
    let half = (page / 2).max(1);
    let to = match action {
        Action::Down => at + 1,
        Action::Up => at.saturating_sub(1),
        Action::HalfDown => at + half,
        Action::HalfUp => at.saturating_sub(half),
        Action::PageDown => at + page,
        Action::PageUp => at.saturating_sub(page),
        Action::First => 0,
        Action::Last => last,
        _ => return None,
    };
    Some(to.min(last))
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator as _;

    use super::*;

    #[test]
    fn keys_move_by_a_row_half_a_page_a_page_and_to_the_ends() {
        let cases = [
            (Action::Down, 51),
            (Action::Up, 49),
            (Action::HalfDown, 55),
            (Action::HalfUp, 45),
            (Action::PageDown, 60),
            (Action::PageUp, 40),
            (Action::First, 0),
            (Action::Last, 99),
        ];
        for (action, to) in cases {
            assert_eq!(moved(action, 50, 10, 99), Some(to), "{action:?}");
        }
        assert_eq!(moved(Action::Open, 50, 10, 99), None);
    }

    #[test]
    fn nothing_moves_out_of_what_is_there_and_every_key_moves_where_one_row_is_in_sight() {
        for action in Action::iter() {
            for page in [0, 1, 2, 500] {
                for at in [0, 1, 2] {
                    assert!(moved(action, at, page, 2).is_none_or(|to| to <= 2));
                }
                if let Some(to) = moved(action, 1, page, 2) {
                    assert_ne!(to, 1, "{action:?} with {page} rows in sight");
                }
            }
            assert!(moved(action, 0, 0, 0).is_none_or(|to| to == 0));
        }
    }
}
