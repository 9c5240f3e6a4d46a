//! The figures as Markdown, put between two marks of the page so that its prose stays.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use super::figures::{median, number, ratios, shown};
use super::{Setting, TARGETS};
use crate::arguments::Result;

const BEGIN: &str = "<!-- measured: begin -->";
const END: &str = "<!-- measured: end -->";
const NGINX: usize = 1;
const NODE: usize = 2;
const LIGAND: usize = 3;

/// One bar: a ratio, what it must and what it should be.
pub struct Bar {
    /// What is compared.
    pub name: &'static str,
    /// One value a round.
    pub ratios: Vec<f64>,
    /// The least (or most) that is allowed.
    pub floor: f64,
    /// What is aimed at.
    pub aim: f64,
    /// Whether more is better.
    pub more: bool,
}

impl Bar {
    /// Whether the median reaches a bound.
    pub fn holds(&self, bound: f64) -> bool {
        let middle = median(&self.ratios);
        if self.more {
            middle >= bound
        } else {
            middle <= bound
        }
    }

    /// A row of a table: ratio, measured, floor, aim, verdict.
    pub fn row(&self) -> String {
        let sign = if self.more { '≥' } else { '≤' };
        format!(
            "| {} | {} | {sign} {} | {sign} {} | {} |",
            self.name,
            shown(&self.ratios, 2),
            self.floor,
            self.aim,
            verdict(self.holds(self.aim), self.holds(self.floor))
        )
    }
}

/// The bars of the benchmark, with what was measured.
pub fn bars(measured: &[Setting]) -> Vec<Bar> {
    let [small, large, nulls, single] = measured else {
        return Vec::new();
    };
    let rate = |setting: &Setting, target| setting.of(target, |sample| sample.load.rate);
    let cpu = |setting: &Setting, target| setting.of(target, |sample| sample.cpu);
    let p50 = |setting: &Setting, target| setting.of(target, |sample| sample.load.median);
    let p99 = |setting: &Setting, target| setting.of(target, |sample| sample.load.p99);
    let bar = |name, ratios, floor, aim, more| Bar {
        name,
        ratios,
        floor,
        aim,
        more,
    };
    vec![
        bar(
            "2 KB: CPU a request ÷ nginx",
            ratios(&cpu(small, LIGAND), &cpu(small, NGINX)),
            3.5,
            2.5,
            false,
        ),
        bar(
            "2 KB: throughput ÷ nginx",
            ratios(&rate(small, LIGAND), &rate(small, NGINX)),
            0.40,
            0.60,
            true,
        ),
        bar(
            "2 KB: throughput ÷ Node",
            ratios(&rate(small, LIGAND), &rate(small, NODE)),
            2.0,
            3.0,
            true,
        ),
        bar(
            "2 KB: p99 ÷ nginx",
            ratios(&p99(small, LIGAND), &p99(small, NGINX)),
            3.0,
            2.0,
            false,
        ),
        bar(
            "109 KB: throughput ÷ nginx",
            ratios(&rate(large, LIGAND), &rate(large, NGINX)),
            0.60,
            0.80,
            true,
        ),
        bar(
            "109 KB with nulls: throughput ÷ nginx",
            ratios(&rate(nulls, LIGAND), &rate(nulls, NGINX)),
            0.25,
            0.50,
            true,
        ),
        bar(
            "1 connection: p50 ÷ nginx",
            ratios(&p50(single, LIGAND), &p50(single, NGINX)),
            3.0,
            2.0,
            false,
        ),
    ]
}

