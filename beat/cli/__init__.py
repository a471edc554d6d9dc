"""The command `beat`: verbs, each in a module of its own that is loaded when it is used.

`beat --help` and the offline verbs import neither redis nor the web, so that
asking what fires next answers at once.

Exit codes: 0 fine, 1 failed, 2 usage or settings, 3 differences found,
69 the server cannot be reached.
"""

from beat.cli.command import main

__all__ = ["main"]
