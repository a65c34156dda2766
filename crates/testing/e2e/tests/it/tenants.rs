//! Tenants that come and go while several processes serve, and ten thousand of them in one realm.

use std::time::{Duration, Instant};

use athyper_e2e::{Answer, Client, Launch, Platform, Program, Running, free_port};
use serde_json::json;
use tokio::time::sleep;

const TENANTS: &str = "/v1/control/tenants";
/// How often the tenant is suspended and activated again.
const ROUNDS: usize = 8;
/// Longest wait for another process to know; what is seen is said.
const PATIENCE: Duration = Duration::from_secs(20);
/// Tenants of the long proof.
const MANY: usize = 10_000;

/// An api whose tokens are those of the first process.
fn api(platform: &Platform, port: u16) -> Launch {
    let base = format!("publicBaseUrl=http://localhost:{}", platform.port());
    platform.launch(Program::Api).env("PORT", port.to_string()).set(&base)
}

async fn second(platform: &Platform) -> (Running, u16) {
    let port = free_port();
    let process = api(platform, port).set(&format!("operator.port={}", free_port())).start();
    let deadline = Instant::now() + PATIENCE;
    while Client::at(port).try_get("/health/ready").await != Some(200) {
        assert!(Instant::now() < deadline, "the second api is not ready");
        sleep(Duration::from_millis(20)).await;
    }
    (process, port)
}

async fn token(platform: &Platform, args: &[&str]) -> String {
    let command = api(platform, platform.port()).args(&["token"]).args(args);
    command.run().await.expect_code(0).stdout.trim().to_owned()
}

/// An operator who may change the register.
async fn operator(platform: &Platform) -> Client {
    let args = ["--realm", "platform", "--tenant", "operators", "--user", "admin"];
    let operator = platform.anonymous().with_token(&token(platform, &args).await);
    let body = json!({"reason": "a test", "minutes": 60});
    operator.post("/v1/control/elevations", &body).await.expect(201);
    operator
}

async fn make(operator: &Client, key: &str) -> Answer {
    let body = json!({"realmKey": "athyper", "tenantKey": key, "name": "Initech Inc"});
    operator.post(TENANTS, &body).await.expect(201)
}

/// How long it takes until the answer has this status.
async fn until(client: &Client, status: u16) -> Duration {
    let started = Instant::now();
    while client.get("/v1/operations").await.status != status {
        assert!(started.elapsed() < PATIENCE, "not {status} after {PATIENCE:?}");
        sleep(Duration::from_millis(5)).await;
    }
    started.elapsed()
}

#[tokio::test]
async fn what_one_process_does_to_a_tenant_the_other_knows_within_a_second() {
    let platform = Platform::new();
    let _first = platform.serve(api(&platform, platform.port())).await;
    let (_second, port) = second(&platform).await;
    let operator = operator(&platform).await;
    let path = make(&operator, "initech").await.json()["id"].as_str().map(|id| format!("{TENANTS}/{id}"));
    let path = path.unwrap();
    let user = token(&platform, &["--tenant", "initech", "--user", "viewer", "--any-tenant"]).await;
    let there = Client::at(port).with_token(&user);
    until(&there, 200).await;
    let mut longest = Duration::ZERO;
    for _ in 0..ROUNDS {
        operator.post_empty(&format!("{path}/suspend")).await.expect(200);
        longest = longest.max(until(&there, 403).await);
        operator.post_empty(&format!("{path}/activate")).await.expect(200);
        longest = longest.max(until(&there, 200).await);
    }
    eprintln!("the other process knew after {longest:?} at most");
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn soak_ten_thousand_tenants_in_one_realm() {
    let platform = Platform::new();
    let started = Instant::now();
    let first = platform.serve(api(&platform, platform.port())).await;
    eprintln!("first start after {:?}", started.elapsed());
    first.terminate().await.expect_code(0);
    let few = Instant::now();
    let mut process = platform.serve(api(&platform, platform.port())).await;
    let few = few.elapsed();

    let operator_client = operator(&platform).await;
    let mut creations = Vec::with_capacity(MANY);
    for number in 0..MANY {
        let began = Instant::now();
        make(&operator_client, &format!("tenant-{number:05}")).await;
        creations.push(began.elapsed());
        if number % 1_000 == 999 {
            eprintln!("{} tenants", number + 1);
        }
    }
    let mut lists = Vec::new();
    for number in 0..1_000 {
        let path = match number % 4 {
            0 => TENANTS.to_owned(),
            1 => format!("{TENANTS}?realmKey=athyper&limit=200"),
            2 => format!("{TENANTS}?realmKey=athyper&keyPrefix=tenant-0{}", number % 10),
            _ => "/v1/control/realms".to_owned(),
        };
        let began = Instant::now();
        operator_client.get(&path).await.expect(200);
        lists.push(began.elapsed());
    }
    say("creating a tenant", creations);
    say("a list", lists);

    process.terminate().await.expect_code(0);
    let many = Instant::now();
    process = platform.serve(api(&platform, platform.port())).await;
    eprintln!("start to ready: {few:?} with few tenants, {:?} with {MANY}", many.elapsed());
    let user = token(&platform, &["--tenant", "tenant-09999", "--user", "viewer", "--any-tenant"]).await;
    until(&platform.anonymous().with_token(&user), 200).await;
    process.terminate().await.expect_code(0);
}

fn say(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: usize| times[times.len() * share / 100];
    eprintln!(
        "{what}: median {:?}, 99th percentile {:?}, longest {:?}",
        at(50),
        at(99),
        times[times.len() - 1]
    );
}
