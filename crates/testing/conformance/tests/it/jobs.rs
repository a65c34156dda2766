//! Jobs: what waits in the queue is understood by the version that starts next, and what is scheduled exists.
//!
//! `tests/it/payloads/<job name>/v<version>.json` holds one payload of every version that was ever deployed. A file
//! goes when no job of that version can wait any more; until then its job has to decode it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use athyper_bootstrap::modules;
use athyper_kernel_jobs::schedule::RhythmDef;
use athyper_kernel_jobs::{CronSchedule, JobType, ScheduleDef};
use serde_json::{Value, json};

use crate::findings::Findings;
use crate::platform::Platform;

/// Payloads by job name and version.
type Payloads = BTreeMap<String, BTreeMap<u16, Value>>;

/// The committed payloads.
fn committed() -> Payloads {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/payloads");
    let mut payloads = Payloads::new();
    for job in fs::read_dir(folder).into_iter().flatten() {
        let job = job.expect("folder of a job");
        let versions = payloads.entry(job.file_name().to_string_lossy().into_owned()).or_default();
        for file in fs::read_dir(job.path()).expect("folder of a job") {
            let path = file.expect("payload").path();
            let stem = path.file_stem().expect("name").to_string_lossy().into_owned();
            let version = stem.strip_prefix('v').and_then(|version| version.parse().ok());
            let version =
                version.unwrap_or_else(|| panic!("{} is not named v<version>.json", path.display()));
            let text = fs::read_to_string(&path).expect("payload");
            versions.insert(
                version,
                serde_json::from_str(&text).unwrap_or_else(|error| panic!("{stem}: {error}")),
            );
        }
    }
    payloads
}

/// The names and kinds of the fields, at any depth: what changes when the form of a payload changes.
fn form(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), form(value))).collect(),
        Value::Array(items) => items.first().map_or(json!([]), |first| json!([form(first)])),
        Value::String(_) => json!("text"),
        Value::Number(_) => json!("number"),
        Value::Bool(_) => json!("truth"),
        Value::Null => Value::Null,
    }
}

fn check_jobs(jobs: &[JobType], payloads: &Payloads) -> Findings {
    let mut findings = Findings::default();
    let mut names = BTreeSet::new();
    for job in jobs {
        findings.expect(names.insert(job.name), "job-name", job.name, "two jobs have this name");
        findings.expect((job.decodes)(&job.sample), "sample", job.name, "its own sample does not decode");
        let versions = payloads.get(job.name);
        let newest = versions.and_then(BTreeMap::last_key_value);
        let Some((version, newest)) = newest else {
            findings.add("payload", job.name, format!("write its payload to payloads/{}/v1.json", job.name));
            continue;
        };
        let what =
            format!("the sample {} does not have the form of v{version}: write the next one", job.sample);
        findings.expect(form(newest) == form(&job.sample), "payload", job.name, what);
        for (version, payload) in versions.into_iter().flatten() {
            findings.expect(
                (job.decodes)(payload),
                "payload",
                job.name,
                format!("v{version} does not decode"),
            );
        }
    }
    for name in payloads.keys().filter(|name| !names.contains(name.as_str())) {
        findings.add("payload", name, "no job has this name: jobs that wait for it would never run");
    }
    findings
}

fn check_schedules(schedules: &[ScheduleDef], jobs: &[JobType]) -> Findings {
    let mut findings = Findings::default();
    let mut names = BTreeSet::new();
    for schedule in schedules {
        findings.expect(
            names.insert(schedule.name),
            "schedule",
            schedule.name,
            "two schedules have this name",
        );
        if let RhythmDef::Cron(expression) = schedule.rhythm {
            let cron = CronSchedule::parse(expression);
            let what = format!("{expression:?}: {:?}", cron.as_ref().err());
            findings.expect(cron.is_ok(), "cron", schedule.name, what);
        }
        findings.expect(schedule.max_attempts > 0, "schedule", schedule.name, "it is never tried");
        let Some(job) = jobs.iter().find(|job| job.name == schedule.job) else {
            findings.add("schedule", schedule.name, format!("there is no job {}", schedule.job));
            continue;
        };
        findings.expect(
            job.queue == schedule.queue,
            "schedule",
            schedule.name,
            format!("its job waits in {}", job.queue),
        );
        let decodes = (job.decodes)(&ScheduleDef::payload());
        findings.expect(
            decodes,
            "schedule",
            schedule.name,
            format!("{} does not take an empty payload", job.name),
        );
    }
    findings
}

#[tokio::test]
async fn every_payload_still_decodes() {
    check_jobs(&Platform::new().await.app.jobs, &committed()).none();
}

#[tokio::test]
async fn every_schedule_makes_a_job_that_exists() {
    let schedules: Vec<_> = modules().iter().flat_map(|module| module.schedules).copied().collect();
    check_schedules(&schedules, &Platform::new().await.app.jobs).none();
}

/// A payload of the tests below.
#[derive(serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
struct Letter {
    to: String,
}

impl athyper_kernel_jobs::JobPayload for Letter {
    const NAME: &'static str = "specimen.letter";
}

#[test]
fn forgotten_payloads_and_schedules_are_found() {
    let letter = || JobType::new(&Letter { to: "all".to_owned() }, |_run, _letter| async { Ok(()) });
    let folder =
        |payload: Value| Payloads::from([("specimen.letter".to_owned(), BTreeMap::from([(1, payload)]))]);
    let payload = ("payload", "specimen.letter");
    check_jobs(&[letter()], &folder(json!({ "to": "one" }))).none();
    check_jobs(&[letter()], &folder(json!({ "from": "one" }))).all_of(&[payload]);
    check_jobs(&[letter()], &Payloads::new()).all_of(&[payload]);
    check_jobs(&[], &folder(json!({ "to": "one" }))).all_of(&[payload]);
    check_jobs(&[letter(), letter()], &folder(json!({ "to": "one" })))
        .all_of(&[("job-name", "specimen.letter")]);
    let schedule = ScheduleDef::cron::<Letter>("0 0 * * 8").named("specimen.weekly");
    check_schedules(&[schedule], &[letter()])
        .all_of(&[("cron", "specimen.weekly"), ("schedule", "specimen.weekly")]);
    check_schedules(&[schedule], &[]).all_of(&[("schedule", "specimen.weekly")]);
}
