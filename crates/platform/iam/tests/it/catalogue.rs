//! The catalogue of permissions, and the matrix of personas.

use std::fmt::Write as _;

use serde_json::json;

use crate::support::{admin, app};

#[tokio::test]
async fn the_matrix_is_what_it_is() {
    let app = app().await;
    let shown = admin(&app).get("/v1/iam/personas").await.expect(200).json();
    let personas: Vec<_> =
        shown["personas"].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect();
    let mut table = format!("{:<24}", "");
    for persona in &personas {
        write!(table, "{persona:<14}").unwrap();
    }
    table.push('\n');
    for row in shown["matrix"].as_array().unwrap() {
        write!(table, "{:<24}", row["kind"].as_str().unwrap()).unwrap();
        for persona in &personas {
            write!(table, "{:<14}", row["reach"][persona].as_str().unwrap_or("-")).unwrap();
        }
        table.push('\n');
    }
    let table = table.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(table);
}

#[tokio::test]
async fn every_permission_has_a_kind_and_the_roles_that_have_it() {
    let app = app().await;
    let admin = admin(&app);
    let shown = admin.get("/v1/iam/permissions").await.expect(200).json();
    let all = shown["permissions"].as_array().unwrap();
    let find = |name: &str| all.iter().find(|one| one["name"] == name).unwrap().clone();
    let create = find("iam.create_role");
    assert_eq!(
        (&create["kind"], &create["roles"], &create["module"]),
        (&json!("administer"), &json!(["tenant_admin"]), &json!("iam"))
    );
    let everybody = find("iam.get_me")["roles"].as_array().unwrap().len();
    assert_eq!(everybody, shown["builtInRoles"].as_array().unwrap().len());
    assert_eq!(find("iam.suspend_principal")["asksAboutRecords"], json!(true));
    // The built-in roles are read like the tenant's own.
    for role in shown["builtInRoles"].as_array().unwrap() {
        let read = admin.get(&format!("/v1/iam/roles/{}", role["id"].as_str().unwrap())).await.expect(200);
        assert_eq!(read.json()["key"], role["key"]);
    }
}
