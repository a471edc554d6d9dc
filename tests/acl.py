"""The users of deploy/valkey/users.acl on a server of the tests: what runs under them may do no more than they."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import redis

FILE = Path(__file__).resolve().parents[1] / "deploy" / "valkey" / "users.acl"


def as_user(url: str, name: str, namespace: str) -> str:
    """Make the user `name` on the server at `url`, with the file's rights for `namespace`; return its address.

    The file is written for the namespace `onbeat`, and so is its Celery list;
    the password is that of the file.
    """
    words = next(line.split() for line in FILE.read_text().splitlines() if line.startswith(f"user {name} "))
    user = f"{name}-{namespace}"
    rules = [word.replace("{onbeat", f"{{{namespace}") for word in words[2:]]
    password = next(word[1:] for word in rules if word.startswith(">"))
    with redis.Redis.from_url(url, socket_timeout=5) as admin:
        admin.execute_command("ACL", "SETUSER", user, "reset", *rules)
    scheme, path, query = (parts := urlsplit(url)).scheme, parts.netloc + parts.path, parts.query
    return f"{scheme}://{user}:{password}@{path}" + (f"?{query}" if query else "")
