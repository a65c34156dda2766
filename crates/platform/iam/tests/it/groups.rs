//! Groups: members, groups within groups, and what they give.

use serde_json::json;

use crate::support::{
    add, admin, any, app, bind_group, group, nest, permissions, person, person_with, tenant,
};

#[tokio::test]
async fn what_a_group_has_its_members_have_through_any_number_of_groups() {
    let app = app().await;
    let admin = admin(&app);
    let ann = person(&app, "ann").await;
    let (outer, middle, inner) =
        (group(&admin, "outer").await, group(&admin, "middle").await, group(&admin, "inner").await);
    nest(&admin, &outer, &middle).await.expect(200);
    nest(&admin, &middle, &inner).await.expect(200);
    add(&admin, &inner, &ann.id).await.expect(200);
    bind_group(&admin, &outer, "tenant_admin", tenant()).await.expect(201);
    ann.client.get("/v1/iam/groups").await.expect(200);
    let path = format!("/v1/iam/principals/{}/effective-permissions", ann.id);
    let explained = admin.get(&path).await.expect(200).json();
    let entry = &explained["permissions"][0];
    assert_eq!((&entry["role"], &entry["group"]), (&json!("tenant_admin"), &json!(outer)));
    assert!(entry["binding"].is_string());
    person_with(&app, "another", "tenant_admin", tenant()).await;
    any(&admin).delete(&format!("/v1/iam/groups/{middle}/members/{inner}")).await.expect(200);
    ann.client.get("/v1/iam/groups").await.expect(403);
    assert!(permissions(&admin, &ann.id).await.is_empty());
}

#[tokio::test]
async fn a_group_is_never_in_itself() {
    let app = app().await;
    let admin = admin(&app);
    let (a, b, c) = (group(&admin, "a").await, group(&admin, "b").await, group(&admin, "c").await);
    nest(&admin, &a, &b).await.expect(200);
    nest(&admin, &b, &c).await.expect(200);
    for (outer, child) in [(&c, &a), (&b, &a), (&a, &a)] {
        assert_eq!(nest(&admin, outer, child).await.expect(422).code(), "iam.group_cycle");
    }
    nest(&admin, &a, &c).await.expect(200);
}

#[tokio::test]
async fn members_are_listed_and_removed() {
    let app = app().await;
    let admin = admin(&app);
    let (ann, team) = (person(&app, "ann").await, group(&admin, "team").await);
    let child = group(&admin, "child").await;
    let path = format!("/v1/iam/groups/{team}");
    assert_eq!(add(&admin, &team, &ann.id).await.expect(200).text("/version"), "2");
    // Once more changes nothing but the version.
    assert_eq!(add(&admin, &team, &ann.id).await.expect(200).text("/version"), "3");
    nest(&admin, &team, &child).await.expect(200);
    let members = admin.get(&format!("{path}/members")).await.expect(200).json();
    let mut kinds: Vec<_> =
        members["items"].as_array().unwrap().iter().map(|member| member["kind"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["group", "user"]);
    let member = format!("{path}/members/{}", ann.id);
    admin.delete(&member).await.expect(428);
    any(&admin).delete(&member).await.expect(200);
    assert_eq!(any(&admin).delete(&member).await.expect(404).code(), "iam.not_found");
    let taken = admin.post("/v1/iam/groups", &json!({ "displayName": "TEAM" })).await.expect(409);
    assert_eq!(taken.text("/errors/0/pointer"), "/displayName");
}

#[tokio::test]
async fn a_deleted_group_gives_nothing() {
    let app = app().await;
    let admin = admin(&app);
    let (ann, team) = (person(&app, "ann").await, group(&admin, "team").await);
    add(&admin, &team, &ann.id).await.expect(200);
    let binding = bind_group(&admin, &team, "viewer", tenant()).await.expect(201).header("location");
    any(&admin).delete(&format!("/v1/iam/groups/{team}")).await.expect(200);
    assert!(permissions(&admin, &ann.id).await.is_empty());
    assert!(admin.get(&binding).await.expect(200).json()["endedAt"].is_string());
    admin.get(&format!("/v1/iam/groups/{team}")).await.expect(404);
}

#[tokio::test]
async fn groups_of_another_tenant_are_not_there() {
    let app = app().await;
    let admin = admin(&app);
    let (ann, team) = (person(&app, "ann").await, group(&admin, "team").await);
    let stranger = any(&app.user("globex", "admin"));
    let path = format!("/v1/iam/groups/{team}");
    stranger.get(&path).await.expect(404);
    stranger.put(&path, &json!({ "displayName": "x" })).await.expect(404);
    stranger.delete(&path).await.expect(404);
    stranger.get(&format!("{path}/members")).await.expect(404);
    add(&stranger, &team, &ann.id).await.expect(404);
    let own = group(&stranger, "team").await;
    add(&stranger, &own, &ann.id).await.expect(422);
    nest(&stranger, &own, &team).await.expect(422);
}
