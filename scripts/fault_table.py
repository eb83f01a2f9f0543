"""Plants every fault of tests/faults and writes what came of it into docs/reliability.md.

.venv/bin/python -m scripts.fault_table
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.faults.rig import ROWS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- faults -->", "<!-- /faults -->"


def table(rows: list[dict[str, object]]) -> str:
    """Return the rows as Markdown."""
    lines = ["| fault | deaf longer than the fault, s | lost |", "| --- | --- | --- |"]
    lines += [f"| {one['fault']} | {one['deaf']:.1f} | {one['lost']} |" for one in rows]
    return "\n".join(lines)


def main() -> int:
    """Return the exit code of the tests; the page is written if all passed."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "rows"
        command = [sys.executable, "-m", "pytest", "-q", "tests/faults"]
        code = subprocess.run(  # noqa: S603 - our own tests
            command, cwd=ROOT, env=os.environ | {ROWS: str(place)}, check=False
        ).returncode
        if code:
            return code
        rows = [json.loads(line) for line in place.read_text(encoding="utf-8").splitlines()]
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{table(rows)}\n{END}{after}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
