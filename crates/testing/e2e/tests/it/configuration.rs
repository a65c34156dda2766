//! Configurations that cannot be used, and what the process says of them before it ends.

use std::fs;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use athyper_e2e::{Ended, Launch, Platform, Program, free_port};
use serde_json::{Value, json};

/// Exit codes, as the guide to the configuration lists them (BSD sysexits).
const UNAVAILABLE: i32 = 69;
const NO_PERMISSION: i32 = 77;
const CONFIG: i32 = 78;

/// A word that must never be seen.
const SECRET: &str = "hunter2";

fn api(platform: &Platform) -> Launch {
    platform.launch(Program::Api)
}

/// The api with this configuration file.
fn with_file(platform: &Platform, config: &Value) -> Launch {
    let file = platform.folder().join("athyper.json");
    fs::write(&file, config.to_string()).unwrap();
    api(platform).env("ATHYPER_KERNEL_CONFIG_PATH", &file)
}

/// Each of these is said, on standard error alone.
#[track_caller]
fn says(ended: &Ended, words: &[&str]) {
    for word in words {
        assert!(ended.stderr.contains(word), "{word:?} is not in\n{}", ended.stderr);
    }
    assert_eq!(ended.stdout, "");
}

#[tokio::test]
async fn all_mistakes_are_in_one_report() {
    let platform = Platform::new();
    let file = json!({
        "db": {"poolMx": 1},
        "jobQueue": {"concurrency": 0},
        "iam": {"realms": {"athyper": {"builtInIssuer": true, "tenants": {"bad key": {}}}}},
    });
    let launch = || {
        with_file(&platform, &file)
            .env("PORT", "many")
            .env("LOG_LEVEL", SECRET)
            .env("DB_URL", format!("postgres://somebody:{SECRET}@elsewhere/db"))
            .env("ATHYPER_SUPER__DB_ULR", format!("postgres://{SECRET}"))
            .set("http.bodyLimitBytes=-1")
    };
    for launch in [launch(), launch().args(&["config", "check"])] {
        let ended = launch.run().await.expect_code(CONFIG);
        says(
            &ended,
            &[
                "db.poolMx",
                "did you mean poolMax?",
                "jobQueue.concurrency",
                "bad key",
                "port",
                "PORT",
                "logLevel",
                "db.url",
                "ATHYPER_SUPER__DB_URL",
                "ATHYPER_SUPER__DB_ULR",
                "http.bodyLimitBytes",
                "--set",
            ],
        );
        assert!(!ended.stderr.contains(SECRET), "{}", ended.stderr);
    }
    assert!(!platform.data_dir().exists(), "nothing was started");
}

#[tokio::test]
async fn secrets_stay_hidden_and_locked_paths_stay_locked() {
    let platform = Platform::new();
    let url = format!("postgres://athyper_app:{SECRET}@127.0.0.1:1/athyper");
    let launch = || api(&platform).env("ATHYPER_SUPER__DB_URL", &url).env("DB_POOL_MAX", "3");
    let checked = launch().args(&["config", "check"]).run().await.expect_code(0);
    assert!(checked.stdout.starts_with("configuration is valid: env local, mode api"), "{checked:?}");
    let explained = launch().args(&["config", "explain", "db"]).run().await.expect_code(0);
    assert!(
        explained.stdout.contains("db.url = \"[redacted]\"    (super, ATHYPER_SUPER__DB_URL)"),
        "{explained:?}"
    );
    assert!(explained.stdout.contains("db.poolMax = 3    (env, DB_POOL_MAX)"), "{explained:?}");
    assert!(!explained.stdout.contains("iam."), "{explained:?}");
    let all = launch().args(&["config", "explain"]).run().await.expect_code(0);
    for ended in [checked, explained, all] {
        assert!(!format!("{ended:?}").contains(SECRET), "{ended:?}");
    }

    let locked = [
        api(&platform).set(&format!("db.url={url}")),
        api(&platform).env("DB_URL", &url),
        with_file(&platform, &json!({"db": {"url": url}})),
    ];
    for launch in locked {
        let ended = launch.args(&["config", "check"]).run().await.expect_code(CONFIG);
        says(&ended, &["db.url", "locked", "set ATHYPER_SUPER__DB_URL instead"]);
        assert!(!ended.stderr.contains(SECRET), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn the_built_in_issuer_stays_on_a_developers_machine() {
    let platform = Platform::new();
    for env in ["staging", "production"] {
        let realm = json!({"builtInIssuer": true, "iam": {"clientId": "athyper"}, "tenants": {"demo": {}}});
        let ended = with_file(&platform, &json!({"iam": {"realms": {"athyper": realm}}}))
            .env("ENVIRONMENT", env)
            .run()
            .await
            .expect_code(CONFIG);
        says(
            &ended,
            &["iam.realms.athyper.builtInIssuer", "demo users", env, "set iam.issuerUrl of the realm"],
        );
    }
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_told() {
    let platform = Platform::new();
    let port = free_port();
    let began = Instant::now();
    let ended = api(&platform)
        .env("ATHYPER_SUPER__DB_URL", format!("postgres://athyper_app:{SECRET}@127.0.0.1:{port}/athyper"))
        .run()
        .await
        .expect_code(UNAVAILABLE);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    says(&ended, &["the database cannot be reached"]);
    assert!(!ended.stderr.contains(SECRET), "{}", ended.stderr);
}

#[tokio::test]
async fn a_mighty_database_role_and_a_taken_port_are_refused() {
    let platform = Platform::new();
    let running = platform.api().await;

    for role in ["admin", "owner"] {
        let ended = api(&platform)
            .env("PORT", free_port().to_string())
            .env("ATHYPER_SUPER__DB_URL", platform.database_url(role))
            .run()
            .await
            .expect_code(NO_PERMISSION);
        says(&ended, &[&format!("athyper_{role}"), "row security would not hold", "create role athyper_app"]);
    }

    // The port of the api that runs, and one that some other program has on one of the machine's two addresses.
    let port = free_port();
    let somebody = TcpListener::bind(("127.0.0.1", port)).unwrap();
    for port in [platform.port(), port] {
        let ended = api(&platform).env("PORT", port.to_string()).run().await.expect_code(UNAVAILABLE);
        says(&ended, &[&format!("cannot listen on port {port}"), "choose another with PORT=<number>"]);
    }
    drop(somebody);

    platform.anonymous().get("/health/ready").await.expect(200);
    running.terminate().await.expect_code(0);
}
