"""Files of the landscape view's figures: numbers as CSV and netCDF, the figure as a page."""

import xarray as xr

from app.landscape import scene, words
from app.shared.address.address import Address
from app.shared.asks import reading
from app.shared.drawing.levels import Missing, animated
from app.shared.page import foot as citing
from app.shared.page import look as theme
from app.shared.page.foot import Download
from ired_interp_core.errors import Refusal
from store import Store


def downloads(
    s: Store, questions: scene.Questions, address: Address, panel: str
) -> tuple[Download, ...]:
    """What can be saved of one figure.

    Args:
        s: the store.
        questions: of the view.
        address: settled.
        panel: id of the figure.

    Returns:
        The files; each is made when it is asked for.
    """
    question = questions.used()[words.SOURCES[panel]]
    problem = address["problem"]
    name = f"{panel}-problem{problem}-{question.key[:8]}"

    def numbers() -> str:
        answer = reading.dataset(s, question, (problem,), words.COLUMNS[panel])
        there = questions.descent and problem in reading.problems_present(questions.descent)
        if panel == "matrices" and there:  # what the model answered stands in the descent
            found = reading.dataset(s, questions.descent, (problem,), ("answer",))
            answer = xr.merge([answer, found])
        return answer.to_dataframe().reset_index().to_csv(index=False)

    def page() -> str:
        drawn = scene.describe(s, questions, address).panels[panel]
        if isinstance(drawn, Missing):
            raise Refusal("nothing to save", where=name, came=drawn.text)
        return citing.page(animated(drawn, theme.template("light")))

    files = [
        Download("CSV", f"{name}.csv", "text/csv", numbers),
        citing.netcdf(lambda: reading.dataset(s, question, (problem,)), name),
    ]
    if panel not in {"numbers", "features"}:  # tables are no figures
        files.append(Download("HTML", f"{name}.html", "text/html", page))
    return tuple(files)
