"""The warehouse's errors, which steps and commands show as they are."""


class WarehouseError(Exception):
    """The warehouse or the rows to write can't be used; the message says what to do."""


class WarehouseBusy(WarehouseError):
    """The warehouse could not be had for longer than we wait for it."""


class WarehouseUndone(WarehouseBusy):
    """A transaction was lost to another one, or with its connection; it can be run again."""
