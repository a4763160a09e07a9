"""Where things of a service are, for the machine and for one of its users."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

READERS = "streamgenre-history"
"""The group of the service; its members may read what was heard, and the configuration."""
SERVICE = "streamgenre.service"
TEMPLATE = "streamgenre@.service"
MOUNT = "run-streamgenre.mount"


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders of one of the two."""

    units: Path
    """Where unit files go."""
    config_file: Path
    """What the unit's program is told to read."""
    systemctl: tuple[str, ...]
    """How its service manager is spoken to."""
    sysusers: Path | None
    """Where the group is declared; None for a user's own service, which needs none."""
    kept: tuple[str, ...]
    """What is left when the units are removed, for people to read."""

    @property
    def is_user(self) -> bool:
        """Whether it is one user's own."""
        return self.sysusers is None


SYSTEM = Layout(
    units=Path("/etc/systemd/system"),
    config_file=Path("/etc/streamgenre/streamgenre.toml"),
    systemctl=("systemctl",),
    sysusers=Path("/etc/sysusers.d/streamgenre.conf"),
    kept=(
        "/etc/streamgenre (configuration)",
        "/var/lib/private/streamgenre and streamgenre-* (history, what waits for a broker)",
        "/etc/credstore/streamgenre*.mqtt-password (passwords)",
        f"the group {READERS}",
    ),
)


def user_layout() -> Layout:
    """Return where the service of the user who asks is."""
    config = _folder("XDG_CONFIG_HOME", ".config")
    state = _folder("XDG_STATE_HOME", ".local/state")
    return Layout(
        units=config / "systemd" / "user",
        config_file=config / "streamgenre" / "streamgenre.toml",
        systemctl=("systemctl", "--user"),
        sysusers=None,
        kept=(
            f"{config / 'streamgenre'} (configuration)",
            f"{state / 'streamgenre'} (history, what waits for a broker)",
        ),
    )


def _folder(variable: str, otherwise: str) -> Path:
    stated = os.environ.get(variable, "")
    return Path(stated) if stated.startswith("/") else Path.home() / otherwise
