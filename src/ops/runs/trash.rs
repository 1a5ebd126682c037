//! The trash: runs that lists leave out, until they are restored or gone for good.
//!
//! A purge renames the folder of a run into a tombstone, then removes its rows, then the tombstone. Wherever it is cut
//! off, [`settle`] ends it: the run is gone when its rows are, and when somebody took it out of the trash meanwhile, its
//! folder gets its name back.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::{Report, audited, many::change_all, steer::own_in};
use crate::{
    domain::{
        audit::because,
        ids::RunId,
        runs::{Run, Trashed},
        time::Timestamp,
    },
    jobs::files::sync_folder,
    ops::{Error, Kind, Result, upkeep},
    store::{self, runs as rows, series},
    workspace::Workspace,
};

const DAY: i64 = 86_400_000;

/// A run in the trash.
#[derive(Clone, Debug, Serialize)]
pub struct InTrash {
    #[serde(flatten)]
    pub run: Run,
    /// What goes free with it: its folder, and its share of the database.
    pub bytes: u64,
    /// From when on it goes by itself.
    pub until: Timestamp,
}

/// Which runs of the trash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Those whose time there is over.
    Due,
    All,
}

/// What a purge removes, or removed.
#[derive(Clone, Debug, Serialize)]
pub struct Purge {
    /// Nothing was removed: this is what would be.
    pub dry: bool,
    pub bytes: u64,
    pub runs: Vec<InTrash>,
}

/// Puts ended runs into the trash: their state is kept, and lists leave them out. The reason, which may be empty, goes
/// into the audit line.
pub fn trash(ws: &Workspace, ids: &[RunId], reason: &str) -> Result<Report> {
    let trashed = Trashed {
        at: ws.now(),
        by: ws.actor().to_string(),
    };
    change_all(ws, ids, "runs.trash", |tx, run| {
        own_in(ws, tx, run)?;
        if !run.state.has_ended() {
            let message = format!("{} is {}", run.name, run.state.word());
            return Err(Error::new(Kind::Conflict, message)
                .hint(format!("`sconce runs stop {}` first", run.name)));
        }
        if run.trashed.is_some() {
            let message = format!("{} is in the trash already", run.name);
            return Err(Error::new(Kind::Conflict, message).hint("`sconce trash` lists it"));
        }
        rows::set_trashed(tx, &run.id, Some(&trashed))?;
        Ok((None, Some(because("trash", reason))))
    })
}

/// Takes runs out of the trash.
pub fn restore(ws: &Workspace, ids: &[RunId]) -> Result<Report> {
    let report = change_all(ws, ids, "runs.restore", |tx, run| {
        own_in(ws, tx, run)?;
        if run.trashed.is_none() {
            let message = format!("{} is not in the trash", run.name);
            return Err(Error::new(Kind::Conflict, message).hint("`sconce trash` lists what is"));
        }
        rows::set_trashed(tx, &run.id, None)?;
        Ok((Some("trash".to_owned()), None))
    })?;
    finish_purges(ws)?;
    Ok(report)
}

/// What is in the trash, the newest there first.
pub fn in_trash(ws: &Workspace) -> Result<Vec<InTrash>> {
    let days = i64::from(ws.config.store.trash_days);
    let found: Vec<(Run, u64)> = ws.store.read(|tx| {
        let runs = rows::in_trash(tx)?.into_iter();
        let weighed = runs.map(|run| {
            let points = series::bytes(tx, &run.id).map_err(store::Error::from)?;
            Ok::<_, Error>((run, points))
        });
        weighed.collect::<Result<_>>()
    })?;
    // Folders are weighed when the look at the store has ended: it would hold up its log.
    let found = found.into_iter().map(|(run, points)| {
        let at = run.trashed.as_ref().map_or(ws.now(), |trashed| trashed.at);
        Ok(InTrash {
            until: Timestamp(at.0.saturating_add(days * DAY)),
            bytes: points + bytes_of(&ws.run_dir(&run.id))?,
            run,
        })
    });
    found.collect()
}

/// Removes this user's runs in the trash for good, or says which ones would go. The reason, which may be empty, goes
/// into the audit lines; where another finishes what was cut off here, it is lost.
///
/// # Errors
///
/// The first folder that cannot be removed; what went before it is gone.
pub fn purge(ws: &Workspace, which: Which, dry: bool, reason: &str) -> Result<Purge> {
    if !dry {
        finish_purges(ws)?;
    }
    let mut runs = in_trash(ws)?;
    runs.retain(|found| {
        found.run.actor.uid == ws.actor().uid && (which == Which::All || found.until <= ws.now())
    });
    if !dry {
        for found in &runs {
            bury(ws, &found.run.id)?;
            settle(ws, &found.run.id, reason)?;
        }
    }
    Ok(Purge {
        dry,
        bytes: runs.iter().map(|found| found.bytes).sum(),
        runs,
    })
}

