//! Shows the personas and the matrix of what each may do.

use std::collections::BTreeMap;

use athyper_kernel_http::{
    MATRIX, NoQuery, OperationKind, Persona, ProblemResponse, Reach, Read, ReadProblems, Reply,
};
use serde::Serialize;
use utoipa::ToSchema;

/// The personas and their matrix.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = iam::Personas)]
pub(crate) struct Personas {
    /// Keys of the personas, from the one who may do least to the one who may do everything.
    personas: Vec<&'static str>,
    /// For each kind of operation, how far each persona may do it; one that is not named may not.
    matrix: Vec<Row>,
}

/// A row of the matrix.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = iam::PersonaRow)]
pub(crate) struct Row {
    /// Kind of operation.
    kind: OperationKind,
    /// Reach by key of the persona.
    #[schema(value_type = std::collections::HashMap<String, Reach>)]
    reach: BTreeMap<&'static str, Reach>,
}

/// Get the personas
///
/// The built-in roles that are defined over kinds of operations, and so cover those of every module.
#[utoipa::path(
    get,
    path = "/v1/iam/personas",
    operation_id = "iam.list_personas",
    tag = "iam",
    responses((status = 200, description = "Personas and matrix", body = Personas, example = json!({"personas": ["viewer", "tenant_admin"],
        "matrix": [{"kind": "read", "reach": {"viewer": "tenant", "tenant_admin": "tenant"}}]})), ReadProblems)
)]
pub(crate) async fn list_personas(_read: Read<NoQuery>) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&personas())?)
}

fn personas() -> Personas {
    let row = |kind: OperationKind| {
        let reach = Persona::ALL.iter().filter_map(|one| Some((one.key(), one.reach(kind)?))).collect();
        Row { kind, reach }
    };
    Personas {
        personas: Persona::ALL.iter().map(|persona| persona.key()).collect(),
        matrix: MATRIX.iter().map(|(kind, _)| row(*kind)).collect(),
    }
}
