//! Callers who are not who they say, or who try doors that are not theirs.

use std::fs;

use athyper_e2e::{Answer, Client, Platform, Program, Running};
use serde_json::{Value, json};

use crate::issuer::Issuer;
use crate::tokens::{Key, Parts};

const ACCOUNTS: &str = "/v1/finance/accounts";

/// Two realms: one of the built-in issuer and one of a company's own, which has a tenant of the same name.
struct Stage {
    // First, so that it ends before the platform is waited for.
    _api: Running,
    platform: Platform,
    issuer: Issuer,
}

impl Stage {
    async fn new() -> Self {
        let issuer = Issuer::start();
        let platform = Platform::new();
        let config = json!({"iam": {"realms": {
            "athyper": {
                "builtInIssuer": true,
                "iam": {"clientId": "athyper"},
                "tenants": {"demo": {}, "globex": {}},
            },
            "partner": {
                "iam": {"clientId": "athyper", "issuerUrl": issuer.url},
                "tenants": {"demo": {}, "vault": {}},
            },
        }}});
        let file = platform.folder().join("athyper.json");
        fs::write(&file, config.to_string()).unwrap();
        let launch = platform
            .launch(Program::Api)
            .env("ATHYPER_KERNEL_CONFIG_PATH", &file)
            .env("ATHYPER_SUPER__IAM_STRATEGY", "multi_realm");
        let api = platform.serve(launch).await;
        Self { _api: api, platform, issuer }
    }

    /// A token of a demo user of the realm `athyper`.
    async fn token(&self, tenant: &str, user: &str) -> String {
        let file = self.platform.folder().join("athyper.json");
        let command = self
            .platform
            .launch(Program::Api)
            .env("ATHYPER_KERNEL_CONFIG_PATH", &file)
            .env("ATHYPER_SUPER__IAM_STRATEGY", "multi_realm")
            .args(&["token", "--tenant", tenant, "--user", user]);
        command.run().await.expect_code(0).stdout.trim().to_owned()
    }

    fn with_token(&self, token: &str) -> Client {
        self.platform.anonymous().with_token(token)
    }
}

#[tokio::test]
async fn nobody_gets_in_by_a_forged_token_or_a_header() {
    let stage = Stage::new().await;
    let real = stage.token("demo", "admin").await;
    stage.with_token(&real).get(ACCOUNTS).await.expect(200);

    for (name, token) in forged(&real) {
        refused(&stage, &name, &token).await;
    }
    for (name, token) in misdirected(&stage, &real) {
        refused(&stage, &name, &token).await;
    }
    no_token_at_all(&stage).await;
    headers_open_no_door(&stage, &real).await;
    roles_are_those_of_the_token(&stage, &real).await;
    records_of_another_tenant_do_not_exist(&stage, &real).await;
    stage.with_token(&real).get(ACCOUNTS).await.expect(200);
}

/// A token is refused in the same words whatever is wrong with it, on a read and on a write.
async fn refused(stage: &Stage, name: &str, token: &str) {
    let client = stage.with_token(token);
    let account = json!({"code": "Assets:Stolen", "type": "asset"});
    for answer in [client.get(ACCOUNTS).await, client.post(ACCOUNTS, &account).await] {
        assert_eq!(answer.status, 401, "{name}: {answer:?}");
        assert_eq!(answer.code(), "request.invalid_token", "{name}");
        assert!(answer.header("www-authenticate").starts_with("Bearer"), "{name}");
    }
}

