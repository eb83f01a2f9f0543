"""A real systemd as the first process of namespaces of its own, with a user and their manager.

Nothing of the machine is booted or changed. Its files are read-only inside; /etc is a copy, /tmp,
/var, /run and /dev are of its own, and it does not start unless that is so: the boot of a system
empties /tmp. No unit of that boot is started, either. A control group below the machine's own is
removed at the end. There is no network inside, not even a loopback.
"""

# ruff: noqa: S108
# (The programs are those of the system, wherever they are; /tmp is what the sandbox hides.)

import os
import pwd
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from time import perf_counter

import pytest

from assistant.care.service import _program
from assistant.models import store

USER, UID = "ada", 61_234
SHARED = Path("/run/machine")
"""Where the test's folder is inside."""
HOME = SHARED / "home"
RUNTIME = Path(f"/run/user/{UID}")
ROOT = Path(__file__).parents[2]
PATIENCE = 40.0
_SYSTEMD = Path("/lib/systemd/systemd")
_NEEDS = ("unshare", "findmnt", "nsenter", "setpriv", "systemctl", "journalctl", "mount", "mknod")
_QUIET = "--show-status=no --crash-reboot=no"
_NOT_STARTED = (
    *("sysinit.target", "systemd-tmpfiles-setup.service", "systemd-tmpfiles-setup-dev.service"),
    *("systemd-tmpfiles-clean.service", "systemd-tmpfiles-clean.timer", "systemd-sysctl.service"),
    *("systemd-modules-load.service", "systemd-binfmt.service", "systemd-random-seed.service"),
    *("systemd-udevd.service", "systemd-update-utmp.service", "systemd-firstboot.service"),
    *("systemd-sysusers.service", "systemd-remount-fs.service"),
)
"""The boot of a whole system: it empties /tmp and sets the kernel."""
_KEPT_DEV = "null zero full random urandom tty console"

DEVICES = {
    "snd/controlC0": (116, 0, "audio", "alsa"),
    "video0": (81, 0, "video", "video4linux"),
    "dri/renderD128": (226, 128, "video", "drm"),
    "nvidia0": (195, 0, "video", "nvidia"),
}
"""Nodes of sound, camera and GPU: major and minor number, group, and name in /proc/devices."""


def missing() -> str:
    """Return why there can be no such machine here, or nothing."""
    if os.geteuid() != 0:
        return "root, who alone may make such namespaces"
    lacking = [name for name in _NEEDS if shutil.which(name) is None]
    if lacking or not _SYSTEMD.exists():
        return f"systemd and util-linux: apt install systemd util-linux ({' '.join(lacking)})"
    if _cgroup2() is None:
        return "a writable cgroup2 hierarchy (mount -t cgroup2 none /sys/fs/cgroup/unified)"
    if any(Path(place).is_relative_to("/tmp") for place in (ROOT, *_program())):
        return "a checkout outside of /tmp, which the sandbox hides"
    return ""


def _cgroup2() -> Path | None:
    for line in Path("/proc/mounts").read_text().splitlines():
        _, place, kind, *_ = line.split()
        if kind == "cgroup2" and os.access(place, os.W_OK):
            return Path(place)
    return None


class Machine:
    """Its commands, as root or as its user."""

    def __init__(self, folder: Path, first: int) -> None:
        self.folder = folder
        self._first = first

    def root(self, *words: object, given: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command as root."""
        return self._run([*self._enter(), *map(str, words)], None, given)

    def user(self, *words: object) -> subprocess.CompletedProcess[str]:
        """Run a command as its user, in their session."""
        become = ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--init-groups"]
        return self._run([*self._enter(), *become, *map(str, words)], environment(), None)

    def show(self, *properties: str, system: bool = False) -> dict[str, str]:
        """Return properties of the service."""
        ask = self.root if system else self.user
        whose = "--system" if system else "--user"
        words = ("systemctl", whose, "show", "assistant.service", f"-p{','.join(properties)}")
        told = ask(*words).stdout
        return dict(line.split("=", 1) for line in told.splitlines() if "=" in line)

    def until(self, wanted: Mapping[str, str], *, system: bool = False) -> dict[str, str]:
        """Wait until properties of the service are so; return all that were asked for."""
        began, names = perf_counter(), (*wanted, "ActiveState", "MainPID", "NRestarts", "Result")
        while perf_counter() - began < PATIENCE:
            told = self.show(*names, system=system)
            if all(told.get(name) == value for name, value in wanted.items()):
                return told
            Event().wait(0.2)
        pytest.fail(f"never {wanted}, but {told}\n{self.log()}")

    def log(self, *words: str) -> str:
        """Return the newest part of the journal."""
        return self.root("journalctl", "--no-pager", "--lines=1000", *words).stdout

    def _enter(self) -> list[str]:
        into = ("--mount", "--pid", "--net", "--uts", "--ipc", "--cgroup")
        return ["nsenter", f"--target={self._first}", *into, "--"]

    def _run(
        self, words: Sequence[str], env: Mapping[str, str] | None, given: str | None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            env=env,
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )


def environment() -> dict[str, str]:
    """Return what a session of its user has in its environment."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(HOME),
        "XDG_RUNTIME_DIR": str(RUNTIME),
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
        "ASSISTANT_MODELS": str(store.default().root),
        "ASSISTANT_OFFLINE": "1",
    }


