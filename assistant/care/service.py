"""The service: a unit file made for this installation, and the service manager that runs it.

The files in `systemd/` are whole units; what depends on the machine (the program, keys, groups,
directories) takes the place of a line of theirs, or stands below it.
"""

import grp
import importlib.resources
import os
import pwd
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_state_path

from assistant.config import load
from assistant.config.layers import users
from assistant.config.loading import NO_FLAGS
from assistant.control.client import default_path, running
from assistant.errors import AssistantError
from assistant.models.store import default

NAME = "assistant.service"
"""Of the unit, for users and for the system."""
ETC = Path("/etc/assistant")
CARRIED = ("ASSISTANT_MODELS", "ASSISTANT_MODEL_DIR", "ASSISTANT_OFFLINE")
"""Variables that say where models are: the service sees none of a shell's."""
DEADLINE_S = 20.0
"""Seconds that `systemctl` may take; none of our calls waits for the assistant to be ready."""
SHOWN = (
    *("LoadState", "UnitFileState", "ActiveState", "SubState", "MainPID", "NRestarts"),
    *("StatusText", "Result", "ExecMainStatus", "ActiveEnterTimestamp"),
)
GROUPS = ("audio", "video", "render", "pulse-access", "pipewire")
"""Who may use sound cards, cameras, GPUs, and a sound server of the system."""
_HIDDEN = ("/home", "/root", "/run/user")
"""What `ProtectHome=tmpfs` covers."""
_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")
_CREDENTIAL = re.compile(r"[A-Za-z0-9_.-]{1,255}")
_LINGERING = Path("/var/lib/systemd/linger")
BOOTED = Path("/run/systemd/system")
"""Is there where systemd is the first process: sd_booted(3)."""

NO_SYSTEMD = (
    "systemd does not run here, so there is no service; let whatever starts programs on this "
    "machine start `assistant run` (the autostart of the desktop, `@reboot` of cron, the restart "
    "policy of a container): outside systemd it starts itself again when it crashes"
)


@dataclass(frozen=True, slots=True)
class Installed:
    """What an installation has done."""

    path: Path
    changed: bool
    """The unit file was not there, or was another."""
    confined: bool
    """The kernel gives user namespaces, so that the file system is read-only for it."""
    keys: tuple[str, ...]
    """The names of the credentials that it is given."""


@dataclass(frozen=True, slots=True)
class Status:
    """How the service is; times and texts as systemd tells them."""

    installed: bool
    enabled: bool
    active: str
    """active, activating, inactive, failed, …"""
    detail: str
    """running, auto-restart, dead, …"""
    pid: int
    """0: it does not run."""
    restarts: int
    since: str
    says: str
    """What the assistant has told last; never a word of what was said."""
    result: str
    """Why it ended: success, exit-code, watchdog, signal, …"""
    code: int
    """The exit code or signal of its last end."""
    lingers: bool | None
    """Whether the user's services run without a login; None: it is a service of the system."""


