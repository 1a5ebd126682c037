use super::{Answer, DONE, Failure, columns, open, open::Context, runs::print_list, screen};
use crate::{
    config,
    ops::{
        jobs,
        runs::{self, ListRequest},
    },
    workspace::Workspace,
};

/// Train three models on real data sets, each with three learning rates, and a fourth long enough to be steered
///
/// The demonstration has a store of its own; once there are runs in it, it is only opened. Nothing in it is faked: the data sets come with Sconce, and the training is
/// the training. Without a terminal, or with --plain, it queues the runs and prints them.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  sconce demo\n  sconce demo --plain")]
pub struct Demo {
    /// Print instead of opening the screen.
    #[arg(long)]
    plain: bool,
    #[command(flatten)]
    pub flags: screen::Flags,
}

impl Demo {
    pub fn run(self, context: &Context) -> Answer {
        queue_and(context, self.plain)
    }
}

/// Opens the demo's screen.
pub fn show(context: &Context) -> Answer {
    queue_and(context, false)
}

fn queue_and(context: &Context, is_plain: bool) -> Answer {
    let mut loaded = context.config()?;
    // Presets as they are shipped, whatever the person's own files say of these names.
    loaded.config.presets = config::shipped(&context.environment)?;
    let root = context
        .globals
        .store
        .as_ref()
        .map(|dir| context.environment.cwd.join(dir));
    let root = root.unwrap_or_else(|| context.environment.places.demo());
    context.environment.may_make(&root)?;
    let ws = open::open(&loaded, &root)?;
    if runs::counts(&ws)?.runs == 0 {
        submit(&ws)?;
    }
    if is_plain || context.out.is_json() || !screen::has_terminal() {
        return print(context, &ws);
    }
    drop(ws);
    screen::open(context, loaded, root, screen::Start::Demo)
}

/// About two minutes of one core; the others are over in seconds.
const LONG: (&str, u32) = ("demand", 1_500);

/// One long training, and each preset as it is and with two other learning rates, so that there is something to compare.
fn submit(ws: &Workspace) -> Result<(), Failure> {
    let (name, epochs) = LONG;
    if let Some(preset) = ws.config.presets.get(name) {
        let mut preset = preset.clone();
        (preset.train.epochs, preset.train.patience) = (epochs, 0);
        let request = jobs::Train {
            name: name.to_owned(),
            preset,
            queueing: jobs::Queueing {
                note: "long, to watch, pause and stop".to_owned(),
                ..jobs::Queueing::default()
            },
        };
        jobs::train(ws, request)?;
    }
    for factor in [1.0, 0.3, 3.0] {
        for (name, preset) in &ws.config.presets {
            let mut preset = preset.clone();
            preset.optimiser.lr *= factor;
            let request = jobs::Train {
                name: name.clone(),
                preset,
                queueing: jobs::Queueing::default(),
            };
            jobs::train(ws, request)?;
        }
    }
    Ok(())
}

fn print(context: &Context, ws: &Workspace) -> Answer {
    let columns = columns::columns(columns::USUAL)?;
    let request = ListRequest {
        limit: 20,
        ..ListRequest::default()
    };
    print_list(context, ws, &request, &columns, false)?;
    let store = ws.root.display();
    context.out.say(&format!(
        "hint: `sconce --store {store}` opens the screen on them"
    ));
    Ok(DONE)
}
