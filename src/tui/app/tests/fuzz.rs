//! Everything at once, in an order that dice decide: keys, pastes, sizes, answers late and false, a store that comes
//! and goes, clocks that jump. Whatever happens, the screen can be drawn.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crossterm::event::{
    Event as Input, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent,
    MouseEventKind,
};

use super::*;
use crate::{
    domain::{
        runs::{Ending, Progress, Run},
        series::Bucket,
    },
    tui::{app::commands::Then, event::Ticket, theme::Theme},
};

/// Events of one screen from its start.
const ROUND: usize = 2_000;

#[test]
fn no_event_in_any_order_panics() {
    fuzz(1..11);
}

/// `FUZZ_SEED` says where the seeds begin.
#[test]
#[ignore = "five minutes: `cargo test --release --lib of_a_million -- --ignored`"]
fn no_event_of_a_million_panics() {
    let first = std::env::var("FUZZ_SEED").map_or(1_000, |seed| seed.parse().unwrap());
    fuzz(first..first + 500);
}

fn fuzz(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let mut world = World::new(seed);
        for step in 0..ROUND {
            let event = world.event();
            let told = format!("{event:?}");
            let outcome = catch_unwind(AssertUnwindSafe(|| world.happen(event)));
            assert!(
                outcome.is_ok(),
                "seed {seed}, step {step}, {}x{}: {}",
                world.stage.size.0,
                world.stage.size.1,
                told.chars().take(300).collect::<String>()
            );
        }
    }
}

/// Does a verb end work, or take runs out of sight?
fn is_loss(verb: &Verb) -> bool {
    match verb {
        Verb::Stop(..) | Verb::Trash(..) => true,
        Verb::Each(verbs) => verbs.iter().any(is_loss),
        _ => false,
    }
}

/// A screen, and all that may happen to it.
struct World {
    dice: Dice,
    stage: Stage,
    /// What was asked and is not answered yet.
    asked: Vec<Effect>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let options = Options {
            theme: if dice.one_in(2) {
                Theme::Mono
            } else {
                Theme::default()
            },
            charset: if dice.one_in(3) {
                Charset::Ascii
            } else {
                Charset::default()
            },
            is_read_only: dice.one_in(8),
            is_demo: dice.one_in(4),
            ..Options::default()
        };
        let runs = (0..dice.below(12)).map(|_| dice.run()).collect();
        let stage = Stage::with(runs, &options, (80, 24));
        Self {
            dice,
            stage,
            asked: vec![],
        }
    }

    fn event(&mut self) -> Event {
        let dice = &mut self.dice;
        match dice.below(100) {
            0..58 => Event::Input(dice.key()),
            58..60 => Event::Input(Input::Paste(dice.text())),
            60..66 => Event::Input(dice.resize()),
            66..68 => Event::Input(dice.gesture()),
            68..88 => self.answer(),
            88..92 => {
                self.disturb();
                Event::StoreChanged
            }
            92..95 => Event::Woken,
            95 => Event::Resumed,
            96 => Event::Link(*dice.one_of(&[Link::Fast, Link::Slow])),
            97 => Event::StoreBusy(dice.one_in(2)),
            98 => Event::WatchFailed(trouble()),
            _ => match dice.below(3) {
                0 => Event::StoreGone(trouble()),
                1 => Event::Opened(Err(trouble())),
                _ => Event::Opened(Ok(Default::default())),
            },
        }
    }

    fn happen(&mut self, event: Event) {
        if let Event::Input(Input::Resize(width, height)) = event {
            self.stage.size = (width, height);
        }
        // Clocks are set, and machines sleep.
        self.stage.now.0 += match self.dice.below(200) {
            0 => 86_400_000,
            1 => -86_400_000,
            2..20 => 3_000,
            _ => self.dice.below(300) as i64,
        };
        let (app, now) = (&mut self.stage.app, self.stage.now);
        let confirmed = |(_, then): &(Ticket, Then)| matches!(then, Then::Confirmed(..));
        let is_confirmed = app.pending.iter().any(confirmed);
        let undone = app.undo.as_ref().map(|undo| undo.opposite.clone());
        let effects = app.handle(now, event);
        let loses = |verb: &Verb| is_loss(verb) && undone.as_ref() != Some(verb);
        let is_lost = |effect: &Effect| matches!(effect, Effect::Do(verb) if loses(verb));
        assert!(
            is_confirmed || !effects.iter().any(is_lost),
            "nothing is lost that was not asked about"
        );
        self.asked.extend(effects);
        let picture = self.stage.picture();
        let is_shown = |cell: &ratatui::buffer::Cell| !cell.symbol().contains(char::is_control);
        assert!(picture.content.iter().all(is_shown));
        self.asked.extend(self.stage.app.ask());
        let _ = (self.stage.app.wake_at(), self.stage.app.ended());
        // The person changes their mind about leaving.
        self.stage.app.how = None;
    }

    /// An answer to any of the open questions, which may be an error, or wild, or of another store.
    fn answer(&mut self) -> Event {
        if self.asked.is_empty() {
            return Event::Woken;
        }
        let at = self.dice.below(self.asked.len());
        let effect = self.asked.swap_remove(at);
        // More than a screen ever has open: old ones are never answered.
        self.asked.truncate(64);
        let event = if self.dice.one_in(8) {
            effect.perform(Err(trouble()))
        } else {
            self.stage.answer(effect)
        };
        match event {
            Some(Event::Loaded(ticket, mut answer)) => {
                if self.dice.one_in(3) {
                    self.dice.spoil(&mut answer);
                }
                Event::Loaded(ticket, answer)
            }
            Some(event) => event,
            None => Event::Woken,
        }
    }

    /// Something else happens in the store.
    fn disturb(&mut self) {
        let (runs, dice) = (&mut self.stage.runs, &mut self.dice);
        match dice.below(4) {
            0 => runs.insert(dice.below(runs.len() + 1), dice.run()),
            1 if !runs.is_empty() => _ = runs.remove(dice.below(runs.len())),
            2 if !runs.is_empty() => {
                let at = dice.below(runs.len());
                let id = runs[at].id;
                runs[at] = Run { id, ..dice.run() };
            }
            _ if dice.one_in(20) => runs.clear(),
            _ => {}
        }
    }
}

