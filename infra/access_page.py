"""The table of infra/access.py as docs/access.md shows it: `python -m infra.access_page` writes it there anew."""

from pathlib import Path

from functions.domain.management_calls import CALLS
from infra.access import DEPLOYER, OF_NO_MODEL, ROLES
from infra.routes import signable_routes

PAGE = Path(__file__).parents[1] / "docs" / "access.md"
BEGIN, END = "<!-- table: python -m infra.access_page -->\n", "<!-- end of table -->\n"


def table() -> str:
    """A line for each call of the management API and of a model's own, a column for each role."""
    roles = (*ROLES, DEPLOYER)
    head = ["call", "request", *(role.name for role in roles)]
    lines = [head, ["---", "---", *(":-:" for _ in roles)]]
    for call in CALLS:
        where = "" if call.of_model or call.name in OF_NO_MODEL else " ¹"
        may = ["✓" if call.name in role.may else "" for role in roles]
        lines.append([f"`{call.name}`{where}", f"`{call.method} {call.path}`", *may])
    for name in dict.fromkeys(route.call for route in signable_routes()):
        requests = [f"`{route.method} {route.path}`" for route in signable_routes() if route.call == name]
        may = ["✓" if name in role.calls else "" for role in roles]
        lines.append([f"`{name}`", "<br>".join(requests), *may])
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def with_table(page: str) -> str:
    """The page's text with the table as it is now."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + table() + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text()))
