//! Lists of runs for other programs, runs in groups, runs beside each other.

use crate::space::Space;

/// A program that says what it is given and how well it did.
fn trial(space: &Space, lr: &str, auc: &str) -> String {
    let script = format!(
        r#"printf '{{"params":{{"lr":{lr}}}}}\n{{"step":1,"metrics":{{"val/auc":0.5}}}}\n{{"step":2,"metrics":{{"val/auc":{auc}}}}}\n' >> "$SCONCE_JOURNAL""#
    );
    let args = [
        "run",
        "--detach",
        "--experiment",
        "a,b",
        "--",
        "sh",
        "-c",
        &script,
    ];
    let run = space.json(&args)["name"].as_str().unwrap().to_owned();
    space.run(&["runs", "wait", &run]);
    run
}

#[test]
fn runs_are_grouped_compared_and_handed_on() {
    let space = Space::new();
    let (one, two, three) = (
        trial(&space, "0.1", "0.8"),
        trial(&space, "0.1", "0.6"),
        trial(&space, "3e-4", "0.9"),
    );

    let found = space.json(&["runs", "--group-by", "lr", "--metric", "val/auc@last"]);
    let groups = found["groups"].as_array().unwrap();
    assert_eq!(
        (&groups[0]["value"], &groups[0]["runs"]),
        (&3e-4.into(), &1.into())
    );
    let numbers = &groups[1]["numbers"];
    assert_eq!(numbers["count"], 2);
    assert!(
        (numbers["mean"].as_f64().unwrap() - 0.7).abs() < 1e-9,
        "{found}"
    );
    assert_eq!(groups[1]["best"]["name"], one.as_str());
    let text = space.ok(&["runs", "--group-by", "lr", "--metric", "val/auc"]);
    assert!(
        text.contains("mean of val/auc@best") && text.contains("2 done"),
        "{text}"
    );
    let csv = space.ok(&["runs", "--group-by", "lr", "--metric", "val/auc", "--csv"]);
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert!(lines[0].starts_with("lr,runs,queued,"), "{csv}");
    assert!(lines[1].ends_with(&format!("0.9,0.9,0.9,{three}")), "{csv}");
    let unknown = space.run(&["runs", "--group-by", "rl"]);
    assert!(unknown.err.contains("no run has \"rl\""), "{}", unknown.err);

    let at_step = space.json(&["runs", "val/auc@step=1:0.5 val/auc@step=2>0.7"]);
    assert_eq!(at_step["matched"], 2);
    assert_eq!(space.json(&["runs", "val/auc@step=3>0"])["matched"], 0);

    let csv = space.ok(&[
        "runs",
        "--csv",
        "--columns",
        "name,experiment,p.lr,val/auc@min,val/auc@mean,epoch",
        "--sort",
        "val/auc",
    ]);
    let wanted = format!("{three},\"a,b\",0.0003,0.5,0.7,\r\n");
    let mut lines = csv.split_inclusive("\r\n");
    assert_eq!(
        lines.next(),
        Some("name,experiment,lr,val/auc@min,val/auc@mean,epoch\r\n")
    );
    assert_eq!(lines.next(), Some(wanted.as_str()));
    let view = space.ok(&["view", "runs", "--csv"]);
    assert!(
        view.starts_with("state,id,name,") && view.contains(&two),
        "{view}"
    );
    assert!(
        space
            .ok(&["view", "jobs", "--csv"])
            .starts_with("run,id,attempt,")
    );
    assert_eq!(space.run(&["view", "bench", "--csv"]).code, Some(2));

    let text = space.ok(&["runs", "compare", &one, &two, &three]);
    assert!(text.contains("* 0.9000 (+0.1000)"), "{text}");
    assert!(text.contains("(-0.2000)") && text.contains("lr"), "{text}");
    let same = space.ok(&["runs", "compare", &one, &two]);
    assert!(!same.lines().any(|line| line.starts_with("lr ")), "{same}");
    let all = space.ok(&["runs", "compare", &one, &two, "--all"]);
    assert!(all.lines().any(|line| line.starts_with("lr ")), "{all}");
    let csv = space.ok(&["runs", "compare", &one, &three, "--csv"]);
    assert!(csv.contains("param,lr,0.1,0.0003\r\n"), "{csv}");
    assert!(csv.contains("metric,val/auc@best,0.8,0.9\r\n"), "{csv}");
    let markdown = space.ok(&["runs", "compare", &one, &three, "--markdown"]);
    assert!(
        markdown.starts_with(&format!("|  | {one} | {three} |\n| --- | ---: | ---: |\n")),
        "{markdown}"
    );
    assert_eq!(space.run(&["runs", "compare", &one]).code, Some(2));
}

#[test]
fn changes_to_the_code_are_told_between_two_runs() {
    let space = Space::new();
    let git = |args: &[&str]| {
        let mut git = std::process::Command::new("git");
        git.args([
            "-c",
            "user.name=ana",
            "-c",
            "user.email=ana@box",
            "-c",
            "commit.gpgsign=false",
        ]);
        let status = git.args(args).current_dir(space.path("work")).status();
        assert!(status.unwrap().success(), "{args:?}");
    };
    let start = || {
        let run = space.json(&["run", "--detach", "--", "true"])["name"].clone();
        let run = run.as_str().unwrap().to_owned();
        space.run(&["runs", "wait", &run]);
        run
    };
    space.write("work/train.py", "lr = 1\n");
    git(&["init", "--quiet"]);
    git(&["add", "train.py"]);
    git(&["commit", "--quiet", "--message", "one"]);
    let clean = start();
    space.write("work/train.py", "lr = 2\n");
    let changed = start();
    git(&["commit", "--quiet", "--all", "--message", "two"]);
    let later = start();

    let hinted = space.run(&["runs", "compare", &clean, &changed]);
    assert!(hinted.out.contains(" + changes"), "{}", hinted.out);
    assert!(hinted.err.contains("--diff shows them"), "{}", hinted.err);
    let diff = space.ok(&["runs", "compare", &clean, &changed, "--diff"]);
    assert!(diff.contains("\n++lr = 2\n"), "{diff}");
    let commits = space.run(&["runs", "compare", &clean, &later]);
    assert!(commits.err.contains("`git diff "), "{}", commits.err);
    let json = space.json(&["runs", "compare", &clean, &changed]);
    assert_eq!(json["code"][1]["dirty"], true);
    assert!(json["code_changes"][0].is_null());
}
