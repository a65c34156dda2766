//! What the document of a module says of its operations.

use serde_json::Value;
use utoipa::openapi::OpenApi;

/// Checks that each operation of a module has an id of its name, a summary, a description, an example and the problems of who may
/// not, and that every schema that is named is there. Gives the number of its operations.
pub fn documented_operations(openapi: &OpenApi, module: &str) -> usize {
    let document = serde_json::to_value(openapi).expect("a document");
    let mut operations = 0;
    for (path, methods) in document.get("paths").and_then(Value::as_object).expect("paths") {
        if !path.starts_with(&format!("/v1/{module}/")) {
            continue;
        }
        for (method, operation) in methods.as_object().expect("methods") {
            operations += 1;
            let place = format!("{method} {path}");
            let of = |name: &str| operation.get(name).and_then(Value::as_str).unwrap_or_default();
            let id = of("operationId");
            assert!(id.starts_with(&format!("{module}.")), "{place}");
            for text in ["summary", "description"] {
                assert!(!of(text).is_empty(), "{place}: {text}");
            }
            let responses = operation.get("responses").and_then(Value::as_object).expect("responses");
            let has_example =
                operation.get("requestBody").is_some_and(has_example) || responses.values().any(has_example);
            assert!(has_example, "{place}: example");
            assert!(responses.contains_key("401") && responses.contains_key("403"), "{place}: problems");
        }
    }
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().expect("a name");
        assert!(schemas.is_some_and(|schemas| schemas.contains_key(name)), "schema {name}");
    }
    operations
}

fn has_example(part: &Value) -> bool {
    let content = part.get("content").and_then(Value::as_object);
    content.is_some_and(|content| content.values().any(|media| media.get("example").is_some()))
}
