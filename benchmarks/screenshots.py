"""The pictures of README and docs, of the run that is published here: `make screenshots`.

Today, a product, the savings and the quality of the forecasts as a buyer at a desk sees them, in English; today in
Portuguese, and a product on a phone in the dark. The product is the one of which the planner buys most, in money, over
what the ERP rule would.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.browser import Visit, chromium, served
from ordercast import project, publish, store

DOCS = Path("docs")


@dataclass(frozen=True)
class Picture:
    """A picture: what the address asks for, how wide and high the window is."""

    query: str
    width: int = 1280
    height: int = 900
    scheme: Literal["light", "dark"] = "light"


def pictures(product: str) -> dict[str, Picture]:
    """The pictures by file name."""
    return {
        "dashboard.png": Picture("page=today&lang=en"),
        "dashboard.pt-BR.png": Picture("page=today&lang=pt_BR"),
        "product.png": Picture(f"page=product&product={product}&lang=en", height=1500),
        "savings.png": Picture("page=savings&lang=en", height=1100),
        "quality.png": Picture("page=quality&lang=en", height=1100),
        "phone.png": Picture(f"page=product&product={product}&lang=en", 390, 844, "dark"),
    }


def main() -> None:
    """Take the pictures, into docs/."""
    root = project.root()
    lines = store.read_parquet(publish.current(root) / "data/orders/orders.parquet")
    early = lines["quantity_units"] - lines["erp_quantity_units"]
    product = str(lines["product_id"].iloc[int((early * lines["unit_price"]).argmax())])
    with served(root) as address, chromium() as browser:
        for name, picture in pictures(product).items():
            visit = Visit(browser, f"{address}?{picture.query}", picture.width, picture.scheme).ready()
            visit.page.set_viewport_size({"width": picture.width, "height": picture.height})
            visit.page.screenshot(path=root / DOCS / name, scale="css")
            visit.page.close()
            print(f"{DOCS / name}: {picture.query}")


if __name__ == "__main__":
    main()
