//! What is inside data versions, through the whole program.

use std::{fs, path::Path};

use crate::space::Space;

fn write(space: &Space, name: &str, content: impl AsRef<[u8]>) {
    let path = space.path("work").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn shipped(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/data");
    fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn a_version_knows_what_is_in_its_tables() {
    let space = Space::new();
    write(&space, "set/bikes.csv", shipped("bikeshare_2011.csv"));
    write(&space, "set/broken.csv", "a,b\n1,2\n3\n");
    write(&space, "set/notes.txt", "by hand");
    let added = space.run(&["data", "add", "bikes", "set"]);
    assert_eq!(added.code, Some(0), "{}", added.err);
    assert!(
        added
            .err
            .contains("broken.csv was not read: line 3 of broken.csv"),
        "{}",
        added.err
    );
    let shown = space.ok(&["data", "show", "bikes", "--columns"]);
    assert!(
        shown.contains("bikes.csv: 8,645 rows, 15 columns\n"),
        "{shown}"
    );
    assert!(shown.contains("broken.csv was not read: line 3"), "{shown}");
    let line = |name: &str| {
        let mut lines = shown.lines();
        let line = lines.find(|line| line.starts_with(name));
        line.unwrap_or_else(|| panic!("{shown}")).to_owned()
    };
    let words =
        |line: String| -> Vec<String> { line.split_whitespace().map(ToOwned::to_owned).collect() };
    assert_eq!(
        words(line("bikers")),
        ["bikers", "whole", "0", "585", "1", "143.79", "651"]
    );
    assert!(
        line("weathersit").ends_with("clear 65.3%, cloudy/misty 25.7%, light rain/snow 9.0%, …")
    );
    let json = space.json(&["data", "show", "bikes", "--columns"]);
    let tables = &json["profile"]["tables"];
    assert_eq!(
        (&tables[0]["rows"], &tables[0]["verdict"]),
        (&8_645.into(), &"profiled".into())
    );
    assert_eq!(tables[1]["verdict"], "not-read");
    assert_eq!(json["profile"]["pending"], 0);
}

#[test]
fn what_was_not_looked_into_is_looked_into_later() {
    let space = Space::new();
    write(&space, "x.csv", "a,b\n1,x\n2,y\n");
    let added = space.json(&["data", "add", "x", "x.csv", "--no-profile"]);
    assert!(added.get("profile").is_none(), "{added}");
    let shown = space.run(&["data", "show", "x", "--columns"]);
    assert!(
        shown
            .err
            .contains("1 table not profiled yet: `sconce data profile x@v1` does it"),
        "{}",
        shown.err
    );
    let profiled = space.ok(&["data", "profile", "x"]);
    assert!(
        profiled.starts_with("x.csv: 2 rows, 2 columns\n"),
        "{profiled}"
    );
    let json = space.json(&["data", "profile", "x@v1"]);
    assert_eq!(json["tables"][0]["columns"][0]["numbers"]["max"], 2.0);
    assert_eq!(
        space.json(&["data", "show", "x", "--columns"])["profile"],
        json
    );
}

#[test]
fn two_versions_of_a_table_are_compared_by_what_is_in_them() {
    let space = Space::new();
    write(
        &space,
        "x.csv",
        "id,site,x\n1,a,10\n2,a,20\n3,b,30\n4,b,40\n",
    );
    space.ok(&["data", "add", "x", "x.csv"]);
    write(
        &space,
        "x.csv",
        "id,site,x,y\n1,a,11,0\n2,c,20,0\n3,b,30,0\n5,b,50,1\n",
    );
    space.ok(&["data", "add", "x", "x.csv"]);
    let diff = space.run(&["data", "diff", "x@v1", "x@v2", "--key", "id"]);
    assert_eq!(diff.code, Some(1), "{}", diff.err);
    let lines: Vec<&str> = diff.out.lines().collect();
    assert!(
        lines.contains(&"x.csv: 4 to 4 rows, 1 added, 1 removed, 2 changed"),
        "{}",
        diff.out
    );
    assert!(lines.contains(&"columns added: y"), "{}", diff.out);
    assert!(diff.out.contains("new: c"), "{}", diff.out);
    let args = ["--json", "data", "diff", "x@v1", "x@v2"];
    let json: serde_json::Value = serde_json::from_str(&space.run(&args).out).unwrap();
    let table = &json["content"]["tables"][0];
    assert_eq!(table["rows"]["changed"], serde_json::Value::Null);
    assert_eq!(
        (&table["rows"]["added"], &table["rows"]["removed"]),
        (&3.into(), &3.into())
    );
    assert_eq!(table["columns"].as_array().unwrap().len(), 3);
    let files: serde_json::Value =
        serde_json::from_str(&space.run(&[&args[..], &["--no-content"]].concat()).out).unwrap();
    assert!(files.get("content").is_none(), "{files}");
    let refused = space.run(&["data", "diff", "x@v1", "x@v2", "--key", "site"]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused
            .err
            .contains("x@v1: rows 1 and 2 both have 'a' in 'site'"),
        "{}",
        refused.err
    );
}

#[test]
fn splits_that_are_not_apart_are_found() {
    let space = Space::new();
    write(
        &space,
        "set/train.csv",
        "patient,day,x\n1,2026-01-01,5\n2,2026-01-02,6\n",
    );
    write(
        &space,
        "set/test.csv",
        "patient,day,x\n2,2026-01-02,6\n3,2026-01-01,7\n",
    );
    let args = ["data", "add", "set", "set", "--split", "train=train.csv"];
    let refused = space.run(&[&args[..], &["--split", "test=tset.csv"]].concat());
    assert_eq!(refused.code, Some(2));
    assert!(
        refused
            .err
            .contains("no file of the version matches tset.csv"),
        "{}",
        refused.err
    );
    space.ok(&[&args[..], &["--split", "test=test.csv"]].concat());
    assert!(
        space
            .ok(&["data", "show", "set"])
            .contains("split    train: train.csv\n")
    );
    let found = space.run(&["data", "leaks", "set", "--key", "patient", "--time", "day"]);
    assert_eq!(found.code, Some(1), "{}", found.err);
    let expected = "train and test:\n  \
        rows of test in train: 1 of 2\n    \
        row 1 of test.csv is row 2 of train.csv\n  \
        rows of test with a patient that is in train: 1 of 2\n    \
        '2' is in row 1 of test.csv and row 2 of train.csv\n  \
        test begins at 2026-01-01, before train ends at 2026-01-02\n";
    assert_eq!(found.out, expected);
    write(&space, "set/test.csv", "patient,day,x\n3,2026-01-03,6\n");
    let args = [
        "data",
        "add",
        "set",
        "set",
        "--split",
        "train=train.csv",
        "--split",
        "test=test.csv",
    ];
    space.ok(&args);
    assert_eq!(
        space.ok(&["data", "leaks", "set", "--key", "patient", "--time", "day"]),
        "train (2) and test (1): nothing in common\n"
    );
    let json = space.json(&["data", "leaks", "set"]);
    assert_eq!(json["overlaps"][0]["rows"]["count"], 0);
}
