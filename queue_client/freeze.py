"""From a workflow as users write it to the few forms that are sent.

A *node* is one of

- a task: `{"task", "args", "kwargs", "options", …}` with its id in the options,
- `{"chain": [nodes]}`, of at least two, none of them a chain,
- `{"group": [nodes], "id": …}`, none of them a group.

A chord is a chain whose first step is a group. Every id is given here, once,
so a sender knows the ids of tasks that will only be sent later.

Pure, but for the ids that it takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from queue_client.checks import PARTS, check_links, listed
from queue_client.errors import ConfigurationError
from queue_client.ids import new_id

Node = dict[str, Any]
PLAIN: Final = 4
"""How many fields a node has that is one call and nothing else: task, args, kwargs, options."""
FIRST_ONLY: Final = frozenset({"countdown", "eta"})
"""Options of a workflow that count for what is sent first."""


def freeze(signature: Mapping[str, Any], options: Mapping[str, Any] | None = None) -> Node:
    """Return the node of a signature; `options` are for this one sending.

    >>> freeze({"kind": "chain", "tasks": [{"task": "a"}, {"task": "b"}]})["chain"][1]["task"]
    'b'
    """
    given = dict(signature.get("options") or ())
    if options:
        given.update(options)
    match signature.get("kind", "task"):
        case "chain":
            node = _chain(signature["tasks"])
        case "group":
            node = _group(signature["tasks"], given.pop("group_id", None))
        case "chord":
            steps = [{"kind": "group", "tasks": signature["header"]}]
            if signature.get("body") is not None:
                steps.append(signature["body"])
            node = _chain(steps)
        case kind:
            return _task(signature, kind, given)
    _prepend(node, signature.get("args") or (), signature.get("kwargs") or {})
    return settle(node, given)


def _task(signature: Mapping[str, Any], kind: str, options: dict[str, Any]) -> Node:
    if options:
        check_links(options)
    if not options.get("task_id"):
        options["task_id"] = new_id()
    look = signature.get
    node = {"task": signature["task"], "args": look("args") or [], "kwargs": look("kwargs") or {}, "options": options}
    if kind != "task":
        node["each"] = kind
    if look("immutable"):
        node["immutable"] = True
    return node


def _chain(tasks: Any) -> Node:
    steps: list[Node] = []
    for each in tasks:
        node = freeze(each)
        steps += node.get("chain", [node])
    return steps[0] if len(steps) == 1 else {"chain": steps}


def _group(tasks: Any, group_id: str | None) -> Node:
    parts: list[Node] = []
    for each in tasks:
        kind = each.get("kind", "task")
        if kind in PARTS:
            node = freeze(each)
            parts += node.get("group", [node])
        else:
            given = each.get("options")
            parts.append(_task(each, kind, {**given} if given else {}))
    return {"group": parts, "id": group_id or new_id()}


def _prepend(node: Node, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Give a workflow's own arguments to its first tasks, but to those that take none."""
    for task in first_tasks(node) if args or kwargs else ():
        if not task.get("immutable"):
            task["args"], task["kwargs"] = [*args, *task["args"]], {**task["kwargs"], **kwargs}


def plain_calls(signature: Mapping[str, Any], options: Mapping[str, Any] | None = None) -> Sequence[Mapping[str, Any]]:
    """Return the parts of a group whose parts all are calls without options; nothing for any other, or one with kwargs.

    Such a group needs no node.

    >>> plain_calls({"kind": "group", "tasks": [{"kind": "task", "task": "a", "args": []}]})
    [{'kind': 'task', 'task': 'a', 'args': []}]
    """
    if signature.get("kind") != "group" or signature.get("options") or signature.get("kwargs") or options:
        return ()
    parts: Sequence[Mapping[str, Any]] = signature["tasks"]
    for each in parts:
        look = each.get
        is_plain = look("kind") == "task" and not (look("options") or look("immutable"))
        if not is_plain:
            return ()
    return parts


def settle(node: Node, options: Mapping[str, Any]) -> Node:
    """Give a workflow's own options to the tasks that they are meant for."""
    for name, value in options.items():
        if name == "task_id":
            last_task(node)["options"]["task_id"] = value
        elif name == "link":
            _add(last_task(node), name, value)
        elif name == "link_error":
            for task in _guards(node):
                _add(task, name, value)
        else:
            for task in first_tasks(node) if name in FIRST_ONLY else all_tasks(node):
                task["options"].setdefault(name, value)
    return node


def _add(task: Node, name: str, value: Any) -> None:
    check_links({name: value})
    task["options"][name] = [*listed(task["options"].get(name)), *listed(value)]


def last_task(node: Node) -> Node:
    """Return the task whose result is the workflow's.

    Raises:
        ConfigurationError: it ends with a group, so there is no such task.
    """
    while "chain" in node:
        if not node["chain"]:
            raise ConfigurationError("a chain needs at least one task")
        node = node["chain"][-1]
    if "group" in node:
        raise ConfigurationError("a group has no last task; put a task behind it: group(...) | task")
    return node


def first_tasks(node: Node) -> Iterator[Node]:
    """Yield the tasks that are sent at once."""
    if "chain" in node:
        yield from first_tasks(node["chain"][0]) if node["chain"] else ()
    elif "group" in node:
        for part in node["group"]:
            yield from first_tasks(part)
    else:
        yield node


def all_tasks(node: Node) -> Iterator[Node]:
    """Yield every task in it."""
    if "task" in node:
        yield node
    for part in node.get("chain") or node.get("group") or ():
        yield from all_tasks(part)


def task_ids(nodes: list[Node]) -> list[str]:
    """Return the ids of every task in these."""
    return [task["options"]["task_id"] for node in nodes for task in all_tasks(node)]


def _guards(node: Node) -> Iterator[Node]:
    """Yield the tasks whose error callbacks, together, see each failure once.

    A group in front of a task needs none: its failure is that task's.
    """
    steps = node.get("chain", [node])
    for number, step in enumerate(steps):
        if "group" not in step:
            yield step
        elif number == len(steps) - 1 or "group" in steps[number + 1]:
            for part in step["group"]:
                yield from _guards(part)
