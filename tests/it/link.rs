//! A link that takes little: the newest picture comes, and not every one before it.

use crate::{
    screen::Screen,
    seeded,
    space::{Space, eventually},
};

#[test]
fn a_link_that_takes_nothing_for_a_while_gets_the_last_picture_and_not_all_before_it() {
    let space = Space::bare();
    seeded::seed(&space.store());
    let mut screen = Screen::start(&space, &[]);
    screen.until("run-36");
    let (shown, memory) = (screen.frames(), screen.most_memory());
    screen.hold(true);
    // Whole pictures in turn, more than a terminal holds. They are taken, or this would never end.
    let rounds = 3_000;
    for _ in 0..rounds {
        screen.press("170");
    }
    screen.press("7");
    let grown = screen.most_memory() - memory;
    assert!(grown < 64, "{grown} MB");
    screen.hold(false);
    screen.until("queued");
    screen.is_as_painted_anew();
    let frames = screen.frames() - shown;
    assert!(frames < rounds, "{frames} frames");
    screen.press("q");
    assert_eq!(screen.end(), 0);
}

#[test]
fn keys_that_come_at_once_are_one_picture_and_not_one_each() {
    let space = Space::bare();
    seeded::seed(&space.store());
    let mut screen = Screen::start(&space, &[]);
    screen.until("run-36");
    screen.press("1");
    screen.until("EXPERIMENT");
    screen.settle();
    let shown = screen.frames();
    screen.press(&"jk".repeat(300));
    screen.press("2");
    eventually("the last key is answered", || {
        screen.text().contains("train/loss")
    });
    let frames = screen.frames() - shown;
    assert!(frames < 200, "{frames} frames for 600 keys");
}
