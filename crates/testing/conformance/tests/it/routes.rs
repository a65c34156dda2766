//! Routes: each has an id, a document and a permission, and what is mounted is what is documented.

use std::collections::{BTreeMap, BTreeSet};

use athyper_bootstrap::{document, modules};
use axum::http::Method;
use bytes::Bytes;

use crate::document::{Operation, all_operations, operations};
use crate::findings::{Findings, Tolerated};
use crate::platform::Platform;
use crate::specimen;

/// Name of the kernel's own operations, beside those of the modules.
const KERNEL: &str = "platform";

/// Modules whose operations stand among those of the records that they are about.
const AMONG_RECORDS: [&str; 2] = ["attachments", "views"];

/// Why posting asks for more in some periods.
const AFTER_SOFT_CLOSE: &str = "posting is one operation, and only some may do it after the soft close";

/// Why a domain has permissions for what it has no operations for.
const THROUGH_RECORDS: &str =
    "the records service reads and writes it, and asks for the domain's own permission";

/// Permissions that are not operations: within an operation, more may be asked of some callers.
const EXTRA_PERMISSIONS: [Tolerated; 20] = [
    Tolerated {
        rule: "extra-permission",
        subject: "finance.post_to_soft_closed_period",
        reason: AFTER_SOFT_CLOSE,
    },
    Tolerated { rule: "extra-permission", subject: "finance.read_exchange_rates", reason: THROUGH_RECORDS },
    Tolerated { rule: "extra-permission", subject: "finance.write_exchange_rates", reason: THROUGH_RECORDS },
    Tolerated { rule: "extra-permission", subject: "finance.read_dimensions", reason: THROUGH_RECORDS },
    Tolerated { rule: "extra-permission", subject: "finance.write_dimensions", reason: THROUGH_RECORDS },
    Tolerated { rule: "extra-permission", subject: "invoicing.read_reference_data", reason: THROUGH_RECORDS },
    Tolerated {
        rule: "extra-permission",
        subject: "invoicing.write_reference_data",
        reason: THROUGH_RECORDS,
    },
    Tolerated { rule: "extra-permission", subject: "closing.read_close_steps", reason: THROUGH_RECORDS },
    Tolerated { rule: "extra-permission", subject: "closing.write_close_steps", reason: THROUGH_RECORDS },
    Tolerated { rule: "extra-permission", subject: "group.read_average_rates", reason: THROUGH_RECORDS },
    Tolerated { rule: "extra-permission", subject: "group.write_average_rates", reason: THROUGH_RECORDS },
    Tolerated { rule: "extra-permission", subject: "statements.read_layouts", reason: THROUGH_RECORDS },
    Tolerated { rule: "extra-permission", subject: "statements.write_layouts", reason: THROUGH_RECORDS },
    Tolerated {
        rule: "extra-permission",
        subject: "closing.post_to_soft_closed_period",
        reason: AFTER_SOFT_CLOSE,
    },
    Tolerated {
        rule: "extra-permission",
        subject: "group.post_to_soft_closed_period",
        reason: AFTER_SOFT_CLOSE,
    },
    Tolerated {
        rule: "extra-permission",
        subject: "opening.post_to_soft_closed_period",
        reason: AFTER_SOFT_CLOSE,
    },
    Tolerated {
        rule: "extra-permission",
        subject: "invoicing.post_to_soft_closed_period",
        reason: AFTER_SOFT_CLOSE,
    },
    Tolerated {
        rule: "extra-permission",
        subject: "recurring.post_to_soft_closed_period",
        reason: AFTER_SOFT_CLOSE,
    },
    Tolerated {
        rule: "extra-permission",
        subject: "records.allow_duplicates",
        reason: "making a record is one operation, and only some may make one that a rule refuses as a duplicate",
    },
    Tolerated {
        rule: "extra-permission",
        subject: "views.administer_views",
        reason: "changing a view is one operation of its owner, and some may do it to those that others share",
    },
];

