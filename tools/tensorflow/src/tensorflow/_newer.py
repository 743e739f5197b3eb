"""What Rasa 3.6.21 must be told about libraries newer than itself, before anything else of it runs.

Rasa imports this package at its start, whichever of its commands is given: there is no earlier place.
"""

from functools import partialmethod

from sanic import Sanic, response
from sanic.response import ResponseStream

# `rasa shell` and `rasa run` start Sanic as 21.12 did: in this process, which has the application and
# the terminal. Sanic 25 would start a worker that has neither.
Sanic.run = partialmethod(Sanic.run, single_process=True)

# Sanic 23 dropped the function that Rasa's REST channel, and so `rasa shell`, answers with.
response.stream = ResponseStream
