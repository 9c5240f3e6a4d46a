//! What a process and its children have cost so far, from `/proc`.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::arguments::Result;

/// A peer in the background; killed when dropped.
pub struct Process {
    child: Child,
    name: String,
}

impl Process {
    /// Starts it without input; what it says is kept in `log`.
    pub fn start(command: &mut Command, log: &std::path::Path) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let fault = |error: std::io::Error| format!("cannot start {name}: {error}");
        let out = fs::File::create(log).map_err(fault)?;
        let errors = out.try_clone().map_err(fault)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(errors)
            .spawn()
            .map_err(fault)?;
        Ok(Self { child, name })
    }

    /// Waits until `ready` holds.
    pub fn wait_until(&mut self, mut ready: impl FnMut() -> bool) -> Result {
        let patience = Instant::now() + Duration::from_secs(30);
        while !ready() {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("{} ended at once with {status}", self.name));
            }
            if Instant::now() > patience {
                return Err(format!("{} was not ready within 30 s", self.name));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Seconds of user and system time of the process and its living children.
    pub fn cpu_seconds(&self) -> f64 {
        let ticks: f64 = self
            .family()
            .into_iter()
            .filter_map(stat)
            .map(|stat| stat.ticks)
            .sum();
        ticks / TICKS_A_SECOND
    }

    /// Resident memory of the process and its living children, MiB.
    pub fn resident(&self) -> f64 {
        self.family().into_iter().filter_map(resident).sum::<f64>() / 1024.0
    }

    /// The process and all below it.
    fn family(&self) -> Vec<u32> {
        let mut parents = BTreeMap::new();
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Some(id) = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse::<u32>().ok())
            else {
                continue;
            };
            if let Some(stat) = stat(id) {
                parents.insert(id, stat.parent);
            }
        }
        let mut family = vec![self.child.id()];
        let mut at = 0;
        while let Some(parent) = family.get(at).copied() {
            family.extend(
                parents
                    .iter()
                    .filter(|(_, own)| **own == parent)
                    .map(|(id, _)| *id),
            );
            at += 1;
        }
        family
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // TERM first, so that nginx's master takes its workers along.
        let _ = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        let patience = Instant::now() + Duration::from_secs(3);
        while Instant::now() < patience {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `CONF_CLK`: 100 on every Linux that this runs on.
const TICKS_A_SECOND: f64 = 100.0;

struct Stat {
    parent: u32,
    ticks: f64,
    /// Of children that have ended and were waited for.
    children: f64,
}

fn stat(process: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name may hold spaces and brackets; what follows the last bracket is regular.
    let fields: Vec<&str> = text.rsplit(')').next()?.split_whitespace().collect();
    let ticks = |index: usize| {
        fields
            .get(index)
            .and_then(|field| field.parse::<f64>().ok())
    };
    let parent = fields.get(1).and_then(|field| field.parse().ok())?;
    Some(Stat {
        parent,
        ticks: ticks(11)? + ticks(12)?,
        children: ticks(13)? + ticks(14)?,
    })
}

/// KiB.
fn resident(process: u32) -> Option<f64> {
    status(process, "VmRSS:")
}

/// The most memory that a process has had resident, MiB; none when it has ended.
pub fn most_resident(process: u32) -> Option<f64> {
    status(process, "VmHWM:").map(|kilobytes| kilobytes / 1024.0)
}

fn status(process: u32, name: &str) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Seconds of user and system time of our children that have ended.
pub fn children_cpu_seconds() -> f64 {
    stat(std::process::id()).map_or(0.0, |stat| stat.children / TICKS_A_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_its_own_cost() {
        let own = stat(std::process::id()).unwrap();
        assert!(own.parent > 0);
        assert!(resident(std::process::id()).unwrap() > 100.0);
    }
}
