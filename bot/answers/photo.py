"""Photos, which come with a message rather than in its text."""

from bot.answers.kind import Answer, Question

_MOST = 3


def read_photo(text: str, question: Question) -> Answer | None:  # noqa: ARG001
    """The pictures of a message, as the list of what `Question.media` says of each; detail `most` (else 3).

    One is a picture when it was fetched and kept: it has a `photo`, the id of what is kept, and no `error`.
    The citizen's words beside them are read by whoever needs them: a caption does not make a picture less.
    """
    most = int(question.details.get("most", _MOST))
    pictures = [dict(one) for one in question.media if one.get("photo") and "error" not in one]
    return Answer(pictures[:most], whole=True) if pictures else None
