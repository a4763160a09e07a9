"""Every expected failure, with the exit code the command line gives it."""

from __future__ import annotations


class StreamgenreError(Exception):
    """An expected failure: says what, where and what to do, in one or two lines."""

    exit_code = 1


class UsageError(StreamgenreError):
    """The command was called with words that make no sense together."""

    exit_code = 2


class ConfigurationError(StreamgenreError):
    """A setting is unknown or out of its range."""

    exit_code = 3


class SourceError(StreamgenreError):
    """A source cannot be opened, or broke while it was read."""

    exit_code = 4


class PermanentSourceError(SourceError):
    """Trying again cannot help: missing file, not audio, unknown scheme or device, HTTP 401/403/404."""


class TransientSourceError(SourceError):
    """Trying again may help: connection refused, server stalled, device unplugged."""

    at_once = False
    """Trying again costs nothing and is done without a pause that grows."""


class WriterGoneError(TransientSourceError):
    """Who wrote into a pipe has gone; the next may come at any moment."""

    at_once = True


class ModelError(StreamgenreError):
    """A model is missing, damaged, or does not match its card."""

    exit_code = 5


class BrokerError(StreamgenreError):
    """The MQTT broker cannot be reached, or refuses us."""

    exit_code = 6
