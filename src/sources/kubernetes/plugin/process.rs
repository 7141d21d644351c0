//! Runs a command that must neither see our terminal nor outlive its time.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessSession};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::time::timeout;

/// The longest answer, in bytes.
pub(super) const ANSWER_LIMIT: usize = 1024 * 1024;
/// How much of the complaints is kept, in bytes: their end.
const COMPLAINT_LIMIT: usize = 64 * 1024;
/// How long the rest of the answer is waited for after the command has ended: something that it left behind
/// may hold the pipe open for ever.
const REST: Duration = Duration::from_millis(500);

/// What came of it.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) status: ExitStatus,
    pub(super) stdout: Vec<u8>,
    /// The end of it.
    pub(super) stderr: Vec<u8>,
    /// Whether it had more before.
    pub(super) cut: bool,
}

/// Why there is no output.
#[derive(Debug)]
pub(super) enum Failure {
    /// It could not be started.
    Start(io::Error),
    /// It did not end in time, and was ended.
    TooLong,
    /// It wrote too much, and was ended.
    TooMuch,
}

/// The command and everything that it started. Ends all of it when dropped before its end; what it left
/// behind after its own end (agents that remember a sign-in) is let live.
struct Group {
    child: Box<dyn ChildWrapper>,
    ended: bool,
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.ended {
            // They may have ended just now.
            let _ = self.child.start_kill();
        }
    }
}

/// Runs a command in a session of its own: without a terminal to ask on or to write to, and out of reach
/// of ctrl-c in ours.
pub(super) async fn run(mut command: Command, patience: Duration) -> Result<Output, Failure> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut session = CommandWrap::from(command);
    session.wrap(ProcessSession);
    let child = session.spawn().map_err(Failure::Start)?;
    let mut group = Group {
        child,
        ended: false,
    };
    timeout(patience, group.output())
        .await
        .unwrap_or(Err(Failure::TooLong))
}

impl Group {
    async fn output(&mut self) -> Result<Output, Failure> {
        let (out, err) = (self.child.stdout().take(), self.child.stderr().take());
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let reading = async {
            let both = futures::join!(answer(out, &mut stdout), end_of(err, &mut stderr));
            both.0
        };
        let ended = {
            let waiting = self.child.wait();
            futures::pin_mut!(reading, waiting);
            tokio::select! {
                whole = &mut reading => match whole {
                    Ok(()) => waiting.await,
                    Err(failure) => return Err(failure),
                },
                ended = &mut waiting => {
                    if let Ok(Err(failure)) = timeout(REST, &mut reading).await {
                        return Err(failure);
                    }
                    ended
                }
            }
        };
        let status = ended.map_err(Failure::Start)?;
        self.ended = true;
        Ok(Output {
            status,
            cut: stderr.len() >= COMPLAINT_LIMIT,
            stdout,
            stderr,
        })
    }
}

/// All of the answer, unless it is too long.
async fn answer(pipe: Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>) -> Result<(), Failure> {
    let Some(pipe) = pipe else { return Ok(()) };
    let mut bounded = pipe.take(ANSWER_LIMIT as u64 + 1);
    // A pipe that breaks is one that has ended.
    let _ = bounded.read_to_end(into).await;
    if into.len() > ANSWER_LIMIT {
        return Err(Failure::TooMuch);
    }
    Ok(())
}

/// The end of what comes, whatever its length: nobody who writes much is made to wait.
async fn end_of(pipe: Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>) {
    let Some(mut pipe) = pipe else { return };
    let mut piece = [0; 8 * 1024];
    while let Ok(read @ 1..) = pipe.read(&mut piece).await {
        into.extend_from_slice(piece.get(..read).unwrap_or_default());
        let surplus = into.len().saturating_sub(COMPLAINT_LIMIT);
        into.drain(..surplus);
    }
}
