//! What the groups of a provider give: gained and lost at each sign-in, and never more than the author of the mapping holds.

use std::collections::BTreeSet;

use athyper_issuer::Issuer;
use athyper_test_kit::Client;
use serde_json::{Value, json};

use super::{Federated, Provider};

const MAPPINGS: &str = "/v1/federation/mappings";

/// A tenant with a provider, and an administrator who has made a group.
struct Town {
    fed: Federated,
    issuer: Issuer,
    okta: Provider,
    admin: Client,
    readers: String,
}

impl Town {
    async fn new() -> Self {
        let fed = Federated::new().await;
        let issuer = fed.issuer();
        let okta = fed.provider("demo", "okta", &issuer, json!({"allowedDomains": []})).await;
        let admin = fed.admin("demo");
        let readers = admin.post("/v1/iam/groups", &json!({"displayName": "Readers"})).await.expect(201);
        let readers = readers.text("/id");
        let scope = json!({"kind": "module", "module": "finance"});
        let grant = json!({"subject": {"group": readers}, "role": "viewer", "scope": scope});
        admin.post("/v1/iam/role-bindings", &grant).await.expect(201);
        Self { fed, issuer, okta, admin, readers }
    }

    /// Makes a mapping, and gives its path.
    async fn map(&self, value: &str, target: Value) -> String {
        let body = json!({"provider": self.okta.id, "value": value, "target": target});
        self.fed.advance(&self.issuer, chrono::TimeDelta::milliseconds(1));
        self.admin.post(MAPPINGS, &body).await.expect(201).header("location")
    }

    /// Signs a person in with these groups, and gives back the session's browser with the person's id.
    async fn arrive(&self, groups: Value) -> (crate::stage::Browser, String) {
        self.issuer.behave(|manners| manners.person = json!({"sub": "s-1", "groups": groups}));
        self.fed.advance(&self.issuer, chrono::TimeDelta::milliseconds(1));
        let browser = self.fed.browser();
        self.okta.sign_in(&browser).await.expect(303);
        let id = browser.get("/auth/session").await.expect(200).text("/subject");
        (browser, id)
    }

