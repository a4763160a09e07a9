"""What one value alone cannot tell: keys that are missing, that need each other, that may not be alike."""

from __future__ import annotations

import stat

from streamgenre.capture.source_spec import PcmSpec, parse_source
from streamgenre.capture.source_text import shown
from streamgenre.config.given import Gathered, GivenTable
from streamgenre.config.keys import Section
from streamgenre.config.problems import Problems, told
from streamgenre.config.table import SECTIONS, SOURCES
from streamgenre.errors import ConfigurationError
from streamgenre.publish.broker_address import parse_broker_url
from streamgenre.publish.listen_address import parse_listen
from streamgenre.settings import MetricsSettings

TLS_FILES = ("ca_file", "cert_file", "key_file")


def check(gathered: Gathered, problems: Problems) -> None:
    """Note every problem between keys."""
    for section in SECTIONS:
        if table := gathered.sections.get(section.name):
            _needed(section, table, problems)
    for table in gathered.sources:
        _needed(SOURCES, table, problems)
    _alike(gathered.sources, problems)
    if table := gathered.sections.get("mqtt"):
        _tls(table, problems)
    if table := gathered.sections.get("metrics"):
        _listen(gathered, table, problems)


def _needed(section: Section, table: GivenTable, problems: Problems) -> None:
    for key in section.keys:
        if key.needed and key.name not in table.given.keys() | table.refused:
            problems.add(table.where, f"{table.path}.{key.name} is missing; allowed: {key.kind.allowed}")


def _alike(sources: list[GivenTable], problems: Problems) -> None:
    ids: set[object] = set()
    pipes: dict[str, int] = {}
    for number, table in enumerate(sources, start=1):
        if given := table.given.get("id"):
            if given.value in ids:
                problems.add(
                    table.where, f"sources[{number}].id = {told(given.value)} is another source's, too"
                )
            ids.add(given.value)
        if (given := table.given.get("source")) and (pipe := _pipe(str(given.value))):
            pipes[pipe] = pipes.get(pipe, 0) + 1
    for pipe, readers in pipes.items():
        if readers > 1:
            text = f"{readers} sources read {pipe}, which only one can: each would get a part of the sound"
            problems.add(sources[0].where, text)


def _pipe(source: str) -> str | None:
    """Return what a source reads if whoever reads it takes it from all others."""
    spec = parse_source(source)
    if not isinstance(spec, PcmSpec):
        return None
    if spec.path is None:
        return "standard input"
    try:
        return shown(spec.path) if stat.S_ISFIFO(spec.path.stat().st_mode) else None
    except (OSError, ValueError):  # opening it will tell
        return None


def _tls(table: GivenTable, problems: Problems) -> None:
    there = table.given.keys() | table.refused
    for one, other in (("cert_file", "key_file"), ("key_file", "cert_file")):
        if one in there and other not in there:
            problems.add(
                table.given[one].where if one in table.given else table.where,
                f"mqtt.{one} needs mqtt.{other}",
            )
    url = table.given.get("url")
    if url and not parse_broker_url(str(url.value)).tls:
        for name in TLS_FILES:
            if name in table.given:
                text = f"mqtt.{name} is of no use, for mqtt.url is not encrypted; write mqtts:// or wss://"
                problems.add(table.given[name].where, text)


def _listen(gathered: Gathered, table: GivenTable, problems: Problems) -> None:
    if table.refused:
        return
    listen, public = gathered.of("metrics", "listen"), gathered.of("metrics", "allow_public")
    try:
        parse_listen(MetricsSettings(str(listen.value), bool(public.value)))
    except ConfigurationError as error:
        problems.add(listen.where or table.where, str(error))
