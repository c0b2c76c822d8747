"""JSON lines on stdout, each with the process and, where known, the correlation id. Never secrets or card data."""

import logging
import sys

import msgspec
import structlog

_TRACEBACKS = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))
"""Without the values of local variables: those may hold keys and card data."""

Logger = structlog.typing.FilteringBoundLogger


def _encode(event: object, **_options: object) -> bytes:
    return msgspec.json.encode(event)


class _Forward(logging.Handler):
    """Turns what libraries log (warnings and worse) into the same JSON lines, without tracebacks."""

    def __init__(self, logger: Logger) -> None:
        super().__init__(logging.WARNING)
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        self._logger.warning("library", library=record.name, message=record.getMessage()[:300])


def make_logger(process: str, level: str = "info") -> Logger:
    """A logger for this process; bind ``correlation_id`` to follow one payment."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            _TRACEBACKS,
            structlog.processors.JSONRenderer(serializer=_encode),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.BytesLoggerFactory(sys.stdout.buffer),
        cache_logger_on_first_use=True,
    )
    logger: Logger = structlog.get_logger().bind(process=process)
    return logger


def forward_library_logs(logger: Logger) -> None:
    """Send the warnings of libraries (the pool, the server) through ``logger``; for a process of its own only."""
    logging.basicConfig(handlers=[_Forward(logger)], level=logging.WARNING, force=True)