/// Ends the purges that were cut off.
///
/// # Errors
///
/// A folder cannot be removed or get its name back.
pub fn finish_purges(ws: &Workspace) -> Result<()> {
    let folder = ws.root.join("runs");
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(unusable(&folder, error)),
    };
    for entry in entries {
        let entry = entry.map_err(|error| unusable(&folder, error))?;
        if let Some(run) = buried(&entry.path()).filter(|_| upkeep::is_own(ws, &entry.path())) {
            settle(ws, &run, "")?;
        }
    }
    Ok(())
}

fn tombstone(ws: &Workspace, run: &RunId) -> PathBuf {
    ws.root.join("runs").join(format!("{run}{PURGED}"))
}

const PURGED: &str = ".purged";

/// The run whose tombstone this is.
pub(in crate::ops) fn buried(path: &Path) -> Option<RunId> {
    path.file_name()?
        .to_str()?
        .strip_suffix(PURGED)?
        .parse()
        .ok()
}

fn bury(ws: &Workspace, run: &RunId) -> Result<()> {
    rename(&ws.run_dir(run), &tombstone(ws, run))?;
    sync_folder(&ws.root.join("runs"));
    Ok(())
}

fn settle(ws: &Workspace, run: &RunId, reason: &str) -> Result<()> {
    let is_gone = ws.store.write(|tx| {
        let Some(run) = rows::get(tx, run)? else {
            return Ok(true);
        };
        if run.trashed.is_none() {
            return Ok(false);
        }
        rows::delete(tx, &run.id)?;
        let state = run.state.word().to_string();
        let after = (!reason.trim().is_empty()).then(|| because("gone", reason));
        audited(ws, tx, &run, "runs.purge", Some(state), after)?;
        Ok::<_, Error>(true)
    })?;
    let tombstone = tombstone(ws, run);
    if !is_gone {
        return rename(&tombstone, &ws.run_dir(run));
    }
    match fs::remove_dir_all(&tombstone) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unusable(&tombstone, error)),
        _ => Ok(()),
    }
}

/// What is not there was renamed by another.
fn rename(from: &Path, to: &Path) -> Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unusable(from, error)),
        _ => Ok(()),
    }
}

fn bytes_of(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    upkeep::each_file(folder, &mut |_, size| bytes += size)
        .map_err(|error| unusable(folder, error))?;
    Ok(bytes)
}

