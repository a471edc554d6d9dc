"""A small online shop that uses Onbeat."""
