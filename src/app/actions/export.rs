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
use crate::ui::picture::sheet::Sheet;
use crate::ui::picture::svg::svg;

/// What there is, said where something else was asked for.
const FORMS: &str =
    "name a file that ends in .txt or .svg (the picture), .dot or .mmd (who calls whom)";

pub(super) fn entries() -> Vec<Entry> {
    let about = "write what is shown to FILE.txt or .svg as it looks, to .dot or .mmd as who calls whom; :export! replaces a file";
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

/// What is written, and what it is said to be.
struct Exported {
    text: String,
    what: String,
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
    let exported = match form.as_str() {
        "txt" => app.pictured(|buffer, _, _| picture::text(buffer)),
        "svg" => app.pictured(svg),
        "dot" => Ok(app.linked(dot::text, |_, _| None)),
        "mmd" => Ok(app.linked(mermaid::text, mermaid::too_much)),
        _ => Err(FORMS.to_owned()),
    };
    match exported {
        Ok(Exported { text, what }) => vec![Effect::Write {
            path: absolute(&path),
            text,
            what,
            replace,
        }],
        Err(why) => {
            app.say(&why);
            Vec::new()
        }
    }
}

/// Where a file is, in full: so that what is said of it can be found.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

impl App {
    /// What is shown, as it looks: all of the view's picture where it has one and no page stands over it, else the
    /// screen.
    fn pictured(
        &mut self,
        write: impl Fn(&Buffer, &str, &str) -> String,
    ) -> Result<Exported, String> {
        let title = self.title();
        let view = self.views.get(self.view);
        let view = view.filter(|_| self.overlays.is_empty());
        match view.and_then(|view| view.sheet(&self.ctx())) {
            Some(sheet) => {
                let Sheet {
                    buffer, network, ..
                } = sheet?;
                Ok(Exported {
                    text: write(&buffer, &title, &graph::words(&network)),
                    what: format!("the whole picture, {}", graph::told(&network)),
                })
            }
            None => Ok(Exported {
                text: write(&self.screen(), &title, ""),
                what: "the screen".to_owned(),
            }),
        }
    }

    /// What is shown, as who calls whom, in another program's language, which may find it too much.
    fn linked(
        &self,
        write: fn(&Network, &graph::Options) -> String,
        too_much: fn(&Network, &str) -> Option<String>,
    ) -> Exported {
        let shown = self.views.get(self.view);
        let shown = shown.and_then(|view| view.network(&self.ctx()));
        let network = shown.unwrap_or_else(|| self.network());
        let options = graph::Options {
            title: self.title(),
            telemetry: true,
        };
        let text = write(&network, &options);
        let mut what = graph::told(&network);
        if let Some(why) = too_much(&network, &text) {
            what = format!("{what}; {why}");
        }
        Exported { text, what }
    }

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
