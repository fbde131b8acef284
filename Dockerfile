# The server alone, for use with DATABASE_URL: this image holds no Postgres.

FROM rust:1.95-bookworm AS build
WORKDIR /build
# The dependencies by themselves, behind an empty crate: this layer stays until Cargo.toml or Cargo.lock change.
COPY Cargo.toml Cargo.lock askama.toml ./
RUN mkdir src \
    && touch src/lib.rs \
    && echo 'fn main() {}' > src/main.rs \
    && cargo build --release --locked \
    && rm -r src
# Migrations and the cast become part of the binary.
COPY migrations migrations
COPY fixtures fixtures
COPY src src
# Files may be older than the empty crate was; cargo goes by their time.
RUN touch src/lib.rs src/main.rs \
    && cargo build --release --locked

FROM debian:bookworm-slim
# What this machine trusts: for https to the issuer of tokens and to a collector.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin pas
COPY --from=build /build/target/release/pas /usr/local/bin/pas
# By number, so that a platform can see that it is not root.
USER 10001
# It does not start without DATABASE_URL and PAS_ISSUER, or a setting that says that nobody is asked.
ENV PAS_BIND=0.0.0.0:8080
EXPOSE 8080
# Bash speaks enough TCP to ask whether the process answers; nothing else need be installed.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && test \"$status\" = 200"]
ENTRYPOINT ["pas"]
CMD ["serve"]
