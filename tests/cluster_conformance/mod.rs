//! What an API server must answer: one suite for the simulated cluster and the real one of the test bed.
//!
//! Each case is a function over a [`Target`] and has a namespace of its own ([`Ground`]), so that cases
//! neither disturb each other nor what else a cluster holds. Nothing sleeps: what takes time is watched.

pub mod access;
pub mod declared;
pub mod effects;
pub mod ground;
pub mod life;
pub mod lists;
pub mod logs;
pub mod patches;
pub mod sees;
pub mod tables;
pub mod verbs;
pub mod watches;
#[path = "../watching/mod.rs"]
pub mod watching;

use std::time::Duration;

use axum::body::to_bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use http::header::{ACCEPT, CONTENT_TYPE, DATE};
use http::{Method, Request};
use kube::Client;
use kube::client::Body;
use portolan::sources::kubernetes::Session;
use serde_json::Value;
use tokio::time::timeout;

pub use ground::Ground;

/// Far longer than anything takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Hands every case of the suite to a macro, each as `module::function`.
macro_rules! for_each_case {
    ($make:ident) => {
        $make! {
            access::what_is_served_is_discovered,
            access::the_version_and_the_date_are_told,
            access::one_may_do_what_is_served,
            declared::configuration_declares_and_a_policy_allows,
            declared::an_autoscaler_stands_beside_its_target,
            declared::what_is_in_every_namespace_is_not_asked_for,
            effects::scaling_changes_the_number_and_a_stale_preview_changes_nothing,
            effects::an_autoscaler_is_found,
            effects::a_restart_replaces_each_pod_and_a_stale_preview_none,
            effects::a_rollback_puts_the_whole_template_back_and_can_be_undone,
            effects::a_deletion_is_of_one_pod_by_its_uid,
            life::a_deployment_becomes_ready,
            life::a_deployment_follows_its_number,
            life::a_restart_makes_new_pods,
            life::a_bad_image_stalls_and_is_undone,
            life::a_container_that_crashes_is_backed_off,
            life::a_deleted_pod_is_replaced,
            life::a_deleted_deployment_takes_its_pods_along,
            life::a_deleted_namespace_takes_all_along,
            life::endpoints_follow_the_ready_pods,
            lists::pages_are_of_one_moment,
            lists::options_have_to_go_together,
            lists::versions_are_kept_to,
            lists::labels_select,
            lists::fields_select,
            lists::lists_come_in_the_form_that_is_asked_for,
            logs::a_log_is_cut_as_asked,
            logs::bad_questions_about_logs_are_refused,
            patches::three_ways_to_patch,
            patches::bad_patches_are_refused,
            patches::the_scale_is_read_and_written,
            sees::the_source_sees_what_is_there,
            sees::a_deleted_namespace_is_told_as_deletions,
            tables::every_kind_has_its_columns,
            tables::cells_say_how_things_are,
            tables::rows_carry_what_is_asked_for,
            verbs::what_is_missing_is_not_found,
            verbs::what_is_there_is_not_made_again,
            verbs::a_stale_version_is_a_conflict,
            verbs::bad_objects_are_refused,
            verbs::methods_that_make_no_sense_are_not_allowed,
            verbs::a_generated_name_is_finished,
            verbs::what_is_deleted_is_told,
            watches::a_watch_begins_with_what_is_there,
            watches::a_streamed_list_tells_its_end,
            watches::a_watch_goes_on_where_it_was,
            watches::what_is_not_meant_any_more_is_told_as_deleted,
            watches::a_watch_ends_when_its_time_is_over,
            watches::rows_and_metadata_are_watched_too,
        }
    };
}

/// A cluster under test.
#[derive(Clone)]
pub struct Target {
    /// How it is reached.
    pub config: kube::Config,
    pub client: Client,
    /// Whether what is made there has to be taken away again.
    pub stays: bool,
}

/// What it answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    /// The media type, without its parameters.
    pub media: String,
    pub date: String,
    /// The body's JSON, or its text.
    pub body: Value,
}

impl Answer {
    /// The body of an answer that is not a refusal.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        self.body
    }

    /// Code, reason and message of a refusal.
    pub fn refusal(&self) -> (u16, &str, &str) {
        let text = |name: &str| self.body[name].as_str().unwrap_or_default();
        assert_eq!(self.body["kind"], "Status", "{self:?}");
        assert_eq!(self.body["status"], "Failure", "{self:?}");
        assert_eq!(self.body["code"], self.status, "{self:?}");
        (self.status, text("reason"), text("message"))
    }

    /// The names of a list's items.
    pub fn names(self) -> Vec<String> {
        names(&self.ok())
    }
}

/// The names of a list's items.
pub fn names(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().expect("a list");
    let name = |item: &Value| {
        item["metadata"]["name"]
            .as_str()
            .expect("a name")
            .to_owned()
    };
    items.iter().map(name).collect()
}

impl Target {
    pub fn new(mut config: kube::Config, stays: bool) -> Self {
        // What is refused shall be told, not tried again.
        config.default_retry = false;
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::try_from(config.clone()).expect("a client");
        Self {
            config,
            client,
            stays,
        }
    }

