"""Write config.yaml and docs/configuration.md from the models; --check only compares."""

import sys
from pathlib import Path

from assistant.config.backends import NoBackend
from assistant.config.pages import config_yaml, configuration_md

ROOT = Path(__file__).parent.parent
PAGES = {ROOT / "config.yaml": config_yaml, ROOT / "docs" / "configuration.md": configuration_md}


def main(arguments: list[str]) -> int:
    """Return the exit code: 1 when a page is not what the models say."""
    stale = False
    for path, write in PAGES.items():
        try:
            text = write()
        except NoBackend as missing:
            print(f"{path.name}: left alone, as not every backend is here: {missing}")
            continue
        if path.exists() and path.read_text() == text:
            continue
        if arguments == ["--check"]:
            print(f"{path.name}: is not what the models say; scripts/check --fix writes it")
            stale = True
        else:
            path.write_text(text)
            print(f"{path.name}: written")
    return int(stale)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