fn trouble() -> ops::Error {
    ops::Error::new(
        ops::Kind::Environment,
        "the disk \u{1b}[2J is gone: 漢字\u{202e}",
    )
    .because("errno 5".to_owned())
    .hint("try again")
}

/// Numbers that look like chance and are always the same: splitmix64.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    fn key(&mut self) -> Input {
        const NAMED: [KeyCode; 17] = [
            KeyCode::Enter,
            KeyCode::Enter,
            KeyCode::Esc,
            KeyCode::Tab,
            KeyCode::BackTab,
            KeyCode::Up,
            KeyCode::Down,
            KeyCode::Left,
            KeyCode::Right,
            KeyCode::Home,
            KeyCode::End,
            KeyCode::PageUp,
            KeyCode::PageDown,
            KeyCode::Backspace,
            KeyCode::Delete,
            KeyCode::Insert,
            KeyCode::F(5),
        ];
        let code = match self.below(10) {
            0..3 => *self.one_of(&NAMED),
            3..9 => KeyCode::Char(char::from(b' ' + self.below(95) as u8)),
            _ => KeyCode::Char(*self.one_of(&['é', '漢', '😀', '\u{301}', '\u{200d}', '\u{7f}'])),
        };
        let modifiers = match self.below(12) {
            0 => KeyModifiers::CONTROL,
            1 => KeyModifiers::ALT,
            _ => KeyModifiers::NONE,
        };
        let kind = match self.below(40) {
            0 => KeyEventKind::Release,
            1 => KeyEventKind::Repeat,
            _ => KeyEventKind::Press,
        };
        Input::Key(KeyEvent::new_with_kind(code, modifiers, kind))
    }

    fn text(&mut self) -> String {
        const PARTS: [&str; 12] = [
            "",
            "state:lost",
            " val/auc>0.5",
            "\n",
            "\u{1b}]52;c;aGk=\u{7}",
            "漢字",
            "👩‍👩‍👧",
            "e\u{301}",
            "(a OR NOT b",
            "\u{202e}",
            "epochs=3",
            "\t",
        ];
        let mut text: String = (0..self.below(6)).map(|_| *self.one_of(&PARTS)).collect();
        if self.one_in(20) {
            text = text.repeat(1_000);
        }
        text
    }

    fn resize(&mut self) -> Input {
        let (width, height) = match self.below(8) {
            0 => (1 + self.below(500), 1 + self.below(200)),
            1 => (1 + self.below(45), 1 + self.below(12)),
            2..5 => *self.one_of(&[(80, 24), (120, 40), (200, 60), (60, 15), (40, 10)]),
            _ => (1 + self.below(140), 1 + self.below(50)),
        };
        Input::Resize(width as u16, height as u16)
    }

    fn gesture(&mut self) -> Input {
        match self.below(3) {
            0 => Input::FocusGained,
            1 => Input::FocusLost,
            _ => Input::Mouse(MouseEvent {
                kind: MouseEventKind::Down(MouseButton::Left),
                column: self.below(600) as u16,
                row: self.below(300) as u16,
                modifiers: KeyModifiers::NONE,
            }),
        }
    }

    fn time(&mut self) -> Timestamp {
        let ago = *self.one_of(&[
            -5_000,
            0,
            999,
            61_000,
            7_200_000,
            86_400_000_000,
            i64::MAX / 4,
        ]);
        Timestamp(fixture::NOW.0 - ago)
    }

    fn number(&mut self) -> f64 {
        const WILD: [f64; 12] = [
            0.0,
            -0.0,
            1.0,
            -1e-300,
            5e-324,
            1e308,
            f64::MAX,
            f64::MIN,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            0.1,
        ];
        if self.one_in(3) {
            return *self.one_of(&WILD);
        }
        self.next() as f64 / 1e18
    }

    fn step(&mut self) -> i64 {
        *self.one_of(&[0, 1, -1, 1_840, 4_000, i64::MAX, i64::MIN, 1 << 53])
    }

    fn run(&mut self) -> Run {
        let name = *self.one_of(&[
            "brave-otter-7",
            "",
            "漢字漢字漢字",
            "e\u{301}\u{200d}",
            "a\u{1b}[2Jb",
        ]);
        let mut run = fixture::run(1 + self.below(12) as u8, name);
        if self.one_in(30) {
            run.name = "long-".repeat(2_000);
        }
        let (since, at) = (self.time(), self.time());
        run.created = self.time();
        run.state = match self.below(8) {
            0 => RunState::Queued,
            1 => RunState::Orphaned { since },
            2 => RunState::Running {
                since,
                activity: Activity::Paused,
            },
            3 => RunState::Running {
                since,
                activity: Activity::Stalled { last: at },
            },
            4 | 5 => RunState::Running {
                since,
                activity: Activity::Working,
            },
            6 => RunState::Ended {
                started: None,
                at,
                how: Ending::Lost,
            },
            _ => {
                return Run {
                    state: fixture::failed(1, "").state,
                    ..run
                };
            }
        };
        run.progress = Progress {
            step: self.step(),
            steps: self.one_in(2).then(|| self.step()),
            epoch: self.one_in(2).then(|| self.number()),
            epochs: self.one_in(2).then(|| self.step()),
        };
        run.note = self.text();
        run
    }

    /// An answer as a store gives it that somebody else wrote.
    fn spoil(&mut self, answer: &mut Answer) {
        match answer {
            Answer::Chart(Ok(chart)) => {
                for segment in &mut chart.raw {
                    segment
                        .columns
                        .iter_mut()
                        .for_each(|bucket| self.wild(bucket));
                }
                match self.below(4) {
                    0 => chart.raw.clear(),
                    1 => chart
                        .raw
                        .iter_mut()
                        .for_each(|segment| segment.columns.truncate(3)),
                    2 => (chart.from, chart.to) = (self.step(), self.step()),
                    _ => chart.smooth = chart.raw.clone(),
                }
            }
            Answer::Log(Ok(chunk)) => {
                chunk.text = self.text().repeat(30);
                chunk.from = self.next();
            }
            Answer::Table(Ok(table)) => match self.below(3) {
                0 => table.rows.clear(),
                1 => table.offset = self.next() >> self.below(64),
                _ => (table.matched, table.total) = (self.next(), self.next()),
            },
            Answer::Detail(Ok(detail)) => {
                for metric in &mut detail.metrics {
                    (metric.last, metric.last_step) = (self.number(), self.step());
                    metric.mean = self.one_in(2).then(|| self.number());
                    metric.min = metric.min.filter(|_| self.one_in(2));
                }
                if self.one_in(4) {
                    detail.metrics.clear();
                }
                detail.run = Run {
                    id: detail.run.id,
                    ..self.run()
                };
            }
            Answer::Jobs(Ok(rows)) => rows.truncate(self.below(3)),
            Answer::Versions(Ok(rows)) => rows.truncate(self.below(4)),
            _ => {}
        }
    }

    fn wild(&mut self, bucket: &mut Bucket) {
        if self.one_in(3) {
            bucket.nan = self.below(3) as u32;
            bucket.positive_infinite = self.below(2) as u32;
            (bucket.min, bucket.max) = (self.number(), self.number());
            (bucket.first, bucket.last) = (self.number(), self.number());
            bucket.step = self.step();
            bucket.finite = self.below(3) as u64;
        }
    }
}
