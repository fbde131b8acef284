//! The issuer of tokens: its keys, fetched and kept fresh.