/// Tokens that the issuer never signed as they stand.
fn forged(real: &str) -> Vec<(String, String)> {
    let (parts, own) = (Parts::read(real), Key::new());
    let jwk = own.jwk("mine");
    let key_id = parts.header["kid"].as_str().unwrap().to_owned();
    let of_globex = json!({"tenantKey": "globex"});
    let mut tokens = vec![
        ("another key under the id of the real one", parts.signed_by(&own)),
        ("another key under an id of its own", parts.clone().headed(&json!({"kid": "mine"})).signed_by(&own)),
        ("no key id", parts.clone().headed(&json!({"kid": null})).signed_by(&own)),
        ("a key that the token brings along", {
            parts.clone().headed(&json!({"kid": "mine", "jwk": jwk})).signed_by(&own)
        }),
        ("the key's id as the secret of an HMAC", {
            parts.clone().headed(&json!({"alg": "HS256"})).sealed_with(key_id.as_bytes())
        }),
        ("another tenant", parts.clone().claiming(&of_globex).as_it_was_signed()),
        ("another realm", parts.clone().claiming(&json!({"realmKey": "partner"})).as_it_was_signed()),
        ("another issuer", parts.clone().claiming(&json!({"iss": "http://localhost:1"})).as_it_was_signed()),
        ("another user", parts.clone().claiming(&json!({"sub": "somebody"})).as_it_was_signed()),
        ("more roles", parts.clone().claiming(&json!({"roles": ["admin", "root"]})).as_it_was_signed()),
        ("a longer life", parts.clone().claiming(&json!({"exp": 4_000_000_000_u64})).as_it_was_signed()),
        ("no signature", parts.unsigned()),
        ("two parts", parts.signed_text()),
        ("a part too many", format!("{real}.")),
        ("no token", "nonsense".to_owned()),
        ("a very long one", format!("{real}{}", "A".repeat(20_000))),
    ];
    for algorithm in ["none", "None", "NONE", ""] {
        let unsigned = parts.clone().headed(&json!({"alg": algorithm}));
        tokens.push(("an algorithm that signs nothing", unsigned.unsigned()));
        tokens.push(("an algorithm that signs nothing, with a signature", unsigned.as_it_was_signed()));
    }
    // One bit of the signature; the last character of the text holds bits that count for nothing.
    let (start, end) = real.split_at(real.len() - 10);
    let flipped = if end.starts_with('A') { 'B' } else { 'A' };
    tokens.push(("a bit of the signature", format!("{start}{flipped}{}", &end[1..])));
    tokens.into_iter().map(|(name, token)| (name.to_owned(), token)).collect()
}

/// Tokens with a right signature of an issuer that the platform trusts, which are not for it, or not for now.
fn misdirected(stage: &Stage, real: &str) -> Vec<(String, String)> {
    let like = stage.issuer.like(real);
    let issued = like.claims["iat"].as_i64().unwrap();
    [
        json!({"aud": "another-platform"}),
        json!({"aud": ["a", "b"]}),
        json!({"aud": null}),
        json!({"azp": "another-client"}),
        json!({"iss": "http://127.0.0.1:1"}),
        json!({"iss": Parts::read(real).claims["iss"]}),
        json!({"iss": null}),
        json!({"exp": issued - 3_600, "iat": issued - 7_200}),
        json!({"exp": null}),
        json!({"exp": "tomorrow"}),
        json!({"nbf": issued + 3_600}),
        json!({"iat": issued + 3_600}),
        json!({"sub": null}),
        json!({"typ": "ID"}),
    ]
    .into_iter()
    .map(|change| (change.to_string(), stage.issuer.sign(&like.clone().claiming(&change))))
    .collect()
}

async fn no_token_at_all(stage: &Stage) {
    let anybody = stage.platform.anonymous();
    for client in [
        anybody.clone(),
        anybody.with("authorization", "Basic YTpi"),
        anybody.with("authorization", "Bearer"),
    ] {
        let answer = client.with("x-tenant", "demo").get(ACCOUNTS).await.expect(401);
        assert_eq!(answer.code(), "request.no_token");
    }
}

