//! What is recorded of every message, and the chain of hashes that shows whether it was altered since.
