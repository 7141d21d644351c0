//! Passes connections on byte by byte, until it is told to cut, freeze or refuse them.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

/// What becomes of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// Bytes pass.
    Whole,
    /// Nothing passes and nothing is closed; new connections are taken and stay silent.
    Frozen,
    /// Open connections are closed, and new ones are closed at once.
    Cut,
}

/// A wire to one server. It ends with this value.
pub struct WireProxy {
    /// Where the program is to connect to.
    pub address: SocketAddr,
    state: watch::Sender<Wire>,
    _listening: AbortOnDropHandle<()>,
}

impl WireProxy {
    /// A whole wire to a server.
    pub async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = watch::Sender::new(Wire::Whole);
        let seen = state.subscribe();
        let listening = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(connection(near, server, seen.clone()));
            }
        });
        Self {
            address,
            state,
            _listening: AbortOnDropHandle::new(listening),
        }
    }

    /// From now on, for the connections that are open too.
    pub fn set(&self, wire: Wire) {
        self.state.send_replace(wire);
    }

    /// Cuts the open connections once; new ones pass.
    pub fn cut_once(&self) {
        self.set(Wire::Cut);
        self.set(Wire::Whole);
    }
}

async fn connection(near: TcpStream, server: SocketAddr, mut state: watch::Receiver<Wire>) {
    // Seen or not, a cut that comes after this moment is for this connection.
    if *state.borrow_and_update() == Wire::Cut {
        return;
    }
    if !passes(&mut state.clone()).await {
        return;
    }
    let Ok(far) = TcpStream::connect(server).await else {
        return;
    };
    let (near_read, near_write) = near.into_split();
    let (far_read, far_write) = far.into_split();
    let (up, down) = (state.clone(), state.clone());
    tokio::select! {
        () = pass(near_read, far_write, up) => {}
        () = pass(far_read, near_write, down) => {}
        () = cut(state) => {}
    }
}

/// Waits while the wire is frozen; says whether it is whole then.
async fn passes(state: &mut watch::Receiver<Wire>) -> bool {
    match state.wait_for(|wire| *wire != Wire::Frozen).await {
        Ok(wire) => *wire == Wire::Whole,
        Err(_) => false,
    }
}

/// Waits for a cut, however short it was.
async fn cut(mut state: watch::Receiver<Wire>) {
    loop {
        let ended = state.changed().await.is_err();
        let was_frozen = matches!(*state.borrow(), Wire::Frozen);
        if ended || !was_frozen {
            return;
        }
        // A thaw is no cut.
        if state.wait_for(|wire| *wire != Wire::Frozen).await.is_err()
            || *state.borrow_and_update() == Wire::Cut
        {
            return;
        }
    }
}

async fn pass(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut state: watch::Receiver<Wire>,
) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let Ok(length @ 1..) = from.read(&mut buffer).await else {
            return;
        };
        if !passes(&mut state).await {
            return;
        }
        let bytes = buffer.get(..length).expect("it was read");
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
}
