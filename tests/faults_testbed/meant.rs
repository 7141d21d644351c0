//! Which requests a fault is meant for.

use http::Request;

/// The pods themselves, and not what they use.
pub fn pods(request: &Request<()>) -> bool {
    let path = request.uri().path();
    path.ends_with("/pods") && !path.contains("metrics")
}

/// A list that comes as a watch.
pub fn streams(request: &Request<()>) -> bool {
    let query = request.uri().query().unwrap_or("");
    query.contains("sendInitialEvents")
}
