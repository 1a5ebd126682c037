use clap::CommandFactory as _;
use clap_complete::Shell;

use super::{Answer, Cli, DONE, open::Context};

/// Print completions for a shell
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Example:\n  sconce completions bash > ~/.local/share/bash-completion/completions/sconce"
)]
pub struct Completions {
    shell: Shell,
}

impl Completions {
    pub fn run(self, context: &Context) -> Answer {
        let mut text = vec![];
        clap_complete::generate(self.shell, &mut Cli::command(), "sconce", &mut text);
        context.out.raw(&String::from_utf8_lossy(&text))?;
        Ok(DONE)
    }
}
