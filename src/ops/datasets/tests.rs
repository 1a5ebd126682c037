use std::{fs, path::PathBuf};

use super::*;
use crate::{
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
        .read(|tx| audit::all(tx))
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
    let refused = trash(&shop, &names(&["x@v1"])).unwrap_err();
    assert!(refused.message.contains("quick-run"), "{refused}");
    assert!(
        trash(&shop, &names(&["x@v2"]))
            .unwrap_err()
            .message
            .contains("good")
    );
    assert_eq!(show(&shop, "x@v1").unwrap().runs[0].name, "quick-run");
    let three = added(&shop, "3");
    // One that may not go keeps the others.
    assert!(trash(&shop, &names(&["x@v3", "x@v1"])).is_err());
    assert_eq!(find(&shop, "x").unwrap(), three);
    trash(&shop, &names(&["x"])).unwrap();
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
    trash(&shop, &["x@v2".to_owned()]).unwrap();
    let later = |shop: &mut Shop, days: i64| {
        shop.ws.surroundings.clock = Clock::Fixed(Timestamp(NOW.0 + days * 86_400_000));
    };
    later(&mut shop, 6);
    assert!(collect(&shop, false).unwrap().removed.is_empty());
    later(&mut shop, 7);
    let dry = collect(&shop, true).unwrap();
    assert_eq!((dry.removed[0].name.as_str(), dry.freed), ("x@v2", 0));
    assert!(0 < dry.unneeded);
    assert_eq!(find(&shop, "x@v2").unwrap().number, 2);
    let first = collect(&shop, false).unwrap();
    assert_eq!(first.removed, dry.removed);
    assert_eq!(find(&shop, "x@v2").unwrap_err().kind, Kind::NotFound);
    later(&mut shop, 8);
    assert_eq!(collect(&shop, false).unwrap().freed, dry.unneeded);
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
