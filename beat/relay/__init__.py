"""The relay: carries the fires of a shard's outbox to the queues that no claim can reach.

A claim decides, once, that a fire happens, and notes in the same step what is
to be written where: a record of the outbox. Whoever leads the shard carries the
records on, in order, and takes out of the outbox what has arrived. It may die
between the two, and whoever follows sends the same again; so the receiving end
keeps the ids of the last fires and the term of the leader that brought them.
An id that is there is passed over, and an older term is sent away: that is
what makes a fire arrive once, whoever carries it how often.

There is one relay a shard and target. Each waits for its own server alone.
"""

from beat.relay.records import Carrier, Delivery, Outbox, Record
from beat.relay.relay import Relay

__all__ = ["Carrier", "Delivery", "Outbox", "Record", "Relay"]
