"""Celery's example of a module of settings, a few in their old names."""

task_serializer = "json"
CELERY_ACCEPT_CONTENT = ["json", "msgpack"]
timezone = "Europe/Oslo"
enable_utc = True
result_expires = 3600
task_annotations = {"tasks.div": {"rate_limit": "1000/s"}}
