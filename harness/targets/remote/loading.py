"""Reads an adapter file, and says exactly what is wrong with one that cannot be used: everything, at once."""

import importlib.util
import inspect
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from harness.core.adapter import Adapter
from harness.core.errors import UsageError
from harness.targets.remote.attributes import Mistake
from harness.targets.remote.mistakes import PAGE, lacking_methods, mistakes

VARIABLE = "FAULTLINE_ADAPTER"


def load_adapter(path: Path) -> Adapter:
    """Return the `adapter` of this file. Raises `UsageError` naming everything that is missing or wrong."""
    if not path.is_file():
        raise UsageError(f"--adapter: there is no file {path}", hint=f"give a Python file; {PAGE}")
    name = f"faultline_adapter_{path.stem.replace('-', '_')}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"--adapter: {path} is not a Python file", hint=f"its name must end in .py; {PAGE}")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up by its name.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        if (found := _of_unfinished(module.__dict__)) and isinstance(error, TypeError):
            raise _refused(path, found) from error
        raise UsageError(
            f"--adapter: {path} cannot be imported: {type(error).__name__}: {error}", hint=f"run `python {path}` to see"
        ) from error
    return _checked(path, getattr(module, "adapter", None))


def _of_unfinished(names: Mapping[str, object]) -> list[Mistake]:
    """Return the mistakes of the file's own adapter classes that leave methods out, which nobody can make one of."""
    classes = [item for item in names.values() if inspect.isclass(item) and issubclass(item, Adapter)]
    return [
        mistake
        for item in classes
        if item is not Adapter and (unwritten := sorted(item.__abstractmethods__))
        for mistake in _as_if_finished(item, unwritten)
    ]


def _as_if_finished(unfinished: type[Adapter], unwritten: Sequence[str]) -> list[Mistake]:
    """Return what is wrong besides the missing methods too: they are filled in with something that is never called."""
    finished: type[Adapter] = type("Finished", (unfinished,), dict.fromkeys(unwritten, lambda *_: None))
    with suppress(Exception):
        return mistakes(finished(), unwritten)
    return list(lacking_methods(unwritten))


def _checked(path: Path, adapter: object) -> Adapter:
    if adapter is None:
        raise UsageError(f"--adapter: {path} has no `adapter`", hint=f"end it with `adapter = MyAdapter()`; {PAGE}")
    if not isinstance(adapter, Adapter):
        kind = f"the class {adapter.__name__}" if inspect.isclass(adapter) else f"a {type(adapter).__name__}"
        raise UsageError(
            f"--adapter: {path}: `adapter` is {kind}, not an Adapter",
            hint="class MyAdapter(harness.core.adapter.Adapter): ...; adapter = MyAdapter()",
        )
    if found := mistakes(adapter):
        raise _refused(path, found)
    return adapter


def _refused(path: Path, found: Sequence[Mistake]) -> UsageError:
    """Return one error for one mistake, with its own hint, and one for several, with what is valid beside each."""
    if len(found) == 1:
        return UsageError(f"--adapter: {path}: {found[0][0]}", hint=found[0][1])
    listed = "".join(f"\n  {wrong} ({valid.removesuffix(f'; {PAGE}')})" for wrong, valid in found)
    return UsageError(f"--adapter: {path}: {len(found)} things are wrong:{listed}", hint=PAGE)
