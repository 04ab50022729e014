"""No test sends anything: some of them import ONNX Runtime before netc does."""

from __future__ import annotations

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
