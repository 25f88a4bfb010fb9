"""Calls to addresses that somebody else has named: where they may go, and how much may come back."""
