"""Celery's "Next Steps": the project's package."""
