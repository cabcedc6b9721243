"""Vision: from the bytes of an ID card and a portrait to fields, verdicts and a face decision.

Owns no personal data: it reads pictures by object key, answers with an outcome event and forgets them.
Consumes identity checks in two lanes (bulk and interactive) and face checks of resets in the second; emits one outcome
for each.
"""

import os

# ONNX Runtime reports its use, and the machine's, to its maker unless this is set before it is loaded.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
