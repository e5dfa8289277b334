"""Probes in Chromium: a cell of the map moves the panels below it, a case opens its landscape."""

import browser
import probe_store
import pytest
import xarray as xr
from browser import asked, panel
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return probe_store.make(tmp_path_factory.mktemp("probes") / "store", there=0.78)


def test_a_cell_of_the_map_is_what_the_panels_below_speak_of(page, url):
    page.goto(f"{url}/probes")
    browser.settled(page)
    expect(panel(page, "answer")).to_contain_text("1 of 90 cells")
    expect(panel(page, "why")).to_contain_text("log₁₀ condition number, t = 2")
    drag = panel(page, "map").locator(".nsewdrag").first
    drag.scroll_into_view_if_needed()
    box = drag.bounding_box()
    # The second of three rows; the last level of the last of seven inputs.
    page.mouse.click(box["x"] + 0.985 * box["width"], box["y"] + 0.5 * box["height"])
    asked(page, property="trace", input="codes", level=0)
    expect(panel(page, "why")).to_contain_text("trace, t = 0")
    expect(panel(page, "use")).to_contain_text("trace from codes at t = 0 was not tested")
    panel(page, "numbers").locator("tbody tr", has_text="h1").click()
    asked(page, input="h1")
    page.reload()
    browser.settled(page)
    expect(panel(page, "use")).to_contain_text("trace from h1 at t = 0 was not tested")


def test_failures_are_a_sheet_whose_cases_lead_to_landscapes(page, url):
    page.goto(f"{url}/probes")
    browser.settled(page)
    page.get_by_text("Failures", exact=True).first.click()
    asked(page, sheet="failures")
    expect(panel(page, "foreseen")).to_contain_text("increment 0.10 [0.07, 0.13]")
    for name in ("increment", "early", "roc", "calibration", "hot", "forest", "kinds"):
        panel(page, name).scroll_into_view_if_needed()
        expect(panel(page, name).locator(".js-plotly-plot")).to_be_visible()
    page.get_by_text("boosting", exact=True).first.click()
    asked(page, estimator="boosting")
    row = panel(page, "cases").locator("tbody tr").first
    expect(row).to_contain_text("failed, missed")
    row.click()
    page.wait_for_url("**/landscape?**")
    asked(page, problem=3)


def test_features_are_saved_beside_predictions_and_another_task_is_a_click_away(
    page, url, tmp_path
):
    page.goto(f"{url}/probes?input=h3&level=2")
    browser.settled(page)
    fit = panel(page, "fit")
    fit.scroll_into_view_if_needed()
    fit.get_by_role("button", name="export").click()
    with page.expect_download() as download:
        fit.get_by_role("button", name="netCDF with h3 of t = 2").click()
    assert download.value.suggested_filename == "fit-inverse-t2-with-h3.nc"
    download.value.save_as(tmp_path / "got.nc")
    with xr.open_dataset(tmp_path / "got.nc") as got:
        assert got["measured"].values.tolist() == [3, 8, 5]
        assert got["feature_h3"].dims == ("measured", "entry")
    page.goto(f"{url}/probes?sheet=failures&set=inverse-same-4-0")
    browser.settled(page)
    carried = panel(page, "carried")
    carried.scroll_into_view_if_needed()
    expect(carried).to_contain_text("chance 0.30 … 0.70")
    box = carried.locator(".nsewdrag").first.bounding_box()
    page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + 0.25 * box["height"])
    asked(page, set="addition-same-4-0", sheet="failures")
    expect(panel(page, "foreseen")).to_contain_text("30 failures of 40")
