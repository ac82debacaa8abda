"""Where a picture may go."""

import pytest
from matplotlib.figure import Figure

from keras_rnn.plots.figure import save_figure
from keras_rnn.plots.picture import ENDINGS, check_picture


def test_matplotlib_writes_what_is_let_through():
    assert set(ENDINGS) <= set(Figure().canvas.get_supported_filetypes())
    assert {"png", "svg", "pdf"} <= set(ENDINGS)


def test_a_folder_is_not_made(tmp_path):
    for write in (check_picture, lambda path: save_figure(Figure(), path)):
        with pytest.raises(FileNotFoundError, match=r"folder .*none must exist. Received: '.*none/p.png'"):
            write(tmp_path / "none" / "p.png")
    assert list(tmp_path.iterdir()) == []


def test_a_path_that_will_do(tmp_path):
    (tmp_path / "old.PNG").write_text("old")
    for name in ("new.png", "old.PNG"):
        check_picture(tmp_path / name)
    assert (tmp_path / "old.PNG").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1