def _script(folder: Path) -> str:
    """Return what makes the copies and becomes systemd."""
    closed = [place for place in (*_program(), store.default().root) if _closed(place)]
    lines = [
        "set -e",
        "mount --make-rprivate /",
        f"mkdir -p {folder}/opened {folder}/dev {folder}/home {folder}/etc",
        # Whatever the boot of a system would do to the files of this machine, it cannot.
        "outer=$(findmnt -rno TARGET | grep -v '^/proc' | grep -v '^/dev')",
        f"mount --bind {folder} {folder}",
        'for place in $outer; do mount -o remount,bind,ro "$place"; done',
        "mount -t tmpfs -o mode=755 tmpfs /run",
        "mount --bind /proc/sys /proc/sys",
        "mount -o remount,bind,ro /proc/sys",
    ]
    for number, place in enumerate(closed):
        lines += [
            f"mkdir -p {folder}/opened/{number}",
            f"mount --bind {shlex.quote(str(place))} {folder}/opened/{number}",
        ]
    lines += [f"mount -t tmpfs -o mode=755 tmpfs {home}" for home in _homes(closed)]
    for number, place in enumerate(closed):
        there = shlex.quote(str(place))
        lines += [f"mkdir -p {there}", f"mount --bind {folder}/opened/{number} {there}"]
    lines += [
        f"cp -a /etc/. {folder}/etc",
        f"mount --bind {folder}/etc /etc",
        "mount -t tmpfs -o mode=755 tmpfs /var",
        "mkdir -p /var/lib/systemd/linger /var/log /var/cache /var/tmp",
        "chmod 1777 /var/tmp",
        f"mount -t tmpfs -o mode=755 tmpfs {folder}/dev",
        f"for node in {_KEPT_DEV}; do cp -a /dev/$node {folder}/dev/; done",
        f"ln -s /proc/self/fd {folder}/dev/fd",
        f"ln -s pts/ptmx {folder}/dev/ptmx",
        f"mkdir {folder}/dev/pts {folder}/dev/shm {folder}/dev/input",
        *_nodes(folder / "dev"),
        f"mount --move {folder}/dev /dev",
        "mount -t devpts -o ptmxmode=666 devpts /dev/pts",
        "mount -t tmpfs -o mode=1777 tmpfs /dev/shm",
        f"mkdir -p {SHARED} /run/systemd/system {RUNTIME}",
        *(f"ln -s /dev/null /run/systemd/system/{unit}" for unit in _NOT_STARTED),
        # A booted machine has it from the first service with a view of files of its own.
        "mkdir -m 700 /run/systemd/unit-root",
        f"mount --bind {folder} {SHARED}",
        "mount -t tmpfs -o mode=1777 tmpfs /tmp",
        *_guards(),
        f"chown {UID}:{UID} {RUNTIME} {HOME}",
        f"chmod 700 {RUNTIME} {HOME}",
        f"chmod 755 {SHARED}",
        f"echo '{USER}:x:{UID}:{UID}::{HOME}:/bin/sh' >>/etc/passwd",
        f"echo '{USER}:x:{UID}:' >>/etc/group",
        f"sed -i 's/^\\(audio\\|video\\):.*$/&,{USER}/; s/:,{USER}$/:{USER}/' /etc/group",
        "echo 0123456789abcdef0123456789abcdef >/etc/machine-id",
        "rm -rf /etc/systemd/user/*.wants /etc/systemd/system/*.wants",
        "umount -R /sys/fs/cgroup 2>/dev/null || umount -Rl /sys/fs/cgroup",
        "mount -t cgroup2 cgroup2 /sys/fs/cgroup",
        f"cat >/run/systemd/system/machine.target <<'UNIT'\n{_TARGET}UNIT",
        f"cat >/run/systemd/system/session.service <<'UNIT'\n{_SESSION}UNIT",
        # The first process does so, but in a container; credentials reach services by it.
        "mount --make-rshared /",
        "export container=machine",
        f"exec {_SYSTEMD} --system --unit=machine.target --log-target=console {_QUIET}",
    ]
    return "\n".join(lines) + "\n"


