//! What the tests of this room share: a cluster, and asking it.