class Systemd:
    """The service manager of this user, or of the system, through `systemctl`."""

    def __init__(self, *, system: bool = False) -> None:
        self._system = system

    def do(self, *words: str) -> str:
        """Give a command; return what it prints. Raises `AssistantError` that says what to do."""
        program = shutil.which("systemctl")
        if program is None:
            raise AssistantError(NO_SYSTEMD)
        whose = "--system" if self._system else "--user"
        try:
            done = subprocess.run(  # noqa: S603 - the words are ours
                [program, whose, "--no-pager", "--no-ask-password", *words],
                capture_output=True,
                text=True,
                errors="replace",
                env={**os.environ, "LC_ALL": "C.UTF-8"},
                timeout=DEADLINE_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise AssistantError(
                f"`systemctl {whose} {words[0]}` has not answered within {DEADLINE_S:g} s; try it "
                "by hand"
            ) from None
        if done.returncode:
            raise AssistantError(self._explained(words[0], done.stderr.strip()))
        return done.stdout

    def status(self) -> Status:
        """Ask how the service is."""
        told = self.do("show", NAME, f"--property={','.join(SHOWN)}")
        fields = dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
        return Status(
            installed=fields.get("LoadState") not in {"not-found", "", None},
            enabled=fields.get("UnitFileState") == "enabled",
            active=fields.get("ActiveState", ""),
            detail=fields.get("SubState", ""),
            pid=_number(fields.get("MainPID")),
            restarts=_number(fields.get("NRestarts")),
            since=fields.get("ActiveEnterTimestamp", ""),
            says=fields.get("StatusText", ""),
            result=fields.get("Result", ""),
            code=_number(fields.get("ExecMainStatus")),
            lingers=None if self._system else lingers(),
        )

    def _explained(self, verb: str, error: str) -> str:
        if "not been booted with systemd" in error or "Host is down" in error:
            return NO_SYSTEMD
        if "connect to" in error and not BOOTED.is_dir():  # a container has the program alone
            return NO_SYSTEMD
        if "connect to" in error and not self._system:
            uid = os.getuid()
            return (
                "the service manager of this user cannot be reached; log in as this user (a "
                f"terminal under su or sudo is no login), or `export XDG_RUNTIME_DIR=/run/user/"
                f"{uid}`; where nobody logs in: `sudo loginctl enable-linger {_user()}`"
            )
        lines = error.splitlines() or ["no reason given"]
        return f"`systemctl {verb}` failed: {lines[-1]}"


# ── for a user ──


def install(
    arguments: Sequence[str] = (),
    *,
    config: Path | None = None,
    flags: Mapping[str, object] = NO_FLAGS,
) -> Installed:
    """Write the unit of this user, have it start with their session, and start it.

    `arguments`: of `assistant run`, which say the same as `config` and `flags`. Doing it twice
    changes nothing. Raises `AssistantError`, and `ConfigError` where the service would not start.
    """
    systemd, folder = Systemd(), _config_folder()
    before = systemd.status()
    _check(folder, config, flags)
    if before.active not in {"active", "activating"} and (pid := running(default_path())):
        raise AssistantError(
            f"an assistant (pid {pid}) runs already; `assistant quit` ends it, then do this again"
        )
    path, confined, keys = unit_path(), namespaces(), _keys(folder)
    text = user_unit(arguments, folder, confined=confined)
    changed = not path.exists() or path.read_text() != text
    if changed:
        _write(path, text)
    systemd.do("daemon-reload")
    systemd.do("enable", NAME)
    if before.active == "failed":
        systemd.do("reset-failed", NAME)  # its starts are counted, and may be used up
    systemd.do("restart" if changed else "start", "--no-block", NAME)
    return Installed(path, changed, confined, tuple(keys))


def remove() -> bool:
    """Stop the service of this user and remove it; False: there was none."""
    systemd, path = Systemd(), unit_path()
    there = systemd.status()
    if not path.exists() and not there.installed:
        return False
    if there.installed:
        systemd.do("disable", NAME)
        systemd.do("stop", NAME)
    path.unlink(missing_ok=True)
    systemd.do("daemon-reload")
    if there.active == "failed":
        systemd.do("reset-failed", NAME)
    return True


def user_unit(arguments: Sequence[str], folder: Path, *, confined: bool) -> str:
    """Return the unit file for this user and this installation."""
    text = _shipped("assistant.service")
    if not confined:
        text = re.sub(r"(?ms)^# user namespace: begin$.*?^# user namespace: end$\n", "", text)
    written = [user_state_path("assistant"), default().root]
    for place in written:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)  # else they stay read-only
    lines = {
        "ExecStart=": [_start(arguments), *_environment(), *_credentials(_keys(folder))],
        "ExecReload=": [_words("ExecReload=", "reload")],
        "ReadWritePaths=": [f"ReadWritePaths={quoted(f'-{place}')}" for place in written],
    }
    return filled(text, lines)


def unit_path() -> Path:
    """Return where the unit of this user is, or would be."""
    base = os.environ.get("XDG_CONFIG_HOME", "")
    folder = Path(base) if Path(base).is_absolute() else Path.home() / ".config"
    return folder / "systemd" / "user" / NAME


def lingers() -> bool:
    """Tell whether this user's services run from boot on, without a login."""
    return (_LINGERING / _user()).exists()


