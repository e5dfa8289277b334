"""From a point of the plane in a browser: its eigenvectors, a descent from it, and many starts."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect
from test_app_live import (  # noqa: F401 - fixtures
    act,
    asked,
    changed,
    drawn,
    page,
    panel,
    root,
    saved,
    served,
    show,
    sliced,
)

import store

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EIGENVALUE = """rank => {
  const seen = document.querySelector("[data-panel=point_spectrum] .ip-seen");
  const { xaxis, yaxis } = seen._fullLayout;
  const box = seen.getBoundingClientRect();
  for (const { customdata, x, y } of seen._fullData) {
    const at = [...(customdata ?? [])].findIndex((one) => Number(one) === rank);
    if (at >= 0) return [
      box.left + xaxis._offset + xaxis.c2p(x[at]), box.top + yaxis._offset + yaxis.c2p(y[at]),
    ];
  }
  return null;
}"""


def new(root, before, name):  # noqa: F811
    """The one answer of an analysis that was asked since."""
    key = saved(root, before, name, 0)
    return key, store.LiveAnswers(root).read(name, key, 0).squeeze()


def on_the_plane(page, x, y):  # noqa: F811
    panel(page, "slice").scroll_into_view_if_needed()
    box = panel(page, "slice").locator(".ip-seen .nsewdrag").first.bounding_box()
    page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    drawn(page, "point", "point_spectrum")


def test_an_eigenvalue_of_a_point_is_a_matrix_a_walk_and_a_plane(page, root):  # noqa: F811
    show(page, problem=0)
    drawn(page, "slice")
    before = asked(root)
    on_the_plane(page, 0.7, 0.3)
    panel(page, "point_spectrum").scroll_into_view_if_needed()
    x, y = page.evaluate(EIGENVALUE, 400)
    page.mouse.move(x - 3, y)
    page.mouse.move(x, y)
    page.mouse.click(x, y)
    drawn(page, "eigenvector", "along")
    assert "eigen=400~point" in page.url
    _, answer = new(root, before, "eigenvector")
    lam = float(answer["eigenvalue"].sel(level=0))
    expect(panel(page, "eigenvector")).to_contain_text(f"rank 400 of 400 · λ {lam:.3g}")
    shown = page.evaluate(
        "() => document.querySelector('[data-panel=eigenvector] .ip-seen')._fullData[0].z.map((r) => [...r])"  # noqa: E501
    )
    np.testing.assert_allclose(shown, answer["vector"].sel(level=0), atol=1e-6)
    panel(page, "eigenvector").locator(".ip-ask").click()
    act(changed(page, {"direction v": "random", "rank or seed of v": "3"}))
    sliced(page, "stiffest eigenvector and random direction 3")
    drawn(page, "slice")
    # Its coordinates would be another point there. A point of this plane is asked on this plane.
    expect(panel(page, "point")).to_have_count(0)
    expect(panel(page, "eigenvector")).to_have_count(0)
    on_the_plane(page, 0.3, 0.4)
    keys = {name: key for name, key in asked(root) - before if name == "directed_slice"}
    points = [key for name, key in asked(root) - before if name == "point"]
    read = [store.LiveAnswers(root).read("point", key, 0).attrs["question"] for key in points]
    assert sum(keys["directed_slice"] in question for question in read) == 1


def test_the_sampler_descends_from_the_point_at_the_level_in_view(page, root):  # noqa: F811
    show(page, problem=0)
    drawn(page, "slice", "traces")
    before = asked(root)
    on_the_plane(page, 0.65, 0.35)
    page.keyboard.press("4")
    expect(panel(page, "traces")).to_have_attribute("data-level", "4")
    panel(page, "point").locator(".ip-ask").click()
    opened = page.locator(".ip-form:popover-open .ip-compute:visible")
    expect(opened.get_by_label("level", exact=True)).to_have_value("4")
    act(opened)
    expect(panel(page, "traces")).to_contain_text(re.compile(r"from \(.*\) at t = 4 · MSE"))
    key, answer = new(root, before, "descent_from")
    assert f"walk={key}" in page.url
    assert np.isnan(answer["step_energy"].sel(level=slice(5, 9))).all()
    assert np.isfinite(answer["step_energy"].sel(level=slice(0, 4))).all()
    expect(page.locator(".ip-dock-line")).to_contain_text("descent from here")


def test_many_starts_are_drawn_and_said(page, root):  # noqa: F811
    show(page, problem=0)
    drawn(page, "slice", "traces")
    before = asked(root)
    panel(page, "traces").locator(".ip-ask").click()
    page.locator(".ip-form:popover-open").get_by_role("tab", name="32 starts").click()
    act(changed(page, {"starts": "14"}))
    expect(panel(page, "traces")).to_contain_text("14 starts end")
    _, answer = new(root, before, "many_starts")
    assert answer.sizes["start"] == 14
    if int(answer["at_stored"]) == 14:
        expect(page.locator(".ip-dock-line")).to_contain_text("unseen ends hold < 20 %")
    lines = page.evaluate(
        "() => document.querySelector('[data-panel=traces] .ip-seen')._fullData"
        ".filter(({ opacity, mode }) => opacity === 0.3 && mode === 'lines').length"
    )
    assert lines == 2
    expect(page.get_by_role("combobox", name="Descent")).to_have_value(re.compile("14 starts"))
