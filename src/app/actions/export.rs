//! Writing what is shown to a file: the screen as text or as a picture, who calls whom for other programs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ratatui::buffer::Buffer;

use super::{Entry, app};
use crate::app::effect::Effect;
use crate::app::state::{App, Overlay};
use crate::model::element::Element;
use crate::model::export::graph::{self, dot, mermaid};
use crate::model::query::network::{Grouping, Network, Wish};
use crate::ui::action::Action;
use crate::ui::overlay::prompt::{Prompt, Purpose};
use crate::ui::picture;
use crate::ui::picture::svg::svg;

/// What there is, said where something else was asked for.
const FORMS: &str =
    "name a file that ends in .txt or .svg (the screen), .dot or .mmd (who calls whom)";

pub(super) fn entries() -> Vec<Entry> {
    let about = "write the screen to FILE.txt or .svg, who calls whom to .dot or .mmd; :export! replaces a file";
    vec![
        app(
            Action::new("export", &["x"], "", about).takes("FILE"),
            |app, file| export(app, file, false),
        ),
        app(
            Action::new(
                "export!",
                &[],
                "",
                "the same, also over a file that is there",
            )
            .takes("FILE"),
            |app, file| export(app, file, true),
        ),
    ]
}

fn export(app: &mut App, file: &str, replace: bool) -> Vec<Effect> {
    if file.is_empty() {
        let begun = if replace { "export! " } else { "export " };
        let prompt = Prompt::new(Purpose::Command, begun, &app.commands);
        app.overlays.push(Overlay::Prompt(prompt));
        app.judge_prompt();
        return Vec::new();
    }
    let path = PathBuf::from(file);
    let form = path.extension().and_then(|e| e.to_str());
    let form = form.map(str::to_ascii_lowercase).unwrap_or_default();
    let (text, what) = match form.as_str() {
        "txt" => (picture::text(&app.screen()), "the screen".to_owned()),
        "svg" => {
            let title = app.title();
            (svg(&app.screen(), &title, ""), "the screen".to_owned())
        }
        "dot" | "mmd" => {
            let network = app.network();
            let options = graph::Options {
                title: app.title(),
                telemetry: true,
            };
            let text = if form == "dot" {
                dot::text(&network, &options)
            } else {
                mermaid::text(&network, &options)
            };
            let mut what = graph::shown(&network.hidden);
            if form == "mmd"
                && let Some(why) = mermaid::too_much(&network, &text)
            {
                what = format!("{what}; {why}");
            }
            (text, what)
        }
        _ => {
            app.say(FORMS);
            return Vec::new();
        }
    };
    vec![Effect::Write {
        path: absolute(&path),
        text,
        what,
        replace,
    }]
}

/// Where a file is, in full: so that what is said of it can be found.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

impl App {
    /// The screen as it was drawn last, without prompts.
    fn screen(&mut self) -> Buffer {
        let mut buffer = Buffer::empty(self.area);
        // Its own words about what was done before are no part of it.
        let notice = self.notice.take();
        self.draw(self.area, &mut buffer);
        self.notice = notice;
        self.dirty = true;
        buffer
    }

    /// What an export is of: the context and the namespaces.
    fn title(&self) -> String {
        format!("{} {}", self.shown().context(), self.choice)
    }

    /// Who calls whom among what is chosen and passes the filter.
    fn network(&self) -> Network {
        let ctx = self.ctx();
        let (collapsed, unfolded) = (BTreeSet::new(), BTreeSet::new());
        ctx.model.network(&Wish {
            choice: ctx.choice,
            passes: &|key| match ctx.model.get(key) {
                Some(Element::Type(e)) => ctx.filter.passes_type(ctx.model, e),
                Some(e) => ctx.filter.passes_other(ctx.model, key, &e.name()),
                None => false,
            },
            grouping: Grouping::None,
            collapsed: &collapsed,
            least_rate: None,
            only_failing: ctx.only_broken,
            unlinked: false,
            fan_out: None,
            unfolded: &unfolded,
        })
    }
}