/// What the document says of each operation.
fn check_document(operations: &[Operation], modules: &[&str]) -> Findings {
    let mut findings = Findings::default();
    let mut ids = BTreeSet::new();
    for operation in operations {
        let name = operation.name();
        let (module, rest) = operation.id.split_once('.').unwrap_or_default();
        let is_known = module == KERNEL || modules.contains(&module);
        findings.expect(
            is_known && is_snake(rest),
            "operation-id",
            &name,
            format!("name it <module>.<snake_case>: {:?}", operation.id),
        );
        findings.expect(ids.insert(&operation.id), "unique-id", &name, "another operation has this id");
        findings.expect(
            !operation.summary.trim().is_empty(),
            "summary",
            &name,
            "say in a sentence what it does",
        );
        findings.expect(
            operation.tags.len() == 1,
            "tag",
            &name,
            format!("one tag, not {:?}", operation.tags),
        );
        // What belongs to all modules stands above them.
        let prefix = match module {
            _ if operation.speaks_scim() => "/scim/v2/{tenant}/".to_owned(),
            KERNEL => "/v1/".to_owned(),
            module if AMONG_RECORDS.contains(&module) => format!("/v1/records/{module}"),
            module => format!("/v1/{module}/"),
        };
        let is_inside = operation.path.starts_with(&prefix);
        findings.expect(is_inside, "path", &name, format!("{} is not below {prefix}", operation.path));
        let mut parameters = BTreeSet::new();
        for parameter in &operation.parameters {
            // Names of headers have no case (RFC 9110, section 5.1).
            let is_new = parameters.insert(parameter.to_lowercase());
            findings.expect(is_new, "parameter", &name, format!("{parameter} is documented twice"));
        }
        findings.expect(has_success(operation), "success-document", &name, "document what a success answers");
    }
    findings
}

/// Whether a success is described, with its body where it has one.
fn has_success(operation: &Operation) -> bool {
    operation.responses.iter().any(|(status, response)| {
        let has = |media_type: &str| response["content"][media_type]["schema"].is_object();
        let has_schema = has("application/json") || has("text/event-stream") || has("application/x-ndjson");
        let has_schema = has_schema || has("application/scim+json") || has("application/octet-stream");
        let has_schema = has_schema || has("application/xml");
        let is_described = response["description"].as_str().is_some_and(|text| !text.trim().is_empty());
        (200..300).contains(status) && is_described && (has_schema || *status == 204)
    })
}

