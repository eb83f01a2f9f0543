"""Has pip look wheels up as it does itself, with its configuration, and prints where they lie.

A script, run by itself: ``python -P find_with_pip.py LIBRARY [options of pip download] NAME==1…``;
LIBRARY is put on the path before, if it is not empty. It prints "requirement url sha256" lines.

What pip offers for this, the report of a dry run, first downloads each wheel in many versions of
pip: all of it, without a bar, and then it has to be downloaded again. That remains the way out
where pip has other insides than these; then this ends as an option that pip does not know.
"""

import importlib
import sys


def main(library: str, *arguments: str) -> None:
    """Print a line for each requirement, or end with an error as pip would."""
    if library:
        sys.path.insert(0, library)
    try:
        _find(list(arguments))
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        sys.exit(f"no such option: {error!r}")


def _find(arguments: list[str]) -> None:
    # pip is no library; these names have been the same since its version 20.
    commands = importlib.import_module("pip._internal.commands")
    specifiers = importlib.import_module("pip._vendor.packaging.specifiers")
    command = commands.create_command("download")
    options, requirements = command.parse_args(arguments)
    with command.main_context():
        session = command.get_default_session(options)
        finder = command._build_package_finder(  # noqa: SLF001 - see above
            options, session, ignore_requires_python=True
        )
        for requirement in requirements:
            name, version = requirement.split("==")
            found = finder.find_best_candidate(
                name, specifier=specifiers.SpecifierSet(f"=={version}")
            )
            if found.best_candidate is None:
                sys.exit(f"ERROR: it has no wheel of {requirement}")
            link = found.best_candidate.link
            sha256 = link.hash if link.hash_name == "sha256" else ""
            print(requirement, link.url_without_fragment, sha256)  # noqa: T201 - its answer


if __name__ == "__main__":
    main(*sys.argv[1:])
