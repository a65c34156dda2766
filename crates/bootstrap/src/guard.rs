//! The outermost guards of every request: a time limit, a net for panics, and problems for unknown paths.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use athyper_kernel_error::{Problem, ProblemKind};
use athyper_kernel_http::ProblemResponse;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use futures::FutureExt as _;

/// Ends a request that takes longer than it may, and turns a panic into a problem. A transaction under way is rolled
/// back when its request is dropped. The time ends with the head of the answer, so a stream of events may go on.
pub(crate) async fn guarded(
    limit: Duration,
    request: Request,
    serve: impl AsyncFnOnce(Request) -> Response,
) -> Response {
    let served = AssertUnwindSafe(serve(request)).catch_unwind();
    let problem = match tokio::time::timeout(limit, served).await {
        Ok(Ok(response)) => return response,
        Ok(Err(_panic)) => Problem::internal("the handler panicked"),
        Err(_elapsed) => {
            let detail = format!("the request took longer than {} s", limit.as_secs());
            Problem::new(ProblemKind::TimedOut, "request.timed_out", detail)
        }
    };
    ProblemResponse(problem).into_response()
}

/// No route has this path.
pub(crate) async fn unknown_path() -> ProblemResponse {
    Problem::not_found("path").into()
}

/// The path has a route, but not for this method.
pub(crate) async fn unknown_method() -> ProblemResponse {
    let detail = "this path does not take that method";
    Problem::new(ProblemKind::MethodNotAllowed, "request.method_not_allowed", detail).into()
}
