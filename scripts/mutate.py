#!/usr/bin/env python3
"""Change the core in every small way there is; the tests must notice each. Exit 1 if one lives.

A mutant runs in a forked process, in memory: no file is touched. Run it with .venv/bin/python.
"""

import argparse
import ast
import copy
import importlib.abc
import importlib.util
import inspect
import io
import os
import re
import resource
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
CORE = ROOT / "assistant" / "core"
ENUMS = {"Action", "Failure", "Kind", "Mode", "Notice", "Timer", "Tone", "Urgency"}
CPU_S = 90
"""A mutant that takes so long runs in circles: the tests take a tenth of it."""
NICE = 10

DECIDES: dict[str, set[str] | None] = {
    "moves": None,
    "floor_theirs": None,
    "floor_ours": None,
    "floor_both": None,
    "turns": None,
    "states": {"patience", "hears", "message"},
}
"""The modules that decide, and which of their functions (all: None)."""

BY_NUMBER = "the arming's number alone tells which timer it was; its name is for the reader"
EQUIVALENT: dict[tuple[str, str, str], str] = {
    (function, f"case TimerFired({timers}, state.{arming}):", f"{timers} → anything"): BY_NUMBER
    for function, timers, arming in (
        ("_quiet", "Timer.WINDOW", "window"),
        ("user_speaking", "Timer.FLOOR", "arming"),
        ("user_paused", "Timer.WORDS", "arming"),
        ("thinking", "Timer.FIRST_SOUND", "arming"),
        ("speaking", "Timer.VOICE", "arming"),
        ("overlapping", "Timer.FLOOR | Timer.WORDS", "arming"),
    )
}
"""Mutants that no test could tell from the original: (function, line, change), and why."""


@dataclass(frozen=True)
class Mutant:
    """One change."""

    module: str
    function: str
    number: int
    line: str
    change: str
    source: str

    def __str__(self) -> str:
        return f"{self.module}.py:{self.number} {self.function}: {self.change}\n    {self.line}"

    @property
    def reason(self) -> str | None:
        """Why no test could notice it, if that is so."""
        return EQUIVALENT.get((self.function, self.line, self.change))


Edit = tuple[str, Callable[[ast.AST], None]]
"""What it says of itself, and how it changes the node that it was made for."""


# ── the changes ───────────────────────────────────────────────────────────────────────────────


def edits(node: ast.AST, *, returned: bool) -> Iterator[Edit]:
    """Yield the changes of one node; `returned`: it is the whole value of a `return`."""
    match node:
        case ast.Tuple(elts=elts, ctx=ast.Load()) if not returned:
            yield from _without("element", "elts", elts)
        case ast.Set(elts=elts):
            yield from _without("element", "elts", elts)
        case ast.Match(cases=cases):
            yield from _cases(cases)
        case ast.match_case(guard=ast.expr() as guard):
            yield f"guard {ast.unparse(guard)} → always", _setter("guard", None)
        case ast.MatchOr(patterns=patterns):
            yield from _without("alternative", "patterns", patterns)
        case ast.MatchClass(patterns=patterns, kwd_patterns=others):
            yield from _anything("patterns", patterns)
            yield from _anything("kwd_patterns", others)
        case ast.If(test=test) | ast.IfExp(test=test):
            for word, value in (("always", True), ("never", False)):
                yield f"if {ast.unparse(test)} → {word}", _setter("test", ast.Constant(value))
        case _:
            yield from _operators(node)


