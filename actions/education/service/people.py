"""Pupils, the three who speak for each, and how one of them proves who they are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import Field

from actions.sdk.service import Json
from actions.sdk.serving import Body, Pool, Problem, digest, prove

# A tutor is one of them for as long as there are sessions to give.
_WITH_PHONE: Final = """
SELECT pupil, given_name, party, NULL AS tutor FROM education.party JOIN education.pupil ON reference = pupil
WHERE phone = $1
UNION
SELECT p.pupil, u.given_name, 'tutor', t.id FROM education.tutor t
JOIN education.version v ON v.tutor = t.id
JOIN education.proposal p ON p.id = v.proposal AND p.version = v.version
JOIN education.pupil u ON u.reference = p.pupil WHERE t.phone = $1 AND p.state IN ('agreed', 'ended', 'done')
ORDER BY given_name, pupil
"""


class Proof(Body):
    """What a letter and a memory prove: the pupil's reference, one's own code, the pupil's year of birth."""

    reference: str = Field(pattern=r"^[0-9]{9}$")
    code: str = Field(max_length=20)
    birth_year: int = Field(ge=1900, le=2200)


@dataclass(frozen=True)
class Speaker:
    """Somebody who speaks for a pupil.

    Args:
        pupil: the pupil's reference.
        given_name: what the pupil is called.
        party: `parent`, `pupil`, `school`, or `tutor` for who only confirms sessions.
        tutor: of a tutor, which.
    """

    pupil: str
    given_name: str
    party: str
    tutor: str | None = None

    def json(self) -> dict[str, Json]:
        """As it is answered."""
        return {
            "reference": self.pupil, "given_name": self.given_name, "party": self.party, "tutor": self.tutor,
        }  # fmt: skip


async def prove_party(pool: Pool, proof: Proof, now: datetime) -> Speaker:
    """Who of the three a proof is.

    The code tells which of them; a wrong one is counted and locks the pupil's reference for all three.

    Raises:
        Problem: as of `actions.sdk.serving.prove`.
    """
    wrote = digest(proof.reference, proof.code)
    rows = await pool.fetch(
        """SELECT party, code_digest, birth_year, given_name FROM education.party
           JOIN education.pupil ON reference = pupil WHERE pupil = $1 ORDER BY party""",
        proof.reference,
    )
    row = next((each for each in rows if each["code_digest"] == wrote), rows[0] if rows else None)
    kept = (row["code_digest"], row["birth_year"]) if row else None
    await prove(pool, "education", proof.reference, (proof.code, proof.birth_year), kept, now)
    assert row is not None  # a reference that does not exist is never proved
    return Speaker(proof.reference, row["given_name"], row["party"])


async def with_phone(pool: Pool, phone: str) -> list[Speaker]:
    """Whom a mobile number is on record for, in the order of the pupils' names."""
    rows = await pool.fetch(_WITH_PHONE, phone)
    return [Speaker(row["pupil"], row["given_name"], row["party"], row["tutor"]) for row in rows]


async def pupil(pool: Pool, reference: str) -> dict[str, Json]:
    """A pupil, for who was proved to speak for them.

    Raises:
        Problem: 404 `PUPIL_NOT_FOUND`.
    """
    row = await pool.fetchrow("SELECT * FROM education.pupil WHERE reference = $1", reference)
    if row is None:
        raise Problem(404, "PUPIL_NOT_FOUND", "There is no such pupil.")
    return {
        "reference": row["reference"], "given_name": row["given_name"], "birth_year": row["birth_year"],
        "school": row["school_urn"], "postcode": row["postcode"],
    }  # fmt: skip
