"""Which queue a message goes to: by name, or by a topic pattern.

A routing key is words with dots between them. In a pattern `*` stands for
one word and `#` for any number of them, none included, as in AMQP.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from queue_client.keys import DEFAULT_QUEUE, checked_queue


@lru_cache(maxsize=1024)
def matches(pattern: str, key: str) -> bool:
    """Tell whether a routing key fits a topic pattern.

    >>> matches("web.#", "web"), matches("web.#", "web.a.b"), matches("web.*", "web.a.b")
    (True, True, False)
    """
    words = (_WORD.get(word, re.escape(word) + r"\.") for word in pattern.split("."))
    return re.fullmatch("".join(words), key + ".") is not None


_WORD: Mapping[str, str] = {"*": r"[^.]+\.", "#": r"(?:[^.]+\.)*"}


class Router:
    """The configured queues and their topic patterns.

    >>> Router({"web_tasks": "web.#"}).route(None, "web.a")
    'web_tasks'
    """

    def __init__(self, patterns: Mapping[str, str | None], default: str = DEFAULT_QUEUE) -> None:
        """Take queue name -> pattern; the first that fits counts."""
        self.patterns = {checked_queue(name): pattern for name, pattern in patterns.items()}
        self.default = checked_queue(default)

    def route(self, queue: str | None, routing_key: str | None) -> str:
        """Return the queue for a message: named, matched, or the default one."""
        if queue:
            return checked_queue(queue)
        if routing_key:
            for name, pattern in self.patterns.items():
                if pattern and matches(pattern, routing_key):
                    return name
        return self.default

    @property
    def queues(self) -> list[str]:
        """Every queue there is to serve, the default one too."""
        return list(dict.fromkeys([*self.patterns, self.default]))
