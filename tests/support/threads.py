"""ONNX Runtime's threads in tests, which run beside each other."""

from __future__ import annotations


def sleep_when_idle() -> None:
    """Threads of sessions made from now on sleep where they have nothing to do: waiting awake takes a test's core."""
    import onnxruntime

    class SleepingOptions(onnxruntime.SessionOptions):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.add_session_config_entry("session.intra_op.allow_spinning", "0")

    onnxruntime.SessionOptions = SleepingOptions
