# `just` lists what there is.
default:
    @just --list

# The sandbox: a Postgres of its own, the invented cast, 127.0.0.1:8080.
run *flags:
    cargo run -- serve {{flags}}

# Every test, or those whose name holds the filter.
test *filter:
    cargo test {{filter}}

# Formatting is checked, warnings are errors.
lint:
    cargo fmt --check
    cargo clippy --all-targets --locked -- -D warnings

# What a change has to pass.
ci:
    .ci/run

# Write answers and docs/ERRORS.md as they are now. Read the difference before it is committed.
fixtures:
    UPDATE_FIXTURES=1 cargo test exchanges
    UPDATE_FIXTURES=1 cargo test house

# Format the sources.
fmt:
    cargo fmt
