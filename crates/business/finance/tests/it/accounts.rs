//! Accounts: adding, listing, changing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::{
    add_account, add_period, app, app_with_accounts, draft, events, fee, field, fields, filtered,
};

#[tokio::test]
async fn an_account_brings_the_groups_above_it() {
    let app = app().await;
    let accountant = app.user("demo", "accountant");
    let made = accountant
        .post(
            "/v1/finance/accounts",
            &json!({"code": "Assets:US:BofA:Checking", "type": "asset", "openedOn": "2022-01-01"}),
        )
        .await
        .expect(201);
    assert_eq!(made.text("/name"), "Checking");
    assert_eq!(made.text("/postable"), "true");
    assert_eq!(made.header("etag"), "\"1\"");
    let read = accountant.get(&made.header("location")).await.expect(200);
    assert_eq!(read.json(), made.json());
    let groups = accountant.get(&filtered("/v1/finance/accounts", "!postable")).await.expect(200).json();
    let codes: Vec<_> = groups["items"].as_array().unwrap().iter().map(|item| &item["code"]).collect();
    assert_eq!(codes, ["Assets", "Assets:US", "Assets:US:BofA"]);
    assert_eq!(groups["items"][2]["id"], made.json()["parent"]);
    let path = filtered("/v1/finance/accounts", "code == \"Assets:US:BofA\"") + "&expand=parent,members";
    let expanded = accountant.get(&path).await.expect(200).json()["items"][0]["expanded"].clone();
    assert_eq!(
        (&expanded["parent"]["code"], &expanded["members"][0]["code"]),
        (&json!("Assets:US"), &made.json()["code"])
    );
    let written = events(&app, "finance.create_account").await;
    assert_eq!(written.len(), 1);
    assert_eq!(written[0].1, Some(made.text("/id")));
    assert_eq!(written[0].2["addedGroups"], json!(["Assets", "Assets:US", "Assets:US:BofA"]));
}

#[tokio::test]
async fn what_breaks_the_tree_is_refused() {
    let app = app().await;
    let accountant = app.user("demo", "accountant");
    add_account(&accountant, "Assets:Cash", "asset").await;
    let taken = accountant.post("/v1/finance/accounts", &json!({"code": "Assets", "type": "asset"})).await;
    assert_eq!(taken.expect(409).code(), "finance.account_code_taken");
    let differs = accountant
        .post("/v1/finance/accounts", &json!({"code": "Assets:X:Y", "type": "income"}))
        .await
        .expect(422);
    assert_eq!(differs.code(), "finance.account_type_differs");
    assert_eq!(fields(&differs), [field("/type", "differs_from_parent")]);
    for (body, pointer) in [
        (json!({"code": "A::B", "type": "asset"}), "/code"),
        (json!({"code": "A\u{0}", "type": "asset"}), "/code"),
        (json!({"code": "A", "type": "money"}), "/type"),
        (json!({"code": "A", "type": "asset", "openedOn": "2022-1-1"}), "/openedOn"),
        (json!({"code": "A", "type": "asset", "name": "x".repeat(256)}), "/name"),
        (json!({"code": "A", "type": "asset", "name": "a\u{0}b"}), "/name"),
        (json!({"code": "A", "type": "asset", "colour": "red"}), "/colour"),
    ] {
        let answer = accountant.post("/v1/finance/accounts", &body).await.expect(422);
        assert_eq!(fields(&answer)[0].0, pointer, "{body}");
    }
}

