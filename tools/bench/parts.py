"""What a turn is made of, each by itself: the encoder, the classifier, a job, a commit."""

import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from bot.database import close_pool, connect_pool, migrate
from bot.engine.encoder import Encoder
from bot.engine.engine import Engine
from bot.engine.runtime import packs
from bot.engine.training import find_model
from bot.packs import histories
from bot.queue import Kind, enqueue
from bot.settings import read_settings
from tools.bench.figure import Figure, median, percentile
from tools.bench.place import Place
from tools.bench.words import CHOOSE

TIMES: Final = 400


async def measure(place: Place) -> list[Figure]:
    """Times each part by itself."""
    times = max(20, int(TIMES * place.share))
    model = find_model(read_settings()).path
    encoding, understanding, enqueuing, committing = [], [], [], []
    encoder, engine = _encoder(model), Engine(model)
    for number in range(times):
        text = CHOOSE[number % len(CHOOSE)]
        began = perf_counter()
        encoder.encode([text])
        encoding.append((perf_counter() - began) * 1000)
        began = perf_counter()
        await engine.understand(text)
        understanding.append((perf_counter() - began) * 1000)
    async with place.database() as url:
        await migrate(url, histories(packs()))
        pool = await connect_pool(url, size=2)
        try:
            async with pool.acquire() as connection:
                for number in range(times):
                    transaction = connection.transaction()
                    await transaction.start()
                    began = perf_counter()
                    await enqueue(connection, Kind.TURN, number)
                    enqueued = perf_counter()
                    await transaction.commit()
                    committing.append((perf_counter() - enqueued) * 1000)
                    enqueuing.append((enqueued - began) * 1000)
        finally:
            await close_pool(pool)
    parts = (
        ("encoder", "encoding one sentence", encoding),
        ("understanding", "understanding one text: Rasa's parse with encoder and classifier", understanding),
        ("enqueue", "a job put into PgQueuer", enqueuing),
        ("commit", "a commit, on disk", committing),
    )
    return [
        Figure(f"parts.{name}.p{share}", f"{what}, p{share}", value, "ms")
        for name, what, took in parts
        for share, value in ((50, median(took)), (95, percentile(took, 0.95)))
    ]


def _encoder(model: Path) -> Encoder:
    """The encoder that is in the model, by itself."""
    with TemporaryDirectory() as folder, tarfile.open(model) as archive:
        archive.extractall(folder, filter="data")
        return Encoder(next(Path(folder).rglob("classifier.json")).parent)
