//! Browser sessions over two api processes and one database: what one ends, the other refuses within a second.

use std::fs;
use std::time::{Duration, Instant};

use athyper_e2e::{Client, Launch, Platform, Program, free_port};
use athyper_issuer::Issuer;
use futures::future::join_all;
use reqwest::redirect::Policy;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::time::sleep;

/// A browser as far as these tests need one: it keeps the cookies of one host and follows nothing by itself.
struct Browser {
    http: reqwest::Client,
    cookies: Vec<(String, String)>,
}

impl Browser {
    fn new() -> Self {
        let http = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        Self { http, cookies: Vec::new() }
    }

    async fn get(&mut self, url: &str) -> Response {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response = self.http.get(url).header("cookie", cookies.join("; ")).send().await.unwrap();
        for line in response.headers().get_all("set-cookie") {
            let (name, rest) = line.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap().to_owned();
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value));
        }
        response
    }

    /// Signs in at this api.
    async fn sign_in(base: &str) -> Self {
        let mut browser = Self::new();
        let mut url = format!("{base}/auth/login?returnTo=/done");
        for _ in 0..3 {
            let response = browser.get(&url).await;
            let status = response.status();
            assert!(status.is_redirection(), "{url}: {status}");
            let location = response.headers()["location"].to_str().unwrap().to_owned();
            if location == "/done" {
                return browser;
            }
            url = location;
        }
        panic!("the sign-in has no end");
    }

    /// The session, to be shown to any process.
    fn cookie(&self) -> String {
        let session = self.cookies.iter().find(|(name, _)| name == "athyper-session-athyper").unwrap();
        format!("{}={}", session.0, session.1)
    }
}

fn realm(issuer: &Issuer, base: &str) -> Value {
    json!({"iam": {"realms": {"athyper": {
        "iam": {"clientId": "athyper", "issuerUrl": issuer.url()},
        "redirectUriAllowlist": [format!("{base}/auth/callback")],
        "featureFlags": {"bffSessions": true, "refreshRotation": true, "csrfProtection": true, "pkceFlow": true,
            "strictIssuerCheck": true},
        "tenants": {"demo": {}},
    }}}})
}

/// The time of this machine, which the processes hold tokens against.
#[expect(clippy::disallowed_methods, reason = "the processes have no other clock")]
fn now() -> i64 {
    chrono::Utc::now().timestamp()
}

#[tokio::test]
async fn sessions_are_one_over_processes() {
    let platform = Platform::new();
    let issuer = Issuer::start(now());
    let person = |role: &str| json!({"sub": format!("{role}-1"), "tenantKey": "demo", "roles": [role]});
    issuer.behave(|manners| manners.person = person("viewer"));
    let (first, second) = (platform.port(), free_port());
    let base = format!("http://localhost:{first}");
    let file = platform.folder().join("athyper.json");
    fs::write(&file, realm(&issuer, &base).to_string()).unwrap();
    let launch = |port: u16| -> Launch {
        platform
            .launch(Program::Api)
            .env("ATHYPER_KERNEL_CONFIG_PATH", &file)
            .env("PORT", port.to_string())
            .env("PUBLIC_BASE_URL", &base)
            .set(&format!("operator.port={}", free_port()))
    };
    let one = platform.serve(launch(first)).await;
    let mut two = launch(second).start();
    two.until_it_says("http is served", Duration::from_mins(1)).await;

    let browser = Browser::sign_in(&base).await;
    let (here, there) = (Client::at(first), Client::at(second).with("cookie", &browser.cookie()));
    // Both know it, and the second keeps it in memory from here on.
    for _ in 0..20 {
        there.get("/v1/finance/accounts").await.expect(200);
    }

    issuer.behave(|manners| manners.person = person("tenant_admin"));
    let token = issuer.access_token(&person("tenant_admin"));
    let admin = here.with_token(&token);
    admin.post("/v1/security/sessions/revoke-of-person", &json!({"subject": "viewer-1"})).await.expect(200);
    let revoked = Instant::now();
    while there.get("/v1/finance/accounts").await.status != 401 {
        assert!(revoked.elapsed() < Duration::from_secs(1), "not heard within a second");
        sleep(Duration::from_millis(5)).await;
    }
    eprintln!("a revocation was effective at the other process after {:?}", revoked.elapsed());

    // Access that ends at once: requests at both processes make one refresh.
    issuer
        .behave(|manners| (manners.access_lifetime, manners.refresh_takes) = (1, Duration::from_millis(300)));
    let browser = Browser::sign_in(&base).await;
    issuer.behave(|manners| manners.access_lifetime = 300);
    let before = issuer.refreshes();
    let clients = [first, second].map(|port| Client::at(port).with("cookie", &browser.cookie()));
    let answers =
        join_all((0..50).map(|n| clients[n % 2].send(Method::GET, "/v1/finance/accounts", None, ""))).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    assert_eq!((issuer.refreshes() - before, issuer.refused()), (1, 0));

    two.terminate().await.expect_code(0);
    one.terminate().await.expect_code(0);
}
