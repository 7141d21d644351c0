//! The last hour in a few cells: bars for rates, errors and durations, and since when calls fail.

use crate::model::trend::{MINUTES, Point, Trend};
use crate::ui::theme::Theme;
use crate::ui::{Ctx, format};

/// Cells of a line of bars.
const CELLS: usize = 15;
/// A cell of minutes in which nobody counted.
const GAP: &str = "-";

/// What is drawn of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Calls per second; of several minutes their mean.
    Rate,
    /// Errors in percent of calls; of several minutes the worst.
    Errors,
    /// The duration that 95 % of the sampled calls did not exceed; of several minutes the longest.
    P95,
}

impl Figure {
    fn of(self, point: Point) -> Option<f64> {
        match self {
            Self::Rate => Some(point.rate()),
            Self::Errors => point.error_percent(),
            #[expect(clippy::cast_precision_loss, reason = "it is drawn in eight steps")]
            Self::P95 => point.p95_us().map(|us| us as f64),
        }
    }

    /// Several minutes as one.
    fn join(self, minutes: &[f64]) -> Option<f64> {
        let most = minutes.iter().copied().reduce(f64::max)?;
        #[expect(clippy::cast_precision_loss, reason = "there are at most sixty")]
        let mean = minutes.iter().sum::<f64>() / minutes.len() as f64;
        Some(if self == Self::Rate { mean } else { most })
    }

    /// The highest value in words.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "durations are positive and far from the limits"
    )]
    fn words(self, value: f64) -> String {
        match self {
            Self::Rate => format!("{}/s", format::per_second(value)),
            Self::Errors => format!("{value:.1} %"),
            Self::P95 => format::took(Some(value.round() as u64)),
        }
    }
}

/// `60 min ▁▁▂▃▇ most 31/s`; `None` where nothing of the kind is known, or it was never anything but zero.
#[must_use]
pub fn line(trend: &Trend, figure: Figure, theme: &Theme) -> Option<String> {
    let minutes = trend.points().count().min(MINUTES);
    Some(format!("{minutes} min {}", bars(trend, figure, theme)?))
}

/// `▁▁▂▃▇ most 31/s`, as [`line()`].
#[must_use]
pub fn bars(trend: &Trend, figure: Figure, theme: &Theme) -> Option<String> {
    let values: Vec<Option<f64>> = trend
        .points()
        .map(|p| p.and_then(|p| figure.of(p)))
        .collect();
    let most = values.iter().flatten().copied().reduce(f64::max)?;
    // One minute is no trend.
    if values.len() < 2 || most <= 0.0 {
        return None;
    }
    // The last cell ends with the last minute.
    let each = each(values.len());
    let mut bars: Vec<&str> = values
        .rchunks(each)
        .map(|minutes| {
            let known: Vec<f64> = minutes.iter().flatten().copied().collect();
            figure
                .join(&known)
                .map_or(GAP, |value| bar(value / most, theme))
        })
        .collect();
    bars.reverse();
    Some(format!("{} most {}", bars.concat(), figure.words(most)))
}

/// How many minutes one bar is.
#[must_use]
pub fn minutes_each(trend: &Trend) -> usize {
    each(trend.points().count())
}

fn each(minutes: usize) -> usize {
    minutes.div_ceil(CELLS).max(1)
}

/// ` since 13:52`, where calls fail now.
#[must_use]
pub fn since(trend: &Trend, ctx: &Ctx<'_>) -> String {
    trend.failing_since().map_or_else(String::new, |at| {
        format!(" since {}", format::minute(at, ctx.zone))
    })
}

/// The bar of a share of the highest value: the lowest is for zero only.
fn bar(share: f64, theme: &Theme) -> &'static str {
    let bars = theme.glyphs.bars;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share is between 0 and 1"
    )]
    let step = if share > 0.0 {
        1 + (share.clamp(0.0, 1.0) * 6.0).round() as usize
    } else {
        0
    };
    bars.get(step).copied().unwrap_or(GAP)
}
