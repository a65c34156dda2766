//! Who may do something is listed, with what allows it.

use athyper_test_kit::TestApp;
use serde_json::{Value, json};

use crate::support::{
    ADA, BEN, CARRIER, app, author, large_orders, large_test, order, put_in_force, with_orders,
};

/// All pages of so many rows each.
async fn holders(app: &TestApp, asked: &str, limit: usize) -> Vec<Value> {
    let (mut found, mut next) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/policy/holders?{asked}&limit={limit}{next}");
        let page = author(app).get(&path).await.expect(200).json();
        assert!(page["items"].as_array().unwrap().len() <= limit);
        found.extend(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page["nextCursor"].as_str() else { return found };
        next = format!("&cursor={cursor}");
    }
}

fn told(found: &[Value]) -> Vec<(&str, &str)> {
    found.iter().map(|one| (one["principal"].as_str().unwrap(), one["outcome"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn those_who_may_are_listed_with_the_rules_that_allow_it() {
    let app = app().await;
    with_orders(&app).await;
    let (small, large) = (order(&app, 5).await, order(&app, 500).await);
    let update = "operation=records.update_record&entity=order";
    let before = holders(&app, update, 50).await;
    assert_eq!(told(&before), [(BEN, "allowed"), (CARRIER, "allowed")]);
    assert_eq!(before[0]["rules"][0]["rule"], json!("agent"));
    assert_eq!((&before[0]["service"], &before[1]["service"]), (&json!(false), &json!(true)));

    put_in_force(&app, "orders", &large_orders(), &large_test(500, false)).await;
    let now = holders(&app, update, 50).await;
    assert_eq!(told(&now), [(BEN, "depends"), (CARRIER, "depends")]);
    assert_eq!(now[0]["except"][0]["rule"], json!("large"));
    assert_eq!(holders(&app, &format!("{update}&record={large}"), 50).await, Vec::<Value>::new());
    assert_eq!(holders(&app, &format!("{update}&record={small}"), 50).await.len(), 2);

    // Whoever reads is found on pages of any size.
    let read = "operation=records.list_records";
    let all = holders(&app, read, 50).await;
    assert_eq!(told(&all), [(ADA, "allowed"), (BEN, "allowed"), (CARRIER, "allowed")]);
    for limit in [1, 2, 3] {
        assert_eq!(holders(&app, read, limit).await, all);
    }
    // A service puts no policy in force, whatever its role says.
    assert_eq!(holders(&app, "operation=policy.publish_policy", 50).await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_question_about_what_is_not_there_is_refused() {
    let app = app().await;
    with_orders(&app).await;
    let author = author(&app);
    author.get("/v1/policy/holders?operation=records.fly").await.expect(400);
    author.get("/v1/policy/holders?operation=records.update_record&entity=nothing").await.expect(400);
    let record = format!("operation=records.update_record&entity=order&record={ADA}");
    author.get(&format!("/v1/policy/holders?{record}")).await.expect(404);
    let refused = author.get("/v1/policy/holders").await.expect(400);
    assert_eq!(refused.code(), "request.invalid_query");
    app.user("demo", "viewer").get("/v1/policy/holders?operation=records.list_records").await.expect(403);
}
