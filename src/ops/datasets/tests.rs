use std::{fs, path::PathBuf, sync::atomic::Ordering};

use super::*;
use crate::{
    data::{overlap::Look, profile::Verdict},
    domain::{datasets::Place, time::Timestamp},
    ops::fixture::{NOW, Shop},
    store::audit,
    workspace::Clock,
};

fn write(shop: &Shop, name: &str, content: &str) -> PathBuf {
    let path = shop.surroundings.cwd.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, content).unwrap();
    path
}

fn try_add(shop: &Shop, dataset: &str, paths: &[PathBuf], tags: &[&str]) -> Result<Added> {
    let request = Add {
        dataset: dataset.to_owned(),
        paths: paths.to_vec(),
        message: "why".to_owned(),
        tags: tags.iter().map(ToString::to_string).collect(),
        ..Add::default()
    };
    add(shop, &request, &Progress::default())
}

fn added(shop: &Shop, content: &str) -> Version {
    let path = write(shop, "x.csv", content);
    try_add(shop, "x", &[path], &[]).unwrap().version
}

fn collected(shop: &Shop, is_dry: bool) -> Collected {
    collect(shop, is_dry, &Progress::default()).unwrap()
}

#[test]
fn versions_are_numbered_and_the_same_content_makes_none() {
    let shop = Shop::open();
    let path = write(&shop, "x.csv", "a\n1\n");
    let first = try_add(&shop, "x", std::slice::from_ref(&path), &["raw"]).unwrap();
    assert!(first.is_new);
    assert_eq!((first.version.number, first.version.parent), (1, None));
    assert_eq!((first.version.files, first.version.bytes), (1, 4));
    assert_eq!(first.version.tags, ["raw"]);
    let place = Place {
        at: path.display().to_string(),
        name: Some("x.csv".to_owned()),
    };
    assert_eq!(first.version.sources, [place]);
    let again = try_add(&shop, "x", std::slice::from_ref(&path), &["clean"]).unwrap();
    assert!(!again.is_new);
    assert_eq!(again.version.tags, ["clean", "raw"]);
    let second = added(&shop, "a\n2\n");
    assert_eq!((second.number, second.parent), (2, Some(1)));
    // What was before comes back as a version of its own.
    let third = added(&shop, "a\n1\n");
    assert_eq!((third.number, third.parent), (3, Some(2)));
    assert_eq!((third.hash, third.stored), (first.version.hash, 0));
    let set = &list(&shop).unwrap()[..];
    assert!(matches!(set, [set] if set.versions == 3 && set.latest == third));
    let actions: Vec<String> = shop
        .store
        .read(audit::all)
        .unwrap()
        .into_iter()
        .map(|line| format!("{} {}", line.action, line.target))
        .collect();
    let expected = [
        "data.add x@v1",
        "data.tag x@raw",
        "data.tag x@clean",
        "data.add x@v2",
        "data.add x@v3",
    ];
    assert_eq!(actions, expected);
}

#[test]
fn a_version_is_found_by_all_that_names_it() {
    let shop = Shop::open();
    let (one, two) = (added(&shop, "1"), added(&shop, "2"));
    tag(&shop, "x@v1", "old").unwrap();
    let hash = one.hash.to_string();
    for text in [
        "x@v1",
        "x@old",
        &hash,
        &hash[..6],
        &hash[..8].to_uppercase(),
    ] {
        assert_eq!(find(&shop, text).unwrap().number, 1, "{text}");
    }
    for text in ["x", "x@latest", "x@v2"] {
        assert_eq!(find(&shop, text).unwrap(), two, "{text}");
    }
    let refused = |text: &str| find(&shop, text).unwrap_err();
    assert_eq!(refused("x@v3").to_string(), "there is no x@v3");
    assert_eq!(refused("y").kind, Kind::NotFound);
    assert_eq!(refused("a b").kind, Kind::Invalid);
    let hint = refused("other@v1").hint;
    assert_eq!(hint.as_deref(), Some("`sconce data` lists them"));
    assert!(refused(&hash[..3]).message.contains("no data set"));
}

