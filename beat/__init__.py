"""The scheduler service: it puts each due task on its queue, once.

>>> from beat import periodic
>>> from queue_client import Client
>>> from schedules import crontab
>>> client = Client()
>>> @periodic(crontab("30 2 * * mon-fri"), timezone="Europe/Riga")
... @client.task
... def report(kind: str = "full") -> int:
...     return len(kind)

A module that decorates its tasks imports this package, so it stays small:
everything else of the service is loaded by the command `beat`.
"""

from beat.periodic import periodic

__all__ = ["periodic"]
