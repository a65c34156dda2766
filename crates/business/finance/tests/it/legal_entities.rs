//! Legal entities: books, numbers and periods of their own.

use serde_json::json;

use crate::support::{app_with_accounts, fee, field, fields, post};

const ENTITIES: &str = "/v1/finance/legal-entities";

#[tokio::test]
async fn the_first_posting_opens_the_first_books() {
    let (_app, accountant) = app_with_accounts().await;
    assert_eq!(accountant.get(ENTITIES).await.expect(200).json()["items"], json!([]));
    let posted = post(&accountant, &fee("2025-01-10", "4.00")).await.expect(200);
    assert_eq!((posted.text("/entity"), posted.text("/book")), ("main".to_owned(), "general".to_owned()));
    let entities = accountant.get(ENTITIES).await.expect(200);
    assert_eq!(
        (entities.text("/items/0/code"), entities.text("/items/0/baseCurrency")),
        ("main".into(), "USD".into())
    );
}

#[tokio::test]
async fn each_has_its_own_numbers_periods_and_balances() {
    let (app, accountant) = app_with_accounts().await;
    let admin = app.user("demo", "admin");
    let branch = json!({"code": "branch", "name": "Branch", "baseCurrency": "EUR", "fiscalYearStart": 4,
        "books": {"general": "B-{YYYY}-{SEQ:3}"}});
    admin.post(ENTITIES, &branch).await.expect(201);
    let mut of_branch = fee("2025-01-10", "4.00");
    of_branch["entity"] = json!("branch");
    // The fiscal year that starts in April 2024 is called after it.
    assert_eq!(post(&accountant, &of_branch).await.expect(200).text("/number"), "B-2024-001");
    let main = json!({"code": "main", "name": "Main", "baseCurrency": "USD"});
    admin.post(ENTITIES, &main).await.expect(201);
    assert_eq!(
        post(&accountant, &fee("2025-01-10", "7.00")).await.expect(200).text("/number"),
        "JE-2025-000001"
    );
    let mut of_branch = fee("2025-05-01", "2.00");
    of_branch["entity"] = json!("branch");
    assert_eq!(post(&accountant, &of_branch).await.expect(200).text("/number"), "B-2025-001");
    for (entity, currency, balance) in [("branch", "EUR", "6.00"), ("main", "USD", "7.00")] {
        let path = format!("/v1/finance/reports/trial-balance?asOf=2025-12-31&entity={entity}");
        let report = accountant.get(&path).await.expect(200);
        assert_eq!(
            (report.text("/currency"), report.text("/totals/debit")),
            (currency.into(), balance.into())
        );
    }
    // A period of one is closed, and the other posts on.
    let period = json!({"entity": "branch", "name": "May", "startsOn": "2025-06-01", "endsOn": "2025-06-30"});
    let period = accountant.post("/v1/finance/periods", &period).await.expect(201).text("/id");
    admin.post_empty(&format!("/v1/finance/periods/{period}/close")).await.expect(200);
    let mut closed = fee("2025-06-10", "1.00");
    closed["entity"] = json!("branch");
    assert_eq!(post(&accountant, &closed).await.expect(409).code(), "finance.period_closed");
    post(&accountant, &fee("2025-06-10", "1.00")).await.expect(200);
}

#[tokio::test]
async fn it_must_be_clear_whose_books_are_meant() {
    let (app, accountant) = app_with_accounts().await;
    let admin = app.user("demo", "admin");
    for code in ["one", "two"] {
        admin.post(ENTITIES, &json!({"code": code, "name": code, "baseCurrency": "USD"})).await.expect(201);
    }
    let answer = accountant.post("/v1/finance/journals", &fee("2025-01-10", "4.00")).await.expect(422);
    assert_eq!(
        (answer.code(), fields(&answer)),
        ("finance.entity_required".into(), vec![field("/entity", "required")])
    );
    let mut unknown = fee("2025-01-10", "4.00");
    unknown["entity"] = json!("three");
    assert_eq!(
        accountant.post("/v1/finance/journals", &unknown).await.expect(404).code(),
        "finance.entity_not_found"
    );
    let taken =
        admin.post(ENTITIES, &json!({"code": "one", "name": "x", "baseCurrency": "USD"})).await.expect(409);
    assert_eq!(fields(&taken), [field("/code", "taken")]);
}

#[tokio::test]
async fn what_cannot_be_is_refused_by_its_name() {
    let (app, _) = app_with_accounts().await;
    let admin = app.user("demo", "admin");
    let entity = |extra: serde_json::Value| {
        let mut entity = json!({"code": "x", "name": "x", "baseCurrency": "EUR"});
        entity.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        entity
    };
    for (extra, pointer) in [
        (json!({"fiscalYearStart": 13}), "/fiscalYearStart"),
        (json!({"roundingLimit": "-1"}), "/roundingLimit"),
        (json!({"roundingLimit": "0.001"}), "/roundingLimit"),
        (json!({"code": "a b"}), "/code"),
        (json!({"books": {"sales": "S-{SEQ}"}}), "/books"),
        (json!({"books": {"sales": "S-{YYYY}-{MM}-{SEQ}"}}), "/books"),
    ] {
        let answer = admin.post(ENTITIES, &entity(extra)).await.expect(422);
        assert_eq!(fields(&answer)[0].0, pointer, "{answer:?}");
    }
    app.user("demo", "accountant").post(ENTITIES, &entity(json!({}))).await.expect(403);
}

#[tokio::test]
async fn an_area_is_closed_before_the_others() {
    let (app, accountant) = app_with_accounts().await;
    let admin = app.user("demo", "admin");
    post(&accountant, &fee("2025-01-10", "4.00")).await.expect(200);
    let period = accountant.get("/v1/finance/periods").await.text("/items/0/id");
    let path = format!("/v1/finance/periods/{period}");
    let locked = admin.post(&format!("{path}/lock-area"), &json!({"area": "sales"})).await.expect(200);
    assert_eq!(locked.json()["locked"], json!(["sales"]));
    let mut sale = fee("2025-01-11", "1.00");
    sale["book"] = json!("sales");
    assert_eq!(post(&accountant, &sale).await.expect(409).code(), "finance.area_locked");
    post(&accountant, &fee("2025-01-11", "1.00")).await.expect(200);
    accountant.post(&format!("{path}/unlock-area"), &json!({"area": "sales"})).await.expect(403);
    admin.post(&format!("{path}/unlock-area"), &json!({"area": "sales"})).await.expect(200);
    assert_eq!(post(&accountant, &sale).await.expect(200).text("/number"), "SJ-2025-000001");
}
