//! The words in boxes and on lines.

use super::chart::{Link, Spot, Stop};
use crate::model::element::{Element, Health, Outside};
use crate::model::key::ElementKey;
use crate::ui::Ctx;
use crate::ui::format;
use crate::ui::theme::Theme;

/// Widest box that is asked for.
const WIDEST: usize = 40;
/// In a narrower box no cell is spent between the sign and the name.
const TIGHT: usize = 13;
/// Narrowest focus that is asked for: it says more than a name.
const FOCUS: usize = 28;

/// Whether only plain characters may be used.
pub(in crate::ui::views) fn is_ascii(theme: &Theme) -> bool {
    theme.glyphs.ellipsis.is_ascii()
}

/// The name of an element, with its namespace where that is not a chosen one.
pub(in crate::ui::views) fn name(ctx: &Ctx<'_>, key: &ElementKey) -> String {
    let plain = match (ctx.model.get(key), key) {
        (Some(element), _) => element.name().to_string(),
        (None, ElementKey::Type(key)) => key.name.to_string(),
        (
            None,
            ElementKey::Service { name, .. }
            | ElementKey::Ingress { name, .. }
            | ElementKey::External { name },
        ) => name.to_string(),
        (None, key) => key.to_string(),
    };
    match key.namespace() {
        Some(namespace) if !ctx.choice.covers(namespace) => format!("{namespace}/{plain}"),
        _ => plain,
    }
}

/// The kind in few letters; a Deployment's goes without saying.
pub(in crate::ui::views) fn kind(key: &ElementKey) -> String {
    match key {
        ElementKey::Type(key) => match key.short_kind() {
            "Deployment" => String::new(),
            "StatefulSet" => "sts".to_owned(),
            "DaemonSet" => "ds".to_owned(),
            "ReplicaSet" => "rs".to_owned(),
            "CronJob" => "cj".to_owned(),
            other => other.to_lowercase(),
        },
        ElementKey::Service { .. } => "svc".to_owned(),
        ElementKey::Ingress { way, .. } if way.is_ingress() => "ing".to_owned(),
        ElementKey::Ingress { .. } => "route".to_owned(),
        _ => String::new(),
    }
}

/// The kind in full.
pub(super) fn long_kind(key: &ElementKey) -> &str {
    match key {
        ElementKey::Type(key) => key.short_kind(),
        ElementKey::Service { .. } => "Service",
        ElementKey::Ingress { way, .. } => way.kind().name(),
        _ => "",
    }
}

/// What stands at the right end of a box, in full and shortened.
pub(in crate::ui::views) fn state(ctx: &Ctx<'_>, key: &ElementKey) -> [String; 2] {
    let both = |text: String| [text.clone(), text];
    match ctx.model.get(key) {
        Some(Element::Type(e)) => {
            let staged = ctx.stage.filter(|(staged, _)| *staged == key);
            let ready = match (staged, e.desired) {
                (Some((_, wanted)), desired) => {
                    let arrow = ctx.theme.glyphs.arrow;
                    format!("{}{arrow}{wanted}", desired.unwrap_or(0))
                }
                (None, Some(desired)) => format!("{}/{desired}", e.ready),
                (None, None) if e.components == 0 => format::NONE.to_owned(),
                (None, None) => format!("{}/{}", e.ready, e.components),
            };
            both(ready)
        }
        Some(Element::Service(e)) if e.external_name.is_some() => {
            ["external".to_owned(), "ext".to_owned()]
        }
        Some(Element::Service(e)) => both(match e.ready_endpoints {
            Some(ready) => format!("{ready}/{}", e.endpoints),
            None => String::new(),
        }),
        Some(Element::External(e)) => match e.outside {
            Outside::External { .. } => ["external".to_owned(), "ext".to_owned()],
            Outside::Unresolved => ["unresolved".to_owned(), "unr".to_owned()],
            Outside::Ambiguous { .. } => ["ambiguous".to_owned(), "amb".to_owned()],
        },
        Some(_) => both(String::new()),
        None => both("gone".to_owned()),
    }
}

/// Calls to itself and calls in both directions, as marks after the name.
fn marks(ctx: &Ctx<'_>, stop: &Stop) -> String {
    let plain = is_ascii(ctx.theme);
    let mut marks = String::new();
    if stop.own.is_some() {
        marks.push_str(if plain { " (self)" } else { " ↻" });
    }
    if stop.two_way {
        marks.push_str(if plain { " <>" } else { " ⇄" });
    }
    marks
}

