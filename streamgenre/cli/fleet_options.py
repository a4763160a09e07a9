"""Options that several commands of `fleet` share."""

from __future__ import annotations

from typing import Annotated

import typer

AddressOption = Annotated[
    str,
    typer.Option(
        "--address",
        metavar="CLUSTER",
        help="The Ray cluster: `auto`, the one this machine is part of, else `local`; `local`, this machine "
        "alone; HOST:PORT, that with its head there.",
    ),
]