#[test]
fn a_tag_moves_and_leaves_a_line() {
    let shop = Shop::open();
    added(&shop, "1");
    added(&shop, "2");
    assert_eq!(tag(&shop, "x@v1", "good").unwrap().1, None);
    let (version, before) = tag(&shop, "x", "good").unwrap();
    assert_eq!((version.number, before), (2, Some(1)));
    assert_eq!(find(&shop, "x@v1").unwrap().tags, Vec::<String>::new());
    untag(&shop, "x", "good").unwrap();
    assert_eq!(untag(&shop, "x", "good").unwrap_err().kind, Kind::NotFound);
    assert_eq!(untag(&shop, "x", "v1").unwrap_err().kind, Kind::NotFound);
    for wrong in ["latest", "v7", "a b", ""] {
        assert_eq!(
            tag(&shop, "x", wrong).unwrap_err().kind,
            Kind::Invalid,
            "{wrong}"
        );
    }
}

#[test]
fn what_has_a_tag_or_a_run_stays_out_of_the_trash() {
    let shop = Shop::open();
    let one = added(&shop, "1");
    added(&shop, "2");
    tag(&shop, "x@v2", "good").unwrap();
    let run = shop.done("quick-run", &[]);
    shop.write(|tx| rows::used(tx, &run, "x", 1));
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let refused = trash(&shop, &names(&["x@v1"]), "").unwrap_err();
    assert!(refused.message.contains("quick-run"), "{refused}");
    assert!(
        trash(&shop, &names(&["x@v2"]), "")
            .unwrap_err()
            .message
            .contains("good")
    );
    assert_eq!(show(&shop, "x@v1").unwrap().runs[0].name, "quick-run");
    let three = added(&shop, "3");
    // One that may not go keeps the others.
    assert!(trash(&shop, &names(&["x@v3", "x@v1"]), "").is_err());
    assert_eq!(find(&shop, "x").unwrap(), three);
    trash(&shop, &names(&["x"]), "").unwrap();
    assert_eq!(find(&shop, "x").unwrap().number, 2);
    assert_eq!(in_trash(&shop).unwrap().len(), 1);
    assert_eq!(log(&shop, "x", false).unwrap().len(), 2);
    assert_eq!(log(&shop, "x", true).unwrap().len(), 3);
    assert_eq!(
        restore(&shop, &names(&["x@v1"])).unwrap_err().kind,
        Kind::Conflict
    );
    restore(&shop, &names(&["x@v3"])).unwrap();
    assert_eq!(find(&shop, "x").unwrap(), three);
    assert_eq!(one.trashed, None);
}

#[test]
fn what_was_long_enough_in_the_trash_goes_and_its_number_is_not_given_again() {
    let mut shop = Shop::open();
    added(&shop, &"1".repeat(1_000));
    added(&shop, &"2".repeat(1_000));
    trash(&shop, &["x@v2".to_owned()], "").unwrap();
    let later = |shop: &mut Shop, days: i64| {
        shop.ws.surroundings.clock = Clock::Fixed(Timestamp(NOW.0 + days * 86_400_000));
    };
    later(&mut shop, 6);
    assert!(collected(&shop, false).removed.is_empty());
    later(&mut shop, 7);
    let dry = collected(&shop, true);
    assert_eq!((dry.removed[0].name.as_str(), dry.freed), ("x@v2", 0));
    assert!(0 < dry.unneeded);
    assert_eq!(find(&shop, "x@v2").unwrap().number, 2);
    let first = collected(&shop, false);
    assert_eq!(first.removed, dry.removed);
    assert_eq!(find(&shop, "x@v2").unwrap_err().kind, Kind::NotFound);
    later(&mut shop, 8);
    assert_eq!(collected(&shop, false).freed, dry.unneeded);
    assert_eq!(added(&shop, "3").number, 3);
    assert!(
        verify(&shop, &Progress::default())
            .unwrap()
            .damaged
            .is_empty()
    );
}

