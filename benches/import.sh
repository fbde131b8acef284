#!/usr/bin/env bash
# How fast `pas import` is beside a bare COPY of the same rows into the same empty table with its indexes and constraints.
#
#   DATABASE_URL=postgres://… benches/import.sh [PEOPLE] [ROUNDS] [FOLDER]
#
# The database must be an empty one (it is filled and emptied again and again), on a Postgres with durable commits. PEOPLE is
# 1000000 by default, ROUNDS 3; FOLDER keeps the files between runs. PAS names the program (target/release/pas), PSQL Postgres'
# own. Each round measures both, one after the other, each time into a truncated table after a checkpoint; the order is
# turned every round. The last line is the median of the rounds: rows a second of both, and their ratio.
set -euo pipefail

people=${1:-1000000} rounds=${2:-3} folder=${3:-$(mktemp -d)}
pas=${PAS:-target/release/pas} psql=${PSQL:-psql}
: "${DATABASE_URL:?names an empty database}"
lines=$folder/people-$people.ndjson rows=$folder/people-$people.copy

sql() { "$psql" "$DATABASE_URL" -XAtq -v ON_ERROR_STOP=1 "$@"; }

if [ "$(sql -c "SELECT count(*) FROM pg_namespace WHERE nspname = 'client_registry'")" != 0 ]; then
    [ "$(sql -c "SELECT coalesce(obj_description('client_registry'::regnamespace), '')")" = 'import.sh' ] ||
        { echo "import.sh: this database is not empty" >&2; exit 1; }
else
    "$pas" migrate
    sql -c "COMMENT ON SCHEMA client_registry IS 'import.sh'"
fi
mkdir -p "$folder"
[ -s "$lines" ] || "$pas" generate --people "$people" --registry client-registry --out - >"$lines"

empty() { sql -c "SET client_min_messages = warning; TRUNCATE client_registry.patient CASCADE" -c CHECKPOINT; }

# Runs a command into the emptied table, and leaves its rows a second in $rate.
measure() {
    empty
    local begin=${EPOCHREALTIME/./} end loaded
    "$@"
    end=${EPOCHREALTIME/./}
    loaded=$(sql -c 'SELECT count(*) FROM client_registry.patient')
    [ "$loaded" = "$people" ] || { echo "import.sh: $loaded rows of $people" >&2; exit 1; }
    rate=$((people * 1000000 / (end - begin)))
}
import() {
    "$pas" import --into client-registry "$lines" 2>"$folder/import.log" ||
        { cat "$folder/import.log" >&2; exit 1; }
}
copy() { sql -c "\\copy client_registry.patient FROM '$rows'"; }

if [ ! -s "$rows" ]; then
    empty
    import
    sql -c "\\copy (SELECT * FROM client_registry.patient) TO '$rows.part'" && mv "$rows.part" "$rows"
fi
for setting in fsync synchronous_commit full_page_writes shared_buffers max_wal_size lc_collate; do
    echo "$setting = $(sql -c "SHOW $setting")"
done

results=()
for round in $(seq "$rounds"); do
    if ((round % 2)); then
        measure import && imported=$rate; measure copy && copied=$rate
    else
        measure copy && copied=$rate; measure import && imported=$rate
    fi
    ratio=$(awk "BEGIN { printf \"%.2f\", $imported / $copied }")
    echo "round $round: import $imported rows/s, bare COPY $copied rows/s, ratio $ratio"
    results+=("$ratio $imported $copied")
done
printf '%s\n' "${results[@]}" | sort -n | awk '{ line[NR] = $0 } END { split(line[int((NR + 1) / 2)], m, " ");
    printf "median: import %d rows/s, bare COPY %d rows/s, ratio %s\n", m[2], m[3], m[1] }'
