"""Calls the education service: who speaks for which pupil, the credit, tutors, agreements and sessions."""

from typing import Literal

from actions.education import reading
from actions.education.reading import Credit, Notice, Party, Proposal, Speaker, Terms, Tutor
from actions.sdk import Values
from actions.sdk.service import Json, KeyedService


class People(KeyedService):
    """Who speaks for which pupil."""

    async def prove(self, reference: str, code: str, birth_year: int) -> Speaker:
        """Who a reference, a code and the pupil's year of birth belong to.

        Raises:
            ServiceRefused: `PROOF_FAILED` with `remaining-tries`, or `LOCKED` with `until`.
        """
        body: Json = {"reference": reference, "code": code, "birth_year": birth_year}
        return await self.call("POST", "proofs", reading.speaker, body=body, headers=self.key)

    async def with_phone(self, phone: str) -> list[Speaker]:
        """Whom a mobile number is on record for."""
        return await self.call(
            "GET",
            "people",
            reading.all_of("people", reading.speaker),
            params={"phone": phone},
            headers=self.key,
        )

    async def given_name(self, reference: str) -> str:
        """What a pupil is called, for who was proved to speak for them.

        Raises:
            ServiceRefused: `PUPIL_NOT_FOUND`.
        """
        return await self.call("GET", f"pupils/{reference}", reading.given_name, headers=self.key)


class Education(KeyedService):
    """The credit, and tutoring that three agree to. Whatever changes something is done once for its key."""

    async def credit(self, pupil: str) -> Credit:
        """Whether a pupil can have the credit and why, and what is left of it."""
        return await self.call("GET", f"pupils/{pupil}/credit", reading.credit, headers=self.key)

    async def ask_for_credit(self, pupil: str, party: Party, *, key: str) -> Credit:
        """Asks for it; asked again by whomever, it is the same.

        Raises:
            ServiceRefused: `NOT_ELIGIBLE`.
        """
        body: Json = {"party": party}
        return await self.call(
            "POST", f"pupils/{pupil}/credit", reading.credit, body=body, key=key, headers=self.key
        )

    async def tutors(
        self, pupil: str, subject: str, kind: str, near: tuple[float, float] | None = None
    ) -> list[Tutor]:
        """Who is approved and can help, the nearest first.

        Args:
            pupil: the reference.
            subject: in what.
            kind: `school` or `tutor`.
            near: latitude and longitude.
        """
        params = {"subject": subject, "kind": kind}
        if near is not None:
            params |= {"lat": str(near[0]), "long": str(near[1])}
        return await self.call(
            "GET",
            f"pupils/{pupil}/tutors",
            reading.all_of("tutors", reading.tutor),
            params=params,
            headers=self.key,
        )

    async def proposals(self, pupil: str, party: Party, tutor: str | None = None) -> list[Proposal]:
        """A pupil's proposals that are open, agreed, or ended lately."""
        params = {"party": party, **({"tutor": tutor} if tutor else {})}
        return await self.call(
            "GET",
            f"pupils/{pupil}/proposals",
            reading.all_of("proposals", reading.proposal),
            params=params,
            headers=self.key,
        )

    async def proposal(self, number: int, party: Party) -> Proposal:
        """One of them."""
        params = {"party": party}
        return await self.call(
            "GET", f"proposals/{number}", reading.proposal, params=params, headers=self.key
        )

    async def propose(self, pupil: str, party: Party, terms: Terms, *, key: str) -> Proposal:
        """Puts tutoring forward, holds its money and agrees to it for who does.

        Raises:
            ServiceRefused: `NOT_ENOUGH` with what is `available`, `ANOTHER_OPEN`, `TUTOR_NOT_APPROVED` …
        """
        body: Json = {"party": party, **vars(terms)}
        return await self.call(
            "POST", f"pupils/{pupil}/proposals", reading.proposal, body=body, key=key, headers=self.key
        )

    async def change(self, number: int, party: Party, version: int, terms: Terms, *, key: str) -> Proposal:
        """Changes the version that was read: all three are asked again.

        Raises:
            ServiceRefused: as for `propose`; `VERSION_CHANGED`, `NOT_OPEN`.
        """
        body: Json = {"party": party, "version": version, **vars(terms)}
        return await self.call(
            "POST", f"proposals/{number}/versions", reading.proposal, body=body, key=key, headers=self.key
        )

    async def answer(
        self, number: int, party: Party, version: int, said: Literal["agree", "refuse"], *, key: str
    ) -> Proposal:
        """Agrees to the version that was read, or refuses.

        Raises:
            ServiceRefused: `VERSION_CHANGED`, `NOT_OPEN`.
        """
        body: Json = {"party": party, "version": version, "answer": said}
        return await self.call(
            "POST", f"proposals/{number}/answers", reading.proposal, body=body, key=key, headers=self.key
        )

    async def confirm(
        self, proposal: int, session: tuple[int, int], party: Party, *, took_place: bool, key: str
    ) -> str:
        """Says whether a session took place.

        Args:
            proposal: its number.
            session: version and number.
            party: who says so.
            took_place: what is said.
            key: of the request.

        Returns:
            `waiting` for the other side, `paid`, `put_off`, `given_back`, `disputed` or `unapproved`.

        Raises:
            ServiceRefused: `SESSION_SETTLED`, `SESSION_NOT_DUE`.
        """
        version, number = session
        return await self.call(
            "POST", f"proposals/{proposal}/sessions/{version}/{number}/confirmations",
            lambda answer: str(reading.mapping(answer)["outcome"]),
            body={"party": party, "took_place": took_place}, key=key, headers=self.key,
        )  # fmt: skip

    async def disputes(self, page: int = 1) -> tuple[list[Values], bool]:
        """A page of the sessions that took place by one side's word and not by the other's.

        Args:
            page: which, from 1; the oldest sessions first.

        Returns:
            The sessions, and whether there are more behind them.
        """
        return await self.call(
            "GET", "disputes", reading.disputes, params={"page": str(page)}, headers=self.key
        )

    async def settle(self, proposal: int, session: tuple[int, int], *, took_place: bool, key: str) -> str:
        """The desk's word on a disputed session.

        Args:
            proposal: its number.
            session: version and number.
            took_place: what the desk found out.
            key: of the request.

        Returns:
            `paid`, `unapproved`, `put_off` or `given_back`.

        Raises:
            ServiceRefused: `NOT_DISPUTED`.
        """
        version, number = session
        return await self.call(
            "POST", f"proposals/{proposal}/sessions/{version}/{number}/settlement",
            lambda answer: str(reading.mapping(answer)["outcome"]),
            body={"took_place": took_place}, key=key, headers=self.key,
        )  # fmt: skip

    async def keep_progress(self, proposal: int, party: Party, went: int, goal: str, *, key: str) -> None:
        """Keeps how it went, 1 to 5, and whether the goal came true: `yes`, `partly` or `no`."""
        body: Json = {"party": party, "went": went, "goal": goal}
        await self.call(
            "POST", f"proposals/{proposal}/progress", lambda _: None,
            body=body, key=key, headers=self.key,
        )  # fmt: skip

    async def news(self, since: int) -> list[Notice]:
        """What to tell and ask whom, after the notice that was seen last; 0 from the beginning."""
        params = {"since": str(since)}
        return await self.call(
            "GET", "news", reading.all_of("news", reading.notice), params=params, headers=self.key
        )
