"""From passages to an answer whose every quote can be found in its source."""