    async fn members(&self) -> Vec<String> {
        let path = format!("/v1/iam/groups/{}/members", self.readers);
        let shown = self.admin.get(&path).await.expect(200).json();
        shown["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["id"].as_str().unwrap().to_owned())
            .collect()
    }

    async fn bindings(&self, id: &str) -> usize {
        let shown = self.admin.get(&format!("/v1/iam/role-bindings?principal={id}")).await.expect(200).json();
        shown["items"].as_array().unwrap().len()
    }

    /// Facts of the last sign-in.
    async fn last(&self) -> Value {
        let events = self.fed.events("demo").await;
        events.into_iter().rev().find(|(kind, _)| kind == "auth.login_success").unwrap().1
    }
}

#[tokio::test]
async fn groups_and_roles_come_and_go_with_the_claim() {
    let town = Town::new().await;
    town.map("readers", json!({"group": town.readers})).await;
    town.map("books", json!({"role": "accountant"})).await;
    let (browser, id) = town.arrive(json!(["readers", "strangers"])).await;
    browser.get("/v1/finance/accounts").await.expect(200);
    assert_eq!((town.members().await, town.bindings(&id).await), (vec![id.clone()], 0));
    assert_eq!(town.last().await["gained"].as_array().unwrap().len(), 1);

    let (browser, _) = town.arrive(json!("books")).await;
    assert_eq!((town.members().await.len(), town.bindings(&id).await), (0, 1));
    let account = json!({"code": "Assets:Cash", "type": "asset"});
    browser.post("/v1/finance/accounts", &account).await.expect(201);
    let facts = town.last().await;
    assert_eq!((facts["gained"].as_array().unwrap().len(), facts["lost"].as_array().unwrap().len()), (1, 1));

    let (browser, _) = town.arrive(json!([])).await;
    assert_eq!((town.members().await.len(), town.bindings(&id).await), (0, 0));
    browser.get("/v1/finance/accounts").await.expect(403);
    // A claim that cannot be read is not one without groups.
    town.arrive(json!(["books"])).await;
    town.arrive(json!({"books": true})).await;
    assert_eq!(town.bindings(&id).await, 1);
    assert_eq!(town.last().await["groups"], "unreadable");
}

#[tokio::test]
async fn what_somebody_else_gave_is_not_taken() {
    let town = Town::new().await;
    let (_, id) = town.arrive(json!([])).await;
    let add = format!("/v1/iam/groups/{}/members", town.readers);
    town.admin.post(&add, &json!({"principal": id})).await.expect(200);
    let bind = json!({"subject": {"principal": id}, "role": "accountant"});
    town.admin.post("/v1/iam/role-bindings", &bind).await.expect(201);
    let mapping = town.map("readers", json!({"group": town.readers})).await;
    town.map("books", json!({"role": "accountant"})).await;
    town.arrive(json!(["readers", "books"])).await;
    town.arrive(json!([])).await;
    assert_eq!((town.members().await, town.bindings(&id).await), (vec![id.clone()], 1));
    town.arrive(json!(["readers"])).await;
    let shown = town.admin.get(&mapping).await.expect(200);
    town.admin.with("if-match", &shown.header("etag")).delete(&mapping).await.expect(204);
    assert_eq!(town.members().await, [id]);
}

#[tokio::test]
async fn what_was_given_goes_with_its_mapping_and_with_its_provider() {
    let town = Town::new().await;
    let mapping = town.map("readers", json!({"group": town.readers})).await;
    town.map("books", json!({"role": "accountant"})).await;
    let (_, id) = town.arrive(json!(["readers", "books"])).await;
    let shown = town.admin.get(&mapping).await.expect(200);
    town.admin.with("if-match", &shown.header("etag")).delete(&mapping).await.expect(204);
    assert_eq!((town.members().await.len(), town.bindings(&id).await), (0, 1));
    let shown = town.admin.get(&town.okta.path()).await.expect(200);
    town.admin.with("if-match", &shown.header("etag")).delete(&town.okta.path()).await.expect(204);
    assert_eq!(town.bindings(&id).await, 0);
    town.admin.get(&format!("/v1/iam/principals/{id}")).await.expect(200);
}

#[tokio::test]
async fn duties_that_are_kept_apart_stay_apart() {
    let town = Town::new().await;
    let rule =
        json!({"name": "Books and reading", "left": {"role": "accountant"}, "right": {"role": "viewer"}});
    town.admin.post("/v1/governance/separation-rules", &rule).await.expect(201);
    town.map("readers", json!({"group": town.readers})).await;
    town.map("books", json!({"role": "accountant"})).await;
    let (_, id) = town.arrive(json!(["readers", "books"])).await;
    assert_eq!(
        (town.members().await.len(), town.bindings(&id).await),
        (1, 0),
        "the older mapping comes first"
    );
    let refused = town.last().await["notGiven"][0].as_str().unwrap().to_owned();
    assert!(refused.ends_with("iam.duties_not_separate"), "{refused}");
    // What goes makes room for what comes.
    town.arrive(json!(["books"])).await;
    assert_eq!((town.members().await.len(), town.bindings(&id).await), (0, 1));
}

#[tokio::test]
async fn the_last_administrator_stays_one() {
    let town = Town::new().await;
    town.map("bosses", json!({"role": "tenant_admin"})).await;
    let (_, id) = town.arrive(json!(["bosses"])).await;
    town.arrive(json!([])).await;
    assert_eq!(town.bindings(&id).await, 1);
    assert!(town.last().await["notGiven"][0].as_str().unwrap().ends_with("iam.last_administrator"));
}

#[tokio::test]
async fn a_target_that_there_is_not_is_refused() {
    let town = Town::new().await;
    for target in [
        json!({"group": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071"}),
        json!({"role": "emperor"}),
        json!({"role": "viewer", "scope": {"kind": "module", "module": "nowhere"}}),
        json!({"role": "viewer", "scope": {"kind": "everywhere"}}),
    ] {
        let body = json!({"provider": town.okta.id, "value": "x", "target": target});
        let refused = town.admin.post(MAPPINGS, &body).await;
        assert_eq!(refused.status, 422, "{target}");
    }
    let odd =
        json!({"provider": town.okta.id, "value": "x", "target": {"group": town.readers, "role": "viewer"}});
    town.admin.post(MAPPINGS, &odd).await.expect(422);
    // A role that is gone when somebody comes gives nothing, and keeps nobody out.
    let role = json!({"name": "Passing", "permissions": ["finance.list_accounts"]});
    let role = town.admin.post("/v1/iam/roles", &role).await.expect(201);
    town.map("passing", json!({"role": role.text("/id")})).await;
    let path = format!("/v1/iam/roles/{}", role.text("/id"));
    town.admin.with("if-match", &role.header("etag")).delete(&path).await.expect(200);
    let (_, id) = town.arrive(json!(["passing"])).await;
    assert_eq!(town.bindings(&id).await, 0);
}

/// A source of chance that gives the same run for the same seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % bound as u64).unwrap()
    }
}

/// Permissions that somebody holds: in the whole tenant, or in the module that the permission is of, which is the same.
async fn held(admin: &Client, id: &str) -> BTreeSet<String> {
    let path = format!("/v1/iam/principals/{id}/effective-permissions");
    let shown = admin.get(&path).await.expect(200).json();
    let entries = shown["permissions"].as_array().unwrap().iter();
    entries.map(|entry| entry["permission"].as_str().unwrap().to_owned()).collect()
}

/// Random authors with random rights make random mappings; whoever then signs in with all groups holds nothing that no author holds.
#[tokio::test]
async fn no_mapping_gives_what_its_author_lacks() {
    let permissions = [
        "finance.list_accounts",
        "finance.create_account",
        "finance.post_journal",
        "iam.list_principals",
        "iam.create_role_binding",
        "platform.list_jobs",
    ];
    let scopes = [
        json!({"kind": "tenant"}),
        json!({"kind": "module", "module": "finance"}),
        json!({"kind": "module", "module": "iam"}),
    ];
    let (mut made, mut refused, mut given) = (0, 0, 0);
    for seed in 0..4 {
        let (town, mut dice) = (Town::new().await, Dice(seed));
        let mut roles = Vec::new();
        for number in 0..5 {
            let chosen: Vec<_> = permissions.iter().filter(|_| dice.below(3) == 0).collect();
            let role = json!({"name": format!("Role {number}"), "permissions": chosen});
            roles.push(town.admin.post("/v1/iam/roles", &role).await.expect(201).text("/id"));
        }
        let author = town
            .admin
            .post("/v1/iam/principals", &json!({"userName": "author"}))
            .await
            .expect(201)
            .text("/id");
        let link = json!({"subject": "author@demo"});
        town.admin.post(&format!("/v1/iam/principals/{author}/links"), &link).await.expect(201);
        let base = json!({"name": "Federation", "permissions": ["federation.create_mapping", "iam.create_role_binding"]});
        let base = town.admin.post("/v1/iam/roles", &base).await.expect(201).text("/id");
        let bind = json!({"subject": {"principal": author}, "role": base});
        town.admin.post("/v1/iam/role-bindings", &bind).await.expect(201);
        for _ in 0..3 {
            let (role, scope) = (&roles[dice.below(roles.len())], &scopes[dice.below(scopes.len())]);
            let bind = json!({"subject": {"principal": author}, "role": role, "scope": scope});
            town.admin.post("/v1/iam/role-bindings", &bind).await;
        }
        let client = town.fed.nobody("demo", "author");
        for _ in 0..12 {
            let (role, scope) = (&roles[dice.below(roles.len())], &scopes[dice.below(scopes.len())]);
            let target = match dice.below(4) {
                0 => json!({"group": town.readers}),
                _ => json!({"role": role, "scope": scope}),
            };
            let body = json!({"provider": town.okta.id, "value": "all", "target": target});
            match client.post(MAPPINGS, &body).await.status {
                201 => made += 1,
                403 => refused += 1,
                status => assert_eq!(status, 409, "{body}"),
            }
        }
        let (_, id) = town.arrive(json!(["all"])).await;
        let (theirs, own) = (held(&town.admin, &author).await, held(&town.admin, &id).await);
        let more: Vec<_> = own.difference(&theirs).collect();
        assert!(more.is_empty(), "seed {seed}: {more:?} are not among {theirs:?}");
        given += own.len();
    }
    assert!(
        made > 4 && refused > 4 && given > 4,
        "{made} made, {refused} refused, {given} given: nothing was tried"
    );
}
