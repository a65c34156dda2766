//! The tree of organizational units.

use serde_json::{Value, json};

use crate::support::{admin, any, app, unit};

const UNITS: &str = "/v1/iam/org-units";

fn codes(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|unit| unit["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_subtree_is_the_unit_and_all_below_it() {
    let app = app().await;
    let admin = admin(&app);
    let eu = unit(&admin, "EU", None).await;
    let de = unit(&admin, "DE", Some(&eu)).await;
    unit(&admin, "BE", Some(&de)).await;
    unit(&admin, "US", None).await;
    let below = admin.get(&format!("{UNITS}?within={eu}")).await.expect(200).json();
    assert_eq!(codes(&below), ["EU", "DE", "BE"]);
    assert_eq!(codes(&admin.get(UNITS).await.json()).len(), 4);
    let taken = admin.post(UNITS, &json!({ "code": "eu", "name": "x" })).await.expect(409);
    assert_eq!(taken.text("/errors/0/pointer"), "/code");
}

#[tokio::test]
async fn a_unit_moves_with_all_below_it_and_never_below_itself() {
    let app = app().await;
    let admin = any(&admin(&app));
    let eu = unit(&admin, "EU", None).await;
    let de = unit(&admin, "DE", Some(&eu)).await;
    let be = unit(&admin, "BE", Some(&de)).await;
    let us = unit(&admin, "US", None).await;
    let to = |unit: &str, parent: Option<&str>| {
        let (admin, path, body) =
            (admin.clone(), format!("{UNITS}/{unit}/move"), json!({ "parent": parent }));
        async move { admin.post(&path, &body).await }
    };
    for parent in [&eu, &de, &be] {
        assert_eq!(to(&eu, Some(parent)).await.expect(422).code(), "iam.org_unit_cycle");
    }
    to(&de, Some(&us)).await.expect(200);
    assert_eq!(codes(&admin.get(&format!("{UNITS}?within={us}")).await.json()), ["US", "DE", "BE"]);
    assert_eq!(codes(&admin.get(&format!("{UNITS}?within={eu}")).await.json()), ["EU"]);
    to(&de, None).await.expect(200);
    assert_eq!(codes(&admin.get(&format!("{UNITS}?within={de}")).await.json()), ["DE", "BE"]);
    assert_eq!(admin.delete(&format!("{UNITS}/{de}")).await.expect(409).code(), "iam.org_unit_in_use");
    admin.delete(&format!("{UNITS}/{be}")).await.expect(200);
    admin.delete(&format!("{UNITS}/{de}")).await.expect(200);
}

#[tokio::test]
async fn the_tree_has_an_end() {
    let app = app().await;
    let admin = any(&admin(&app));
    let mut parent: Option<String> = None;
    for level in 0..20 {
        parent = Some(unit(&admin, &format!("L{level}"), parent.as_deref()).await);
    }
    let body = json!({ "code": "L20", "name": "x", "parent": parent });
    assert_eq!(admin.post(UNITS, &body).await.expect(422).code(), "iam.org_unit_too_deep");
    let root = unit(&admin, "ROOT", None).await;
    let first = admin.get(&format!("{UNITS}?limit=200")).await.json();
    let first =
        first["items"].as_array().unwrap().iter().find(|one| one["code"] == "L0").unwrap()["id"].clone();
    let path = format!("{UNITS}/{}/move", first.as_str().unwrap());
    admin.post(&path, &json!({ "parent": root })).await.expect(422);
}

/// In the original the path was the unit's code, and its look-up crossed tenants.
#[tokio::test]
async fn units_of_another_tenant_are_not_there() {
    let app = app().await;
    let (admin, stranger) = (admin(&app), any(&app.user("globex", "admin")));
    let eu = unit(&admin, "EU", None).await;
    unit(&stranger, "EU", None).await;
    let path = format!("{UNITS}/{eu}");
    stranger.get(&path).await.expect(404);
    stranger.put(&path, &json!({ "code": "X", "name": "X" })).await.expect(404);
    stranger.post(&format!("{path}/move"), &json!({ "parent": null })).await.expect(404);
    stranger.delete(&path).await.expect(404);
    stranger.get(&format!("{UNITS}?within={eu}")).await.expect(404);
    stranger.post(UNITS, &json!({ "code": "Y", "name": "Y", "parent": eu })).await.expect(422);
    stranger.get(&format!("/v1/iam/principals?orgUnit={eu}")).await.expect(200);
}
