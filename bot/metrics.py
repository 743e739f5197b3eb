"""What is counted and timed, for `/metrics` in Prometheus' format; labels never hold a citizen's data."""

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

# When a series began is of no use to an operator, and doubles the page.
disable_created_metrics()  # type: ignore[no-untyped-call]

TURN_SECONDS = Histogram(
    "onedoor_turn_seconds", "Time of one turn from claim to commit", ["outcome"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)  # fmt: skip
SENDS = Counter(
    "onedoor_sends_total", "Messages by channel and what their sender said", ["channel", "result"]
)
SEND_SECONDS = Histogram(
    "onedoor_send_seconds", "Time from when a message was due until its sender took it", ["channel"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200),
)  # fmt: skip
BATCH_ROWS = Counter("onedoor_batch_rows_total", "Rows of batches that became messages")
ARRIVALS = Counter(
    "onedoor_arrivals_total", "Messages in, by channel and what became of them", ["channel", "result"]
)
ESCALATIONS = Counter("onedoor_escalations_total", "Cases put to a person", ["department", "reason"])
HUSHED = Counter("onedoor_hushed_total", "Texts in that were not answered, as of a loop", ["why"])
PICTURES = Counter("onedoor_pictures_total", "Pictures in, and what became of them", ["result"])
QUEUE_AGE = Gauge("onedoor_queue_age_seconds", "Age of the oldest message in that has no answer yet")
WAITING = Gauge("onedoor_waiting_messages", "Messages not yet answered or not yet sent", ["direction"])
DEPARTMENT_CALLS = Counter("onedoor_department_calls_total", "Calls of departments", ["department", "result"])
CALLBACKS = Counter(
    "onedoor_callbacks_total", "Call-backs to departments, by kind and what came of them", ["kind", "result"]
)
SENDER_SLOW = Gauge(
    "onedoor_sender_slow_share",
    "Share of a sender's last messages that took 5 minutes",
    ["channel", "sender"],
)
SENDER_ALARMS = Counter("onedoor_sender_alarms_total", "Senders that stayed slow", ["channel", "sender"])
