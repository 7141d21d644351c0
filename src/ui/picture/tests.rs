//! Texts of cells, and pictures of them.

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

use super::svg::svg;
use super::text;

#[test]
fn a_text_has_no_blanks_at_its_ends_and_wide_characters_once() {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 4));
    buffer.set_string(2, 0, "日本 x", Style::new());
    buffer.set_string(0, 2, "y", Style::new());
    assert_eq!(text(&buffer), "  日本 x\n\ny\n");
    assert_eq!(text(&Buffer::empty(Rect::new(0, 0, 0, 0))), "\n");
}

proptest! {
    /// Whatever is in the cells, XML can hold it, and it says what the text says.
    #[test]
    fn a_picture_is_well_formed_and_says_what_the_cells_say(
        lines in prop::collection::vec(r#"[a-c<>&"'日 \]é]{0,30}"#, 0..6),
        title in any::<String>(),
        words in any::<String>(),
    ) {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 6));
        for (y, line) in (0..).zip(&lines) {
            let style = Style::new().fg(if y % 2 == 0 { Color::Red } else { Color::Reset });
            buffer.set_string(0, y, line, style);
        }
        let picture = svg(&buffer, &title, &words);
        let read = roxmltree::Document::parse(&picture);
        prop_assert!(read.is_ok(), "{:?}: {}", read.err(), picture);
        let read = read.unwrap();
        let texts = read.descendants().filter(|n| n.has_tag_name("text"));
        let shown: Vec<String> = texts.map(|n| n.text().unwrap_or_default().to_owned()).collect();
        let whole = text(&buffer);
        let wanted: Vec<String> = whole.lines().map(|l| l.trim().to_owned()).filter(|l| !l.is_empty()).collect();
        prop_assert_eq!(shown, wanted);
    }
}
