//! What the terminal and the system say beside keys: signals, a terminal that is gone, another size. And
//! the keys, read by a thread of their own.

use std::io;
use std::time::Duration;

use crossterm::event::{self, Event};
use futures::Stream;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::ui::terminal;

/// Events that may wait to be taken.
const WAITING: usize = 64;
/// How long the program may take to end by itself after it was asked to.
const GRACE: Duration = Duration::from_millis(1_500);

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// To end, with this exit code.
    End(u8),
    /// To leave the terminal to somebody else for a while, and stop.
    Leave,
    /// To go on after a stop.
    Proceed,
    /// To draw at another size.
    Resize,
}

/// The signals that the program answers.
pub struct Signals {
    heard: Vec<(Signal, Call)>,
    /// The terminal hangs up, whether or not a signal says so.
    gone: CancellationToken,
}

impl Signals {
    /// Takes over those that end the program: from now on they do not end the process by themselves.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn new() -> io::Result<Self> {
        let ends = [
            SignalKind::terminate(),
            SignalKind::hangup(),
            SignalKind::interrupt(),
            SignalKind::quit(),
            // Nobody means anything by these; by default they end a program and leave the terminal as it is.
            SignalKind::user_defined1(),
            SignalKind::user_defined2(),
            SignalKind::alarm(),
        ];
        let heard = ends
            .into_iter()
            .map(|kind| Ok((signal(kind)?, Call::End(exit_code(kind)))));
        Ok(Self {
            heard: heard.collect::<io::Result<_>>()?,
            gone: CancellationToken::new(),
        })
    }

    /// Also those of a program that has a terminal: stop, go on, another size; and its end.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn of_terminal() -> io::Result<Self> {
        let mut all = Self::new()?;
        let kind = |signal: process::Signal| SignalKind::from_raw(signal.as_raw());
        for (kind, call) in [
            (kind(process::Signal::TSTP), Call::Leave),
            (kind(process::Signal::CONT), Call::Proceed),
            (SignalKind::window_change(), Call::Resize),
        ] {
            all.heard.push((signal(kind)?, call));
        }
        let gone = all.gone.clone();
        std::thread::Builder::new()
            .name("hangup".to_owned())
            .spawn(move || {
                wait_for_hangup();
                gone.cancel();
            })?;
        Ok(all)
    }

    /// Those that end the program, and the end of the same terminal, heard once more.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn again(&self) -> io::Result<Self> {
        Ok(Self {
            gone: self.gone.clone(),
            ..Self::new()?
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Call {
        let heard = &mut self.heard;
        let any = std::future::poll_fn(|cx| {
            for (signal, call) in heard.iter_mut() {
                if signal.poll_recv(cx).is_ready() {
                    return std::task::Poll::Ready(*call);
                }
            }
            std::task::Poll::Pending
        });
        tokio::select! {
            call = any => call,
            () = self.gone.cancelled() => Call::End(exit_code(SignalKind::hangup())),
        }
    }

    /// Waits for one that ends the program; gives the exit code.
    pub async fn end(&mut self) -> u8 {
        loop {
            if let Call::End(code) = self.next().await {
                return code;
            }
        }
    }
}

/// As shells have it: 128 and the signal's number.
fn exit_code(kind: SignalKind) -> u8 {
    u8::try_from(128 + kind.as_raw_value()).unwrap_or(u8::MAX)
}

/// Waits, for nothing else than that the terminal at standard input is gone. Nothing else waits for that
/// alone: who reads keys cannot tell it from silence, and asks without end.
fn wait_for_hangup() {
    let stdin = io::stdin();
    loop {
        let mut polled = [PollFd::new(&stdin, PollFlags::empty())];
        match poll(&mut polled, None) {
            Err(Errno::INTR) | Ok(0) => {}
            Ok(_) => return,
            // Where it cannot be asked, signals are all there is.
            Err(_) => loop {
                std::thread::park();
            },
        }
    }
}

/// Whether the terminal at standard input is gone by now.
fn is_gone() -> bool {
    let stdin = io::stdin();
    let mut polled = [PollFd::new(&stdin, PollFlags::empty())];
    let at_once = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    matches!(poll(&mut polled, Some(&at_once)), Ok(found) if found > 0)
}

/// Ends the program when it was asked to end and does not within [`GRACE`]: somebody may have stopped to
/// read what it writes.
pub async fn insist(mut signals: Signals) {
    let code = signals.end().await;
    tokio::time::sleep(GRACE).await;
    terminal::wrest();
    std::process::exit(i32::from(code));
}

/// The keys of the terminal. The thread that reads them may wait for the rest of a sequence as long as it
/// likes: it keeps nobody else.
pub fn input() -> impl Stream<Item = io::Result<Event>> + Unpin {
    let (sender, mut events) = mpsc::channel(WAITING);
    std::thread::spawn(move || {
        loop {
            let event = event::read();
            let broken = event.is_err();
            if broken && is_gone() {
                // Who waits for that says so, and how the program ends.
                loop {
                    std::thread::park();
                }
            }
            if sender.blocking_send(event).is_err() || broken {
                return;
            }
        }
    });
    futures::stream::poll_fn(move |cx| events.poll_recv(cx))
}
