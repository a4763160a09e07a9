"""The command line: one application, its commands in the modules beside this one."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from typing import Annotated, NoReturn

import typer
from typer.main import get_command

from streamgenre import __version__
from streamgenre.cli import (
    bench,
    classify,
    config,
    dashboard,
    demo,
    devices,
    doctor,
    fleet,
    history,
    listen,
    models,
    run,
    service,
)
from streamgenre.cli.described import MEANINGS
from streamgenre.cli.endings import INTERRUPTED, Interrupted, Interruption, Terminated, leave_interrupted
from streamgenre.cli.help_page import HelpfulCommand, HelpfulGroup
from streamgenre.cli.standard_output import LOST, StdoutLostError, take_standard_output
from streamgenre.errors import StreamgenreError
from streamgenre.logs import configure_logs, flush_logs, keep_stderr

FLUSH_SECONDS = 0.5
USAGE = 2
PROGRAM = "streamgenre"
ASKS_FOR_HELP = "NoArgsIsHelpError"
"""Typer does not give this class of its own away."""

EXAMPLES = """Examples:

streamgenre demo  # hear what it does, in a minute

streamgenre listen song.mp3

streamgenre listen mic

streamgenre classify ~/Music

streamgenre config init && streamgenre run  # as a service would

streamgenre doctor  # when something is not right
"""

app = typer.Typer(
    name=PROGRAM,
    help="Listens to sound as it happens and says, second by second, what genre is playing.",
    epilog=EXAMPLES,
    cls=HelpfulGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("listen", epilog=listen.EXAMPLES, cls=HelpfulCommand)(listen.listen)
app.command("run", epilog=run.EXAMPLES, cls=HelpfulCommand)(run.run)
app.command("classify", epilog=classify.EXAMPLES, cls=HelpfulCommand)(classify.classify)
app.command("dashboard", epilog=dashboard.EXAMPLES, cls=HelpfulCommand)(dashboard.dashboard)
app.command("demo", epilog=demo.EXAMPLES, cls=HelpfulCommand)(demo.demo)
app.command("devices", epilog=devices.EXAMPLES, cls=HelpfulCommand)(devices.devices)
app.command("doctor", epilog=doctor.EXAMPLES, cls=HelpfulCommand)(doctor.doctor)
app.command("bench", epilog=bench.EXAMPLES, cls=HelpfulCommand)(bench.bench)
app.add_typer(config.app, name="config")
app.add_typer(fleet.app, name="fleet")
app.add_typer(history.app, name="history")
app.add_typer(models.app, name="models")
app.add_typer(service.app, name="service")


def main() -> None:
    """Run the command line and leave with the exit code of the contract."""
    keep_stderr()
    stdout, interruption = take_standard_output(), Interruption()
    try:
        signal.signal(signal.SIGINT, interruption)
        code = _run(sys.argv[1:], interruption)
        signal.signal(signal.SIGINT, leave_interrupted)
    except Interrupted:
        _leave_at_once(INTERRUPTED)
    except Terminated:
        _leave_at_once(0)
    else:
        if interruption.asked:
            _leave_at_once(INTERRUPTED)
        sys.exit(stdout.settle(code))


def _run(words: list[str], interruption: Interruption) -> int:
    """Run one command; return its exit code."""
    arguments, debug = _take_global_flags(words)
    configure_logs(debug=debug)
    try:
        asked = app(
            args=[_spell_out_stdin(word) for word in arguments], prog_name=PROGRAM, standalone_mode=False
        )
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except typer.TyperException as error:
        return _usage_error(error)
    except StdoutLostError:
        return LOST
    except StreamgenreError as error:
        _report(f"streamgenre: {error}", interruption, debug=debug)
        return error.exit_code
    except Exception as error:  # noqa: BLE001  # the last door: no traceback for a user
        line = f"streamgenre: internal error: {error!r}; run again with --debug and report it"
        _report(line, interruption, debug=debug)
        return 1
    return asked if isinstance(asked, int) else 0


@app.callback(invoke_without_command=True)
def _global_options(
    *,
    version: Annotated[bool, typer.Option("--version", is_eager=True, help=MEANINGS["--version"])] = False,
    debug: Annotated[  # noqa: ARG001  # for completion: main takes it
        bool, typer.Option("--debug", help=MEANINGS["--debug"])
    ] = False,
    no_color: Annotated[  # noqa: ARG001  # likewise
        bool, typer.Option("--no-color", help=MEANINGS["--no-color"])
    ] = False,
) -> None:
    if version:
        print(f"streamgenre {__version__}")  # noqa: T201  # the answer to the question
        raise typer.Exit


def _take_global_flags(arguments: list[str]) -> tuple[list[str], bool]:
    """Take --debug, --no-color and --version out, wherever they stand before a bare `--`."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    ours, rest = arguments[:end], arguments[end:]
    if "--no-color" in ours:
        os.environ["NO_COLOR"] = "1"
    debug = "--debug" in ours
    if "--version" in ours:
        return ["--version"], debug
    return [word for word in ours if word not in ("--debug", "--no-color")] + rest, debug


def _usage_error(error: typer.TyperException) -> int:
    """Say how the command is called; one that was called without words shows its help."""
    from streamgenre.cli.described import describe
    from streamgenre.cli.usage_errors import told

    if type(error).__name__ == ASKS_FOR_HELP:
        print(error.message)  # noqa: T201  # as --help does
    else:
        print(told(error, describe(get_command(app), PROGRAM)), file=sys.stderr)  # noqa: T201  # stderr is where a failure is told
    return USAGE


def _spell_out_stdin(word: str) -> str:
    """Keep `-?rate=…`, standard input with parameters, from being read as an option."""
    return f"pcm:{word}" if word.startswith("-?") else word


def _leave_at_once(code: int) -> NoReturn:
    """End without waiting for threads that sit in a decoder or a model."""
    try:
        flush_logs(FLUSH_SECONDS)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _report(line: str, interruption: Interruption, *, debug: bool) -> None:
    """Tell of a failure, unless it is only what Ctrl-C broke."""
    if interruption.asked:
        return
    if debug:
        traceback.print_exc()
    print(line, file=sys.stderr)  # noqa: T201  # stderr is where a failure is told
