//! Which charts a person wants to see of an experiment's runs, and in which order.

use std::fmt;

use super::Group;

/// Charts that a person has placed or hidden, by name. The others follow in their usual order.
///
/// As a text: names with blanks between in their order, a hidden one with `-` before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrangement(Vec<Placed>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Placed {
    name: String,
    is_hidden: bool,
}

/// Charts that can be placed; a text from elsewhere may hold more.
const MOST: usize = 256;

impl Arrangement {
    /// The groups as they are wanted: those that were placed, then the others; hidden ones are left out, unless nothing
    /// else is there.
    pub fn of(&self, groups: Vec<Group>) -> Vec<Group> {
        if self.0.is_empty() {
            return groups;
        }
        let (shown, hidden): (Vec<_>, Vec<_>) = self
            .all(groups)
            .into_iter()
            .partition(|(_, is_shown)| *is_shown);
        let wanted = if shown.is_empty() { hidden } else { shown };
        wanted.into_iter().map(|(group, _)| group).collect()
    }

    /// All groups in the order wanted, and which of them are shown.
    pub fn all(&self, groups: Vec<Group>) -> Vec<(Group, bool)> {
        let place = |group: &Group| self.0.iter().position(|placed| placed.name == group.name);
        let mut all: Vec<(Group, usize)> = groups
            .into_iter()
            .map(|group| {
                let place = place(&group).unwrap_or(usize::MAX);
                (group, place)
            })
            .collect();
        all.sort_by_key(|(_, place)| *place);
        all.into_iter()
            .map(|(group, place)| {
                let is_hidden = self.0.get(place).is_some_and(|placed| placed.is_hidden);
                (group, !is_hidden)
            })
            .collect()
    }

    /// The charts in this order and shown so.
    pub fn keep<'a>(charts: impl IntoIterator<Item = (&'a str, bool)>) -> Self {
        let placed = charts.into_iter().map(|(name, is_shown)| Placed {
            name: name.to_owned(),
            is_hidden: !is_shown,
        });
        Self(placed.take(MOST).collect())
    }
}

impl fmt::Display for Arrangement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, placed) in self.0.iter().enumerate() {
            let gap = if at == 0 { "" } else { " " };
            let hidden = if placed.is_hidden { "-" } else { "" };
            // A name may hold blanks of its own.
            let name = placed.name.replace('%', "%25").replace(' ', "%20");
            write!(f, "{gap}{hidden}{name}")?;
        }
        Ok(())
    }
}

impl From<&str> for Arrangement {
    fn from(text: &str) -> Self {
        let words = text.split(' ').filter(|word| !word.is_empty());
        let charts: Vec<(String, bool)> = words
            .map(|word| {
                let (name, is_shown) = match word.strip_prefix('-') {
                    Some(name) => (name, false),
                    None => (word, true),
                };
                (name.replace("%20", " ").replace("%25", "%"), is_shown)
            })
            .collect();
        Self::keep(
            charts
                .iter()
                .map(|(name, is_shown)| (name.as_str(), *is_shown)),
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(arrangement: &str, groups: &str) -> String {
        let groups = groups.split(' ').map(|name| Group {
            name: name.to_owned(),
            metrics: vec![],
        });
        let wanted = Arrangement::from(arrangement).of(groups.collect());
        let names: Vec<String> = wanted.into_iter().map(|group| group.name).collect();
        names.join(" ")
    }

    #[test]
    fn placed_charts_come_first_and_hidden_ones_not_at_all() {
        assert_eq!(names("", "loss auc lr"), "loss auc lr");
        assert_eq!(names("lr -auc", "loss auc lr"), "lr loss");
        assert_eq!(names("gone auc", "loss auc lr"), "auc loss lr");
        assert_eq!(names("-loss -auc", "loss auc"), "loss auc");
    }

    proptest! {
        #[test]
        fn an_arrangement_is_read_as_it_is_written(charts in prop::collection::vec(("[a-z% ]{0,3}[a-z%]", any::<bool>()), 0..6)) {
            let kept = Arrangement::keep(charts.iter().map(|(name, shown)| (name.as_str(), *shown)));
            prop_assert_eq!(Arrangement::from(kept.to_string().as_str()), kept);
        }
    }
}
