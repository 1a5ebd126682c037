//! What a run takes of its machine: points of `system/…`.

use std::{
    collections::HashSet,
    io::ErrorKind,
    process::Command,
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::{Duration, Instant},
};

use sysinfo::{MemoryRefreshKind, Pid, Process, ProcessRefreshKind, ProcessesToUpdate, System};

use super::journal::Writer;
use crate::domain::records::Record;

/// `nvidia-smi` takes a while and some CPU: it is not asked more often than this.
const GPU_EVERY: Duration = Duration::from_secs(5);

/// Measures a process, or a process and all that came from it.
#[derive(Debug)]
pub struct Sampler {
    system: System,
    root: Pid,
    is_tree: bool,
    gpus: Gpus,
}

impl Sampler {
    /// Measures this process alone.
    pub fn own() -> Self {
        Self::new(std::process::id(), false)
    }

    /// Measures a process and its descendants.
    pub fn tree(root: u32) -> Self {
        Self::new(root, true)
    }

    fn new(root: u32, is_tree: bool) -> Self {
        let mut sampler = Self {
            system: System::new(),
            root: Pid::from_u32(root),
            is_tree,
            gpus: Gpus::default(),
        };
        // CPU is a difference: the first point needs one before it.
        sampler.refresh();
        sampler
    }

    fn refresh(&mut self) {
        let only = [self.root];
        let which = if self.is_tree {
            ProcessesToUpdate::All
        } else {
            ProcessesToUpdate::Some(&only)
        };
        let what = ProcessRefreshKind::nothing()
            .with_cpu()
            .with_memory()
            .without_tasks();
        self.system.refresh_processes_specifics(which, true, what);
    }

    /// `system/cpu` (percent of one core, so two busy cores are 200), `system/memory` (bytes resident),
    /// `system/machine_memory` (bytes used by all), and for each GPU `util` (percent), `memory` (bytes), `temperature`
    /// (°C) and `power` (W). What cannot be measured is absent.
    pub fn sample(&mut self) -> Vec<(String, f64)> {
        self.refresh();
        self.system
            .refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
        let members = self.members();
        let mut points = vec![];
        if !members.is_empty() {
            let cpu: f64 = members
                .iter()
                .map(|process| f64::from(process.cpu_usage()))
                .sum();
            let memory: u64 = members.iter().map(|process| process.memory()).sum();
            points.push(("system/cpu".to_owned(), cpu));
            points.push(("system/memory".to_owned(), memory as f64));
        }
        let used = self.system.used_memory() as f64;
        points.push(("system/machine_memory".to_owned(), used));
        points.extend(self.gpus.sample());
        points
    }

    fn members(&self) -> Vec<&Process> {
        let processes = self.system.processes();
        let mut found: HashSet<Pid> = HashSet::from([self.root]);
        // A pass for each generation, until one adds nobody.
        let mut before = 0;
        while self.is_tree && before < found.len() {
            before = found.len();
            let children = processes
                .iter()
                .filter(|(_, process)| {
                    process
                        .parent()
                        .is_some_and(|parent| found.contains(&parent))
                })
                .map(|(pid, _)| *pid);
            let children: Vec<Pid> = children.collect();
            found.extend(children);
        }
        found.iter().filter_map(|pid| processes.get(pid)).collect()
    }
}

/// Records points until the other end of `ended` is dropped, every so often, but only once `step` has moved: a training
/// that is paused or in a long step takes nothing that is worth a point.
pub fn keep_recording(
    mut sampler: Sampler,
    every: Duration,
    journal: &Writer,
    step: impl Fn() -> i64,
    ended: &Receiver<()>,
) {
    let mut last = None;
    while ended.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
        let step = Some(step());
        if step != last {
            last = step;
            journal.record(Record {
                step,
                metrics: sampler.sample(),
                ..Record::default()
            });
        }
    }
}

/// The GPUs, as `nvidia-smi` sees them.
#[derive(Debug, Default)]
struct Gpus {
    asked: Option<Instant>,
    are_absent: bool,
}

impl Gpus {
    fn sample(&mut self) -> Vec<(String, f64)> {
        if self.are_absent || self.asked.is_some_and(|asked| asked.elapsed() < GPU_EVERY) {
            return vec![];
        }
        self.asked = Some(Instant::now());
        let said = Command::new("nvidia-smi")
            .args([
                "--query-gpu=index,utilization.gpu,memory.used,temperature.gpu,power.draw",
                "--format=csv,noheader,nounits",
            ])
            .output();
        match said {
            Ok(output) => gpu_points(&String::from_utf8_lossy(&output.stdout)),
            Err(error) => {
                self.are_absent = error.kind() == ErrorKind::NotFound;
                vec![]
            }
        }
    }
}

/// Reads lines of index, percent, MiB, °C, W. A field that a card does not have (`[N/A]`) is left out.
fn gpu_points(said: &str) -> Vec<(String, f64)> {
    const FIELDS: [(&str, f64); 4] = [
        ("util", 1.0),
        ("memory", 1_048_576.0),
        ("temperature", 1.0),
        ("power", 1.0),
    ];
    let mut points = vec![];
    for line in said.lines() {
        let mut cells = line.split(',').map(str::trim);
        let Some(index) = cells.next().and_then(|cell| cell.parse::<u32>().ok()) else {
            continue;
        };
        for ((name, unit), cell) in FIELDS.iter().zip(cells) {
            if let Ok(value) = cell.parse::<f64>() {
                points.push((format!("system/gpu{index}/{name}"), value * unit));
            }
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use std::{io::Write as _, process::Stdio};

    use super::*;
    use crate::jobs::testing::eventually;

    fn point(points: &[(String, f64)], name: &str) -> Option<f64> {
        points
            .iter()
            .find(|(metric, _)| metric == name)
            .map(|(_, value)| *value)
    }

    #[test]
    fn what_nvidia_smi_says_becomes_points() {
        let said = "0, 37, 1024, 55, 120.50\n1, [N/A], 2, 40, [N/A]\nNo devices were found\n";
        let wanted = [
            ("system/gpu0/util", 37.0),
            ("system/gpu0/memory", 1_073_741_824.0),
            ("system/gpu0/temperature", 55.0),
            ("system/gpu0/power", 120.5),
            ("system/gpu1/memory", 2_097_152.0),
            ("system/gpu1/temperature", 40.0),
        ];
        assert_eq!(
            gpu_points(said),
            wanted.map(|(name, value)| (name.to_owned(), value))
        );
    }

    #[test]
    fn this_process_has_memory_and_the_machine_more() {
        let points = Sampler::own().sample();
        let own = point(&points, "system/memory").unwrap();
        let machine = point(&points, "system/machine_memory").unwrap();
        assert!(0.0 < own && own < machine, "{points:?}");
        assert!(0.0 <= point(&points, "system/cpu").unwrap());
    }

    #[test]
    fn a_tree_counts_what_its_children_take() {
        // The child of the child works; the child itself sleeps.
        let mut child = Command::new("sh")
            .args(["-c", "(while :; do :; done) & read line; kill $!"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut sampler = Sampler::tree(child.id());
        eventually("the tree is busy", || {
            point(&sampler.sample(), "system/cpu").is_some_and(|cpu| 0.0 < cpu)
        });
        child.stdin.take().unwrap().write_all(b"\n").unwrap();
        child.wait().unwrap();
        eventually("nothing is left to measure", || {
            point(&sampler.sample(), "system/cpu").is_none()
        });
    }
}
