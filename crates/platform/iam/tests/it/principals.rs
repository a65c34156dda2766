//! Principals: what is known of them, their names, and how they come and go.

use serde_json::{Value, json};

use crate::support::{admin, any, app, bind, events, person, person_with, personal, tenant, unit};

const PRINCIPALS: &str = "/v1/iam/principals";

#[tokio::test]
async fn all_that_is_known_is_kept_and_shown_again() {
    let app = app().await;
    let admin = admin(&app);
    let boss = person(&app, "boss").await;
    let unit = unit(&admin, "EU", None).await;
    let body = json!({
        "userName": "Ada", "externalId": "x-1", "manager": boss.id, "orgUnit": unit,
        "profile": {
            "givenName": "Ada", "middleName": "King", "familyName": "Byron", "formattedName": "Ada K. Byron",
            "honorificPrefix": "Lady", "honorificSuffix": "II", "displayName": "Ada B", "nickName": "A",
            "title": "Analyst", "userType": "Employee", "employeeNumber": "7", "organization": "Engines",
            "department": "Mathematics", "preferredLanguage": "en-GB", "locale": "en-GB",
            "timezone": "Europe/London", "description": "first",
            "emails": [{"value": "ada@example.com", "type": "work", "primary": true},
                {"value": "ada@home.example", "type": "home", "primary": false}],
            "phones": [{"value": "+44 20 7946 0000", "type": "mobile", "primary": false}]
        }
    });
    let made = admin.post(PRINCIPALS, &body).await.expect(201);
    assert_eq!(made.header("etag"), "\"1\"");
    let shown = admin.get(&made.header("location")).await.expect(200).json();
    assert_eq!(shown, made.json());
    for name in ["userName", "externalId", "manager", "orgUnit", "profile"] {
        assert_eq!(shown[name], body[name], "{name}");
    }
    assert_eq!(
        (&shown["kind"], &shown["status"], &shown["authority"]),
        (&json!("user"), &json!("active"), &json!("local"))
    );
    let written = events(&app, "iam.create_principal").await;
    assert!(written.iter().any(|(subject, _)| subject.as_deref() == shown["id"].as_str()));
    for (query, expected) in [
        ("userName=ADA", 1),
        ("externalId=x-1", 1),
        ("email=ADA%40example.com", 1),
        ("email=nobody%40example.com", 0),
        ("kind=service", 0),
    ] {
        let page = admin.get(&format!("{PRINCIPALS}?{query}")).await.expect(200).json();
        assert_eq!(page["items"].as_array().unwrap().len(), expected, "{query}");
    }
    let page = admin.get(&format!("{PRINCIPALS}?orgUnit={unit}")).await.expect(200).json();
    assert_eq!(page["items"][0]["id"], shown["id"]);
}

#[tokio::test]
async fn names_are_of_one_tenant_and_of_one_principal() {
    let app = app().await;
    let admin = admin(&app);
    let ada = json!({ "userName": "ada", "externalId": "x-1" });
    let id = admin.post(PRINCIPALS, &ada).await.expect(201).text("/id");
    for (body, pointer) in [
        (json!({ "userName": "ADA" }), "/userName"),
        (json!({ "userName": "b", "externalId": "x-1" }), "/externalId"),
    ] {
        let answer = admin.post(PRINCIPALS, &body).await.expect(409);
        assert_eq!(
            (answer.code().as_str(), answer.text("/errors/0/pointer").as_str()),
            ("iam.taken", pointer)
        );
    }
    // The original made the code unique over all tenants.
    app.user("globex", "admin").post(PRINCIPALS, &ada).await.expect(201);
    // Who is gone leaves the name free.
    admin.post_empty(&format!("{PRINCIPALS}/{id}/deprovision")).await.expect(200);
    admin.post(PRINCIPALS, &ada).await.expect(201);
}

#[tokio::test]
async fn a_status_goes_its_way_and_no_other() {
    let app = app().await;
    let admin = admin(&app);
    let id = person(&app, "ann").await.id;
    let path = format!("{PRINCIPALS}/{id}");
    let step = |verb: &'static str, status| {
        let (admin, path) = (admin.clone(), path.clone());
        async move { admin.post_empty(&format!("{path}/{verb}")).await.expect(status) }
    };
    assert_eq!(step("activate", 409).await.code(), "iam.principal_status");
    assert_eq!(step("suspend", 200).await.text("/status"), "suspended");
    step("suspend", 409).await;
    assert_eq!(step("activate", 200).await.text("/status"), "active");
    step("suspend", 200).await;
    assert_eq!(step("deprovision", 200).await.text("/status"), "deprovisioned");
    for verb in ["suspend", "activate", "deprovision"] {
        step(verb, 409).await;
    }
    let body = json!({ "userName": "ann" });
    assert_eq!(any(&admin).put(&path, &body).await.expect(409).code(), "iam.principal_deprovisioned");
    bind(&admin, &id, "viewer", tenant()).await.expect(409);
    let listed = admin.get(PRINCIPALS).await.json();
    assert!(!listed.to_string().contains(&id), "one who is gone is not listed");
    let gone = admin.get(&format!("{PRINCIPALS}?status=deprovisioned")).await.json();
    assert!(gone.to_string().contains(&id));
}