/// Headers choose among the tenants of the token; they add none.
async fn headers_open_no_door(stage: &Stage, real: &str) {
    let demo = stage.with_token(real);
    demo.with("x-tenant", "demo").with("x-realm", "athyper").get(ACCOUNTS).await.expect(200);
    for (header, value, code) in [
        ("x-tenant", "globex", "request.tenant_not_entitled"),
        ("x-tenant", "no-such-tenant", "request.tenant_not_entitled"),
        ("x-realm", "partner", "request.tenant_disagreement"),
        ("x-realm", "no-such-realm", "request.tenant_disagreement"),
    ] {
        let answer = demo.with(header, value).get(ACCOUNTS).await.expect(403);
        assert_eq!(answer.code(), code, "{header}: {value}");
        let body = answer.json().to_string();
        assert!(!body.contains("vault") && !body.contains("globex"), "it tells of others: {body}");
    }

    // The partner's own issuer opens the partner's tenant of the same name, and nothing of this realm.
    let like = stage.issuer.like(real);
    let partner = stage.with_token(&stage.issuer.sign(&like));
    let account = json!({"code": "Assets:Partner", "type": "asset"});
    let location = partner.post(ACCOUNTS, &account).await.expect(201).header("location");
    assert_eq!(demo.get(&location).await.expect(404).code(), "finance.account_not_found");
    assert_eq!(partner.with("x-realm", "athyper").get(ACCOUNTS).await.expect(403).status, 403);
    let lying = stage.issuer.sign(&like.claiming(&json!({"realmKey": "athyper"})));
    let rows = stage.with_token(&lying).list(&format!("{ACCOUNTS}?")).await;
    assert_eq!(rows.len(), 2, "the issuer decides the realm, not the claim: {rows:?}");
}

async fn roles_are_those_of_the_token(stage: &Stage, real: &str) {
    let viewer = stage.with_token(&stage.token("demo", "viewer").await);
    viewer.get(ACCOUNTS).await.expect(200);
    let account = json!({"code": "Assets:Viewer", "type": "asset"});
    assert_eq!(viewer.post(ACCOUNTS, &account).await.expect(403).code(), "request.forbidden");
    let nobody = stage.issuer.like(real).claiming(&json!({"roles": []}));
    let nobody = stage.with_token(&stage.issuer.sign(&nobody));
    assert_eq!(nobody.get(ACCOUNTS).await.expect(403).code(), "request.forbidden");
}

/// What one tenant has, another one cannot see, name, or change.
async fn records_of_another_tenant_do_not_exist(stage: &Stage, real: &str) {
    let globex = stage.with_token(&stage.token("globex", "admin").await);
    let demo = stage.with_token(real);
    let books = json!({"code": "main", "name": "Main", "baseCurrency": "EUR"});
    globex.post("/v1/finance/legal-entities", &books).await.expect(201);
    let period = json!({"name": "2024", "startsOn": "2024-01-01", "endsOn": "2024-12-31"});
    let period = globex.post("/v1/finance/periods", &period).await.expect(201).header("location");
    for code in ["Assets:Cash", "Expenses:Fees"] {
        let kind = if code.starts_with("Assets") { "asset" } else { "expense" };
        globex.post(ACCOUNTS, &json!({"code": code, "type": kind})).await.expect(201);
    }
    let account = globex.list(&format!("{ACCOUNTS}?")).await[0]["id"].as_str().unwrap().to_owned();
    let lines = json!([
        {"account": "Expenses:Fees", "debit": "1.00", "currency": "EUR"},
        {"account": "Assets:Cash", "credit": "1.00", "currency": "EUR"},
    ]);
    let journal = json!({"date": "2024-01-04", "lines": lines});
    let draft = globex.post("/v1/finance/journals", &journal).await.expect(201).header("location");
    let operation = globex.post_csv("/v1/opening/accounts/import", "account,type\nAssets:Bank,asset\n").await;
    let operation = operation.expect(202).header("location");

    let account = format!("{ACCOUNTS}/{account}");
    for path in [&account, &period, &draft, &operation] {
        globex.get(path).await.expect(200);
        not_found(&demo.get(path).await, path);
    }
    for path in [format!("{draft}/post"), format!("{draft}/reverse"), format!("{period}/close")] {
        let answer = if path.ends_with("reverse") {
            demo.post(&path, &json!({})).await
        } else {
            demo.post_empty(&path).await
        };
        not_found(&answer, &path);
    }
    // Naming an account of the other tenant is naming one that does not exist.
    let answer = demo.post("/v1/finance/journals", &journal).await.expect(422);
    assert_eq!(answer.text("/errors/0/code"), "unknown_account");
    assert_eq!(globex.get(&draft).await.expect(200).text("/state"), "draft");
}

#[track_caller]
fn not_found(answer: &Answer, path: &str) {
    assert_eq!(answer.status, 404, "{path}: {:?}", answer.body);
    let problem: Value = answer.json();
    assert!(!problem.to_string().contains("globex"), "{problem}");
}
