"""`beat explain`: a schedule in words, what is odd about it, and why an instant is one of its fire times or not."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Final

import click

from beat.cli.next_verb import expression, is_expression, local_moment, moment, one_word
from beat.cli.table import span, when
from schedules.schedule import Schedule, unix_ms

if TYPE_CHECKING:
    from schedules.advice import Advice
    from schedules.explanation import Explanation

_SHOWN: Final = 3


@click.command()
@click.argument("what", metavar="EXPR|NAME", nargs=-1, required=True, callback=one_word)
@click.option("--timezone", "-z", metavar="ZONE", help="The zone of EXPR, as in Europe/Riga.")
@click.option("--country", metavar="CODE", help="The zone of EXPR is that of a country, as in LV.")
@click.option("--at", "instant", metavar="TIME", help="Tell whether it fires then, and why. ISO 8601.")
@click.option("--after", metavar="TIME", help="Look ahead from this time; now if left out. ISO 8601.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    *, what: str, timezone: str | None, country: str | None, instant: str | None, after: str | None, as_json: bool
) -> None:
    r"""Say what a crontab expression or a schedule means, what is odd about it, and when it fires next.

    \b
      beat explain "30 2 * * mon-fri" --timezone Europe/Riga
      beat explain "0 0 13 * fri"
      beat explain nightly-report
      beat explain "30 3 * * *" -z Europe/Riga --at 2026-03-29T04:00
    """
    from schedules.advice import advise

    schedule = _schedule(what, timezone or _zone_of(country))
    start = moment(after, schedule.zone)
    why = None if instant is None else schedule.explain(local_moment(instant, schedule.zone))
    hints = advise(schedule, start)
    if as_json:
        click.echo(json.dumps(_facts(what, schedule, hints, start, why)))
        return
    click.echo(schedule.describe())
    for line in _lines(what, schedule, hints, start, why):
        click.echo(f"  {line}")


def _schedule(what: str, timezone: str | None) -> Schedule:
    if is_expression(what):
        return expression(what, timezone)
    from beat import config as configs
    from beat.cli.catalog import declared
    from beat.cli.standing import named

    config = configs.load()
    return named(config, what, declared(config)).entry.schedule


def _zone_of(country: str | None) -> str | None:
    if country is None:
        return None
    from schedules.countries import zones_of_country

    zones = zones_of_country(country)
    if len(zones) > 1:
        raise click.UsageError(f"{country} has {len(zones)} zones; name one with --timezone: {', '.join(zones)}")
    return zones[0]


def _lines(what: str, schedule: Schedule, hints: list[Advice], start: datetime, why: Explanation | None) -> list[str]:
    """Return what is to be said under the description: a label and a text each."""
    written = what if " " in what.strip() else _canonical(schedule)
    lines = [] if written is None or written == what else [f"cron  {written}"]
    if why is not None:
        return [*lines, f"{'fires' if why.fires else 'quiet'} {why}"]
    fires = schedule.upcoming(start, _SHOWN)
    lines += [f"note  {hint}" for hint in hints]
    return lines + [f"next  {when(at)}  in {span(at - start)}" for at in fires]


def _facts(
    what: str, schedule: Schedule, hints: list[Advice], start: datetime, why: Explanation | None
) -> dict[str, object]:
    facts: dict[str, object] = {
        "schedule": what,
        "words": schedule.describe(),
        "spec": schedule.to_spec(),
        "canonical": _canonical(schedule),
        "advice": [{"code": hint.code, "text": hint.text, "instead": hint.instead} for hint in hints],
        "next": [{"at": at.isoformat(), "ms": unix_ms(at)} for at in schedule.upcoming(start, _SHOWN)],
    }
    if why is not None:
        facts["why"] = {"fires": why.fires, "reason": why.reason, "text": why.text}
    return facts


def _canonical(schedule: Schedule) -> str | None:
    """Return the one text of an expression's meaning, without its zone, which the description names."""
    from schedules.canonical import canonical_text
    from schedules.crontab_value import Crontab

    return canonical_text(schedule.fields) if isinstance(schedule, Crontab) else None
