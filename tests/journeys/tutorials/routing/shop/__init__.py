"""A package whose tasks are discovered."""
