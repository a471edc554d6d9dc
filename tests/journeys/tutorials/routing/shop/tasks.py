"""Its tasks; they say which queue they came from."""

from queue_client import shared_task


@shared_task(bind=True)
def feed_import(self):
    return self.request.delivery_info["queue"]


@shared_task(bind=True)
def video_compress(self):
    return self.request.delivery_info["queue"]


@shared_task(bind=True, queue="web_tasks")
def own(self):
    return self.request.delivery_info["queue"]


@shared_task(bind=True)
def plain(self):
    return self.request.delivery_info["queue"]
