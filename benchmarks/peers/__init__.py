"""The same no-op task for other queues; each module runs in its peer's own environment."""
