//! Where nobody keeps files and views, no record holds a file and no list is read by a view.

use serde_json::json;

use crate::support::{admin, app_with_records, entity, faults, field, make};

const UNKNOWN: &str = "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071";

#[tokio::test]
async fn what_nobody_keeps_is_not_there() {
    let fields = json!([field("name", json!("text")), field("photo", json!("attachment"))]);
    let app = app_with_records(&[entity("machine", fields)]).await;
    let client = admin(&app);
    let refused = client.post("/v1/records/machine", &json!({"photo": UNKNOWN})).await.expect(422);
    assert_eq!(faults(&refused), [("/photo".to_owned(), "unknown_attachment".to_owned())]);
    let id = make(&client, "machine", json!({"name": "Lathe"})).await;
    let shown = client.get(&format!("/v1/records/machine/{id}?expand=photo")).await.expect(200).json();
    assert_eq!(shown["expanded"], json!({"photo": null}));

    let refused = client.get(&format!("/v1/records/machine?view={UNKNOWN}")).await.expect(400);
    assert_eq!(faults(&refused), [("?view".to_owned(), "unknown_view".to_owned())]);
}
