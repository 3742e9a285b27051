"""A map of the world made of the cities themselves: no outline to ship, nothing to fetch from elsewhere."""

from functools import lru_cache

from cities import memory
from cities.models import City

# Degrees between two dots; they lie on a grid so that crowded places stay readable.
GRID = 1.6
# Nobody lives beyond: degrees from the north pole and the height of what is shown.
TOP, HEIGHT = 14, 132


def svg() -> str:
    """The map as SVG in degrees: x grows from the date line eastwards, y from the north pole southwards."""
    return _drawn(memory.current().import_id)


@lru_cache(maxsize=1)
def _drawn(import_id: int | None) -> str:
    dots = {
        (round((longitude + 180) / GRID), round((90 - latitude) / GRID))
        for longitude, latitude in City.objects.order_by().values_list("longitude", "latitude")
    }
    path = "".join(f"M{x * GRID:.1f} {y * GRID:.1f}h0" for x, y in sorted(dots))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 {TOP} 360 {HEIGHT}">'
        f'<path d="{path}" stroke="#7f8ea3" stroke-width=".9" stroke-linecap="round" fill="none"/></svg>'
    )
