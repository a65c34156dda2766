//! The files under `deploy/` name what the code has: variables of the configuration, metrics, and default ports.

use std::collections::BTreeSet;

use crate::tidy::Finding;
use crate::tidy::tree::{TextFile, Tree};

/// Where variables of the configuration are named.
const CONFIGURATION: &str = "crates/kernel/config/src/";
/// Crates that make metrics.
const METERED: [&str; 2] = ["crates/adapters/telemetry/src/", "crates/bootstrap/src/"];
/// Starts of the names of the variables of other programs in these files.
const OTHERS: [&str; 3] = ["POSTGRES_", "KC_", "GF_"];
/// The first part of the names of our metrics, as Prometheus shows them.
const METRICS: [&str; 4] = ["athyper_", "http_server_", "http_client_", "db_client_"];
/// What Prometheus puts at the end of a metric's name: its unit, and the kind of its samples.
const ENDS: [&str; 8] = ["_bucket", "_count", "_sum", "_total", "_seconds", "_bytes", "_ratio", "_info"];

/// Checks the files under `deploy/`.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let variables = quoted(tree, |path| path.starts_with(CONFIGURATION));
    let names = quoted(tree, |path| METERED.iter().any(|folder| path.starts_with(folder)));
    let metrics: BTreeSet<String> = names.iter().map(|name| name.replace('.', "_")).collect();
    let labels: BTreeSet<&str> = metrics.iter().map(String::as_str).collect();
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.path.starts_with("deploy/")) {
        for (index, line) in file.text.lines().enumerate() {
            let mut add = |rule, what: String| findings.push(Finding::new(&file.path, index + 1, rule, what));
            for name in variables_in(line).filter(|name| !is_variable(name, &variables)) {
                add("deploy-variable", format!("no process reads {name}: see docs/configuration.md"));
            }
            for name in words(line).filter(|name| is_metric_file(file) && !is_metric(name, &labels)) {
                add("deploy-metric", format!("no process has the metric or label {name}"));
            }
        }
        findings.extend(ports(file, tree));
    }
    findings
}

/// The texts in quotation marks in these files.
fn quoted(tree: &Tree, is_wanted: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let facts = tree.files.iter().filter(|file| is_wanted(&file.path)).filter_map(TextFile::production);
    facts.flat_map(|facts| facts.strings.iter().map(|literal| literal.text.clone())).collect()
}

/// Names in capitals that a line gives a value to, or that can be nothing but ours.
fn variables_in(line: &str) -> impl Iterator<Item = &str> {
    let is_part = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
    let text = line.trim_start().trim_start_matches("- ").trim_start_matches("Environment=");
    let is_comment = text.starts_with('#');
    let given = text.split_once([':', '=']).map(|(name, _)| name).filter(|name| {
        !is_comment && name.contains('_') && name.chars().all(is_part) && !name.starts_with("ATHYPER_")
    });
    let ours = line.split(move |letter| !is_part(letter)).filter(|word| word.starts_with("ATHYPER_"));
    given.into_iter().chain(ours)
}

fn is_variable(name: &str, known: &BTreeSet<String>) -> bool {
    if OTHERS.iter().any(|start| name.starts_with(start)) || known.contains(name) {
        return true;
    }
    name.strip_prefix("ATHYPER_SUPER__")
        .is_some_and(|rest| known.contains(rest) || rest.starts_with("IAM_SECRET__"))
}

fn is_metric_file(file: &TextFile) -> bool {
    file.path.starts_with("deploy/grafana/") || file.path.starts_with("deploy/prometheus/")
}

/// The words of a line that look like a metric or a label of one.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .filter(|word| METRICS.iter().any(|start| word.starts_with(start)))
}

/// Whether it is a name of the catalogue, as it is or with what Prometheus puts at its end.
fn is_metric(name: &str, known: &BTreeSet<&str>) -> bool {
    known.contains(name)
        || ENDS.iter().any(|end| name.strip_suffix(end).is_some_and(|rest| is_metric(rest, known)))
}

/// Ports of the containers are the defaults of the code.
fn ports(file: &TextFile, tree: &Tree) -> Vec<Finding> {
    let code = |path: &str| tree.text(path).unwrap_or_default();
    let public = code("crates/kernel/config/src/schema/root.rs");
    let operator = code("crates/kernel/config/src/schema/operator.rs");
    let mut findings = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        let Some((_, rest)) = line.split_once("containerPort:") else { continue };
        let port: String = rest.trim_start().chars().take_while(char::is_ascii_digit).collect();
        let is_default = public.contains(&format!("port: {port},")) || operator.contains(&port);
        if !is_default {
            let what = format!("{port} is not the default port of a process");
            findings.push(Finding::new(&file.path, index + 1, "deploy-port", what));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::found;

    const CONFIG: (&str, &str) = (
        "crates/kernel/config/src/variables.rs",
        "//! V.\nconst V: [&str; 2] = [\"DB_URL\", \"ATHYPER_DATA_DIR\"];\n",
    );
    const CATALOGUE: (&str, &str) = (
        "crates/adapters/telemetry/src/catalogue.rs",
        "//! C.\nconst N: [&str; 2] = [\"athyper.queue.lag\", \"athyper.queue.name\"];\n",
    );

    fn check_one(path: &str, text: &str) -> Vec<(usize, &'static str)> {
        let port = ("crates/kernel/config/src/schema/root.rs", "//! R.\nfn r() { R { port: 3000, } }\n");
        found(&check(&Tree::of(&[CONFIG, CATALOGUE, port, (path, text)])))
    }

    #[test]
    fn a_variable_is_one_that_a_process_reads() {
        let check = |text| check_one("deploy/systemd/athyper.env", text);
        assert_eq!(check("DB_URL=x\nATHYPER_DATA_DIR=/x\nATHYPER_SUPER__IAM_SECRET__athyper=x\n"), []);
        assert_eq!(check("  ATHYPER_SUPER__DB_URL: x\n  POSTGRES_PASSWORD: x\n# OLD_NAME=x\n"), []);
        assert_eq!(check("DB_ULR=x\n"), [(1, "deploy-variable")]);
        assert_eq!(check("ExecStart=a\nEnvironment=DB_POOL=3\n"), [(2, "deploy-variable")]);
        assert_eq!(check("  - ATHYPER_SUPER__DB=x\n"), [(1, "deploy-variable")]);
    }

    #[test]
    fn a_metric_is_one_of_the_catalogue() {
        let check = |text| check_one("deploy/prometheus/alerts.yaml", text);
        assert_eq!(check("expr: max by (athyper_queue_name) (athyper_queue_lag_seconds) > 3\n"), []);
        assert_eq!(check("expr: athyper_queue_length > 3\n"), [(1, "deploy-metric")]);
        assert_eq!(check("expr: athyper_queue_lag_seconds{athyper_queue=\"x\"}\n"), [(1, "deploy-metric")]);
    }

    #[test]
    fn a_port_is_a_default() {
        let check = |text| check_one("deploy/kubernetes/api.yaml", text);
        assert_eq!(check("- { name: http, containerPort: 3000 }\n"), []);
        assert_eq!(check("- { name: http, containerPort: 8080 }\n"), [(1, "deploy-port")]);
    }
}