#[test]
fn content_comes_back_from_the_vault_and_a_stream_goes_in() {
    let shop = Shop::open();
    write(&shop, "set/a/1", "one");
    write(&shop, "set/b", "two");
    let folder = shop.surroundings.cwd.join("set");
    try_add(&shop, "set", &[folder], &[]).unwrap();
    let cat = |text: &str, path: Option<&str>| {
        let mut bytes = vec![];
        let read = read(&shop, text, path, &mut |chunk| {
            bytes.extend_from_slice(chunk);
            Ok(())
        });
        read.map(|_| String::from_utf8(bytes).unwrap())
    };
    assert_eq!(cat("set", Some("a/1")).unwrap(), "one");
    assert_eq!(cat("set", Some("a")).unwrap_err().kind, Kind::NotFound);
    assert_eq!(cat("set", None).unwrap_err().kind, Kind::Invalid);
    let request = Add {
        dataset: "stream".to_owned(),
        called: Some("in/x.csv".into()),
        ..Add::default()
    };
    add_stream(&shop, &request, &mut &b"a,b\n"[..], &Progress::default()).unwrap();
    assert_eq!(cat("stream", None).unwrap(), "a,b\n");
    assert_eq!(
        files(&shop, &find(&shop, "stream").unwrap()).unwrap()[0].path,
        "in/x.csv"
    );
    assert!(status(&shop, "stream", &[], &Progress::default()).is_err());
    assert!(fs::read_dir(&shop.root).unwrap().all(|entry| {
        !entry
            .unwrap()
            .file_name()
            .to_string_lossy()
            .starts_with("stream")
    }));
    let compared = compare(&shop, "set", "stream", 1).unwrap();
    assert_eq!(
        (compared.added, compared.removed, compared.changed),
        (1, 2, 0)
    );
    assert_eq!(compared.files.len(), 1);
}

#[test]
fn what_cannot_be_added_is_said_and_adds_nothing() {
    let shop = Shop::open();
    let path = write(&shop, "x", "1");
    let empty = shop.surroundings.cwd.join("empty");
    fs::create_dir(&empty).unwrap();
    let cases = [
        ("a b", path.clone(), &[][..], Kind::Invalid),
        ("x", path.clone(), &["v1"], Kind::Invalid),
        ("x", shop.surroundings.cwd.join("no"), &[], Kind::NotFound),
        ("x", "/dev/null".into(), &[], Kind::Invalid),
        ("x", empty, &[], Kind::Invalid),
    ];
    for (name, path, tags, kind) in cases {
        let refused = try_add(&shop, name, std::slice::from_ref(&path), tags).unwrap_err();
        assert_eq!(refused.kind, kind, "{name} {}: {refused}", path.display());
    }
    assert_eq!(list(&shop).unwrap(), []);
}

fn profiled(shop: &Shop, text: &str) -> Profiles {
    profile(shop, text, &Progress::default()).unwrap().1
}

#[test]
fn the_same_content_is_profiled_once_and_what_is_no_table_is_left_alone() {
    let shop = Shop::open();
    let one = added(&shop, "a,b\n1,x\n2,y\n");
    let before = profiles(&shop, &one).unwrap();
    assert_eq!((before.tables.len(), before.pending), (0, 1));
    let found = profiled(&shop, "x@v1");
    assert_eq!(
        (found.tables.len(), found.pending, found.left_out),
        (1, 0, 0)
    );
    assert_eq!(found.tables[0].path, "x.csv");
    // Another version of the same content has its profile at once.
    added(&shop, "a,b\n3,x\n");
    let three = added(&shop, "a,b\n1,x\n2,y\n");
    assert_eq!(profiles(&shop, &three).unwrap(), found);
    let text = write(&shop, "x.txt", "a,b\n");
    try_add(&shop, "text", &[text], &[]).unwrap();
    assert_eq!(profiled(&shop, "text").tables, []);
}

#[test]
fn what_cannot_be_profiled_has_a_verdict_and_the_rest_is_profiled() {
    let shop = Shop::open();
    for at in 0..MOST_TABLES + 2 {
        write(&shop, &format!("set/{at:02}.csv"), "a,b\n1,x\n");
    }
    write(&shop, "set/00.csv", "a,b\n1\n");
    let folder = shop.surroundings.cwd.join("set");
    try_add(&shop, "set", &[folder], &[]).unwrap();
    let found = profiled(&shop, "set");
    assert_eq!((found.tables.len(), found.left_out), (MOST_TABLES, 2));
    assert!(matches!(
        &found.tables[0].verdict,
        Verdict::NotRead { why } if why.starts_with("line 2 of 00.csv")
    ));
    assert!(matches!(&found.tables[1].verdict, Verdict::Profiled(profile) if profile.rows == 1));
}

