"""What `service install` and `uninstall` do, as a list that can be looked at before it is done."""

from __future__ import annotations

from streamgenre.service.actions import Action, RemoveUnit, Run, WriteExample, WriteUnit, is_ours
from streamgenre.service.layout import MOUNT, READERS, SERVICE, TEMPLATE, Layout
from streamgenre.service.program import Program
from streamgenre.service.shipped_units import SHIPPED_PROGRAM, unit_text
from streamgenre.version import __version__

SINCE = {"notify-reload.conf": 253, "restart-steps.conf": 254}
"""Drop-ins with what older versions of systemd cannot read."""
PROGRAM_DROP_IN = "program.conf"
SHOWN = """\
# The program lies where ProtectHome= hides it. Who may write there decides what this service runs.
[Service]
ProtectHome=tmpfs
"""


def units(layout: Layout, program: Program, systemd_version: int) -> dict[str, str]:
    """Return the unit files and drop-ins for this machine, by their names under the folder of units."""
    shipped = {SERVICE: "streamgenre-user.service"} if layout.is_user else _system_units()
    files = {
        name: unit_text(source).replace(SHIPPED_PROGRAM, program.command) for name, source in shipped.items()
    }
    drop_ins = {name: unit_text(name) for name, since in SINCE.items() if systemd_version >= since}
    if program.hidden_folders and not layout.is_user:
        drop_ins[PROGRAM_DROP_IN] = _shown(program)
    for unit in _services(layout):
        files |= {f"{unit}.d/{name}": text for name, text in drop_ins.items()}
    return files


def installing(layout: Layout, program: Program, systemd_version: int, example: str) -> list[Action]:
    """Return what puts the units in place; nothing of it starts anything."""
    wanted = units(layout, program, systemd_version)
    stale = [name for name in _drop_ins(layout) if name not in wanted]
    return [
        *_group(layout),
        WriteExample(layout.config_file, example, *_example_mode(layout)),
        *(WriteUnit(layout.units / name, text, __version__) for name, text in wanted.items()),
        *(RemoveUnit(layout.units / name) for name in stale),
        Run((*layout.systemctl, "daemon-reload")),
    ]


def removing(layout: Layout) -> list[Action]:
    """Return what takes the units away; configuration and data stay."""
    names = [*_services(layout), *([] if layout.is_user else [MOUNT]), *_drop_ins(layout)]
    paths = [layout.units / name for name in names]
    if layout.sysusers is not None:
        paths.append(layout.sysusers)
    if not any(is_ours(path) for path in paths):
        return []
    return [
        *_ending(layout),
        *(RemoveUnit(path) for path in paths),
        Run((*layout.systemctl, "daemon-reload")),
    ]


def _system_units() -> dict[str, str]:
    return {name: name for name in (SERVICE, TEMPLATE, MOUNT)}


def _services(layout: Layout) -> list[str]:
    return [SERVICE] if layout.is_user else [SERVICE, TEMPLATE]


def _drop_ins(layout: Layout) -> list[str]:
    return [f"{unit}.d/{name}" for unit in _services(layout) for name in (*SINCE, PROGRAM_DROP_IN)]


def _shown(program: Program) -> str:
    lines = [f'BindReadOnlyPaths="{str(folder).replace("%", "%%")}"' for folder in program.hidden_folders]
    return SHOWN + "\n".join(lines) + "\n"


def _group(layout: Layout) -> list[Action]:
    if layout.sysusers is None:
        return []
    declared = WriteUnit(layout.sysusers, unit_text("streamgenre.sysusers"), __version__)
    return [declared, Run(("systemd-sysusers", str(layout.sysusers)))]


def _example_mode(layout: Layout) -> tuple[int, str | None]:
    """Return who may read the configuration: it may hold the password of a station."""
    return (0o600, None) if layout.is_user else (0o640, READERS)


def _ending(layout: Layout) -> list[Action]:
    """Return what ends all that runs from the units, and forgets compiled kernels."""
    running = ("streamgenre@*.service",) if not layout.is_user else ()
    words = [
        ("disable", "--now", SERVICE),
        *(("stop", unit) for unit in running),
        *(("disable", unit) for unit in _services(layout)[1:]),
    ]
    if not layout.is_user:
        words += [("stop", MOUNT), ("clean", "--what=cache", SERVICE)]
    return [Run((*layout.systemctl, *one), may_fail=True) for one in words]
