//! What a panic leaves: the terminal as it was, the message on it, and a report for who mends it.

use std::{
    backtrace::Backtrace,
    fs::File,
    io::{self, Write as _},
    panic::PanicHookInfo,
    path::{Path, PathBuf},
    sync::Arc,
    thread::{self, ThreadId},
};

use super::Tty;
use crate::tui::private;

/// A report that has grown to this says all that it will, in bytes.
const LONGEST: u64 = 1 << 20;

/// A panic of this thread, the screen's own, gives the terminal back before it is told. One in a thread beside it is
/// told in the log of stray output and costs nothing else. A report is kept of both.
pub fn restore_first(tty: &Arc<Tty>) {
    let (screen, report): (ThreadId, _) = (thread::current().id(), place(tty));
    let tty = Arc::downgrade(tty);
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let ours = tty.upgrade().filter(|_| thread::current().id() == screen);
        if let Some(tty) = &ours {
            tty.leave();
        }
        before(panic);
        let Some(report) = &report else { return };
        if let (Ok(()), Some(tty)) = (keep(report, panic), ours) {
            let line = format!("what happened is kept in {}\n", report.display());
            let _ = (&tty.file).write_all(line.as_bytes());
        }
    }));
}

/// Beside the log of stray output, a file for each process.
fn place(tty: &Tty) -> Option<PathBuf> {
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
    let name = format!("crash-{now}-{}.txt", std::process::id());
    Some(tty.stray.as_deref()?.parent()?.join(name))
}

/// Adds to a report, which is for its owner alone.
fn keep(path: &Path, panic: &PanicHookInfo) -> io::Result<()> {
    let mut file = private::open(path, File::options().append(true))?;
    if LONGEST <= file.metadata()?.len() {
        return Ok(());
    }
    let thread = thread::current();
    writeln!(
        file,
        "sconce {} on {}, thread {}\n{panic}\n\n{}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        thread.name().unwrap_or("without a name"),
        Backtrace::force_capture()
    )
}

#[cfg(test)]
mod tests {
    use std::{io::Read as _, time::Duration};

    use portable_pty::{CommandBuilder, PtySize, native_pty_system};
    use tokio::sync::mpsc;

    use crate::tui::terminal::Terminal;

    /// Where the screen of the next test finds that it shall panic, and where its log is.
    const STRAY: &str = "SCONCE_TEST_PANICS_BESIDE";

    /// The screen of the test below, in a process and on a terminal of its own.
    #[test]
    fn a_screen_that_panics() {
        let Some(stray) = std::env::var_os(STRAY) else {
            return;
        };
        let (sender, _inbox) = mpsc::unbounded_channel();
        let _terminal = Terminal::take(&sender, Some(stray.into())).unwrap();
        let beside = std::thread::spawn(|| panic!("beside the screen"));
        assert!(beside.join().is_err());
        panic!("of the screen");
    }

    #[test]
    fn a_panic_gives_the_terminal_back_says_what_happened_and_leaves_a_report() {
        let state = tempfile::tempdir().unwrap();
        let pair = native_pty_system().openpty(PtySize::default()).unwrap();
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        let name = concat!(module_path!(), "::a_screen_that_panics");
        let name = name.split_once("::").unwrap().1;
        command.args(["--exact", name, "--nocapture", "--test-threads=1"]);
        command.env(STRAY, state.path().join("screen.log"));
        let mut child = pair.slave.spawn_command(command).unwrap();
        let input = format!("/proc/{}/fd/0", child.process_id().unwrap());
        let tty = std::fs::File::open(std::fs::read_link(input).unwrap()).unwrap();
        let mut output = pair.master.try_clone_reader().unwrap();
        let (sender, read) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4_096];
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                let _ = sender.send(buffer[..count].to_vec());
            }
        });
        assert_eq!(child.wait().unwrap().exit_code(), 101);
        let mut told = String::new();
        while !told.contains("what happened is kept in") {
            let bytes = read.recv_timeout(Duration::from_secs(30));
            let bytes = bytes.unwrap_or_else(|_| panic!("it does not say: {told}"));
            told.push_str(&String::from_utf8_lossy(&bytes));
        }
        for mode in ["?1049l", "?25h", "?2004l", "?1004l", "?2026l"] {
            let undone = told.find(mode).unwrap_or_else(|| panic!("{mode}: {told}"));
            assert!(
                undone < told.find("of the screen").unwrap(),
                "{mode}: {told}"
            );
            assert_eq!(told.matches(mode).count(), 1, "{mode}: {told}");
        }
        assert!(!told.contains("beside the screen"), "{told}");
        let modes = format!("{:?}", rustix::termios::tcgetattr(&tty).unwrap());
        for mode in ["ICANON", "ECHO", "ISIG"] {
            assert!(modes.contains(mode), "{mode}: {modes}");
        }
        let files = std::fs::read_dir(state.path()).unwrap();
        let crash = files.map(|file| file.unwrap().path()).find(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with("crash-") && name.ends_with(".txt")
        });
        let report = std::fs::read_to_string(crash.unwrap()).unwrap();
        for part in ["beside the screen", "of the screen", "crash.rs", "sconce "] {
            assert!(report.contains(part), "{part}: {report}");
        }
    }
}