#[tokio::test]
async fn two_who_need_the_same_group_at_once_both_get_it() {
    let app = app().await;
    let mut both = tokio::task::JoinSet::new();
    for number in 0..8 {
        let accountant = app.user("demo", "accountant");
        both.spawn(async move { add_account(&accountant, &format!("Assets:New:{number}"), "asset").await });
    }
    assert_eq!(both.join_all().await.len(), 8);
    let groups = app.user("demo", "viewer").get(&filtered("/v1/finance/accounts", "!postable")).await.json();
    assert_eq!(groups["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn lists_are_paged_by_code_and_filtered() {
    let app = app().await;
    let accountant = app.user("demo", "accountant");
    for (code, kind) in
        [("b", "asset"), ("B", "asset"), ("a", "expense"), ("a:z", "expense"), ("C", "income")]
    {
        add_account(&accountant, code, kind).await;
    }
    let mut codes = Vec::new();
    let mut path = "/v1/finance/accounts?limit=2".to_owned();
    loop {
        let page = accountant.get(&path).await.expect(200).json();
        codes.extend(
            page["items"].as_array().unwrap().iter().map(|item| item["code"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        path = format!("/v1/finance/accounts?limit=2&cursor={cursor}");
    }
    assert_eq!(codes, ["B", "C", "a", "a:z", "b"]);
    let expenses =
        accountant.get(&filtered("/v1/finance/accounts", "type == \"expense\"")).await.expect(200).json();
    assert_eq!(expenses["items"].as_array().unwrap().len(), 2);
    for query in [
        "limit=0",
        "limit=201",
        "limit=x",
        "cursor=x",
        "filter=type%3D1",
        "filter=colour",
        "sort=type",
        "colour=red",
    ] {
        accountant.get(&format!("/v1/finance/accounts?{query}")).await.expect(400);
    }
    // A cursor belongs to the list that gave it out.
    let cursor = accountant.get("/v1/finance/accounts?limit=1").await.text("/nextCursor");
    accountant
        .get(&format!("{}&cursor={cursor}", filtered("/v1/finance/accounts", "postable")))
        .await
        .expect(400);
}

#[tokio::test]
async fn a_change_names_the_version_it_is_made_on() {
    let (app, accountant) = app_with_accounts().await;
    let id = add_account(&accountant, "Assets:Bank", "asset").await;
    let path = format!("/v1/finance/accounts/{id}");
    let rename = json!({"name": "Bank"});
    accountant.patch(&path, &rename).await.expect(428);
    accountant.with("if-match", "\"2\"").patch(&path, &rename).await.expect(412);
    let changed = accountant
        .with("if-match", "\"1\"")
        .patch(&path, &json!({"name": "My bank", "state": "blocked"}))
        .await
        .expect(200);
    assert_eq!((changed.text("/name"), changed.text("/state")), ("My bank".to_owned(), "blocked".to_owned()));
    assert_eq!(changed.header("etag"), "\"2\"");
    assert_eq!(accountant.get(&path).await.json(), changed.json());
    accountant.with("if-none-match", "\"2\"").get(&path).await.expect(304);
    let written = events(&app, "finance.update_account").await;
    assert_eq!(written.len(), 1);
    assert_eq!(
        written[0].2["changes"],
        json!({"name": {"before": "Bank", "after": "My bank"}, "state": {"before": "active", "after": "blocked"}})
    );
}

#[tokio::test]
async fn an_account_with_lines_cannot_become_a_group() {
    let (_app, accountant) = app_with_accounts().await;
    draft(&accountant, &fee("2025-01-10", "4.00")).await;
    let page =
        accountant.get(&filtered("/v1/finance/accounts", "type == \"expense\" && postable")).await.json();
    let path = format!("/v1/finance/accounts/{}", page["items"][0]["id"].as_str().unwrap());
    let answer = accountant.with("if-match", "*").patch(&path, &json!({"postable": false})).await.expect(409);
    assert_eq!(answer.code(), "finance.account_has_lines");
    let group =
        accountant.get(&filtered("/v1/finance/accounts", "type == \"expense\" && !postable")).await.json();
    let path = format!("/v1/finance/accounts/{}", group["items"][0]["id"].as_str().unwrap());
    let opened = accountant.with("if-match", "*").patch(&path, &json!({"postable": true})).await.expect(200);
    assert_eq!(opened.text("/postable"), "true");
    let closed = accountant.with("if-match", "*").patch(&path, &json!({"postable": false})).await.expect(200);
    assert_eq!(closed.text("/postable"), "false");
}

#[tokio::test]
async fn a_cursor_that_somebody_made_up_is_refused() {
    let app = app().await;
    let viewer = app.user("demo", "viewer");
    let accountant = app.user("demo", "accountant");
    for code in ["a", "b"] {
        add_account(&accountant, code, "asset").await;
    }
    for (name, first, last) in [("1", "2025-01-01", "2025-01-31"), ("2", "2025-02-01", "2025-02-28")] {
        add_period(&accountant, name, first, last).await;
    }
    // The lists' own cursors, with another value in them.
    for (list, value) in [("accounts", "a\u{0}b"), ("periods", "-9999-01-01"), ("periods", "x")] {
        let given = viewer.get(&format!("/v1/finance/{list}?limit=1")).await.expect(200).text("/nextCursor");
        let mut wire: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(given).unwrap()).unwrap();
        wire["k"]["value"] = json!(value);
        let cursor = URL_SAFE_NO_PAD.encode(wire.to_string());
        let answer = viewer.get(&format!("/v1/finance/{list}?cursor={cursor}")).await.expect(400);
        assert!(answer.text("/detail").contains("damaged"), "{list}: {answer:?}");
    }
}
