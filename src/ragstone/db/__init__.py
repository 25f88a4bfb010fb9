"""The relational store: engines, transactions, what differs between SQLite and Postgres, the outbox."""
