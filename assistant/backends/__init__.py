"""One file, one third-party library or service.

A backend is a module with a pydantic model `Config` and a function `open(config)` that returns an
async context manager of the port it implements. The configuration's `backend: whisper` under
`stt:` loads `assistant.backends.stt_whisper`; a dotted name loads a module from elsewhere.
"""

import os

# onnxruntime sends Microsoft what it loads and how fast, and keeps a number for this user on disk,
# unless this is set before it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