/// The line of a box, in exactly `cells` cells.
pub(super) fn title(ctx: &Ctx<'_>, stop: &Stop, cells: usize) -> String {
    let ellipsis = ctx.theme.glyphs.ellipsis;
    let key = match &stop.spot {
        Spot::Element(key) => key,
        Spot::Fold(_) => return format::fit(&fold(ctx, stop, cells), cells, ellipsis),
    };
    let health = ctx.model.get(key).map_or(Health::Unknown, Element::health);
    let marks = marks(ctx, stop);
    let name = name(ctx, key);
    let kind = kind(key);
    let [full, short] = state(ctx, key);
    let wide = |text: &str| format::width(text);
    let gap = if cells < TIGHT { "" } else { " " };
    let sign = format!("{}{gap}", health.sign());
    // What matters less goes first: the long word, the kind, the end of the name.
    for (kind, state) in [(&kind, &full), (&kind, &short), (&String::new(), &short)] {
        let kind = if kind.is_empty() {
            String::new()
        } else {
            format!(" {kind}")
        };
        let left = format!("{sign}{name}{marks}{kind}");
        if wide(&left) + 1 + wide(state) <= cells {
            return format!(
                "{}{state}",
                format::fit(&left, cells - wide(state), ellipsis)
            );
        }
    }
    let rest = cells.saturating_sub(wide(&sign) + wide(&marks) + wide(&short) + 1);
    if rest >= 9 {
        let name = format::fit(&name, rest, ellipsis);
        return format!("{sign}{name}{marks} {short}");
    }
    let name = format!("{sign}{name}");
    let name = format::fit(&name, cells.saturating_sub(wide(&marks)), ellipsis);
    format::fit(&format!("{name}{marks}"), cells, ellipsis)
}

/// `+17 more, 2 bad`; the number goes last.
fn fold(ctx: &Ctx<'_>, stop: &Stop, cells: usize) -> String {
    let count = stop.hidden.len();
    let closed = ctx.theme.glyphs.closed;
    let bad = match stop.hidden_bad {
        0 => String::new(),
        bad => format!(", {bad} bad"),
    };
    let sign = if stop.hidden_bad > 0 { "! " } else { closed };
    let full = format!("{sign}+{count} more{bad}");
    if format::width(&full) <= cells {
        full
    } else {
        format!("{sign}+{count}")
    }
}

/// The width that a box would like.
pub(super) fn wanted_width(ctx: &Ctx<'_>, stop: &Stop) -> usize {
    let text = match &stop.spot {
        Spot::Element(key) => {
            let kind = kind(key);
            let kind = if kind.is_empty() { 0 } else { kind.len() + 1 };
            let [state, _] = state(ctx, key);
            let name = format::width(&name(ctx, key)) + format::width(&marks(ctx, stop));
            2 + name + kind + 1 + format::width(&state)
        }
        Spot::Fold(_) => 18,
    };
    let least = if stop.column == 0 { FOCUS } else { 0 };
    (text + 2).clamp(least, WIDEST.max(least))
}

/// The label of a line, `12.4/s  1.1%`; numbers stand below each other.
pub(super) fn label(link: &Link, short: bool) -> String {
    if link.only_declared() {
        return link.unused_word().to_owned();
    }
    let counts = link.recent();
    let rate = format::rate(counts);
    let Some(calls) = counts.map(|c| c.calls) else {
        return format!("{rate:>4}");
    };
    let fails = if link.fails() { "!" } else { " " };
    let errors = format::errors(counts);
    match (short, calls) {
        (true, 0) => format!("{rate:>4}      "),
        (false, 0) => format!("{rate:>4}/s       "),
        (true, _) => format!("{rate:>4} {errors:>4}{fails}"),
        (false, _) => format!("{rate:>4}/s {errors:>4}%{fails}"),
    }
}

/// A link in running text: `cart → redis 9.1/s 0.0%`.
pub(super) fn link(link: &Link) -> String {
    if link.only_declared() {
        return link.unused_word().to_owned();
    }
    let counts = link.recent();
    let rate = format::rate(counts);
    let fails = if link.fails() { "!" } else { "" };
    match counts.map(|c| c.calls) {
        None => rate,
        Some(0) => format!("{rate}/s"),
        Some(_) => format!("{rate}/s {}%{fails}", format::errors(counts)),
    }
}
