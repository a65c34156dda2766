//! Mail as a platform sends it: into a folder, to a server, and what becomes of a mail that the server refuses.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use athyper_e2e::{Launch, Platform, Program};
use tokio::time::sleep;

use crate::servers::psql;

/// How long a mail may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A mail server that takes what is for `zoe` and refuses the rest for good; it keeps what it took.
struct MailServer {
    port: u16,
    taken: Arc<Mutex<Vec<String>>>,
}

impl MailServer {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let taken: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = Arc::clone(&taken);
        // It ends with the test's process: nobody waits for it.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                thread::spawn(move || converse(stream, &kept));
            }
        });
        Self { port, taken }
    }

    fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}?tls=none", self.port)
    }
}

/// The server's side of RFC 5321, as far as a client that sends plain text needs it.
fn converse(mut stream: TcpStream, kept: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let mut say = |text: &str| stream.write_all(format!("{text}\r\n").as_bytes()).is_ok();
    say("220 mail.example");
    while let Some(line) = lines.next() {
        let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let is_on = match word.as_str() {
            "EHLO" => say("250-mail.example") && say("250 8BITMIME"),
            "RCPT" if !line.contains("zoe") => say("550 5.1.1 no such user here"),
            "DATA" => {
                say("354 go on");
                let mail: Vec<String> = lines.by_ref().take_while(|line| line != ".").collect();
                kept.lock().unwrap().push(mail.join("\n"));
                say("250 2.0.0 queued as 4711")
            }
            "QUIT" => {
                say("221 bye");
                return;
            }
            _ => say("250 fine"),
        };
        if !is_on {
            return;
        }
    }
}

#[tokio::test]
async fn the_trial_says_what_became_of_it() {
    let (platform, server) = (Platform::new(), MailServer::start());
    let trial = |to: &str| platform.launch(Program::Worker).args(&["mail-test", "--to", to]);
    let to_folder = trial("zoe@example.com").run().await.expect_code(0);
    assert!(to_folder.stdout.contains("was written to"), "{}", to_folder.stdout);
    let mails = files(platform.data_dir().join("mail"));
    assert!(mails.len() == 1 && mails[0].contains("zoe@example.com"), "{mails:?}");

    let by_server = |launch: Launch| {
        launch.env("ATHYPER_SUPER__SMTP_URL", server.url()).env("MAIL_FROM", "Athyper <office@example.com>")
    };
    let taken = by_server(trial("Zoë <zoe@example.com>")).run().await.expect_code(0);
    assert!(taken.stdout.contains("queued as 4711"), "{}", taken.stdout);
    assert!(server.taken.lock().unwrap()[0].contains("office@example.com"));
    let refused = by_server(trial("max@example.com")).run().await.expect_code(69);
    assert!(refused.stderr.contains("no such user here"), "{}", refused.stderr);
    let wrong = by_server(trial("nobody")).run().await;
    assert_eq!(wrong.code, Some(78), "{}", wrong.stderr);
}

#[tokio::test]
async fn a_job_sends_a_mail_or_ends_dead_with_the_servers_words() {
    let (platform, server) = (Platform::new(), MailServer::start());
    let launch = platform
        .launch(Program::Api)
        .env("ATHYPER_SUPER__SMTP_URL", server.url())
        .env("MAIL_FROM", "Athyper <office@example.com>");
    let api = platform.serve(launch).await;
    let url = platform.database_url("admin");
    let Some(psql) = psql() else {
        eprintln!("skipped, because there is no psql");
        return;
    };
    let ask = async |statement: &str| {
        let launch = platform.launch(Program::Api).program(&psql).args(&[&url, "-qAtc", statement]);
        launch.run().await.expect_code(0).stdout.trim().to_owned()
    };
    for (number, to) in [(1, "zoe@example.com"), (2, "max@example.com")] {
        ask(&format!(
            "insert into jobs.job (tenant_id, id, type, queue, payload, payload_version, run_at, max_attempts, realm_key, \
               tenant_key, actor_kind, actor_id, request_id, enqueued_at) \
             select id, '00000000-0000-7000-8000-00000000000{number}', 'platform.send_mail', 'mail', \
               '{{\"to\": [\"{to}\"], \"subject\": \"A reminder\", \"text\": \"Please pay.\"}}', 1, now(), 20, realm_key, \
               tenant_key, 'system', 'test', 'test', now() from platform.tenant where tenant_key = 'demo'"
        ))
        .await;
    }
    let deadline = Instant::now() + PATIENCE;
    let states = "select string_agg(state, ' ' order by id) from jobs.job where type = 'platform.send_mail'";
    while ask(states).await != "succeeded dead" {
        assert!(Instant::now() < deadline, "{}", ask(states).await);
        sleep(Duration::from_millis(50)).await;
    }
    let taken = server.taken.lock().unwrap().clone();
    assert_eq!(taken.len(), 1, "{taken:?}");
    let id = "<00000000-0000-7000-8000-000000000001@example.com>";
    assert!(taken[0].contains(id) && taken[0].contains("Please pay."), "{taken:?}");
    let words = ask(
        "select errors -> -1 ->> 'message' from jobs.job where type = 'platform.send_mail' and state = 'dead'",
    );
    assert!(words.await.contains("550 5.1.1 no such user here"));
    let trail = ask("select count(*) from audit.event where type = 'platform.send_mail'").await;
    assert_eq!(trail, "1");
    api.terminate().await.expect_code(0);
}

fn files(folder: PathBuf) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect()
}
