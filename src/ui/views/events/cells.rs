//! The text of one entry, in columns: made for visible rows only.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::model::log::{Entry, Past};
use crate::model::observation::NamespaceChoice;
use crate::ui::Ctx;
use crate::ui::format;

/// From this width on there is room for blanks between columns and for namespaces.
pub(super) const WIDE: usize = 100;

/// The widths of the columns.
pub(super) struct Columns {
    pub(super) width: usize,
    pub(super) wide: bool,
    pub(super) name: usize,
}

/// The texts of one entry.
pub(super) struct Cells {
    pub(super) name: String,
    /// With its namespace.
    pub(super) full_name: String,
    pub(super) text: String,
    pub(super) count: String,
}

impl Columns {
    /// Names get what the longest of them needs, within bounds.
    pub(super) fn new(width: u16, longest: usize) -> Self {
        let width = usize::from(width);
        let wide = width >= WIDE;
        let most = if wide { width / 4 } else { width * 3 / 10 };
        Self {
            width,
            wide,
            name: longest.max(16).min(most),
        }
    }

    /// Cells before the text.
    pub(super) fn before(&self) -> usize {
        if self.wide {
            // ">13:58:40  !  trace  NAME  "
            23 + self.name
        } else {
            // ">13:58:40 ! trace NAME "
            19 + self.name
        }
    }

    /// Cells of the text, beside the count.
    pub(super) fn text(&self, cells: &Cells) -> usize {
        let count = match format::width(&cells.count) {
            0 => 0,
            count => count + 1,
        };
        self.width.saturating_sub(self.before() + count)
    }

    pub(super) fn cells(&self, entry: &Entry, others: u32, tail: bool, ctx: &Ctx<'_>) -> Cells {
        let full_name = full_name(entry);
        let mark = match entry.past {
            Some(Past::WhileDisconnected) if self.wide => "(while disconnected) ",
            Some(Past::WhileDisconnected) => "(disconnected) ",
            // In the view a divider says it.
            Some(Past::BeforeStart) if tail && self.wide => "(before start) ",
            Some(Past::BeforeStart) if tail => "(before) ",
            _ => "",
        };
        let count = match (others, entry.count) {
            (0, 0 | 1) => String::new(),
            (0, n) => format!("{}{n}", ctx.theme.glyphs.times),
            (others, _) => format!("+{others}"),
        };
        Cells {
            name: if self.wide && several(ctx.choice) {
                full_name.clone()
            } else {
                entry.name.to_string()
            },
            full_name,
            text: format!("{mark}{}", entry.text),
            count,
        }
    }

    pub(super) fn line(
        &self,
        entry: &Entry,
        others: u32,
        tail: bool,
        ctx: &Ctx<'_>,
    ) -> Line<'static> {
        let theme = ctx.theme;
        let e = theme.glyphs.ellipsis;
        let cells = self.cells(entry, others, tail, ctx);
        let old = entry.past == Some(Past::BeforeStart);
        let style = |style: Style| if old { theme.dim() } else { style };
        let gap = if self.wide { "  " } else { " " };
        let severity = style(theme.severity(entry.severity));
        let name = match entry.subject {
            Some(_) => theme.accent(),
            None => theme.text(),
        };
        let mut spans = vec![
            Span::styled(
                format!(" {}{gap}", format::clock(entry.at, ctx.zone)),
                theme.dim(),
            ),
            Span::styled(format!("{}{gap}", entry.severity.sign()), severity),
            Span::styled(
                format!("{}{gap}", format::fit(entry.origin.word(), 5, e)),
                theme.dim(),
            ),
            Span::styled(format::name(&cells.name, self.name, e), style(name)),
            Span::raw(gap),
            Span::styled(format::fit(&cells.text, self.text(&cells), e), severity),
        ];
        if !cells.count.is_empty() {
            spans.push(Span::styled(
                format!(" {}", cells.count),
                style(theme.text()),
            ));
        }
        Line::from(spans)
    }
}

/// Whether names need their namespace to tell them apart.
pub(super) fn several(choice: &NamespaceChoice) -> bool {
    !matches!(choice, NamespaceChoice::Only(names) if names.len() == 1)
}

fn full_name(entry: &Entry) -> String {
    match &entry.namespace {
        Some(namespace) if *namespace != entry.name => format!("{namespace}/{}", entry.name),
        _ => entry.name.to_string(),
    }
}
