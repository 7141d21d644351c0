//! `portolan graph`: the picture of who calls whom, of a running system or of a saved model.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use jiff::Timestamp;
use ratatui::buffer::Buffer;

use crate::app::headless::{self, Drawn, Streams};
use crate::cli::{Fault, Flags, GraphFlags, GraphFormat, Launch, Size};
use crate::model::Model;
use crate::model::export::graph::{self, dot, mermaid};
use crate::model::import::{self, FILE_LIMIT, Saved};
use crate::model::key::ElementKey;
use crate::model::observation::NamespaceChoice;
use crate::model::query::around::Around;
use crate::model::query::network::{Network, Wish};
use crate::model::text;
use crate::ui::picture::svg::svg;
use crate::ui::picture::{self, Order, Paper, Subject};
use crate::ui::theme::Theme;

/// What stands for standard input.
const STDIN: &str = "-";
/// The size in cells of a picture around a name, where none is asked for.
const SIZE: Size = Size {
    width: 160,
    height: 45,
};

/// Draws the running system.
pub(super) async fn live(launch: Launch, flags: &GraphFlags) -> Result<u8, Fault> {
    let look = Look {
        ascii: launch.ascii,
    };
    let (request, sources) = super::headless::asked(launch, flags.timeout);
    let choice = request.namespaces.clone();
    let render = |model: &Model| draw(model, &choice, flags, look);
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let to = Streams {
        out: &mut out,
        err: &mut err,
    };
    let ended = headless::graph(&request, sources, render, to).await;
    ended.map_err(super::headless::unwritable)
}

/// Draws a saved model; `flags` may narrow the namespaces that it was saved with.
pub(super) fn saved(file: &Path, flags: &Flags, graph: &GraphFlags) -> Result<u8, Fault> {
    let named = file.display().to_string();
    let wrong = |why: &dyn std::fmt::Display| Fault::World(format!("{named} {why}"));
    let bytes = bytes(file).map_err(|why| wrong(&why))?;
    let saved = import::read(&bytes).map_err(|why| wrong(&why))?;
    drop(bytes);
    let choice = narrowed(&saved, flags);
    let look = Look { ascii: flags.ascii };
    let mut notes = Vec::new();
    if graph.telemetry && !saved.telemetry {
        notes.push(format!(
            "{named} was saved without --telemetry: it has no rates"
        ));
    }
    let drawn = draw(&saved.model, &choice, graph, look).map(|mut drawn| {
        drawn.notes.splice(0..0, notes);
        drawn
    });
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let to = Streams {
        out: &mut out,
        err: &mut err,
    };
    headless::put(drawn, to).map_err(super::headless::unwritable)
}

/// All of a file, or of standard input, within bounds. An error is what follows the name in a line.
fn bytes(file: &Path) -> Result<Vec<u8>, String> {
    let cannot = |error: io::Error| format!("cannot be read: {error}");
    let from: Box<dyn Read> = if file == Path::new(STDIN) {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(file).map_err(cannot)?)
    };
    let mut bytes = Vec::new();
    let mut bounded = from.take(FILE_LIMIT + 1);
    bounded.read_to_end(&mut bytes).map_err(cannot)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > FILE_LIMIT {
        let limit = FILE_LIMIT >> 20;
        return Err(format!(
            "is larger than {limit} MiB, the most that is read: save fewer namespaces with -n"
        ));
    }
    Ok(bytes)
}

/// The namespaces that are drawn of a saved model.
fn narrowed(saved: &Saved, flags: &Flags) -> NamespaceChoice {
    if flags.namespaces.is_empty() {
        saved.namespaces.clone()
    } else {
        NamespaceChoice::Only(flags.namespaces.iter().map(|n| text::name(n)).collect())
    }
}

/// How a picture of characters looks.
#[derive(Clone, Copy)]
struct Look {
    ascii: bool,
}

impl Look {
    /// Text has no colours: it goes through pipes and into files.
    fn theme(self, format: GraphFormat) -> Theme {
        Theme::new(format == GraphFormat::Svg, self.ascii)
    }
}

