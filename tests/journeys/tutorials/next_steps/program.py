"""Celery's "Next Steps" and "Canvas" from a Python shell."""

import json
import uuid

from proj.tasks import add, app, fail, lineage, mul, on_chord_error, xsum

from queue_client import chain, chord, group, signature

# Signatures and partials
assert add.signature((2, 2), countdown=0.01).apply_async().get(timeout=10) == 4
assert add.s(2, 2).delay().get(timeout=10) == 4
assert add.s(2).delay(8).get(timeout=10) == 10
assert add.s(2, 2)() == 4
assert add.s(4).apply_async(args=(2,), countdown=0.01).get(timeout=10) == 6
assert signature("proj.tasks.add", args=(2, 2), countdown=0.01).delay().get(timeout=10) == 4
assert add.si(2, 2).apply_async(args=(8,)).get(timeout=10) == 4
sig = add.signature((2, 2), {}, countdown=10)
assert (sig.task, sig.args, sig.kwargs, sig.options) == ("proj.tasks.add", [2, 2], {}, {"countdown": 10})
assert signature(json.loads(json.dumps(add.s(1, 2)))).delay().get(timeout=10) == 3
assert ~add.s(2, 2) == 4

# Groups
assert group(add.s(i, i) for i in range(10))().get(timeout=10) == [2 * i for i in range(10)]
g = group(add.s(i) for i in range(10))
assert g(10).get(timeout=10) == list(range(10, 20))
job = group([add.s(2, 2), add.s(4, 4), add.s(8, 8)])
result = job.apply_async()
assert result.join(timeout=10) == [4, 8, 16]
assert (result.ready(), result.successful(), result.failed(), result.waiting()) == (True, True, False, False)
assert (result.completed_count(), len(result), result[0].get()) == (3, 3, 4)

# Chains
res = chain(add.s(4, 4) | mul.s(8))()
assert res.get(timeout=10) == 64
assert res.parent.get(timeout=10) == 8
assert (add.s(4) | mul.s(8))(4).get(timeout=10) == 64
res = (add.s(2, 2) | add.s(4) | add.s(8))()
assert (res.get(timeout=10), res.parent.get(), res.parent.parent.get()) == (16, 8, 4)
assert chain(add.s(2, 2), add.s(4), add.si(5, 5))().get(timeout=10) == 10
broken = (add.s(1, 1) | fail.s() | add.s(1))()
assert isinstance(broken.get(timeout=10, propagate=False), ValueError)
assert broken.parent.state == "FAILURE"

# Chords
assert chord((add.s(i, i) for i in range(10)), xsum.s())().get(timeout=10) == 90
assert (group(add.s(i, i) for i in range(10)) | xsum.s())().get(timeout=10) == 90
callback = xsum.s()
header = [add.s(i, i) for i in range(100)]
assert chord(header)(callback).get(timeout=10) == 9900
upgraded = group(add.s(i, i) for i in range(4)) | xsum.s() | mul.s(3)
assert upgraded().get(timeout=10) == 36
nested = chain(add.s(1, 1), group(mul.s(2), chain(mul.s(3), group(add.s(1), add.s(2)) | xsum.s())), xsum.s())
assert nested().get(timeout=10) == 4 + (7 + 8)
assert chord([chord([add.s(1, 1), add.s(2, 2)], xsum.s()), add.s(3, 3)], xsum.s())().get(timeout=10) == 12
assert group(group(add.s(1, 1), add.s(2, 2)), add.s(3, 3))().get(timeout=10) == [2, 4, 6]

# Errors in a chord
seen = f"errors-{uuid.uuid4().hex}"
body = xsum.s().set(task_id=f"body-{seen}").on_error(on_chord_error.s())
failed = chord([add.s(1, 1), fail.s().set(task_id=seen)], body)()
assert isinstance(failed.get(timeout=10, propagate=False), ValueError)
assert app.AsyncResult(f"{seen}-seen").get(timeout=10) == 1
linked = f"linked-{uuid.uuid4().hex}"
fail.s().set(task_id=linked).link_error(on_chord_error.s()).delay()
assert app.AsyncResult(f"{linked}-seen").get(timeout=10) == 1
joined = group(add.s(1, 1), fail.s())()
assert isinstance(joined.get(timeout=10, propagate=False)[1], ValueError)
assert (joined.failed(), joined.successful()) == (True, False)

# Links
target = f"target-{uuid.uuid4().hex}"
add.s(2, 2).link(mul.s(4).set(task_id=target)).apply_async()
assert app.AsyncResult(target).get(timeout=10) == 16

# Map, starmap, chunks
assert ~xsum.map([list(range(10)), list(range(100))]) == [45, 4950]
assert xsum.map([[1], [2, 3]]).delay().get(timeout=10) == [1, 5]
assert ~add.starmap(zip(range(10), range(10), strict=True)) == [2 * i for i in range(10)]
chunked = add.chunks(zip(range(100), range(100), strict=True), 10)()
assert chunked.get(timeout=10) == [[2 * i for i in range(start, start + 10)] for start in range(0, 100, 10)]
assert len(add.chunks(zip(range(100), range(100), strict=True), 10).group().tasks) == 10

# Who belongs to whom
first, second = (lineage.s() | lineage.s())().parent.get(timeout=10), None
whole = (lineage.s() | lineage.si())()
second = whole.get(timeout=10)
assert second[1] == second[2] == whole.parent.id
grouped = group(lineage.s(), lineage.s())()
assert {each[3] for each in grouped.get(timeout=10)} == {grouped.id}

# In bulk
assert sum(each.get(timeout=10) for each in app.send_many("proj.tasks.add", [((i, 1), {}) for i in range(50)])) == 1275
print("ok")
