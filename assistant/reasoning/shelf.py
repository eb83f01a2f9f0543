"""Finds the tools: each file of the folder `assistant.tools`, then those of the user's folders.

The folder is the registry. A file with an error costs one line and its own tools, no more.
"""

import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from assistant.errors import AssistantError
from assistant.ports import Tool
from assistant.reasoning.signature import NoTool, as_tool, is_tool

FOLDER = "assistant.tools"
OWN = "assistant_own_tools"
"""The package that the user's own files are modules of."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The tools that were found, and a line for each file or function that is none."""

    tools: tuple[Tool, ...] = ()
    problems: tuple[str, ...] = ()


def take(enabled: Collection[str] | None = None, dirs: Sequence[Path] = ()) -> Shelf:
    """Import the tools; `enabled` names functions or files, `None` means all. It may be slow.

    A user's own tool takes the place of one of ours that has its name.
    """
    found: dict[str, Tool] = {}
    problems: list[str] = []
    wanted = None if enabled is None else set(enabled)
    seen: set[str] = set()
    for module in _modules(dirs, problems):
        where = module.__name__.rpartition(".")[2]
        own = module.__name__.startswith(OWN)
        for name, function in vars(module).items():
            if not is_tool(function, module.__name__):
                continue
            seen |= {where, name}
            if wanted is not None and not wanted & {where, name}:
                continue
            try:
                made = as_tool(function, str(module.__file__) if own else "")
            except NoTool as wrong:
                problems.append(f"{module.__file__}: {wrong}")
                continue
            if own and name in found and found[name].source:
                problems.append(f"{module.__file__}: there is a tool {name} already; rename it")
                continue
            found[name] = made
    if wanted is not None and (strange := sorted(wanted - seen)):
        problems.append(f"tools.enabled: there is no tool {', '.join(strange)}")
    return Shelf(tuple(found.values()), tuple(problems))


def _modules(dirs: Sequence[Path], problems: list[str]) -> Iterator[ModuleType]:
    spec = importlib.util.find_spec(FOLDER)
    folders = [] if spec is None else spec.submodule_search_locations or []
    for name in sorted(module.name for module in pkgutil.iter_modules(folders)):
        try:
            yield importlib.import_module(f"{FOLDER}.{name}")
        except ImportError as missing:
            problems.append(f"the tools of {name} need the package {missing.name}; install it")
    for folder in dirs:
        if not folder.is_dir():
            problems.append(f"tools.dirs: {folder} is no folder; make it, or leave it out")
            continue
        for file in sorted(folder.glob("*.py")):
            if not file.name.startswith("_") and (module := _own(file, problems)) is not None:
                yield module


def _own(file: Path, problems: list[str]) -> ModuleType | None:
    """Import a user's file; whatever it does wrong is told in one line."""
    name = f"{OWN}.{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise AssistantError(f"{file} cannot be imported; is it Python?")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses look their types up
    try:
        spec.loader.exec_module(module)
    except Exception as wrong:  # noqa: BLE001 - anything can be wrong with somebody's file
        del sys.modules[name]
        line = _line_of(wrong, file)
        what = " ".join(str(wrong).split())[:200]
        problems.append(f"{file}{line}: {type(wrong).__name__}: {what}; its tools are left out")
        return None
    return module


def _line_of(wrong: Exception, file: Path) -> str:
    if isinstance(wrong, SyntaxError):
        return f":{wrong.lineno}"
    line, trace = "", wrong.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(file):
            line = f":{trace.tb_lineno}"
        trace = trace.tb_next
    return line