def namespaces() -> bool:
    """Tell whether a process of this user can have a view of the file system of its own."""
    program = shutil.which("unshare")
    if program is None:
        return False
    try:
        done = subprocess.run(  # noqa: S603 - constant words
            [program, "--user", "--mount", "true"],
            capture_output=True,
            timeout=DEADLINE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


# ── for the system ──


def system_unit(arguments: Sequence[str] = ()) -> str:
    """Return the unit file of the system for this installation."""
    groups = [group for group in GROUPS if _is_group(group)]
    hidden = [quoted(str(place)) for place in _program() if _is_hidden(place)]
    lines = {
        "ExecStart=": [
            *(_start(arguments), *_environment()),
            *_credentials(_keys(ETC)),
        ],
        "ExecReload=": [_words("ExecReload=", "reload")],
        "SupplementaryGroups=": [f"SupplementaryGroups={' '.join(groups)}"],
        "ProtectHome=": ["ProtectHome=tmpfs", *(f"BindReadOnlyPaths={it}" for it in hidden)],
    }
    return filled(_shipped("assistant-system.service"), lines)


def for_root(arguments: Sequence[str] = ()) -> str:
    """Return what root has to do for a service of the system, as a script for `sh`."""
    return f"""\
# Root makes the assistant a service of the system with this; pipe it into `sudo sh`.
# Its configuration is {ETC}/config.yaml. A key that it calls {{credential: NAME}} is a file NAME
# in {ETC}/credentials: put it there first, then do this again.
set -e
install -d -m 755 {ETC}
install -d -m 700 {ETC}/credentials
cat >/etc/systemd/system/{NAME} <<'UNIT'
{system_unit(arguments)}UNIT
systemctl daemon-reload
systemctl enable {NAME}
systemctl restart --no-block {NAME}
echo 'See how it is: assistant service status --system; sudo assistant service logs --system -f'
echo 'Talk to it: sudo ASSISTANT_CONTROL__SOCKET=/run/assistant/control.sock assistant mute'
"""


NOT_FOR_ROOT = f"""\
# Root removes the service of the system with this; pipe it into `sudo sh`.
systemctl disable --now {NAME}
rm -f /etc/systemd/system/{NAME}
systemctl daemon-reload
# What it has learned and fetched: /var/lib/private/assistant; its configuration: {ETC}.
"""


# ── unit files ──


def filled(text: str, lines: Mapping[str, Iterable[str]]) -> str:
    """Put lines in the place of the first one that begins so, where there is one."""
    filling = {start: "\n".join(instead) for start, instead in lines.items()}
    made = []
    for line in text.splitlines():
        start = next((start for start in filling if line.startswith(start)), None)
        made.append(line if start is None else filling.pop(start))
    return "\n".join(made) + "\n"


def quoted(word: str) -> str:
    """Return a word as unit files want it; systemd.syntax(7) and systemd.service(5)."""
    if "\n" in word or "\0" in word:
        raise AssistantError(f"{word!r} cannot stand in a unit file; use a name without that")
    text = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return text if _PLAIN.fullmatch(word) else f'"{text}"'


def _start(arguments: Sequence[str]) -> str:
    return _words("ExecStart=", "run", *arguments)


def _words(what: str, *arguments: str) -> str:
    """Return a line that runs this very program; -P: nothing of the directory it runs in."""
    words = [sys.executable, "-P", "-m", "assistant", *arguments]
    return what + " ".join(quoted(word.replace("$", "$$")) for word in words)


def _environment() -> list[str]:
    given = {name: os.environ[name] for name in CARRIED if os.environ.get(name)}
    return [f"Environment={quoted(f'{name}={value}')}" for name, value in given.items()]


def _credentials(keys: Mapping[str, Path]) -> list[str]:
    return [f"LoadCredential={name}:{str(path).replace('%', '%%')}" for name, path in keys.items()]


def _keys(folder: Path) -> dict[str, Path]:
    """Return the files that hold keys, by the names of their credentials."""
    place = folder / "credentials"
    try:
        found = sorted(place.iterdir())
    except OSError:  # there are none, or only root may know
        return {}
    return {file.name: file for file in found if _CREDENTIAL.fullmatch(file.name)}


def _shipped(name: str) -> str:
    """Return a unit file: in the package once installed, else beside it."""
    package = Path(str(importlib.resources.files("assistant")))
    inside = package / "systemd" / name
    return (inside if inside.is_file() else package.parent / "systemd" / name).read_text()


def _program() -> list[Path]:
    """Return the directories that the program is read from, none inside of another."""
    package = Path(str(importlib.resources.files("assistant"))).parent
    given = [Path(os.environ[name]) for name in CARRIED[:1] if os.environ.get(name)]
    places = [Path(sys.prefix), Path(sys.base_prefix), package, *given]
    kept: list[Path] = []
    for place in sorted({place.absolute() for place in places}):
        if not any(place.is_relative_to(other) for other in kept):
            kept.append(place)
    return kept


def _is_hidden(place: Path) -> bool:
    return any(place.is_relative_to(home) for home in _HIDDEN)


def _is_group(name: str) -> bool:
    try:
        grp.getgrnam(name)
    except KeyError:
        return False
    return True


def _write(path: Path, text: str) -> None:
    draft = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text)
        draft.replace(path)
    except OSError as wrong:
        raise AssistantError(
            f"{path}: the unit cannot be written ({wrong.strerror}); check the directory"
        ) from None


# ── what the service will find ──


def _config_folder() -> Path:
    mine = users(os.environ)
    if mine is None:
        raise AssistantError("this user has no home, and so no configuration; set HOME")
    return mine.parent


def _check(folder: Path, config: Path | None, flags: Mapping[str, object]) -> None:
    """Load the configuration as the service will: with its keys, without a shell's variables."""
    kept = ("HOME", "XDG_CONFIG_HOME", "PATH", *CARRIED)
    environ = {name: os.environ[name] for name in kept if name in os.environ}
    environ |= _variables(folder / "environment")
    environ["CREDENTIALS_DIRECTORY"] = str(folder / "credentials")
    load(config, environ=environ, flags=flags)


def _variables(file: Path) -> dict[str, str]:
    """Read an environment file as systemd does, but for its finer points of quoting."""
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return {}
    pairs = [line.split("=", 1) for line in lines if "=" in line]
    given = {name.strip(): value.strip().strip("'\"") for name, value in pairs}
    return {name: value for name, value in given.items() if name[:1] not in {"#", ";"}}


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user without a name
        return str(os.getuid())


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0
