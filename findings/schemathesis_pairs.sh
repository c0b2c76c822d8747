#!/usr/bin/env bash
# schemathesis 4.32.5 and OpenAPI 3.1: an answer that is a pair, described by `prefixItems` as JSON Schema 2020-12 has it,
# cannot be checked. A right answer and a wrong one raise the same "Invalid Schema Object", about an `items` with a list
# that the document does not have. jsonschema's validator of 2020-12 takes the schema and tells the two answers apart.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv" && "$folder/venv/bin/pip" install --quiet schemathesis==4.32.5 jsonschema==4.26.0
"$folder/venv/bin/python" - <<'EOF'
import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import jsonschema
import schemathesis
from schemathesis.core.errors import InvalidSchema
from schemathesis.core.failures import FailureGroup

PAIR = {"type": "array", "prefixItems": [{"type": "string"}, {"type": "string"}], "items": False, "minItems": 2}
LOOSE = {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2}


class Answering(BaseHTTPRequestHandler):
    body = b""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_):
        pass


def told(shape, body):
    """Say what the check of one answer against a document with this one shape comes to."""
    Answering.body = json.dumps(body).encode()
    answers = {"200": {"description": "a pair", "content": {"application/json": {"schema": shape}}}}
    schema = schemathesis.openapi.from_dict({
        "openapi": "3.1.0", "info": {"title": "Pairs", "version": "1"}, "paths": {"/pair": {"get": {"responses": answers}}},
    })
    schema.config.update(base_url=f"http://127.0.0.1:{server.server_port}")
    case = schema["/pair"]["get"].Case()
    try:
        case.validate_response(case.call())
    except InvalidSchema as error:
        return f"InvalidSchema: {str(error).splitlines()[0]}"
    except FailureGroup:
        return "the answer does not match"
    return "valid"


server = HTTPServer(("127.0.0.1", 0), Answering)
Thread(target=server.serve_forever, daemon=True).start()
jsonschema.Draft202012Validator.check_schema(PAIR)
assert jsonschema.Draft202012Validator(PAIR).is_valid(["created", "captured"])
assert not jsonschema.Draft202012Validator(PAIR).is_valid(["created", 1])
found = {
    "a right pair, prefixItems": told(PAIR, ["created", "captured"]),
    "a wrong pair, prefixItems": told(PAIR, ["created", 1]),
    "a right pair, items alone": told(LOOSE, ["created", "captured"]),
    "a wrong pair, items alone": told(LOOSE, ["created", 1]),
}
for what, came in found.items():
    print(f"{what}: {came}")
assert found["a right pair, items alone"] == "valid"
assert found["a wrong pair, items alone"] == "the answer does not match"
assert found["a right pair, prefixItems"] == found["a wrong pair, prefixItems"]
assert found["a right pair, prefixItems"].startswith("InvalidSchema: Invalid Schema Object")
EOF