def _operators(node: ast.AST) -> Iterator[Edit]:  # noqa: C901 - a table
    match node:
        case ast.BoolOp(op=op, values=values):
            other = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield "and ↔ or", _setter("op", other)
            if len(values) > 1:
                yield from _without("operand", "values", values)
        case ast.Compare(ops=[op]) if type(op) in COMPARISONS:
            other_op = COMPARISONS[type(op)]
            yield f"{type(op).__name__} → {other_op.__name__}", _setter("ops", [other_op()])
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "not dropped", _becomes(operand)
        case ast.BinOp(left=left):
            yield f"→ {ast.unparse(left)}", _becomes(left)
        case ast.Constant(value=bool() as value):
            yield f"{value} → {not value}", _setter("value", not value)
        case ast.Attribute(value=ast.Name(id=name), attr=attr) if name in ENUMS:
            members = list(_enum(name))
            after = members[(members.index(attr) + 1) % len(members)]
            if after != attr:
                yield f"{name}.{attr} → {after}", _setter("attr", after)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
            yield from _without("keyword", "keywords", keywords)
            if name == "max":
                yield from _without("argument", "args", args)
            elif name[0].isupper() and args:
                yield f"without argument {ast.unparse(args[-1])}", _dropper("args", len(args) - 1)
        case _:
            pass


COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.GtE: ast.Gt,
    ast.Gt: ast.GtE,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}


def _enum(name: str) -> Iterator[str]:
    """Yield the members of one of the core's enumerations, without importing it."""
    for file in ("events", "commands", "states"):
        for node in ast.parse((CORE / f"{file}.py").read_text()).body:
            if isinstance(node, ast.ClassDef) and node.name == name:
                for statement in node.body:
                    if isinstance(statement, ast.Assign):
                        yield ast.unparse(statement.targets[0])


def _cases(cases: Sequence[ast.match_case]) -> Iterator[Edit]:
    for index, case in enumerate(cases):
        if not (isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None):
            yield f"without case {ast.unparse(case.pattern)}", _dropper("cases", index)


def _without(what: str, name: str, parts: Sequence[ast.AST]) -> Iterator[Edit]:
    for index, part in enumerate(parts):
        yield f"without {what} {ast.unparse(part)}", _dropper(name, index)


def _anything(name: str, patterns: Sequence[ast.pattern]) -> Iterator[Edit]:
    for index, pattern in enumerate(patterns):
        if not isinstance(pattern, ast.MatchAs):
            yield f"{ast.unparse(pattern)} → anything", _replacer(name, index, ast.MatchAs())


def _setter(name: str, value: object) -> Callable[[ast.AST], None]:
    return lambda node: setattr(node, name, value)


def _dropper(name: str, index: int) -> Callable[[ast.AST], None]:
    return lambda node: getattr(node, name).pop(index)


def _replacer(name: str, index: int, value: ast.AST) -> Callable[[ast.AST], None]:
    return lambda node: getattr(node, name).__setitem__(index, value)


def _becomes(other: ast.AST) -> Callable[[ast.AST], None]:
    def change(node: ast.AST) -> None:
        node.__class__ = type(other)
        node.__dict__.clear()
        node.__dict__.update(copy.deepcopy(other).__dict__)

    return change


