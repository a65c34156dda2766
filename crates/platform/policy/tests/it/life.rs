//! The life of a policy: draft, tests, review by somebody else, in force, out of it.

use serde_json::{Value, json};

use crate::support::{
    ADA, CARRIER, POLICIES, app, author, begin, large_orders, large_test, put_in_force, reviewer, with_orders,
};

#[tokio::test]
async fn a_policy_comes_into_force_when_it_is_tested_and_somebody_else_agrees() {
    let app = app().await;
    with_orders(&app).await;
    let path = begin(&app, "orders", &large_orders()).await;
    let (author, reviewer) = (author(&app), reviewer(&app));
    let to = |command: &str| format!("{path}/{command}");

    assert_eq!(author.post_empty(&to("submit")).await.expect(409).code(), "policy.no_test");
    author.post(&to("tests"), &large_test(500, true)).await.expect(201);
    let run = author.post_empty(&to("tests/run")).await.expect(200).json();
    assert_eq!(run["passed"], json!(false));
    assert_eq!(author.post_empty(&to("submit")).await.expect(409).code(), "policy.tests_fail");

    let tests = author.get(&to("tests")).await.expect(200).json();
    let wrong = tests["items"][0]["id"].as_str().unwrap();
    author.delete(&to(&format!("tests/{wrong}"))).await.expect(204);
    author.post(&to("tests"), &large_test(500, false)).await.expect(201);
    author.post(&to("tests"), &large_test(5, true)).await.expect(201);
    assert_eq!(reviewer.post_empty(&to("publish")).await.expect(409).code(), "policy.not_in_review");
    author.post_empty(&to("submit")).await.expect(200);

    // What is under review stays as it is.
    let change = json!({ "document": large_orders() });
    assert_eq!(
        author.with("if-match", "*").patch(&path, &change).await.expect(409).code(),
        "policy.in_review"
    );
    author.post_empty(&to("publish")).await.expect(403);
    let own = app.user("demo", "policy_author+policy_reviewer");
    assert_eq!(own.post_empty(&to("publish")).await.expect(403).code(), "policy.own_work");
    reviewer.post(&to("reject"), &json!({"reason": "look again"})).await.expect(200);
    author.post_empty(&to("submit")).await.expect(200);
    let published = reviewer.post_empty(&to("publish")).await.expect(200).json();
    assert_eq!((&published["state"], &published["publishedVersion"]), (&json!("published"), &json!(1)));
    assert!(published.get("draft").is_none());
    let version = author.get(&to("versions/1")).await.expect(200).json();
    assert_eq!(version["authors"], json!(["policy_author@demo"]));
    assert_eq!(version["publishedBy"], json!("policy_reviewer@demo"));
}

#[tokio::test]
async fn a_policy_with_faults_is_kept_as_a_draft_and_not_submitted() {
    let app = app().await;
    with_orders(&app).await;
    let wrong = json!({"rules": [{"key": "a", "effect": "allow", "subjects": {}, "operations": ["records.fly"],
        "resource": {"entity": "order"}, "condition": "resource.nothing > 5"}]});
    let found =
        author(&app).post("/v1/policy/validate", &json!({ "document": wrong })).await.expect(200).json();
    let pointers: Vec<_> =
        found["faults"].as_array().unwrap().iter().map(|fault| &fault["pointer"]).collect();
    assert_eq!(pointers, ["/rules/0/subjects", "/rules/0/operations/0", "/rules/0/condition"]);
    let mut twice = large_orders();
    let mut again = twice["rules"][0].clone();
    again["key"] = json!("all");
    again.as_object_mut().unwrap().remove("condition");
    twice["rules"].as_array_mut().unwrap().push(again);
    let found =
        author(&app).post("/v1/policy/validate", &json!({ "document": twice })).await.expect(200).json();
    assert_eq!((&found["valid"], &found["warnings"][0]["pointer"]), (&json!(true), &json!("/rules/0")));
    let path = begin(&app, "wrong", &wrong).await;
    let refused = author(&app).post_empty(&format!("{path}/submit")).await.expect(422);
    assert_eq!(
        (refused.code().as_str(), refused.text("/errors/2/pointer").as_str()),
        ("policy.faulty", "/draft/rules/0/condition")
    );
    let again = json!({"key": "wrong", "title": "Wrong", "document": wrong});
    assert_eq!(author(&app).post(POLICIES, &again).await.expect(409).code(), "policy.taken");
}

