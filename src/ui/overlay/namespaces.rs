//! Stub, replaced by the merge of the events branch.
use crate::model::{Model, observation::NamespaceChoice, text::Text};
use crate::ui::{Ctx, action::Verb};
/// x
#[derive(Debug)]
pub struct NamespaceSwitcher;
/// x
pub enum SwitcherAnswer {
    /// x
    Stay,
    /// x
    Close,
    /// x
    Pick(NamespaceChoice),
}
impl NamespaceSwitcher {
    /// x
    pub fn new(_: &Model, _: &NamespaceChoice, _: &[Text]) -> Self {
        Self
    }
    /// x
    pub fn input(&mut self, _: char) {}
    /// x
    pub fn erase(&mut self) {}
    /// x
    pub fn act(&mut self, _: Verb) -> SwitcherAnswer {
        SwitcherAnswer::Close
    }
    /// x
    pub fn refresh(&mut self, _: &Model) {}
    /// x
    pub fn draw(&mut self, _: ratatui::layout::Rect, _: &mut ratatui::buffer::Buffer, _: &Ctx<'_>) {
    }
}
