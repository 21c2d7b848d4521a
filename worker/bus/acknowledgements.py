"""Acknowledge deliveries: those of one turn of the event loop in one frame where their order allows."""

from collections.abc import Sequence

from aiormq.channel import Channel
from pamqp.commands import Basic

from worker.bus.frame_batch import FrameBatch, encode_frames


class DeliveryTags:
    """The tags of one channel's deliveries: which have been received, and which of those are in flight."""

    def __init__(self) -> None:
        self._received = 0  # with every one before it
        self._ahead: set[int] = set()  # received before one with a lower number
        self._in_hand: set[int] = set()

    def receive(self, tag: int) -> None:
        """Count a delivery as in flight."""
        self._in_hand.add(tag)
        self._ahead.add(tag)
        while self._received + 1 in self._ahead:
            self._received += 1
            self._ahead.remove(self._received)

    def settle(self, tag: int) -> None:
        """Note that a delivery has been acknowledged or rejected."""
        self._in_hand.discard(tag)

    def is_in_hand(self, tag: int) -> bool:
        """Whether the delivery has been received and not been settled."""
        return tag in self._in_hand

    @property
    def settled_limit(self) -> int:
        """The tag up to which every delivery has been received and settled."""
        return min(self._received, min(self._in_hand, default=self._received + 1) - 1)


class AcknowledgementBatch(FrameBatch):
    """Acknowledges the deliveries of a channel, each once its work is done.

    A frame for all deliveries up to a tag is sent only if each of them has been received here and settled: those that
    FastStream drops while it stops have not been, and shall come again.
    """

    def __init__(self, channel: Channel) -> None:
        super().__init__(channel)
        self.tags = DeliveryTags()
        self._done: list[int] = []

    async def acknowledge(self, tag: int) -> None:
        """Acknowledge a delivery; return once the socket has the frame. Raises the connection's errors."""
        self.tags.settle(tag)
        self._done.append(tag)
        await self.wait_written()

    def take_payload(self) -> bytes:
        """Return the frames of the deliveries that are done."""
        done, self._done = self._done, []
        return encode_frames(acknowledgement_frames(done, self.tags.settled_limit), self.channel)


def acknowledgement_frames(done: Sequence[int], settled_limit: int) -> list[Basic.Ack]:
    """Return frames for the tags, given the tag up to which all are settled."""
    frames = [Basic.Ack(tag) for tag in done if tag > settled_limit]
    in_order = [tag for tag in done if tag <= settled_limit]
    return [*frames, Basic.Ack(max(in_order), multiple=len(in_order) > 1)] if in_order else frames
