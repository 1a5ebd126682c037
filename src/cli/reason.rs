//! Why something is done, for what takes away.

#[derive(Debug, clap::Args)]
pub struct Because {
    /// Why: it stands in the audit line.
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    pub reason: String,
}
