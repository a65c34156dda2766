//! What processes took of the machine, as `/proc` says.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Ticks of the processor's time in a second: fixed on Linux for programs.
const TICKS: f64 = 100.0;

/// Seconds of processor time that a process has used so far.
pub(super) fn processor_time(pid: u32) -> f64 {
    stat(pid).map_or(0.0, |stat| stat.ticks / TICKS)
}

/// The same of a PostgreSQL server, with its backends: those that are alive, and those that it has waited for.
pub(super) fn processor_time_of_server(data: &Path) -> f64 {
    let (postmaster, stats) = processes_of_server(data);
    let ticks =
        stats.map(|(pid, stat)| if pid == postmaster { stat.ticks + stat.of_children } else { stat.ticks });
    ticks.sum::<f64>() / TICKS
}

/// Has this process, and all that it starts, go before whatever else runs on the machine (the system's real-time class, by turns),
/// where that is permitted. Says whether it is.
pub(super) fn go_first() -> bool {
    let own = std::process::id().to_string();
    let said = Command::new("chrt").args(["--all-tasks", "--rr", "--pid", "1", &own]).output();
    let goes_first = said.is_ok_and(|said| said.status.success());
    let others = if goes_first { "stands back" } else { "shares the cores, as chrt may not put it back" };
    eprintln!("whatever else this machine does {others}");
    goes_first
}

/// Lets a PostgreSQL server run on the first cores of the machine only, so many of them.
pub(super) fn pin_server(data: &Path, cores: usize) {
    for (pid, _) in processes_of_server(data).1 {
        let cores = format!("0-{}", cores - 1);
        // A backend may have ended meanwhile.
        let _ = Command::new("taskset").args(["-acp", &cores, &pid.to_string()]).output().unwrap();
    }
}

/// The process of a PostgreSQL server, and all that are of it, itself among them.
fn processes_of_server(data: &Path) -> (u32, impl Iterator<Item = (u32, Stat)>) {
    let pid = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let postmaster = pid.lines().next().and_then(|pid| pid.parse::<u32>().ok()).unwrap_or(u32::MAX);
    let processes = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    let pids = processes.filter_map(|process| process.file_name().to_str()?.parse::<u32>().ok());
    let stats = pids.filter_map(|pid| Some((pid, stat(pid)?)));
    (postmaster, stats.filter(move |(pid, stat)| *pid == postmaster || stat.parent == postmaster))
}

/// Resident memory of a process in MiB.
pub(super) fn resident_memory(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u32>().ok());
    f64::from(kilobytes.unwrap_or(0)) / 1_024.0
}

/// What this program is measured on.
pub(super) fn description() -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find_map(|line| Some(line.strip_prefix("model name")?.split_once(": ")?.1));
    let cores = cores();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default().to_owned();
    format!("{cores} cores, {}; load before: {load}", model.unwrap_or("of an unknown kind"))
}

/// How many cores there are.
pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

struct Stat {
    parent: u32,
    ticks: f64,
    /// Of children that have ended.
    of_children: f64,
}

fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in parentheses, and may have some of its own.
    let fields: Vec<&str> = text.rsplit_once(") ")?.1.split(' ').collect();
    let number = |at: usize| fields.get(at)?.parse::<u32>().ok();
    let ticks = |user: usize, system: usize| Some(f64::from(number(user)?) + f64::from(number(system)?));
    Some(Stat { parent: number(1)?, ticks: ticks(11, 12)?, of_children: ticks(13, 14)? })
}
