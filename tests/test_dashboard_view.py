"""What the page's address keeps of a visitor's view."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercast.dashboard.view import PAGES, SHOWS, SORTS, View


@pytest.mark.parametrize(
    ("query", "view"),
    [
        pytest.param("", View(), id="nothing"),
        pytest.param("?page=product&product=P%201", View(page="product", product="P 1"), id="product"),
        pytest.param("q=a%26b&lang=pt_BR&n=3", View(search="a&b", language="pt_BR", number=3), id="short_names"),
        pytest.param("?grouped=false&sort=total&show=all", View(grouped=False, sort="total", show="all"), id="list"),
        pytest.param(
            "?page=nowhere&show=1;DROP&sort=(select)&lang=tlh&n=-1&x=y", View(), id="what_is_unknown_is_left_out"
        ),
        pytest.param("?n=0", View(), id="no_page_0"),
        pytest.param("?token=secret", View(), id="a_token_is_not_kept"),
    ],
)
def test_view_of_a_query(query, view):
    assert View.of(query) == view


views = st.builds(
    View,
    page=st.sampled_from(PAGES),
    product=st.text(max_size=40),
    supplier=st.text(max_size=40),
    search=st.text(max_size=40),
    show=st.sampled_from(SHOWS),
    sort=st.sampled_from(SORTS),
    grouped=st.booleans(),
    number=st.integers(1, 999),
    language=st.sampled_from(["", "en", "pt_BR"]),
)


@given(view=views.filter(lambda view: not any(0xD800 <= ord(letter) < 0xE000 for letter in view.search)))
def test_an_address_gives_its_view_back(view):
    assert View.of(view.query) == view


def test_the_first_view_has_a_bare_address():
    assert View().query == "?"
