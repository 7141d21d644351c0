//! All of the picture at once, for files: as it is on screen without a cursor, or laid out for it alone.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::WholeView;
use super::lens::Lens;
use super::paint::{Look, paint};
use super::picture::{Settings, Zoom};
use crate::model::element::Element;
use crate::model::query::network::Grouping;
use crate::ui::picture::sheet::{self, Sheet};
use crate::ui::views::graph;
use crate::ui::{Ctx, View, format, picture};

/// What a picture for a file shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Order {
    /// By what elements are gathered in frames.
    pub grouping: Grouping,
    /// Also what is well and has no links.
    pub unlinked: bool,
    /// Columns and rows; without it, as large as it needs.
    pub room: Option<(u16, u16)>,
}

/// The whole picture, laid out for it alone: nothing is folded, and no name is cut. With rates where there are any.
///
/// # Errors
/// Why there is none, in a sentence.
pub fn sheet(ctx: &Ctx<'_>, order: Order) -> Result<Sheet, String> {
    let mut links = ctx.model.graph().links();
    let has_rates =
        links.any(|(_, link)| matches!(&**link, Element::Call(call) if call.recent.is_some()));
    let mut view = WholeView {
        settings: Settings {
            zoom: if has_rates { Zoom::Rates } else { Zoom::States },
            grouping: order.grouping,
            unlinked: order.unlinked,
            paper: true,
            ..Settings::default()
        },
        size: match order.room {
            Some((width, height)) => {
                let rows = usize::from(height).saturating_sub(picture::TITLE);
                (usize::from(width), rows)
            }
            None => (usize::MAX, usize::MAX),
        },
        ..WholeView::default()
    };
    view.refresh(ctx);
    if let Some(task) = view.task() {
        view.placed(task.id, task.run(), ctx);
    }
    let missing = || "the picture was not laid out".to_owned();
    view.all(ctx, order.room).unwrap_or_else(|| Err(missing()))
}

impl WholeView {
    /// All of the picture that is there; `None` where none is laid out.
    pub(super) fn all(
        &self,
        ctx: &Ctx<'_>,
        room: Option<(u16, u16)>,
    ) -> Option<Result<Sheet, String>> {
        let drawn = self.picture.as_ref()?;
        let title = picture::headline(ctx, &self.title(ctx));
        let scene = &drawn.scene;
        let width = scene.width.max(format::width(&title));
        let said: Vec<String> = self
            .sentences()
            .iter()
            .flat_map(|sentence| graph::wrap(sentence, width))
            .collect();
        let below = if said.is_empty() { 0 } else { said.len() + 1 };
        let needs = (width, picture::TITLE + scene.height + below);
        let size = match room {
            Some(size) => Ok(size),
            None => sheet::bounded(needs.0, needs.1),
        };
        let (width, height) = match size {
            Ok(size) => size,
            Err(why) => return Some(Err(why)),
        };
        let whole = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(whole);
        let cells = |rows: usize| u16::try_from(rows).unwrap_or(u16::MAX);
        let part = |from: usize, rows: usize| {
            Rect::new(0, cells(from), width, cells(rows)).intersection(whole)
        };
        let foot = picture::TITLE + scene.height + 1;
        let chart = part(picture::TITLE, scene.height);
        self.paint_all(&mut buffer, chart, ctx);
        graph::put_text(
            &mut buffer,
            part(foot, said.len()),
            &said,
            ctx.theme.text(),
            ctx,
        );
        picture::put_headline(&mut buffer, &title, ctx.theme);
        ctx.theme.plain(&mut buffer);
        let (right, bottom) = (usize::from(chart.width), usize::from(chart.height));
        let boxes = scene.boxes.iter();
        let cut = boxes.filter(|b| b.x + b.width > right || b.y + b.height > bottom);
        Some(Ok(Sheet {
            cut: cut.count(),
            buffer,
            network: drawn.network.clone(),
            needs,
        }))
    }

    /// What is said of all of the picture, not of what is selected.
    fn sentences(&self) -> Vec<String> {
        let looked_for = self.lens.iter().flat_map(|(_, lens)| &lens.said);
        looked_for.chain(&self.said).cloned().collect()
    }

    fn paint_all(&self, buffer: &mut Buffer, area: Rect, ctx: &Ctx<'_>) {
        let Some(picture) = &self.picture else {
            return;
        };
        let none = Lens::default();
        let look = Look {
            picture,
            ranks: &self.ranks,
            zoom: self.settings.zoom,
            scroll: (0, 0),
            cursor: None,
            walked: None,
            lens: self.lens.as_ref().map_or(&none, |(_, lens)| lens),
        };
        paint(buffer, area, &look, ctx);
    }
}