def _guards() -> list[str]:
    """Return what ends it all unless the files of the machine are out of reach."""
    return [
        f'test "$(findmnt -no FSTYPE {place} | tail -n 1)" = tmpfs || exit 1'
        for place in ("/tmp", "/var", "/run", "/dev")
    ] + [
        f"if touch {place}/written 2>/dev/null; then rm {place}/written; exit 1; fi"
        for place in ("", "/usr", "/home", shlex.quote(str(ROOT)))
    ]


_TARGET = """\
[Unit]
DefaultDependencies=no
AllowIsolate=yes
Wants=systemd-journald.service session.service
"""
_SESSION = f"""\
[Unit]
DefaultDependencies=no
After=systemd-journald.service
[Service]
Type=notify
User={USER}
Delegate=yes
KillMode=mixed
Environment=XDG_RUNTIME_DIR={RUNTIME} HOME={HOME} LC_ALL=C.UTF-8
ExecStart={_SYSTEMD} --user --unit=basic.target
"""


def _nodes(dev: Path) -> list[str]:
    made = []
    for name, (major, minor, group, _) in DEVICES.items():
        node = dev / name
        made += [
            f"mkdir -p {node.parent}",
            f"mknod -m 660 {node} c {major} {minor}",
            f"chgrp {group} {node}",
        ]
    return [*made, f"mknod -m 666 {dev}/input/event0 c 13 64"]


def _closed(place: Path) -> bool:
    """Tell whether others than root come to a place only through a closed directory."""
    return any(not parent.stat().st_mode & 1 for parent in place.parents)


def _homes(places: Sequence[Path]) -> list[str]:
    """Return the closed directories above places, none below another."""
    above = [[home for home in place.parents if not home.stat().st_mode & 1] for place in places]
    return sorted({str(homes[-1]) for homes in above})


@contextmanager
def machine(folder: Path) -> Iterator[Machine]:
    """Have the machine for a while; skips where that cannot be."""
    if lacking := missing():
        pytest.skip(f"needs {lacking}")
    with suppress(KeyError):
        pwd.getpwuid(UID)
        pytest.skip(f"needs the user number {UID} to be free")
    above = _cgroup2()
    assert above is not None
    group = above / f"assistant-test-{os.getpid()}"
    group.mkdir()
    script, log = folder / "init.sh", folder / "console"
    script.write_text(_script(folder))
    namespaces = "--mount --uts --ipc --net --cgroup --pid --fork --kill-child --mount-proc"
    with log.open("wb") as console:
        outer = subprocess.Popen(
            [
                *("sh", "-c", 'echo $$ >"$0"/cgroup.procs; exec "$@"', str(group)),
                *("unshare", *namespaces.split(), "sh", str(script)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
        )
    try:
        yield _booted(folder, outer, log)
    finally:
        outer.send_signal(signal.SIGKILL)  # --kill-child: and the first process, and so all
        outer.wait()
        _remove(group)


def _booted(folder: Path, outer: subprocess.Popen[bytes], log: Path) -> Machine:
    began = perf_counter()
    while perf_counter() - began < PATIENCE and outer.poll() is None:
        children = Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text().split()
        if children:
            made = Machine(folder, int(children[0]))
            if made.user("systemctl", "--user", "show", "--property=Version").returncode == 0:
                return made
        Event().wait(0.2)
    pytest.fail(f"systemd did not come up:\n{log.read_text(errors='replace')[-4000:]}")


def _remove(group: Path) -> None:
    for _ in range(50):
        below = sorted((path for path in group.rglob("*") if path.is_dir()), reverse=True)
        with suppress(OSError):  # something in it has not quite ended
            for path in (*below, group):
                path.rmdir()
            return
        Event().wait(0.1)
