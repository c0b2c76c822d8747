#!/usr/bin/env bash
# stripe 16.1.0: stripe.PaymentIntent.create(...) makes three attempts where a connection is closed without an answer;
# StripeClient(...).v1.payment_intents.create(...) makes one. Both are "the SDK with its defaults". Moving from one style to
# the other changes how many outages a shop sees. The attempts of one call share one Idempotency-Key.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv" && "$folder/venv/bin/pip" install --quiet stripe==16.1.0
"$folder/venv/bin/python" - <<'EOF'
import socketserver
import threading

import stripe

keys = []


class Silent(socketserver.StreamRequestHandler):
    """Reads a request and closes without an answer."""

    def handle(self):
        lines = iter(self.rfile.readline, b"\r\n")
        headers = dict(line.decode().lower().strip().split(": ", 1) for line in list(lines)[1:])
        self.rfile.read(int(headers.get("content-length", 0)))
        keys.append(headers["idempotency-key"])


server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Silent)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_address[1]}"
sale = {"amount": 1250, "currency": "eur"}
stripe.api_key, stripe.api_base = "sk_test_1", url
client = stripe.StripeClient("sk_test_1", base_addresses={"api": url})
styles = {
    "stripe.PaymentIntent.create": lambda: stripe.PaymentIntent.create(**sale),
    "StripeClient": lambda: client.v1.payment_intents.create(sale),
}
seen = {}
for style, pay in styles.items():
    keys.clear()
    try:
        pay()
    except stripe.APIConnectionError:
        seen[style] = (len(keys), len(set(keys)))
        print(f"{style}: {seen[style][0]} attempts under {seen[style][1]} key")
assert seen == {"stripe.PaymentIntent.create": (3, 1), "StripeClient": (1, 1)}, seen
EOF
