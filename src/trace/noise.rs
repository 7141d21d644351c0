//! Calls that nobody asks about: checks of health, scrapes, and what proxies record of others' calls.

use std::collections::HashMap;

use super::call::Noise;
use super::hop::Hop;
use super::path;
use super::piece::Piece;
use super::record::Record;
use super::span::Kind;
use super::tree::{Step, Tree};

/// Paths of checks, and what is below those that end in a slash.
const CHECKS: [&str; 18] = [
    "/health",
    "/healthz",
    "/livez",
    "/readyz",
    "/healthz/",
    "/livez/",
    "/readyz/",
    "/health/live",
    "/health/ready",
    "/health/liveness",
    "/health/readiness",
    "/health/started",
    "/healthcheck",
    "/_health",
    "/-/healthy",
    "/-/ready",
    "/q/health",
    "/q/health/",
];
/// Paths of metrics.
const SCRAPES: [&str; 2] = ["/metrics", "/q/metrics"];

/// What a call is, by the word of one of its sides: a check or a scrape.
pub(super) fn by_word(record: &Record<'_>) -> Option<Noise> {
    record.sides().find_map(on)
}

fn on(piece: &Piece<'_>) -> Option<Noise> {
    let agent = piece.any(&["user_agent.original", "http.user_agent", "user_agent"]);
    let begins = |with: &str| {
        let start = agent.and_then(|agent| agent.get(..with.len()));
        start.is_some_and(|start| start.eq_ignore_ascii_case(with))
    };
    let health = "grpc.health.v1.health";
    let is_health = |text: &str| {
        let start = text.get(..health.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(health))
    };
    let name = piece.name().map(|name| name.trim_start_matches('/'));
    let rpc = piece.any(&["rpc.service", "rpc.method"]);
    if begins("kube-probe") || rpc.or(name).is_some_and(is_health) {
        return Some(Noise::HealthCheck);
    }
    if begins("prometheus/") {
        return Some(Noise::Scrape);
    }
    let method = piece.any(&["http.request.method", "http.method", "method"]);
    let reads = method.is_none_or(|method| {
        method.eq_ignore_ascii_case("get") || method.eq_ignore_ascii_case("head")
    });
    if !reads || matches!(piece.kind, Some(Kind::Producer | Kind::Consumer)) {
        return None;
    }
    let raw = piece.any(&[
        "http.route",
        "uri",
        "url.path",
        "http.path",
        "http.target",
        "url.template",
        "http.url",
        "url.full",
    ]);
    let named = || {
        let (first, rest) = piece.name()?.split_once(' ')?;
        let reads = first.eq_ignore_ascii_case("get") || first.eq_ignore_ascii_case("head");
        reads.then_some(rest).filter(|rest| rest.starts_with('/'))
    };
    by_path(path::of(raw.or_else(named)?))
}

fn by_path(path: &str) -> Option<Noise> {
    let path = path.trim_end_matches('/');
    let is = |known: &&str| {
        let below = known.ends_with('/') && path.starts_with(*known);
        below || path.eq_ignore_ascii_case(known)
    };
    // Spring's are below whatever path the application has.
    if CHECKS.iter().any(is)
        || path.ends_with("/actuator/health")
        || path.contains("/actuator/health/")
    {
        return Some(Noise::HealthCheck);
    }
    let scrape = SCRAPES.contains(&path) || path.ends_with("/actuator/prometheus");
    scrape.then_some(Noise::Scrape)
}

/// Whether a proxy recorded a piece: Envoy, alone or as Istio's, says so by its tags.
fn is_proxy(piece: &Piece<'_>) -> bool {
    piece.tag("component") == Some("proxy")
        || piece
            .any(&["upstream_cluster", "upstream_cluster.name", "istio.mesh_id"])
            .is_some()
}

/// The proxies of a trace, and what services recorded behind them.
#[derive(Debug, Default)]
pub(super) struct Proxies {
    /// Pieces of proxies below which a service recorded the same call: the service's server where it is
    /// the very next, else none.
    behind: HashMap<usize, Option<usize>>,
}

impl Proxies {
    pub(super) fn of<'a>(tree: &Tree<'a>) -> Self {
        let steps: Vec<Step<'a>> = tree.walk().collect();
        if !steps.iter().any(|step| is_proxy(step.piece)) {
            return Self::default();
        }
        let above: HashMap<usize, Option<usize>> =
            steps.iter().map(|step| (step.at, step.above)).collect();
        let proxy = |at: usize| tree.piece(at).filter(|piece| is_proxy(piece));
        let mut behind: HashMap<usize, Option<usize>> = HashMap::new();
        for step in &steps {
            if step.piece.kind != Some(Kind::Server) || is_proxy(step.piece) {
                continue;
            }
            let mut next = step.above;
            let mut server = Some(step.at);
            while let Some((at, piece)) = next.and_then(|at| Some((at, proxy(at)?))) {
                let serves = server.filter(|_| {
                    piece.kind == Some(Kind::Server) && piece.service() == step.piece.service()
                });
                let known = behind.contains_key(&at);
                let entry = behind.entry(at).or_default();
                *entry = entry.or(serves);
                if known {
                    break;
                }
                server = None;
                next = above.get(&at).copied().flatten();
            }
        }
        Self { behind }
    }

    /// The server that a proxy stands before, where both are one service's.
    pub(super) fn server_behind(&self, at: usize) -> Option<usize> {
        self.behind.get(&at).copied().flatten()
    }

    /// Whether a call is in the trace twice, and this is the record to hide: by a sidecar and its service it
    /// is hidden where the service calls itself; by a proxy of another name, where it enters the proxy.
    pub(super) fn hides<'a>(&self, hop: &Hop<'a>, tree: &Tree<'a>) -> bool {
        let Some(piece) = tree.piece(hop.at) else {
            return false;
        };
        if is_proxy(piece) {
            let is_repeated = self.behind.contains_key(&hop.at);
            return hop.is_invented || is_repeated && self.server_behind(hop.at).is_none();
        }
        let sidecar = hop.above.and_then(|above| self.server_behind(above));
        sidecar == Some(hop.at)
    }
}

#[cfg(test)]
mod tests;