def _deciding(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and what is below it, but no annotation, default or target of an assignment."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list", "targets", "target"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _deciding(child)


def mutants(module: str, functions: set[str] | None) -> Iterator[Mutant]:
    """Yield every mutant of a module."""
    text = (CORE / f"{module}.py").read_text()
    tree, lines = ast.parse(text), text.splitlines()
    for place, function in enumerate(ast.walk(tree)):
        if not isinstance(function, ast.FunctionDef):
            continue
        if functions is not None and function.name not in functions:
            continue
        nodes = list(_deciding(function))
        whole = {id(node.value) for node in nodes if isinstance(node, ast.Return)}
        line = function.lineno
        for index, node in enumerate(nodes):
            line = getattr(node, "lineno", line)
            if isinstance(node, ast.match_case):
                line = node.pattern.lineno
            for change, edit in edits(node, returned=id(node) in whole):
                changed = copy.deepcopy(tree)
                again = list(ast.walk(changed))[place]
                edit(list(_deciding(again))[index])
                yield Mutant(
                    module,
                    function.name,
                    line,
                    lines[line - 1].strip(),
                    change,
                    ast.unparse(ast.fix_missing_locations(changed)),
                )


# ── the trial ─────────────────────────────────────────────────────────────────────────────────


class _Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a text."""

    def __init__(self, mutant: Mutant) -> None:
        self._name, self._source = f"assistant.core.{mutant.module}", mutant.source

    def find_spec(
        self, fullname: str, _path: object = None, _target: object = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        return importlib.util.spec_from_loader(fullname, self)

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._source, self._name, "exec"), module.__dict__)  # noqa: S102 - the point


class _Killer:
    """Puts the quickest tests first, and remembers the first that failed."""

    def __init__(self, killers: Counter[str]) -> None:
        self.name = "collection"
        self._killers = killers

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: (_walked(item), -self._killers[item.name.partition("[")[0]]))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.name = report.nodeid.rpartition("::")[2]


def _walked(item: pytest.Item) -> int:
    """Tell how much a test walks: 0 for nothing, else the number of the largest case."""
    cases = list(sys.modules["tests.core.walk"].CASES)
    source = inspect.getsource(item.function) if isinstance(item, pytest.Function) else ""
    spec = getattr(item, "callspec", None)
    case = spec.params.get("case") if spec else None
    named = [case] if case else [name for name in cases if f'"{name}"' in source]
    some = any(walk in source for walk in ("nodes(", "attentive(", "steps(", "_ours("))
    return max((cases.index(name) + 1 for name in named), default=len(cases) if some else 0)


def _try(mutant: Mutant, note: Path, killers: Counter[str]) -> int:
    """Run the tests of the core on a mutant; to be called in a process of its own."""
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    sys.meta_path.insert(0, _Mutated(mutant))
    sys.dont_write_bytecode = True
    killer = _Killer(killers)
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        options = ["-x", "-q", "--tb=no", "--noconftest", "-p", "no:cacheprovider"]
        code = pytest.main([*options, "tests/core"], plugins=[killer])
    note.write_text(killer.name)
    return int(code != pytest.ExitCode.OK)


def trials(todo: Sequence[Mutant], jobs: int) -> Iterator[tuple[Mutant, str | None]]:
    """Yield each mutant with the test that killed it, or None where it lives."""
    waiting, running = list(reversed(todo)), dict[int, tuple[Mutant, Path]]()
    killers = Counter[str]()
    with tempfile.TemporaryDirectory() as notes:
        while waiting or running:
            while waiting and len(running) < jobs:
                mutant, note = waiting.pop(), Path(notes) / str(len(waiting))
                if pid := os.fork():
                    running[pid] = mutant, note
                else:
                    os._exit(_try(mutant, note, killers))
            pid, status = os.wait()
            mutant, note = running.pop(pid)
            killer = note.read_text() if note.exists() else "time"
            killers[killer.partition("[")[0]] += bool(status)
            yield mutant, killer if status else None


def main() -> int:
    """Return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2, help="how many at once (default: 2)")
    parser.add_argument("--only", default="", help="only those whose description matches this")
    parser.add_argument("--list", action="store_true", help="only tell what would be tried")
    parser.add_argument("--killers", action="store_true", help="tell which tests killed how many")
    chosen = parser.parse_args()
    os.chdir(ROOT)
    every = [one for module, names in DECIDES.items() for one in mutants(module, names)]
    unknown = EQUIVALENT.keys() - {(one.function, one.line, one.change) for one in every}
    for stale in sorted(unknown):
        print(f"EQUIVALENT has an entry of no mutant: {stale}")
    todo = [one for one in every if one.reason is None and re.search(chosen.only, str(one))]
    if chosen.list:
        print(*todo, sep="\n")
        return 0
    print(f"{len(todo)} mutants, {len(every) - len(todo)} left out", flush=True)
    alive, killers = 0, Counter[str]()
    for mutant, killer in trials(todo, chosen.jobs):
        if killer is None:
            alive += 1
            print(f"LIVES {mutant}", flush=True)
        else:
            killers[killer.partition("[")[0]] += 1
    print(f"{len(todo) - alive} killed, {alive} live")
    if chosen.killers:
        print(*(f"{count:5} {name}" for name, count in killers.most_common()), sep="\n")
    return int(bool(alive or unknown))


if __name__ == "__main__":
    sys.exit(main())
