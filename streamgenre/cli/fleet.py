"""`streamgenre fleet`: many stations, or whole archives, over many machines; Ray distributes the work."""

from __future__ import annotations

import typer

from streamgenre.cli import fleet_classify, fleet_run, fleet_status
from streamgenre.cli.help_page import HelpfulCommand, HelpfulGroup

EXAMPLES = """Examples:

streamgenre fleet run --stations stations.csv

streamgenre fleet status

streamgenre fleet classify ~/Music --output genres
"""

app = typer.Typer(
    help="Many stations, or whole archives, over many machines.",
    no_args_is_help=True,
    epilog=EXAMPLES,
    cls=HelpfulGroup,
)
app.command("run", epilog=fleet_run.EXAMPLES, cls=HelpfulCommand)(fleet_run.run)
app.command("status", epilog=fleet_status.STATUS_EXAMPLES, cls=HelpfulCommand)(fleet_status.status)
app.command("stop", epilog=fleet_status.STOP_EXAMPLES, cls=HelpfulCommand)(fleet_status.stop)
app.command("classify", epilog=fleet_classify.EXAMPLES, cls=HelpfulCommand)(fleet_classify.classify)
