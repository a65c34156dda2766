//! Packs are installed as drafts with their tests, and go the way of every other policy.

use serde_json::json;

use crate::support::{app, author, reviewer, with_orders};

const PACKS: &str = "/v1/policy/packs";

#[tokio::test]
async fn a_pack_becomes_a_draft_whose_tests_pass_and_is_published_by_somebody_else() {
    let app = app().await;
    with_orders(&app).await;
    let author = author(&app);
    let page = author.get(&format!("{PACKS}?limit=2")).await.expect(200).json();
    assert_eq!((page["items"].as_array().unwrap().len(), page["nextCursor"].is_string()), (2, true));
    let pack = author.get(&format!("{PACKS}/working-hours")).await.expect(200).json();
    assert_eq!(pack["parameters"][0]["name"], json!("zone"));

    let wanted = json!({"key": "hours", "parameters": {"zone": "Asia/Tokyo", "from": 8}});
    let made = author.post(&format!("{PACKS}/working-hours/install"), &wanted).await.expect(201).json();
    let policy = &made["policy"];
    assert_eq!((&policy["key"], &policy["draftState"]), (&json!("hours"), &json!("draft")));
    let condition = policy["draft"]["rules"][0]["condition"].as_str().unwrap();
    assert!(condition.contains("now.getHours('Asia/Tokyo') < 8"), "{condition}");
    let path = format!("/v1/policy/policies/{}", policy["id"].as_str().unwrap());
    let run = author.post_empty(&format!("{path}/tests/run")).await.expect(200).json();
    assert_eq!(run["passed"], json!(true), "{run}");
    assert_eq!(made["tests"].as_u64().unwrap(), run["results"].as_array().unwrap().len() as u64);
    author.post_empty(&format!("{path}/submit")).await.expect(200);
    author.post_empty(&format!("{path}/publish")).await.expect(403);
    reviewer(&app).post_empty(&format!("{path}/publish")).await.expect(200);

    let again = author.post(&format!("{PACKS}/working-hours/install"), &wanted).await.expect(409);
    assert_eq!(again.code(), "policy.taken");
}

#[tokio::test]
async fn what_is_not_here_is_left_out_and_named_and_wrong_values_are_refused() {
    let app = app().await;
    let author = author(&app);
    let made =
        author.post(&format!("{PACKS}/separation-of-duties/install"), &json!({})).await.expect(201).json();
    let rules = made["policy"]["draft"]["rules"].as_array().unwrap();
    assert_eq!((rules.len(), &rules[0]["key"]), (1, &json!("write-and-review")));
    assert!(made["leftOut"].to_string().contains("finance.close_period"), "{made}");

    let install = format!("{PACKS}/data-residency/install");
    let refused = author.post(&install, &json!({"parameters": {"entity": "order"}})).await.expect(422);
    assert_eq!(
        (refused.code(), refused.text("/errors/0/pointer"), refused.text("/errors/1/pointer")),
        (
            "policy.wrong_parameters".to_owned(),
            "/parameters/countries".to_owned(),
            "/parameters/unit".to_owned()
        )
    );
    author.post(&format!("{PACKS}/nothing/install"), &json!({})).await.expect(404);
    author.get(&format!("{PACKS}/nothing")).await.expect(404);
    reviewer(&app).post(&format!("{PACKS}/maker-checker/install"), &json!({})).await.expect(403);
    app.user("demo", "viewer").get(PACKS).await.expect(403);
}
