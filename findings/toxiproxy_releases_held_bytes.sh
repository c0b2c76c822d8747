#!/usr/bin/env bash
# Toxiproxy 2.12.0: adding a second toxic lets the bytes that a latency toxic holds go at once, past both. A proxy with 10 s
# of latency on its answers delivers one after half a second when a `timeout` toxic, which is to swallow everything, is
# added. Whoever layers toxics during an experiment lets exactly those answers through that were to be lost.
set -euo pipefail
folder=$(mktemp -d) && trap 'kill ${server:-} 2>/dev/null || true; rm -rf "$folder"' EXIT
GOBIN="$folder" CGO_ENABLED=0 go install github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0
LOG_LEVEL=error "$folder/server" -port 18474 &
server=$!
cat > "$folder/held.py" <<'EOF'
import json
import socket
import threading
import time
import urllib.request


def api(path, body):
    data = json.dumps(body).encode()
    return urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:18474{path}", data), timeout=5).read()


until = time.monotonic() + 20
while True:
    try:
        socket.create_connection(("127.0.0.1", 18474)).close()
        break
    except OSError:
        assert time.monotonic() < until
        time.sleep(0.05)
upstream = socket.create_server(("127.0.0.1", 0))


def echo():
    connection, _ = upstream.accept()
    connection.sendall(connection.recv(100))
    time.sleep(20)


threading.Thread(target=echo, daemon=True).start()
api("/proxies", {"name": "p", "listen": "127.0.0.1:18475", "upstream": f"127.0.0.1:{upstream.getsockname()[1]}"})
api("/proxies/p/toxics", {"type": "latency", "stream": "downstream", "attributes": {"latency": 10_000}})
client = socket.create_connection(("127.0.0.1", 18475))
client.settimeout(9)
began = time.monotonic()
client.sendall(b"paid?")
time.sleep(0.5)
api("/proxies/p/toxics", {"type": "timeout", "stream": "downstream", "attributes": {"timeout": 0}})
answer = client.recv(100)
took_s = time.monotonic() - began
print(f"{answer!r} came after {took_s:.1f} s, with 10 s of latency and then a black hole in its way")
assert answer == b"paid?", answer
assert took_s < 5, took_s
EOF
python3 "$folder/held.py"
