//! What a person can ask for. The doc line is the help text, the kebab-case name is the name in `keymap.toml`, and the
//! order is the order of the help.

use serde::Deserialize;
use strum::{EnumIter, EnumMessage, EnumString, IntoStaticStr};

#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Deserialize,
    EnumIter,
    EnumMessage,
    EnumString,
    IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Action {
    /// next row
    Down,
    /// previous row
    Up,
    /// first row
    First,
    /// last row
    Last,
    /// half a page down
    HalfDown,
    /// half a page up
    HalfUp,
    /// a page down
    PageDown,
    /// a page up
    PageUp,
    /// open
    Open,
    /// back; at the root: leave
    Back,
    /// close, clear or go back, one step at a time
    Escape,
    /// previous run or metric
    PreviousSibling,
    /// next run or metric
    NextSibling,
    /// jump: letters over all that can be gone to
    Jump,
    /// next pane
    NextPane,
    /// previous pane
    PreviousPane,
    /// the pane to the left
    FocusLeft,
    /// the pane below
    FocusDown,
    /// the pane above
    FocusUp,
    /// the pane to the right
    FocusRight,
    /// the bench: all panes together
    Bench,
    /// all runs
    Runs,
    /// a run at work
    Live,
    /// data versions
    Data,
    /// the queue
    Jobs,
    /// the view before this one
    LastView,
    /// take the last move between views back
    Backward,
    /// make the move that was taken back
    Forward,
    /// filter
    Filter,
    /// mark, or take the mark away
    Mark,
    /// begin to mark a range; once more ends it
    MarkRange,
    /// mark all in the filter
    MarkAll,
    /// columns: which, and in which order
    Columns,
    /// compare: the marked runs beside each other
    Compare,
    /// metric: which one the chart shows
    Metric,
    /// baseline: the run that the others are set against
    Baseline,
    /// all: what is alike too, or only what differs
    Difference,
    /// groups: the runs by a parameter
    Groups,
    /// what changed: inside the tables, or in the files
    Contents,
    /// where it is used: the runs that were made of it
    UsedBy,
    /// only what matters: at work, or the log's end
    Matter,
    /// sort
    Sort,
    /// columns to the left
    ColumnsLeft,
    /// columns to the right
    ColumnsRight,
    /// preview
    Preview,
    /// zoom the pane
    Zoom,
    /// wrap long lines, or cut them
    Wrap,
    /// which charts, and their order
    Charts,
    /// stop and start the updates of the screen
    Freeze,
    /// read again
    Refresh,
    /// crosshair left
    Left,
    /// crosshair right
    Right,
    /// crosshair ten columns left
    FarLeft,
    /// crosshair ten columns right
    FarRight,
    /// crosshair to the first point
    LineStart,
    /// crosshair to the last point
    LineEnd,
    /// crosshair to the next value that is not finite
    NextMatch,
    /// crosshair to the one before
    PreviousMatch,
    /// what the axis counts: steps, time, epochs, samples
    Along,
    /// linear, logarithmic, or both
    LogScale,
    /// with or without outliers
    Clip,
    /// lines or a heat map, of many like series
    Heat,
    /// smooth less
    SmoothLess,
    /// smooth more
    SmoothMore,
    /// zoom into the steps
    ZoomIn,
    /// zoom out of the steps
    ZoomOut,
    /// all steps
    Fit,
    /// earlier steps
    PanLeft,
    /// later steps
    PanRight,
    /// all that can be done here
    Menu,
    /// tag
    Tag,
    /// note
    Note,
    /// clear the marks, or take the last change back
    Undo,
    /// yank the id
    YankId,
    /// yank the name
    YankName,
    /// yank the path of the folder
    YankPath,
    /// yank a link to this view
    YankLink,
    /// yank the row, tabs between its cells
    YankRow,
    /// yank all that is known, as JSON
    YankJson,
    /// yank the command that shows the same
    YankCommand,
    /// train
    Train,
    /// stop; a queued run leaves the queue
    Stop,
    /// go on: after a pause, after an end, or watch again
    Resume,
    /// wait: pause the training
    Pause,
    /// keep a checkpoint now
    Checkpoint,
    /// raise the priority
    Raise,
    /// lower the priority
    Lower,
    /// into the trash, for some days
    Trash,
    /// demo: real models on real data, in a store of its own
    Demo,
    /// new version of a data set: a form
    Add,
    /// command line
    Command,
    /// palette: whatever can be done or opened
    Palette,
    /// what was said so far
    Messages,
    /// the keys that work here
    Help,
    /// cancel; twice: leave
    Interrupt,
    /// to the shell; `fg` returns
    Suspend,
    /// paint the screen anew
    Repaint,
}

impl Action {
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// One line for the help.
    pub fn help(self) -> &'static str {
        self.get_documentation().unwrap_or_default()
    }

    /// The heading it stands under in the help.
    pub fn section(self) -> &'static str {
        match self {
            action if action <= Self::PageUp => "move",
            action if action <= Self::FocusRight => "open and back",
            action if action <= Self::Forward => "views",
            action if action <= Self::Refresh => "what is shown",
            action if action <= Self::PanRight => "charts",
            action if action <= Self::Demo => "runs",
            Self::Add => "data",
            _ => "the screen",
        }
    }

    /// The command that does the same, for what changes something.
    pub fn command(self) -> Option<&'static str> {
        Some(match self {
            Self::Demo => "sconce demo",
            Self::Train => "sconce train",
            Self::Stop => "sconce runs stop",
            Self::Resume => "sconce runs resume",
            Self::Pause => "sconce runs pause",
            Self::Checkpoint => "sconce runs checkpoint",
            Self::Raise | Self::Lower => "sconce jobs priority",
            Self::Trash => "sconce runs rm",
            Self::Undo => "sconce runs restore",
            Self::Tag => "sconce runs tag",
            Self::Note => "sconce runs note",
            Self::Add => "sconce data add",
            _ => return None,
        })
    }

    /// The work of others or of the machine changes by it, beyond tags and notes.
    pub fn changes_state(self) -> bool {
        use Action::{Add, Checkpoint, Lower, Pause, Raise, Resume, Stop, Train, Trash};
        matches!(
            self,
            Add | Trash | Train | Stop | Resume | Pause | Checkpoint | Raise | Lower
        )
    }
}
