//! The views that are open: a stack above each root, and the moves between them, which can be taken back.

use std::collections::VecDeque;

use strum::IntoEnumIterator as _;

use super::{Root, View};
use crate::tui::{
    place::{Place, Spot},
    session::Session,
};

/// Views above a root; the oldest goes when one more is opened.
const DEEPEST: usize = 32;
/// Moves that can be taken back.
const MOST_MOVES: usize = 64;

/// Each root with what was opened above it, and which one is in front.
pub struct Stacks {
    /// Beside the roots; the first of each is the root's own view.
    stacks: Vec<Vec<Box<dyn View>>>,
    root: Root,
    last: Root,
    /// Moves made, the newest last.
    past: VecDeque<Move>,
    /// Moves taken back, the newest last.
    future: Vec<Move>,
}

/// A step from one view to another. A view that is not in its stack is kept in the move, as it was left.
enum Move {
    Went { from: Root, to: Root },
    Opened(Root, Option<Box<dyn View>>),
    Closed(Root, Option<Box<dyn View>>),
}

impl Stacks {
    /// The views of a session; roots that it does not tell of are as they are at first.
    pub fn of(session: &Session) -> Self {
        let mut stacks: Vec<Vec<Box<dyn View>>> =
            Root::iter().map(|root| vec![root.view()]).collect();
        for places in &session.stacks {
            if let Some(Spot::Root(root)) = places.first().map(|place| &place.spot) {
                stacks[*root as usize] = places.iter().take(DEEPEST).map(Place::view).collect();
            }
        }
        let last = match session.root {
            Root::Runs => Root::Bench,
            _ => Root::Runs,
        };
        Self {
            stacks,
            root: session.root,
            last,
            past: VecDeque::new(),
            future: vec![],
        }
    }

    /// The root whose stack is in front.
    pub fn root(&self) -> Root {
        self.root
    }

    /// The view in front.
    pub fn front(&mut self) -> &mut dyn View {
        let stack = &mut self.stacks[self.root as usize];
        let front = stack.last_mut();
        front.expect("a stack keeps its root").as_mut()
    }

    pub fn front_ref(&self) -> &dyn View {
        let front = self.stacks[self.root as usize].last();
        front.expect("a stack keeps its root").as_ref()
    }

    /// All views, in front or not.
    pub fn all(&mut self) -> impl Iterator<Item = &mut Box<dyn View>> {
        self.stacks.iter_mut().flatten()
    }

    /// Is the view in front a root?
    pub fn is_root(&self) -> bool {
        self.stacks[self.root as usize].len() == 1
    }

    /// Where one is: the names of the views below, and the whole crumb of the one in front.
    pub fn crumb(&self) -> String {
        let mut crumbs = self.names();
        crumbs.pop();
        crumbs.push(self.front_ref().crumb());
        crumbs.join(" > ")
    }

    /// The names of the views from the root to the one in front.
    pub fn names(&self) -> Vec<String> {
        let stack = &self.stacks[self.root as usize];
        stack.iter().map(|view| view.name()).collect()
    }

    /// Opens a view above the one in front.
    pub fn open(&mut self, view: Box<dyn View>) {
        self.made(Move::Opened(self.root, None));
        self.push(self.root, view);
    }

    /// Closes the view in front, unless it is a root. Says whether it did.
    pub fn close(&mut self) -> bool {
        if self.is_root() {
            return false;
        }
        let view = self.stacks[self.root as usize].pop();
        self.made(Move::Closed(self.root, view));
        true
    }

    /// Brings a root's stack to the front, as it was left; asked again there, its root. Says whether another view is in
    /// front now.
    pub fn go(&mut self, root: Root) -> bool {
        if root == self.root {
            let was_root = self.is_root();
            while self.close() {}
            return !was_root;
        }
        self.made(Move::Went {
            from: self.root,
            to: root,
        });
        self.show(root);
        true
    }

    /// Brings to the front what was there before the last change of roots.
    pub fn go_last(&mut self) -> bool {
        self.go(self.last)
    }

