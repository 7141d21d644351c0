//! The source against a server in memory.