#[test]
fn an_interrupted_profile_keeps_nothing_half() {
    let shop = Shop::open();
    let version = added(&shop, "a,b\n1,x\n");
    let progress = Progress::default();
    progress.is_interrupted.store(true, Ordering::Relaxed);
    assert!(profile(&shop, "x", &progress).is_err());
    assert_eq!(profiles(&shop, &version).unwrap().pending, 1);
    assert_eq!(profiled(&shop, "x").tables.len(), 1);
}

#[test]
fn profiles_go_with_the_last_version_of_their_content() {
    let mut shop = Shop::open();
    let one = added(&shop, "a,b\n1,x\n");
    added(&shop, "a,b\n2,x\n");
    profiled(&shop, "x@v1");
    profiled(&shop, "x@v2");
    trash(&shop, &["x@v1".to_owned()], "").unwrap();
    shop.ws.surroundings.clock = Clock::Fixed(Timestamp(NOW.0 + 8 * 86_400_000));
    collected(&shop, false);
    let kept = |hash| {
        shop.store
            .read(|tx| rows::profiles(tx, hash))
            .unwrap()
            .len()
    };
    assert_eq!(kept(&one.hash), 0);
    assert_eq!(kept(&find(&shop, "x@v2").unwrap().hash), 1);
}

fn contents(shop: &Shop, old: &str, new: &str, key: &[&str]) -> Result<Contents> {
    let key: Vec<String> = key.iter().map(ToString::to_string).collect();
    let compared = compare(shop, old, new, 1)?;
    compare_contents(shop, &compared, &key, &Progress::default())
}

#[test]
fn tables_are_compared_where_both_versions_have_them() {
    let shop = Shop::open();
    added(&shop, "id,b\n1,x\n2,y\n");
    added(&shop, "id,b\n1,x\n2,z\n3,z\n");
    let found = contents(&shop, "x@v1", "x@v2", &["id"]).unwrap();
    let [table] = &found.tables[..] else {
        panic!("{found:?}");
    };
    let Compared::Compared(change) = &table.verdict else {
        panic!("{found:?}");
    };
    assert_eq!((change.rows.added, change.rows.changed), (1, Some(1)));
    // The same content has nothing to compare.
    assert_eq!(contents(&shop, "x@v1", "x@v1", &[]).unwrap().tables, []);
    // The only table of each, whatever it is called.
    let other = write(&shop, "y.ndjson", "{\"id\":1,\"b\":\"x\"}\n");
    let note = write(&shop, "note.txt", "1");
    try_add(&shop, "y", &[other, note], &[]).unwrap();
    let found = contents(&shop, "x@v1", "y", &[]).unwrap();
    let paths = (
        found.tables[0].old_path.as_str(),
        found.tables[0].path.as_str(),
    );
    assert_eq!(paths, ("x.csv", "y.ndjson"));
    let refused = contents(&shop, "x@v1", "x@v2", &["b"]).unwrap_err();
    assert_eq!(refused.kind, Kind::Invalid);
    assert!(
        refused
            .message
            .starts_with("x@v2: rows 2 and 3 both have 'z' in 'b'"),
        "{refused}"
    );
    added(&shop, "id,b\n1\n");
    let found = contents(&shop, "x@v1", "x@v3", &["id"]).unwrap();
    assert!(matches!(
        &found.tables[0].verdict,
        Compared::NotCompared { why } if why.starts_with("x@v3: line 2 of x.csv has 1 cells")
    ));
}

fn split(shop: &Shop, splits: &[(&str, &str)]) -> Result<Added> {
    let word = |(name, path): &(&str, &str)| ((*name).to_owned(), (*path).to_owned());
    let request = Add {
        dataset: "set".to_owned(),
        paths: vec![shop.surroundings.cwd.join("set")],
        splits: splits.iter().map(word).collect(),
        ..Add::default()
    };
    add(shop, &request, &Progress::default())
}

