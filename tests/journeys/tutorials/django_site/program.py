import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
django.setup()

from django.db import connection, transaction
from shop.tasks import finds_a_closed_connection, label

assert label.delay().get(timeout=20) == "contenttypes.ContentType"
assert [finds_a_closed_connection.delay().get(timeout=20) for _ in range(3)] == [True, True, True]
with transaction.atomic():
    label.delay_on_commit()
    finds_a_closed_connection.apply_async_on_commit(task_id="mine", queue="default")
    assert label.AsyncResult("mine").status == "PENDING"
assert label.AsyncResult("mine").get(timeout=20) is True
try:
    with transaction.atomic():
        label.delay_on_commit()
        raise ZeroDivisionError
except ZeroDivisionError:
    pass
assert finds_a_closed_connection.delay().get(timeout=20) is True
with connection.cursor() as cursor:
    cursor.execute("SELECT count(*) FROM onbeat_results")
    assert cursor.fetchone() == (7,)
print("ok")
