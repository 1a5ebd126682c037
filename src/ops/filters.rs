//! Filters kept under a name, which every filter can then use: `@night`.

use super::{Error, Kind, Result, audited};
pub use crate::domain::filter::Saved;
use crate::{
    domain::{
        filter::{Expr, Filter, Unresolved, is_name},
        text::nearest,
    },
    store::{Connection, filters as rows},
    workspace::Workspace,
};

/// All saved filters, by name.
pub fn list(ws: &Workspace) -> Result<Vec<Saved>> {
    ws.store.read(|tx| Ok(rows::all(tx)?))
}

/// Keeps a filter under a name, in the place of the one that this person kept under it before.
///
/// # Errors
///
/// [`Kind::Invalid`]: the name is none, the filter is empty or names itself; [`Kind::NotFound`]: it names one that is not
/// there; [`Kind::Conflict`]: the name is somebody else's.
pub fn save(ws: &Workspace, name: &str, filter: &Filter) -> Result<Saved> {
    if !is_name(name) {
        let message = format!("{name:?} cannot be the name of a filter");
        return Err(
            Error::new(Kind::Invalid, message).hint("1 to 40 letters, digits, `-`, `_` and `.`")
        );
    }
    let Some(expr) = filter.expr() else {
        return Err(Error::new(Kind::Invalid, "there is no filter to save")
            .hint("an empty one lets everything through"));
    };
    let new = Saved {
        name: name.to_owned(),
        text: filter.to_string(),
        actor: ws.actor().clone(),
        created: ws.now(),
    };
    ws.store.write(|tx| {
        let all = rows::all(tx)?;
        let before = all.iter().find(|known| known.name == name);
        before.map_or(Ok(()), |before| own(ws, before))?;
        let find = |wanted: &str| match wanted == name {
            true => Some(expr.clone()),
            false => meaning(&all, wanted),
        };
        let itself = Filter::from(Expr::Saved(name.to_owned()));
        itself
            .resolve(&find)
            .map_err(|error| unresolved(&all, &error))?;
        rows::put(tx, &new)?;
        let before = before.map(|before| before.text.clone());
        let target = format!("@{name}");
        audited(
            ws,
            tx,
            "filters.save",
            target,
            before,
            Some(new.text.clone()),
        )
    })?;
    Ok(new)
}

/// Takes a saved filter away.
///
/// # Errors
///
/// [`Kind::NotFound`]; [`Kind::Conflict`]: it is somebody else's, or another filter names it.
pub fn remove(ws: &Workspace, name: &str) -> Result<()> {
    ws.store.write(|tx| {
        let all = rows::all(tx)?;
        let Some(known) = all.iter().find(|known| known.name == name) else {
            return Err(unresolved(&all, &Unresolved::Unknown(name.to_owned())));
        };
        own(ws, known)?;
        let names_it = |other: &&Saved| {
            Filter::parse(&other.text).is_ok_and(|filter| filter.saved().contains(&name))
        };
        if let Some(other) = all.iter().find(names_it) {
            let message = format!("@{} needs @{name}", other.name);
            return Err(Error::new(Kind::Conflict, message)
                .hint(format!("`sconce filters rm {}` first", other.name)));
        }
        rows::remove(tx, name)?;
        let (target, before) = (format!("@{name}"), Some(known.text.clone()));
        audited(ws, tx, "filters.remove", target, before, None)
    })
}

/// The same filter with saved ones in the place of their names.
pub(super) fn resolved(tx: &Connection, filter: &Filter) -> Result<Filter> {
    if filter.saved().is_empty() {
        return Ok(filter.clone());
    }
    let all = rows::all(tx)?;
    filter
        .resolve(&|name| meaning(&all, name))
        .map_err(|error| unresolved(&all, &error))
}

/// What stands under a name. A text that a newer program wrote may be none that this one reads.
fn meaning(all: &[Saved], name: &str) -> Option<Expr> {
    let saved = all.iter().find(|saved| saved.name == name)?;
    Filter::parse(&saved.text).ok()?.expr().cloned()
}

fn unresolved(all: &[Saved], error: &Unresolved) -> Error {
    let Unresolved::Unknown(name) = error else {
        return Error::new(Kind::Invalid, error.to_string());
    };
    let names = all.iter().map(|saved| saved.name.as_str());
    let hint = match nearest(name, names) {
        Some(near) => format!("did you mean @{near}?"),
        None => "`sconce filters` lists them; put a word that begins with @ in quotes".to_owned(),
    };
    Error::new(Kind::NotFound, error.to_string()).hint(hint)
}

