"""`onedoor train`: trains the model, tells how good it is, and fails when it is not good enough."""

from time import monotonic

from bot.engine import report
from bot.engine.training import find_model, measure_model, tuning
from bot.engine.training import train as train_model
from bot.logs import configure_logs
from bot.problems import Problem
from bot.settings import Settings


def train(settings: Settings, *, only_if_needed: bool) -> int:
    """Trains, unless told that an up-to-date model will do, and prints the figures.

    Args:
        settings: where the model goes, and the floors of its figures.
        only_if_needed: whether to leave a model alone whose inputs have not changed.

    Raises:
        Problem: a figure is below its floor. The model stays, and is as good as the table says.
    """
    configure_logs("error")
    model = find_model(settings)
    if only_if_needed and model.current:
        print("The model is up to date.")
        return 0
    print("Training the model (a minute or two).", flush=True)
    began = monotonic()
    model = train_model(settings)
    print(f"Trained in {monotonic() - began:.0f} s. Found by cross-validation, on the training sentences:")
    found = tuning(model)
    for name, value in found.items():
        print(f"  {name.replace('_', ' '):<22}{value:8.3f}")
    apart = measure_model(model)
    if not apart:
        print("There are no sentences kept apart here, so the floors were not checked.")
        return 0
    threshold = float(found["threshold"])
    print("On sentences kept apart from training:")
    for line in report.lines(apart, threshold):
        print(f"  {line}")
    low = report.too_low(
        report.measure(apart, threshold),
        accuracy=settings.floor_accuracy, out_of_scope=settings.floor_out_of_scope,
    )  # fmt: skip
    if low:
        model.inputs.unlink(missing_ok=True)  # so that `--if-needed` does not take it for a good one
        raise Problem("\n".join(["The model is not good enough.", *low]))
    return 0
