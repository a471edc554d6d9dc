"""`beat call`: run a task now."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click
import msgspec

from beat import config as configs
from beat.cli.command import FAILED
from beat.cli.server import make_client

if TYPE_CHECKING:
    from queue_client.result import Result


@click.command()
@click.argument("task")
@click.argument("args", nargs=-1)
@click.option("--kwargs", metavar="JSON", help='Keyword arguments as a JSON object: \'{"kind": "full"}\'.')
@click.option("--queue", help="Send it to this queue.")
@click.option("--countdown", type=float, metavar="SECONDS", help="Not before so long from now.")
@click.option("--wait", is_flag=True, help="Wait for the task's end and print its result.")
@click.option("--timeout", type=float, default=60.0, show_default=True, metavar="SECONDS", help="With --wait.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    *, task: str, args: tuple[str, ...], kwargs: str | None, queue: str | None,
    countdown: float | None, wait: bool, timeout: float, as_json: bool,
) -> None:  # fmt: skip
    r"""Send TASK to a worker, by its name.

    Each argument is read as JSON, and as a string where it is not JSON.

    \b
      beat call shop.tasks.add 2 3 --wait
      beat call shop.tasks.report full --queue reports
    """
    named = keywords(kwargs)
    client = make_client(configs.load())
    options: dict[str, Any] = {}
    if queue:
        options["queue"] = queue
    if countdown is not None:
        options["countdown"] = countdown
    result = client.send_task(task, [argument(text) for text in args], named, **options)
    if not wait:
        click.echo(msgspec.json.encode({"id": result.id}).decode() if as_json else result.id)
        return
    await_result(result, timeout, as_json=as_json)


def await_result(result: Result[Any], timeout: float, *, as_json: bool) -> None:
    """Wait for a task's end and print its result, or say why it failed and exit with 1."""
    try:
        value = result.get(timeout=timeout)
    except Exception as error:  # noqa: BLE001 whatever the task raised
        _failed(result.id, error, as_json=as_json)
    if as_json:
        click.echo(msgspec.json.encode({"id": result.id, "status": "SUCCESS", "result": value}).decode())
    else:
        click.echo(value if isinstance(value, str) else msgspec.json.encode(value).decode())


def argument(text: str) -> Any:
    """Return the JSON value of an argument, or the argument itself.

    >>> argument("2"), argument("[1]"), argument("full"), argument('"2"')
    (2, [1], 'full', '2')
    """
    try:
        return msgspec.json.decode(text.encode())
    except msgspec.DecodeError:
        return text


def keywords(text: str | None) -> dict[str, Any]:
    """Return the keyword arguments of a JSON object."""
    try:
        found = msgspec.json.decode(text.encode()) if text else {}
    except msgspec.DecodeError as error:
        raise click.BadParameter(f"is not JSON: {error}", param_hint="--kwargs") from None
    if not isinstance(found, dict):
        raise click.BadParameter('must be a JSON object, as in {"kind": "full"}', param_hint="--kwargs")
    return found


def _failed(task_id: str, error: Exception, *, as_json: bool) -> None:
    from queue_client.errors import BrokerUnavailable, ResultTimeout

    if isinstance(error, BrokerUnavailable):
        raise error
    text = str(error) if isinstance(error, ResultTimeout) else f"{type(error).__name__}: {error}"
    if as_json:
        status = "PENDING" if isinstance(error, ResultTimeout) else "FAILURE"
        click.echo(msgspec.json.encode({"id": task_id, "status": status, "error": text}).decode())
    else:
        click.echo(f"beat: {text}", err=True)
    sys.exit(FAILED)
