from django.contrib.contenttypes.models import ContentType
from django.db import connection
from queue_client import shared_task


@shared_task
def label():
    return ContentType._meta.label


@shared_task
def finds_a_closed_connection():
    found = connection.connection is None
    connection.ensure_connection()
    return found