fn looked(shop: &Shop, key: &[&str]) -> Result<Leaks> {
    let look = Look {
        key: key.iter().map(ToString::to_string).collect(),
        time: None,
    };
    leaks(shop, "set", &look, &Progress::default())
}

#[test]
fn declared_splits_stay_with_the_version_and_are_looked_through() {
    let shop = Shop::open();
    write(&shop, "set/train/1.csv", "id,x\n1,5\n2,6\n");
    write(&shop, "set/train/2.csv", "id,x\n3,7\n");
    write(&shop, "set/test.csv", "id,x\n3,7\n4,8\n1,9\n");
    write(&shop, "set/notes.txt", "by hand");
    split(&shop, &[]).unwrap();
    assert_eq!(looked(&shop, &[]).unwrap_err().kind, Kind::Conflict);
    let wanted = [("train", "train/*.csv"), ("test", "test.csv")];
    let again = split(&shop, &wanted).unwrap();
    assert!(!again.is_new);
    let splits = show(&shop, "set").unwrap().splits;
    let names: Vec<&str> = splits.iter().map(|split| split.name.as_str()).collect();
    assert_eq!(names, ["train", "test"]);
    assert_eq!(splits[0].paths, ["train/1.csv", "train/2.csv"]);
    // Adding the same again without a word on splits keeps them.
    split(&shop, &[]).unwrap();
    let found = looked(&shop, &["id"]).unwrap();
    assert!(found.is_any());
    assert_eq!(found.overlaps[0].rows.count, 1);
    assert_eq!(
        found.overlaps[0].rows.examples,
        ["row 1 of test.csv is row 1 of train/2.csv"]
    );
    assert_eq!(found.overlaps[0].keys.as_ref().unwrap().count, 2);
    let refused = looked(&shop, &["name"]).unwrap_err();
    assert!(
        refused
            .message
            .starts_with("train/1.csv: there is no column 'name' (key)"),
        "{refused}"
    );
    split(&shop, &[("train", "train/1.csv"), ("test", "train/2.csv")]).unwrap();
    assert!(!looked(&shop, &["id"]).unwrap().is_any());
    split(&shop, &[("train", "train/1.csv"), ("test", "notes.txt")]).unwrap();
    assert_eq!(looked(&shop, &[]).unwrap_err().kind, Kind::Invalid);
    let lines = shop.store.read(audit::all).unwrap();
    let told = lines.iter().filter(|line| line.action == "data.split");
    assert_eq!(told.count(), 3);
}

#[test]
fn splits_that_cannot_be_add_nothing() {
    let shop = Shop::open();
    write(&shop, "set/a.csv", "x\n1\n");
    let cases = [
        (
            &[("train", "b.csv")][..],
            "no file of the version matches b.csv",
        ),
        (
            &[("train", "a.csv"), ("test", "*.csv")],
            "a.csv is in two splits",
        ),
        (&[("", "a.csv")], "\"\" cannot be the name of a split"),
        (&[("train", "a[")], "a[ is no pattern"),
    ];
    for (splits, expected) in cases {
        let refused = split(&shop, splits).unwrap_err();
        assert_eq!(refused.kind, Kind::Invalid, "{splits:?}");
        assert!(
            refused.message.starts_with(expected),
            "{splits:?}: {refused}"
        );
    }
    assert_eq!(list(&shop).unwrap(), []);
}

#[test]
fn tables_that_are_only_named_are_profiled_where_they_lie() {
    let shop = Shop::open();
    let path = write(&shop, "x.csv", "a,b\n1,x\n2,y\n");
    let request = Add {
        dataset: "named".to_owned(),
        paths: vec![path],
        is_reference: true,
        ..Add::default()
    };
    add(&shop, &request, &Progress::default()).unwrap();
    let found = profiled(&shop, "named");
    assert!(matches!(&found.tables[0].verdict, Verdict::Profiled(profile) if profile.rows == 2));
}