fn own(ws: &Workspace, saved: &Saved) -> Result<()> {
    if saved.actor.uid == ws.actor().uid {
        return Ok(());
    }
    let message = format!("@{} belongs to {}", saved.name, saved.actor);
    Err(Error::new(Kind::Conflict, message).hint("save yours under another name"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::{
        fixture::{Shop, filter},
        runs::{ListRequest, list as runs},
    };
    use crate::store::audit;

    fn matched(shop: &Shop, text: &str) -> Result<u64> {
        let request = ListRequest {
            filter: filter(text),
            limit: 10,
            ..ListRequest::default()
        };
        Ok(runs(shop, &request)?.matched)
    }

    #[test]
    fn a_saved_filter_stands_for_itself_in_every_other() {
        let shop = Shop::open();
        shop.done("night-1", &[("lr", 1.into())]);
        shop.done("night-2", &[("lr", 2.into())]);
        shop.done("day", &[("lr", 2.into())]);
        save(&shop, "night", &filter("name:night")).unwrap();
        save(&shop, "fast", &filter("@night lr>1")).unwrap();
        for (text, count) in [
            ("@night", 2),
            ("-@night", 1),
            ("@fast", 1),
            ("@fast | day", 2),
        ] {
            assert_eq!(matched(&shop, text).unwrap(), count, "{text}");
        }
        save(&shop, "night", &filter("name:night-1")).unwrap();
        assert_eq!(matched(&shop, "@fast").unwrap(), 0);
        let names: Vec<String> = list(&shop)
            .unwrap()
            .into_iter()
            .map(|saved| saved.name)
            .collect();
        assert_eq!(names, ["fast", "night"]);
    }

    #[test]
    fn a_filter_that_leads_nowhere_is_neither_saved_nor_asked() {
        let shop = Shop::open();
        save(&shop, "night", &filter("state:done")).unwrap();
        save(&shop, "late", &filter("@night | age<1h")).unwrap();
        let refusals = [
            save(&shop, "night", &filter("x @late")).unwrap_err(),
            save(&shop, "x", &filter("@nihgt")).unwrap_err(),
            save(&shop, "two words", &filter("x")).unwrap_err(),
            save(&shop, "x", &filter("")).unwrap_err(),
            remove(&shop, "nihgt").unwrap_err(),
            remove(&shop, "night").unwrap_err(),
            matched(&shop, "@nihgt").unwrap_err(),
        ];
        let wanted = [
            (
                Kind::Invalid,
                "the saved filter names itself: @night → @late → @night",
            ),
            (Kind::NotFound, "there is no saved filter @nihgt"),
            (
                Kind::Invalid,
                "\"two words\" cannot be the name of a filter",
            ),
            (Kind::Invalid, "there is no filter to save"),
            (Kind::NotFound, "there is no saved filter @nihgt"),
            (Kind::Conflict, "@late needs @night"),
            (Kind::NotFound, "there is no saved filter @nihgt"),
        ];
        for (error, (kind, message)) in refusals.iter().zip(wanted) {
            assert_eq!((error.kind, error.message.as_str()), (kind, message));
        }
        assert_eq!(refusals[6].hint.as_deref(), Some("did you mean @night?"));
        remove(&shop, "late").unwrap();
        remove(&shop, "night").unwrap();
        assert!(list(&shop).unwrap().is_empty());
    }

    #[test]
    fn what_is_saved_and_removed_is_audited() {
        let shop = Shop::open();
        save(&shop, "a", &filter("x")).unwrap();
        save(&shop, "a", &filter("y")).unwrap();
        remove(&shop, "a").unwrap();
        let lines = shop.store.read(audit::all).unwrap();
        let told: Vec<_> = lines
            .iter()
            .map(|line| {
                (
                    line.action.as_str(),
                    line.before.as_deref(),
                    line.after.as_deref(),
                )
            })
            .collect();
        let wanted = [
            ("filters.save", None, Some("x")),
            ("filters.save", Some("x"), Some("y")),
            ("filters.remove", Some("y"), None),
        ];
        assert_eq!(told, wanted);
    }
}
