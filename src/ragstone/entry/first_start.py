"""What every start makes sure of before it serves: there is an administrator, and the command line has its key."""

from ragstone.entry.data_folder import keep_admin_key, read_admin_key
from ragstone.features.accounts.first_start import ensure_first_administrator
from ragstone.ports.runtime import Runtime


async def prepare(runtime: Runtime) -> str | None:
    """The administrator's key if it was made just now, to be told once; None if it was there or was given."""
    setting = runtime.settings.auth.bootstrap_key
    given = setting.get_secret_value() if setting else None
    made = await ensure_first_administrator(runtime.db, runtime.clock, runtime.pepper, given)
    secret = made or given
    if secret is not None and secret != read_admin_key(runtime.settings.data_dir):
        keep_admin_key(runtime.settings.data_dir, secret)
    return made