fn is_snake(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Every problem that an operation may answer with is documented as one.
fn check_problem_documents(operations: &[Operation]) -> Findings {
    let mut findings = Findings::default();
    for operation in operations {
        let (media_type, body) = if operation.speaks_scim() {
            ("application/scim+json", "ScimErrorBody")
        } else {
            ("application/problem+json", "ProblemBody")
        };
        for (status, response) in operation.responses.range(400..) {
            let schema = &response["content"][media_type]["schema"]["$ref"];
            let is_problem = schema.as_str().and_then(|schema| schema.rsplit('/').next()) == Some(body);
            let what = format!("{status} is no {body}");
            findings.expect(is_problem, "problem-document", operation.name(), what);
        }
        for status in [401, 403, 429, 500, 503] {
            let is_there = operation.responses.contains_key(&status);
            findings.expect(
                is_there,
                "problem-document",
                operation.name(),
                format!("{status} is not documented"),
            );
        }
        let says_404 = !operation.has_id() || operation.responses.contains_key(&404);
        findings.expect(says_404, "problem-document", operation.name(), "404 is not documented");
    }
    findings
}

/// Every operation is a permission that some role has, and every permission an operation.
fn check_permissions(platform: &Platform) -> Findings {
    let mut findings = Findings::default();
    let scim = all_operations(&platform.app.openapi).into_iter().filter(Operation::speaks_scim);
    let operations: Vec<_> = platform.operations.iter().cloned().chain(scim).collect();
    for operation in &operations {
        let has_roles = !platform.roles_of(&operation.id).is_empty();
        findings.expect(has_roles, "permission", operation.name(), "declare who may call it");
    }
    let mut names = BTreeSet::new();
    for permission in &platform.permissions {
        let is_operation = operations.iter().any(|operation| operation.id == permission.name);
        findings.expect(is_operation, "extra-permission", permission.name, "there is no such operation");
        findings.expect(names.insert(permission.name), "permission", permission.name, "declared twice");
    }
    findings
}

/// What is mounted, by path: the paths that the router shows, each with the methods that it says it takes.
async fn mounted(platform: &Platform) -> BTreeMap<String, BTreeSet<String>> {
    let shown = format!("{:?}", platform.app.router);
    // Behind the routes it shows the fallbacks, which serve what no route does.
    let shown = shown.split("fallback_router:").next().unwrap_or_default();
    let user = platform.admin("demo");
    let mut mounted = BTreeMap::new();
    for quoted in shown.split('"').filter(|text| text.starts_with('/')) {
        let path = quoted.replace(['{', '}', '*'], "");
        let answer = user.client.send(Method::TRACE, &path, None, Bytes::new()).await;
        let allowed = answer.headers.get("allow").map(|value| value.to_str().expect("text").to_owned());
        let methods = allowed.unwrap_or_default().split(',').map(str::to_owned).collect();
        mounted.insert(quoted.to_owned(), methods);
    }
    mounted
}

/// What is mounted is documented, and what is documented is mounted.
async fn check_mounted(platform: &Platform) -> Findings {
    let mut findings = Findings::default();
    let mut documented: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let others = all_operations(&platform.app.openapi).into_iter();
    let others = others.filter(|operation| operation.is_open || operation.speaks_scim());
    for operation in platform.operations.iter().cloned().chain(others) {
        let methods = documented.entry(operation.path.clone()).or_default();
        methods.insert(operation.method.to_string());
        if operation.method == Method::GET {
            methods.insert("HEAD".to_owned());
        }
    }
    let mounted = mounted(platform).await;
    for (path, methods) in &mounted {
        let known = documented.get(path).cloned().unwrap_or_default();
        for method in methods.difference(&known) {
            findings.add("undocumented", format!("{method} {path}"), "mounted, but not in the document");
        }
    }
    for (path, methods) in &documented {
        let known = mounted.get(path).cloned().unwrap_or_default();
        for method in methods.difference(&known) {
            findings.add("unmounted", format!("{method} {path}"), "in the document, but not mounted");
        }
    }
    findings
}

#[tokio::test]
async fn every_operation_is_documented() {
    let platform = Platform::new().await;
    let modules: Vec<_> = modules().iter().map(|module| module.name).collect();
    let all = all_operations(&document());
    check_document(&all, &modules).none();
    check_problem_documents(&all).none();
    assert!(all.len() > platform.operations.len(), "guests have operations too");
}

#[tokio::test]
async fn every_operation_is_a_permission_and_the_reverse() {
    check_permissions(&Platform::new().await).none_but(&EXTRA_PERMISSIONS);
}

#[tokio::test]
async fn what_is_mounted_is_what_is_documented() {
    check_mounted(&Platform::new().await).await.none();
}

/// The document that is printed and committed has the operations that the running modules have.
#[tokio::test]
async fn the_printed_document_is_the_mounted_one() {
    let key =
        |operation: &Operation| (operation.path.clone(), operation.method.to_string(), operation.id.clone());
    let printed: BTreeSet<_> = operations(&document()).iter().map(key).collect();
    let mounted: BTreeSet<_> = operations(&Platform::new().await.app.openapi).iter().map(key).collect();
    assert_eq!(printed, mounted);
}

#[tokio::test]
async fn broken_documents_are_found() {
    let platform = specimen::broken().await;
    check_document(&platform.operations, &[specimen::NAME]).all_of(&[
        ("operation-id", "read_everything"),
        ("summary", "read_everything"),
        ("tag", "read_everything"),
        ("path", "read_everything"),
        ("success-document", "read_everything"),
        ("unique-id", "specimen.change_note"),
    ]);
    check_problem_documents(&platform.operations).all_of(&[("problem-document", "specimen.list_notes")]);
    check_permissions(&platform)
        .all_of(&[("permission", "specimen.nobodys"), ("extra-permission", "specimen.no_operation")]);
    check_mounted(&platform).await.all_of(&[("undocumented", "POST /v1/specimen/back-door")]);
}
