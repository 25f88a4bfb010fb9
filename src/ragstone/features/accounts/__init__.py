"""Tenants, their API keys, and the `Scope` a credential gives."""
