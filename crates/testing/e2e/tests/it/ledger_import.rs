//! The example ledger of three years, imported over HTTP and held against balances summed outside the product.

use std::time::Duration;

use athyper_e2e::{Ledger, Platform, follow, import};
use serde_json::json;

const LIMIT: Duration = Duration::from_mins(1);

#[tokio::test]
async fn the_example_ledger_agrees_at_every_month_end() {
    let ledger = Ledger::EXAMPLE;
    let platform = Platform::new();
    let _api = platform.api().await;
    let accountant = platform.client("demo", "accountant").await;

    let location = import(&accountant, "/v1/opening/accounts/import", ledger.accounts).await;
    let operation = follow(&accountant, &location, LIMIT).await;
    assert_eq!((&operation["state"], &operation["result"]["created"]), (&json!("succeeded"), &json!(52)));

    let once = accountant.with("idempotency-key", "books-2022-2024");
    let location = import(&once, "/v1/opening/journals/import", ledger.journals).await;
    let operation = follow(&accountant, &location, LIMIT).await;
    assert_eq!(operation["state"], "succeeded", "{operation}");
    assert_eq!((&operation["done"], &operation["total"]), (&json!(1_142), &json!(1_142)));
    ledger.check_month_ends(&accountant).await;
    ledger.check_posted_once(&accountant).await;

    // Sent again, as by a client that lost the answer: the same answer, and nothing is posted twice.
    let again = once.post_csv("/v1/opening/journals/import", ledger.journals).await.expect(202);
    assert_eq!(
        (again.header("location"), again.header("idempotency-replayed")),
        (location, "true".to_owned())
    );
    assert_eq!(accountant.list("/v1/operations?").await.len(), 2);
    // The same key with another content is another request, which is refused.
    let other =
        once.post_csv("/v1/opening/journals/import", format!("{}\n", ledger.journals)).await.expect(422);
    assert_eq!(other.code(), "request.idempotency_key_reused");
    ledger.check_posted_once(&accountant).await;

    // The other tenant has none of it.
    let stranger = platform.client("globex", "admin").await;
    assert!(stranger.list("/v1/finance/journals?").await.is_empty());
    assert!(stranger.list("/v1/finance/accounts?").await.is_empty());
}
