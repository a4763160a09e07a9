"""`streamgenre dashboard`: every node and source of a broker, live."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streamgenre.cli.options import JsonOption
from streamgenre.errors import ConfigurationError

if TYPE_CHECKING:
    from streamgenre.settings import MqttSettings

EXAMPLES = """Examples:

streamgenre dashboard

streamgenre dashboard --broker mqtt://broker.example

STREAMGENRE_MQTT__PASSWORD_FILE=~/.mqtt-password streamgenre dashboard --broker mqtts://me@broker.example

streamgenre dashboard --node bar

streamgenre dashboard --json | jq 'select(.type == "change")'
"""

USUAL_BROKER = "mqtt://localhost"
BROKER = "Broker"


BrokerOption = Annotated[
    str | None,
    typer.Option(
        "--broker",
        "-b",
        metavar="URL",
        help="mqtt\\[s]://[USER@]HOST[:PORT] or ws\\[s]://…; default: that of the configuration, "
        f"else {USUAL_BROKER}.",
    ),
]
NodeOption = Annotated[str | None, typer.Option("--node", metavar="NODE", help="Only this node.")]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", metavar="FILE", help="Take \\[mqtt] from it; default: that of `run`."),
]
PrefixOption = Annotated[
    str | None,
    typer.Option("--prefix", help="First level of the topics; default: streamgenre.", rich_help_panel=BROKER),
]
UserOption = Annotated[
    str | None,
    typer.Option(
        "--username",
        "-u",
        help="The password is read from the file that STREAMGENRE_MQTT__PASSWORD_FILE names.",
        rich_help_panel=BROKER,
    ),
]
CaOption = Annotated[
    Path | None,
    typer.Option("--ca-file", metavar="FILE", help="PEM of the authorities trusted.", rich_help_panel=BROKER),
]
CertificateOption = Annotated[
    Path | None,
    typer.Option(
        "--cert-file", metavar="FILE", help="PEM of the client certificate.", rich_help_panel=BROKER
    ),
]
KeyOption = Annotated[
    Path | None,
    typer.Option("--key-file", metavar="FILE", help="PEM of its key.", rich_help_panel=BROKER),
]


def dashboard(  # noqa: PLR0913  # each is an option of the command line
    *,
    broker: BrokerOption = None,
    node: NodeOption = None,
    config: ConfigOption = None,
    prefix: PrefixOption = None,
    username: UserOption = None,
    ca_file: CaOption = None,
    cert_file: CertificateOption = None,
    key_file: KeyOption = None,
    json: JsonOption = False,
) -> None:
    """Watch every node and source of a broker; off a terminal, one JSON object a line.

    Keys: arrows choose a source, Enter shows all of it, ? explains, q quits.
    """
    from streamgenre.cli.watching import show, write_lines
    from streamgenre.publish.dashboard.terminal import can_show_here

    flags: dict[str, object] = {
        "mqtt.url": broker,
        "mqtt.prefix": prefix,
        "mqtt.username": username,
        "mqtt.ca_file": ca_file,
        "mqtt.cert_file": cert_file,
        "mqtt.key_file": key_file,
    }
    settings = _settings(config, flags)
    _check_node(node)
    if json or not can_show_here():
        write_lines(settings, node)
    else:
        show(settings, node)


def _settings(config: Path | None, flags: dict[str, object]) -> MqttSettings:
    """Return what configuration, environment and flags say of the broker."""
    from streamgenre.config import default_config_path, load_settings

    path = config
    if path is None and flags["mqtt.url"] is None:
        path = usual if (usual := default_config_path()).is_file() else None
    found = load_settings(path, os.environ, flags).mqtt if _names_broker(flags) or path else None
    if found is not None:
        return found
    if config is not None:
        raise ConfigurationError(f"{config} has no [mqtt] section; add one, or name the broker with --broker")
    found = load_settings(path, os.environ, flags | {"mqtt.url": USUAL_BROKER}).mqtt
    assert found is not None, "a URL was given"
    return found


def _names_broker(flags: dict[str, object]) -> bool:
    return bool(flags["mqtt.url"] or os.environ.get("STREAMGENRE_MQTT__URL"))


def _check_node(node: str | None) -> None:
    if node is not None and (not node or set(node) & set("+#/\0")):
        raise typer.BadParameter("a node is named by its id, such as bar", param_hint="--node")