/// The picture in characters, and what is to be said beside it.
fn picture(
    subject: Subject<'_>,
    named: &BTreeSet<ElementKey>,
    flags: &GraphFlags,
    look: Look,
) -> Result<(Buffer, Vec<String>), String> {
    let theme = look.theme(flags.format);
    let Some(first) = named.first() else {
        return whole(subject, flags, &theme);
    };
    let mut notes = Vec::new();
    if named.len() > 1 {
        notes.push(format!(
            "the picture is around {first}: name another one in full"
        ));
    }
    if flags.hops > picture::MOST_HOPS {
        let most = picture::MOST_HOPS;
        notes.push(format!(
            "the picture shows {most} hops each way: --format dot and mermaid show all"
        ));
    }
    let Size { width, height } = flags.size.unwrap_or(SIZE);
    let paper = Paper {
        width,
        height,
        theme,
    };
    Ok((picture::around(subject, first, flags.hops, &paper), notes))
}

/// The picture of everything.
fn whole(
    subject: Subject<'_>,
    flags: &GraphFlags,
    theme: &Theme,
) -> Result<(Buffer, Vec<String>), String> {
    let order = Order {
        grouping: flags.group.into(),
        unlinked: flags.unlinked,
        room: flags.size.map(|size| (size.width, size.height)),
    };
    let sheet = picture::whole(subject, order, theme)
        .map_err(|why| format!("{why} (--focus, -n; --format dot)"))?;
    let (columns, rows) = sheet.needs;
    let remedy = match Size::of(columns, rows) {
        Some(Size { width, height }) => format!("--size {width}x{height}, or none, shows all"),
        None => format!("without --size all is shown, in {columns} columns and {rows} rows"),
    };
    let notes = sheet.out_of_sight().into_iter();
    let notes = notes.map(|what| format!("{what}: {remedy}"));
    Ok((sheet.buffer, notes.collect()))
}

fn draw(
    model: &Model,
    choice: &NamespaceChoice,
    flags: &GraphFlags,
    look: Look,
) -> Result<Drawn, String> {
    let (collapsed, unfolded) = (BTreeSet::new(), BTreeSet::new());
    let wish = Wish {
        choice,
        passes: &|_| true,
        grouping: flags.group.into(),
        collapsed: &collapsed,
        least_rate: None,
        only_failing: false,
        unlinked: flags.unlinked,
        fan_out: None,
        unfolded: &unfolded,
    };
    let mut notes = Vec::new();
    let (network, named) = match &flags.focus {
        None => (model.network(&wish), BTreeSet::new()),
        Some(name) => {
            let Around { network, named } = model.network_around(&wish, name, flags.hops)?;
            if named.len() > 1 {
                let all: Vec<String> = named.iter().map(ToString::to_string).collect();
                notes.push(format!("{name} is {}", all.join(" and ")));
            }
            (network, named)
        }
    };
    notes.extend(emptiness(model, &network));
    let options = graph::Options {
        title: title(model, choice, flags),
        telemetry: flags.telemetry,
    };
    let text = match flags.format {
        GraphFormat::Dot => dot::text(&network, &options),
        GraphFormat::Mermaid => {
            let text = mermaid::text(&network, &options);
            notes.extend(mermaid::too_much(&network, &text));
            text
        }
        GraphFormat::Text | GraphFormat::Svg => {
            let subject = Subject {
                model,
                choice,
                now: Timestamp::now(),
            };
            let (buffer, also) = picture(subject, &named, flags, look)?;
            notes.extend(also);
            match flags.format {
                GraphFormat::Svg => svg(&buffer, &options.title, &graph::words(&network)),
                _ => picture::text(&buffer),
            }
        }
    };
    Ok(Drawn { text, notes })
}

/// `prod-eu: shop`, and around whom.
fn title(model: &Model, choice: &NamespaceChoice, flags: &GraphFlags) -> String {
    let mut title = format!("{} {choice}", model.context());
    if let Some(name) = &flags.focus {
        let hops = flags.hops;
        let s = if hops == 1 { "" } else { "s" };
        title.push_str(&format!(", {hops} hop{s} around {name}"));
    }
    title
}

/// What is to be done about a picture without links.
fn emptiness(model: &Model, network: &Network) -> Option<String> {
    if !network.links.is_empty() {
        return None;
    }
    let all = network.hidden.elements;
    if all == 0 {
        return Some("nothing is here to be drawn: look in other namespaces (-n, -A)".to_owned());
    }
    let calls = if model.has_telemetry() {
        "no call was seen"
    } else {
        "no calls are known (give the tracing server with --zipkin)"
    };
    let drawn = network.nodes.len();
    let more = if drawn == 0 {
        "; --unlinked draws what is here"
    } else {
        ""
    };
    Some(format!(
        "no links are drawn: {calls}, and none is declared{more}"
    ))
}
