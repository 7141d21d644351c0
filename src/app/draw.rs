//! One frame: the app's state as a scene of the ui, and the overlays over it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::state::{App, Overlay};
use crate::model::intent::Operation;
use crate::model::key::ElementKey;
use crate::ui::Ctx;
use crate::ui::action::{Action, Place};
use crate::ui::overlay::help::Help;
use crate::ui::overlay::stage;
use crate::ui::screen::{self, Foot, Scene};

impl App {
    /// Draws a frame.
    pub fn draw(&mut self, area: Rect, buf: &mut Buffer) {
        self.dirty = false;
        self.area = area;
        let foot = self.foot();
        let here = self.here().view.to_owned();
        let mut views = std::mem::take(&mut self.views);
        let mut tail = std::mem::take(&mut self.tail);
        let mut overlays = std::mem::take(&mut self.overlays);
        let staged = self.stage.as_ref().and_then(|s| match s.intent.operation {
            Operation::Scale { wanted, .. } => {
                Some((ElementKey::Type(s.intent.target.clone()), wanted))
            }
            _ => None,
        });
        let ctx = Ctx {
            stage: staged.as_ref().map(|(key, wanted)| (key, *wanted)),
            ..self.ctx()
        };
        if let Some(view) = views.get_mut(self.view) {
            let is_log = view.name() == "events";
            let mut panes = self.panes;
            let has_detail = view.has_detail() && *panes.detail_beside(view.is_wide());
            let mut scene = Scene {
                ctx,
                view: view.as_mut(),
                tail: (self.panes.tail && !is_log).then_some(&mut tail),
                detail: has_detail.then_some(self.panes.offset),
                focus: self.panes.focus,
                mode: self.mode,
                paused: self.frozen.is_some().then_some(self.waiting),
                foot,
            };
            let body = screen::draw(&mut scene, area, buf);
            for overlay in &mut overlays {
                self.draw_overlay(overlay, &here, area, body, buf, &ctx);
            }
        }
        self.views = views;
        self.tail = tail;
        self.overlays = overlays;
        self.theme.plain(buf);
    }

    fn draw_overlay(
        &self,
        overlay: &mut Overlay,
        here: &str,
        area: Rect,
        body: Rect,
        buf: &mut Buffer,
        ctx: &Ctx<'_>,
    ) {
        match overlay {
            Overlay::Help(help) => {
                let lines = Help::lines(&self.actions, &self.keymap, here, &self.theme, body.width);
                help.draw(lines, body, buf, &self.theme);
            }
            Overlay::Prompt(prompt) => {
                let line = Rect {
                    y: area.bottom().saturating_sub(1),
                    height: area.height.min(1),
                    ..area
                };
                ratatui::widgets::Widget::render(ratatui::widgets::Clear, line, buf);
                prompt.draw(line, buf, &self.theme);
            }
            Overlay::Namespaces(switcher) => switcher.draw(body, buf, ctx),
            Overlay::Stage { .. } => {
                if let Some(staged) = &self.stage {
                    stage::draw(&staged.intent, staged.ripe, body, buf, ctx);
                }
            }
            Overlay::Examples(examples) => examples.draw(body, buf, ctx),
            Overlay::Trace(page) => page.draw(body, buf, ctx),
            Overlay::Why(page) => page.draw(body, buf, ctx),
            Overlay::Detail { key, offset } => {
                let boxed = area.height >= 30;
                screen::draw_detail(Some(key), *offset, body, boxed, true, buf, ctx);
            }
        }
    }

    /// The last line: a notice, what may follow the keys pressed, or what works here.
    fn foot(&self) -> Foot {
        if let Some((text, until)) = &self.notice
            && *until > self.now.ms
        {
            return Foot::Notice(text.clone());
        }
        let here = self.here();
        let named = |(key, index): (String, usize)| {
            let action = self.actions.get(index)?;
            let label = if self.pressed.is_empty() {
                action.label
            } else {
                action.name
            };
            (!label.is_empty()).then(|| (key, label.to_owned()))
        };
        if !self.pressed.is_empty() {
            let follow = self.keymap.continuations(&self.pressed, &here);
            return Foot::Keys(follow.into_iter().filter_map(named).collect());
        }
        let mut holding: Vec<(usize, &Action)> = self
            .actions
            .iter()
            .enumerate()
            .filter(|(_, a)| a.place.holds(&here))
            .collect();
        // What works only here is what one looks for here.
        holding.sort_by_key(|(_, a)| a.place == Place::Everywhere);
        let keys = holding
            .into_iter()
            .filter_map(|(index, _)| Some((self.keymap.first(index, &here)?, index)));
        let mut keys: Vec<(String, String)> = keys.filter_map(named).collect();
        // On a narrow screen the end is cut, and the help must not be.
        if let Some(help) = keys.iter().position(|(_, label)| label == "help") {
            keys.get_mut(..=help).unwrap_or_default().rotate_right(1);
        }
        Foot::Keys(keys)
    }
}
