"""All rows of the table, by name."""

from benchmarks.rows import dense, images, imports, latency, optimizers, promises, small

__all__ = ["ROWS", "chosen"]

MODULES = (dense, images, small, optimizers, latency, imports, promises)
ROWS = {row.name: row for module in MODULES for row in module.ROWS}


def chosen(names: list[str]) -> list[str]:
    """Give the rows of these names or families; all for none.

    Raises
    ------
    ValueError
        A name that no row has.
    """
    found = [[row for row in ROWS if name in (row, row.split("-")[0])] for name in names]
    for name, rows in zip(names, found, strict=True):
        if not rows:
            raise ValueError(f"there is no row {name!r}; rows are {', '.join(ROWS)}")
    asked = {row for rows in found for row in rows}
    return [row for row in ROWS if not names or row in asked]
