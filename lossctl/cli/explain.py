"""`lossctl explain`: what a loss is, or what a code means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lossctl.cli import options as opt
from lossctl.errors import UsageError, close, did_you_mean, quoted

if TYPE_CHECKING:
    from lossctl.cards import Card, Explanation
    from lossctl.losses.spec import Request


@opt.grouped
def explain(
    topic: opt.TopicArgument = "",
    *,
    output: opt.Output,
) -> None:
    """Print what a loss is and when to use it, or what the code of a note or an error means.

    lossctl explain huber

    lossctl explain rows-off-one
    """
    from lossctl.cards import Explanation
    from lossctl.cli.output import emit, target

    to = target(output, [], Explanation.FORMATS)
    if not topic:
        raise UsageError("LOSS is missing", help="lossctl explain mse; lossctl list names the losses")
    emit(_explained(topic), to)


def _explained(topic: str) -> Explanation:
    from lossctl.cards import Explanation
    from lossctl.catalogue import codes
    from lossctl.losses.declare import spellings
    from lossctl.losses.spec import parse

    known = codes()
    if topic.lower() in known:
        return Explanation(codes=(known[topic.lower()],))
    try:
        requests = parse(topic)
    except UsageError as error:
        if not error.message.startswith("there is no loss"):
            raise
        names = spellings() | {code: code for code in known}
        help = did_you_mean(names[word] for word in close(topic, names, likeness=0.7))
        raise UsageError(
            f"there is neither a loss nor a code {quoted(topic)}", help=help or "lossctl list names the losses"
        ) from None
    found = {loss.name: request for request in requests for loss in request.candidates}
    return Explanation(tuple(_card(name, request) for name, request in found.items()), remark=_remark(requests))


def _card(name: str, request: Request) -> Card:
    from lossctl.catalogue import card
    from lossctl.curves import drawable, picture
    from lossctl.losses.declare import get
    from lossctl.losses.spec import parse

    loss = get(name)
    if not drawable(loss):
        return card(loss, ())
    asked = [request] if len(request.candidates) == 1 else parse(name)  # as it was asked for, with its parameters
    return card(loss, picture(asked, None, (None, None), slope=loss.slope is not None).apart())


def _remark(requests: list[Request]) -> str:
    """What a spelling may mean, where that is more than one loss."""
    for request in requests:
        for wish in request.asked:
            if len(wish.candidates) > 1:
                names = [loss.name for loss in wish.candidates]
                return f"The shapes of the data pick one of {len(names)} losses: {', '.join(names)}."
    return ""
