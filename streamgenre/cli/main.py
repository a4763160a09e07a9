"""The command line: one application, its commands in the modules beside this one."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from types import FrameType
from typing import Annotated

import typer

from streamgenre import __version__
from streamgenre.cli import classify, demo, devices, doctor, listen, models
from streamgenre.cli.endings import Interrupted, Terminated
from streamgenre.errors import StreamgenreError
from streamgenre.logs import configure_logs

INTERRUPTED = 130

app = typer.Typer(
    name="streamgenre",
    help="Listens to sound as it happens and says, second by second, what genre is playing.",
    epilog="Everywhere: --debug shows tracebacks and more log lines, --no-color (or NO_COLOR) no colours.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(name="listen", epilog=listen.EXAMPLES)(listen.listen)
app.command(name="classify", epilog=classify.EXAMPLES)(classify.classify)
app.command(name="demo", epilog=demo.EXAMPLES)(demo.demo)
app.command(name="devices", epilog=devices.EXAMPLES)(devices.devices)
app.command(name="doctor", epilog=doctor.EXAMPLES)(doctor.doctor)
app.add_typer(models.app, name="models")


def main() -> None:
    """Run the command line and leave with the exit code of the contract."""
    signal.signal(signal.SIGINT, _interrupt)
    arguments, debug = _take_global_flags(sys.argv[1:])
    arguments = [_spell_out_stdin(word) for word in arguments]
    configure_logs(debug=debug)
    try:
        app(args=arguments, prog_name="streamgenre")
    except Interrupted:
        _leave_at_once(INTERRUPTED)
    except Terminated:
        _leave_at_once(0)
    except StreamgenreError as error:
        _report(f"streamgenre: {error}", debug=debug)
        sys.exit(error.exit_code)
    except Exception as error:  # noqa: BLE001  # the last door: no traceback for a user
        _report(f"streamgenre: internal error: {error!r}; run again with --debug and report it", debug=debug)
        sys.exit(1)


@app.callback(invoke_without_command=True)
def _global_options(
    version: Annotated[  # noqa: FBT002  # typer's way of saying a flag
        bool, typer.Option("--version", help="Print the version and leave.", is_eager=True)
    ] = False,
) -> None:
    if version:
        print(f"streamgenre {__version__}")  # noqa: T201  # the answer to the question
        raise typer.Exit


def _take_global_flags(arguments: list[str]) -> tuple[list[str], bool]:
    """Take --debug and --no-color out, wherever they stand before a bare `--`."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    ours, rest = arguments[:end], arguments[end:]
    if "--no-color" in ours:
        os.environ["NO_COLOR"] = "1"
    kept = [word for word in ours if word not in ("--debug", "--no-color")]
    return kept + rest, "--debug" in ours


def _spell_out_stdin(word: str) -> str:
    """Keep `-?rate=…`, standard input with parameters, from being read as an option."""
    return f"pcm:{word}" if word.startswith("-?") else word


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise Interrupted


def _leave_at_once(code: int) -> None:
    """End without waiting for threads that sit in a decoder or a model."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _report(line: str, *, debug: bool) -> None:
    if debug:
        traceback.print_exc()
    print(line, file=sys.stderr)  # noqa: T201  # stderr is where a failure is told
