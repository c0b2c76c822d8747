"""JSON lines on standard output: one for each call that concerns money, and structlog for everything else."""

import logging
import os
import sys

import msgspec
import structlog

from system.gateways.common.records import Call

_encoder = msgspec.json.Encoder()
BUFFER_BYTES_MAX = 32_768


def configure(process: str, level: str) -> None:
    """Set structlog up once for this process. Raises ValueError for an unknown level."""
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise ValueError(f"PAY_LOG_LEVEL: {level!r} is not a level")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
    )
    structlog.contextvars.bind_contextvars(process=process)
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[_Bridge()], force=True)


class _Bridge(logging.Handler):
    """Hands what libraries log (uvicorn, asyncio) to structlog, so that every line is JSON."""

    def emit(self, record: logging.LogRecord) -> None:
        """Pass one record on."""
        error = record.exc_info[1] if record.exc_info else None
        structlog.get_logger().warning(record.getMessage(), logger=record.name, exc_info=error)


class CallLog:
    """One line for each call, encoded by hand: at thousands of calls a second a general logger would be the load.

    Lines leave when `flush` is called (a few times a second) or enough have gathered.
    """

    def __init__(self, process: str, level: str = "info", fd: int = 1) -> None:
        self._process = process
        self._on = level.lower() in ("info", "debug")
        self._fd = fd
        self._lines = bytearray()

    def write(self, call: Call) -> None:
        """Log how a call ended."""
        if not self._on:
            return
        line = {
            "process": self._process,
            "level": "info",
            "event": "gateway_call",
            "at_us": call.arrived_at_us,
            "correlation_id": call.correlation_id,
            "endpoint": call.endpoint,
            "payment_id": call.payment_id,
            "operation_id": call.operation_id,
            "attempt_id": call.attempt_id,
            "http_status": call.http_status,
            "result": call.result,
            "fault": call.fault,
        }
        self._lines += _encoder.encode(line)
        self._lines += b"\n"
        if len(self._lines) > BUFFER_BYTES_MAX:
            self.flush()

    def flush(self) -> None:
        """Hand the lines to the operating system."""
        lines, self._lines = self._lines, bytearray()
        while lines:
            lines = lines[os.write(self._fd, lines) :]
