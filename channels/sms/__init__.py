"""Text messages: Twilio in and out, and a telephone in the browser for the demo."""
