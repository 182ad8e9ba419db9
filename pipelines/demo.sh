#!/usr/bin/env bash
# Runs pipelines/demo.yaml on 10,000 polluted lines against 200 scripted hosts on loopback. Used by `make run`, after `make build`.
set -eu
cd "$(dirname "$0")/.."

config=$(echo "${CONFIG:-Release}" | tr 'A-Z' 'a-z')
web_dll=artifacts/bin/Atlas.ScriptedWeb/$config/Atlas.ScriptedWeb.dll
if [ -x dist/atlas ]; then
    atlas=(dist/atlas)
else
    atlas=(dotnet "artifacts/bin/Atlas.Pipeline.Host/$config/atlas.dll")
fi

work=$(mktemp -d)
web=
stop() {
    if [ -n "$web" ]; then
        kill "$web" 2>/dev/null || true
        wait "$web" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap stop EXIT

dotnet "$web_dll" serve --port 0 > "$work/web.log" &
web=$!
port=
for _ in $(seq 100); do
    port=$(sed -n 's/^listening on //p' "$work/web.log")
    [ -z "$port" ] || break
    kill -0 "$web" 2>/dev/null || break
    sleep 0.1
done
if [ -z "$port" ]; then
    echo "demo: the scripted web did not start." >&2
    exit 1
fi

dotnet "$web_dll" list --lines 10000 --hosts 200 --port "$port" --seed 1 > "$work/urls.txt"

code=0
"${atlas[@]}" run pipelines/demo.yaml --state "$work/state" --set "stages.fetch.allow_ports=[$port]" < "$work/urls.txt" || code=$?
exit "$code"
