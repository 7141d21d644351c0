//! Effectors: each turns an intent into requests to the outside world and reports what came of it.
//!
//! An effector decides nothing: what is sent was previewed and confirmed before. It sends once; an
//! outcome that is not known is for the sources and for a [`look`] to find out, never for a second attempt.
//! A new operation is one file here and one line in [`preview`], [`send`] and [`look`].

mod delete;
mod failure;
mod restart;
mod rights;
mod rollback;
mod rollout;
mod scale;
#[cfg(test)]
mod tests;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Client;

use crate::model::intent::{Accepted, Found, Identity, Operation, Order, Preview};
use crate::model::key::TypeKey;
use crate::model::text;

pub use failure::EffectError;

/// Who the server notes as the writer.
const WRITER: &str = "portolan";

/// What an operation would mean. Reads, and changes nothing.
///
/// # Errors
/// [`EffectError`] when it cannot be found out, when the operation cannot be done, or when this user may
/// not do it.
pub async fn preview(
    client: &Client,
    target: &TypeKey,
    operation: &Operation,
) -> Result<Preview, EffectError> {
    // Before anybody is asked to confirm what would be refused.
    let may = rights::may(client, target, operation);
    let (may, preview) = futures::join!(may, read(client, target, operation));
    may?;
    preview
}

async fn read(
    client: &Client,
    target: &TypeKey,
    operation: &Operation,
) -> Result<Preview, EffectError> {
    Ok(match operation {
        Operation::Scale { .. } => Preview::Scale(scale::preview(client, target).await?),
        Operation::Restart => Preview::Restart(restart::preview(client, target).await?),
        Operation::Rollback { to } => {
            let preview = rollback::preview(client, target, *to).await?;
            Preview::Rollback(Box::new(preview))
        }
        Operation::Delete { pod, uid } => {
            Preview::Delete(delete::preview(client, &target.namespace, pod, uid).await?)
        }
    })
}

/// Does what was confirmed, once, provided that everything is as it was previewed.
///
/// # Errors
/// [`EffectError`]; all variants but [`EffectError::Unknown`] mean that nothing was changed.
pub async fn send(
    client: &Client,
    target: &TypeKey,
    order: &Order,
) -> Result<Accepted, EffectError> {
    match order {
        Order::Scale { wanted, preview } => scale::send(client, target, *wanted, preview).await,
        Order::Restart { at, preview } => restart::send(client, target, *at, preview).await,
        Order::Rollback { preview } => rollback::send(client, target, preview).await,
        Order::Delete { preview } => delete::send(client, &target.namespace, preview).await,
    }
}

/// What became of an order that was sent and not answered, as the object itself tells. Reads, and changes
/// nothing.
///
/// # Errors
/// [`EffectError`] when that cannot be found out now.
pub async fn look(client: &Client, target: &TypeKey, order: &Order) -> Result<Found, EffectError> {
    let found = match order {
        Order::Scale { wanted, preview } => scale::look(client, target, *wanted, preview).await,
        Order::Restart { at, preview } => restart::look(client, target, *at, preview).await,
        Order::Rollback { preview } => rollback::look(client, target, preview).await,
        Order::Delete { preview } => delete::look(client, &target.namespace, preview).await,
    };
    match found {
        Err(EffectError::NotFound { .. }) => Ok(Found::Overtaken {
            by: "deleted".into(),
        }),
        found => found,
    }
}

fn identity(metadata: &ObjectMeta) -> Identity {
    Identity {
        uid: text::name(metadata.uid.as_deref().unwrap_or_default()),
        created: metadata.creation_timestamp.as_ref().map(|at| at.0),
    }
}

/// The previewed version, which every write carries: without it the server would overwrite whatever is
/// there.
fn known_version(previewed: &str) -> Result<&str, EffectError> {
    if previewed.is_empty() {
        return Err(EffectError::Invalid {
            why: "the preview names no version; preview again".into(),
        });
    }
    Ok(previewed)
}
