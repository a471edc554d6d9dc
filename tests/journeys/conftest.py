"""The tutorials' programs are run by the tests, not collected."""

collect_ignore = ["tutorials"]
