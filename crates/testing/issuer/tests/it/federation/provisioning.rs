//! Who somebody becomes at a first sign-in, and whom nobody is taken for.

use athyper_issuer::Issuer;
use athyper_test_kit::Answer;
use serde_json::{Value, json};

use super::{Federated, Provider, person};

/// Signs somebody in, and gives the answer with the subject of the session.
async fn arrive(
    fed: &Federated,
    (provider, issuer): (&Provider, &Issuer),
    who: Value,
) -> (Answer, Option<String>) {
    issuer.behave(|manners| manners.person = who);
    fed.advance(issuer, chrono::TimeDelta::milliseconds(1));
    let browser = fed.browser();
    let answer = provider.sign_in(&browser).await;
    let session = browser.get("/auth/session").await;
    let subject = (session.status == 200).then(|| session.text("/subject"));
    (answer, subject)
}

async fn enter(fed: &Federated, name: &str, mail: &str) -> String {
    let body = json!({"userName": name, "profile": {"emails": [{"value": mail, "primary": true}]}});
    fed.admin("demo").post("/v1/iam/principals", &body).await.expect(201).text("/id")
}

async fn bind(fed: &Federated, id: &str, role: &str) {
    let body = json!({"subject": {"principal": id}, "role": role});
    fed.admin("demo").post("/v1/iam/role-bindings", &body).await.expect(201);
}

#[tokio::test]
async fn only_a_verified_address_of_an_allowed_domain_makes_somebody_an_existing_person() {
    let fed = Federated::new().await;
    let issuer = fed.issuer();
    let okta = fed.provider("demo", "okta", &issuer, json!({})).await;
    let open = fed.provider("demo", "open", &issuer, json!({"allowedDomains": []})).await;
    let ann = enter(&fed, "ann", "Ann@acme.example").await;
    bind(&fed, &ann, "accountant").await;
    let at = (&okta, &issuer);
    for (subject, mail, is_verified) in [
        ("e-1", "ann@acme.example", false),
        ("e-2", "ann@evil.example", true),
        ("e-3", "ann@acme.example.evil.example", true),
    ] {
        let (answer, session) = arrive(&fed, at, person(subject, mail, is_verified)).await;
        assert_eq!((answer.status, session), (403, None), "{mail}");
        assert_eq!(answer.code(), "security.not_admitted");
    }
    let (answer, session) = arrive(&fed, (&open, &issuer), person("e-4", "ann@acme.example", true)).await;
    assert_eq!(
        (answer.status, session),
        (403, None),
        "a provider without domains is not believed about mail"
    );
    let reasons = fed.refusals("demo").await;
    assert_eq!(reasons, ["no_verified_mail", "no_verified_mail", "no_verified_mail", "mail_not_trusted"]);

    let (_, session) = arrive(&fed, at, person("a-1", "ann@ACME.example", true)).await;
    assert_eq!(session.as_deref(), Some(&*ann));
    // From now on the subject says it, whatever the mail says.
    let (_, session) = arrive(&fed, at, person("a-1", "other@acme.example", false)).await;
    assert_eq!(session.as_deref(), Some(&*ann));
    let shown = fed.admin("demo").get(&format!("/v1/iam/principals/{ann}")).await.expect(200).json();
    assert_eq!(
        shown["profile"]["emails"][0]["value"], "Ann@acme.example",
        "a record of administrators keeps its address"
    );
    assert_eq!(shown["profile"]["familyName"], "Example");
}

#[tokio::test]
async fn an_administrator_is_never_linked_by_mail() {
    let fed = Federated::new().await;
    let issuer = fed.issuer();
    let okta = fed.provider("demo", "okta", &issuer, json!({})).await;
    let at = (&okta, &issuer);
    let boss = enter(&fed, "boss", "boss@acme.example").await;
    bind(&fed, &boss, "tenant_admin").await;
    let (answer, session) = arrive(&fed, at, person("e-1", "boss@acme.example", true)).await;
    assert_eq!((answer.status, session), (403, None));
    // By a group, too.
    let chief = enter(&fed, "chief", "chief@acme.example").await;
    let admin = fed.admin("demo");
    let group = admin.post("/v1/iam/groups", &json!({"displayName": "Chiefs"})).await.expect(201).text("/id");
    admin.post(&format!("/v1/iam/groups/{group}/members"), &json!({"principal": chief})).await.expect(200);
    let grant = json!({"subject": {"group": group}, "role": "tenant_admin"});
    admin.post("/v1/iam/role-bindings", &grant).await.expect(201);
    let (answer, _) = arrive(&fed, at, person("e-2", "chief@acme.example", true)).await;
    assert_eq!(answer.status, 403);
    assert_eq!(fed.refusals("demo").await, ["administrator", "administrator"]);
    // Whoever is an administrator is linked by another one, who holds as much.
    let link = json!({"provider": format!("provider:{}", okta.id), "subject": "b-1"});
    admin.post(&format!("/v1/iam/principals/{boss}/links"), &link).await.expect(201);
    let (_, session) = arrive(&fed, at, person("b-1", "boss@acme.example", true)).await;
    assert_eq!(session.as_deref(), Some(&*boss));
}

