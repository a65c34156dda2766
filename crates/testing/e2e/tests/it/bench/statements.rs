//! Which statements a request costs, as the server's log has them.

use std::fs;
use std::path::PathBuf;

use super::load::{Connection, Work};
use super::scene::Scene;

/// Requests that are looked at. What other tasks of the process ask meanwhile comes less often.
const REQUESTS: usize = 20;
/// What is asked less often than this is not of the requests; the end of the last one's transaction may come after the look.
const LEAST: usize = REQUESTS - 2;
/// How much of a statement is shown.
const SHOWN: usize = 150;

/// A statement, and how often a request makes it.
pub(super) struct Asked {
    pub(super) times: usize,
    pub(super) text: String,
}

/// What one request asks of the database, each line being a round trip.
pub(super) struct Asks(pub(super) Vec<Asked>);

impl Asks {
    /// Does the work some times with the server's log of statements on.
    pub(super) fn of(scene: &Scene, work: &Work) -> Self {
        let log: PathBuf = scene.platform.data_dir().join("postgres/log/server.log");
        let mut connection = Connection::open(scene.platform.port(), 1);
        // Whatever is asked for the first time is prepared, and caches are filled.
        for _ in 0..400 {
            connection.carry_out(work);
        }
        switch(scene, "alter system set log_statement = 'all'");
        let from = fs::read(&log).unwrap().len();
        for _ in 0..REQUESTS {
            connection.carry_out(work);
        }
        let logged = fs::read(&log).unwrap();
        switch(scene, "alter system reset log_statement");
        Self(counted(&String::from_utf8_lossy(&logged[from..])))
    }

    /// Round trips to the database.
    pub(super) fn round_trips(&self) -> usize {
        self.0.iter().map(|asked| asked.times).sum()
    }

    /// Statements: the one text that opens a transaction and says whose it is has two.
    pub(super) fn statements(&self) -> usize {
        self.0.iter().map(|asked| asked.times * asked.text.split("; ").count()).sum()
    }
}

fn switch(scene: &Scene, statement: &str) {
    scene.sql(&format!("{statement};\nselect pg_reload_conf();\n"));
    // The backends take note when their next statement comes; the postmaster a moment later.
    std::thread::sleep(std::time::Duration::from_millis(300));
}

/// The statements of a log in the order in which they first came, without those that came less often than the requests.
fn counted(log: &str) -> Vec<Asked> {
    let mut found: Vec<Asked> = Vec::new();
    for line in log.lines() {
        let Some((_, said)) = line.split_once("LOG:  ") else { continue };
        let Some((kind, text)) = said.split_once(": ") else { continue };
        if kind != "statement" && !kind.starts_with("execute") {
            continue;
        }
        let text = without_ids(text);
        match found.iter_mut().find(|asked| asked.text == text) {
            Some(asked) => asked.times += 1,
            None => found.push(Asked { times: 1, text }),
        }
    }
    found.retain(|asked| asked.times >= LEAST);
    for asked in &mut found {
        asked.times = (asked.times + REQUESTS / 2) / REQUESTS;
        let end = asked.text.floor_char_boundary(SHOWN);
        asked.text.truncate(end);
    }
    found
}

/// A statement with its ids left out, so that those of other tenants are the same.
fn without_ids(text: &str) -> String {
    let is_id = |part: &str| part.len() == 36 && part.bytes().filter(|byte| *byte == b'-').count() == 4;
    text.split('\'').map(|part| if is_id(part) { "…" } else { part }).collect::<Vec<_>>().join("'")
}