#[tokio::test]
async fn a_draft_is_held_against_what_others_say_and_who_there_is() {
    let app = app().await;
    with_orders(&app).await;
    let rule = |key: &str, effect: &str, subjects: Value| {
        json!({"key": key, "effect": effect, "subjects": subjects, "operations": ["records.update_record"],
            "resource": {"entity": "order"}})
    };
    let closed = json!({"rules": [rule("closed", "deny", json!({"roles": ["agent"]}))]});
    let path = put_in_force(&app, "others", &closed, &large_test(500, false)).await;
    let warned = async |document: &Value, policy: Option<&str>| {
        let asked = json!({"document": document, "policy": policy});
        let found = author(&app).post("/v1/policy/validate", &asked).await.expect(200).json();
        assert_eq!(found["valid"], json!(true), "{found}");
        let told = found["warnings"].as_array().unwrap().iter();
        let told = told.map(|one| {
            [&one["code"], &one["pointer"], &one["rule"]].map(|text| text.as_str().unwrap_or("").to_owned())
        });
        told.collect::<Vec<_>>()
    };
    let by = |code: &str| vec![[code.to_owned(), "/rules/0".to_owned(), "others/closed".to_owned()]];
    let mine = json!({"rules": [rule("mine", "allow", json!({"roles": ["agent"]}))]});
    assert_eq!(warned(&mine, None).await, by("never_applies"));
    assert_eq!(warned(&closed, None).await, by("duplicate"));
    assert_eq!(warned(&closed, path.rsplit('/').next()).await, Vec::<[String; 3]>::new(), "its own rules");
    let unknown = json!({"document": closed, "policy": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6079"});
    author(&app).post("/v1/policy/validate", &unknown).await.expect(422);
    // Another tenant has none of it.
    let other = json!({"document": {"rules": [{"key": "a", "effect": "allow", "subjects": {"roles": ["agent"]},
        "operations": ["records.update_record"]}]}});
    let elsewhere = app.user("globex", "policy_author").post("/v1/policy/validate", &other).await.expect(200);
    assert_eq!(elsewhere.json()["warnings"], json!([]));

    reviewer(&app).post_empty(&format!("{path}/archive")).await.expect(200);
    let who = json!({"roles": ["agent", "nobody"], "persons": [ADA, CARRIER], "services": [CARRIER], "groups": ["019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6079"]});
    let mut named = json!({"rules": [rule("mine", "allow", who)]});
    named["rules"][0]["obligations"] = json!([{"requireApproval": {"role": "boss"}}]);
    let unknown: Vec<String> = warned(&named, None)
        .await
        .into_iter()
        .map(|[code, pointer, _]| {
            assert_eq!(code, "unknown");
            pointer
        })
        .collect();
    assert_eq!(
        unknown,
        [
            "/rules/0/subjects/roles/1",
            "/rules/0/subjects/groups/0",
            "/rules/0/subjects/persons/1",
            "/rules/0/obligations/0/requireApproval/role"
        ]
    );
}

#[tokio::test]
async fn versions_are_compared_rolled_back_and_archived() {
    let app = app().await;
    with_orders(&app).await;
    let path = put_in_force(&app, "orders", &large_orders(), &large_test(500, false)).await;
    let (author, reviewer) = (author(&app), reviewer(&app));
    let mut wider = large_orders();
    wider["rules"][0]["condition"] = json!("resource.amount > 10");
    author.with("if-match", "*").patch(&path, &json!({ "document": wider })).await.expect(200);
    author.post_empty(&format!("{path}/submit")).await.expect(200);
    reviewer.post_empty(&format!("{path}/publish")).await.expect(200);
    let changes = author.get(&format!("{path}/compare?from=1&to=2")).await.expect(200).json();
    assert_eq!(changes["changes"][0]["rule"], json!("large"));
    assert_eq!(changes["changes"].as_array().unwrap().len(), 1);

    let denied = |amount: i64| {
        let client = author.clone();
        let question = json!({"question": large_test(amount, true)["test"]["question"]});
        async move {
            let answer = client.post("/v1/policy/simulate", &question).await.expect(200);
            answer.text("/decision/outcome")
        }
    };
    assert_eq!(denied(50).await, "denied");
    let back = json!({"version": 1});
    reviewer.post(&format!("{path}/rollback"), &back).await.expect(428);
    let rolled = reviewer.with("if-match", "*").post(&format!("{path}/rollback"), &back).await.expect(200);
    assert_eq!(rolled.json()["publishedVersion"], json!(3));
    assert_eq!((denied(50).await, denied(500).await), ("allowed".to_owned(), "denied".to_owned()));
    reviewer.post_empty(&format!("{path}/archive")).await.expect(200);
    assert_eq!(denied(500).await, "allowed");
    assert_eq!(
        reviewer.post_empty(&format!("{path}/archive")).await.expect(409).code(),
        "policy.not_in_force"
    );
}

#[tokio::test]
async fn what_is_anothers_is_not_there_and_what_nobody_gave_is_refused() {
    let app = app().await;
    with_orders(&app).await;
    let path = begin(&app, "orders", &large_orders()).await;
    let stranger = app.user("globex", "admin");
    for method in ["", "/versions", "/tests", "/compare?from=0"] {
        stranger.get(&format!("{path}{method}")).await.expect(404);
    }
    stranger.post_empty(&format!("{path}/submit")).await.expect(404);
    let viewer = app.user("demo", "viewer");
    viewer.get(&path).await.expect(403);
    viewer.post_empty(&format!("{path}/submit")).await.expect(403);
    viewer.get(&format!("/v1/policy/access?principal={ADA}")).await.expect(403);
}
