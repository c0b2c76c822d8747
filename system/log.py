"""JSON lines on stdout, each with the process and, where known, the correlation id. Never secrets or card data."""

import logging
import sys

import msgspec
import structlog

Logger = structlog.typing.FilteringBoundLogger


def _encode(event: object, **_options: object) -> bytes:
    return msgspec.json.encode(event)


def make_logger(process: str, level: str = "info") -> Logger:
    """A logger for this process; bind ``correlation_id`` to follow one payment."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(serializer=_encode),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.BytesLoggerFactory(sys.stdout.buffer),
        cache_logger_on_first_use=True,
    )
    logger: Logger = structlog.get_logger().bind(process=process)
    return logger