fn unusable(path: &Path, error: io::Error) -> Error {
    let message = format!("cannot look after {}", path.display());
    Error::new(Kind::Environment, message)
        .hint("check the owner and the mode of the folder")
        .because(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::filter::Filter,
        ops::{
            fixture::{NOW, Shop, filter},
            runs::{ListRequest, find, list},
        },
        workspace::Clock,
    };

    fn names(shop: &Shop, text: &str) -> Vec<String> {
        let request = ListRequest {
            filter: filter(text),
            limit: 10,
            ..ListRequest::default()
        };
        let listing = list(shop, &request).unwrap();
        assert_eq!(listing.matched as usize, listing.rows.len());
        listing.rows.into_iter().map(|row| row.run.name).collect()
    }

    fn is_whole(shop: &Shop, run: &RunId) -> bool {
        shop.run_dir(run).is_dir() && !tombstone(shop, run).exists()
    }

    fn is_gone(shop: &Shop, run: &RunId, name: &str) -> bool {
        !shop.run_dir(run).exists() && !tombstone(shop, run).exists() && find(shop, name).is_err()
    }

    #[test]
    fn a_run_in_the_trash_is_in_no_list_that_does_not_ask_for_it() {
        let shop = Shop::open();
        let (kept, thrown) = (shop.done("kept", &[]), shop.done("thrown", &[]));
        shop.points(&thrown, "loss", &[1.0, 2.0]);
        assert_eq!(trash(&shop, &[thrown], "").unwrap().done().count(), 1);
        for text in ["", "state:done", "has:loss | kept"] {
            assert_eq!(names(&shop, text), ["kept"], "{text}");
        }
        assert_eq!(names(&shop, "in:trash"), ["thrown"]);
        assert_eq!(names(&shop, "-in:trash"), ["kept"]);
        // What is counted is among what it is counted of.
        let counted = |text: &str| {
            let request = ListRequest {
                filter: filter(text),
                ..ListRequest::default()
            };
            let listing = list(&shop, &request).unwrap();
            (listing.matched, listing.total)
        };
        assert_eq!(counted(""), (1, 1));
        assert_eq!(counted("in:trash"), (1, 2));
        let again = trash(&shop, &[thrown], "").unwrap();
        assert_eq!(again.refused().next().unwrap().1.kind, Kind::Conflict);
        let found = in_trash(&shop).unwrap();
        assert_eq!(found[0].run.trashed.as_ref().unwrap().by, "ana@box");
        assert_eq!(found[0].until, Timestamp(NOW.0 + 7 * DAY));
        assert!(0 < found[0].bytes);

        let back = restore(&shop, &[thrown, kept]).unwrap();
        assert_eq!((back.done().count(), back.refused().count()), (1, 1));
        assert_eq!(names(&shop, "state:done").len(), 2);
    }

    #[test]
    fn why_runs_go_stands_in_their_audit_lines() {
        let shop = Shop::open();
        let (told, silent) = (shop.done("told", &[]), shop.done("silent", &[]));
        trash(&shop, &[told], " wrong labels ").unwrap();
        trash(&shop, &[silent], "").unwrap();
        purge(&shop, Which::All, false, "disk is full").unwrap();
        let lines = shop.store.read(crate::store::audit::all).unwrap();
        let after = |action: &str| -> Vec<Option<String>> {
            let lines = lines.iter().filter(|line| line.action == action);
            lines.map(|line| line.after.clone()).collect()
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            after("runs.trash"),
            [some("trash: wrong labels"), some("trash")]
        );
        assert_eq!(after("runs.purge"), vec![some("gone: disk is full"); 2]);
    }

    #[test]
    fn a_run_that_is_at_work_does_not_go_into_the_trash() {
        let shop = Shop::open();
        let live = shop.done("live", &[]);
        shop.start(&live);
        let report = trash(&shop, &[live], "").unwrap();
        let (name, error) = report.refused().next().unwrap();
        assert_eq!(
            (name, error.to_string().as_str()),
            ("live", "live is running")
        );
        assert_eq!(error.hint.as_deref(), Some("`sconce runs stop live` first"));
    }

    #[test]
    fn what_is_due_is_purged_with_all_that_hangs_on_it() {
        let mut shop = Shop::open();
        let (old, new) = (shop.done("old", &[]), shop.done("new", &[]));
        shop.points(&old, "loss", &[0.5; 5_000]);
        trash(&shop, &[old], "").unwrap();
        shop.ws.surroundings.clock = Clock::Fixed(Timestamp(NOW.0 + 7 * DAY));
        trash(&shop, &[new], "").unwrap();
        std::fs::write(shop.run_dir(&old).join("output.log"), [b'x'; 1_000]).unwrap();
        let would = purge(&shop, Which::Due, true, "").unwrap();
        assert!(is_whole(&shop, &old) && 1_000 < would.bytes);
        let done = purge(&shop, Which::Due, false, "").unwrap();
        assert_eq!((done.bytes, done.runs.len()), (would.bytes, 1));
        assert!(is_gone(&shop, &old, "old") && is_whole(&shop, &new));
        let left: i64 = shop
            .store
            .read(|tx| {
                let sql = "select (select count(*) from series) + (select count(*) from chunk) + (select count(*) from part) + (select count(*) from pending)";
                tx.query_row(sql, [], |row| row.get(0)).map_err(store::Error::from)
            })
            .unwrap();
        assert_eq!(left, 0);
        assert_eq!(purge(&shop, Which::All, false, "").unwrap().runs.len(), 1);
        assert!(is_gone(&shop, &new, "new"));
    }

    #[test]
    fn a_purge_that_was_cut_off_anywhere_is_ended_later() {
        let shop = Shop::open();
        let cut: Vec<RunId> = ["renamed", "rowless", "restored"]
            .map(|name| shop.done(name, &[]))
            .into();
        for run in &cut {
            std::fs::write(shop.run_dir(run).join("output.log"), "x").unwrap();
        }
        trash(&shop, &cut, "").unwrap();
        cut.iter().for_each(|run| bury(&shop, run).unwrap());
        shop.write(|tx| rows::delete(tx, &cut[1]));
        shop.write(|tx| rows::set_trashed(tx, &cut[2], None));
        finish_purges(&shop).unwrap();
        assert!(is_gone(&shop, &cut[0], "renamed"));
        assert!(is_gone(&shop, &cut[1], "rowless"));
        assert!(is_whole(&shop, &cut[2]));
        assert!(shop.run_dir(&cut[2]).join("output.log").is_file());
        assert!(Filter::parse("in:trash").unwrap().is_about_trash());
    }

    #[test]
    fn a_restore_overtakes_a_purge_that_was_cut_off() {
        let shop = Shop::open();
        let run = shop.done("run", &[]);
        trash(&shop, &[run], "").unwrap();
        bury(&shop, &run).unwrap();
        assert_eq!(restore(&shop, &[run]).unwrap().done().count(), 1);
        assert!(is_whole(&shop, &run));
    }
}
