"""What the shop does in the background."""

from __future__ import annotations

import random

from beat import periodic
from queue_client import Client
from schedules import crontab, every

client = Client()


@client.task
def count_stock() -> dict[str, int]:
    """Count what is left; fired by beat.toml."""
    return {"mugs": random.randint(20, 40), "shirts": random.randint(5, 15)}


@client.task(routing_key="mail.customers")
def send_mails(kind: str) -> str:
    """Send the mails that are waiting; fired by beat.toml, run from the queue `mail`."""
    return f"{random.randint(0, 9)} {kind} mails sent"


@client.task(max_retries=3, default_retry_delay=60.0)
def report(kind: str = "full") -> str:
    """Write the report of the day; fired by beat.toml at night."""
    return f"{kind} report written"


@client.task
def start_sale(name: str) -> str:
    """Change the prices; fired once, by beat.toml."""
    return f"{name} sale is on"


@periodic(every("2s"))
@client.task
def confirm_orders() -> str:
    """Confirm new orders; fired by the schedule above it."""
    return f"{random.randint(0, 4)} orders confirmed"


@periodic(crontab("0 4 * * sun"), catch_up="latest")
@client.task
def drop_old_carts() -> int:
    """Forget carts that nobody came back to."""
    return random.randint(0, 50)


@client.task
def price(item: str, count: int = 1) -> float:
    """Return what so many of an item cost; called by `ask_price.py`."""
    return {"mug": 9.5, "shirt": 24.0}[item] * count
