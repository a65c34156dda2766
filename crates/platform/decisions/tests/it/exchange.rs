//! Models as DMN documents over HTTP.

use serde_json::{Value, json};

use crate::support::{MODELS, app, create, discount, publish, rate};

#[tokio::test]
async fn a_model_is_exported_and_imported_as_the_same() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    create(&admin, "discount", &discount("0.05"), &json!([])).await;
    publish(&admin, "discount").await;
    let exported = admin.get(&format!("{MODELS}/discount/export?version=1")).await.expect(200).json();
    assert_eq!(exported["version"], 1);
    let globex = app.user("globex", "admin");
    let body = json!({"key": "copied", "xml": exported["xml"]});
    let taken = globex.post("/v1/decisions/imports", &body).await.expect(201);
    assert_eq!(taken.header("location"), format!("{MODELS}/copied"));
    let taken = taken.json();
    assert_eq!((&taken["model"]["faults"], &taken["notes"]), (&json!([]), &json!([])));
    assert_eq!(taken["model"]["definition"]["decisions"], discount("0.05")["decisions"]);
    publish(&globex, "copied").await;
    assert_eq!(rate(&globex, "copied", "100").await, (json!("0.05"), 1));
}

#[tokio::test]
async fn a_document_that_says_more_is_refused_by_its_elements() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let document = |inner: &str| {
        format!(
            "<definitions xmlns=\"https://www.omg.org/spec/DMN/20211108/MODEL/\" name=\"x\" namespace=\"urn:x\">{inner}\
             </definitions>"
        )
    };
    let take =
        async |xml: String| admin.post("/v1/decisions/imports", &json!({"key": "taken", "xml": xml})).await;
    let refused = take(document(
        "<businessKnowledgeModel id=\"b\" name=\"Fee\"/><decision id=\"d\" name=\"D\"><context/></decision>",
    ))
    .await;
    let refused = refused.expect(422);
    assert_eq!(refused.code(), "decisions.unreadable_dmn");
    let pointers: Vec<Value> =
        refused.json()["errors"].as_array().unwrap().iter().map(|error| error["pointer"].clone()).collect();
    assert!(pointers.contains(&json!("/definitions/businessKnowledgeModel[Fee]")), "{pointers:?}");
    assert!(pointers.contains(&json!("/definitions/decision[D]/context")), "{pointers:?}");
    take("<!DOCTYPE x><x/>".to_owned()).await.expect(422);
    take(format!("{}{}", "<a>".repeat(1_000), "</a>".repeat(1_000))).await.expect(422);
    // What can be read is kept with its faults.
    let empty = take(document("<textAnnotation id=\"t\"/>")).await.expect(201).json();
    assert_eq!(empty["model"]["faults"][0]["pointer"], "/decisions");
    assert_eq!(empty["notes"][0]["element"], "/definitions/textAnnotation[t]");
}