    /// Takes the last move back. Says whether there was one.
    pub fn backward(&mut self) -> bool {
        let Some(mut made) = self.past.pop_back() else {
            return false;
        };
        match &mut made {
            Move::Went { from, .. } => self.show(*from),
            Move::Opened(root, view) => {
                self.show(*root);
                *view = self.pop(*root);
            }
            Move::Closed(root, view) => {
                self.show(*root);
                if let Some(view) = view.take() {
                    self.push(*root, view);
                }
            }
        }
        self.future.push(made);
        true
    }

    /// Makes the last move that was taken back anew. Says whether there was one.
    pub fn forward(&mut self) -> bool {
        let Some(mut made) = self.future.pop() else {
            return false;
        };
        match &mut made {
            Move::Went { to, .. } => self.show(*to),
            Move::Opened(root, view) => {
                self.show(*root);
                if let Some(view) = view.take() {
                    self.push(*root, view);
                }
            }
            Move::Closed(root, view) => {
                self.show(*root);
                *view = self.pop(*root);
            }
        }
        self.past.push_back(made);
        true
    }

    /// Where everything is, so that it can be opened so again.
    pub fn session(&self) -> Session {
        let places = |stack: &Vec<Box<dyn View>>| stack.iter().map(|view| view.place()).collect();
        Session {
            root: self.root,
            stacks: self.stacks.iter().map(places).collect(),
            ..Session::default()
        }
    }

    fn made(&mut self, made: Move) {
        self.future.clear();
        self.past.push_back(made);
        if MOST_MOVES < self.past.len() {
            self.past.pop_front();
        }
    }

    fn show(&mut self, root: Root) {
        if root != self.root {
            self.last = std::mem::replace(&mut self.root, root);
        }
    }

    fn push(&mut self, root: Root, view: Box<dyn View>) {
        let stack = &mut self.stacks[root as usize];
        stack.push(view);
        if DEEPEST < stack.len() {
            stack.remove(1);
        }
    }

    fn pop(&mut self, root: Root) -> Option<Box<dyn View>> {
        let stack = &mut self.stacks[root as usize];
        if 1 < stack.len() { stack.pop() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use crate::tui::{Options, fixture, session::Session, stage::Stage};

    /// A screen on which no time passes, so that pictures can be compared.
    struct Still(Stage);

    impl Still {
        fn new(session: Session) -> Self {
            let options = Options {
                session,
                ..Options::default()
            };
            Self(Stage::with(fixture::runs(), &options, (120, 40)))
        }

        fn keys(&mut self, keys: &str) -> String {
            for key in keys.split(' ') {
                self.0.now = fixture::NOW;
                self.0.quickly(key);
            }
            self.0.screen()
        }
    }

    fn still() -> Still {
        Still::new(Session::default())
    }

    #[test]
    fn every_move_can_be_taken_back_and_made_again() {
        let mut still = still();
        // Each makes one move.
        let moves = ["enter", "7", "enter", "1", "q", "2", "0", "enter"];
        let mut screens = vec![still.keys("1 j")];
        for keys in moves {
            screens.push(still.keys(keys));
        }
        for screen in screens.iter().rev().skip(1) {
            assert_eq!(&still.keys("<"), screen);
        }
        for screen in screens.iter().skip(1) {
            assert_eq!(&still.keys(">"), screen);
        }
    }

    #[test]
    fn a_view_that_was_closed_comes_back_as_it_was_left() {
        let mut still = still();
        let page = still.keys("1 enter ] ( ( $");
        let list = still.keys("q");
        assert_eq!(still.keys("<"), page);
        assert_eq!(still.keys(">"), list);
    }

    #[test]
    fn each_root_keeps_its_own_stack() {
        let mut still = still();
        let page = still.keys("1 enter");
        assert_eq!(still.keys("7 0 2 1"), page);
    }

    #[test]
    fn what_was_open_opens_again() {
        let mut still = still();
        still.keys("1 / - t a g : j u n k enter s 3 j enter");
        let screen = still.keys("]");
        let mut again = Still::new(still.0.app.session());
        assert_eq!(again.0.screen(), screen);
        assert_eq!(again.0.app.session(), still.0.app.session());
        assert_eq!(again.keys("q"), still.keys("q"));
    }
}
