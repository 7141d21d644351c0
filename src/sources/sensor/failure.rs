//! Why an endpoint gave nothing of use: one line for the Sources view, with what to do about it.

use reqwest::StatusCode;

use crate::model::text::Text;
use crate::sources::http::{NoAnswer, looks_like_html, quote};

/// What went wrong with one reading.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    /// No answer: as it is said of any server.
    #[error("{0}")]
    Asking(#[from] NoAnswer),
    /// 401 or 403.
    #[error("answered {0}: a sensor has no credentials; give it an endpoint that needs none")]
    Refused(u16),
    /// 404.
    #[error("answered 404 (not found): check the path of the url")]
    NotFound,
    /// Another status that is not a success.
    #[error("answered {0}; see the log of who serves it")]
    Status(Text),
    /// More than is read.
    #[error("answered more than {0} kB, which is not read: give an endpoint that says less")]
    TooLarge(usize),
    /// No number.
    #[error("answered \"{0}\", which is no number: check the url, or say format = \"prometheus\"")]
    NotNumber(Text),
    /// `NaN`, or infinite.
    #[error("answered {0}, which is no data: see why at who serves it")]
    NotFinite(Text),
    /// Nothing at all.
    #[error("answered nothing: check the path of the url")]
    Empty,
    /// Not a line in the text format.
    #[error(
        "answered \"{0}\", which is not the text format of Prometheus: check the url, or say format = \"number\""
    )]
    NotText(Text),
    /// The page has none of the metrics.
    #[error("there is no metric {metric} there{near}")]
    Missing {
        /// The first that is wanted.
        metric: Text,
        /// `": it has a, b"`, or what to do.
        near: Text,
    },
}

impl Failure {
    /// Whether the endpoint answered as it should, so that what it said before holds no more.
    pub(super) const fn is_answer(&self) -> bool {
        matches!(self, Self::Missing { .. } | Self::NotFinite(_))
    }

    /// A status that is not a success, with the first words of its body.
    pub(super) fn status(status: StatusCode, body: &[u8]) -> Self {
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Self::Refused(status.as_u16()),
            StatusCode::NOT_FOUND => Self::NotFound,
            _ => {
                let said = quote(&String::from_utf8_lossy(body));
                Self::Status(if said.is_empty() || looks_like_html(body) {
                    status.to_string().into()
                } else {
                    format!("{status}: {said}").into()
                })
            }
        }
    }
}
