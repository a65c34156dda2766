//! A load of wrong passwords in one tenant: it locks, tells nothing, and leaves the other tenants their pace.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use athyper_e2e::{Client, Platform};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// How long each half of the short form measures.
const SHORT: Duration = Duration::from_secs(3);
/// How long each half of the long form measures.
const LONG: Duration = Duration::from_mins(2);
/// How many guess at once.
const GUESSERS: usize = 32;
/// How long a mail may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The password of the account that is guessed at.
const PASSWORD: &str = "Correct-horse-7";

#[tokio::test]
async fn wrong_passwords_of_one_tenant_leave_the_others_their_pace() {
    guess(SHORT).await;
}

#[tokio::test]
#[ignore = "a soak of four minutes"]
async fn soak_wrong_passwords() {
    guess(LONG).await;
}

async fn guess(half: Duration) {
    let platform = Platform::new();
    let api = platform.api().await;
    account(&platform).await;
    let other = platform.client("globex", "accountant").await;
    let quiet = read_for(&other, half).await;

    let stop = Arc::new(AtomicBool::new(false));
    let mut guessers = JoinSet::new();
    for number in 0..GUESSERS {
        let (anybody, stop) = (platform.anonymous(), Arc::clone(&stop));
        // Every other one guesses at somebody who is not there.
        let login = if number % 2 == 0 { "zoe" } else { "nobody" };
        guessers.spawn(async move {
            let mut answers = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let begun = Instant::now();
                let answer = sign_in(&anybody, login, "Wrong-horse-7").await;
                answers.push((answer.status, answer.code(), begun.elapsed()));
            }
            (number % 2 == 0, answers)
        });
    }
    let loaded = read_for(&other, half).await;
    stop.store(true, Ordering::Relaxed);
    let (mut there, mut not_there) = (Guesses::default(), Guesses::default());
    while let Some(done) = guessers.join_next().await {
        let (is_there, answers) = done.unwrap();
        let of = if is_there { &mut there } else { &mut not_there };
        for (status, code, taken) in answers {
            // The same words whether there is such an account or not, and later that it is too much.
            assert!(matches!(status, 401 | 429), "{status} {code}");
            assert!(status == 429 || code == "accounts.sign_in_failed", "{code}");
            if status == 429 {
                of.turned_away += 1;
            } else {
                of.judged += 1;
                of.taken += taken;
            }
        }
    }
    for (name, of) in [("an account", &there), ("none", &not_there)] {
        let each = of.taken / of.judged.max(1);
        eprintln!(
            "wrong passwords at {name}: {} judged in {each:.1?} each, {} turned away",
            of.judged, of.turned_away
        );
    }
    for (name, times) in [("alone", &quiet), ("beside them", &loaded)] {
        eprintln!(
            "the other tenant {name}: {} reads, median {:.1?}, p99 {:.1?}",
            times.len(),
            at(times, 50),
            at(times, 99)
        );
    }
    assert!(there.judged > 0 && not_there.judged > 0 && !loaded.is_empty());
    // It is locked: the right password does not open it either.
    assert_ne!(sign_in(&platform.anonymous(), "zoe", PASSWORD).await.status, 200);
    let admin = platform.client("demo", "admin").await;
    let people = admin.get("/v1/accounts/people").await.expect(200).json();
    assert!(people["items"][0]["lockedUntil"].is_string(), "{people}");
    api.terminate().await.expect_code(0);
}

/// What became of the guesses at one login.
#[derive(Default)]
struct Guesses {
    /// Those that were told that something was wrong.
    judged: u32,
    /// How long these took together.
    taken: Duration,
    /// Those that were told that it is too much.
    turned_away: u32,
}

/// Somebody with a password in tenant `demo`, by invitation.
async fn account(platform: &Platform) {
    let admin = platform.client("demo", "admin").await;
    let person = json!({"kind": "user", "userName": "zoe",
        "profile": {"emails": [{"value": "zoe@example.com", "primary": true}]}});
    let id = admin.post("/v1/iam/principals", &person).await.expect(201).text("/id");
    admin.post("/v1/accounts/people", &json!({"principal": id})).await.expect(201);
    let deadline = Instant::now() + PATIENCE;
    let token = loop {
        if let Some(token) = token_of_mail(platform) {
            break token;
        }
        assert!(Instant::now() < deadline, "no invitation came");
        sleep(Duration::from_millis(50)).await;
    };
    let body = json!({"realm": "athyper", "tenant": "demo", "token": token, "password": PASSWORD});
    platform.anonymous().post("/v1/accounts/set-password", &body).await.expect(200);
}

/// The token of the link in the only mail, once it is there.
fn token_of_mail(platform: &Platform) -> Option<String> {
    let mails = fs::read_dir(platform.data_dir().join("mail")).ok()?;
    let text = mails.flatten().find_map(|mail| fs::read_to_string(mail.path()).ok())?;
    // Quoted-printable breaks long lines by a sign of equality (RFC 2045, section 6.7).
    let text = text.replace("=\r\n", "").replace("=\n", "").replace("=3D", "=");
    let (_, rest) = text.split_once("set-password?")?;
    let link: String = rest.chars().take_while(|c| !c.is_whitespace()).collect();
    link.split_once('#').map(|(_, token)| token.to_owned()).filter(|token| !token.is_empty())
}

async fn sign_in(client: &Client, login: &str, password: &str) -> athyper_e2e::Answer {
    let body: Value = json!({"realm": "athyper", "tenant": "demo", "login": login, "password": password});
    client.post("/v1/accounts/sign-in", &body).await
}

/// Reads a list again and again for this long, and gives how long each read took.
async fn read_for(client: &Client, limit: Duration) -> Vec<Duration> {
    let (begun, mut times) = (Instant::now(), Vec::new());
    while begun.elapsed() < limit {
        let read = Instant::now();
        client.get("/v1/finance/accounts").await.expect(200);
        times.push(read.elapsed());
        sleep(Duration::from_millis(10)).await;
    }
    times.sort();
    times
}

/// The time that this share of reads, in hundredths, stays below.
fn at(times: &[Duration], share: usize) -> Duration {
    times.get((times.len() * share / 100).min(times.len().saturating_sub(1))).copied().unwrap_or_default()
}
