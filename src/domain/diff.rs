//! Two texts as a unified diff.

use std::fmt::Write as _;

/// Lines around a change that are shown with it.
const AROUND: usize = 3;
/// Texts that differ in more lines than this are not compared line by line: the time grows with the square of it.
const MOST: usize = 2_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edit {
    Keep,
    Remove,
    Add,
}

/// What leads from one text to the other, by lines, in the form of `diff -u` without its head; empty where they are equal.
/// The lines changed are as few as can be, after E. W. Myers, "An O(ND) difference algorithm and its variations" (1986);
/// texts that have next to nothing in common are one whole change.
pub fn unified(before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    if old == new {
        return String::new();
    }
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - head;
    let ends = old.iter().rev().zip(new.iter().rev());
    let tail = ends.take(most).take_while(|(a, b)| a == b).count();
    let (a, b) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    let middle = edits(a, b).unwrap_or_else(|| {
        let removed = std::iter::repeat_n(Edit::Remove, a.len());
        removed
            .chain(std::iter::repeat_n(Edit::Add, b.len()))
            .collect()
    });
    let keep = |count| std::iter::repeat_n(Edit::Keep, count);
    let all: Vec<Edit> = keep(head).chain(middle).chain(keep(tail)).collect();
    write(&all, &old, &new)
}

/// The fewest edits that lead from `a` to `b`; `None` where they are too many.
fn edits(a: &[&str], b: &[&str]) -> Option<Vec<Edit>> {
    let (n, m) = (a.len() as isize, b.len() as isize);
    let most = (n + m).min(MOST as isize);
    let width = (2 * most + 3) as usize;
    let at = |k: isize| (k + most + 1) as usize;
    // The furthest place in `a` that is reached on each diagonal.
    let mut reached = vec![0isize; width];
    let mut history = vec![];
    for d in 0..=most {
        history.push(reached[at(-d - 1)..=at(d + 1)].to_vec());
        for k in (-d..=d).step_by(2) {
            let down = k == -d || (k != d && reached[at(k - 1)] < reached[at(k + 1)]);
            let mut x = match down {
                true => reached[at(k + 1)],
                false => reached[at(k - 1)] + 1,
            };
            while x < n && x - k < m && a[x as usize] == b[(x - k) as usize] {
                x += 1;
            }
            reached[at(k)] = x;
            if n <= x && m <= x - k {
                return Some(traced(&history, n, m));
            }
        }
    }
    None
}

/// The way back through what was reached with one edit less, and one less again.
fn traced(history: &[Vec<isize>], n: isize, m: isize) -> Vec<Edit> {
    let (mut x, mut y) = (n, m);
    let mut edits = vec![];
    for (d, reached) in history.iter().enumerate().rev() {
        let d = d as isize;
        let at = |k: isize| (k + d + 1) as usize;
        let k = x - y;
        let down = k == -d || (k != d && reached[at(k - 1)] < reached[at(k + 1)]);
        let before = if down { k + 1 } else { k - 1 };
        let start = if d == 0 { 0 } else { reached[at(before)] };
        let (from_x, from_y) = match (d, down) {
            (0, _) => (0, 0),
            (_, true) => (start, start - before + 1),
            (_, false) => (start + 1, start - before),
        };
        while from_x < x && from_y < y {
            edits.push(Edit::Keep);
            (x, y) = (x - 1, y - 1);
        }
        if 0 < d {
            edits.push(if down { Edit::Add } else { Edit::Remove });
            (x, y) = (start, start - before);
        }
    }
    edits.reverse();
    edits
}

/// Changes with the lines around them; those that are near each other stand together.
fn write(edits: &[Edit], old: &[&str], new: &[&str]) -> String {
    let changed: Vec<usize> = (0..edits.len())
        .filter(|i| edits[*i] != Edit::Keep)
        .collect();
    let mut hunks: Vec<(usize, usize)> = vec![];
    for at in changed {
        let (from, to) = (
            at.saturating_sub(AROUND),
            (at + AROUND + 1).min(edits.len()),
        );
        match hunks.last_mut() {
            Some((_, end)) if from <= *end => *end = to,
            _ => hunks.push((from, to)),
        }
    }
    let (mut text, mut at, mut x, mut y) = (String::new(), 0, 0, 0);
    for (from, to) in hunks {
        // Between two hunks nothing changes.
        (x, y, at) = (x + from - at, y + from - at, from);
        let lines = |not| edits[from..to].iter().filter(|edit| **edit != not).count();
        let (removed, added) = (lines(Edit::Add), lines(Edit::Remove));
        let _ = writeln!(text, "@@ -{} +{} @@", place(x, removed), place(y, added));
        while at < to {
            let (mark, line) = match edits[at] {
                Edit::Keep => (' ', old[x]),
                Edit::Remove => ('-', old[x]),
                Edit::Add => ('+', new[y]),
            };
            let _ = writeln!(text, "{mark}{line}");
            x += usize::from(edits[at] != Edit::Add);
            y += usize::from(edits[at] != Edit::Remove);
            at += 1;
        }
    }
    text
}

/// Lines are counted from 1; an empty stretch stands behind the line before it.
fn place(start: usize, lines: usize) -> String {
    let start = if lines == 0 { start } else { start + 1 };
    format!("{start},{lines}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_change_stands_with_the_lines_around_it() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\n";
        let new = "a\nb\nc\nd\nE\nf\ng\nh\ni\nj\nk\n";
        let wanted = "@@ -2,11 +2,10 @@\n b\n c\n d\n-e\n+E\n f\n g\n h\n i\n j\n k\n-l\n";
        assert_eq!(unified(old, new), wanted);
        assert_eq!(unified(old, old), "");
        assert_eq!(unified("", "a"), "@@ -0,0 +1,1 @@\n+a\n");
    }

    #[test]
    fn texts_with_nothing_in_common_are_one_change() {
        let text = |c: &str| (0..1_500).map(|i| format!("{c}{i}\n")).collect::<String>();
        let diff = unified(&text("a"), &text("b"));
        assert!(diff.starts_with("@@ -1,1500 +1,1500 @@\n-a0\n"));
    }

    /// Puts the new text together from the old one and the diff, checking every line on the way.
    fn applied(old: &str, diff: &str) -> String {
        let old: Vec<&str> = old.lines().collect();
        let (mut at, mut new) = (0, vec![]);
        for line in diff.lines() {
            if let Some(head) = line.strip_prefix("@@ -") {
                let (start, rest) = head.split_once(',').unwrap();
                let count: usize = rest.split_once(' ').unwrap().0.parse().unwrap();
                let start: usize = start.parse().unwrap();
                let start = if count == 0 { start } else { start - 1 };
                new.extend(&old[at..start]);
                at = start;
                continue;
            }
            let (mark, line) = line.split_at(1);
            if mark != "+" {
                assert_eq!(old[at], line);
                at += 1;
            }
            if mark != "-" {
                new.push(line);
            }
        }
        new.extend(&old[at..]);
        new.join("\n")
    }

    proptest! {
        #[test]
        fn a_diff_leads_from_the_old_text_to_the_new(old in proptest::collection::vec("[a-d]", 0..40), new in proptest::collection::vec("[a-d]", 0..40)) {
            let (old, new) = (old.join("\n"), new.join("\n"));
            prop_assert_eq!(applied(&old, &unified(&old, &new)), new);
        }
    }
}
