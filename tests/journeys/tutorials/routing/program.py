"""Each task goes where its route, its own options or its call say."""

from app import app

app.load()
from shop.tasks import feed_import, own, plain, video_compress  # noqa: E402

assert feed_import.delay().get(timeout=10) == "feed_tasks"
assert video_compress.delay().get(timeout=10) == "web_tasks"
assert own.delay().get(timeout=10) == "web_tasks"
assert plain.delay().get(timeout=10) == "default"
assert plain.apply_async(queue="image_tasks").get(timeout=10) == "image_tasks"
assert plain.apply_async(routing_key="feed.rss").get(timeout=10) == "feed_tasks"
assert plain.apply_async(routing_key="image.compress").get(timeout=10) == "image_tasks"
assert app.send_task("shop.tasks.feed_import").get(timeout=10) == "feed_tasks"
elsewhere = plain.apply_async(queue="unserved")
assert elsewhere.status == "PENDING"
print("ok")
