//! The log: always a file, never the terminal, which belongs to the screen or to a script.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;

use crate::model::text;

/// What is logged unless `PORTOLAN_LOG` says otherwise.
const FILTER: &str = "warn,portolan=info";
/// From this size on, in bytes, the file of earlier runs is set aside at the start.
const SET_ASIDE: u64 = 8 * 1024 * 1024;
/// Most characters of one line.
const LINE_LIMIT: usize = 8 * 1024;

/// Starts logging to `file`, else to `portolan.log` in the state folder. The log is written as long as
/// the guard lives.
///
/// # Errors
/// The file cannot be opened; in one line that is worth telling only to who named the file. Nothing else
/// depends on the log.
pub fn start(file: Option<&Path>) -> Result<WorkerGuard, String> {
    let path = file.map(Path::to_owned).or_else(usual_place);
    let path = path.ok_or("there is no folder for the log: give --log-file")?;
    let file =
        open(&path).map_err(|e| format!("no log is written: {}: {}", path.display(), e.kind()))?;
    let (writer, guard) = tracing_appender::non_blocking(Lines(file));
    let filter = std::env::var("PORTOLAN_LOG")
        .ok()
        .and_then(|filter| filter.parse().ok())
        .unwrap_or_else(|| EnvFilter::new(FILTER));
    let started = tracing_subscriber::fmt()
        .with_writer(writer)
        .with_ansi(false)
        .with_env_filter(filter)
        .try_init();
    match started {
        Ok(()) => Ok(guard),
        Err(_) => Err("no log is written: another one was started before".to_owned()),
    }
}

fn usual_place() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    let folder = base.state_dir().unwrap_or_else(|| base.data_dir());
    Some(folder.join("portolan").join("portolan.log"))
}

/// Opens the file for appending, readable by nobody else: names of a company's systems are in it.
fn open(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    if fs::metadata(path).is_ok_and(|m| m.is_file() && m.len() > SET_ASIDE) {
        fs::rename(path, path.with_extension("log.old"))?;
    }
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A file in which each piece that is written is one line, and does nothing else in a terminal that shows
/// it: what a server answered, or a plugin complained, stands in the log as well.
struct Lines<W>(W);

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(piece);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let cut = text.char_indices().nth(LINE_LIMIT);
        let some = cut.and_then(|(at, _)| text.get(..at));
        let mut line = text::escaped(some.unwrap_or(text)).replace('\n', "\\n");
        line.push_str(if some.is_some() { "…\n" } else { "\n" });
        self.0.write_all(line.as_bytes())?;
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(piece: &[u8]) -> String {
        let mut lines = Lines(Vec::new());
        lines.write_all(piece).unwrap();
        String::from_utf8(lines.0).unwrap()
    }

    #[test]
    fn a_piece_is_one_line_and_nothing_else() {
        assert_eq!(written(b"plain \xc3\xa9\n"), "plain \u{e9}\n");
        assert_eq!(
            written("a\u{1b}[2J\nWARN forged\u{9b}\u{202e}\n".as_bytes()),
            "a\\u001b[2J\\nWARN forged\\u009b\\u202e\n"
        );
        assert_eq!(written(b"a\xff\n"), "a\u{fffd}\n");
    }

    #[test]
    fn a_line_is_bounded() {
        let long = "\u{e9}".repeat(1_000_000);
        assert_eq!(written(long.as_bytes()).chars().count(), LINE_LIMIT + 2);
    }
}
