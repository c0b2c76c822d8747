#!/usr/bin/env bash
# Toxiproxy 2.12.0: a toxic with an attribute that does not exist (`latncy`), with a toxicity of 5, or with a negative latency
# is accepted with 200. The first one does nothing at all: an experiment with a typing error breaks nothing and passes.
# Read every toxic back, and compare its attributes with what was asked for.
set -euo pipefail
folder=$(mktemp -d) && trap 'kill ${server:-} 2>/dev/null || true; rm -rf "$folder"' EXIT
GOBIN="$folder" CGO_ENABLED=0 go install github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0
LOG_LEVEL=error "$folder/server" -port 18476 &
server=$!
api=http://127.0.0.1:18476
curl --silent --fail --retry 40 --retry-delay 1 --retry-connrefused --output /dev/null $api/version
curl --silent --fail --output /dev/null $api/proxies -d '{"name":"p","listen":"127.0.0.1:18477","upstream":"127.0.0.1:9"}'
for toxic in \
    '{"name":"misspelt","type":"latency","attributes":{"latncy":1000}}' \
    '{"name":"five","type":"latency","toxicity":5,"attributes":{"latency":1000}}' \
    '{"name":"negative","type":"latency","attributes":{"latency":-1000}}'; do
    status=$(curl --silent --output "$folder/answer" --write-out '%{http_code}' $api/proxies/p/toxics -d "$toxic")
    echo "$status  sent $toxic  got $(cat "$folder/answer")"
    [ "$status" = 200 ]
done
