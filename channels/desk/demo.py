"""The demo's officers: one of each role, and passwords that its sign-in page shows."""

import asyncio
from typing import Final

from argon2 import PasswordHasher

from bot.desk.cases import desk_names
from bot.desk.replies import keep as keep_reply
from bot.officers import Role, add
from bot.queue import Pool
from bot.signin.passwords import keep

PASSWORD: Final = "three-blue-doors"  # noqa: S105  (of invented officers, shown on the demo's page)
_PEOPLE: Final[tuple[tuple[str, str, Role, tuple[str, ...]], ...]] = (
    ("jo", "Jo Marsh", "officer", ()),
    ("sian", "Siân Parry", "officer", ("cy",)),
    ("sam", "Sam Okoro", "officer", ()),
    ("lee", "Lee Hartley", "leader", ()),
    ("ada", "Ada Quinn", "administrator", ()),
    ("ned", "Ned Frost", "auditor", ()),
    ("sys", "Mina Sethi", "system", ()),
)
DEMO_OFFICERS: Final = tuple((f"{name}@onedoor.example", PASSWORD) for name, *_ in _PEOPLE)
_REPLIES: Final = (
    ("Looking into it", "Thank you. I'm looking into it and will write again by ((time)).",
     "Diolch. Rwy'n edrych ar hyn a byddaf yn ysgrifennu eto erbyn ((time))."),
    ("Ring you?", "Shall I ring you on this number? If so, when suits you today?",
     "A gaf i eich ffonio ar y rhif hwn? Os felly, pryd sy'n gyfleus heddiw?"),
    ("All done", "That's done. Is there anything else I can do for you?",
     "Mae hynny wedi'i wneud. Oes unrhyw beth arall y gallaf ei wneud i chi?"),
)  # fmt: skip


async def load_officers(pool: Pool) -> None:
    """Makes the demo's officers and their ready replies, if they are not there.

    Args:
        pool: the database's connections.
    """
    if await pool.fetchval("SELECT EXISTS (SELECT 1 FROM officer)"):
        return
    hashed = await asyncio.to_thread(PasswordHasher().hash, PASSWORD)
    async with pool.acquire() as connection, connection.transaction():
        for name, title, role, skills in _PEOPLE:
            number = await add(connection, f"{name}@onedoor.example", title, role, desk_names(), skills)
            await keep(connection, number, hashed, must_change=False)
        for desk in desk_names():
            for reply in _REPLIES:
                await keep_reply(connection, desk, *reply)
