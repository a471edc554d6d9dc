"""The application: settings from a module, tasks from packages."""

from queue_client import Client as Celery

app = Celery("app")
app.config_from_object("celeryconfig")
app.autodiscover_tasks(["shop"])
