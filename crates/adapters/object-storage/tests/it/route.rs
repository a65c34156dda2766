//! The route that serves the signed URLs of a folder, as short as it can be.

use athyper_adapter_object_storage::{Grant, ObjectStorage, StorageError};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use url::Url;

/// A server on the loopback; dropping it ends it.
pub(crate) struct Route {
    _server: JoinSet<()>,
}

impl Route {
    /// A place to serve from, and its address.
    pub(crate) async fn listen() -> (TcpListener, Url) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/objects", listener.local_addr().unwrap()).parse().unwrap();
        (listener, url)
    }

    pub(crate) fn serve(listener: TcpListener, storage: ObjectStorage) -> Self {
        let routes = Router::new().fallback(answer).with_state(storage);
        let mut server = JoinSet::new();
        server.spawn(async { axum::serve(listener, routes).await.unwrap() });
        Self { _server: server }
    }
}

async fn answer(State(storage): State<ObjectStorage>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let answer = match storage.verify_signed(&parts) {
        Ok(Grant::Upload(grant)) => {
            grant.put(body.into_data_stream()).await.map(|receipt| receipt.etag.into_response())
        }
        Ok(Grant::Download(grant)) => grant.get(None).await.map(|download| {
            let headers = [
                (CONTENT_TYPE, download.info.content_type),
                (CONTENT_DISPOSITION, grant.content_disposition().to_owned()),
            ];
            (headers, Body::from_stream(download.body)).into_response()
        }),
        Err(error) => Err(error),
    };
    answer.unwrap_or_else(|error: StorageError| {
        let status = StatusCode::from_u16(error.into_problem().kind.status()).unwrap();
        status.into_response()
    })
}
