#!/usr/bin/env bash
# Chaos Toolkit 1.19.0 (chaostoolkit-lib 1.44.0): `chaos run` exits with 0 although the experiment's action failed. A
# pipeline that looks at the exit code passes an experiment that broke nothing. The journal says it: "status": "failed" of
# the activity, while the run's own status is "completed".
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv" && "$folder/venv/bin/pip" install --quiet chaostoolkit==1.19.0 chaostoolkit-lib==1.44.0
cd "$folder"
cat > experiment.json <<'EOF'
{
  "version": "1.0.0", "title": "An action that fails", "description": "It removes a file that is not there.",
  "steady-state-hypothesis": {"title": "Nothing is asked", "probes": []},
  "method": [{"type": "action", "name": "break",
    "provider": {"type": "python", "module": "os", "func": "remove", "arguments": {"path": "no-such-file"}}}],
  "rollbacks": []
}
EOF
code=0
venv/bin/chaos --no-version-check run --journal-path journal.json experiment.json >said 2>&1 || code=$?
cat said
venv/bin/python - "$code" <<'EOF'
import json
import sys

journal = json.load(open("journal.json"))
seen = (int(sys.argv[1]), journal["status"], journal["run"][0]["status"])
print(f"exit code {seen[0]}, the run is {seen[1]!r}, its action {seen[2]!r}")
assert seen == (0, "completed", "failed"), seen
EOF
