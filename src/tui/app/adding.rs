//! A data version that is made while the screen goes on: told of, stopped, and mended where it could not be made.

use super::App;
use crate::{
    ops,
    tui::{
        effect::{DataVerb, Effect, NewVersion, Said, Verb},
        overlay::{Overlay, version::VersionForm},
        toast::Level,
        work::Work,
    },
};

/// What is being made, and the form that asked for it.
#[derive(Debug)]
pub(super) struct Adding {
    form: VersionForm,
    work: Work,
}

impl App {
    /// The form in front was filled in: begins.
    pub(super) fn add(&mut self, new: NewVersion) -> Vec<Effect> {
        let Some(Overlay::Version(form)) = self.overlays.pop() else {
            return vec![];
        };
        let work = Work::default();
        self.adding = Some(Adding {
            form,
            work: work.clone(),
        });
        vec![Effect::Do(Verb::Data(DataVerb::Add(new, work)))]
    }

    /// A version was made, or was not: then its form is there again, with what is wrong.
    pub(super) fn added(&mut self, work: &Work, result: ops::Result<Said>) {
        let of_it = self.adding.take_if(|adding| adding.work == *work);
        match (result, of_it) {
            (Ok(said), _) => {
                self.say(Level::Info, said.text);
                let version = said.version.into_iter();
                version.for_each(|id| self.stacks.all().for_each(|view| view.made(&id)));
            }
            (Err(_), _) if work.is_stopped() => {
                self.say(Level::Info, "stopped: nothing was added");
            }
            (Err(error), Some(Adding { form, .. })) if self.overlays.is_empty() => {
                let form = form.refused(error);
                self.overlays.push(Overlay::Version(form));
            }
            (Err(error), of_it) => {
                self.complain(&error);
                self.unmade = of_it.map(|adding| adding.form.refused(error));
            }
        }
    }

    /// What is being made, and how far that is.
    pub(super) fn told_of_adding(&self) -> Option<String> {
        let Adding { form, work } = self.adding.as_ref()?;
        let name = crate::domain::text::shown(&form.dataset());
        Some(match (work.is_stopped(), work.told()) {
            (true, _) => format!("{name}: stopping …"),
            (false, told) if told.is_empty() => format!("adding {name} …"),
            (false, told) => format!("adding {name}: {told}  ^c stops"),
        })
    }

    /// Stops what is being made. Says whether there was something to stop.
    pub(super) fn stop_adding(&mut self) -> bool {
        let adding = self.adding.as_ref();
        let Some(adding) = adding.filter(|adding| !adding.work.is_stopped()) else {
            return false;
        };
        adding.work.stop();
        true
    }
}
