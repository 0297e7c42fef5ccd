"""The framing of Arrow IPC: which bytes of a file or stream are the schema, a dictionary or a batch of rows.

Polars reads a stream that is whole. Cut into streams of one batch each, a file of any length takes the memory of one.
A file holds the same messages as a stream, and a footer that says where they are; what stands at its head is not to be
relied on.
"""

from __future__ import annotations

import io
import os
import struct
from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"ARROW1"
STREAM_MAGIC = b"\xff\xff\xff\xff"
"""What each message of a stream begins with."""

_END = STREAM_MAGIC + bytes(4)
_SCHEMA, _DICTIONARY, _ROWS = 1, 2, 3
_BLOCK = struct.Struct("<qi4xq")
_PIECE = 1 << 20
_ENOUGH = 1 << 20  # small batches are read together: each call costs about as much as 100 kB


class Damaged(Exception):
    """The framing is cut off or makes no sense."""


class Message(NamedTuple):
    """What says what it is, and the pieces of what that is about."""

    head: bytes
    body: Iterator[bytes]


def parts(raw: IO[bytes]) -> Iterator[bytes]:
    """The schema as a stream without rows, and then the rows as streams of one batch or some small ones.

    Args:
        raw: a stream, or a file that can be read in any order.

    Raises:
        Damaged: the framing is cut off or makes no sense.
    """
    start = _exactly(raw, len(STREAM_MAGIC))
    messages = _of_stream(raw) if start == STREAM_MAGIC else _of_file(raw)
    schema = next(messages, None)
    if schema is None or _kind(schema) != _SCHEMA:
        raise Damaged
    yield schema.head + _END
    dictionaries: dict[int, bytes] = {}
    part: io.BytesIO | None = None
    for message in messages:
        kind = _kind(message)
        if kind not in {_DICTIONARY, _ROWS}:
            raise Damaged
        if part is not None and (kind == _DICTIONARY or part.tell() > _ENOUGH):
            yield _ended(part)
            part = None
        if kind == _DICTIONARY:
            dictionaries[_dictionary_id(message)] = b"".join([message.head, *message.body])
            continue
        if part is None:
            part = io.BytesIO()
            part.writelines([schema.head, *dictionaries.values()])
        part.write(message.head)
        part.writelines(message.body)
    if part is not None:
        yield _ended(part)


def _ended(part: io.BytesIO) -> bytes:
    part.write(_END)
    return part.getvalue()


def _of_stream(raw: IO[bytes]) -> Iterator[Message]:
    """The messages of a stream whose first mark has been read; each has to be read before the next is asked for."""
    mark = STREAM_MAGIC
    while mark == STREAM_MAGIC:
        (size,) = struct.unpack("<i", _exactly(raw, 4))
        if not size:
            return
        head = mark + struct.pack("<i", size) + _exactly(raw, size)
        yield Message(head, _pieces(raw, _body_length(head)))
        mark = raw.read(4)
        if not mark:  # a writer may just stop
            return
    raise Damaged


def _of_file(raw: IO[bytes]) -> Iterator[Message]:
    """The messages of a file, by its footer."""
    tail = struct.calcsize("<i") + len(MAGIC)
    end = raw.seek(0, os.SEEK_END) - tail
    raw.seek(max(end, 0))
    size, magic = struct.unpack(f"<i{len(MAGIC)}s", _exactly(raw, tail))
    if magic != MAGIC or not 0 < size <= end:
        raise Damaged
    raw.seek(end - size)
    footer = _exactly(raw, size)
    table = _Table.root(footer)
    yield Message(_schema_message(footer, table.offset(1)), iter(()))
    for field in (2, 3):
        for start, size, body in table.structs(field, _BLOCK):
            if start < 0 or size < 8 or body < 0 or start + size + body > end:
                raise Damaged
            raw.seek(start)
            head = _exactly(raw, size)
            # Writers before 2019 left the mark out, and so a message has four bytes less before its content.
            yield Message(head if head.startswith(STREAM_MAGIC) else STREAM_MAGIC + head, _pieces(raw, body))


def _schema_message(footer: bytes, at: int) -> bytes:
    """The schema of a footer as the message that begins a stream: a table of three fields, and behind it the footer."""
    before = 32
    vtable = struct.pack("<HHHHH2x", 10, 12, 4, 6, 8)
    content = struct.pack("<I", 16) + vtable + struct.pack("<ihBxI4x", 12, 4, _SCHEMA, before + at - 24) + footer
    content += bytes(-len(content) % 8)
    return STREAM_MAGIC + struct.pack("<i", len(content)) + content


class _Table(NamedTuple):
    """A table of a FlatBuffer: its bytes and where it begins."""

    data: bytes
    at: int

    @classmethod
    def root(cls, data: bytes, start: int = 0) -> _Table:
        return cls(data, start + _unpacked("<I", data, start))

    def field(self, index: int, format: str) -> int:
        """A number of the table, 0 where it is left out."""
        at = self._place(index)
        return _unpacked(format, self.data, at) if at else 0

    def offset(self, index: int) -> int:
        """Where a table or vector that the table holds begins.

        Raises:
            Damaged: it holds none.
        """
        at = self._place(index)
        if not at:
            raise Damaged
        return at + _unpacked("<I", self.data, at)

    def structs(self, index: int, layout: struct.Struct) -> Iterator[tuple[int, ...]]:
        """The structs of a vector."""
        if not self._place(index):
            return
        at = self.offset(index)
        size = _unpacked("<I", self.data, at)
        if at + 4 + size * layout.size > len(self.data):
            raise Damaged
        yield from layout.iter_unpack(self.data[at + 4 : at + 4 + size * layout.size])

    def _place(self, index: int) -> int:
        vtable = self.at - _unpacked("<i", self.data, self.at)
        if 4 + 2 * index >= _unpacked("<H", self.data, vtable):
            return 0
        place = _unpacked("<H", self.data, vtable + 4 + 2 * index)
        return self.at + place if place else 0


def _unpacked(format: str, data: bytes, at: int) -> int:
    if not 0 <= at <= len(data) - struct.calcsize(format):
        raise Damaged
    (value,) = struct.unpack_from(format, data, at)
    return int(value)


def _content(head: bytes) -> _Table:
    return _Table.root(head, 8)


def _kind(message: Message) -> int:
    return _content(message.head).field(1, "<B")


def _body_length(head: bytes) -> int:
    return _content(head).field(3, "<q")


def _dictionary_id(message: Message) -> int:
    content = _content(message.head)
    return _Table(content.data, content.offset(2)).field(0, "<q")


def _exactly(raw: IO[bytes], size: int) -> bytes:
    return b"".join(_pieces(raw, size))


def _pieces(raw: IO[bytes], size: int) -> Iterator[bytes]:
    """So many bytes. A size that was never written must not take the memory for it."""
    if size < 0:
        raise Damaged
    while size:
        piece = raw.read(min(size, _PIECE))
        if not piece:
            raise Damaged
        yield piece
        size -= len(piece)
