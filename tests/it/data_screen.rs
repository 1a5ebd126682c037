//! Data versions on the screen of the real program.

use std::fs;

use crate::{screen::Screen, space::Space};

/// Rows of a table: the weights of the second half are heavier by so much.
fn table(rows: u32, heavier: u32) -> String {
    let row = |at: u32| {
        format!(
            "{},{}\n",
            3_000 + at * 7 % 900 + heavier,
            ["a", "b"][(at % 2) as usize]
        )
    };
    let rows: String = (0..rows).map(row).collect();
    format!("weight,kind\n{rows}")
}

#[test]
fn a_version_is_made_tagged_compared_and_thrown_away_on_the_screen() {
    let space = Space::new();
    space.run(&["init"]);
    fs::write(space.path("work/scales.csv"), table(300, 0)).unwrap();
    let mut screen = Screen::start(&space, &["--fresh"]);
    screen.until("leave");
    screen.press("3");
    screen.until("no data is kept here yet");
    // The path is completed as it is typed.
    screen.press("C");
    screen.until("A new version of a data set");
    screen.press("scales\x1b[Bsca");
    screen.until("scales.csv");
    screen.press("\t\x1b[Bas collected\r");
    screen.until("300 rows, 2 columns");
    fs::write(space.path("work/scales.csv"), table(280, 2_000)).unwrap();
    screen.press("C");
    screen.until("A new version of a data set");
    screen.press("scales.csv\x1b[B\x1b[Bclean\r");
    screen.until("scales@v2: 1 file");
    screen.until("280 rows, 2 columns");
    screen.press("d");
    screen.until("300 to 280 rows");
    screen.until("much");
    // The tag goes to the other version, and comes back.
    screen.press("jt");
    screen.until("tags (-tag removes)");
    screen.press("clean\r");
    screen.until("the tag clean is on scales@v1, no more on v2");
    assert_eq!(tagged(&space), 1);
    screen.press("u");
    screen.until("the tag clean is on scales@v2, no more on v1");
    assert_eq!(tagged(&space), 2);
    screen.press("D");
    screen.until("Put scales@v1 into the trash?");
    // An answer counts once the question was there to be read.
    screen.settle();
    screen.press("y");
    screen.until("scales@v1 is in the trash");
    screen.press(":data trash\r");
    screen.until("data in the trash");
    screen.press("R");
    screen.until("no version is in the trash");
    screen.press("q");
    screen.until("2 versions");
    screen.press("q");
    assert_eq!(screen.end(), 0);
    let versions = space.json(&["data", "log", "scales"]);
    assert_eq!(versions.as_array().unwrap().len(), 2);
}

#[test]
fn what_the_screen_shows_of_a_version_is_printed_too() {
    let space = Space::new();
    for (rows, heavier) in [(300, 0), (280, 2_000)] {
        fs::write(space.path("work/scales.csv"), table(rows, heavier)).unwrap();
        let added = space.run(&["data", "add", "scales", "scales.csv"]);
        assert_eq!(added.code, Some(0));
    }
    let text = space.run(&["view", "data", "scales@v2", "--plain"]).out;
    for told in [
        "scales@v2",
        "280 rows, 2 columns",
        "weight",
        "scales@v1 to scales@v2: 0 added, 0 removed, 1 changed",
    ] {
        assert!(text.contains(told), "{told}\n{text}");
    }
    let json = space.json(&["view", "data", "scales"]);
    assert_eq!(json["version"]["number"], 2);
    assert_eq!(json["profile"]["tables"][0]["rows"], 280);
    assert_eq!(json["changes"]["changed"], 1);
    let first = space.json(&["view", "data", "scales@v1"]);
    assert!(first["changes"].is_null());
    // That something differs is told by the exit code too.
    let compared = space.run(&["--json", "data", "diff", "scales@v1", "scales@v2"]);
    assert_eq!(compared.code, Some(1));
    let compared: serde_json::Value = serde_json::from_str(&compared.out).unwrap();
    let columns = &compared["content"]["tables"][0]["columns"];
    assert_eq!(columns[0]["bins"]["edges"].as_array().unwrap().len(), 11);
    assert_eq!(columns[1]["commonest"][0]["name"], "a");
}

/// The number of the version that has the tag.
fn tagged(space: &Space) -> u64 {
    let version = space.json(&["data", "show", "scales@clean"]);
    version["number"].as_u64().unwrap()
}
