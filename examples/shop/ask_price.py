"""A one-off task from a program: run it while `beat serve --dev` runs here."""

from shop.tasks import price

result = price.delay("mug", count=3)
print(f"sent {result.id}")
print(f"three mugs cost {result.get(timeout=5)}")