#[tokio::test]
async fn who_leaves_takes_nothing_along() {
    let app = app().await;
    let admin = admin(&app);
    let ann = person_with(&app, "ann", "tenant_admin", tenant()).await;
    person_with(&app, "bob", "tenant_admin", tenant()).await;
    ann.client.get(PRINCIPALS).await.expect(200);
    admin.post_empty(&format!("{PRINCIPALS}/{}/deprovision", ann.id)).await.expect(200);
    assert_eq!(ann.client.get(PRINCIPALS).await.expect(403).code(), "iam.principal_shut_out");
    let bindings = admin.get(&format!("/v1/iam/role-bindings?principal={}", ann.id)).await.json();
    assert_eq!(bindings["items"], json!([]));
    let past = admin.get(&format!("/v1/iam/role-bindings?principal={}&withPast=true", ann.id)).await.json();
    assert_eq!(past["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_has_no_meaning_is_refused_by_name() {
    let app = app().await;
    let admin = admin(&app);
    let nowhere = "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071";
    for (body, pointer) in [
        (json!({ "userName": " " }), "/userName"),
        (json!({ "userName": "a", "profile": { "timezone": "Europe/Nowhere" } }), "/profile/timezone"),
        (
            json!({ "userName": "a", "profile": { "emails": [{ "value": "nobody" }] } }),
            "/profile/emails/0/value",
        ),
        (json!({ "userName": "a", "manager": nowhere }), "/manager"),
        (json!({ "userName": "a", "orgUnit": nowhere }), "/orgUnit"),
        (json!({ "userName": "a", "profile": { "shoeSize": 44 } }), "/profile/shoeSize"),
    ] {
        let answer = admin.post(PRINCIPALS, &body).await.expect(422);
        assert_eq!(answer.text("/errors/0/pointer"), pointer, "{body}");
    }
}

#[tokio::test]
async fn nobody_reports_to_themselves() {
    let app = app().await;
    let admin = any(&admin(&app));
    let (ann, bob) = (person(&app, "ann").await, person(&app, "bob").await);
    let put = |id: &str, name: &str, manager: &str| {
        let (admin, path) = (admin.clone(), format!("{PRINCIPALS}/{id}"));
        let body = json!({ "userName": name, "manager": manager });
        async move { admin.put(&path, &body).await }
    };
    put(&ann.id, "ann", &bob.id).await.expect(200);
    assert_eq!(put(&bob.id, "bob", &ann.id).await.expect(422).code(), "iam.manager_cycle");
    put(&ann.id, "ann", &ann.id).await.expect(422);
}

#[tokio::test]
async fn a_change_tells_what_it_changed() {
    let app = app().await;
    let admin = admin(&app);
    let id = person(&app, "ann").await.id;
    let path = format!("{PRINCIPALS}/{id}");
    let body = json!({ "userName": "ann", "profile": { "title": "Clerk" } });
    admin.put(&path, &body).await.expect(428);
    admin.with("if-match", "\"9\"").put(&path, &body).await.expect(412);
    let changed = admin.with("if-match", "\"1\"").put(&path, &body).await.expect(200);
    assert_eq!(changed.header("etag"), "\"2\"");
    let written = events(&app, "iam.update_principal").await;
    let facts = &written[0].1;
    assert_eq!(facts["changed"], json!(["profile"]));
    assert!(facts["changes"].get("profile").is_none(), "what says something about a person is kept apart");
    let told = personal(&app, "iam.update_principal", "changes").await;
    let profile = &serde_json::from_str::<Value>(&told[0].1).unwrap()["profile"];
    assert_eq!((&profile["before"], &profile["after"]), (&json!({}), &json!({ "title": "Clerk" })));
    assert_eq!(told[0].0, id, "it is hers, whoever did it");
}

#[tokio::test]
async fn a_subject_is_one_principal_and_keeps_a_suspended_one_out() {
    let app = app().await;
    let admin = admin(&app);
    let (ann, bob) = (person(&app, "ann").await, person(&app, "bob").await);
    let links = |id: &str| format!("{PRINCIPALS}/{id}/links");
    let taken = admin.post(&links(&bob.id), &json!({ "subject": "ann@demo" })).await.expect(409);
    assert_eq!(taken.code(), "iam.taken");
    let link = admin.get(&links(&ann.id)).await.expect(200).json()["items"][0].clone();
    assert_eq!((&link["provider"], &link["authority"]), (&json!("athyper"), &json!("local")));
    let path = format!("{}/{}", links(&ann.id), link["id"].as_str().unwrap());
    admin.post_empty(&format!("{PRINCIPALS}/{}/suspend", ann.id)).await.expect(200);
    let kept = admin.with("if-match", "\"1\"").delete(&path).await.expect(409);
    assert_eq!(kept.code(), "iam.link_keeps_out");
    admin.post_empty(&format!("{PRINCIPALS}/{}/activate", ann.id)).await.expect(200);
    admin.with("if-match", "\"1\"").delete(&path).await.expect(200);
    admin.post(&links(&bob.id), &json!({ "subject": "ann@demo" })).await.expect(201);
}

#[tokio::test]
async fn tenants_do_not_see_each_other() {
    let app = app().await;
    let ann = person(&app, "ann").await;
    let stranger = any(&app.user("globex", "admin"));
    let path = format!("{PRINCIPALS}/{}", ann.id);
    stranger.get(&path).await.expect(404);
    stranger.put(&path, &json!({ "userName": "x" })).await.expect(404);
    for verb in ["suspend", "activate", "deprovision"] {
        stranger.post_empty(&format!("{path}/{verb}")).await.expect(404);
    }
    stranger.get(&format!("{path}/effective-permissions")).await.expect(404);
    stranger.get(&format!("{path}/links")).await.expect(404);
    stranger.post(&format!("{path}/links"), &json!({ "subject": "me" })).await.expect(404);
    bind(&stranger, &ann.id, "viewer", tenant()).await.expect(422);
    assert_eq!(stranger.get(PRINCIPALS).await.json()["items"], json!([]));
}
