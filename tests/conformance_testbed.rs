//! The suite of the simulated cluster against the real API server of the test bed.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of tests fail as tests do"
)]

#[macro_use]
mod cluster_conformance;

use cluster_conformance::{
    Target, access, declared, effects, life, lists, logs, patches, sees, tables, verbs, watches,
};

async fn real() -> Target {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let options = kube::config::KubeConfigOptions::default();
    let config = kube::Config::from_kubeconfig(&options).await;
    Target::new(config.expect("KUBECONFIG: eval \"$(testbed/up)\""), true)
}

macro_rules! against_the_real_server {
    ($($module:ident::$case:ident,)*) => {$(
        #[tokio::test]
        #[ignore = "needs the testbed: eval \"$(testbed/up)\""]
        async fn $case() {
            $module::$case(&real().await).await;
        }
    )*};
}
for_each_case!(against_the_real_server);
