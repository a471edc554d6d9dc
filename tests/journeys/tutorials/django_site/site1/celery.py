import os

from queue_client import Client as Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")

app = Celery("site1")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.task(bind=True, ignore_result=True)
def debug_task(self):
    print(f"Request: {self.request!r}")
