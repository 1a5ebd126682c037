//! Slots: what this machine has to give, and a part of it given to a job.

use std::{process::Command, sync::OnceLock, thread};

use sysinfo::{MemoryRefreshKind, System};

use crate::{
    config::AgentSettings,
    domain::jobs::{Needs, Slot},
};

/// What of this machine may be given to jobs under these settings.
pub fn machine(settings: &AgentSettings) -> Slot {
    capacity(&all(), settings)
}

/// What settings ask for that this machine does not have, each with what counts instead.
pub fn beyond(settings: &AgentSettings) -> Vec<String> {
    let gpus = if settings.gpus.is_empty() {
        vec![]
    } else {
        known_gpus()
    };
    excess(
        &Slot {
            gpus,
            ..without_gpus()
        },
        settings,
    )
}

fn excess(machine: &Slot, settings: &AgentSettings) -> Vec<String> {
    let mut excess = vec![];
    let cores = machine.cpus.len();
    if cores < settings.cpus as usize {
        excess.push(format!(
            "agent.cpus is {}, this machine has {cores}: so many count",
            settings.cpus
        ));
    }
    let memory = machine.memory;
    if memory < settings.memory {
        excess.push(format!(
            "agent.memory is {} MiB, this machine has {memory}: so many count",
            settings.memory
        ));
    }
    let missing = settings
        .gpus
        .iter()
        .filter(|gpu| !machine.gpus.contains(gpu));
    excess.extend(missing.map(|gpu| {
        format!("agent.gpus names {gpu}, this machine has no such GPU: it does not count")
    }));
    excess
}

/// Why these needs can never be met on this machine, in words; `None` when they can, once enough of it is free.
pub fn impossible(settings: &AgentSettings, needs: &Needs) -> Option<String> {
    let machine = Slot {
        // To ask for them takes a while.
        gpus: if needs.gpus == 0 {
            vec![]
        } else {
            known_gpus()
        },
        ..without_gpus()
    };
    shortage(&capacity(&machine, settings), &[], needs)
}

/// The cores this process may use, the memory, the GPUs that `nvidia-smi` lists.
fn all() -> Slot {
    Slot {
        gpus: known_gpus(),
        ..without_gpus()
    }
}

fn without_gpus() -> Slot {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    Slot {
        cpus: (0..u32::try_from(cores).unwrap_or(u32::MAX)).collect(),
        memory: memory(),
        gpus: vec![],
    }
}

fn known_gpus() -> Vec<u32> {
    static GPUS: OnceLock<Vec<u32>> = OnceLock::new();
    GPUS.get_or_init(gpus).clone()
}

/// The memory of this machine, or of the control group this process lives in when that is less. MiB.
pub fn memory() -> u64 {
    let mut system = System::new();
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    let limit = system.cgroup_limits().map(|limits| limits.total_memory);
    let total = system.total_memory();
    limit
        .filter(|limit| 0 < *limit)
        .map_or(total, |limit| limit.min(total))
        >> 20
}

fn gpus() -> Vec<u32> {
    let listed = Command::new("nvidia-smi")
        .args(["--query-gpu=index", "--format=csv,noheader"])
        .output();
    match listed {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|line| line.trim().parse().ok())
            .collect(),
        _ => vec![],
    }
}

fn capacity(machine: &Slot, settings: &AgentSettings) -> Slot {
    let cores = match settings.cpus {
        0 => machine.cpus.len(),
        some => some as usize,
    };
    let memory = match settings.memory {
        0 => machine.memory,
        some => some.min(machine.memory),
    };
    let is_given = |gpu: &u32| settings.gpus.is_empty() || settings.gpus.contains(gpu);
    Slot {
        cpus: machine.cpus.iter().take(cores).copied().collect(),
        memory,
        gpus: machine.gpus.iter().copied().filter(is_given).collect(),
    }
}

/// What is left of a capacity beside the slots that jobs hold.
pub fn free(capacity: &Slot, held: &[Slot]) -> Slot {
    let mut free = capacity.clone();
    for slot in held {
        free.cpus.retain(|cpu| !slot.cpus.contains(cpu));
        free.gpus.retain(|gpu| !slot.gpus.contains(gpu));
        free.memory = free.memory.saturating_sub(slot.memory);
    }
    free
}

/// A slot for these needs beside those that are held, the lowest numbers first; `None` when they do not fit.
pub fn assign(capacity: &Slot, held: &[Slot], needs: &Needs) -> Option<Slot> {
    let free = free(capacity, held);
    let cpus = free.cpus.get(..needs.cpus as usize)?;
    let gpus = free.gpus.get(..needs.gpus as usize)?;
    (needs.memory <= free.memory).then(|| Slot {
        cpus: cpus.to_vec(),
        memory: needs.memory,
        gpus: gpus.to_vec(),
    })
}

