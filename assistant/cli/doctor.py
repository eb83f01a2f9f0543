"""doctor: what is wrong on this machine, and what mends it."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from assistant.care.doctor import examine
from assistant.care.findings import Finding
from assistant.cli.options import ConfigFile

_LOOKS = {"ok": ("ok  ", "green"), "warn": ("warn", "yellow"), "fail": ("fail", "bold red")}
_LABEL = 16
"""Columns of what was looked at."""


def command(
    file: ConfigFile = None,
    *,
    deep: Annotated[
        bool, typer.Option("--deep", help="Compare every byte of the models, too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Find out what is wrong on this machine; exit code 1 if the assistant cannot work."""
    found: list[Finding] = []
    console = Console(highlight=False)
    for finding in examine(file, deep=deep):
        found.append(finding)
        if not as_json:
            console.print(line(finding), soft_wrap=True)
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in found], indent=2))
    else:
        console.print(_sum(found))
    if any(finding.state == "fail" for finding in found):
        raise typer.Exit(1)


def line(finding: Finding) -> Text:
    """Return a finding as one line, however long: it can be searched and pasted."""
    sign, style = _LOOKS[finding.state]
    text = Text.assemble((sign, style), f"  {finding.what:<{_LABEL}} {finding.detail}")
    if finding.fix and finding.state != "ok":
        text.append("  → ", style).append(finding.fix)
    return text


def _sum(found: list[Finding]) -> Text:
    fails = sum(finding.state == "fail" for finding in found)
    warnings = sum(finding.state == "warn" for finding in found)
    if fails:
        return Text(f"\n{fails} of {len(found)} must be mended", "bold red")
    if warnings:
        return Text(f"\nit works; {warnings} of {len(found)} could be better", "yellow")
    return Text("\nall is well", "green")