/// Everything that was measured, with the machine.
pub fn figures(measured: &[Setting], idle: [f64; 2], rounds: usize, seconds: usize) -> String {
    let mut text = format!(
        "{}\n\n{rounds} interleaved rounds of {seconds} s, wrk with 1 thread; median [least–most] of the rounds.\n",
        machine()
    );
    let _ = writeln!(
        text,
        "\n### Bars\n\n| ratio | measured | floor | aim | |\n|---|---|---|---|---|"
    );
    for bar in bars(measured) {
        let _ = writeln!(text, "{}", bar.row());
    }
    for (name, resident) in ["", ", first start"].into_iter().zip(idle) {
        let verdict = verdict(resident <= 40.0, resident <= 80.0);
        let _ = writeln!(
            text,
            "| idle RSS, sandbox off{name}, MiB | {resident:.1} | ≤ 80 | ≤ 40 | {verdict} |"
        );
    }
    for setting in measured {
        let _ = writeln!(
            text,
            "\n### {}\n\n| target | req/s | p50 µs | p99 µs | CPU µs/req | RSS MiB |\n|---|---|---|---|---|---|",
            setting.title
        );
        for (target, name) in TARGETS.iter().enumerate() {
            let row = [
                shown(&setting.of(target, |sample| sample.load.rate), 0),
                shown(&setting.of(target, |sample| sample.load.median), 0),
                number(median(&setting.of(target, |sample| sample.load.p99)), 0),
                shown(&setting.of(target, |sample| sample.cpu), 1),
                number(median(&setting.of(target, |sample| sample.resident)), 0),
            ];
            let _ = writeln!(text, "| {name} | {} |", row.join(" | "));
        }
    }
    text
}

fn verdict(aim: bool, floor: bool) -> &'static str {
    match (aim, floor) {
        (true, _) => "aim reached",
        (false, true) => "floor held",
        (false, false) => "**missed**",
    }
}

/// Puts the figures between the page's marks.
pub fn write(path: &str, figures: &str) -> Result {
    let page = fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}"))?;
    let marked = page
        .split_once(BEGIN)
        .and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)))
        .ok_or(format!("{path} lacks `{BEGIN}` and `{END}`"))?;
    let text = format!(
        "{}{BEGIN}\n\n{}\n{END}{}",
        marked.0,
        figures.trim_end(),
        marked.1
    );
    fs::write(path, text).map_err(|error| format!("cannot write {path}: {error}"))
}

/// What it ran on.
fn machine() -> String {
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processor
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let count = processor
        .lines()
        .filter(|line| line.starts_with("processor"))
        .count();
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kilobytes: f64 = memory
        .lines()
        .find_map(|line| {
            line.strip_prefix("MemTotal:")?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .unwrap_or(0.0);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!(
        "Machine: {count} × {}, {:.0} GiB, Linux {}; {}; Node {}; {}. Load average at the end: {}. Date: {}.",
        model.map_or("unknown processor", |(_, name)| name.trim()),
        kilobytes / 1_048_576.0,
        kernel.trim(),
        said("/usr/sbin/nginx", "-v"),
        said("node", "--version"),
        said("rustc", "--version"),
        load_average(),
        said("date", "+%Y-%m-%d"),
    )
}

/// The three load averages.
pub fn load_average() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace()
        .take(3)
        .collect::<Vec<_>>()
        .join(", ")
}

fn said(program: &str, flag: &str) -> String {
    let Ok(output) = Command::new(program).arg(flag).output() else {
        return format!("no {program}");
    };
    // nginx says its version on standard error.
    let bytes = if output.stdout.is_empty() {
        output.stderr
    } else {
        output.stdout
    };
    let text = String::from_utf8_lossy(&bytes);
    text.lines()
        .next()
        .unwrap_or_default()
        .replace("nginx version: ", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_marks_changes() {
        let folder = std::env::temp_dir().join(format!("ligand-page-{}", std::process::id()));
        fs::write(&folder, format!("before\n{BEGIN}\nold\n{END}\nafter\n")).unwrap();
        let path = folder.display().to_string();
        write(&path, "new").unwrap();
        let text = fs::read_to_string(&folder).unwrap();
        fs::remove_file(&folder).unwrap();
        assert_eq!(text, format!("before\n{BEGIN}\n\nnew\n{END}\nafter\n"));
    }

    #[test]
    fn a_bar_knows_its_direction() {
        let bar = Bar {
            name: "",
            ratios: vec![0.5],
            floor: 0.4,
            aim: 0.6,
            more: true,
        };
        assert!(bar.holds(bar.floor) && !bar.holds(bar.aim));
        let bar = Bar {
            name: "",
            ratios: vec![3.0],
            floor: 3.5,
            aim: 2.5,
            more: false,
        };
        assert!(bar.holds(bar.floor) && !bar.holds(bar.aim));
    }
}
