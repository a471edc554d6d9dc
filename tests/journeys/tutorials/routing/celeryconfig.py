"""Celery's "Routing Tasks": queues, topic keys, routes by pattern."""

import re

task_default_queue = "default"
task_queues = {
    "feed_tasks": {"routing_key": "feed.#"},
    "web_tasks": {"exchange": "media", "routing_key": "web.#"},
    "image_tasks": {"routing_key": "image.compress"},
}
task_routes = (
    [
        ("shop.tasks.feed_*", {"queue": "feed_tasks"}),
        (re.compile(r"shop\.tasks\.(video|image)_.*"), {"routing_key": "web.media.compress"}),
    ],
)
