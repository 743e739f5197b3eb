"""The numbers of rows that a request may name: no row has a larger one, and the database can't take it."""

from typing import Annotated, Final

from pydantic import Field

LARGEST: Final = 2**63 - 1
type Number = Annotated[int, Field(ge=1, le=LARGEST)]
