"""These files are for the type checker; nothing in them is run."""

collect_ignore_glob = ["*.py"]
