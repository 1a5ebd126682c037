//! What a terminal sends: pastes, its own answers, anything.

use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;

use super::*;
use crate::tui::terminal::parser::{Parser, tests::REPLIES};

#[test]
fn a_paste_that_is_cut_or_refused_says_so() {
    let mut stage = stage();
    stage.keys("1 /");
    stage.send(Event::Input(Input::Paste("name:lynx\rrm -rf\r".into())));
    assert!(
        stage
            .screen()
            .contains("the first of 2 pasted lines was taken")
    );
    stage.send(Event::Input(Input::Paste("x".repeat(5_000))));
    assert!(stage.screen().contains("of 4,096 bytes): nothing taken"));
}

#[test]
fn a_paste_is_never_run_as_keys() {
    let mut stage = stage();
    stage.keys("1");
    stage.send(Event::Input(Input::Paste("XyXyq".into())));
    assert!(stage.verbs.is_empty() && stage.how().is_none());
    stage.keys("/");
    stage.send(Event::Input(Input::Paste("name:nothing\nq".into())));
    stage.rest();
    assert!(
        stage.screen().contains("no runs match name:nothing"),
        "{}",
        stage.screen()
    );
}

#[test]
fn what_a_terminal_answers_does_nothing_in_any_view_and_in_any_input() {
    let places = [
        "0",
        "1",
        "1 enter",
        "1 enter l",
        "2",
        "7",
        "1 g",
        "?",
        "1 /",
        "1 t",
        "1 e",
        "1 s",
        "1 X",
        "C",
    ];
    for place in places {
        let mut stage = stage();
        stage.keys(place);
        let before = stage.picture();
        stage.asked.clear();
        for reply in REPLIES.into_iter().chain(["\x1b[I", "\x1b[O"]) {
            for at in 0..reply.len() {
                let mut parser = Parser::default();
                for part in [&reply.as_bytes()[..at], &reply.as_bytes()[at..]] {
                    for input in parser.feed(part) {
                        stage.send(Event::Input(input));
                    }
                }
            }
            stage.rest();
            assert!(
                stage.picture() == before,
                "{place}: {reply:?}\n{}",
                stage.screen()
            );
        }
        assert!(stage.asked.is_empty() && stage.verbs.is_empty(), "{place}");
    }
}

fn any_event() -> impl Strategy<Value = Event> {
    let key = prop_oneof![
        6 => proptest::char::range(' ', '~').prop_map(KeyCode::Char),
        2 => proptest::sample::select(vec![KeyCode::Enter, KeyCode::Esc, KeyCode::Tab, KeyCode::BackTab, KeyCode::Up, KeyCode::Down, KeyCode::Left, KeyCode::Right, KeyCode::Home, KeyCode::End, KeyCode::PageUp, KeyCode::PageDown, KeyCode::Backspace, KeyCode::Delete, KeyCode::F(3)]),
    ];
    let key = (key, any::<bool>()).prop_map(|(code, ctrl)| {
        let modifiers = if ctrl {
            KeyModifiers::CONTROL
        } else {
            KeyModifiers::NONE
        };
        Event::Input(Input::Key(KeyEvent::new(code, modifiers)))
    });
    prop_oneof![
        20 => key,
        1 => ".{0,20}".prop_map(|text| Event::Input(Input::Paste(text))),
        4 => (0..4u8).prop_map(|which| match which {
            0 => Event::StoreChanged,
            1 => Event::Woken,
            2 => Event::Resumed,
            _ => Event::Input(Input::FocusLost),
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn no_event_at_any_size_panics(steps in proptest::collection::vec((any_event(), 1u16..220, 1u16..70, any::<bool>()), 1..40)) {
        let mut stage = stage();
        for (event, width, height, resizes) in steps {
            if resizes {
                stage.size = (width, height);
                stage.send(Event::Input(Input::Resize(width, height)));
            }
            stage.now.0 += 137;
            stage.send(event);
            stage.rest();
        }
    }

    #[test]
    fn lower_case_keys_change_nothing_but_labels(keys in proptest::collection::vec(proptest::sample::select("abcdefghijklmnopqrstuvwxyz0127/?[](){}=^$`".chars().collect::<Vec<_>>()), 1..40)) {
        let mut stage = stage();
        for key in keys {
            stage.keys(&key.to_string());
        }
        prop_assert!(stage.verbs.iter().all(|verb| matches!(verb, Verb::Tag(..) | Verb::Note(..))));
    }
}