    /// A session of the program's own on it.
    pub fn session(&self, namespace: &str) -> Session {
        Session::with_client(self.client.clone(), "conformance", "the target", namespace)
    }

    async fn open(
        &self,
        method: Method,
        path: &str,
        accept: &str,
        media: &str,
        body: Vec<u8>,
    ) -> http::Response<Body> {
        let request = Request::builder().method(method.clone()).uri(path);
        let request = request.header(ACCEPT, accept).header(CONTENT_TYPE, media);
        let request = request.body(Body::from(body)).expect("a request");
        let sending = timeout(PATIENCE, self.client.send(request)).await;
        let answer = sending.unwrap_or_else(|_| panic!("no answer to {method} {path}"));
        answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        accept: &str,
        media: &str,
        body: Vec<u8>,
    ) -> Answer {
        let answer = self.open(method, path, accept, media, body).await;
        let header = |name| {
            let value = answer
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let (media, date) = (header(CONTENT_TYPE), header(DATE));
        let status = answer.status().as_u16();
        let reading = to_bytes(axum::body::Body::new(answer.into_body()), usize::MAX);
        let bytes = timeout(PATIENCE, reading)
            .await
            .expect("an end")
            .expect("a body");
        let text = String::from_utf8(bytes.to_vec()).expect("text");
        Answer {
            status,
            media: media.split(';').next().unwrap_or_default().to_owned(),
            date,
            body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.get_as(path, "application/json").await
    }

    pub async fn get_as(&self, path: &str, accept: &str) -> Answer {
        self.ask(Method::GET, path, accept, "", Vec::new()).await
    }

    pub async fn send(&self, method: Method, path: &str, body: &Value) -> Answer {
        let json = "application/json";
        self.ask(method, path, json, json, body.to_string().into_bytes())
            .await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, body).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PUT, path, body).await
    }

    /// A patch; `how` is `merge`, `strategic-merge` or `json`.
    pub async fn patch(&self, path: &str, how: &str, body: &Value) -> Answer {
        let media = format!("application/{how}-patch+json");
        let body = body.to_string().into_bytes();
        self.ask(Method::PATCH, path, "application/json", &media, body)
            .await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.ask(Method::DELETE, path, "application/json", "", Vec::new())
            .await
    }

    /// A watch, or a log that is followed.
    pub async fn lines(&self, path: &str) -> Lines {
        self.lines_as(path, "application/json").await
    }

    pub async fn lines_as(&self, path: &str, accept: &str) -> Lines {
        let answer = self.open(Method::GET, path, accept, "", Vec::new()).await;
        let status = answer.status().as_u16();
        assert_eq!(status, 200, "{path}");
        let body = axum::body::Body::new(answer.into_body());
        let stream = body
            .into_data_stream()
            .map(|chunk| chunk.expect("a chunk").to_vec());
        Lines {
            stream: stream.boxed(),
            read: Vec::new(),
        }
    }

    /// Watches a collection until it is as it shall be, and gives its objects. The path is that of a
    /// list and may have selectors.
    pub async fn until(
        &self,
        what: &str,
        path: &str,
        holds: impl Fn(&[Value]) -> bool,
    ) -> Vec<Value> {
        let mut last = Vec::new();
        let watching = async {
            loop {
                let list = self.get(path).await.ok();
                last.clone_from(list["items"].as_array().expect("a list"));
                if holds(&last) {
                    return;
                }
                let version = list["metadata"]["resourceVersion"]
                    .as_str()
                    .expect("a version");
                let and = if path.contains('?') { '&' } else { '?' };
                let watch = format!("{path}{and}watch=1&resourceVersion={version}");
                let mut lines = self.lines(&watch).await;
                // Whatever it is, it is looked at again.
                lines.next().await;
            }
        };
        let came = timeout(PATIENCE, watching).await.is_ok();
        assert!(came, "never came: {what}; it is {}", Value::Array(last));
        last
    }
}

/// An answer that comes line by line.
pub struct Lines {
    stream: BoxStream<'static, Vec<u8>>,
    read: Vec<u8>,
}

impl Lines {
    /// The next line as text; nothing at the end.
    pub async fn text(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
                let rest = self.read.split_off(end + 1);
                let line = std::mem::replace(&mut self.read, rest);
                let line = String::from_utf8(line).expect("text");
                return Some(line.trim_end().to_owned());
            }
            let chunk = timeout(PATIENCE, self.stream.next()).await;
            self.read.extend(chunk.expect("it goes on or ends")?);
        }
    }

    /// The next event; nothing at the end.
    pub async fn next(&mut self) -> Option<Value> {
        let line = self.text().await?;
        Some(serde_json::from_str(&line).expect("JSON"))
    }

    /// Kind of the next event, and the name of its object.
    pub async fn event(&mut self) -> (String, String, Value) {
        let event = self.next().await.expect("it goes on");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let object = event["object"].clone();
        (
            text(&event["type"]),
            text(&object["metadata"]["name"]),
            object,
        )
    }
}