/// Why a job waits, in words; `None` when it does not have to.
pub fn shortage(capacity: &Slot, held: &[Slot], needs: &Needs) -> Option<String> {
    let free = free(capacity, held);
    let kinds = [
        (
            "CPU",
            u64::from(needs.cpus),
            capacity.cpus.len() as u64,
            free.cpus.len() as u64,
        ),
        (
            "GPU",
            u64::from(needs.gpus),
            capacity.gpus.len() as u64,
            free.gpus.len() as u64,
        ),
        ("MiB", needs.memory, capacity.memory, free.memory),
    ];
    let many = |count: u64, unit: &str| match (count, unit) {
        (1, _) | (_, "MiB") => format!("{count} {unit}"),
        _ => format!("{count} {unit}s"),
    };
    let never = kinds.iter().find(|(_, wanted, all, _)| all < wanted);
    if let Some((unit, wanted, all, _)) = never {
        return Some(format!(
            "{} wanted, {all} on this machine",
            many(*wanted, unit)
        ));
    }
    let (unit, wanted, _, free) = kinds.iter().find(|(_, wanted, _, free)| free < wanted)?;
    Some(match free {
        0 => format!("no {unit} free"),
        some => format!("{} wanted, {some} free", many(*wanted, unit)),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn slot(cpus: &[u32], memory: u64, gpus: &[u32]) -> Slot {
        Slot {
            cpus: cpus.to_vec(),
            memory,
            gpus: gpus.to_vec(),
        }
    }

    fn needs(cpus: u32, memory: u64, gpus: u32) -> Needs {
        Needs { cpus, memory, gpus }
    }

    #[test]
    fn settings_limit_what_the_machine_gives_and_never_add_to_it() {
        let machine = slot(&[0, 1, 2, 3], 8_000, &[0, 1]);
        let settings = |cpus, memory, gpus: &[u32]| AgentSettings {
            cpus,
            memory,
            gpus: gpus.to_vec(),
            ..AgentSettings::default()
        };
        let cases = [
            (settings(0, 0, &[]), machine.clone()),
            (settings(2, 1_000, &[1]), slot(&[0, 1], 1_000, &[1])),
            (settings(99, 99_999, &[7]), slot(&[0, 1, 2, 3], 8_000, &[])),
        ];
        for (settings, wanted) in cases {
            assert_eq!(capacity(&machine, &settings), wanted);
        }
        assert!(excess(&machine, &settings(4, 8_000, &[0, 1])).is_empty());
        assert_eq!(
            excess(&machine, &settings(99, 99_999, &[1, 7])),
            [
                "agent.cpus is 99, this machine has 4: so many count",
                "agent.memory is 99999 MiB, this machine has 8000: so many count",
                "agent.gpus names 7, this machine has no such GPU: it does not count",
            ]
        );
    }

    #[test]
    fn a_job_that_waits_says_for_what() {
        let capacity = slot(&[0, 1], 1_000, &[0]);
        let held = [slot(&[0], 900, &[0])];
        let cases = [
            (needs(1, 100, 0), None),
            (needs(2, 100, 0), Some("2 CPUs wanted, 1 free")),
            (needs(4, 100, 1), Some("4 CPUs wanted, 2 on this machine")),
            (needs(1, 100, 1), Some("no GPU free")),
            (needs(1, 200, 0), Some("200 MiB wanted, 100 free")),
            (needs(1, 9_000, 2), Some("2 GPUs wanted, 1 on this machine")),
        ];
        for (needs, why) in cases {
            assert_eq!(shortage(&capacity, &held, &needs).as_deref(), why);
            assert_eq!(assign(&capacity, &held, &needs).is_some(), why.is_none());
        }
    }

    proptest! {
        #[test]
        fn slots_never_overlap_and_never_exceed_the_machine(
            wanted in prop::collection::vec((0u32..4, 0u64..600, 0u32..3), 0..20),
        ) {
            let capacity = slot(&[0, 1, 2, 3, 4, 5], 2_000, &[0, 1, 2]);
            let mut held: Vec<Slot> = vec![];
            for (cpus, memory, gpus) in wanted {
                held.extend(assign(&capacity, &held, &needs(cpus, memory, gpus)));
            }
            let all = |numbers: fn(&Slot) -> &Vec<u32>| {
                let mut all: Vec<u32> = held.iter().flat_map(|slot| numbers(slot).clone()).collect();
                let count = all.len();
                all.sort_unstable();
                all.dedup();
                (count, all.len())
            };
            let (cpus, gpus) = (all(|slot| &slot.cpus), all(|slot| &slot.gpus));
            prop_assert!(cpus.0 == cpus.1 && cpus.1 <= 6);
            prop_assert!(gpus.0 == gpus.1 && gpus.1 <= 3);
            prop_assert!(held.iter().map(|slot| slot.memory).sum::<u64>() <= 2_000);
        }
    }

    #[test]
    fn what_no_machine_has_is_impossible() {
        let impossible = |needs| impossible(&AgentSettings::default(), &needs);
        assert_eq!(impossible(needs(1, 1, 0)), None);
        for (needs, wanted) in [
            (needs(70_000, 1, 0), "70000 CPUs wanted"),
            (needs(1, u64::MAX, 0), "MiB wanted"),
            (needs(1, 1, 70_000), "70000 GPUs wanted"),
        ] {
            let why = impossible(needs).unwrap();
            assert!(
                why.contains(wanted) && why.ends_with("on this machine"),
                "{why}"
            );
        }
    }

    #[test]
    fn this_machine_has_a_core_and_memory() {
        let machine = machine(&AgentSettings::default());
        assert!(!machine.cpus.is_empty() && 0 < machine.memory);
    }
}
