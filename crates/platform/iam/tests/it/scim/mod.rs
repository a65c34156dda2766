//! SCIM as provisioning systems speak it, by the key of a service account.

mod filters;
mod groups;
mod protocol;
mod rights;
mod users;

use athyper_kernel_scim::MEDIA_TYPE;
use athyper_test_kit::{Answer, Client, TestApp};
use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{admin, app, bind, role, tenant};

pub(super) const BASE: &str = "/scim/v2/demo";
pub(super) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(super) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub(super) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A provisioning system: a service account whose role has the operations of SCIM and nothing else.
pub(super) struct Directory {
    pub(super) app: TestApp,
    pub(super) client: Client,
    /// Principal of the service.
    pub(super) id: String,
}

impl Directory {
    pub(super) async fn new() -> Self {
        let app = app().await;
        let admin = admin(&app);
        let service = json!({ "kind": "service", "userName": "directory" });
        let id = admin.post("/v1/iam/principals", &service).await.expect(201).text("/id");
        let list = admin.get("/v1/iam/permissions").await.expect(200).json();
        let names = list["permissions"].as_array().unwrap().iter().filter_map(|one| one["name"].as_str());
        let names: Vec<_> = names.filter(|name| name.starts_with("iam.scim_")).collect();
        assert_eq!(names.len(), 20, "{names:?}");
        let role = role(&admin, "Provisioning", &names).await;
        bind(&admin, &id, &role, tenant()).await.expect(201);
        let made = admin.post(&format!("/v1/iam/principals/{id}/keys"), &json!({})).await.expect(201);
        let client = Client::new(app.router.clone(), &made.text("/secret"));
        Self { app, client, id }
    }

    pub(super) async fn send(&self, method: Method, path: &str, body: Value) -> Answer {
        send(&self.client, method, path, body).await
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.client.get(&format!("{BASE}{path}")).await
    }

    pub(super) async fn user(&self, more: Value) -> Value {
        let mut body = json!({ "schemas": [USER, ENTERPRISE] });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.send(Method::POST, "/Users", body).await.expect(201).json()
    }

    pub(super) async fn group(&self, name: &str, members: &[&str]) -> Value {
        let members: Vec<_> = members.iter().map(|id| json!({ "value": id })).collect();
        let body = json!({ "schemas": [GROUP], "displayName": name, "members": members });
        self.send(Method::POST, "/Groups", body).await.expect(201).json()
    }

    pub(super) async fn patch(&self, path: &str, operations: Value) -> Answer {
        self.send(Method::PATCH, path, patch(operations)).await
    }

    /// The ids that a list shows, in its order.
    pub(super) async fn found(&self, kind: &str, query: &[(&str, &str)]) -> Vec<String> {
        let query: String = url(query);
        ids(&self.get(&format!("/{kind}?{query}")).await.expect(200).json())
    }
}

pub(super) async fn send(client: &Client, method: Method, path: &str, body: Value) -> Answer {
    client.send(method, &format!("{BASE}{path}"), Some(MEDIA_TYPE), body.to_string().into()).await
}

pub(super) fn patch(operations: Value) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations })
}

pub(super) fn ids(page: &Value) -> Vec<String> {
    let all = page["Resources"].as_array().unwrap().iter();
    all.map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

/// A query string; every byte that is no letter or digit is escaped.
pub(super) fn url(pairs: &[(&str, &str)]) -> String {
    let escape = |text: &str| -> String {
        let one = |byte: u8| {
            if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
        };
        text.bytes().map(one).collect()
    };
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
    pairs.join("&")
}

/// Checks that an answer is an error as SCIM has it, with this keyword.
pub(super) fn check_error(answer: &Answer, status: u16, keyword: Option<&str>) {
    assert_eq!(answer.status, status, "{:?}", answer.body);
    assert_eq!(answer.header("content-type"), MEDIA_TYPE);
    let body = answer.json();
    assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    assert_eq!(body["status"], status.to_string());
    assert_eq!(body["scimType"].as_str(), keyword, "{body}");
    assert!(body["detail"].as_str().is_some_and(|text| !text.is_empty()));
}
