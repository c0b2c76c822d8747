"""Reads an adapter file, and says exactly what is wrong with one that cannot be used."""

import importlib.util
import inspect
import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

from harness.core.adapter import Adapter, Payment, Request, Tells
from harness.core.errors import UsageError

VARIABLE = "FAULTLINE_ADAPTER"
REQUIRED = ("send", "answer", "look", "found", "charges")
OPTIONAL = ("payments", "reset")
ATTRIBUTES = ("api_urls", "toxiproxy", "links")
_PAGE = "docs/your-own-system.md writes one step by step"
_URL = re.compile(r"http://[^/:\s]+:\d+")
_ADDRESS = re.compile(r"[^/:\s]+:\d+")
_LINK = re.compile(r"[\w.]+-to-[\w.-]+")


def load_adapter(path: Path) -> Adapter:
    """Return the `adapter` of this file. Raises `UsageError` naming what is missing or wrong."""
    if not path.is_file():
        raise UsageError(f"--adapter: there is no file {path}", hint=f"give a Python file; {_PAGE}")
    name = f"faultline_adapter_{path.stem.replace('-', '_')}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"--adapter: {path} is not a Python file", hint=f"its name must end in .py; {_PAGE}")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up by its name.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        if (missing := _unwritten(module.__dict__)) and isinstance(error, TypeError):
            raise _lacking(path, missing) from error
        raise UsageError(
            f"--adapter: {path} cannot be imported: {type(error).__name__}: {error}", hint=f"run `python {path}` to see"
        ) from error
    return _checked(path, getattr(module, "adapter", None))


def _unwritten(names: Mapping[str, object]) -> list[str]:
    """Return the methods that the file's own adapter class leaves out."""
    classes = [item for item in names.values() if inspect.isclass(item) and issubclass(item, Adapter)]
    return [method for item in classes if item is not Adapter for method in sorted(item.__abstractmethods__)]


def _lacking(path: Path, missing: list[str]) -> UsageError:
    return UsageError(
        f"--adapter: {path}: the adapter lacks {', '.join(missing)}",
        hint=f"methods: {', '.join(REQUIRED)}; optional: {', '.join(OPTIONAL)}; {_PAGE}",
    )


def _checked(path: Path, adapter: object) -> Adapter:
    if adapter is None:
        raise UsageError(f"--adapter: {path} has no `adapter`", hint=f"end it with `adapter = MyAdapter()`; {_PAGE}")
    if not isinstance(adapter, Adapter):
        kind = f"the class {adapter.__name__}" if inspect.isclass(adapter) else f"a {type(adapter).__name__}"
        raise UsageError(
            f"--adapter: {path}: `adapter` is {kind}, not an Adapter",
            hint="class MyAdapter(harness.core.adapter.Adapter): ...; adapter = MyAdapter()",
        )
    if absent := [name for name in ATTRIBUTES if not hasattr(adapter, name)]:
        raise UsageError(
            f"--adapter: {path}: the adapter lacks {', '.join(absent)}",
            hint=f"attributes: {', '.join(ATTRIBUTES)}; optional: currency, exponent, tells; {_PAGE}",
        )
    if problems := [*_problems(adapter), *_unsaid(adapter)]:
        raise UsageError(f"--adapter: {path}: {problems[0][0]}", hint=problems[0][1])
    return adapter


def _problems(adapter: Adapter) -> Iterator[tuple[str, str]]:
    """Yield (what is wrong, what is valid)."""
    if not _named(adapter.api_urls):
        yield "api_urls names no replica", 'for example api_urls = {"api1": "http://127.0.0.1:8000"}'
    elif bad := [url for url in adapter.api_urls.values() if not _URL.fullmatch(str(url))]:
        yield f"api_urls: {bad[0]!r} is not an address", "http://host:port, without a path"
    if not _ADDRESS.fullmatch(str(adapter.toxiproxy)):
        yield f"toxiproxy: {adapter.toxiproxy!r} is not an address", "host:port of Toxiproxy's control API"
    if not _named(adapter.links):
        yield "links names no link", 'for example links = {"api1-to-stripe": "my-proxy"}'
    elif odd := [name for name in adapter.links if not _LINK.fullmatch(name)]:
        yield f"links: {odd[0]!r} is not <from>-to-<to>", "for example api1-to-stripe, as `faultline show` tells them"
    yield from _untold(adapter.tells)
    if not (isinstance(adapter.currency, str) and len(adapter.currency) == 3 and adapter.currency.isalpha()):
        yield f"currency {adapter.currency!r} is none", "three letters, such as EUR"
    elif not (type(adapter.exponent) is int and adapter.exponent in range(5)):
        yield f"currency {adapter.currency!r} with {adapter.exponent} decimals is none", "such as EUR and 2, JPY and 0"


def _named(given: object) -> bool:
    """Tell whether this is a mapping of texts to texts, and not empty."""
    if not isinstance(given, Mapping):
        return False
    return bool(given) and all(isinstance(text, str) for pair in given.items() for text in pair)


def _untold(tells: object) -> Iterator[tuple[str, str]]:
    if not isinstance(tells, Collection) or isinstance(tells, str):
        yield f"tells: {tells!r} is not a set", "for example tells = frozenset({Tells.REPLAYS})"
    elif unknown := [str(item) for item in tells if not isinstance(item, str) or item not in set(Tells)]:
        yield f"tells: {', '.join(unknown)} is not known", f"valid: {', '.join(Tells)}"


def _unsaid(adapter: Adapter) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the requests that the adapter words, tried on a payment that is never sent."""
    probe = Payment("probe", "probe-key", 1999, adapter.currency, adapter.exponent, "pm_card_visa", False)
    asked: dict[str, Callable[[], Request]] = {
        "send": lambda: adapter.send(probe),
        "look": lambda: adapter.look("probe"),
    }
    for name, ask in asked.items():
        try:
            request = ask()
            if isinstance(request, Request) and request.path.startswith("/") and b"\n" not in request.path.encode():
                _ = request.body
                continue
            found = f"it returned {request!r}"
        except Exception as error:  # noqa: BLE001 - whatever somebody else's code raises is theirs to read
            found = f"{type(error).__name__}: {error}"
        yield f"{name}() gives no request: {found}", "return Request(method, path, json, headers), the path from /"
