"""The GOV.UK Notify API: a department's present client works by changing its base URL."""