#[tokio::test]
async fn who_was_shut_out_does_not_come_back_by_another_door() {
    let fed = Federated::new().await;
    let issuer = fed.issuer();
    let okta = fed.provider("demo", "okta", &issuer, json!({})).await;
    let at = (&okta, &issuer);
    let admin = fed.admin("demo");
    for (name, command, reason) in [("sue", "suspend", "suspended"), ("dan", "deprovision", "deprovisioned")]
    {
        let mail = format!("{name}@acme.example");
        let id = enter(&fed, name, &mail).await;
        admin.post_empty(&format!("/v1/iam/principals/{id}/{command}")).await.expect(200);
        let (answer, session) = arrive(&fed, at, person(&format!("{name}-1"), &mail, true)).await;
        assert_eq!((answer.status, session), (403, None));
        assert_eq!(fed.refusals("demo").await.last().unwrap(), reason);
    }
    let (_, session) = arrive(&fed, at, person("new-1", "new@acme.example", true)).await;
    let id = session.unwrap();
    admin.post_empty(&format!("/v1/iam/principals/{id}/deprovision")).await.expect(200);
    let (answer, _) = arrive(&fed, at, person("new-1", "new@acme.example", true)).await;
    assert_eq!(answer.status, 403);
    let (answer, _) = arrive(&fed, at, person("new-2", "new@acme.example", true)).await;
    assert_eq!(answer.status, 403);
    // Two with one address are nobody in particular.
    enter(&fed, "tim", "twin@acme.example").await;
    enter(&fed, "tom", "twin@acme.example").await;
    arrive(&fed, at, person("t-1", "twin@acme.example", true)).await;
    assert_eq!(fed.refusals("demo").await.last().unwrap(), "ambiguous_mail");
}

#[tokio::test]
async fn the_profile_follows_the_provider_unless_a_provisioning_system_has_the_say() {
    let fed = Federated::new().await;
    let issuer = fed.issuer();
    let okta = fed.provider("demo", "okta", &issuer, json!({})).await;
    let at = (&okta, &issuer);
    let admin = fed.admin("demo");
    let (_, session) = arrive(&fed, at, person("j-1", "jo@acme.example", true)).await;
    let mut renamed = person("j-1", "jo.new@acme.example", true);
    renamed["family_name"] = json!("Renamed");
    let (_, again) = arrive(&fed, at, renamed.clone()).await;
    assert_eq!(session, again);
    let path = format!("/v1/iam/principals/{}", session.unwrap());
    let shown = admin.get(&path).await.expect(200).json();
    assert_eq!(shown["profile"]["familyName"], "Renamed");
    assert_eq!(shown["profile"]["emails"][0]["value"], "jo.new@acme.example");
    // What nobody has verified is not taken over.
    renamed["email"] = json!("boss@acme.example");
    renamed["email_verified"] = json!(false);
    arrive(&fed, at, renamed).await;
    let shown = admin.get(&path).await.expect(200).json();
    assert_eq!(shown["profile"]["emails"][0]["value"], "jo.new@acme.example");

    let user = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "sam",
        "name": {"familyName": "Kept"}, "emails": [{"value": "sam@acme.example", "primary": true}]});
    let media_type = Some("application/scim+json");
    let post =
        admin.send(axum::http::Method::POST, "/scim/v2/demo/Users", media_type, user.to_string().into());
    let sam = post.await.expect(201).text("/id");
    let (_, session) = arrive(&fed, at, person("s-1", "sam@acme.example", true)).await;
    assert_eq!(session.as_deref(), Some(&*sam));
    let shown = admin.get(&format!("/v1/iam/principals/{sam}")).await.expect(200).json();
    assert_eq!((&shown["profile"]["familyName"], &shown["authority"]), (&json!("Kept"), &json!("scim")));
}

#[tokio::test]
async fn a_name_of_somebody_else_is_not_given_away() {
    let fed = Federated::new().await;
    let issuer = fed.issuer();
    let okta = fed.provider("demo", "okta", &issuer, json!({"allowedDomains": []})).await;
    enter(&fed, "boss", "boss@acme.example").await;
    let admin = fed.admin("demo");
    for (subject, name) in [("x-1", "boss"), ("x-2", "boss@acme.example"), ("x-3", "BOSS@acme.example")] {
        let (_, session) =
            arrive(&fed, (&okta, &issuer), json!({"sub": subject, "preferred_username": name})).await;
        let shown = admin.get(&format!("/v1/iam/principals/{}", session.unwrap())).await.expect(200);
        assert_eq!(shown.text("/userName"), format!("okta:{subject}"), "{name}");
    }
}

#[tokio::test]
async fn two_first_sign_ins_at_once_enter_one_person() {
    let fed = Federated::new().await;
    let issuer = fed.issuer();
    let okta = fed.provider("demo", "okta", &issuer, json!({})).await;
    issuer.behave(|manners| manners.person = person("s-1", "ann@acme.example", true));
    let browsers: Vec<_> = (0..4).map(|_| fed.browser()).collect();
    let sign_ins = browsers.iter().map(|browser| okta.sign_in(browser));
    for answer in futures::future::join_all(sign_ins).await {
        answer.expect(303);
    }
    let people = fed.admin("demo").get("/v1/iam/principals?email=ann@acme.example").await.expect(200).json();
    assert_eq!(people["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_off_or_only_links_enters_nobody() {
    let fed = Federated::new().await;
    let issuer = fed.issuer();
    for (key, jit, reason) in [("one", "off", "not_linked"), ("two", "link", "unknown_person")] {
        let provider = fed.provider("demo", key, &issuer, json!({"jitProvisioning": jit})).await;
        let (answer, _) = arrive(&fed, (&provider, &issuer), person("n-1", "new@acme.example", true)).await;
        assert_eq!(answer.status, 403);
        assert_eq!(fed.refusals("demo").await.last().unwrap(), reason);
    }
    let people = fed.admin("demo").get("/v1/iam/principals").await.expect(200).json();
    assert_eq!(people["items"], json!([]));
}
